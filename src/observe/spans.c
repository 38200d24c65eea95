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

/* A ring, from first on. */
static struct {
    pthread_mutex_t lock;
    struct span *spans; /* SPANS_MAX */
    size_t first, count;
    uint64_t chosen_below; /* of 2^32 */
    int64_t slow_ns;
    _Atomic bool open;
} place = {.lock = PTHREAD_MUTEX_INITIALIZER};

int spans_open(uint32_t share, int64_t slow_ns)
{
    place.spans = calloc(SPANS_MAX, sizeof(*place.spans));
    if (!place.spans)
        return ERR_NO_MEMORY;
    place.first = place.count = 0;
    place.chosen_below = (UINT64_C(1) << 32) * share / SPANS_SHARE_ALL;
    place.slow_ns = slow_ns;
    atomic_store(&place.open, true);
    return 0;
}

void spans_close(void)
{
    pthread_mutex_lock(&place.lock);
    atomic_store(&place.open, false);
    free(place.spans);
    place.spans = NULL;
    place.first = place.count = 0;
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

void spans_lose(size_t count)
{
    metric_add(&lost, (int64_t)count);
}

uint64_t spans_lost(void)
{
    return (uint64_t)metric_value(&lost);
}

void spans_put(const struct span *span)
{
    bool taken = false;
    pthread_mutex_lock(&place.lock);
    if (place.spans && place.count < SPANS_MAX) {
        place.spans[(place.first + place.count) % SPANS_MAX] = *span;
        place.count++;
        taken = true;
    }
    pthread_mutex_unlock(&place.lock);
    metric_add(taken ? &kept : &lost, 1);
}

size_t spans_take(struct span *ret_spans, size_t max)
{
    size_t taken = 0;
    pthread_mutex_lock(&place.lock);
    for (; taken < max && place.count > 0; taken++) {
        ret_spans[taken] = place.spans[place.first];
        place.first = (place.first + 1) % SPANS_MAX;
        place.count--;
    }
    pthread_mutex_unlock(&place.lock);
    return taken;
}
