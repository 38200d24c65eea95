#include "term/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sale/currency.h"

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
    char whole[MONEY_TEXT_MAX], decimal[CURRENCY_TEXT_MAX];
    const struct currency *found = currency_find(view_str(currency));
    if (!found) { /* kept before currencies were checked: the smallest unit, as it is */
        money_group(amount, whole);
        snprintf(ret_text, MONEY_TEXT_MAX, "%.30s %.3s", whole, currency);
        return;
    }
    int64_t unit = 1;
    for (int i = 0; i < found->digits; i++)
        unit *= 10;
    currency_format(found, amount, decimal);
    money_group(amount / unit, whole);
    const char *point = strchr(decimal, '.');
    snprintf(ret_text, MONEY_TEXT_MAX, "%s%.26s%.6s %.3s", amount < 0 && amount > -unit ? "-" : "",
             whole, point ? point : "", currency);
}
