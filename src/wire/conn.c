#include "wire/conn.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err/err.h"
#include "http/preface.h"
#include "wire/limits.h"
#include "wire/proxy.h"
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

/* ---- input ---- */

static void begin(struct conn *conn, const struct engine *engine)
{
    conn->engine = engine;
    conn->state = CONN_SPEAKS;
    engine->begin(conn);
}

static void feed(struct conn *conn, struct view bytes)
{
    if (conn->state == CONN_OPEN) {
        enum preface found = preface_sniff(&conn->matched, bytes);
        if (found == PREFACE_MORE)
            return;
        begin(conn, found == PREFACE_H2 ? &engine_h2 : &engine_h1);
        if (conn->matched > 0)
            conn->engine->receive(conn, view_of(PREFACE, conn->matched));
    }
    if (conn->state == CONN_SPEAKS && bytes.len > 0)
        conn->engine->receive(conn, bytes);
}

bool conn_watches(const struct conn *conn)
{
    const struct exchange *exchange = conn->exchange;
    return exchange && exchange->call.route && method_streams_answer(exchange->call.route->method);
}

static void end_of_input(struct conn *conn)
{
    conn->eof = true;
    if (conn->state != CONN_SPEAKS || !conn->engine->receive_end(conn))
        conn->failed = true;
}

static bool wants_input(const struct conn *conn)
{
    if (conn->eof || conn->failed || conn->state >= CONN_LINGER)
        return false;
    return conn->state != CONN_SPEAKS || conn->engine->wants_input(conn);
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

struct view conn_host(struct conn *conn)
{
    if (!conn->peer_host[0] && !net_peer_host(&conn->stream, conn->peer_host, CONN_HOST_MAX))
        return (struct view){0};
    return view_str(conn->peer_host);
}

/* A proxy of ours may say before all else whom it speaks for. False while that is not known. */
static bool announce(struct conn *conn)
{
    uint8_t bytes[PROXY_HEADER_MAX];
    struct proxy_header header = {0};
    size_t len = 0;
    if (conn->announced)
        return true;
    int err = net_peek(&conn->stream, bytes, sizeof(bytes), &len);
    if (!err)
        err = proxy_header_read(view_of(bytes, len), &header);
    if (!err)
        err = net_skip(&conn->stream, header.len);
    if (!err && header.host[0]) {
        memcpy(conn->peer_host, header.host, sizeof(header.host));
        conn->secure_before = header.secure;
        conn->proxied = proxy_is_trusted(conn->shard->options, conn_host(conn));
    }
    conn->announced = !err || err == ERR_NOT_FOUND;
    conn->failed = !conn->announced && err != ERR_BUSY;
    return conn->announced;
}

/* False while the handshake goes on, or where it failed. */
static bool secure(struct conn *conn)
{
    if (conn->secured)
        return true;
    if (!announce(conn))
        return false;
    int err = net_handshake(&conn->stream);
    conn->failed = err && err != ERR_BUSY;
    if (err)
        return false;
    conn->secured = true;
    if (view_eq(net_protocol(&conn->stream), VIEW_LIT("h2")))
        begin(conn, &engine_h2);
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
    if (!wants_input(conn) && (net_is_broken(stream) || (stream->hangup && conn_watches(conn))))
        conn->failed = true;
    conn_touch(conn);
}

/* ---- output ---- */

size_t conn_unsent(const struct conn *conn)
{
    return conn->state == CONN_SPEAKS ? conn->engine->unsent(conn) : 0;
}

bool conn_is_full(const struct conn *conn)
{
    const struct shard *shard = conn->shard;
    const size_t unsent = conn_unsent(conn);
    if (shard->options->peers_only)
        return unsent > WIRE_PEER_UNSENT_MAX;
    const size_t left = shard->unsent < WIRE_UNSENT_ALL ? WIRE_UNSENT_ALL - shard->unsent : 0;
    return unsent > WIRE_UNSENT_MAX ||
           (unsent > WIRE_UNSENT_LEAST && unsent > left / WIRE_UNSENT_PART);
}

static void count_unsent(struct conn *conn)
{
    const size_t unsent = conn_unsent(conn);
    conn->shard->unsent += unsent - conn->counted_unsent;
    conn->counted_unsent = unsent;
}

/* Writes until there is nothing more or the kernel is full; returns the bytes written. */
static size_t put_out(struct conn *conn)
{
    struct view pieces[ENGINE_PIECES];
    size_t total = 0, count, len;
    conn->blocked = false;
    while (!conn->failed && (count = conn->engine->output(conn, pieces)) > 0) {
        int err = net_write(&conn->stream, pieces, count, &len);
        conn->blocked = err == ERR_BUSY;
        if (conn->blocked)
            break;
        if (err) {
            conn->failed = true;
            break;
        }
        total += len;
        conn->engine->sent(conn, len);
    }
    count_add(&conn->shard->bytes_out, total);
    return total;
}

/* What was written last still has to arrive: a close with unread input would reset it away. */
static void begin_linger(struct conn *conn)
{
    net_shut_write(&conn->stream);
    conn->state = CONN_LINGER;
    conn->active_ns = shard_now_ns(conn->shard);
    conn->engine->release(conn);
    count_unsent(conn);
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

/* For the stuck timer: since when does the kernel take less than the least rate. What only a window
 * of HTTP/2 holds back has its own, a stream's. */
static void watch_progress(struct conn *conn, size_t written)
{
    conn->taken += written;
    if (!conn->blocked) {
        conn->stuck_ns = DEADLINE_NEVER;
    } else if (conn->stuck_ns == DEADLINE_NEVER || conn->taken >= engine_least(conn)) {
        conn->stuck_ns = shard_now_ns(conn->shard);
        conn->taken = 0;
    }
}

/* A request that was sent ahead, or more input, once there is room for its answer. False where
 * there is nothing to go on with now; *ret_hungry: because the fibers have to catch up first. */
static bool go_on(struct conn *conn, bool *ret_hungry)
{
    if (conn->state == CONN_SPEAKS && conn->engine->resume(conn))
        return true;
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
        if (conn->state == CONN_SPEAKS)
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
    if (conn->state == CONN_SPEAKS && conn->engine->wants_close(conn) && conn_unsent(conn) == 0) {
        begin_linger(conn);
        linger(conn);
        return;
    }
    count_unsent(conn);
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
    conn->proxied =
        shard->options->proxy_count > 0 && proxy_is_trusted(shard->options, conn_host(conn));
    conn->announced = !conn->proxied;
    conn->secured = !shard->tls && conn->announced;
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
    const bool speaks = conn->state == CONN_SPEAKS;
    conn->state = CONN_CLOSED;
    if (speaks)
        conn->engine->release(conn);
    count_unsent(conn);
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
    if (conn->state == CONN_SPEAKS)
        conn->engine->drain(conn);
    else if (conn->state == CONN_OPEN)
        conn->failed = true;
    conn_touch(conn);
}
