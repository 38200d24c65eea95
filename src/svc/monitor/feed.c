/* What this process brings to the window by itself: its log, and the sales; and the sorting. */
#include <inttypes.h>
#include <stdio.h>

#include "call/client.h"
#include "err/err.h"
#include "observe/metrics.h"
#include "observe/tap.h"
#include "svc/monitor/events.h"
#include "svc/monitor/pace.h"
#include "svc/monitor/spans.h"
#include "svc/monitor/state.h"
#include "usher/v1/ticket.pb-c.h"

#define FEED_ARENA_MAX (48u << 20)
#define FEED_PAUSE_MS  500
#define FEED_LINES     500 /* of the log in one transaction */

METRIC_COUNTER(events, "usher_monitor_events_total", "Sale events read from ledgers.", "");
METRIC_COUNTER(lines, "usher_monitor_lines_total", "Log lines kept in the monitor's window.", "");
METRIC_COUNTER(lines_lost, "usher_monitor_lines_lost_total",
               "Log lines that the monitor's window did not take.", "");

static void rest(int64_t ms)
{
    fiber_sleep_until(deadline_after_ms(fiber_now_ns(), ms));
}

static int64_t deadline(void)
{
    return deadline_after_ms(fiber_now_ns(), MONITOR_STEP_MS);
}

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
    const int err = kept > 0 ? window_put(monitor->window, records, kept, NULL, deadline()) : 0;
    metric_add(err == 0 ? &lines : &lines_lost, (int64_t)kept);
    return count == FEED_LINES;
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
            rest(FEED_PAUSE_MS);
    }
    arena_release(&arena);
}

/* ---- spans ---- */

/* Of a slow crowd FEED_LINES in FEED_PAUSE_MS are kept; others are lost and counted. */
void monitor_take_spans(void *arg)
{
    struct monitor *monitor = arg;
    struct arena arena;
    arena_init(&arena, FEED_ARENA_MAX);
    while (!fiber_cancelled()) {
        struct record *records = arena_alloc(&arena, FEED_LINES * sizeof(*records));
        const size_t count =
            records ? spans_take_records(FEED_LINES, monitor_node(monitor), &arena, records) : 0;
        if (count > 0 && window_put(monitor->window, records, count, NULL, deadline()) != 0)
            spans_lose(SPANS_FOR_MONITOR, count);
        arena_reset(&arena);
        rest(FEED_PAUSE_MS);
    }
    arena_release(&arena);
}

/* ---- sales ---- */

static struct view source_of(uint32_t performance_id, struct arena *arena)
{
    return view_str(arena_printf(arena, "ledger/%" PRIu32, performance_id));
}

static struct view view_of_bytes(ProtobufCBinaryData bytes)
{
    return view_of(bytes.data, bytes.len);
}

/* What is put in one transaction: the events of some rows, or of a part of a long one. */
struct batch {
    struct monitor *monitor;
    struct window_position position; /* behind the last row that is in whole; 0: there is none */
    struct arena *arena;             /* of the records; reset when they are put */
    struct record *records;          /* RECORDS_PUT_MAX */
    size_t count;
};

static int put(struct batch *batch)
{
    const struct window_position *position = batch->position.position > 0 ? &batch->position : NULL;
    int err = batch->count > 0 || position ? window_put(batch->monitor->window, batch->records,
                                                        batch->count, position, deadline())
                                           : 0;
    if (err == 0)
        metric_add(&events, (int64_t)batch->count);
    batch->count = 0;
    return err;
}

/* The events of one row, which are put when there are enough. They are copied into the batch, so
 * that its arena can be reset between two rows. */
static int add_row(struct batch *batch, uint32_t performance_id, const Usher__V1__LedgerRow *answer)
{
    const struct ledger_row row = {.seq = answer->seq,
                                   .epoch = answer->epoch,
                                   .version_before = answer->version_before,
                                   .version = answer->version,
                                   .at_ms = answer->at_ms,
                                   .body = view_of_bytes(answer->body)};
    struct record *records;
    size_t count = 0;
    int err = 0;
    /* A row is kept together where it can be. */
    if (batch->count + (row.version - row.version_before) > RECORDS_PUT_MAX) {
        err = put(batch);
        arena_reset(batch->arena);
    }
    if (err == 0)
        err = events_of_row(performance_id, &row, batch->arena, &records, &count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (batch->count == RECORDS_PUT_MAX)
            err = put(batch);
        batch->records[batch->count++] = records[i];
    }
    batch->position.position = row.seq;
    return err;
}

