/* HTTP/2: many requests at once, each a stream whose user is its exchange. */
#include "err/err.h"
#include "wire/abuse.h"
#include "wire/answer.h"
#include "wire/limits.h"
#include "wire/shard.h"

/* ---- events ---- */

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    return exchange_head(user, stream, head);
}

static void on_body(void *user, struct h2_stream *stream, struct view bytes)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_body(exchange, bytes);
}

static void on_end(void *user, struct h2_stream *stream)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_whole(exchange);
}

static void on_too_large(void *user, struct h2_stream *stream)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_too_large(exchange);
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_gone(exchange);
}

static void on_written(void *user, struct h2_stream *stream)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_written(exchange);
}

static void on_refused(void *user, int status)
{
    abuse_note(user, abuse_of_status(status), view_of(NULL, 0), view_of(NULL, 0));
}

static const struct h2_events events = {
    .head = on_head,
    .body = on_body,
    .end = on_end,
    .too_large = on_too_large,
    .closed = on_closed,
    .written = on_written,
    .refused = on_refused,
};

/* ---- a connection ---- */

static void drain(struct conn *conn)
{
    h2_drain(conn->h2, shard_now_ns(conn->shard));
}

static void begin(struct conn *conn)
{
    struct shard *shard = conn->shard;
    struct h2_limits limits = {
        .streams_max = shard->options->streams_max,
        .least_bytes = (uint32_t)engine_least(conn),
        .receiving_max = (uint32_t)(WIRE_RECEIVING_MAX + shard->routes->request_max),
        .reset_burst = shard->options->peers_only ? WIRE_PEER_RESETS : 0,
        .resets_per_s = shard->options->peers_only ? WIRE_PEER_RESETS : 0,
    };
    if (h2_new(H2_SERVER, &limits, &events, conn, shard_now_ns(shard), &conn->h2))
        conn->failed = true;
    else if (shard->draining)
        drain(conn);
}

static void receive(struct conn *conn, struct view bytes)
{
    int err = conn->h2 ? h2_receive(conn->h2, bytes, shard_now_ns(conn->shard)) : 0;
    if (err == ERR_FULL || err == ERR_INVALID)
        abuse_note(conn, err == ERR_FULL ? ABUSE_FLOOD : ABUSE_PROTOCOL, view_of(NULL, 0),
                   view_of(NULL, 0));
}

static bool receive_end(struct conn *conn)
{
    return false;
}

static bool wants_input(const struct conn *conn)
{
    return true;
}

static bool resume(struct conn *conn)
{
    return false;
}

static size_t output(struct conn *conn, struct view pieces[ENGINE_PIECES])
{
    return h2_output(conn->h2, &pieces[0]) ? 1 : 0;
}

static void sent(struct conn *conn, size_t len)
{
    h2_sent(conn->h2, len);
}

static size_t unsent(const struct conn *conn)
{
    return conn->h2 ? h2_unsent(conn->h2) : 0;
}

static bool wants_close(const struct conn *conn)
{
    return h2_wants_close(conn->h2);
}

static void release(struct conn *conn)
{
    h2_free(conn->h2);
    conn->h2 = NULL;
}

/* ---- timers ---- */

static void time_out(struct conn *conn, struct h2_stream *stream)
{
    struct exchange *exchange = stream ? h2_stream_user(stream) : NULL;
    abuse_note(conn, ABUSE_SLOW, view_of(NULL, 0), view_of(NULL, 0));
    if (!stream)
        conn->failed = true;
    else if (exchange)
        exchange_refuse(exchange, CODE_DEADLINE_EXCEEDED,
                        "the request did not become whole in time");
    else
        h2_reset(stream, H2_CANCEL);
    conn_touch(conn);
}

/* All of them: one a sweep would give the last of a thousand half an hour. An answered one stays
 * half received until its reset is out, which may wait for the socket: then so do those behind. */
static void time_out_half(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    struct h2_stream *stream = NULL, *reset = NULL;
    while (!conn->failed &&
           engine_is_over(h2_half_since_ns(conn->h2, &stream), options->header_max_ms, now_ns) &&
           (!stream || stream != reset)) {
        if (stream && !h2_stream_user(stream))
            reset = stream;
        time_out(conn, stream);
    }
}

static void sweep(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    struct h2_stream *stream = NULL;
    time_out_half(conn, now_ns);
    while ((stream = h2_stalled(conn->h2, now_ns, options->stall_max_ms * NS_PER_MS))) {
        abuse_note(conn, ABUSE_SLOW, view_of(NULL, 0), view_of(NULL, 0));
        h2_reset(stream, H2_CANCEL);
        conn_touch(conn);
    }
    if (h2_stream_count(conn->h2) == 0 && engine_is_idle_too_long(conn, now_ns)) {
        h2_drain(conn->h2, now_ns);
        conn->active_ns = now_ns;
        conn_touch(conn);
    }
    if (h2_due_ns(conn->h2) <= now_ns) {
        h2_tick(conn->h2, now_ns);
        conn_touch(conn);
    }
}

/* ---- a request's answer: what fails has reset its stream ---- */

static int told(struct conn *conn, int err)
{
    conn_touch(conn);
    return err;
}

static void attach(struct conn *conn, struct h2_stream *h2, struct exchange *exchange)
{
    h2_stream_set_user(h2, exchange);
}

static int respond(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer,
                   struct body body, const struct head_field *trailers, size_t trailer_count)
{
    return told(conn, h2_respond(h2, answer, body, trailers, trailer_count));
}

static int start(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer)
{
    return told(conn, h2_begin(h2, answer));
}

static int chunk(struct conn *conn, struct h2_stream *h2, struct body piece)
{
    return told(conn, h2_chunk(h2, piece));
}

static int end(struct conn *conn, struct h2_stream *h2, const struct head_field *trailers,
               size_t trailer_count)
{
    return told(conn, h2_end(h2, trailers, trailer_count));
}

static int push(struct conn *conn, struct h2_stream *h2, struct frame *frame, enum form form,
                enum squeeze squeeze, bool *ret_pending)
{
    struct view v;
    int err = frame_view(frame, form, squeeze, false, &v);
    if (err)
        return err;
    *ret_pending = true;
    return chunk(conn, h2, body_lent(v, frame_release, frame_ref(frame))) ? ERR_CLOSED : 0;
}

static bool takes_chunk(const struct conn *conn, const struct h2_stream *h2)
{
    return h2_takes_chunk(h2);
}

static void cut(struct conn *conn, struct h2_stream *h2, enum h2_code code)
{
    h2_reset(h2, code);
    conn_touch(conn);
}

const struct engine engine_h2 = {
    .trailers = true,
    .begin = begin,
    .receive = receive,
    .receive_end = receive_end,
    .wants_input = wants_input,
    .resume = resume,
    .output = output,
    .sent = sent,
    .unsent = unsent,
    .wants_close = wants_close,
    .drain = drain,
    .sweep = sweep,
    .release = release,
    .attach = attach,
    .respond = respond,
    .start = start,
    .chunk = chunk,
    .end = end,
    .push = push,
    .takes_chunk = takes_chunk,
    .cut = cut,
};
