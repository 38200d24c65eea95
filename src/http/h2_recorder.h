/*
 * h2_recorder: an engine whose events are written down as text. For tests of h2 only.
 *
 * "1:POST /p?q 2|" is stream 1's head with two fields, "1=abc|" a piece of body, "1.|" its end,
 * "1+1|" trailers with one field, "1!|" too_large, "1w|" written, "1x8|" closed with code 8.
 */
#ifndef USHER_HTTP_H2_RECORDER_H
#define USHER_HTTP_H2_RECORDER_H

#include "clock/clock.h"
#include "err/err.h"
#include "http/h2.h"
#include "mem/buf.h"

struct h2_recorder {
    struct h2 *h2;
    struct buf log;
    struct h2_stream *last; /* of the last head event */
    size_t body_len;        /* of all bodies received */
    int64_t body_max;
    bool quiet; /* pieces of body are counted, not logged */
    bool unwritten;
    void (*on_head)(struct h2_recorder *r, struct h2_stream *s);
    void (*on_end)(struct h2_recorder *r, struct h2_stream *s);
    void (*on_written)(struct h2_recorder *r, struct h2_stream *s);
};

static inline int64_t recorder_head(void *user, struct h2_stream *s, const struct head *head)
{
    struct h2_recorder *r = user;

    r->last = s;
    if (head->status)
        buf_printf(&r->log, "%u:%d", h2_stream_id(s), head->status);
    else
        buf_printf(&r->log, "%u:%.*s %.*s", h2_stream_id(s), VIEW_ARG(head->method_name),
                   VIEW_ARG(head->path));
    if (head->query.at)
        buf_printf(&r->log, "?%.*s", VIEW_ARG(head->query));
    buf_printf(&r->log, " %zu|", head->field_count);
    if (r->on_head)
        r->on_head(r, s);
    return r->body_max;
}

static inline void recorder_body(void *user, struct h2_stream *s, struct view bytes)
{
    struct h2_recorder *r = user;

    assert(bytes.len > 0);
    r->body_len += bytes.len;
    if (!r->quiet)
        buf_printf(&r->log, "%u=%.*s|", h2_stream_id(s), VIEW_ARG(bytes));
}

static inline void recorder_trailers(void *user, struct h2_stream *s, const struct head *trailers)
{
    struct h2_recorder *r = user;

    buf_printf(&r->log, "%u+%zu|", h2_stream_id(s), trailers->field_count);
}

static inline void recorder_end(void *user, struct h2_stream *s)
{
    struct h2_recorder *r = user;

    buf_printf(&r->log, "%u.|", h2_stream_id(s));
    if (r->on_end)
        r->on_end(r, s);
}

static inline void recorder_too_large(void *user, struct h2_stream *s)
{
    buf_printf(&((struct h2_recorder *)user)->log, "%u!|", h2_stream_id(s));
}

static inline void recorder_closed(void *user, struct h2_stream *s, uint32_t code)
{
    buf_printf(&((struct h2_recorder *)user)->log, "%ux%u|", h2_stream_id(s), code);
}

static inline void recorder_written(void *user, struct h2_stream *s)
{
    struct h2_recorder *r = user;

    if (!r->unwritten)
        buf_printf(&r->log, "%uw|", h2_stream_id(s));
    if (r->on_written)
        r->on_written(r, s);
}

static const struct h2_events recorder_events = {
    .head = recorder_head,
    .body = recorder_body,
    .trailers = recorder_trailers,
    .end = recorder_end,
    .too_large = recorder_too_large,
    .closed = recorder_closed,
    .written = recorder_written,
};

static inline void recorder_init(struct h2_recorder *r, enum h2_side side,
                                 const struct h2_limits *limits)
{
    *r = (struct h2_recorder){.body_max = 1 << 20, .unwritten = true};
    buf_init(&r->log, 8 << 20);
    int err = h2_new(side, limits, &recorder_events, r, 0, &r->h2);
    assert(!err);
}

static inline void recorder_release(struct h2_recorder *r)
{
    h2_free(r->h2);
    buf_release(&r->log);
}

/* Whether the log is this; empties it. */
static inline bool recorder_logged(struct h2_recorder *r, const char *want)
{
    struct view got = buf_view(&r->log);
    bool same = view_eq(got, view_str(want));

    if (!same)
        fprintf(stderr, "logged %.*s\nwanted %s\n", VIEW_ARG(got), want);
    buf_clear(&r->log);
    return same;
}

/* Appends a frame (RFC 9113, 4.1). */
static inline void put_frame(struct buf *b, int type, int flags, uint32_t id, const void *payload,
                             size_t len)
{
    const uint8_t head[9] = {(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,
                             (uint8_t)type,        (uint8_t)flags,      (uint8_t)(id >> 24),
                             (uint8_t)(id >> 16),  (uint8_t)(id >> 8),  (uint8_t)id};

    buf_append(b, head, sizeof(head));
    buf_append(b, payload, len);
}

/* A header field as a literal that is not indexed (RFC 7541, 6.2.2), both lengths below 127. */
static inline void put_field(struct buf *b, const char *name, const char *value)
{
    buf_append_byte(b, 0);
    buf_append_byte(b, (uint8_t)strlen(name));
    buf_append_view(b, view_str(name));
    buf_append_byte(b, (uint8_t)strlen(value));
    buf_append_view(b, view_str(value));
}

/* The pseudo-fields of GET or POST http://h/ (RFC 7541, appendix A). */
static inline void put_pseudo(struct buf *b, bool post)
{
    buf_append_byte(b, post ? 0x83 : 0x82);
    buf_append(b, "\x86\x84\x41\x01h", 5);
}

#endif
