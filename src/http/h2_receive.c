/* The receiving half of h2: nghttp2's callbacks, turned into events. */
#include <stdlib.h>

#include "clock/clock.h"
#include "err/err.h"
#include "http/h2_state.h"

#define CONTINUATIONS_MAX 16 /* of one header block: 256 KiB; a list of header_list_max needs one */
#define UNFOLD_MAX        16 /* times header_list_max that is decoded before the connection ends */

/* ---- header blocks ---- */

static void block_begin(struct h2_block *block, struct h2_stream *stream)
{
    block->stream = stream;
    block->list_len = 0;
    block->ref_count = 0;
    block->too_large = false;
    memset(&block->head, 0, offsetof(struct head, fields));
    block->head.body_len = -1;
}

void h2_block_drop(struct h2_block *block)
{
    for (size_t i = 0; i < block->ref_count; i++)
        nghttp2_rcbuf_decref(block->refs[i]);
    block->ref_count = 0;
    block->stream = NULL;
}

void h2_block_load(struct h2 *h, struct h2_block *block)
{
    h->block = block;
    if (h->saved) {
        *block = *h->saved;
        free(h->saved);
        h->saved = NULL;
        return;
    }
    block->stream = NULL;
    block->ref_count = 0;
}

int h2_block_save(struct h2 *h)
{
    struct h2_block *block = h->block;

    h->block = NULL;
    if (!block->stream) {
        h2_block_drop(block);
        return 0;
    }
    h->saved = malloc(sizeof(*block));
    if (!h->saved) {
        h2_block_drop(block);
        return ERR_NO_MEMORY;
    }
    *h->saved = *block;
    return 0;
}

/* Keeps what a field looks at for as long as the block is being received. */
static struct view hold(struct h2_block *block, nghttp2_rcbuf *ref)
{
    nghttp2_vec vec = nghttp2_rcbuf_get_buf(ref);

    nghttp2_rcbuf_incref(ref);
    block->refs[block->ref_count++] = ref;
    return view_of(vec.base, vec.len);
}

static void split_path(struct head *head, struct view target)
{
    const char *mark = target.len ? memchr(target.at, '?', target.len) : NULL;

    head->path = view_of(target.at, mark ? (size_t)(mark - target.at) : target.len);
    if (mark)
        head->query = view_of(mark + 1, target.len - head->path.len - 1);
}

/* nghttp2 has checked that each comes at most once and is one of these. */
static void take_pseudo(struct h2_block *block, struct view name, nghttp2_rcbuf *value)
{
    struct head *head = &block->head;
    uint64_t status = 0;
    nghttp2_vec vec = nghttp2_rcbuf_get_buf(value);

    if (view_eq(name, VIEW_LIT(":path"))) {
        split_path(head, hold(block, value));
    } else if (view_eq(name, VIEW_LIT(":method"))) {
        head->method_name = hold(block, value);
        head->method = head_method_of(head->method_name);
    } else if (view_eq(name, VIEW_LIT(":authority"))) {
        head->authority = hold(block, value);
    } else if (view_eq(name, VIEW_LIT(":status"))) {
        view_to_u64(view_of(vec.base, vec.len), 999, &status);
        head->status = (int)status;
    }
}

