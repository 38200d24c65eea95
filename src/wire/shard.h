/*
 * shard: one worker's share of a server: its listener, its connections, its calls. Inside src/wire
 * only. Everything belongs to the worker's thread, but for the counters, which others may read.
 */
#ifndef USHER_WIRE_SHARD_H
#define USHER_WIRE_SHARD_H

#include <stdatomic.h>

#include "net/listener.h"
#include "wire/cache.h"
#include "wire/conn.h"
#include "wire/server.h"
#include "wire/stats.h"

struct shard {
    struct server *server;
    struct worker *worker;
    struct loop *loop;
    const struct server_options *options; /* with the defaults filled in */
    const struct routes *routes;
    struct net_tls *tls; /* NULL: plain */
    struct net_listener listener;
    struct loop_task flush; /* posted while dirty, dead or ended has something */
    struct loop_timer tick; /* the sweep */
    struct list conns;      /* the next to be looked at first */
    struct list dirty;
    struct list hungry; /* connections with input that waits until the fibers have caught up */
    struct list dead;   /* connections to be freed */
    struct list ended;  /* calls to be taken back */
    struct list free_calls;
    struct list streams;   /* calls of METHOD_SERVER_STREAM being answered */
    struct list stalled;   /* calls whose reader takes nothing, oldest first */
    struct list watchers;  /* of grpc.health.v1 */
    struct fiber *drainer; /* waits for conn_count and call_count to become 0 */
    uint8_t *read_bytes;   /* WIRE_READ_BYTES */
    struct buf encoded;    /* responses are made here */
    struct cache cache;
    struct arena page_arena;
    size_t body_bytes; /* of requests, all calls */
    size_t unsent;     /* bytes of answers, all connections, as of their last flush */
    uint32_t conn_count;
    uint32_t call_count;
    uint32_t free_call_count;
    int64_t tick_ns;
    int64_t date_s; /* the second date was written for */
    char date[32];
    bool posted; /* flush is with the loop */
    bool started;
    bool draining;            /* no further request … */
    bool drain_due;           /* … which connections and streams still have to be told */
    bool kill_due;            /* the grace is over */
    int64_t refused_said_ns;  /* when it was logged last that connections are refused */
    uint64_t starved_counted; /* of listener.refused, how many are in connections_refused */
    struct trace_source traces;
    struct method_stats *methods; /* by a route's number */
    struct counter connections_total, connections_open, connections_refused, streams_open, bytes_in,
        bytes_out;
};

/* server.c: less than options.connections_all are open, all shards together. Any thread. */
bool server_has_room(const struct server *server);

/* On the worker's thread. Takes fd, the listening socket, also on failure. ERR_IO, ERR_NO_MEMORY.
 */
int shard_start(struct shard *shard, int fd);
/* In a fiber of the worker: stops accepting and tells everybody. */
void shard_drain(struct shard *shard);
/* In a fiber of the worker, after shard_drain: waits until all has ended, closes the rest at the
 * deadline, waits for the last fiber and frees. Harmless on one that never started. */
void shard_stop(struct shard *shard, int64_t deadline_ns);

/* The flush task runs in this turn. */
void shard_touch(struct shard *shard);
int64_t shard_now_ns(const struct shard *shard);
/* Now as in RFC 9110, 5.6.7. */
struct view shard_date(struct shard *shard);

/* A zeroed call with its arena; NULL without memory, or where there are as many as there may be. */
struct exchange *shard_take_exchange(struct shard *shard);

#endif
