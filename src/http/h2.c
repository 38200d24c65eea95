#include "http/h2.h"

#include <stdlib.h>

#include "clock/clock.h"
#include "err/err.h"
#include "http/h2_state.h"

#define DRAIN_NOTICE_MS 1000        /* the second GOAWAY waits no longer for the PING */
#define FRAME_SLACK     (80u << 10) /* what one step of nghttp2 may add to a full out */
#define OUT_KEPT        1024        /* bytes of out that an idle connection keeps */
#define OUT_KEPT_BUSY   (16u << 10) /* and one with BUSY_STREAMS, which fills it again at once */
#define BUSY_STREAMS    8
#define UPDATE_BURST    20000 /* WINDOW_UPDATE … */
#define UPDATES_PER_S   20000

/* ---- making and freeing ---- */

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static struct h2_limits complete(const struct h2_limits *given)
{
    struct h2_limits l = given ? *given : (struct h2_limits){0};

    l.streams_max = or_default(l.streams_max, 1000);
    l.header_list_max = or_default(l.header_list_max, 16u << 10);
    l.out_max = or_default(l.out_max, 256u << 10);
    l.copied_max = or_default(l.copied_max, 1u << 20);
    l.receiving_max = or_default(l.receiving_max, 4u << 20);
    l.reset_burst = or_default(l.reset_burst, 1000);
    l.resets_per_s = or_default(l.resets_per_s, 100);
    l.control_burst = or_default(l.control_burst, 200);
    l.controls_per_s = or_default(l.controls_per_s, 20);
    l.least_bytes = or_default(l.least_bytes, 1);
    l.keepalive_ms = or_default(l.keepalive_ms, 60000);
    l.ping_timeout_ms = or_default(l.ping_timeout_ms, 20000);
    return l;
}

static void set_options(nghttp2_option *option)
{
    /* Closed streams are kept for the priority tree, which we do not use. */
    nghttp2_option_set_no_closed_streams(option, 1);
#ifdef USHER_NGHTTP2_RESET_LIMIT
    /* Ours is the limit that speaks: it knows the caller's figures and our time. */
    nghttp2_option_set_stream_reset_rate_limit(option, UINT32_MAX, UINT32_MAX);
#endif
#ifdef USHER_NGHTTP2_CONTINUATIONS
    /* nghttp2 counts reads, not frames: a frame head that arrives byte by byte would be eight. */
    nghttp2_option_set_max_continuations(option, SIZE_MAX);
#endif
}

static int make_session(struct h2 *h)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int err = ERR_NO_MEMORY;

    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
        set_options(option);
        h2_set_receiving(callbacks);
        h2_set_sending(callbacks);
        int made = h->side == H2_SERVER
                       ? nghttp2_session_server_new2(&h->session, callbacks, h, option)
                       : nghttp2_session_client_new2(&h->session, callbacks, h, option);
        err = made == 0 ? 0 : ERR_NO_MEMORY;
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return err;
}

static int submit_settings(struct h2 *h)
{
    const nghttp2_settings_entry server[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, h->limits.streams_max},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, h->limits.header_list_max},
    };
    const nghttp2_settings_entry client[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, h->limits.header_list_max},
    };

    return nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE,
                                   h->side == H2_SERVER ? server : client, 2)
               ? ERR_NO_MEMORY
               : 0;
}

int h2_new(enum h2_side side, const struct h2_limits *limits, const struct h2_events *events,
           void *user, int64_t now_ns, struct h2 **ret_h2)
{
    assert(events->head && events->closed);
    struct h2 *h = calloc(1, sizeof(*h));
    if (!h)
        return ERR_NO_MEMORY;
    h->side = (uint8_t)side;
    h->events = events;
    h->user = user;
    h->limits = complete(limits);
    h->now_ns = h->received_ns = now_ns;
    h->ping_ns = h->drain_ns = h->block_since_ns = DEADLINE_NEVER;
    buf_init(&h->out, (size_t)h->limits.out_max + FRAME_SLACK);
    list_init(&h->streams);
    list_init(&h->half);
    list_init(&h->due);
    list_init(&h->wrote);
    list_init(&h->held);
    overlong_init(&h->overlong);
    rate_init(&h->resets, h->limits.reset_burst, h->limits.resets_per_s, now_ns);
    rate_init(&h->controls, h->limits.control_burst, h->limits.controls_per_s, now_ns);
    rate_init(&h->pings, h->limits.control_burst, h->limits.controls_per_s, now_ns);
    rate_init(&h->updates, UPDATE_BURST, UPDATES_PER_S, now_ns);

    int err = make_session(h);
    if (!err)
        err = submit_settings(h);
    if (err) {
        h2_free(h);
        return err;
    }
    *ret_h2 = h;
    return 0;
}

