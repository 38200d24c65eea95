#include "http/h1.h"

#include "clock/clock.h"
#include "err/err.h"
#include "http/h1_head.h"
#include "http/h1_state.h"

void h1_init(struct h1 *h, const struct h1_events *events, void *user)
{
    assert(events->head);
    *h = (struct h1){.events = events, .user = user, .half_since_ns = DEADLINE_NEVER};
    h->keep = true;
    buf_init(&h->in, H1_AHEAD_MAX + H1_HEAD_MAX);
    buf_init(&h->out, H1_OUT_MAX);
    buf_init(&h->after, H1_OUT_MAX);
}

void h1_release(struct h1 *h)
{
    assert(!h->in_event);
    body_done(&h->lent);
    buf_release(&h->in);
    buf_release(&h->out);
    buf_release(&h->after);
    h->closing = true;
}

void h1_end_due(struct h1 *h)
{
    if (h->sending == H1_SENDING_DONE) {
        if (!h->keep) {
            h->closing = true;
        } else if (h->receiving == H1_RECEIVING_HELD) {
            h->receiving = H1_RECEIVING_HEAD;
            h->sending = H1_SENDING_NONE;
        }
    }
    bool idle = h->receiving == H1_RECEIVING_HEAD && h->sending == H1_SENDING_NONE;
    if (idle && !h->in_event && h->in.len == 0 && (h->eof || h->draining))
        h->closing = true;
    if (h->closing && !h->in_event)
        buf_release(&h->in);
}

void h1_drain(struct h1 *h)
{
    h->draining = true;
    h->keep = false;
    h1_end_due(h);
}

/* ---- events ---- */

static void tell(struct h1 *h, void (*event)(void *user))
{
    if (!event)
        return;
    h->in_event = true;
    event(h->user);
    h->in_event = false;
}

static void tell_too_large(struct h1 *h)
{
    h->keep = false;
    h->body_max = BODY_REFUSE;
    tell(h, h->events->too_large);
    if (h->sending == H1_SENDING_DUE)
        h1_refuse(h, 413);
}

static void take_body(struct h1 *h, struct view bytes)
{
    if (h->body_max == BODY_REFUSE)
        return;
    /* Up to the limit it is told, so that the events do not depend on where the stream was cut. */
    bool fits = bytes.len <= (uint64_t)h->body_max;
    struct view told = view_of(bytes.at, fits ? bytes.len : (size_t)h->body_max);
    h->body_max -= (int64_t)told.len;
    if (told.len && h->events->body) {
        h->in_event = true;
        h->events->body(h->user, told);
        h->in_event = false;
    }
    if (!fits && h->body_max != BODY_REFUSE)
        tell_too_large(h);
}

static void message_done(struct h1 *h)
{
    h->receiving = H1_RECEIVING_HELD;
    h->half_since_ns = DEADLINE_NEVER;
    if (h->body_max != BODY_REFUSE)
        tell(h, h->events->end);
    h1_end_due(h);
}

/* ---- heads ---- */

static void expect_body(struct h1 *h, const struct head *head, const struct h1_framing *framing)
{
    h->body_max = 0;
    if (head->ends) {
        h->receiving = H1_RECEIVING_HELD;
    } else if (framing->chunked) {
        h->receiving = H1_RECEIVING_CHUNKED;
        chunk_init(&h->chunk);
    } else {
        h->receiving = H1_RECEIVING_COUNTED;
        h->body_left = (uint64_t)head->body_len;
    }
}

static int64_t tell_head(struct h1 *h, const struct head *head)
{
    h->in_event = true;
    int64_t body_max = h->events->head(h->user, head);
    h->in_event = false;
    return body_max < 0 ? BODY_REFUSE : body_max;
}

static void take_request(struct h1 *h, const struct head *head, const struct h1_framing *framing)
{
    h->keep = framing->keep && !h->draining;
    h->minor = head->minor;
    h->head_only = head->method == HEAD_METHOD_HEAD;
    h->sending = H1_SENDING_DUE;
    expect_body(h, head, framing);
    h->expects = framing->expects && !head->ends;

    int64_t body_max = tell_head(h, head);
    h->body_max = h->sending == H1_SENDING_DUE ? body_max : BODY_REFUSE;
    if (h->receiving == H1_RECEIVING_HELD)
        message_done(h);
    else if (h->body_max == BODY_REFUSE)
        h1_end_due(h);
    else if (h->receiving == H1_RECEIVING_COUNTED && h->body_left > (uint64_t)h->body_max)
        tell_too_large(h);
    else if (h->expects)
        h1_send_continue(h);
}

/* What is unsent may not pile up because of requests sent ahead. */
static bool may_take_head(const struct h1 *h)
{
    return h->lent.bytes.len == 0 && h->out.len <= H1_OUT_MAX / 2;
}

/* One empty line before a request is overlooked (RFC 9112, 2.2). False: wait for its second byte.
 */
