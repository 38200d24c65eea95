#include "mem/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"

#define BUF_FIRST 64 /* bytes of the first allocation */

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->bytes);
    *b = (struct buf){.max = b->max};
}

/* Moves the live bytes to the front of an allocation with room for need bytes. */
static int make_room(struct buf *b, size_t need)
{
    /* Moving costs len bytes and frees start bytes: while start >= len each byte is moved at most
     * once for each byte consumed, so a queue that is filled and drained stays linear. At the
     * maximum there is no other way. */
    if (need <= b->cap && (b->start >= b->len || b->cap >= b->max)) {
        memmove(b->bytes, b->bytes + b->start, b->len);
        b->start = 0;
        return 0;
    }
    size_t cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
    if (cap < need)
        cap = need;
    if (cap < BUF_FIRST)
        cap = BUF_FIRST;
    uint8_t *bytes;
    if (b->start == 0) {
        bytes = realloc(b->bytes, cap);
        if (!bytes)
            return ERR_NO_MEMORY;
    } else {
        bytes = malloc(cap);
        if (!bytes)
            return ERR_NO_MEMORY;
        memcpy(bytes, b->bytes + b->start, b->len);
        free(b->bytes);
    }
    b->bytes = bytes;
    b->start = 0;
    b->cap = cap;
    return 0;
}

static int ensure(struct buf *b, size_t len)
{
    if (len > b->max - b->len)
        return ERR_FULL;
    if (b->bytes && len <= b->cap - b->start - b->len)
        return 0;
    return make_room(b, b->len + len);
}

uint8_t *buf_reserve(struct buf *b, size_t len)
{
    return ensure(b, len) ? NULL : b->bytes + b->start + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
    assert(len == 0 || (b->bytes && len <= b->cap - b->start - b->len));
    assert(len <= b->max - b->len);
    b->len += len;
}

int buf_append(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return 0;
    int err = ensure(b, len);
    if (err)
        return err;
    memcpy(b->bytes + b->start + b->len, bytes, len);
    b->len += len;
    return 0;
}

int buf_append_view(struct buf *b, struct view v)
{
    return buf_append(b, v.at, v.len);
}

int buf_append_byte(struct buf *b, uint8_t byte)
{
    return buf_append(b, &byte, 1);
}

int buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    /* The first try writes into the room there is; its answer is the length. */
    size_t room = b->bytes ? b->cap - b->start - b->len : 0;
    char *at = room ? (char *)b->bytes + b->start + b->len : NULL;
    int len = vsnprintf(at, room, format, args);
    assert(len >= 0);
    int err = 0;
    if ((size_t)len > b->max - b->len) {
        err = ERR_FULL;
    } else if ((size_t)len >= room) {
        /* vsnprintf also writes a NUL, which is not part of the contents but needs a place. */
        err = make_room(b, b->len + (size_t)len + 1);
        if (!err)
            vsnprintf((char *)b->bytes + b->start + b->len, (size_t)len + 1, format, again);
    }
    if (!err)
        b->len += (size_t)len;
    va_end(again);
    return err;
}

int buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int err = buf_vprintf(b, format, args);
    va_end(args);
    return err;
}

void buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    b->start += len;
    b->len -= len;
    if (b->len == 0)
        b->start = 0;
}

void buf_clear(struct buf *b)
{
    b->start = b->len = 0;
}
