#include "wire/conn.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err/err.h"
#include "http/preface.h"
#include "wire/limits.h"
#include "wire/shard.h"

#define FLUSH_ROUNDS 4 /* of write, parse what was sent ahead, read: in one turn */

static struct conn *conn_of(struct net_stream *stream)
{
    return list_of(stream, struct conn, stream);
}

void conn_touch(struct conn *conn)
{
    if (list_linked(&conn->dirty_link) || conn->state == CONN_CLOSED)
        return;
    list_append(&conn->shard->dirty, &conn->dirty_link);
    shard_touch(conn->shard);
}

/* Whether input may be taken now. With more fibers ready than run in a turn it waits, in order and
 * in the kernel, which tells the other side: what is read at once would only queue here, in front
 * of those that the running calls wait for. */
static bool may_receive(struct conn *conn)
{
    const struct shard *shard = conn->shard;
    return list_empty(&shard->hungry) && sched_ready_count(sched_current()) < WIRE_READY_MAX;
}

static void wait_to_receive(struct conn *conn)
{
    if (list_linked(&conn->dirty_link) || conn->state == CONN_CLOSED)
        return;
    list_append(&conn->shard->hungry, &conn->dirty_link);
    shard_touch(conn->shard);
}

/* ---- events of the engines ---- */

static int64_t h1_on_head(void *user, const struct head *head)
{
    return exchange_head(user, NULL, head);
}

static void h1_on_body(void *user, struct view bytes)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_body(conn->exchange, bytes);
}

static void h1_on_end(void *user)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_whole(conn->exchange);
}

static void h1_on_too_large(void *user)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_too_large(conn->exchange);
}

static void h1_on_written(void *user)
{
    struct conn *conn = user;
    if (conn->exchange)
        exchange_written(conn->exchange);
}

static const struct h1_events h1_events = {
    .head = h1_on_head,
    .body = h1_on_body,
    .end = h1_on_end,
    .too_large = h1_on_too_large,
    .written = h1_on_written,
};

static int64_t h2_on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    return exchange_head(user, stream, head);
}

static void h2_on_body(void *user, struct h2_stream *stream, struct view bytes)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_body(exchange, bytes);
}

static void h2_on_end(void *user, struct h2_stream *stream)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_whole(exchange);
}

static void h2_on_too_large(void *user, struct h2_stream *stream)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_too_large(exchange);
}

static void h2_on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_gone(exchange);
}

static void h2_on_written(void *user, struct h2_stream *stream)
{
    struct exchange *exchange = h2_stream_user(stream);
    if (exchange)
        exchange_written(exchange);
}

static const struct h2_events h2_events = {
    .head = h2_on_head,
    .body = h2_on_body,
    .end = h2_on_end,
    .too_large = h2_on_too_large,
    .closed = h2_on_closed,
    .written = h2_on_written,
};

/* ---- input ---- */

static void begin_h1(struct conn *conn)
{
    h1_init(&conn->h1, &h1_events, conn);
    conn->state = CONN_H1;
    if (conn->shard->draining)
        h1_drain(&conn->h1);
}

static void begin_h2(struct conn *conn)
{
    struct shard *shard = conn->shard;
    struct h2_limits limits = {
        .streams_max = shard->options->streams_max,
        .receiving_max = (uint32_t)(WIRE_RECEIVING_MAX + shard->routes->request_max),
        .reset_burst = shard->options->peers_only ? WIRE_PEER_RESETS : 0,
        .resets_per_s = shard->options->peers_only ? WIRE_PEER_RESETS : 0,
    };
    if (h2_new(H2_SERVER, &limits, &h2_events, conn, shard_now_ns(shard), &conn->h2)) {
        conn->failed = true;
        return;
    }
    conn->state = CONN_H2;
    if (shard->draining)
        h2_drain(conn->h2, shard_now_ns(shard));
}

static void feed_engine(struct conn *conn, struct view bytes)
{
    int64_t now_ns = shard_now_ns(conn->shard);
    if (bytes.len == 0)
        return;
    /* Whatever went wrong is in the output and in wants_close. */
    if (conn->state == CONN_H1)
        h1_receive(&conn->h1, bytes, now_ns);
    else if (conn->state == CONN_H2)
        h2_receive(conn->h2, bytes, now_ns);
}

