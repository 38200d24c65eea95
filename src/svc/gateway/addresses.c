#include "svc/gateway/addresses.h"

#include <string.h>

/* A "#" stands for a number of one to ten digits without leading zeros, a "*" for any word. */
static const char *const pages[] = {
    "/",
    "/past",
    "/p/#",
    "/line/#",
    "/line/#/draw",
    "/pay/#",
    "/pay/return",
    "/orders",
    "/orders/*",
    "/orders/*/money",
    "/sign-in",
    "/register",
    "/reset",
    "/account",
    "/prove/phone",
    "/prove/identity",
    "/find",
    "/door",
    "/operator",
    "/door/#",
    "/sign-in/return/*",
    "/e/#",
    "/organiser",
    "/organiser/halls",
    "/organiser/sales",
    "/organiser/orders",
    "/organiser/money",
    "/organiser/team",
    "/organiser/till",
    "/organiser/webhooks",
    "/organiser/events/new",
    "/organiser/events/#",
    "/organiser/sales/#",
};

static bool is_number(struct view word)
{
    if (word.len == 0 || word.len > 10 || word.at[0] == '0')
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
    return true;
}

/* Cuts the next word off a path, with the slash before it. */
static struct view next_word(struct view *path)
{
    struct view rest = view_of(path->at + 1, path->len - 1);
    const char *end = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
    struct view word = view_of(rest.at, end ? (size_t)(end - rest.at) : rest.len);
    *path = view_of(rest.at + word.len, rest.len - word.len);
    return word;
}

static bool matches(struct view pattern, struct view path)
{
    while (pattern.len && path.len) {
        struct view wanted = next_word(&pattern), word = next_word(&path);
        bool same = view_eq(wanted, VIEW_LIT("#"))   ? is_number(word)
                    : view_eq(wanted, VIEW_LIT("*")) ? word.len > 0
                                                     : view_eq(wanted, word);
        if (!same)
            return false;
    }
    return pattern.len == path.len;
}

bool addresses_has(struct view path)
{
    if (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (matches(view_str(pages[i]), path))
            return true;
    return false;
}