static bool skip_empty_line(struct h1 *h, struct view *input)
{
    assert(input->at);
    if (h->skipped || input->at[0] != '\r')
        return true;
    h->scan.scanned = 1;
    if (input->len < 2)
        return false;
    if (input->at[1] == '\n') {
        input->at += 2;
        input->len -= 2;
        h->scan.scanned = 0;
        h->skipped = true;
    }
    return true;
}

/* 0, with *ret_more, or the status to refuse with. */
static int step_head(struct h1 *h, struct view *input, bool *ret_more)
{
    struct head head;
    struct h1_framing framing;
    size_t len;

    *ret_more = false;
    if (!may_take_head(h) || !skip_empty_line(h, input) || !input->len)
        return 0;
    int status = h1_head_scan(&h->scan, *input, &len);
    if (status || !len)
        return status;
    status = h1_head_parse(view_of(input->at, len), &head, &framing);
    if (status)
        return status;
    input->at += len;
    input->len -= len;
    h->scan = (struct h1_scan){0};
    h->skipped = false;
    *ret_more = true;
    take_request(h, &head, &framing);
    return 0;
}

/* ---- the stream ---- */

static int step_chunked(struct h1 *h, struct view *input)
{
    struct view data;

    switch (chunk_next(&h->chunk, input, &data)) {
    case CHUNK_DATA:
        take_body(h, data);
        return 0;
    case CHUNK_END:
        message_done(h);
        return 0;
    case CHUNK_BAD:
        return 400;
    default:
        return 0;
    }
}

static void step_counted(struct h1 *h, struct view *input)
{
    size_t n = input->len < h->body_left ? input->len : (size_t)h->body_left;
    struct view data = view_of(input->at, n);

    input->at += n;
    input->len -= n;
    h->body_left -= n;
    take_body(h, data);
    if (h->body_left == 0 && !h->closing)
        message_done(h);
}

/* Parses what there is of input. 0 or the status to refuse with. */
static int parse(struct h1 *h, struct view *input)
{
    bool more = true;
    int status = 0;

    while (more && !status && !h->closing && input->len) {
        switch (h->receiving) {
        case H1_RECEIVING_HEAD:
            status = step_head(h, input, &more);
            break;
        case H1_RECEIVING_COUNTED:
            step_counted(h, input);
            break;
        case H1_RECEIVING_CHUNKED:
            status = step_chunked(h, input);
            break;
        default:
            more = false;
        }
    }
    return status;
}

static bool half_received(const struct h1 *h)
{
    if (h->closing || h->receiving == H1_RECEIVING_HELD)
        return false;
    return h->receiving != H1_RECEIVING_HEAD || h->in.len > 0;
}

static int broken(struct h1 *h, int code)
{
    h->closing = true;
    h->half_since_ns = DEADLINE_NEVER;
    buf_release(&h->in);
    return code;
}

/* Keeps what was not parsed. */
static int keep_rest(struct h1 *h, bool from_in, struct view rest)
{
    if (h->closing) {
        buf_release(&h->in);
        return 0;
    }
    if (from_in)
        buf_consume(&h->in, h->in.len - rest.len);
    else if (rest.len && buf_append_view(&h->in, rest) != 0)
        return ERR_NO_MEMORY;
    if (h->in.len == 0)
        buf_release(&h->in);
    return 0;
}

int h1_receive(struct h1 *h, struct view bytes, int64_t now_ns)
{
    assert(!h->in_event);
    assert(bytes.len <= H1_AHEAD_MAX);
    if (h->closing)
        return 0;

    bool from_in = h->in.len > 0;
    struct view input = bytes;
    if (from_in) {
        int err = buf_append_view(&h->in, bytes);
        if (err)
            return broken(h, err);
        input = buf_view(&h->in);
    }
    int status = parse(h, &input);
    if (status) {
        h1_refuse(h, status);
        return broken(h, status == 414 || status == 431 ? ERR_FULL : ERR_INVALID);
    }
    int err = keep_rest(h, from_in, input);
    if (err)
        return broken(h, err);
    h1_end_due(h);
    if (!half_received(h))
        h->half_since_ns = DEADLINE_NEVER;
    else if (h->half_since_ns == DEADLINE_NEVER)
        h->half_since_ns = now_ns;
    if (h->eof && h->half_since_ns != DEADLINE_NEVER && !h1_ready(h))
        return broken(h, ERR_CLOSED);
    return 0;
}

int h1_receive_eof(struct h1 *h, int64_t now_ns)
{
    assert(!h->in_event);
    if (h->closing)
        return 0;
    h->eof = true;
    return h1_receive(h, (struct view){0}, now_ns);
}

bool h1_ready(const struct h1 *h)
{
    return !h->closing && h->receiving == H1_RECEIVING_HEAD && h->in.len > h->scan.scanned &&
           may_take_head(h);
}

bool h1_wants_input(const struct h1 *h)
{
    return h->closing || h->in.len == 0 ||
           (h->receiving == H1_RECEIVING_HEAD && h->in.len == h->scan.scanned);
}

int64_t h1_half_since_ns(const struct h1 *h)
{
    return h->half_since_ns;
}

bool h1_wants_close(const struct h1 *h)
{
    return h->closing;
}
