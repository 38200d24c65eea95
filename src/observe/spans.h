/*
 * spans: what requests did and how long it took, for whoever takes it to a collector.
 *
 * A span is kept where its request was chosen as one of a share, which the edge decides and tells
 * the other processes (call/trace.h), and wherever it failed or was slow. Nobody ever waits: beyond
 * SPANS_MAX that a taker did not take a span is lost to it, and counted. One fiber a taker; any
 * thread puts. While the place is closed nothing is kept, and asking costs one load.
 */
#ifndef USHER_OBSERVE_SPANS_H
#define USHER_OBSERVE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPANS_MAX       4096 /* that wait to be taken */
#define SPAN_NAME_MAX   80   /* bytes of a name, its NUL included; the rest is cut */
#define SPAN_FACTS_MAX  2
#define SPANS_SHARE_ALL 10000 /* of so many requests, all */

/* As OTLP numbers them. */
enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 };

struct span {
    uint64_t trace_hi, trace_lo;
    uint64_t id, parent;                /* parent 0: none */
    uint64_t link_hi, link_lo, link_id; /* a span of another trace that led to it; 0: none */
    enum span_kind kind;
    bool failed;
    int code;         /* gRPC's; −1: none */
    int64_t began_ns; /* monotonic */
    int64_t took_ns;
    char name[SPAN_NAME_MAX];
    struct {
        const char *name; /* static; NULL: none */
        int64_t value;
    } facts[SPAN_FACTS_MAX];
};

/* Who takes spans; each gets all of them. */
enum spans_taker { SPANS_FOR_COLLECTOR, SPANS_FOR_MONITOR, SPANS_TAKERS };

/* Opens the place for those takers (a set of bits, 1 << taker). share: of SPANS_SHARE_ALL requests,
 * so many are chosen; slow_ns: what takes as long is kept, chosen or not. ERR_NO_MEMORY. Before any
 * thread puts. */
int spans_open(uint32_t share, int64_t slow_ns, unsigned takers);
/* What was not taken is gone. After the last thread that puts. */
void spans_close(void);
bool spans_are_open(void);
/* Whether a request is one of the share; number: random, and the request's own. */
bool spans_choose(uint64_t number);
/* Whether a span is to be kept. */
bool spans_want(bool chosen, bool failed, int64_t took_ns);
/* Keeps a copy. Any thread. */
void spans_put(const struct span *span);
/* Hands over at most max spans, the oldest first; gives how many. */
size_t spans_take(enum spans_taker taker, struct span *ret_spans, size_t max);
/* Spans lost to it so far, those that it could not deliver included. */
uint64_t spans_lost(enum spans_taker taker);
/* Counts spans that were taken and could not be delivered. */
void spans_lose(enum spans_taker taker, size_t count);

#endif
