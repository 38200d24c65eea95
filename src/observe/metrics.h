/*
 * metrics: what is counted, for Prometheus.
 *
 * A metric is declared once, at file scope, and thereby is in the list that /metrics shows:
 *
 *     METRIC_COUNTER(changes, "usher_changes_total", "Changes that are durable.", "");
 *     …
 *     metric_add(&changes, 1);
 *
 * Names are those of Prometheus (base unit and _total at the end); metrics of one name differ in
 * their labels and have one help text. All updates are relaxed atomics: any thread, no lock, no
 * order between two metrics. The linker gathers the list, so nothing is registered at run time and
 * nothing can be registered twice.
 */
#ifndef USHER_OBSERVE_METRICS_H
#define USHER_OBSERVE_METRICS_H

#include <stdatomic.h>

#include "mem/buf.h"

enum metric_type { METRIC_IS_COUNTER, METRIC_IS_GAUGE, METRIC_IS_HISTOGRAM };

struct metric {
    enum metric_type type;
    const char *name;
    const char *help;
    const char *labels;               /* "a=\"b\",c=\"d\"", or "" */
    _Atomic int64_t value;            /* a histogram's sum, in ns */
    int64_t (*read)(void);            /* a gauge that is asked when it is shown; NULL: value */
    _Atomic uint64_t *buckets;        /* METRIC_BUCKETS + 1 counts, of a histogram */
    const struct exemplar *exemplars; /* as many; or NULL */
    bool sizes;                       /* a histogram of numbers, not of times */
};

/* Upper bounds of a histogram's buckets; one more is above all. Times from 50 µs to 10 s, in ns. */
#define METRIC_BUCKETS 18
extern const int64_t metric_bounds_ns[METRIC_BUCKETS];
/* … of a histogram of sizes: 1 to 1,024. */
extern const int64_t metric_bounds_sizes[METRIC_BUCKETS];

/* The list holds addresses, not metrics, so that its elements lie without gaps under sanitizers
 * too. */
#define METRIC_LISTED(variable)                                                                    \
    static struct metric *const variable##_listed                                                  \
        __attribute__((section("usher_metrics"), used)) = &(variable)

/* Declares a static struct metric that only grows. */
#define METRIC_COUNTER(variable, name_, help_, labels_)                                            \
    static struct metric variable = {                                                              \
        .type = METRIC_IS_COUNTER, .name = (name_), .help = (help_), .labels = (labels_)};         \
    METRIC_LISTED(variable)

/* … that goes up and down. */
#define METRIC_GAUGE(variable, name_, help_, labels_)                                              \
    static struct metric variable = {                                                              \
        .type = METRIC_IS_GAUGE, .name = (name_), .help = (help_), .labels = (labels_)};           \
    METRIC_LISTED(variable)

/* … whose value function_() tells when it is shown, on whatever thread shows it. */
#define METRIC_GAUGE_READ(variable, name_, help_, labels_, function_)                              \
    static struct metric variable = {.type = METRIC_IS_GAUGE,                                      \
                                     .name = (name_),                                              \
                                     .help = (help_),                                              \
                                     .labels = (labels_),                                          \
                                     .read = (function_)};                                         \
    METRIC_LISTED(variable)

/* … of times; shown in seconds. */
#define METRIC_HISTOGRAM(variable, name_, help_, labels_)                                          \
    static _Atomic uint64_t variable##_buckets[METRIC_BUCKETS + 1];                                \
    static struct metric variable = {.type = METRIC_IS_HISTOGRAM,                                  \
                                     .name = (name_),                                              \
                                     .help = (help_),                                              \
                                     .labels = (labels_),                                          \
                                     .buckets = variable##_buckets};                               \
    METRIC_LISTED(variable)

/* … of sizes: how many at once. */
#define METRIC_SIZES(variable, name_, help_, labels_)                                              \
    static _Atomic uint64_t variable##_buckets[METRIC_BUCKETS + 1];                                \
    static struct metric variable = {.type = METRIC_IS_HISTOGRAM,                                  \
                                     .name = (name_),                                              \
                                     .help = (help_),                                              \
                                     .labels = (labels_),                                          \
                                     .buckets = variable##_buckets,                                \
                                     .sizes = true};                                               \
    METRIC_LISTED(variable)

/* Counters take steps >= 0, gauges any. */
static inline void metric_add(struct metric *m, int64_t step)
{
    atomic_fetch_add_explicit(&m->value, step, memory_order_relaxed);
}

/* Gauges only. */
static inline void metric_set(struct metric *m, int64_t value)
{
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

static inline int64_t metric_value(const struct metric *m)
{
    return atomic_load_explicit(&m->value, memory_order_relaxed);
}

/* Counts one time in a histogram, or one size; below zero counts as zero. */
void metric_observe_ns(struct metric *m, int64_t ns);
void metric_observe_size(struct metric *m, int64_t size);

/* A trace to look at: one whose time fell into a bucket. Read and written without a lock; what was
 * being written meanwhile is left out. */
struct exemplar {
    _Atomic uint32_t turn; /* odd: it is being written */
    _Atomic uint64_t trace_hi, trace_lo;
    _Atomic int64_t took_ns, at_ms; /* Unix time; 0: there is none */
};
/* By one thread. */
void exemplar_set(struct exemplar *exemplar, uint64_t trace_hi, uint64_t trace_lo, int64_t took_ns,
                  int64_t at_ms);
/* The newer of the two stays. */
void exemplar_take(struct exemplar *into, const struct exemplar *from);

/* What /metrics shows, while it is written: in Prometheus' text format 0.0.4, or in OpenMetrics
 * 1.0, which alone has exemplars. */
struct exposition {
    struct buf *out;
    bool open_metrics;
};
/* Whether the caller asks for OpenMetrics, by its Accept. */
bool exposition_is_open(struct view accept);
/* Appends to it as buf_printf. */
int exposition_printf(struct exposition *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What stands at the end. */
int exposition_end(struct exposition *page);

/* Appends all metrics in order of name and labels. ERR_FULL, ERR_NO_MEMORY: what was appended is
 * cut off somewhere. */
int metrics_render(struct exposition *page);

/* Appends one sample that is no metric of the list, with its HELP and TYPE lines, in the same
 * format. */
int metrics_render_one(struct exposition *page, enum metric_type type, const char *name,
                       const char *help, int64_t value);

/* The same in two steps, for a name that has several samples with labels of their own. */
int metrics_render_head(struct exposition *page, enum metric_type type, const char *name,
                        const char *help);
int metrics_render_value(struct exposition *page, const struct metric *m);

/* The Content-Types of what is written. */
#define METRICS_TYPE      "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPEN_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

#endif
