#include "codec/timeout.h"

#include <stdio.h>

#include "err/err.h"

#define DIGITS_MAX 99999999 /* what eight digits hold */

struct unit {
    char letter;
    int64_t ns;
};

/* Finest first. Eight digits of hours are 3.6e20 ns: more than 63 bits. */
static const struct unit units[] = {
    {'n', 1},          {'u', 1000},        {'m', 1000000},
    {'S', 1000000000}, {'M', 60000000000}, {'H', 3600000000000},
};
#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

int timeout_read_grpc(struct view text, int64_t *ret_ns)
{
    uint64_t count;
    if (text.len < 2 || text.len > 9)
        return ERR_INVALID;
    char letter = text.at[text.len - 1];
    if (!view_to_u64(view_of(text.at, text.len - 1), DIGITS_MAX, &count))
        return ERR_INVALID;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (units[i].letter == letter) {
            if (__builtin_mul_overflow((int64_t)count, units[i].ns, ret_ns))
                *ret_ns = INT64_MAX;
            return 0;
        }
    }
    return ERR_INVALID;
}

int timeout_read_connect(struct view text, int64_t *ret_ns)
{
    uint64_t ms;
    if (text.len > 10 || !view_to_u64(text, UINT64_C(9999999999), &ms))
        return ERR_INVALID;
    *ret_ns = (int64_t)ms * 1000000;
    return 0;
}

size_t timeout_write_grpc(int64_t ns, char ret_text[TIMEOUT_TEXT_MAX])
{
    assert(ns >= 0);
    size_t i = 0;
    while (i + 1 < UNIT_COUNT && ns / units[i].ns >= DIGITS_MAX)
        i++;
    int64_t count = ns / units[i].ns + (ns % units[i].ns != 0);
    int len = snprintf(ret_text, TIMEOUT_TEXT_MAX, "%lld%c", (long long)count, units[i].letter);
    assert(len > 0 && len < TIMEOUT_TEXT_MAX);
    return (size_t)len;
}
