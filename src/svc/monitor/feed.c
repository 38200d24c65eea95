/* What this process says by itself: its log and its spans; and the sorting. */
#include <inttypes.h>

#include "observe/metrics.h"
#include "observe/tap.h"
#include "svc/monitor/pace.h"
#include "svc/monitor/spans.h"
#include "svc/monitor/state.h"

#define FEED_ARENA_MAX (48u << 20)
#define FEED_LINES     500 /* of the log in one transaction */

METRIC_COUNTER(lines, "usher_monitor_lines_total", "Log lines kept in the monitor's window.", "");
METRIC_COUNTER(lines_lost, "usher_monitor_lines_lost_total",
               "Log lines that the monitor's window did not take.", "");

/* ---- the log ---- */

/* Takes what was logged since. True: there may be more. */
static bool take_lines(struct monitor *monitor, struct arena *arena)
{
    struct tap_line *taken = arena_alloc(arena, FEED_LINES * sizeof(*taken));
    struct record *records = arena_alloc(arena, FEED_LINES * sizeof(*records));
    if (!taken || !records)
        return false;
    const size_t count = tap_take(taken, FEED_LINES);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *id = arena_printf(arena, "%s-%" PRIu64, monitor->boot, taken[i].sequence);
        if (id)
            records[kept++] = (struct record){.id = view_str(id),
                                              .stream = RECORD_LOGS,
                                              .level = taken[i].level,
                                              .at_ms = taken[i].at_ms,
                                              .body = taken[i].json};
    }
    int err = 0;
    if (kept > 0)
        err = window_put(monitor->window, records, kept, NULL, monitor_deadline());
    else if (window_fails(monitor->window)) /* nobody else may have anything to put */
        (void)window_try(monitor->window, monitor_deadline());
    metric_add(&lines, err == 0 ? (int64_t)kept : 0);
    metric_add(&lines_lost, (int64_t)(err == 0 ? count - kept : count));
    return count == FEED_LINES;
}

uint64_t monitor_lost_lines(void)
{
    return tap_lost() + (uint64_t)metric_value(&lines_lost);
}

void monitor_take_log(void *arg)
{
    struct monitor *monitor = arg;
    struct arena arena;
    arena_init(&arena, FEED_ARENA_MAX);
    while (!fiber_cancelled()) {
        const bool more = take_lines(monitor, &arena);
        arena_reset(&arena);
        if (!more)
            monitor_rest(MONITOR_PAUSE_MS);
    }
    arena_release(&arena);
}

/* ---- spans ---- */

/* Of a slow crowd FEED_LINES in MONITOR_PAUSE_MS are kept; others are lost and counted. */
void monitor_take_spans(void *arg)
{
    struct monitor *monitor = arg;
    struct arena arena;
    arena_init(&arena, FEED_ARENA_MAX);
    while (!fiber_cancelled()) {
        struct record *records = arena_alloc(&arena, FEED_LINES * sizeof(*records));
        const size_t count =
            records ? spans_take_records(FEED_LINES, monitor_node(monitor), &arena, records) : 0;
        if (count > 0 && window_put(monitor->window, records, count, NULL, monitor_deadline()) != 0)
            spans_lose(SPANS_FOR_MONITOR, count);
        arena_reset(&arena);
        monitor_rest(MONITOR_PAUSE_MS);
    }
    arena_release(&arena);
}

/* ---- the window ---- */

/* Sorting costs ten times as much as taking, and can wait while a crowd buys. */
void monitor_settle(void *arg)
{
    struct monitor *monitor = arg;
    struct pace pace = {0};
    int before = 0;
    while (!fiber_cancelled()) {
        pace_step(&pace, fiber_now_ns(), clock_cpu_ns());
        const int more = window_settle(monitor->window, monitor_deadline());
        if (more < 0 && before >= 0 && !fiber_cancelled())
            log_event(LOG_WARN, "monitor.settle", log_err(more));
        before = more;
        const int64_t rest_ms = pace_rest_ms(&pace, 1, fiber_now_ns(), clock_cpu_ns());
        monitor_rest(more > 0 ? rest_ms : MONITOR_PAUSE_MS);
    }
}
