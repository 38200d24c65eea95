/* The timers of connections: each is looked at a few times in the shortest of them. */
#include <sys/socket.h>

#include "err/err.h"
#include "wire/answer.h"
#include "wire/limits.h"
#include "wire/shard.h"

static bool is_over(int64_t since_ns, int64_t max_ms, int64_t now_ns)
{
    return since_ns != DEADLINE_NEVER && now_ns - since_ns > max_ms * NS_PER_MS;
}

/* A message that does not become whole (RFC 9110, 15.5.9). */
static void time_out_h1(struct conn *conn)
{
    char text[ANSWER_BARE_MAX];
    struct exchange *exchange = conn->exchange;
    size_t len;
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
    if (half_head && h1_unsent(&conn->h1) == 0 && net_write(&conn->stream, &v, 1, &len) == 0)
        net_shut_write(&conn->stream);
    conn->failed = true;
    conn_touch(conn);
}

static void time_out_h2(struct conn *conn, struct h2_stream *stream)
{
    struct exchange *exchange = stream ? h2_stream_user(stream) : NULL;
    if (!stream)
        conn->failed = true;
    else if (exchange)
        exchange_refuse(exchange, CODE_DEADLINE_EXCEEDED,
                        "the request did not become whole in time");
    else
        h2_reset(stream, H2_CANCEL);
    conn_touch(conn);
}

/* Whether nothing was asked for so long. Who has never asked has no more time for his first head,
 * from the connection's beginning, handshake and all, than any head has. */
static bool is_idle_too_long(const struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    return is_over(conn->active_ns, conn->asked ? options->idle_max_ms : options->header_max_ms,
                   now_ns);
}

static void sweep_h1(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    int64_t half_ns = h1_half_since_ns(&conn->h1);
    if (is_over(half_ns, options->header_max_ms, now_ns) ||
        (half_ns != DEADLINE_NEVER && !conn->asked && is_idle_too_long(conn, now_ns))) {
        time_out_h1(conn);
    } else if (!conn->exchange && h1_unsent(&conn->h1) == 0 && is_idle_too_long(conn, now_ns)) {
        h1_drain(&conn->h1);
        conn_touch(conn);
    }
}

/* All of them: one a sweep would give the last of a thousand half an hour. An answered one stays
 * half received until its reset is out, which may wait for the socket: then so do those behind. */
static void time_out_half_h2(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    struct h2_stream *stream = NULL, *reset = NULL;
    while (!conn->failed &&
           is_over(h2_half_since_ns(conn->h2, &stream), options->header_max_ms, now_ns) &&
           (!stream || stream != reset)) {
        if (stream && !h2_stream_user(stream))
            reset = stream;
        time_out_h2(conn, stream);
    }
}

static void sweep_h2(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    struct h2_stream *stream = NULL;
    time_out_half_h2(conn, now_ns);
    while ((stream = h2_stalled(conn->h2, now_ns, options->stall_max_ms * NS_PER_MS))) {
        h2_reset(stream, H2_CANCEL);
        conn_touch(conn);
    }
    if (h2_stream_count(conn->h2) == 0 && is_idle_too_long(conn, now_ns)) {
        h2_drain(conn->h2, now_ns);
        conn->active_ns = now_ns;
        conn_touch(conn);
    }
    if (h2_due_ns(conn->h2) <= now_ns) {
        h2_tick(conn->h2, now_ns);
        conn_touch(conn);
    }
}

void conn_sweep(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    if (is_over(conn->stuck_ns, options->stall_max_ms, now_ns)) {
        conn_close(conn);
        return;
    }
    /* What it has sent waits for us: it is not late. */
    if (list_linked(&conn->dirty_link))
        return;
    switch (conn->state) {
    case CONN_OPEN:
        if (is_over(conn->active_ns, options->header_max_ms, now_ns))
            conn_close(conn);
        break;
    case CONN_H1:
        sweep_h1(conn, now_ns);
        break;
    case CONN_H2:
        sweep_h2(conn, now_ns);
        break;
    case CONN_LINGER:
        if (is_over(conn->active_ns, WIRE_LINGER_MAX_MS, now_ns))
            conn_close(conn);
        break;
    default:
        break;
    }
}