/* ---- streams ---- */

/* Tells what nghttp2's callbacks have left to be told. */
static void tell_due(struct h2 *h)
{
    struct list *link;

    h->in_event = true;
    while ((link = list_take(&h->due))) {
        struct h2_stream *s = list_of(link, struct h2_stream, due);
        bool end = s->end_due && !s->reset && !(s->closed && s->code != H2_NO_ERROR);
        s->end_due = false;
        if (end && h->events->end)
            h->events->end(h->user, s);
        if (!s->closed_due)
            continue;
        list_remove(&s->due);
        if (s->told)
            h->events->closed(h->user, s, s->code);
        h2_stream_free(s);
    }
    h->in_event = false;
}

/* Lets every stream go: nghttp2_session_del and a failed session run no close callbacks. */
static void close_all(struct h2 *h, uint32_t code)
{
    list_each (link, &h->streams) {
        struct h2_stream *s = list_of(link, struct h2_stream, link);
        if (!s->closed)
            nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
        h2_stream_closed(s, code);
    }
    tell_due(h);
}

void h2_free(struct h2 *h)
{
    if (!h)
        return;
    assert(!h->in_event && !h->in_nghttp2);
    h->failed = true;
    close_all(h, H2_CANCEL);
    if (h->saved)
        h2_block_drop(h->saved);
    free(h->saved);
    nghttp2_session_del(h->session);
    buf_release(&h->out);
    free(h);
}

uint32_t h2_stream_count(const struct h2 *h)
{
    return h->stream_count;
}

/* ---- receiving ---- */

static void drain_finally(struct h2 *h)
{
    h->drain_step = H2_DRAIN_FINAL;
    h->drain_ns = DEADLINE_NEVER;
    nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR,
                          NULL, 0);
    h2_flush(h);
}

/* The connection ends: GOAWAY where that is still possible, every stream closed. */
static int fail(struct h2 *h, uint32_t code, int err)
{
    if (!h->goaway_code && err != ERR_TIMEOUT) {
        nghttp2_session_terminate_session(h->session, code);
        h2_flush(h);
    }
    h->failed = true;
    close_all(h, code);
    return err;
}

static int fail_if_due(struct h2 *h)
{
    if (h->no_memory)
        return fail(h, H2_INTERNAL_ERROR, ERR_NO_MEMORY);
    if (h->overrun)
        return fail(h, H2_ENHANCE_YOUR_CALM, ERR_FULL);
    if (h->goaway_code)
        return fail(h, h->goaway_code,
                    h->goaway_code == H2_ENHANCE_YOUR_CALM ? ERR_FULL : ERR_INVALID);
    return 0;
}

static int hand_to_nghttp2(void *user, struct view bytes)
{
    struct h2 *h = user;
    ssize_t taken = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.at, bytes.len);

    return taken < 0 ? (int)taken : 0;
}

int h2_receive(struct h2 *h, struct view bytes, int64_t now_ns)
{
    struct h2_block block;

    assert(!h->in_event && !h->in_nghttp2);
    if (h->failed)
        return 0;
    h->now_ns = now_ns;
    if (bytes.len) {
        h->received_ns = now_ns;
        h->ping_ns = DEADLINE_NEVER;
    }
    h2_block_load(h, &block);
    h->in_nghttp2 = h->in_event = true;
    int taken = h->side == H2_SERVER ? overlong_feed(&h->overlong, bytes, hand_to_nghttp2, h)
                                     : hand_to_nghttp2(h, bytes);
    h->in_nghttp2 = h->in_event = false;
    if (h2_block_save(h) != 0)
        h->no_memory = true;

    if (taken < 0 && !h->overrun && !h->no_memory) {
        bool flood = taken == NGHTTP2_ERR_FLOODED;
        if (taken == NGHTTP2_ERR_NOMEM)
            return fail(h, H2_INTERNAL_ERROR, ERR_NO_MEMORY);
        return fail(h, flood ? H2_ENHANCE_YOUR_CALM : H2_PROTOCOL_ERROR,
                    flood ? ERR_FULL : ERR_INVALID);
    }
    if (now_ns >= h->drain_ns)
        drain_finally(h);
    /* What nghttp2 itself objected to shows as a GOAWAY among its frames. */
    h2_flush(h);
    tell_due(h);
    h2_flush(h);
    return fail_if_due(h);
}