static void feed(struct conn *conn, struct view bytes)
{
    if (conn->state == CONN_OPEN) {
        enum preface found = preface_sniff(&conn->matched, bytes);
        if (found == PREFACE_MORE)
            return;
        if (found == PREFACE_H2)
            begin_h2(conn);
        else
            begin_h1(conn);
        feed_engine(conn, view_of(PREFACE, conn->matched));
    }
    feed_engine(conn, bytes);
}

static bool watches(const struct conn *conn)
{
    const struct exchange *exchange = conn->exchange;
    return exchange && exchange->call.route && method_streams_answer(exchange->call.route->method);
}

static void end_of_input(struct conn *conn)
{
    conn->eof = true;
    if (conn->state != CONN_H1) {
        conn->failed = true;
        return;
    }
    /* A request that is whole is still answered (RFC 9112, 9.6); but nobody can be told that he
     * watches on: a stream ends. */
    if (h1_receive_eof(&conn->h1, shard_now_ns(conn->shard)) || watches(conn))
        conn->failed = true;
}

static bool wants_input(const struct conn *conn)
{
    if (conn->eof || conn->failed || conn->state >= CONN_LINGER)
        return false;
    return conn->state != CONN_H1 || h1_wants_input(&conn->h1);
}

static void receive(struct conn *conn)
{
    struct shard *shard = conn->shard;
    for (int i = 0; i < WIRE_READS_TURN && wants_input(conn) && may_receive(conn); i++) {
        size_t len;
        int err = net_read(&conn->stream, shard->read_bytes, WIRE_READ_BYTES, &len);
        if (err == ERR_BUSY)
            return;
        if (err == ERR_CLOSED) {
            end_of_input(conn);
        } else if (err) {
            conn->failed = true;
        } else {
            count_add(&shard->bytes_in, len);
            feed(conn, view_of(shard->read_bytes, len));
        }
    }
}

/* False while the handshake goes on, or where it failed. */
static bool secure(struct conn *conn)
{
    if (conn->secured)
        return true;
    int err = net_handshake(&conn->stream);
    conn->failed = err && err != ERR_BUSY;
    if (err)
        return false;
    conn->secured = true;
    if (view_eq(net_protocol(&conn->stream), VIEW_LIT("h2")))
        begin_h2(conn);
    return true;
}

static void on_ready(struct net_stream *stream)
{
    struct conn *conn = conn_of(stream);
    if (conn->state < CONN_LINGER && secure(conn)) {
        if (may_receive(conn))
            receive(conn);
        else
            wait_to_receive(conn);
    }
    /* So that the call under way learns it. */
    if (!wants_input(conn) && (net_is_broken(stream) || (stream->hangup && watches(conn))))
        conn->failed = true;
    conn_touch(conn);
}

/* ---- output ---- */

size_t conn_unsent(const struct conn *conn)
{
    if (conn->state == CONN_H1)
        return h1_unsent(&conn->h1);
    return conn->state == CONN_H2 ? h2_unsent(conn->h2) : 0;
}

static size_t output(struct conn *conn, struct view pieces[H1_PIECES])
{
    if (conn->state == CONN_H1)
        return h1_output(&conn->h1, pieces);
    return h2_output(conn->h2, &pieces[0]) ? 1 : 0;
}

/* Writes until there is nothing more or the kernel is full; returns the bytes written. */
static size_t put_out(struct conn *conn)
{
    struct view pieces[H1_PIECES];
    size_t total = 0, count, len;
    conn->blocked = false;
    while (!conn->failed && (count = output(conn, pieces)) > 0) {
        int err = net_write(&conn->stream, pieces, count, &len);
        conn->blocked = err == ERR_BUSY;
        if (conn->blocked)
            break;
        if (err) {
            conn->failed = true;
            break;
        }
        total += len;
        if (conn->state == CONN_H1)
            h1_sent(&conn->h1, len);
        else
            h2_sent(conn->h2, len);
    }
    count_add(&conn->shard->bytes_out, total);
    return total;
}

static bool engine_wants_close(const struct conn *conn)
{
    return conn->state == CONN_H1 ? h1_wants_close(&conn->h1) : h2_wants_close(conn->h2);
}

