#include "wire/stats.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock/clock.h"
#include "err/err.h"
#include "observe/spans.h"
#include "wire/exchange.h"
#include "wire/server.h"
#include "wire/shard.h"

#define LABEL_MAX 160

static_assert(CODE_UNAUTHENTICATED == STATS_CODES - 1, "every code has a counter");

/* What a server's span calls an error (OpenTelemetry, semantic conventions of gRPC spans), and what
 * was to be expected is not: a place that is taken, a turn that is over, a wrong request. */
static bool is_failure(const struct exchange *exchange, enum code code)
{
    if (exchange->callers_fault)
        return false;
    return code == CODE_UNKNOWN || code == CODE_DEADLINE_EXCEEDED || code == CODE_INTERNAL ||
           code == CODE_UNAVAILABLE || code == CODE_DATA_LOSS;
}

static struct span keep_span(const struct exchange *exchange, enum code code, int64_t took_ns)
{
    const struct call *call = &exchange->call;
    const struct view path = call->route ? call->route->path : VIEW_LIT("/unknown");
    struct span span = {
        .kind = SPAN_SERVER,
        .failed = is_failure(exchange, code),
        .code = code,
        .began_ns = exchange->began_ns,
        .took_ns = took_ns,
    };
    trace_fill_span(&call->trace, &span);
    snprintf(span.name, sizeof(span.name), "%.*s", (int)path.len - 1, path.at + 1);
    spans_put(&span);
    return span;
}

/* A stream lasts as long as somebody looks: that is not slow. exemplar: of a unary call; NULL. */
static void note_span(const struct exchange *exchange, enum code code, int64_t took_ns,
                      struct exemplar *exemplar)
{
    const struct call *call = &exchange->call;
    const bool streams = call->route && method_streams_answer(call->route->method);
    if (!exchange->detached && spans_want(call->trace.choice == TRACE_CHOSEN,
                                          is_failure(exchange, code), streams ? 0 : took_ns)) {
        const struct span span = keep_span(exchange, code, took_ns);
        if (exemplar)
            exemplar_set(exemplar, span.trace_hi, span.trace_lo, took_ns,
                         clock_wall_ms(clock_system()));
    }
}

void stats_note_detached(struct exchange *exchange)
{
    if (spans_want(exchange->call.trace.choice == TRACE_CHOSEN, false, 0))
        keep_span(exchange, CODE_OK, clock_mono_ns(clock_system()) - exchange->began_ns);
}

void stats_note(struct exchange *exchange, enum code code)
{
    struct shard *shard = exchange->shard;
    const struct route *route = exchange->call.route;
    if (exchange->began_ns == 0 || exchange->protocol == PROTOCOL_PLAIN)
        return;
    struct method_stats *s = &shard->methods[route ? route->number : shard->routes->count];
    /* The loop's own time stands still within a turn. */
    const int64_t took_ns = clock_mono_ns(clock_system()) - exchange->began_ns;
    count_add(&s->codes[code], 1);
    const bool timed = route && !method_streams_answer(route->method);
    uint32_t bucket = 0;
    while (bucket < METRIC_BUCKETS && took_ns > metric_bounds_ns[bucket])
        bucket++;
    note_span(exchange, code, took_ns, timed ? &s->exemplars[bucket] : NULL);
    if (!timed)
        return;
    count_add(&s->buckets[bucket], 1);
    count_add(&s->sum_ns, (uint64_t)took_ns);
}

/* All shards' counts of one method. False: it was never called. */
static bool add_up(const struct shard *shards, uint32_t count, uint32_t number,
                   struct method_stats *ret_sum)
{
    uint64_t calls = 0;
    *ret_sum = (struct method_stats){0};
    for (uint32_t i = 0; i < count; i++) {
        const struct method_stats *s = &shards[i].methods[number];
        for (int k = 0; k < STATS_CODES; k++) {
            calls += count_get(&s->codes[k]);
            count_add(&ret_sum->codes[k], count_get(&s->codes[k]));
        }
        count_add(&ret_sum->sum_ns, count_get(&s->sum_ns));
        for (int k = 0; k <= METRIC_BUCKETS; k++) {
            count_add(&ret_sum->buckets[k], count_get(&s->buckets[k]));
            exemplar_take(&ret_sum->exemplars[k], &s->exemplars[k]);
        }
    }
    return calls > 0;
}

/* "usher.v1.TicketService/HoldSeats". */
static struct view name_of(const struct routes *routes, uint32_t number)
{
    if (number == routes->count)
        return VIEW_LIT("unknown");
    const struct view path = routes->rows[number]->path;
    return view_of(path.at + 1, path.len - 1);
}

static int render_codes(const struct method_stats *sum, struct view method, struct exposition *page)
{
    int err = 0;
    for (int k = 0; k < STATS_CODES && !err; k++) {
        const uint64_t calls = count_get(&sum->codes[k]);
        if (calls > 0)
            err = exposition_printf(page,
                                    "usher_calls_total{method=\"%.*s\",code=\"%s\"} %" PRIu64 "\n",
                                    VIEW_ARG(method), code_name((enum code)k), calls);
    }
    return err;
}

static int render_times(const struct method_stats *sum, struct view method, struct exposition *page)
{
    _Atomic uint64_t buckets[METRIC_BUCKETS + 1];
    char labels[LABEL_MAX];
    uint64_t calls = 0;
    for (int k = 0; k <= METRIC_BUCKETS; k++) {
        calls += count_get(&sum->buckets[k]);
        atomic_init(&buckets[k], count_get(&sum->buckets[k]));
    }
    snprintf(labels, sizeof(labels), "method=\"%.*s\"", VIEW_ARG(method));
    const struct metric times = {.type = METRIC_IS_HISTOGRAM,
                                 .name = "usher_call_seconds",
                                 .labels = labels,
                                 .value = (int64_t)count_get(&sum->sum_ns),
                                 .buckets = buckets,
                                 .exemplars = sum->exemplars};
    return calls > 0 ? metrics_render_value(page, &times) : 0;
}

int stats_render(const struct shard *shards, uint32_t count, const struct routes *routes,
                 struct exposition *page)
{
    struct method_stats sum;
    int err = metrics_render_head(page, METRIC_IS_COUNTER, "usher_calls_total",
                                  "Calls that have ended, by method and code.");
    for (uint32_t i = 0; i <= routes->count && !err; i++) {
        if (add_up(shards, count, i, &sum))
            err = render_codes(&sum, name_of(routes, i), page);
    }
    if (!err)
        err = metrics_render_head(page, METRIC_IS_HISTOGRAM, "usher_call_seconds",
                                  "From a call's head until its answer, unary calls.");
    for (uint32_t i = 0; i <= routes->count && !err; i++) {
        if (add_up(shards, count, i, &sum))
            err = render_times(&sum, name_of(routes, i), page);
    }
    return err;
}

void stats_sum(const struct shard *shards, uint32_t count, const struct routes *routes,
               const char *method, struct server_calls *ret_calls)
{
    struct method_stats sum;
    static_assert(SERVER_CODES == STATS_CODES, "every code has a counter");
    *ret_calls = (struct server_calls){0};
    for (uint32_t i = 0; i <= routes->count; i++) {
        if ((method && !view_eq(name_of(routes, i), view_str(method))) ||
            !add_up(shards, count, i, &sum))
            continue;
        for (int k = 0; k < STATS_CODES; k++)
            ret_calls->codes[k] += count_get(&sum.codes[k]);
        for (int k = 0; k <= METRIC_BUCKETS; k++)
            ret_calls->buckets[k] += count_get(&sum.buckets[k]);
    }
}
