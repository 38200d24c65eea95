/* The sending half of h1. */
#include "err/err.h"
#include "http/h1_state.h"
#include "http/h1_write.h"
#include "http/refusal.h"

/* A lent piece up to this size is copied: a write with three pieces costs more than the copy. */
#define LEND_MIN (4u << 10)

/* ---- unsent bytes ---- */

static struct buf *tail_of(struct h1 *h)
{
    return h->lent.bytes.len ? &h->after : &h->out;
}

size_t h1_unsent(const struct h1 *h)
{
    return h->out.len + h->lent.bytes.len + h->after.len;
}

static size_t room(const struct h1 *h)
{
    size_t copied = h->out.len + h->after.len;

    return copied < H1_OUT_MAX ? H1_OUT_MAX - copied : 0;
}

size_t h1_output(const struct h1 *h, struct view ret_views[H1_PIECES])
{
    size_t n = 0;

    if (h->out.len)
        ret_views[n++] = buf_view(&h->out);
    if (h->lent.bytes.len)
        ret_views[n++] = h->lent.bytes;
    if (h->after.len)
        ret_views[n++] = buf_view(&h->after);
    return n;
}

static size_t take(size_t *len, size_t have)
{
    size_t n = *len < have ? *len : have;

    *len -= n;
    return n;
}

void h1_sent(struct h1 *h, size_t len)
{
    assert(!h->in_event);
    assert(len <= h1_unsent(h));
    if (len == 0)
        return;
    buf_consume(&h->out, take(&len, h->out.len));
    view_skip(&h->lent.bytes, take(&len, h->lent.bytes.len));
    if (h->lent.bytes.len == 0) {
        body_done(&h->lent);
        if (h->out.len == 0 && h->after.len) {
            struct buf drained = h->out;
            h->out = h->after;
            h->after = drained;
        }
    }
    buf_consume(&h->out, len);
    if (h1_unsent(h))
        return;
    /* Ten thousand idle streams keep nothing. */
    buf_release(&h->out);
    buf_release(&h->after);
    buf_init(&h->out, H1_OUT_MAX);
    buf_init(&h->after, H1_OUT_MAX);
    if (h->events->written) {
        h->in_event = true;
        h->events->written(h->user);
        h->in_event = false;
    }
    h1_end_due(h);
}

/* Half an answer went out: nothing can follow it. */
static int broken(struct h1 *h, int err)
{
    h->closing = true;
    return err;
}

/* Room was checked, so only memory can be short. The body is taken in every case. */
static int put_body(struct h1 *h, struct body body)
{
    if (body.release && body.bytes.len >= LEND_MIN && h->lent.bytes.len == 0) {
        h->lent = body;
        return 0;
    }
    int err = buf_append_view(tail_of(h), body.bytes);
    body_done(&body);
    return err;
}

/* Bytes of the body that will be copied. */
static size_t copied_len(const struct h1 *h, const struct body *body)
{
    bool lent = body->release && body->bytes.len >= LEND_MIN && h->lent.bytes.len == 0;

    return lent ? 0 : body->bytes.len;
}

/* ---- answers ---- */

static bool has_body(int status)
{
    return status != 204 && status != 304;
}

/* body_len −1: it comes in pieces. */
static int put_answer_head(struct h1 *h, const struct head_answer *answer, int64_t body_len)
{
    struct buf *tail = tail_of(h);
    char *from = (char *)buf_reserve(tail, h1_answer_max(answer));

    if (!from)
        return ERR_NO_MEMORY;
    struct h1_added added = {
        .body_len = has_body(answer->status) ? body_len : -1,
        .chunked = h->chunked,
        .close = !h->keep,
        .keep = h->keep && h->minor == 0,
    };
    char *at = h1_write_answer(from, answer, &added);
    buf_commit(tail, (size_t)(at - from));
    return 0;
}

/* What an answer before the end of its request means for the connection. */
static void answer_early(struct h1 *h)
{
    if (h->receiving == H1_RECEIVING_HELD)
        return;
    if (h->receiving != H1_RECEIVING_COUNTED || h->body_left > H1_DISCARD_MAX || h->expects)
        h->keep = false;
    h->body_max = BODY_REFUSE;
}