int64_t h2_half_since_ns(const struct h2 *h, struct h2_stream **ret_stream)
{
    int64_t since = DEADLINE_NEVER;
    struct h2_stream *oldest = NULL;

    if (!list_empty(&h->half)) {
        oldest = list_of(h->half.next, struct h2_stream, half);
        since = oldest->since_ns;
    }
    if (h->block_since_ns <= since && h->block_since_ns != DEADLINE_NEVER) {
        since = h->block_since_ns;
        oldest = NULL;
    }
    if (ret_stream)
        *ret_stream = oldest;
    return since;
}

struct h2_stream *h2_stalled(struct h2 *h, int64_t now_ns, int64_t max_ns)
{
    /* Who has moved since the last look stands at the end. */
    for (struct list *link = h->held.prev; link != &h->held; link = link->prev) {
        struct h2_stream *s = list_of(link, struct h2_stream, held);
        if (s->held_ns != DEADLINE_NEVER)
            break;
        s->held_ns = now_ns;
    }
    if (list_empty(&h->held))
        return NULL;
    struct h2_stream *oldest = list_of(h->held.next, struct h2_stream, held);
    return now_ns - oldest->held_ns > max_ns ? oldest : NULL;
}

/* ---- output ---- */

bool h2_output(struct h2 *h, struct view *ret_view)
{
    h2_flush(h);
    if (h->out.len == 0)
        return false;
    *ret_view = buf_view(&h->out);
    return true;
}

static void tell_written(struct h2 *h)
{
    struct list now;
    struct list *link;

    /* An event may close other streams or give them more, so they are taken one by one. */
    list_init(&now);
    while ((link = list_take(&h->wrote)))
        list_append(&now, link);
    h->in_event = true;
    while ((link = list_take(&now))) {
        struct h2_stream *s = list_of(link, struct h2_stream, wrote);
        if (s->piece.bytes.len)
            list_append(&h->wrote, link);
        else if (s->told && h->events->written)
            h->events->written(h->user, s);
    }
    h->in_event = false;
}

void h2_sent(struct h2 *h, size_t len)
{
    assert(!h->in_event && !h->in_nghttp2);
    assert(len <= h->out.len);
    buf_consume(&h->out, len);
    if (h->out.len == 0 && h->out.cap > (h->stream_count < BUSY_STREAMS ? OUT_KEPT : OUT_KEPT_BUSY))
        buf_release(&h->out);
    h2_flush(h);
    if (h->out.len == 0)
        tell_written(h);
    tell_due(h);
}

size_t h2_unsent(const struct h2 *h)
{
    return h->out.len + h->pieces;
}

bool h2_wants_close(const struct h2 *h)
{
    if (h->failed || h->no_memory)
        return true;
    if (h->stream_count)
        return false;
    return h->drain_step == H2_DRAIN_FINAL || h->peer_goaway;
}

/* ---- timed work ---- */

void h2_drain(struct h2 *h, int64_t now_ns)
{
    if (h->drain_step != H2_DRAIN_NONE || h->failed)
        return;
    h->now_ns = now_ns;
    if (h->side == H2_CLIENT) {
        h->drain_step = H2_DRAIN_FINAL;
        return;
    }
    h->drain_step = H2_DRAIN_NOTICE;
    h->drain_ns = deadline_after_ms(now_ns, DRAIN_NOTICE_MS);
    nghttp2_submit_shutdown_notice(h->session);
    nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
    h2_flush(h);
}

static int64_t keepalive_due_ns(const struct h2 *h)
{
    if (h->limits.keepalive_ms == UINT32_MAX)
        return DEADLINE_NEVER;
    if (h->ping_ns != DEADLINE_NEVER)
        return deadline_after_ms(h->ping_ns, h->limits.ping_timeout_ms);
    return deadline_after_ms(h->received_ns, h->limits.keepalive_ms);
}

int64_t h2_due_ns(const struct h2 *h)
{
    int64_t keepalive = keepalive_due_ns(h);

    if (h->failed)
        return DEADLINE_NEVER;
    return h->drain_ns < keepalive ? h->drain_ns : keepalive;
}

int h2_tick(struct h2 *h, int64_t now_ns)
{
    assert(!h->in_event && !h->in_nghttp2);
    if (h->failed)
        return 0;
    h->now_ns = now_ns;
    if (now_ns >= h->drain_ns)
        drain_finally(h);
    if (now_ns >= keepalive_due_ns(h)) {
        if (h->ping_ns != DEADLINE_NEVER)
            return fail(h, H2_CANCEL, ERR_TIMEOUT);
        h->ping_ns = now_ns;
        nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
    }
    h2_flush(h);
    tell_due(h);
    return fail_if_due(h);
}