static void take_field(struct h2_block *block, nghttp2_rcbuf *name, nghttp2_rcbuf *value)
{
    struct head *head = &block->head;
    uint64_t len = 0;

    nghttp2_vec n = nghttp2_rcbuf_get_buf(name);
    if (view_eq(view_of(n.base, n.len), VIEW_LIT("cookie"))) {
        if (head->cookie_count < HEAD_COOKIES_MAX)
            head->cookies[head->cookie_count++] = hold(block, value);
        return;
    }
    if (head->field_count == HEAD_FIELDS_MAX) {
        block->too_large = true;
        return;
    }
    struct head_field *field = &head->fields[head->field_count++];
    field->name = hold(block, name);
    field->value = hold(block, value);
    if (view_eq(field->name, VIEW_LIT("content-length")) &&
        view_to_u64(field->value, INT64_MAX, &len))
        head->body_len = (int64_t)len;
    else if (view_eq(field->name, VIEW_LIT("host")) && !head->authority.at)
        head->authority = field->value;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *user)
{
    struct h2 *h = user;
    struct h2_block *block = h->block;
    nghttp2_vec n = nghttp2_rcbuf_get_buf(name);
    nghttp2_vec v = nghttp2_rcbuf_get_buf(value);

    if (!block->stream)
        return 0;
    block->list_len += n.len + v.len + 32;
    if (block->list_len > (size_t)h->limits.header_list_max * UNFOLD_MAX) {
        h->overrun = true;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (block->list_len > h->limits.header_list_max)
        block->too_large = true;
    if (block->too_large)
        return 0;
    if (n.len && n.base[0] == ':')
        take_pseudo(block, view_of(n.base, n.len), value);
    else
        take_field(block, name, value);
    return 0;
}

/* Without this nghttp2 would drop the field and go on. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                             nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags, void *user)
{
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;
    struct h2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    if (!s && h->side == H2_SERVER && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        s = h2_stream_new(h, frame->hd.stream_id);
        if (!s) {
            h->no_memory = true;
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        list_append(&h->half, &s->half);
        nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, s);
    }
    block_begin(h->block, s);
    h->block_since_ns = h->now_ns;
    return 0;
}

/* ---- events ---- */

static void tell_too_large(struct h2_stream *s)
{
    struct h2 *h = s->h2;

    s->body_max = BODY_REFUSE;
    h->receiving -= s->received;
    s->received = 0;
    if (h->events->too_large)
        h->events->too_large(h->user, s);
    if (h->side == H2_CLIENT)
        h2_reset(s, H2_CANCEL);
    else if (!s->answered)
        h2_refuse(s, 413);
}

static void message_end(struct h2_stream *s)
{
    h2_stream_whole(s);
    if (s->finishing)
        h2_resume(s);
    if (s->body_max == BODY_REFUSE)
        return;
    s->end_due = true;
    h2_stream_due(s);
}

static void tell_head(struct h2_stream *s, struct head *head, bool ends)
{
    struct h2 *h = s->h2;

    head->ends = ends;
    s->head_done = s->told = true;
    s->silent = s->silent || head->method == HEAD_METHOD_HEAD;
    int64_t max = h->events->head(h->user, s, head);
    s->body_max = max < 0 || s->reset || s->answered ? BODY_REFUSE : max;
    if (s->body_max != BODY_REFUSE && !ends && head->body_len > s->body_max && !s->silent)
        tell_too_large(s);
}

static void request_head(struct h2_stream *s, struct h2_block *block, bool ends)
{
    const struct head *head = &block->head;
    bool star = view_eq(head->path, VIEW_LIT("*")) && head->method == HEAD_METHOD_OPTIONS;
    struct view expected;
    bool expects = !block->too_large && head_find(head, VIEW_LIT("expect"), &expected);

    if (block->too_large)
        h2_refuse(s, 431);
    else if (!star && (head->path.len == 0 || head->path.at[0] != '/'))
        h2_refuse(s, 400); /* CONNECT has none */
    else if (!head_is_target(head->path) || !head_is_target(head->query) || !head_names_one(head))
        h2_refuse(s, 400);
    else if (expects && !view_eq_nocase(expected, VIEW_LIT("100-continue")))
        h2_refuse(s, 417);
    else
        tell_head(s, &block->head, ends);
    if (expects && !ends && s->body_max != BODY_REFUSE)
        h2_say_continue(s);
}

static void block_end(struct h2 *h, const nghttp2_frame *frame)
{
    struct h2_block *block = h->block;
    struct h2_stream *s = block->stream;
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

    h->block_since_ns = DEADLINE_NEVER;
    if (!s || s->closed)
        return;
    if (h->side == H2_SERVER && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        request_head(s, block, ends);
    } else if (block->too_large) {
        h2_reset(s, H2_ENHANCE_YOUR_CALM);
    } else if (h->side == H2_CLIENT && !s->head_done) {
        if (block->head.status >= 200)
            tell_head(s, &block->head, ends);
    } else if (h->events->trailers && s->body_max != BODY_REFUSE) {
        h->events->trailers(h->user, s, &block->head);
    }
}

static void drop(struct h2_stream *s, size_t len)
{
    s->dropped += len;
    if (s->dropped > H2_DROPPED_MAX && s->finishing)
        h2_hurry(s);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *user)
{
    struct h2 *h = user;
    struct h2_stream *s = nghttp2_session_get_stream_user_data(session, id);

    if (!s || s->closed || len == 0)
        return 0;
    if (s->body_max == BODY_REFUSE) {
        drop(s, len);
        return 0;
    }
    bool fits = len <= (uint64_t)s->body_max;
    size_t told = fits ? len : (size_t)s->body_max;
    s->body_max -= (int64_t)told;
    if (h->side == H2_SERVER) {
        s->received += told;
        h->receiving += told;
        fits = fits && h->receiving <= h->limits.receiving_max;
    }
    if (told && h->events->body)
        h->events->body(h->user, s, view_of(bytes, told));
    if (!fits && s->body_max != BODY_REFUSE)
        tell_too_large(s);
    return 0;
}

/* ---- frames ---- */

static bool allowed(struct h2 *h, const nghttp2_frame_hd *hd)
{
    switch (hd->type) {
    case NGHTTP2_DATA:
        return hd->length || (hd->flags & NGHTTP2_FLAG_END_STREAM) ||
               rate_take(&h->controls, h->now_ns);
    case NGHTTP2_HEADERS:
        h->continuations = 0;
        return true;
    case NGHTTP2_CONTINUATION:
        return ++h->continuations <= CONTINUATIONS_MAX;
    case NGHTTP2_RST_STREAM:
        return rate_take(&h->resets, h->now_ns);
    case NGHTTP2_WINDOW_UPDATE:
        return rate_take(&h->updates, h->now_ns);
    default:
        /* An acknowledgement answers a frame of ours. */
        if ((hd->type == NGHTTP2_PING || hd->type == NGHTTP2_SETTINGS) &&
            (hd->flags & NGHTTP2_FLAG_ACK))
            return true;
        return rate_take(hd->type == NGHTTP2_PING ? &h->pings : &h->controls, h->now_ns);
    }
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user)
{
    struct h2 *h = user;

    /* A block that was given up on has no other end than the frame after it. */
    if (hd->type != NGHTTP2_CONTINUATION) {
        h2_block_drop(h->block);
        h->block_since_ns = DEADLINE_NEVER;
    }
    if (allowed(h, hd))
        return 0;
    h->overrun = true;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static void ping_answered(struct h2 *h)
{
    h->ping_ns = DEADLINE_NEVER;
    if (h->drain_step == H2_DRAIN_NOTICE)
        h->drain_ns = h->now_ns; /* h2_receive takes the second step */
}

/* Empty like those that have no bytes at all (CVE-2019-9518). */
static bool is_only_padding(const nghttp2_frame *frame)
{
    return frame->hd.length > 0 && frame->hd.length == frame->data.padlen &&
           !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;
    struct h2_stream *s;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        block_end(h, frame);
        h2_block_drop(h->block);
        break;
    case NGHTTP2_PING:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK)
            ping_answered(h);
        return 0;
    case NGHTTP2_GOAWAY:
        h->peer_goaway = true;
        return 0;
    case NGHTTP2_DATA:
        if (!is_only_padding(frame) || rate_take(&h->controls, h->now_ns))
            break;
        h->overrun = true;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    default:
        return 0;
    }
    s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (s && !s->closed && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        message_end(s);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct h2_stream *s = nghttp2_session_get_stream_user_data(session, id);

    if (s)
        h2_stream_closed(s, code);
    return 0;
}

void h2_set_receiving(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}
