/* The timers of connections: each is looked at a few times in the shortest of them. */
#include "wire/abuse.h"
#include "wire/limits.h"
#include "wire/shard.h"

bool engine_is_over(int64_t since_ns, int64_t max_ms, int64_t now_ns)
{
    return since_ns != DEADLINE_NEVER && now_ns - since_ns > max_ms * NS_PER_MS;
}

size_t engine_least(const struct conn *conn)
{
    return (size_t)(WIRE_LEAST_RATE * conn->shard->options->stall_max_ms / 1000) + 1;
}

bool engine_is_idle_too_long(const struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    return engine_is_over(conn->active_ns,
                          conn->asked ? options->idle_max_ms : options->header_max_ms, now_ns);
}

void conn_sweep(struct conn *conn, int64_t now_ns)
{
    const struct server_options *options = conn->shard->options;
    if (engine_is_over(conn->stuck_ns, options->stall_max_ms, now_ns)) {
        abuse_note(conn, ABUSE_SLOW, view_of(NULL, 0), view_of(NULL, 0));
        conn_close(conn);
        return;
    }
    /* What it has sent waits for us: it is not late. */
    if (list_linked(&conn->dirty_link))
        return;
    switch (conn->state) {
    case CONN_OPEN:
        if (engine_is_over(conn->active_ns, options->header_max_ms, now_ns))
            conn_close(conn);
        break;
    case CONN_SPEAKS:
        conn->engine->sweep(conn, now_ns);
        break;
    case CONN_LINGER:
        if (engine_is_over(conn->active_ns, WIRE_LINGER_MAX_MS, now_ns))
            conn_close(conn);
        break;
    default:
        break;
    }
}
