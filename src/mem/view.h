/*
 * view: bytes that somebody else owns.
 *
 * A view is a pointer and a length; it never owns and is never NUL-terminated for sure. It is valid
 * as long as what it looks at. A zeroed view is the empty one.
 */
#ifndef USHER_MEM_VIEW_H
#define USHER_MEM_VIEW_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const char *at; /* may be NULL where len is 0 */
    size_t len;     /* bytes */
};

/* For printf: printf("%.*s", VIEW_ARG(v)) */
#define VIEW_ARG(v) (int)(v).len, (v).at
/* A string literal as a view. */
#define VIEW_LIT(s) ((struct view){.at = "" s, .len = sizeof(s) - 1})

static inline struct view view_of(const void *at, size_t len)
{
    return (struct view){.at = at, .len = len};
}

/* Leaves out the first len bytes, of at least as many. An empty view may be at NULL, to which C17
 * (6.5.6) allows nothing to be added, not even 0. */
static inline void view_skip(struct view *v, size_t len)
{
    assert(len <= v->len);
    if (len > 0)
        v->at += len;
    v->len -= len;
}

/* s is NUL-terminated; NULL gives the empty view. */
static inline struct view view_str(const char *s)
{
    return (struct view){.at = s, .len = s ? strlen(s) : 0};
}

static inline bool view_eq(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool view_starts(struct view v, struct view prefix)
{
    return v.len >= prefix.len && (prefix.len == 0 || memcmp(v.at, prefix.at, prefix.len) == 0);
}

/* For view_eq_nocase alone: len bytes each. */
bool view_letters_eq(const char *a, const char *b, size_t len);

/* ASCII only, as HTTP header names want it (RFC 9110, 5.1). Most of what is compared differs in its
 * length or its first letter, and a head is searched a dozen times. */
static inline bool view_eq_nocase(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || (((a.at[0] ^ b.at[0]) & ~0x20) == 0 &&
                                             view_letters_eq(a.at, b.at, a.len)));
}

/* The decimal number that is the whole view, at most max. False, and *ret untouched, for anything
 * else: empty, a sign, a blank, too large. */
bool view_to_u64(struct view v, uint64_t max, uint64_t *ret);

#endif
