#include "term/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Decimals of a currency (ISO 4217); two unless listed. */
static int decimals_of(const char *currency)
{
    static const char none[][4] = {"KRW", "JPY", "VND", "CLP", "ISK", "UGX", "XAF", "XOF"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        if (strcmp(currency, none[i]) == 0)
            return 0;
    }
    return 2;
}

void money_group(int64_t number, char ret_text[MONEY_TEXT_MAX])
{
    char digits[24];
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, size);
    size_t at = 0;
    if (number < 0)
        ret_text[at++] = '-';
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            ret_text[at++] = ',';
        ret_text[at++] = digits[i];
    }
    ret_text[at] = '\0';
}

void money_format(int64_t amount, const char *currency, char ret_text[MONEY_TEXT_MAX])
{
    char whole[MONEY_TEXT_MAX];
    if (decimals_of(currency) == 0) {
        money_group(amount, whole);
        snprintf(ret_text, MONEY_TEXT_MAX, "%.30s %.3s", whole, currency);
        return;
    }
    money_group(amount / 100, whole);
    int cents = (int)(amount < 0 ? -(amount % 100) : amount % 100);
    snprintf(ret_text, MONEY_TEXT_MAX, "%s%.26s.%02d %.3s", amount < 0 && amount > -100 ? "-" : "",
             whole, cents, currency);
}
