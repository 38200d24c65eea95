/*
 * monitor: the role that keeps what all processes say, and ships it.
 *
 *     the log of this process ──tap─────────┐
 *     other processes ──PushRecords─────────┼──▶ window (monitor.db) ──▶ Elasticsearch, OpenSearch
 *     ledgers of sales ──ReadLedger─────────┤        └──▶ SearchRecords
 *     ledgers of lines ──ReadLine───────────┤
 *     payments ──────────ReadPaymentEvents──┘
 *
 * Sale events lose nothing: they are read by positions that are stored with them.
 * Log lines are bounded and may be lost, counted. Nothing here ever makes a sale wait: the monitor
 * asks, and nobody waits for it. When it dies, the next start goes on where it was.
 */
#ifndef USHER_SVC_MONITOR_MONITOR_H
#define USHER_SVC_MONITOR_MONITOR_H

#include "call/channel.h"
#include "call/method.h"
#include "fiber/worker.h"
#include "observe/metrics.h"

#define MONITOR_ROWS_MAX    1000000 /* records kept in the window, by default */
#define MONITOR_WAITING_MAX 2000000 /* records that wait to be shipped */

struct monitor;

/* Calls that this process answered since its start. */
struct monitor_calls {
    uint64_t total, failures, limited;
    uint64_t holds, conflicts, orders;
    uint64_t hold_buckets[METRIC_BUCKETS + 1]; /* as metric_bounds_ns */
};

struct monitor_options {
    const char *data_dir;        /* of monitor.db */
    struct worker *worker;       /* on which it lives */
    const char *node;            /* how this process is called in what it logs */
    const char *roles, *version; /* of this process; borrowed */
    /* Where to ship: http(s)://HOST:PORT of Elasticsearch or OpenSearch, or http(s):// or tcp:// of
     * Logstash; both NULL: nowhere. Borrowed, as the next two. */
    const char *elastic_url, *logstash_url;
    const char *ship_authorization; /* "Authorization: Basic …", or NULL */
    const char *ship_ca;            /* PEM of trusted roots; NULL: the system's */
    uint64_t rows_max;              /* of the window; 0: MONITOR_ROWS_MAX */
    /* Opens a channel to the role of that name in the name of a peer; on the worker, in a fiber. */
    int (*open)(void *state, const char *role, struct channel **ret_channel);
    /* Adds up the calls; from any thread. NULL: nobody counts them. */
    void (*calls)(void *state, struct monitor_calls *ret_calls);
    void *state;
};

/* From a plain thread. ERR_IO, ERR_CORRUPT, ERR_UNSUPPORTED (monitor.db), ERR_NO_MEMORY. */
int monitor_start(const struct monitor_options *options, struct monitor **ret_monitor);
/* From a plain thread; what waits stays in the window. NULL is harmless. */
void monitor_stop(struct monitor *monitor);
struct service monitor_service(struct monitor *monitor);
/* Whether what comes is kept. Any thread. */
bool monitor_keeps(const struct monitor *monitor);

#endif