static int put_rows(struct monitor *monitor, uint32_t performance_id, struct view source,
                    const Usher__V1__ReadLedgerResponse *answer, struct record *records)
{
    struct arena arena;
    arena_init(&arena, FEED_ARENA_MAX);
    struct batch batch = {
        .monitor = monitor, .position.source = source, .arena = &arena, .records = records};
    int err = 0;
    for (size_t i = 0; err == 0 && i < answer->n_rows; i++)
        err = add_row(&batch, performance_id, answer->rows[i]);
    if (err == 0)
        err = put(&batch);
    arena_release(&arena);
    return err;
}

/* One call's worth of a ledger. *ret_rows: how many; 0 at its end. */
static int follow_one(struct monitor *monitor, struct client *tickets, uint32_t performance_id,
                      uint32_t rows_max, size_t *ret_rows)
{
    Usher__V1__ReadLedgerRequest wish = USHER__V1__READ_LEDGER_REQUEST__INIT;
    const Usher__V1__ReadLedgerResponse *answer;
    uint64_t position = 0;
    const struct view source = source_of(performance_id, tickets->arena);
    int err =
        source.at ? window_position(monitor->window, source, &position, deadline()) : ERR_NO_MEMORY;
    wish.performance_id = performance_id;
    wish.from_seq = position + 1;
    wish.rows_max = rows_max;
    if (err == 0)
        err = client_call(tickets, Usher__V1__TicketService, read_ledger, &wish, &answer);
    struct record *records = arena_alloc(tickets->arena, RECORDS_PUT_MAX * sizeof(*records));
    if (err == 0 && answer->n_rows > 0)
        err = records ? put_rows(monitor, performance_id, source, answer, records) : ERR_NO_MEMORY;
    *ret_rows = err == 0 ? answer->n_rows : 0;
    return err;
}

/* Reads a ledger up to its end, with a rest after each step. */
static int follow_ledger(struct monitor *monitor, struct client *tickets, uint32_t performance_id)
{
    struct pace *pace = &monitor->pace;
    size_t some = 1;
    int err = 0;
    while (err == 0 && some > 0 && !fiber_cancelled()) {
        const uint32_t rows = pace_step(pace, fiber_now_ns(), clock_cpu_ns());
        err = follow_one(monitor, tickets, performance_id, rows, &some);
        arena_reset(tickets->arena);
        const int64_t rest_ms = pace_rest_ms(pace, some, fiber_now_ns(), clock_cpu_ns());
        if (some > 0)
            rest(rest_ms);
    }
    pace_end(pace);
    return err;
}

/* Every performance's ledger, up to its end. */
static int follow_all(struct monitor *monitor, struct client *tickets)
{
    const Usher__V1__ListEventsRequest all = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *answer;
    struct arena *list_arena = tickets->arena;
    struct arena row_arena;
    int err = client_call(tickets, Usher__V1__TicketService, list_events, &all, &answer);
    if (err != 0)
        return err;
    arena_init(&row_arena, FEED_ARENA_MAX);
    tickets->arena = &row_arena;
    for (size_t i = 0; err == 0 && i < answer->n_events; i++) {
        const Usher__V1__Event *event = answer->events[i];
        for (size_t k = 0; err == 0 && k < event->n_performances; k++)
            err = follow_ledger(monitor, tickets, event->performances[k]->performance_id);
    }
    tickets->arena = list_arena;
    arena_release(&row_arena);
    return err;
}

/* Says it when it begins to fail and when it works again. */
static void tell(int err, const struct client *tickets, bool *failing)
{
    if (err != 0 && !*failing)
        log_event(LOG_WARN, "monitor.follow", log_err(err),
                  log_str("error.message", tickets->status.message));
    if (err == 0 && *failing)
        log_event(LOG_INFO, "monitor.follows");
    *failing = err != 0;
}

void monitor_follow_sales(void *arg)
{
    struct monitor *monitor = arg;
    struct arena arena;
    struct client tickets;
    bool failing = false;
    arena_init(&arena, FEED_ARENA_MAX);
    while (!fiber_cancelled()) {
        int err = monitor->tickets
                      ? 0
                      : monitor->options.open(monitor->options.state, "ticket", &monitor->tickets);
        client_init(&tickets, monitor->tickets, &usher__v1__ticket_service__descriptor, &arena);
        tickets.status.message = "no channel to the ticket service";
        if (err == 0)
            err = follow_all(monitor, &tickets);
        if (fiber_cancelled())
            break;
        tell(err, &tickets, &failing);
        arena_reset(&arena);
        rest(FEED_PAUSE_MS);
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
        const int more = window_settle(monitor->window, deadline());
        if (more < 0 && before >= 0 && !fiber_cancelled())
            log_event(LOG_WARN, "monitor.settle", log_err(more));
        before = more;
        const int64_t rest_ms = pace_rest_ms(&pace, 1, fiber_now_ns(), clock_cpu_ns());
        rest(more > 0 ? rest_ms : FEED_PAUSE_MS);
    }
}
