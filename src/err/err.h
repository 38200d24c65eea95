/*
 * err: the one list of what can go wrong.
 *
 * A function that can fail returns 0 or one of these negative codes, and names in its header
 * comment the two or three it may return. Outputs (ret_x) are untouched on failure. A code is
 * logged once, by the outermost function that handles it. Our own mistakes are not here: they are
 * assertions, which stay on in release builds.
 */
#ifndef USHER_ERR_ERR_H
#define USHER_ERR_ERR_H

/* Keep assertions on, whatever the build type: safety is the product. */
#ifdef NDEBUG
#error "Usher is never built with NDEBUG"
#endif
#include <assert.h>

/* name, value, text for people */
#define ERR_LIST(X)                                                                                \
    X(ERR_FULL, -1, "a stated maximum is reached")                                                 \
    X(ERR_NO_MEMORY, -2, "out of memory")                                                          \
    X(ERR_TIMEOUT, -3, "the deadline has passed")                                                  \
    X(ERR_CANCELLED, -4, "cancelled")                                                              \
    X(ERR_CLOSED, -5, "closed by the other side")                                                  \
    X(ERR_IO, -6, "input or output failed")                                                        \
    X(ERR_INVALID, -7, "malformed or out of range")                                                \
    X(ERR_NOT_FOUND, -8, "not found")                                                              \
    X(ERR_EXISTS, -9, "exists already")                                                            \
    X(ERR_CONFLICT, -10, "taken by somebody else")                                                 \
    X(ERR_FENCED, -11, "a newer owner has taken over")                                             \
    X(ERR_UNKNOWN, -12, "the outcome is unknown")                                                  \
    X(ERR_DENIED, -13, "not permitted")                                                            \
    X(ERR_UNSUPPORTED, -14, "not supported")                                                       \
    X(ERR_CORRUPT, -15, "stored data are damaged")                                                 \
    X(ERR_UNAVAILABLE, -16, "not available now")                                                   \
    X(ERR_BUSY, -17, "not possible in the present state")                                          \
    X(ERR_EARLY, -18, "too early")                                                                 \
    X(ERR_LATE, -19, "too late")

enum err {
    ERR_OK = 0,
#define X(name, value, text) name = value,
    ERR_LIST(X)
#undef X
};

/* The code's text; a fixed phrase for a number that is no code. Never NULL. */
const char *err_text(int code);

/* The code's name, "ERR_FULL"; "ERR_?" for a number that is no code. Never NULL. */
const char *err_name(int code);

#endif
