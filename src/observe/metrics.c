#include "observe/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
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

const int64_t metric_bounds_sizes[METRIC_BUCKETS] = {
    1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024,
};
static const char *const size_texts[METRIC_BUCKETS] = {
    "1",  "2",  "3",  "4",  "6",   "8",   "12",  "16",  "24",
    "32", "48", "64", "96", "128", "192", "256", "512", "1024",
};

/* Where the linker put the list, by names that are its own; weak, for a program that has no metric
 * at all. */
// NOLINTBEGIN(bugprone-reserved-identifier)
extern struct metric *const __start_usher_metrics[] __attribute__((weak));
extern struct metric *const __stop_usher_metrics[] __attribute__((weak));
// NOLINTEND(bugprone-reserved-identifier)

static void observe(struct metric *m, const int64_t bounds[METRIC_BUCKETS], int64_t value)
{
    assert(m->type == METRIC_IS_HISTOGRAM);
    uint32_t bucket = 0;
    if (value < 0)
        value = 0;
    while (bucket < METRIC_BUCKETS && value > bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&m->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->value, value, memory_order_relaxed);
}

void metric_observe_ns(struct metric *m, int64_t ns)
{
    assert(!m->sizes);
    observe(m, metric_bounds_ns, ns);
}

void metric_observe_size(struct metric *m, int64_t size)
{
    assert(m->sizes);
    observe(m, metric_bounds_sizes, size);
}

static int by_name(const void *a, const void *b)
{
    const struct metric *one = *(struct metric *const *)a;
    const struct metric *other = *(struct metric *const *)b;
    int order = strcmp(one->name, other->name);
    return order ? order : strcmp(one->labels, other->labels);
}

/* ---- the page ---- */

bool exposition_is_open(struct view accept)
{
    static const struct view wanted = VIEW_LIT("application/openmetrics-text");
    for (size_t i = 0; i + wanted.len <= accept.len; i++) {
        if (view_eq_nocase(view_of(accept.at + i, wanted.len), wanted))
            return true;
    }
    return false;
}

int exposition_printf(struct exposition *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int err = buf_vprintf(page->out, format, args);
    va_end(args);
    return err;
}

int exposition_end(struct exposition *page)
{
    return page->open_metrics ? buf_append_view(page->out, VIEW_LIT("# EOF\n")) : 0;
}

/* In OpenMetrics a counter's name has no _total, which its sample has. */
int metrics_render_head(struct exposition *page, enum metric_type type, const char *name,
                        const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    static const char total[] = "_total";
    int len = (int)strlen(name);
    if (page->open_metrics && type == METRIC_IS_COUNTER) {
        len -= (int)strlen(total);
        assert(len > 0 && strcmp(name + len, total) == 0);
    }
    return exposition_printf(page, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help, len, name,
                             types[type]);
}

/* ---- exemplars ---- */

void exemplar_set(struct exemplar *exemplar, uint64_t trace_hi, uint64_t trace_lo, int64_t took_ns,
                  int64_t at_ms)
{
    atomic_fetch_add(&exemplar->turn, 1);
    atomic_store(&exemplar->trace_hi, trace_hi);
    atomic_store(&exemplar->trace_lo, trace_lo);
    atomic_store(&exemplar->took_ns, took_ns);
    atomic_store(&exemplar->at_ms, at_ms);
    atomic_fetch_add(&exemplar->turn, 1);
}

void exemplar_take(struct exemplar *into, const struct exemplar *from)
{
    const uint32_t turn = atomic_load(&from->turn);
    const uint64_t hi = atomic_load(&from->trace_hi), lo = atomic_load(&from->trace_lo);
    const int64_t took_ns = atomic_load(&from->took_ns), at_ms = atomic_load(&from->at_ms);
    if (turn % 2 == 0 && atomic_load(&from->turn) == turn && at_ms > atomic_load(&into->at_ms))
        exemplar_set(into, hi, lo, took_ns, at_ms);
}

static int render_exemplar(struct exposition *page, const struct exemplar *exemplar)
{
    const int64_t at_ms = exemplar ? atomic_load(&exemplar->at_ms) : 0;
    if (!page->open_metrics || at_ms == 0)
        return exposition_printf(page, "\n");
    const int64_t took_ns = atomic_load(&exemplar->took_ns);
    return exposition_printf(page,
                             " # {trace_id=\"%016" PRIx64 "%016" PRIx64 "\"} %" PRId64 ".%09" PRId64
                             " %" PRId64 ".%03" PRId64 "\n",
                             atomic_load(&exemplar->trace_hi), atomic_load(&exemplar->trace_lo),
                             took_ns / S, took_ns % S, at_ms / 1000, at_ms % 1000);
}

/* ---- values ---- */

static int render_value(struct exposition *page, const struct metric *m)
{
    int64_t value = m->read ? m->read() : metric_value(m);
    if (*m->labels)
        return exposition_printf(page, "%s{%s} %" PRId64 "\n", m->name, m->labels, value);
    return exposition_printf(page, "%s %" PRId64 "\n", m->name, value);
}

static int render_histogram(struct exposition *page, const struct metric *m)
{
    const char *comma = *m->labels ? "," : "";
    const char *open = *m->labels ? "{" : "", *close = *m->labels ? "}" : "";
    const char *const *texts = m->sizes ? size_texts : bound_texts;
    uint64_t count = 0;
    /* The sum is read first: it may miss a time that the buckets have, never the other way round.
     */
    int64_t sum = metric_value(m);
    for (int i = 0; i <= METRIC_BUCKETS; i++) {
        count += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        int err = exposition_printf(page, "%s_bucket{%s%sle=\"%s\"} %" PRIu64, m->name, m->labels,
                                    comma, i < METRIC_BUCKETS ? texts[i] : "+Inf", count);
        if (!err)
            err = render_exemplar(page, m->exemplars ? &m->exemplars[i] : NULL);
        if (err)
            return err;
    }
    int err = m->sizes ? exposition_printf(page, "%s_sum%s%s%s %" PRId64 "\n", m->name, open,
                                           m->labels, close, sum)
                       : exposition_printf(page, "%s_sum%s%s%s %" PRId64 ".%09" PRId64 "\n",
                                           m->name, open, m->labels, close, sum / S, sum % S);
    if (err)
        return err;
    return exposition_printf(page, "%s_count%s%s%s %" PRIu64 "\n", m->name, open, m->labels, close,
                             count);
}

int metrics_render_value(struct exposition *page, const struct metric *m)
{
    return m->type == METRIC_IS_HISTOGRAM ? render_histogram(page, m) : render_value(page, m);
}

int metrics_render(struct exposition *page)
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
            err = metrics_render_head(page, m->type, m->name, m->help);
        if (!err)
            err = metrics_render_value(page, m);
    }
    free(sorted);
    return err;
}

int metrics_render_one(struct exposition *page, enum metric_type type, const char *name,
                       const char *help, int64_t value)
{
    assert(type != METRIC_IS_HISTOGRAM);
    int err = metrics_render_head(page, type, name, help);
    return err ? err : exposition_printf(page, "%s %" PRId64 "\n", name, value);
}
