#include "store/hooks.h"

#include <stdio.h>

#include "err/err.h"
#include "store/began.h"
#include "store/hooks_rows.h"

static const struct sql_step steps[] = {
    {"hooks",
     "CREATE TABLE hook_feed (organiser_id {int} NOT NULL PRIMARY KEY, last_seq {int} NOT NULL);"
     "CREATE TABLE hook_event (organiser_id {int} NOT NULL, seq {int} NOT NULL, type {int} NOT "
     "NULL,"
     " at_ms {int} NOT NULL, performance_id {int} NOT NULL, event_id {int} NOT NULL,"
     " currency {text} NOT NULL, order_id {bytes} NOT NULL, seat {int} NOT NULL,"
     " places {int} NOT NULL, amount {int} NOT NULL, kept {int} NOT NULL,"
     " generation {int} NOT NULL, PRIMARY KEY (organiser_id, seq));"
     "CREATE INDEX hook_event_at ON hook_event (at_ms);"
     "CREATE TABLE hook (hook_id {id}, organiser_id {int} NOT NULL, types {int} NOT NULL,"
     " address {long} NOT NULL, secret {bytes} NOT NULL, old_secret {bytes} NOT NULL,"
     " old_until_ms {int} NOT NULL, created_at_ms {int} NOT NULL, state {int} NOT NULL,"
     " told {int} NOT NULL, tries {int} NOT NULL, next_try_at_ms {int} NOT NULL,"
     " busy_until_ms {int} NOT NULL, failing_since_ms {int} NOT NULL, taken_at_ms {int} NOT NULL,"
     " last_error {text} NOT NULL);"
     "CREATE INDEX hook_organiser ON hook (organiser_id);"
     "CREATE INDEX hook_due ON hook (state, next_try_at_ms)"},
    {"traces", "ALTER TABLE hook_event ADD COLUMN trace {text}"},
};

int hooks_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "hooks", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

const char *hook_type_name(uint32_t type)
{
    static const char *const names[HOOK_TYPE_LAST + 1] = {
        [HOOK_ORDER_MADE] = "order.made",
        [HOOK_ORDER_PAID] = "order.paid",
        [HOOK_ORDER_REDUCED] = "order.reduced",
        [HOOK_ORDER_CANCELLED] = "order.cancelled",
        [HOOK_ORDER_REFUNDED] = "order.refunded",
        [HOOK_TICKET_PASSED_ON] = "ticket.passed_on",
        [HOOK_TICKET_CHECKED_IN] = "ticket.checked_in",
        [HOOK_SALE_OPENED] = "sale.opened",
        [HOOK_SALE_PAUSED] = "sale.paused",
        [HOOK_SALE_CLOSED] = "sale.closed",
        [HOOK_LINE_OPENED] = "line.opened",
        [HOOK_ORDER_MOVED] = "order.moved",
    };
    return type <= HOOK_TYPE_LAST ? names[type] : NULL;
}

/* ---- the feed ---- */

/* Whose the performance is, and what else the feed says of it. ERR_NOT_FOUND. */
static int read_owner(struct sql_txn *txn, uint32_t performance_id, struct hook_event *event)
{
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT e.organiser_id, e.event_id, p.currency FROM performance p"
                        " JOIN event e ON e.event_id = p.event_id WHERE p.performance_id = ?",
                        SQL(sql_int(performance_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err != 1)
        return err == 0 ? ERR_NOT_FOUND : err;
    event->organiser_id = (uint32_t)sql_get_int(rows, 0);
    event->event_id = (uint32_t)sql_get_int(rows, 1);
    snprintf(event->currency, sizeof(event->currency), "%.*s", VIEW_ARG(sql_get_view(rows, 2)));
    sql_done(rows);
    return 0;
}

static int insert(struct sql_txn *txn, const struct hook_event *e)
{
    int64_t seq = 0;
    char trace[TRACE_PARENT_CHARS + 1];
    const struct sql_value organiser = sql_int(e->organiser_id);
    int err = sql_ask_int(txn, "SELECT last_seq FROM hook_feed WHERE organiser_id = ?", &organiser,
                          1, &seq);
    return err == 0
               ? sql_run(txn,
                         "INSERT INTO hook_event (organiser_id, seq, type, at_ms, performance_id,"
                         " event_id, currency, order_id, seat, places, amount, kept, generation,"
                         " trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         SQL(organiser, sql_int(seq), sql_int(e->type), sql_int(e->at_ms),
                             sql_int(e->performance_id), sql_int(e->event_id),
                             sql_text(view_str(e->currency)), sql_id(e->order_id), sql_int(e->seat),
                             sql_int(e->places), sql_int(e->amount), sql_int(e->kept),
                             sql_int(e->generation), began_value(txn, view_str(e->trace), trace)),
                         NULL)
               : err;
}

int hook_any(struct sql_txn *txn)
{
    int64_t feeds = 0;
    const int err = sql_ask_int(txn, "SELECT count(*) FROM hook_feed", SQL_NONE, &feeds);
    return err != 0 ? err : feeds > 0;
}

int hook_note(struct sql_txn *txn, const struct hook_event *event)
{
    struct hook_event e = *event;
    uint64_t changes = 0;
    /* Where nobody has a hook, that is all that is asked. */
    int err = hook_any(txn);
    if (err <= 0)
        return err;
    err = read_owner(txn, event->performance_id, &e);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    /* The feed is ours until the transaction ends, so its numbers are in the order of commits. */
    err = sql_run(txn, "UPDATE hook_feed SET last_seq = last_seq + 1 WHERE organiser_id = ?",
                  SQL(sql_int(e.organiser_id)), &changes);
    return err == 0 && changes > 0 ? insert(txn, &e) : err;
}

