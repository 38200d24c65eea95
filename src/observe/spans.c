#include "observe/spans.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "err/err.h"
#include "observe/metrics.h"

METRIC_COUNTER(kept, "usher_spans_total", "Spans of traces that were kept: chosen, failed or slow.",
               "");
METRIC_COUNTER(lost, "usher_spans_lost_total",
               "Spans that were lost: nobody took them in time, or the collector refused them.",
               "");
METRIC_COUNTER(lost_to_monitor, "usher_monitor_spans_lost_total",
               "Spans that the monitor did not get: nobody took them in time, or it refused them.",
               "");

/* What one taker has not taken: a ring, from first on. */
struct ring {
    struct span *spans; /* SPANS_MAX; NULL: it takes nothing */
    size_t first, count;
};

static struct {
    pthread_mutex_t lock;
    struct ring rings[SPANS_TAKERS];
    uint64_t chosen_below; /* of 2^32 */
    int64_t slow_ns;
    _Atomic bool open;
} place = {.lock = PTHREAD_MUTEX_INITIALIZER};

int spans_open(uint32_t share, int64_t slow_ns, unsigned takers)
{
    for (int i = 0; i < SPANS_TAKERS; i++) {
        struct ring *ring = &place.rings[i];
        *ring = (struct ring){0};
        if (takers & 1u << i)
            ring->spans = calloc(SPANS_MAX, sizeof(*ring->spans));
        if (takers & 1u << i && !ring->spans) {
            spans_close();
            return ERR_NO_MEMORY;
        }
    }
    place.chosen_below = (UINT64_C(1) << 32) * share / SPANS_SHARE_ALL;
    place.slow_ns = slow_ns;
    atomic_store(&place.open, true);
    return 0;
}

void spans_close(void)
{
    pthread_mutex_lock(&place.lock);
    atomic_store(&place.open, false);
    for (int i = 0; i < SPANS_TAKERS; i++) {
        free(place.rings[i].spans);
        place.rings[i] = (struct ring){0};
    }
    pthread_mutex_unlock(&place.lock);
}

bool spans_are_open(void)
{
    return atomic_load_explicit(&place.open, memory_order_acquire);
}

bool spans_choose(uint64_t number)
{
    return (uint32_t)number < place.chosen_below;
}

bool spans_want(bool chosen, bool failed, int64_t took_ns)
{
    return spans_are_open() && (chosen || failed || took_ns >= place.slow_ns);
}

static struct metric *lost_by(enum spans_taker taker)
{
    return taker == SPANS_FOR_COLLECTOR ? &lost : &lost_to_monitor;
}

void spans_lose(enum spans_taker taker, size_t count)
{
    metric_add(lost_by(taker), (int64_t)count);
}

uint64_t spans_lost(enum spans_taker taker)
{
    return (uint64_t)metric_value(lost_by(taker));
}

void spans_put(const struct span *span)
{
    bool taken = false, first = true; /* the first of those that are open says whether it is kept */
    pthread_mutex_lock(&place.lock);
    for (int i = 0; i < SPANS_TAKERS; i++) {
        struct ring *ring = &place.rings[i];
        if (!ring->spans)
            continue;
        const bool fits = ring->count < SPANS_MAX;
        taken = first ? fits : taken;
        first = false;
        if (!fits) {
            spans_lose((enum spans_taker)i, 1);
            continue;
        }
        ring->spans[(ring->first + ring->count) % SPANS_MAX] = *span;
        ring->count++;
    }
    pthread_mutex_unlock(&place.lock);
    if (taken)
        metric_add(&kept, 1);
}

size_t spans_take(enum spans_taker taker, struct span *ret_spans, size_t max)
{
    size_t taken = 0;
    pthread_mutex_lock(&place.lock);
    struct ring *ring = &place.rings[taker];
    for (; taken < max && ring->count > 0; taken++) {
        ret_spans[taken] = ring->spans[ring->first];
        ring->first = (ring->first + 1) % SPANS_MAX;
        ring->count--;
    }
    pthread_mutex_unlock(&place.lock);
    return taken;
}
