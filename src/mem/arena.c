#include "mem/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"

/* Bytes of the first chunk; the next ones double up to ARENA_KEEP. */
#define ARENA_FIRST (4u << 10)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of bytes */
    size_t used;
    size_t clean; /* bytes from the first that are zero where they are not used */
    _Alignas(ARENA_ALIGN) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

/* Writes into the newest chunk what was handed out of it quickly. */
static void count_quick(struct arena *a)
{
    if (!a->at)
        return;
    const size_t used = (size_t)((uint8_t *)a->at - a->chunks->bytes);
    a->used += used - a->chunks->used;
    a->chunks->used = used;
    a->at = NULL;
    a->left = 0;
}

/* What of the newest chunk can be handed out without a look at it. */
static void open_quickly(struct arena *a)
{
    struct arena_chunk *chunk = a->chunks;
    if (chunk->clean <= chunk->used)
        return;
    const size_t clean = chunk->clean - chunk->used, allowed = a->max - a->used;
    a->at = (char *)chunk->bytes + chunk->used;
    a->left = (clean < allowed ? clean : allowed) & ~(size_t)(ARENA_ALIGN - 1);
}

void arena_reset(struct arena *a)
{
    count_quick(a);
    /* One chunk stays: the largest that may. A busy arena so ends with one of ARENA_KEEP. */
    struct arena_chunk **best = NULL;
    for (struct arena_chunk **c = &a->chunks; *c; c = &(*c)->next) {
        if ((*c)->size <= ARENA_KEEP && (!best || (*c)->size > (*best)->size))
            best = c;
    }
    struct arena_chunk *kept = NULL;
    if (best) {
        kept = *best;
        *best = kept->next;
        kept->next = NULL;
        /* All at once, so that handing out the many small pieces of the next call is a bump. */
        memset(kept->bytes, 0, kept->used);
        if (kept->used > kept->clean)
            kept->clean = kept->used;
        kept->used = 0;
    }
    free_chunks(a->chunks);
    a->chunks = kept;
    a->used = 0;
}

void arena_release(struct arena *a)
{
    free_chunks(a->chunks);
    *a = (struct arena){.max = a->max};
}

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
    size_t size = a->chunks ? a->chunks->size * 2 : ARENA_FIRST;
    if (size > ARENA_KEEP)
        size = ARENA_KEEP;
    bool own = need > size;
    if (own)
        size = need;
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        return NULL;
    chunk->size = size;
    chunk->used = chunk->clean = 0;
    if (own && a->chunks) {
        /* A large piece has a chunk to itself, behind the newest, whose rest stays in use. */
        chunk->next = a->chunks->next;
        a->chunks->next = chunk;
    } else {
        chunk->next = a->chunks;
        a->chunks = chunk;
    }
    return chunk;
}

void *arena_alloc_slowly(struct arena *a, size_t size)
{
    count_quick(a);
    if (size > a->max - a->used)
        return NULL;
    size_t rounded = size ? (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1) : ARENA_ALIGN;
    if (rounded < size || rounded > a->max - a->used)
        return NULL;
    struct arena_chunk *chunk = a->chunks;
    if (!chunk || rounded > chunk->size - chunk->used)
        chunk = add_chunk(a, rounded);
    if (!chunk)
        return NULL;
    uint8_t *piece = chunk->bytes + chunk->used;
    chunk->used += rounded;
    a->used += rounded;
    if (chunk->used > chunk->clean)
        memset(piece, 0, rounded);
    open_quickly(a);
    return piece;
}

char *arena_copy(struct arena *a, struct view v)
{
    char *copy = v.len < SIZE_MAX ? arena_alloc(a, v.len + 1) : NULL;
    if (copy && v.len)
        memcpy(copy, v.at, v.len);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *text = arena_alloc(a, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
