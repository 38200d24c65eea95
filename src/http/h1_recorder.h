/*
 * h1_recorder: an engine whose events are written down as text. For tests of h1 only.
 *
 * "POST /p?q len=3 n=2|abc.|" is a head with a Content-Length and two fields, the body, its end; a
 * body is written without regard to the pieces it came in. A '!' is too_large.
 */
#ifndef USHER_HTTP_H1_RECORDER_H
#define USHER_HTTP_H1_RECORDER_H

#include "err/err.h"
#include "http/h1.h"

struct h1_recorder {
    struct h1 h1;
    struct buf log; /* events */
    struct buf sent;
    int64_t body_max;
    bool answer_end;  /* 200 "ok" at every end */
    bool answer_head; /* 404 in every head */
    unsigned written;
};

static inline int64_t recorder_head(void *user, const struct head *head)
{
    struct h1_recorder *r = user;

    if (head->status)
        buf_printf(&r->log, "%d", head->status);
    else
        buf_printf(&r->log, "%.*s %.*s", VIEW_ARG(head->method_name), VIEW_ARG(head->path));
    if (head->query.at)
        buf_printf(&r->log, "?%.*s", VIEW_ARG(head->query));
    if (head->body_len >= 0)
        buf_printf(&r->log, " len=%lld", (long long)head->body_len);
    buf_printf(&r->log, " n=%zu%s|", head->field_count, head->minor ? "" : " old");
    if (r->answer_head) {
        h1_respond(&r->h1, &(struct head_answer){.status = 404}, (struct body){0});
        return BODY_REFUSE;
    }
    return r->body_max;
}

static inline void recorder_body(void *user, struct view bytes)
{
    struct h1_recorder *r = user;

    assert(bytes.len > 0);
    buf_append_view(&r->log, bytes);
}

static inline void recorder_end(void *user)
{
    struct h1_recorder *r = user;

    buf_printf(&r->log, ".|");
    if (r->answer_end)
        h1_respond(&r->h1, &(struct head_answer){.status = 200}, body_copied(VIEW_LIT("ok")));
}

static inline void recorder_too_large(void *user)
{
    buf_printf(&((struct h1_recorder *)user)->log, "!|");
}

static inline void recorder_written(void *user)
{
    ((struct h1_recorder *)user)->written++;
}

static const struct h1_events recorder_events = {
    .head = recorder_head,
    .body = recorder_body,
    .end = recorder_end,
    .too_large = recorder_too_large,
    .written = recorder_written,
};

static inline void recorder_init(struct h1_recorder *r)
{
    *r = (struct h1_recorder){.body_max = 1 << 20, .answer_end = true};
    h1_init(&r->h1, &recorder_events, r);
    buf_init(&r->log, 8 << 20);
    buf_init(&r->sent, 8 << 20);
}

static inline void recorder_release(struct h1_recorder *r)
{
    h1_release(&r->h1);
    buf_release(&r->log);
    buf_release(&r->sent);
}

/* The socket takes everything, at most step bytes a time. */
static inline void recorder_flush(struct h1_recorder *r, size_t step)
{
    struct view views[H1_PIECES];

    while (h1_output(&r->h1, views)) {
        size_t n = views[0].len < step ? views[0].len : step;
        buf_append(&r->sent, views[0].at, n);
        h1_sent(&r->h1, n);
    }
}

/* Feeds bytes in pieces of at most step, as a caller would; the first error ends it. */
static inline int recorder_feed(struct h1_recorder *r, struct view bytes, size_t step,
                                int64_t now_ns)
{
    while (bytes.len) {
        size_t n = bytes.len < step ? bytes.len : step;
        int err = h1_receive(&r->h1, view_of(bytes.at, n), now_ns);
        recorder_flush(r, SIZE_MAX);
        while (!err && h1_ready(&r->h1)) {
            err = h1_receive(&r->h1, (struct view){0}, now_ns);
            recorder_flush(r, SIZE_MAX);
        }
        if (err)
            return err;
        bytes.at += n;
        bytes.len -= n;
    }
    return 0;
}

/* The status of the last answer that went out; 0 where there was none. */
static inline int recorder_status(const struct h1_recorder *r)
{
    struct view sent = buf_view(&r->sent);
    int status = 0;

    for (size_t i = 0; i + 12 < sent.len; i++) {
        if (memcmp(sent.at + i, "HTTP/1.1 ", 9) == 0)
            status = (sent.at[i + 9] - '0') * 100 + (sent.at[i + 10] - '0') * 10 +
                     (sent.at[i + 11] - '0');
    }
    return status;
}

#endif
