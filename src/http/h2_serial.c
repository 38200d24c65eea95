/* How nghttp2 puts frames into out. */
#include <stdlib.h>

#include "err/err.h"
#include "http/h2_state.h"

void h2_flush(struct h2 *h)
{
    const uint8_t *bytes;

    if (h->in_nghttp2 || h->failed || h->no_memory)
        return;
    h->in_nghttp2 = true;
    while (h->out.len < h->limits.out_max) {
        ssize_t len = nghttp2_session_mem_send(h->session, &bytes);
        if (len < 0 || (len > 0 && buf_append(&h->out, bytes, (size_t)len) != 0))
            h->no_memory = true;
        if (len <= 0 || h->no_memory)
            break;
    }
    h->in_nghttp2 = false;
}

void h2_resume(struct h2_stream *s)
{
    if (!s->deferred)
        return;
    s->deferred = false;
    nghttp2_session_resume_data(s->h2->session, s->id);
}

void h2_hurry(struct h2_stream *s)
{
    s->hurried = true;
    h2_resume(s);
}

/* An answer that ends before its request makes the stream be reset, which clients that are still
 * sending take for a failure (curl 7.88 does). So its end waits for theirs, which mostly is on its
 * way. gRPC's trailers do not wait. */
static bool waits_for_request(const struct h2_stream *s)
{
    return s->h2->side == H2_SERVER && !s->ended && !s->hurried && s->trailers.count == 0;
}

/* nghttp2 asks how much of a body may go into the next DATA frame. */
ssize_t h2_on_read(nghttp2_session *session, int32_t id, uint8_t *into, size_t max, uint32_t *flags,
                   nghttp2_data_source *source, void *user)
{
    struct h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    nghttp2_nv nv[H2_NV_MAX];

    if (!s || s->closed)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t len = s->piece.bytes.len < max ? s->piece.bytes.len : max;
    bool open = !s->finishing || waits_for_request(s);
    if (len == 0 && open) {
        s->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (open || len < s->piece.bytes.len)
        return (ssize_t)len;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (s->trailers.count) {
        for (size_t i = 0; i < s->trailers.count; i++) {
            const struct head_field *f = &s->trailers.fields[i];
            nv[i] = h2_nv(f->name, f->value);
        }
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(session, id, nv, s->trailers.count) != 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        free(s->trailers.owned);
        s->trailers = (struct h2_trailers){0};
    }
    return (ssize_t)len;
}

/* The frame goes from the piece to out without a stop in nghttp2's buffer. */
static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *frame_head,
                        size_t len, nghttp2_data_source *source, void *user)
{
    struct h2 *h = user;
    struct h2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    if (!s || s->closed)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    /* After such a frame nghttp2 goes on by itself, past h2_flush's limit; it asks again later. */
    if (h->out.len >= h->limits.out_max)
        return NGHTTP2_ERR_WOULDBLOCK;
    assert(len <= s->piece.bytes.len);
    if (buf_append(&h->out, frame_head, 9) != 0 ||
        buf_append(&h->out, s->piece.bytes.at, len) != 0) {
        h->no_memory = true;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    view_skip(&s->piece.bytes, len);
    h->pieces -= len;
    if (s->piece_copied)
        h->copied -= len;
    h2_piece_moved(s, len);
    if (s->piece.bytes.len == 0)
        h2_piece_done(s);
    return 0;
}

static void stream_frame_sent(struct h2 *h, const nghttp2_frame *frame)
{
    struct h2_stream *s = nghttp2_session_get_stream_user_data(h->session, frame->hd.stream_id);

    /* All is answered before all was asked: the rest is not wanted (RFC 9113, 8.1). */
    if (h->side == H2_SERVER && s && !s->ended && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_NO_ERROR);
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;
    struct h2_stream *s;

    switch (frame->hd.type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
        /* A client may measure its bandwidth with a PING for every answer, as grpc-go does. This is
         * gRPC's own rule (grpc/proposal, A8): what was sent forgives the PINGs before it. */
        rate_refill(&h->pings);
        stream_frame_sent(h, frame);
        break;
    case NGHTTP2_RST_STREAM:
        /* Making us reset is as good an attack as resetting (CVE-2025-8671). */
        s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
        if (h->side == H2_SERVER && !(s && s->reset) &&
            frame->rst_stream.error_code != NGHTTP2_NO_ERROR && !rate_take(&h->resets, h->now_ns))
            h->overrun = true;
        break;
    case NGHTTP2_GOAWAY:
        if (frame->goaway.error_code != NGHTTP2_NO_ERROR)
            h->goaway_code = frame->goaway.error_code;
        break;
    default:
        break;
    }
    return 0;
}

/* A request that could not go out any more, because of GOAWAY for one. */
static int on_frame_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int error,
                             void *user)
{
    struct h2 *h = user;

    if (h->side == H2_CLIENT && frame->hd.type == NGHTTP2_HEADERS) {
        list_each (link, &h->streams) {
            struct h2_stream *s = list_of(link, struct h2_stream, link);
            if (s->id == frame->hd.stream_id)
                h2_stream_closed(s, H2_REFUSED_STREAM);
        }
    }
    return 0;
}

void h2_set_sending(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_sent);
}
