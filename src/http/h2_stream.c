/* The life of a stream's struct. */
#include <stdlib.h>

#include "clock/clock.h"
#include "err/err.h"
#include "http/h2_state.h"

struct h2_stream *h2_stream_new(struct h2 *h, int32_t id)
{
    struct h2_stream *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->h2 = h;
    s->id = id;
    s->since_ns = h->now_ns;
    s->body_max = BODY_REFUSE;
    list_append(&h->streams, &s->link);
    h->stream_count++;
    return s;
}

void h2_piece_set(struct h2_stream *s, struct body piece)
{
    assert(s->piece.bytes.len == 0);
    s->piece = piece;
    s->h2->pieces += piece.bytes.len;
    h2_piece_moved(s, SIZE_MAX);
}

void h2_piece_moved(struct h2_stream *s, size_t len)
{
    s->moved = len > SIZE_MAX - s->moved ? SIZE_MAX : s->moved + len;
    if (s->piece.bytes.len > 0 && s->moved < s->h2->limits.least_bytes)
        return;
    s->moved = 0;
    list_remove(&s->held);
    s->held_ns = DEADLINE_NEVER;
    if (s->piece.bytes.len > 0 && !s->reset)
        list_append(&s->h2->held, &s->held);
}

void h2_piece_done(struct h2_stream *s)
{
    s->h2->pieces -= s->piece.bytes.len;
    list_remove(&s->held);
    if (s->piece_copied) {
        s->h2->copied -= s->piece.bytes.len;
        free(s->piece_copied);
        s->piece_copied = NULL;
    }
    body_done(&s->piece);
}

void h2_stream_whole(struct h2_stream *s)
{
    s->ended = true;
    s->h2->receiving -= s->received;
    s->received = 0;
    list_remove(&s->half);
}

void h2_stream_due(struct h2_stream *s)
{
    if (!list_linked(&s->due))
        list_append(&s->h2->due, &s->due);
}

void h2_stream_closed(struct h2_stream *s, uint32_t code)
{
    if (s->closed)
        return;
    s->closed = true;
    s->code = code;
    h2_piece_done(s);
    free(s->trailers.owned);
    s->trailers = (struct h2_trailers){0};
    h2_stream_whole(s);
    list_remove(&s->wrote);
    if (s->h2->block && s->h2->block->stream == s)
        s->h2->block->stream = NULL;
    if (s->h2->saved && s->h2->saved->stream == s)
        s->h2->saved->stream = NULL;
    s->closed_due = true;
    h2_stream_due(s);
}

void h2_stream_free(struct h2_stream *s)
{
    list_remove(&s->link);
    s->h2->stream_count--;
    free(s);
}

void *h2_stream_user(const struct h2_stream *stream)
{
    return stream->user;
}

void h2_stream_set_user(struct h2_stream *stream, void *user)
{
    stream->user = user;
}

uint32_t h2_stream_id(const struct h2_stream *stream)
{
    return (uint32_t)stream->id;
}
