#include "wire/shard.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "call/limits.h"
#include "chance/chance.h"
#include "err/err.h"
#include "observe/log.h"
#include "wire/answer.h"
#include "wire/health.h"
#include "wire/limits.h"

#define REFUSED_SAY_NS (10000 * NS_PER_MS) /* refused connections are logged as often */

int64_t shard_now_ns(const struct shard *shard)
{
    return loop_now_ns(shard->loop);
}

struct view shard_date(struct shard *shard)
{
    int64_t now_s = clock_wall_ms(loop_clock(shard->loop)) / 1000;
    if (now_s != shard->date_s) {
        struct tm tm;
        time_t t = (time_t)now_s;
        gmtime_r(&t, &tm);
        strftime(shard->date, sizeof(shard->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        shard->date_s = now_s;
    }
    return view_str(shard->date);
}

void shard_touch(struct shard *shard)
{
    if (shard->posted)
        return;
    shard->posted = true;
    loop_post(shard->loop, &shard->flush);
}

/* ---- calls ---- */

struct exchange *shard_take_exchange(struct shard *shard)
{
    if (shard->call_count >= shard->options->calls_max)
        return NULL;
    struct list *link = list_take(&shard->free_calls);
    struct exchange *exchange =
        link ? list_of(link, struct exchange, link) : calloc(1, sizeof(*exchange));
    if (!exchange)
        return NULL;
    if (link)
        shard->free_call_count--;
    else
        arena_init(&exchange->arena, CALL_ARENA_MAX);
    shard->call_count++;
    exchange->shard = shard;
    scope_init(&exchange->scope);
    return exchange;
}

/* Both owners have let go; this is a later turn, so the fiber is off its stack too. */
static void take_back(struct shard *shard, struct exchange *exchange)
{
    assert(exchange->scope.count == 0 && !exchange->conn && !exchange->running);
    call_close_sink(&exchange->call);
    shard->body_bytes -= exchange->body.len;
    shard->call_count--;
    if (shard->free_call_count >= WIRE_CALLS_KEPT) {
        buf_release(&exchange->body);
        arena_release(&exchange->arena);
        free(exchange);
        return;
    }
    struct arena arena = exchange->arena;
    struct buf body = exchange->body;
    arena_reset(&arena);
    if (body.cap > WIRE_BODY_KEPT)
        buf_release(&body);
    buf_clear(&body);
    *exchange = (struct exchange){.arena = arena, .body = body};
    list_prepend(&shard->free_calls, &exchange->link); /* the next call gets what is still warm */
    shard->free_call_count++;
}

static void free_calls(struct shard *shard)
{
    struct list *link;
    while ((link = list_take(&shard->free_calls))) {
        struct exchange *exchange = list_of(link, struct exchange, link);
        buf_release(&exchange->body);
        arena_release(&exchange->arena);
        free(exchange);
    }
}

/* ---- the end of a turn ---- */

/* Tells everybody that the server goes down: streams end, connections take no more requests. */
static void tell_drain(struct shard *shard)
{
    struct list now, *link;
    health_drain(shard);
    /* One that is told may end others: so they are taken one by one. */
    list_init(&now);
    while ((link = list_take(&shard->streams)))
        list_append(&now, link);
    while ((link = list_take(&now))) {
        list_append(&shard->streams, link);
        exchange_refuse(list_of(link, struct exchange, stream_link), CODE_UNAVAILABLE,
                        "the server is going down");
    }
    list_each (each, &shard->conns)
        conn_drain(list_of(each, struct conn, link));
}

static void flush_conns(struct shard *shard)
{
    /* What is touched on the way waits for the next turn. */
    struct list now, *link;
    list_init(&now);
    while ((link = list_take(&shard->hungry))) /* they have waited longer */
        list_append(&now, link);
    while ((link = list_take(&shard->dirty)))
        list_append(&now, link);
    while ((link = list_take(&now)))
        conn_flush(list_of(link, struct conn, dirty_link));
}

static void on_flush(struct loop_task *task)
{
    struct shard *shard = list_of(task, struct shard, flush);
    struct list *link;
    shard->posted = false;
    if (shard->drain_due) {
        shard->drain_due = false;
        tell_drain(shard);
    }
    flush_conns(shard);
    if (shard->kill_due) {
        list_each (each, &shard->conns)
            conn_close(list_of(each, struct conn, link));
    }
    while ((link = list_take(&shard->ended)))
        take_back(shard, list_of(link, struct exchange, link));
    while ((link = list_take(&shard->dead)))
        free(list_of(link, struct conn, dirty_link));
    if (shard->drainer)
        fiber_unpark(shard->drainer);
}

/* ---- who is not let in ---- */

/* Whoever runs the server must learn it, without a line a connection. */
static void count_refused(struct shard *shard, uint64_t count, const char *why)
{
    const int64_t now_ns = shard_now_ns(shard);
    count_add(&shard->connections_refused, count);
    if (shard->refused_said_ns != 0 && now_ns - shard->refused_said_ns < REFUSED_SAY_NS)
        return;
    shard->refused_said_ns = now_ns;
    log_event(LOG_WARN, "connection.refuse", log_str("event.reason", why),
              log_uint("usher.connections", shard->conn_count));
}

/* The listener turned these away itself: no descriptor was left. */
static void count_starved(struct shard *shard)
{
    const uint64_t starved = shard->listener.refused - shard->starved_counted;
    shard->starved_counted = shard->listener.refused;
    if (starved > 0)
        count_refused(shard, starved, "files");
}

/* ---- the sweep ---- */

/* Streams whose reader takes nothing, over HTTP/2 by its window: only they are given up. Over
 * HTTP/1.1 the connection is stuck, which conn_sweep sees. */
static void give_up_stalled(struct shard *shard, int64_t now_ns)
{
    while (!list_empty(&shard->stalled)) {
        struct exchange *exchange = list_of(shard->stalled.next, struct exchange, stalled_link);
        if (now_ns - exchange->stalled_since_ns <= shard->options->stall_max_ms * NS_PER_MS)
            return;
        struct conn *conn = exchange->conn;
        conn->engine->cut(conn, exchange->h2, H2_CANCEL);
        exchange_gone(exchange);
    }
}

static void on_tick(struct loop_timer *timer)
{
    struct shard *shard = list_of(timer, struct shard, tick);
    int64_t now_ns = shard_now_ns(shard);
    uint32_t count = shard->conn_count / WIRE_SWEEP_STEPS + 1;
    for (uint32_t i = 0; i < count && !list_empty(&shard->conns); i++) {
        struct list *link = list_take(&shard->conns);
        list_append(&shard->conns, link);
        conn_sweep(list_of(link, struct conn, link), now_ns);
    }
    give_up_stalled(shard, now_ns);
    count_starved(shard);
    if (shard->drainer)
        fiber_unpark(shard->drainer);
    loop_arm(shard->loop, &shard->tick, now_ns + shard->tick_ns);
}

/* ---- life ---- */

static void on_accepted(struct net_listener *listener, int fd)
{
    char text[ANSWER_BARE_MAX];
    struct shard *shard = listener->user;
    if (shard->conn_count < shard->options->connections_max && server_has_room(shard->server)) {
        conn_new(shard, fd);
        return;
    }
    /* As many as there may be: say so, if the kernel takes it at once, and close. */
    struct view busy = answer_bare(503, "Service Unavailable", text);
    if (!shard->tls)
        (void)!send(fd, busy.at, busy.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
    count_refused(shard, 1, "maximum");
}

/* Short enough that a connection is looked at several times in its shortest timer. */
static int64_t tick_of(const struct server_options *options)
{
    int64_t shortest_ms = options->header_max_ms;
    if (options->idle_max_ms < shortest_ms)
        shortest_ms = options->idle_max_ms;
    if (options->stall_max_ms < shortest_ms)
        shortest_ms = options->stall_max_ms;
    int64_t ms = shortest_ms / 8 / WIRE_SWEEP_STEPS;
    ms = ms < WIRE_TICK_MIN_MS ? WIRE_TICK_MIN_MS : ms > WIRE_TICK_MAX_MS ? WIRE_TICK_MAX_MS : ms;
    return ms * NS_PER_MS;
}

int shard_start(struct shard *shard, int fd)
{
    struct list *const lists[] = {&shard->conns,   &shard->dirty,   &shard->hungry,
                                  &shard->dead,    &shard->ended,   &shard->free_calls,
                                  &shard->streams, &shard->stalled, &shard->watchers};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        list_init(lists[i]);
    buf_init(&shard->encoded, CALL_RESPONSE_MAX);
    arena_init(&shard->page_arena, CALL_ARENA_MAX);
    shard->loop = worker_loop(shard->worker);
    shard->flush.run = on_flush;
    shard->tick.fire = on_tick;
    shard->tick_ns = tick_of(shard->options);
    shard->traces.seed = chance_id(chance_system());
    shard->read_bytes = malloc(WIRE_READ_BYTES);
    shard->methods = calloc(shard->routes->count + 1, sizeof(*shard->methods));
    int err = shard->read_bytes && shard->methods ? 0 : ERR_NO_MEMORY;
    if (err)
        close(fd);
    else
        err = net_listener_start(&shard->listener, shard->loop, fd, on_accepted, shard);
    if (!err) {
        err = loop_arm(shard->loop, &shard->tick, shard_now_ns(shard) + shard->tick_ns);
        if (err)
            net_listener_stop(&shard->listener);
    }
    if (err)
        free(shard->read_bytes);
    shard->started = !err;
    return err;
}

void shard_drain(struct shard *shard)
{
    if (!shard->started)
        return;
    net_listener_stop(&shard->listener);
    shard->draining = shard->drain_due = true;
    shard_touch(shard);
}

static bool is_quiet(const struct shard *shard)
{
    return shard->conn_count == 0 && shard->call_count == 0 && !shard->posted &&
           !net_listener_busy(&shard->listener);
}

void shard_stop(struct shard *shard, int64_t deadline_ns)
{
    if (!shard->started)
        return;
    shard->drainer = fiber_self();
    int err = 0;
    while (!is_quiet(shard) && !err)
        err = fiber_park(deadline_ns);
    if (!is_quiet(shard)) {
        shard->kill_due = true;
        shard_touch(shard);
    }
    /* Cancelled handlers come back: that is the contract of a waiting point. */
    while (!is_quiet(shard))
        fiber_park_deaf();
    shard->drainer = NULL;
    loop_disarm(shard->loop, &shard->tick);
    free_calls(shard);
    buf_release(&shard->encoded);
    cache_release(&shard->cache);
    arena_release(&shard->page_arena);
    free(shard->read_bytes);
    shard->started = false;
}