/* What was written last still has to arrive: a close with unread input would reset it away. */
static void begin_linger(struct conn *conn)
{
    net_shut_write(&conn->stream);
    conn->state = CONN_LINGER;
    conn->active_ns = shard_now_ns(conn->shard);
    if (conn->h2) {
        h2_free(conn->h2);
        conn->h2 = NULL;
    } else {
        h1_release(&conn->h1);
    }
    if (conn->exchange)
        exchange_gone(conn->exchange);
}

static void linger(struct conn *conn)
{
    struct shard *shard = conn->shard;
    while (!conn->eof && !conn->failed) {
        size_t len;
        int err = net_read(&conn->stream, shard->read_bytes, WIRE_READ_BYTES, &len);
        if (err == ERR_BUSY)
            return;
        conn->lingered += err ? 0 : (uint32_t)len;
        conn->failed = err || conn->lingered > WIRE_LINGER_BYTES;
    }
    conn_close(conn);
}

/* For the stuck timer: since when does the kernel take nothing. What only a window of HTTP/2 holds
 * back has its own, a stream's. */
static void watch_progress(struct conn *conn, size_t written)
{
    if (!conn->blocked)
        conn->stuck_ns = DEADLINE_NEVER;
    else if (written > 0 || conn->stuck_ns == DEADLINE_NEVER)
        conn->stuck_ns = shard_now_ns(conn->shard);
}

/* A request that was sent ahead, or more input, once there is room for its answer. False where
 * there is nothing to go on with now; *ret_hungry: because the fibers have to catch up first. */
static bool go_on(struct conn *conn, bool *ret_hungry)
{
    if (conn->state == CONN_H1 && h1_ready(&conn->h1)) {
        h1_receive(&conn->h1, view_of(NULL, 0), shard_now_ns(conn->shard));
        return true;
    }
    if (!conn->secured || !conn->stream.may_read || !wants_input(conn))
        return false;
    *ret_hungry = !may_receive(conn);
    if (!*ret_hungry)
        receive(conn);
    return !*ret_hungry;
}

void conn_flush(struct conn *conn)
{
    size_t written = 0;
    bool more = true, hungry = false;
    for (int i = 0; i < FLUSH_ROUNDS && more && !conn->failed; i++) {
        if (conn->state == CONN_H1 || conn->state == CONN_H2)
            written += put_out(conn);
        more = go_on(conn, &hungry);
    }
    if (conn->failed) {
        conn_close(conn);
        return;
    }
    if (conn->state == CONN_LINGER) {
        linger(conn);
        return;
    }
    if (conn->state != CONN_OPEN && engine_wants_close(conn) && conn_unsent(conn) == 0) {
        begin_linger(conn);
        linger(conn);
        return;
    }
    watch_progress(conn, written);
    if (hungry)
        wait_to_receive(conn);
    else if (more)
        conn_touch(conn);
}

/* ---- life ---- */

void conn_new(struct shard *shard, int fd)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        close(fd);
        return;
    }
    if (net_stream_open(&conn->stream, shard->loop, fd, shard->tls, NULL, on_ready)) {
        free(conn);
        return;
    }
    conn->shard = shard;
    conn->secured = !shard->tls;
    conn->active_ns = shard_now_ns(shard);
    conn->stuck_ns = DEADLINE_NEVER;
    list_append(&shard->conns, &conn->link);
    shard->conn_count++;
    count_add(&shard->connections_total, 1);
    count_add(&shard->connections_open, 1);
}

void conn_close(struct conn *conn)
{
    struct shard *shard = conn->shard;
    if (conn->state == CONN_CLOSED)
        return;
    bool h1 = conn->state == CONN_H1;
    conn->state = CONN_CLOSED;
    if (conn->exchange)
        exchange_gone(conn->exchange);
    h2_free(conn->h2);
    conn->h2 = NULL;
    if (h1)
        h1_release(&conn->h1);
    net_stream_close(&conn->stream);
    list_remove(&conn->link);
    list_remove(&conn->dirty_link);
    list_append(&shard->dead, &conn->dirty_link);
    shard->conn_count--;
    count_sub(&shard->connections_open, 1);
    shard_touch(shard);
}

void conn_drain(struct conn *conn)
{
    if (conn->state == CONN_H1)
        h1_drain(&conn->h1);
    else if (conn->state == CONN_H2)
        h2_drain(conn->h2, shard_now_ns(conn->shard));
    else if (conn->state == CONN_OPEN)
        conn->failed = true;
    conn_touch(conn);
}
