/* HTTP/1.1: one request at a time, conn->exchange. */
#include "err/err.h"
#include "wire/abuse.h"
#include "wire/answer.h"
#include "wire/shard.h"

/* ---- events ---- */

static int64_t on_head(void *user, const struct head *head)
{
    return exchange_head(user, NULL, head);
}

static void on_body(void *user, struct view bytes)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_body(conn->exchange, bytes);
}

static void on_end(void *user)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_whole(conn->exchange);
}

static void on_too_large(void *user)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_too_large(conn->exchange);
}

static void on_written(void *user)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_written(conn->exchange);
}

static void on_refused(void *user, int status)
{
    abuse_note(user, abuse_of_status(status), view_of(NULL, 0), view_of(NULL, 0));
}

static const struct h1_events events = {
    .head = on_head,
    .body = on_body,
    .end = on_end,
    .too_large = on_too_large,
    .written = on_written,
    .refused = on_refused,
};

/* ---- a connection ---- */

static void drain(struct conn *conn)
{
    h1_drain(&conn->h1);
}

static void begin(struct conn *conn)
{
    h1_init(&conn->h1, &events, conn);
    if (conn->shard->draining)
        drain(conn);
}

static void receive(struct conn *conn, struct view bytes)
{
    h1_receive(&conn->h1, bytes, shard_now_ns(conn->shard));
}

/* A request that is whole is still answered (RFC 9112, 9.6); but nobody can be told that he watches
 * on: a stream ends. */
static bool receive_end(struct conn *conn)
{
    return h1_receive_eof(&conn->h1, shard_now_ns(conn->shard)) == 0 && !conn_watches(conn);
}

static bool wants_input(const struct conn *conn)
{
    return h1_wants_input(&conn->h1);
}

static bool resume(struct conn *conn)
{
    if (!h1_ready(&conn->h1))
        return false;
    h1_receive(&conn->h1, view_of(NULL, 0), shard_now_ns(conn->shard));
    return true;
}

static size_t output(struct conn *conn, struct view pieces[ENGINE_PIECES])
{
    return h1_output(&conn->h1, pieces);
}

static void sent(struct conn *conn, size_t len)
{
    h1_sent(&conn->h1, len);
}

static size_t unsent(const struct conn *conn)
{
    return h1_unsent(&conn->h1);
}

static bool wants_close(const struct conn *conn)
{
    return h1_wants_close(&conn->h1);
}

static void release(struct conn *conn)
{
    h1_release(&conn->h1);
    if (conn->exchange)
        exchange_gone(conn->exchange);
}

/* ---- timers ---- */

/* A message that does not become whole (RFC 9110, 15.5.9). */
static void time_out(struct conn *conn)
{
    char text[ANSWER_BARE_MAX];
    struct exchange *exchange = conn->exchange;
    size_t len;
    abuse_note(conn, ABUSE_SLOW, view_of(NULL, 0), view_of(NULL, 0));
    if (exchange) {
        /* Its body is half here. */
        answer_refusal(conn, NULL, &(struct refusal){.status = 408});
        exchange_gone(exchange);
        return;
    }
    /* Half a head: the engine knows no request that could be answered. But where a head came last,
     * at active_ns, its answer is out, and only the rest of its body is awaited. */
    struct view v = answer_bare(408, "Request Timeout", text);
    bool half_head = !conn->asked || conn->active_ns < h1_half_since_ns(&conn->h1);
    if (half_head && unsent(conn) == 0 && net_write(&conn->stream, &v, 1, &len) == 0)
        net_shut_write(&conn->stream);
    conn->failed = true;
    conn_touch(conn);
}

static void sweep(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    int64_t half_ns = h1_half_since_ns(&conn->h1);
    if (engine_is_over(half_ns, options->header_max_ms, now_ns) ||
        (half_ns != DEADLINE_NEVER && !conn->asked && engine_is_idle_too_long(conn, now_ns))) {
        time_out(conn);
    } else if (!conn->exchange && unsent(conn) == 0 && engine_is_idle_too_long(conn, now_ns)) {
        drain(conn);
        conn_touch(conn);
    }
}

/* ---- a request's answer ---- */

static int told(struct conn *conn, int err)
{
    conn->failed = conn->failed || err;
    conn_touch(conn);
    return err;
}

static void attach(struct conn *conn, struct h2_stream *h2, struct exchange *exchange)
{
    conn->exchange = exchange;
}

static int respond(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer,
                   struct body body, const struct head_field *trailers, size_t trailer_count)
{
    return told(conn, h1_respond(&conn->h1, answer, body));
}

static int start(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer)
{
    return told(conn, h1_begin(&conn->h1, answer));
}

static int chunk(struct conn *conn, struct h2_stream *h2, struct body piece)
{
    return told(conn, h1_chunk(&conn->h1, piece));
}

static int end(struct conn *conn, struct h2_stream *h2, const struct head_field *trailers,
               size_t trailer_count)
{
    return told(conn, h1_end(&conn->h1, trailers, trailer_count));
}

/* With nothing unsent a frame goes straight from its one encoding to the socket: ten thousand
 * readers cost ten thousand system calls and no copy. *v becomes the rest. */
static int write_at_once(struct conn *conn, struct view *v)
{
    size_t len = 0;
    if (unsent(conn) > 0 || conn->stream.tls)
        return 0;
    int err = net_write(&conn->stream, v, 1, &len);
    if (err && err != ERR_BUSY)
        return err;
    count_add(&conn->shard->bytes_out, len);
    v->at += len;
    v->len -= len;
    return 0;
}

static int push(struct conn *conn, struct h2_stream *h2, struct frame *frame, enum form form,
                enum squeeze squeeze, bool *ret_pending)
{
    struct view v;
    *ret_pending = false;
    int err = frame_view(frame, form, squeeze, h1_is_chunked(&conn->h1), &v);
    if (err)
        return err;
    err = write_at_once(conn, &v);
    if (!err && v.len > 0) {
        *ret_pending = true;
        err = h1_chunk_encoded(&conn->h1, body_lent(v, frame_release, frame_ref(frame)));
    }
    return err || *ret_pending ? told(conn, err ? ERR_CLOSED : 0) : 0;
}

static bool takes_chunk(const struct conn *conn, const struct h2_stream *h2)
{
    return !conn->exchange->pending;
}

static void cut(struct conn *conn, struct h2_stream *h2, enum h2_code code)
{
    told(conn, ERR_CLOSED);
}

const struct engine engine_h1 = {
    .queues = true,
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
