#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/event.h"
#include "err/err.h"
#include "mem/view.h"

#define AMOUNT_MAX UINT64_C(1000000000000)

bool event_prices_take(struct event_prices *prices, int *argc, char **argv)
{
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        const bool glued = strncmp(argv[i], "--price=", 8) == 0;
        if (!glued && strcmp(argv[i], "--price") != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        if (prices->named_count == EVENT_PRICES_MAX || (!glued && i + 1 == *argc))
            return false;
        prices->named[prices->named_count++] = glued ? argv[i] + 8 : argv[++i];
    }
    *argc = kept;
    argv[kept] = NULL;
    return true;
}

static int read_list(struct view list, uint32_t count, int64_t *ret_amounts, bool *ret_given,
                     char *error, size_t error_size)
{
    uint32_t n = 0;
    bool more = true;
    while (more) {
        const char *comma = memchr(list.at, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.at) : list.len;
        uint64_t amount;
        if (!view_to_u64(view_of(list.at, len), AMOUNT_MAX, &amount)) {
            snprintf(error, error_size,
                     "--prices: \"%.*s\" is no amount: a whole number up to %llu", (int)len,
                     list.at, (unsigned long long)AMOUNT_MAX);
            return ERR_INVALID;
        }
        if (n == count) {
            snprintf(error, error_size, "--prices: the hall has only %u categor%s", count,
                     count == 1 ? "y" : "ies");
            return ERR_INVALID;
        }
        ret_amounts[n] = (int64_t)amount;
        ret_given[n++] = true;
        more = comma != NULL;
        list = view_of(list.at + len + (more ? 1 : 0), list.len - len - (more ? 1 : 0));
    }
    for (uint32_t i = 1; n == 1 && i < count; i++) {
        ret_amounts[i] = ret_amounts[0];
        ret_given[i] = true;
    }
    return 0;
}

/* A name wins over a number, so that a category called "1" can be meant. */
static bool find_category(struct view word, const char *const *categories, uint32_t count,
                          uint32_t *ret_index)
{
    uint64_t number;
    for (uint32_t i = 0; i < count; i++) {
        if (view_eq(word, view_str(categories[i]))) {
            *ret_index = i;
            return true;
        }
    }
    if (count == 0 || !view_to_u64(word, count - 1, &number))
        return false;
    *ret_index = (uint32_t)number;
    return true;
}

int event_prices_read(const struct event_prices *prices, const char *const *categories,
                      uint32_t count, int64_t *ret_amounts, bool *ret_given, char *error,
                      size_t error_size)
{
    memset(ret_given, 0, count * sizeof(*ret_given));
    int err = prices->list ? read_list(view_str(prices->list), count, ret_amounts, ret_given, error,
                                       error_size)
                           : 0;
    for (uint32_t i = 0; !err && i < prices->named_count; i++) {
        /* The last sign: a category's name may have one. */
        const char *text = prices->named[i], *sign = strrchr(text, '=');
        uint64_t amount;
        uint32_t index;
        if (!sign || !view_to_u64(view_str(sign + 1), AMOUNT_MAX, &amount)) {
            snprintf(error, error_size,
                     "--price %s: write CATEGORY=AMOUNT, the amount a whole number", text);
            err = ERR_INVALID;
        } else if (!find_category(view_of(text, (size_t)(sign - text)), categories, count,
                                  &index)) {
            snprintf(error, error_size, "--price %s: the hall has no such category", text);
            err = ERR_INVALID;
        } else {
            ret_amounts[index] = (int64_t)amount;
            ret_given[index] = true;
        }
    }
    /* A list is of all of them, or it is a slip; names alone may be of some. */
    for (uint32_t i = 0; !err && i < count; i++) {
        if (!ret_given[i] && (prices->list || !prices->some)) {
            snprintf(error, error_size,
                     "category %u (%s) has no price: the hall has %u categor%s; --prices with one "
                     "for all or one for each, or --price",
                     i, categories[i], count, count == 1 ? "y" : "ies");
            err = ERR_INVALID;
        }
    }
    return err;
}
