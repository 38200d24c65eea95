/*
 * buf: bytes that grow, up to a stated maximum.
 *
 * Every buffer is given its maximum when it is made; meeting it is ERR_FULL, never growth. The
 * buffer owns its bytes; what buf_view gives is valid until the next append, consume or release. A
 * zeroed buf has maximum 0 and takes nothing.
 */
#ifndef USHER_MEM_BUF_H
#define USHER_MEM_BUF_H

#include <stdarg.h>

#include "mem/view.h"

struct buf {
    uint8_t *bytes; /* owned, or NULL while nothing was appended */
    size_t start;   /* first byte not consumed yet */
    size_t len;     /* bytes from start on */
    size_t cap;     /* bytes allocated */
    size_t max;     /* bytes allowed from start on */
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);

/* ERR_FULL beyond the maximum, ERR_NO_MEMORY; nothing is appended then. */
int buf_append(struct buf *b, const void *bytes, size_t len);
int buf_append_view(struct buf *b, struct view v);
int buf_append_byte(struct buf *b, uint8_t byte);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Room for len bytes at the end, to write into; then buf_commit says how many were written.
 * NULL where buf_append would fail. */
uint8_t *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);

/* Drops len bytes from the front, or all, keeping the allocation. */
void buf_consume(struct buf *b, size_t len);
void buf_clear(struct buf *b);

static inline struct view buf_view(const struct buf *b)
{
    return view_of(b->bytes ? b->bytes + b->start : NULL, b->len);
}

#endif
