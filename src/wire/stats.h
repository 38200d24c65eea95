/*
 * stats: calls by method and code, and how long they took. Inside src/wire only.
 *
 * Each worker counts its own, without a lock; whoever shows them adds them up.
 */
#ifndef USHER_WIRE_STATS_H
#define USHER_WIRE_STATS_H

#include <stdatomic.h>

#include "call/code.h"
#include "call/method.h"
#include "mem/buf.h"
#include "observe/metrics.h"

#define STATS_CODES 17 /* CODE_OK … CODE_UNAUTHENTICATED */

/* Written by one thread, read by any. */
struct counter {
    _Atomic uint64_t value;
};
static inline void count_add(struct counter *c, uint64_t n)
{
    uint64_t value = atomic_load_explicit(&c->value, memory_order_relaxed);
    atomic_store_explicit(&c->value, value + n, memory_order_relaxed);
}
static inline void count_sub(struct counter *c, uint64_t n)
{
    count_add(c, 0 - n);
}
static inline uint64_t count_get(const struct counter *c)
{
    return atomic_load_explicit(&c->value, memory_order_relaxed);
}

struct method_stats {
    struct counter codes[STATS_CODES];
    struct counter buckets[METRIC_BUCKETS + 1]; /* of unary calls, as metric_bounds_ns */
    struct counter sum_ns;
    struct exemplar exemplars[METRIC_BUCKETS + 1]; /* of those whose span was kept */
};

struct exchange;
struct server_calls;
struct shard;

/* The call has ended with this code, from its head until now. */
/* A stream that goes on without its fiber and its memory: its span is what led there. */
void stats_note_detached(struct exchange *exchange);
void stats_note(struct exchange *exchange, enum code code);
/* usher_calls_total{method,code} and usher_call_seconds{method} of all shards. As metrics_render.
 */
int stats_render(const struct shard *shards, uint32_t count, const struct routes *routes,
                 struct exposition *page);

/* The calls of one method of all shards, by its name without a slash before it; NULL: of all. */
void stats_sum(const struct shard *shards, uint32_t count, const struct routes *routes,
               const char *method, struct server_calls *ret_calls);

#endif
