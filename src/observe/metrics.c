#include "observe/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "err/err.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

const int64_t metric_bounds_ns[METRIC_BUCKETS] = {
    50 * US, 100 * US, 250 * US, 500 * US, 1 * MS,   2500 * US, 5 * MS,    10 * MS, 25 * MS,
    50 * MS, 100 * MS, 250 * MS, 500 * MS, 750 * MS, 1 * S,     2500 * MS, 5 * S,   10 * S,
};
/* The same for people, as the "le" label wants them: a table, so that no rounding shows. */
static const char *const bound_texts[METRIC_BUCKETS] = {
    "5e-05", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
    "0.05",  "0.1",    "0.25",    "0.5",    "0.75",  "1",      "2.5",   "5",    "10",
};

/* Where the linker put the list, by names that are its own; weak, for a program that has no metric
 * at all. */
// NOLINTBEGIN(bugprone-reserved-identifier)
extern struct metric *const __start_usher_metrics[] __attribute__((weak));
extern struct metric *const __stop_usher_metrics[] __attribute__((weak));
// NOLINTEND(bugprone-reserved-identifier)

void metric_observe_ns(struct metric *m, int64_t ns)
{
    assert(m->type == METRIC_IS_HISTOGRAM);
    uint32_t bucket = 0;
    if (ns < 0)
        ns = 0;
    while (bucket < METRIC_BUCKETS && ns > metric_bounds_ns[bucket])
        bucket++;
    atomic_fetch_add_explicit(&m->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->value, ns, memory_order_relaxed);
}

static int by_name(const void *a, const void *b)
{
    const struct metric *one = *(struct metric *const *)a;
    const struct metric *other = *(struct metric *const *)b;
    int order = strcmp(one->name, other->name);
    return order ? order : strcmp(one->labels, other->labels);
}

int metrics_render_head(struct buf *out, enum metric_type type, const char *name, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    return buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

static int render_value(struct buf *out, const struct metric *m)
{
    int64_t value = m->read ? m->read() : metric_value(m);
    if (*m->labels)
        return buf_printf(out, "%s{%s} %" PRId64 "\n", m->name, m->labels, value);
    return buf_printf(out, "%s %" PRId64 "\n", m->name, value);
}

static int render_histogram(struct buf *out, const struct metric *m)
{
    const char *comma = *m->labels ? "," : "";
    const char *open = *m->labels ? "{" : "", *close = *m->labels ? "}" : "";
    uint64_t count = 0;
    /* The sum is read first: it may miss a time that the buckets have, never the other way round.
     */
    int64_t sum = metric_value(m);
    for (int i = 0; i <= METRIC_BUCKETS; i++) {
        count += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        int err = buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", m->name, m->labels,
                             comma, i < METRIC_BUCKETS ? bound_texts[i] : "+Inf", count);
        if (err)
            return err;
    }
    int err = buf_printf(out, "%s_sum%s%s%s %" PRId64 ".%09" PRId64 "\n", m->name, open, m->labels,
                         close, sum / S, sum % S);
    if (err)
        return err;
    return buf_printf(out, "%s_count%s%s%s %" PRIu64 "\n", m->name, open, m->labels, close, count);
}

int metrics_render_value(struct buf *out, const struct metric *m)
{
    return m->type == METRIC_IS_HISTOGRAM ? render_histogram(out, m) : render_value(out, m);
}

int metrics_render(struct buf *out)
{
    /* The addresses pass through integers: to the compiler two arrays, to the linker one list's
     * ends. */
    size_t bytes = (uintptr_t)__stop_usher_metrics - (uintptr_t)__start_usher_metrics;
    size_t count = bytes / sizeof(struct metric *);
    if (count == 0)
        return 0;
    struct metric **sorted = malloc(bytes);
    if (!sorted)
        return ERR_NO_MEMORY;
    memcpy(sorted, __start_usher_metrics, bytes);
    qsort(sorted, count, sizeof(*sorted), by_name);

    int err = 0;
    for (size_t i = 0; i < count && !err; i++) {
        const struct metric *m = sorted[i];
        if (i == 0 || strcmp(m->name, sorted[i - 1]->name) != 0)
            err = metrics_render_head(out, m->type, m->name, m->help);
        if (!err)
            err = metrics_render_value(out, m);
    }
    free(sorted);
    return err;
}

int metrics_render_one(struct buf *out, enum metric_type type, const char *name, const char *help,
                       int64_t value)
{
    assert(type != METRIC_IS_HISTOGRAM);
    int err = metrics_render_head(out, type, name, help);
    return err ? err : buf_printf(out, "%s %" PRId64 "\n", name, value);
}