static int check_answer(const struct h1 *h, const struct head_answer *answer, size_t copied)
{
    if (h->closing)
        return ERR_CLOSED;
    assert(h->sending == H1_SENDING_DUE);
    assert(answer->status >= 200 && answer->status <= 599);
    if (!head_fields_clean(answer->fields, answer->field_count))
        return ERR_INVALID;
    size_t head = h1_answer_max(answer);
    return copied > room(h) || head > room(h) - copied ? ERR_FULL : 0;
}

int h1_respond(struct h1 *h, const struct head_answer *answer, struct body body)
{
    bool silent = h->head_only || !has_body(answer->status);
    int err = check_answer(h, answer, silent ? 0 : copied_len(h, &body));

    if (err) {
        body_done(&body);
        return err;
    }
    answer_early(h);
    h->chunked = false;
    err = put_answer_head(h, answer, (int64_t)body.bytes.len);
    if (err || silent)
        body_done(&body);
    else
        err = put_body(h, body);
    if (err)
        return broken(h, err);
    h->sending = H1_SENDING_DONE;
    h1_end_due(h);
    return 0;
}

int h1_begin(struct h1 *h, const struct head_answer *answer)
{
    int err = check_answer(h, answer, 0);

    if (err)
        return err;
    assert(has_body(answer->status));
    answer_early(h);
    h->chunked = h->minor > 0;
    if (!h->chunked)
        h->keep = false;
    err = put_answer_head(h, answer, -1);
    if (err)
        return broken(h, err);
    h->sending = H1_SENDING_STREAM;
    return 0;
}

static int check_piece(const struct h1 *h, const struct body *piece)
{
    if (h->closing)
        return ERR_CLOSED;
    assert(h->sending == H1_SENDING_STREAM);
    if (h->lent.bytes.len)
        return ERR_FULL;
    return copied_len(h, piece) + CHUNK_HEAD_MAX + 2 > room(h) ? ERR_FULL : 0;
}

static int send_piece(struct h1 *h, struct body piece, bool frame)
{
    char head[CHUNK_HEAD_MAX];
    int err = check_piece(h, &piece);

    if (err || h->head_only || piece.bytes.len == 0) {
        body_done(&piece);
        return err;
    }
    if (frame)
        err = buf_append(&h->out, head, chunk_head(piece.bytes.len, head));
    if (err)
        body_done(&piece);
    else
        err = put_body(h, piece);
    if (!err && frame)
        err = buf_append_view(tail_of(h), VIEW_LIT("\r\n"));
    return err ? broken(h, err) : 0;
}

int h1_chunk(struct h1 *h, struct body piece)
{
    return send_piece(h, piece, h->chunked);
}

int h1_chunk_encoded(struct h1 *h, struct body piece)
{
    return send_piece(h, piece, false);
}

bool h1_is_chunked(const struct h1 *h)
{
    return h->chunked;
}

int h1_end(struct h1 *h, const struct head_field *trailers, size_t count)
{
    if (h->closing)
        return ERR_CLOSED;
    assert(h->sending == H1_SENDING_STREAM);
    if (!head_fields_clean(trailers, count))
        return ERR_INVALID;
    if (h->chunked && !h->head_only) {
        size_t max = h1_last_chunk_max(trailers, count);
        if (max > room(h))
            return ERR_FULL;
        struct buf *tail = tail_of(h);
        char *from = (char *)buf_reserve(tail, max);
        if (!from)
            return broken(h, ERR_NO_MEMORY);
        buf_commit(tail, (size_t)(h1_write_last_chunk(from, trailers, count) - from));
    }
    h->sending = H1_SENDING_DONE;
    h1_end_due(h);
    return 0;
}

void h1_refuse(struct h1 *h, int status)
{
    if (!h->closing && h->events->refused)
        h->events->refused(h->user, status);
    if (!h->closing && h->sending <= H1_SENDING_DUE) {
        if (h->sending == H1_SENDING_NONE)
            h->head_only = false;
        h->sending = H1_SENDING_DUE;
        h->keep = false;
        const struct head_field type = {VIEW_LIT("content-type"), VIEW_LIT(REFUSAL_TYPE)};
        h1_respond(h, &(struct head_answer){status, &type, 1}, body_copied(refusal_text(status)));
    }
    h->closing = true;
}

void h1_send_continue(struct h1 *h)
{
    h->expects = false;
    /* Where there is no room for it the client sends its body after a while anyway. */
    if (h->lent.bytes.len == 0 && room(h) > H1_ADDED_MAX)
        buf_append_view(&h->out, VIEW_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
}
