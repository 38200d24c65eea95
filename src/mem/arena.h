/*
 * arena: memory that is given back all at once, with the request that asked for it.
 *
 * Allocation is a pointer bump; there is no free of a single piece. All pieces are aligned to 16
 * bytes and zeroed. A maximum bounds what one request can take, each piece counted as a multiple
 * of 16. The largest chunk of at most ARENA_KEEP bytes is kept by arena_reset for the next request.
 */
#ifndef USHER_MEM_ARENA_H
#define USHER_MEM_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "mem/view.h"

#define ARENA_KEEP  (16u << 10) /* bytes an arena keeps over a reset */
#define ARENA_ALIGN 16u

struct arena_chunk;
struct arena {
    char *at;                   /* the next piece, where it is not larger than */
    size_t left;                /* … so many bytes, all zero and within max; a multiple of 16 */
    struct arena_chunk *chunks; /* newest first; at is in the first */
    size_t used; /* bytes handed out since the last reset, up to the last slow piece */
    size_t max;  /* bytes that may be handed out; set before the first piece */
};

void arena_init(struct arena *a, size_t max);
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

/* For arena_alloc alone. */
void *arena_alloc_slowly(struct arena *a, size_t size);

/* Zeroed memory, valid until reset or release; NULL when max would be passed or memory is out. size
 * may be 0 (a unique pointer). */
static inline void *arena_alloc(struct arena *a, size_t size)
{
    if (size > a->left || size == 0)
        return arena_alloc_slowly(a, size);
    char *piece = a->at;
    const size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    a->at += rounded;
    a->left -= rounded;
    return piece;
}

/* A NUL-terminated copy of v; NULL as above. */
char *arena_copy(struct arena *a, struct view v);
/* A NUL-terminated formatted string; NULL as above. */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