struct events_job {
    struct sql_job job;
    uint32_t organiser_id;
    bool down;
    uint64_t from;
    size_t max;
    struct hook_event *events;
    size_t count;
};

static int read_event(struct sql_rows *rows, struct hook_event *e)
{
    *e = (struct hook_event){
        .organiser_id = (uint32_t)sql_get_int(rows, 0),
        .seq = (uint64_t)sql_get_int(rows, 1),
        .type = (enum hook_type)sql_get_int(rows, 2),
        .at_ms = sql_get_int(rows, 3),
        .performance_id = (uint32_t)sql_get_int(rows, 4),
        .event_id = (uint32_t)sql_get_int(rows, 5),
        .seat = sql_get_int(rows, 8),
        .places = (uint32_t)sql_get_int(rows, 9),
        .amount = sql_get_int(rows, 10),
        .kept = sql_get_int(rows, 11),
        .generation = (uint32_t)sql_get_int(rows, 12),
    };
    snprintf(e->currency, sizeof(e->currency), "%.*s", VIEW_ARG(sql_get_view(rows, 6)));
    snprintf(e->trace, sizeof(e->trace), "%.*s", VIEW_ARG(sql_get_view(rows, 13)));
    return sql_get_id(rows, 7, &e->order_id);
}

#define EVENT_COLUMNS                                                                              \
    "organiser_id, seq, type, at_ms, performance_id, event_id, currency, order_id, seat, places,"  \
    " amount, kept, generation, trace"

static int run_events(struct sql_job *base, struct sql_txn *txn)
{
    struct events_job *job = (struct events_job *)base;
    struct sql_rows *rows;
    const struct sql_value values[] = {sql_int(job->organiser_id), sql_int((int64_t)job->from),
                                       sql_int((int64_t)job->max)};
    job->count = 0;
    int err = job->down ? sql_query(txn,
                                    "SELECT " EVENT_COLUMNS " FROM hook_event WHERE"
                                    " organiser_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
                                    values, 3, &rows)
                        : sql_query(txn,
                                    "SELECT " EVENT_COLUMNS " FROM hook_event WHERE"
                                    " organiser_id = ? AND seq > ? ORDER BY seq LIMIT ?",
                                    values, 3, &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = read_event(rows, &job->events[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int hook_events(struct sql *sql, uint32_t organiser_id, uint64_t from, bool down, size_t max,
                struct arena *arena, struct hook_event **ret_events, size_t *ret_count,
                int64_t deadline_ns)
{
    struct events_job job = {.job = {.run = run_events, .loose = true},
                             .organiser_id = organiser_id,
                             .down = down,
                             .from = from <= INT64_MAX ? from : INT64_MAX,
                             .max = max < HOOK_EVENTS_MAX ? max : HOOK_EVENTS_MAX};
    job.events = arena_alloc(arena, job.max * sizeof(*job.events));
    int err = job.events ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_events = job.events;
        *ret_count = job.count;
    }
    return err;
}

struct oldest_job {
    struct sql_job job;
    uint32_t organiser_id;
    int64_t seq;
};

static int run_oldest(struct sql_job *base, struct sql_txn *txn)
{
    struct oldest_job *job = (struct oldest_job *)base;
    return sql_ask_int(txn, "SELECT coalesce(min(seq), 0) FROM hook_event WHERE organiser_id = ?",
                       SQL(sql_int(job->organiser_id)), &job->seq);
}

int hook_oldest(struct sql *sql, uint32_t organiser_id, uint64_t *ret_seq, int64_t deadline_ns)
{
    struct oldest_job job = {.job.run = run_oldest, .organiser_id = organiser_id};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_seq = (uint64_t)job.seq;
    return err;
}

/* ---- forgetting ---- */

struct sweep_job {
    struct sql_job job;
    int64_t before_ms;
    size_t count;
    struct {
        int64_t organiser_id, seq;
    } rows[HOOK_SWEEP_ROWS];
};

static int run_sweep(struct sql_job *base, struct sql_txn *txn)
{
    struct sweep_job *job = (struct sweep_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT organiser_id, seq FROM hook_event WHERE at_ms < ?"
                        " ORDER BY at_ms LIMIT ?",
                        SQL(sql_int(job->before_ms), sql_int(HOOK_SWEEP_ROWS)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        job->rows[job->count].organiser_id = sql_get_int(rows, 0);
        job->rows[job->count++].seq = sql_get_int(rows, 1);
        err = 0;
    }
    for (size_t i = 0; err == 0 && i < job->count; i++)
        err = sql_run(txn, "DELETE FROM hook_event WHERE organiser_id = ? AND seq = ?",
                      SQL(sql_int(job->rows[i].organiser_id), sql_int(job->rows[i].seq)), NULL);
    return err;
}

int hook_sweep(struct sql *sql, int64_t before_ms, int64_t deadline_ns)
{
    struct sweep_job job = {.job.run = run_sweep, .before_ms = before_ms};
    int err = sql_write(sql, &job.job, deadline_ns);
    return err == 0 ? job.count == HOOK_SWEEP_ROWS : err;
}
