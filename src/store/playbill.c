#include "store/playbill.h"

#include "err/err.h"
#include "store/payment_rules.h"
#include "store/playbill_chain.h"

/* Of the row of event 0, which no event has: its number is the newest that was given. */
static const struct sql_step steps[] = {
    {"playbill",
     "CREATE TABLE playbill (event_id {int} NOT NULL, number {int} NOT NULL, state {int} NOT NULL,"
     " name {long} NOT NULL, description {long} NOT NULL, poster {long} NOT NULL,"
     " published_at_ms {int} NOT NULL, PRIMARY KEY (event_id));"
     "CREATE TABLE performance_date (performance_id {int} NOT NULL, number {int} NOT NULL,"
     " starts_at_ms {int} NOT NULL, utc_offset_known {bool} NOT NULL,"
     " utc_offset_minutes {int} NOT NULL, time_zone {text} NOT NULL,"
     " PRIMARY KEY (performance_id))"},
    {"playbill chain",
     "CREATE TABLE playbill_row (seq {int} NOT NULL, about {int} NOT NULL, id {int} NOT NULL,"
     " number {int} NOT NULL, content {bytes} NOT NULL, prev_hash {bytes} NOT NULL,"
     " hash {bytes} NOT NULL, PRIMARY KEY (seq))"},
    {"doors, and paying later", "ALTER TABLE performance_date ADD COLUMN doors_at_ms {int};"
                                "ALTER TABLE performance_date ADD COLUMN gate {long};"
                                "ALTER TABLE performance_date ADD COLUMN address {long};"
                                "ALTER TABLE performance_date ADD COLUMN later_ms {int};"
                                "ALTER TABLE performance_date ADD COLUMN longest_later_ms {int}"},
    {"moves", "CREATE TABLE performance_move (move_id {id}, performance_id {int} NOT NULL,"
              " was_ms {int} NOT NULL, starts_at_ms {int} NOT NULL, told_to {text} NOT NULL,"
              " done {bool} NOT NULL);"
              "CREATE INDEX performance_move_open ON performance_move (done, move_id)"},
};

int playbill_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    int err =
        sql_migrate(sql, "playbill", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
    /* What is only looked at may be of before there were such rules. */
    return err == 0 && !read_only ? payment_rules_migrate(sql, false, now_ms) : err;
}

static int insert_event(struct sql_txn *txn, const struct playbill_event *event, int64_t number)
{
    int err = sql_run(txn,
                      "INSERT INTO playbill (event_id, number, state, name, description, poster,"
                      " published_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      SQL(sql_int(event->event_id), sql_int(number), sql_int(event->state),
                          sql_text(event->name), sql_text(event->description),
                          sql_text(event->poster), sql_int(event->published_at_ms)),
                      NULL);
    return err != 0 || event->event_id == 0 ? err : playbill_chain_event(txn, event, number);
}

/* ---- the first time ---- */

struct seed_job {
    struct sql_job job;
    const struct store_event *events;
    size_t count;
};

static int run_seed(struct sql_job *base, struct sql_txn *txn)
{
    const struct seed_job *job = (struct seed_job *)base;
    const struct playbill_event count = {.state = PLAYBILL_DELETED};
    int64_t there;
    int err =
        sql_ask_int(txn, "SELECT count(*) FROM playbill WHERE event_id = 0", SQL_NONE, &there);
    if (err != 0 || there > 0)
        return err;
    err = insert_event(txn, &count, 1);
    for (size_t i = 0; err == 0 && i < job->count; i++) {
        const struct playbill_event event = {.event_id = job->events[i].event_id,
                                             .state = PLAYBILL_PUBLISHED,
                                             .name = job->events[i].name,
                                             .description = job->events[i].description,
                                             .published_at_ms = job->events[i].created_at_ms};
        err = insert_event(txn, &event, 1);
    }
    return err;
}

int playbill_seed(struct sql *sql, const struct store_event *events, size_t count,
                  int64_t deadline_ns)
{
    struct seed_job job = {.job.run = run_seed, .events = events, .count = count};
    const int err = sql_write(sql, &job.job, deadline_ns);
    return err == ERR_CONFLICT ? 0 : err; /* another process was faster */
}

/* ---- writing ---- */

struct put_job {
    struct sql_job job;
    const struct playbill_event *event;
    const struct playbill_performance *performance;
    int64_t was_ms;
};

int playbill_next_number(struct sql_txn *txn, int64_t *ret_number)
{
    uint64_t changes;
    int err = sql_run(txn, "UPDATE playbill SET number = number + 1 WHERE event_id = 0", SQL_NONE,
                      &changes);
    if (err == 0 && changes != 1)
        err = ERR_CORRUPT; /* playbill_seed comes first */
    return err == 0 ? sql_ask_int(txn, "SELECT number FROM playbill WHERE event_id = 0", SQL_NONE,
                                  ret_number)
                    : err;
}

static int run_put_event(struct sql_job *base, struct sql_txn *txn)
{
    const struct put_job *job = (struct put_job *)base;
    const struct playbill_event *event = job->event;
    int64_t number, state;
    int err = playbill_next_number(txn, &number);
    if (err != 0)
        return err;
    err = sql_ask_int(txn, "SELECT state FROM playbill WHERE event_id = ?",
                      SQL(sql_int(event->event_id)), &state);
    if (err == ERR_NOT_FOUND)
        return insert_event(txn, event, number);
    if (err == 0 && state == PLAYBILL_DELETED)
        return ERR_NOT_FOUND;
    if (err == 0)
        err = sql_run(txn,
                      "UPDATE playbill SET number = ?, state = ?, name = ?, description = ?,"
                      " poster = ?, published_at_ms = ? WHERE event_id = ?",
                      SQL(sql_int(number), sql_int(event->state), sql_text(event->name),
                          sql_text(event->description), sql_text(event->poster),
                          sql_int(event->published_at_ms), sql_int(event->event_id)),
                      NULL);
    return err == 0 ? playbill_chain_event(txn, event, number) : err;
}

int playbill_put_event(struct sql *sql, const struct playbill_event *event, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put_event, .event = event};
    assert(event->event_id != 0);
    return sql_write(sql, &job.job, deadline_ns);
}

static int longest_later(struct sql_txn *txn, uint32_t performance_id, int64_t *ret_ms)
{
    return sql_ask_int(txn,
                       "SELECT coalesce(max(longest_later_ms), 0) FROM performance_date"
                       " WHERE performance_id = ?",
                       SQL(sql_int(performance_id)), ret_ms);
}

/* What nobody was told of yet is one move with this one: *was_ms becomes when that began. */
static int take_over_move(struct sql_txn *txn, uint32_t performance_id, int64_t *was_ms)
{
    int err = sql_ask_int(txn,
                          "SELECT was_ms FROM performance_move WHERE performance_id = ?"
                          " AND done = ? AND told_to = ''",
                          SQL(sql_int(performance_id), sql_int(0)), was_ms);
    if (err == ERR_NOT_FOUND)
        err = 0;
    return err == 0 ? sql_run(txn,
                              "UPDATE performance_move SET done = ? WHERE performance_id = ?"
                              " AND done = ?",
                              SQL(sql_int(1), sql_int(performance_id), sql_int(0)), NULL)
                    : err;
}

static int add_move(struct sql_txn *txn, const struct put_job *job)
{
    const struct playbill_performance *date = job->performance;
    int64_t was_ms = job->was_ms;
    int err = was_ms != 0 ? take_over_move(txn, date->performance_id, &was_ms) : 0;
    return err == 0 && was_ms != 0 && was_ms != date->starts_at_ms
               ? sql_run(txn,
                         "INSERT INTO performance_move (performance_id, was_ms, starts_at_ms,"
                         " told_to, done) VALUES (?, ?, ?, '', ?)",
                         SQL(sql_int(date->performance_id), sql_int(was_ms),
                             sql_int(date->starts_at_ms), sql_int(0)),
                         NULL)
               : err;
}

static int run_put_performance(struct sql_job *base, struct sql_txn *txn)
{
    const struct put_job *job = (struct put_job *)base;
    const struct playbill_performance *date = job->performance;
    int64_t number, longest_ms = 0;
    int err = playbill_next_number(txn, &number);
    if (err == 0)
        err = longest_later(txn, date->performance_id, &longest_ms);
    if (err == 0)
        err = add_move(txn, job);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM performance_date WHERE performance_id = ?",
                      SQL(sql_int(date->performance_id)), NULL);
    if (longest_ms < date->later_ms)
        longest_ms = date->later_ms;
    if (err == 0)
        err =
            sql_run(txn,
                    "INSERT INTO performance_date (performance_id, number, starts_at_ms,"
                    " utc_offset_known, utc_offset_minutes, time_zone, doors_at_ms, gate,"
                    " address, later_ms, longest_later_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    SQL(sql_int(date->performance_id), sql_int(number), sql_int(date->starts_at_ms),
                        sql_int(date->utc_offset_known), sql_int(date->utc_offset_minutes),
                        sql_text(date->time_zone), sql_int(date->doors_at_ms), sql_text(date->gate),
                        sql_text(date->address), sql_int(date->later_ms), sql_int(longest_ms)),
                    NULL);
    if (err == 0)
        err = payment_rule_put(txn, date->performance_id, date->payment_required);
    return err == 0 ? playbill_chain_performance(txn, date, number) : err;
}

int playbill_put_performance(struct sql *sql, const struct playbill_performance *performance,
                             int64_t was_ms, int64_t deadline_ns)
{
    struct put_job job = {
        .job.run = run_put_performance, .performance = performance, .was_ms = was_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- telling of a move ---- */

struct move_job {
    struct sql_job job;
    struct arena *arena;
    struct playbill_move move;
};

static int run_next_move(struct sql_job *base, struct sql_txn *txn)
{
    struct move_job *job = (struct move_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT move_id, performance_id, was_ms, starts_at_ms, told_to"
                        " FROM performance_move WHERE done = ? ORDER BY move_id LIMIT 1",
                        SQL(sql_int(0)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    job->move = (struct playbill_move){.move_id = (uint64_t)sql_get_int(rows, 0),
                                       .performance_id = (uint32_t)sql_get_int(rows, 1),
                                       .was_ms = sql_get_int(rows, 2),
                                       .starts_at_ms = sql_get_int(rows, 3)};
    err = sql_get_copy(rows, 4, job->arena, &job->move.told_to);
    sql_done(rows);
    return err;
}

int playbill_next_move(struct sql *sql, struct arena *arena, struct playbill_move *ret_move,
                       int64_t deadline_ns)
{
    struct move_job job = {.job.run = run_next_move, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_move = job.move;
    return err;
}

int playbill_told(struct sql_txn *txn, const struct playbill_move *move, struct view to)
{
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE performance_move SET told_to = ?, done = ? WHERE move_id = ?"
                      " AND told_to = ? AND done = ?",
                      SQL(sql_text(to), sql_int(to.len == 0), sql_int((int64_t)move->move_id),
                          sql_text(move->told_to), sql_int(0)),
                      &changes);
    return err == 0 && changes == 0 ? ERR_CONFLICT : err;
}

/* ---- reading ---- */

struct read_job {
    struct sql_job job;
    uint64_t after;
    struct arena *arena;
    struct playbill bill;
};

static int read_events(struct read_job *job, struct sql_txn *txn)
{
    struct sql_rows *rows;
    int got, err = sql_query(txn,
                             "SELECT event_id, state, name, description, poster, published_at_ms"
                             " FROM playbill WHERE number > ? AND event_id > 0 ORDER BY event_id",
                             SQL(sql_int((int64_t)job->after)), &rows);
    if (err != 0)
        return err;
    while ((got = sql_next(rows)) == 1) {
        struct playbill_event *event = &job->bill.events[job->bill.event_count];
        *event = (struct playbill_event){.event_id = (uint32_t)sql_get_int(rows, 0),
                                         .state = (uint32_t)sql_get_int(rows, 1),
                                         .published_at_ms = sql_get_int(rows, 5)};
        err = job->bill.event_count == STORE_EVENTS_MAX ? ERR_CORRUPT : 0;
        err = err == 0 ? sql_get_copy(rows, 2, job->arena, &event->name) : err;
        err = err == 0 ? sql_get_copy(rows, 3, job->arena, &event->description) : err;
        err = err == 0 ? sql_get_copy(rows, 4, job->arena, &event->poster) : err;
        if (err != 0) {
            sql_done(rows);
            return err;
        }
        job->bill.event_count++;
    }
    return got;
}

static int read_performances(struct read_job *job, struct sql_txn *txn)
{
    struct sql_rows *rows;
    int got, err = sql_query(txn,
                             "SELECT d.performance_id, starts_at_ms, utc_offset_known,"
                             " utc_offset_minutes, time_zone, doors_at_ms, later_ms, gate, address,"
                             " coalesce(payment_required, 0) FROM performance_date d"
                             " LEFT JOIN payment_rule r ON r.performance_id = d.performance_id"
                             " WHERE number > ? ORDER BY d.performance_id",
                             SQL(sql_int((int64_t)job->after)), &rows);
    if (err != 0)
        return err;
    while ((got = sql_next(rows)) == 1) {
        struct playbill_performance *date = &job->bill.performances[job->bill.performance_count];
        *date = (struct playbill_performance){.performance_id = (uint32_t)sql_get_int(rows, 0),
                                              .starts_at_ms = sql_get_int(rows, 1),
                                              .utc_offset_known = sql_get_int(rows, 2) != 0,
                                              .utc_offset_minutes = (int32_t)sql_get_int(rows, 3),
                                              .doors_at_ms = sql_get_int(rows, 5),
                                              .later_ms = (uint32_t)sql_get_int(rows, 6),
                                              .payment_required = sql_get_int(rows, 9) != 0};
        err = job->bill.performance_count == STORE_PERFORMANCES_MAX ? ERR_CORRUPT : 0;
        err = err == 0 ? sql_get_copy(rows, 4, job->arena, &date->time_zone) : err;
        err = err == 0 ? sql_get_copy(rows, 7, job->arena, &date->gate) : err;
        err = err == 0 ? sql_get_copy(rows, 8, job->arena, &date->address) : err;
        if (err != 0) {
            sql_done(rows);
            return err;
        }
        job->bill.performance_count++;
    }
    return got;
}

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    int64_t number;
    job->bill.event_count = job->bill.performance_count = 0;
    int err = sql_ask_int(txn, "SELECT coalesce(max(number), 0) FROM playbill", SQL_NONE, &number);
    job->bill.number = err == 0 ? (uint64_t)number : 0;
    if (err != 0 || job->bill.number == job->after)
        return err;
    err = read_events(job, txn);
    return err == 0 ? read_performances(job, txn) : err;
}

int playbill_read(struct sql *sql, uint64_t after, struct arena *arena, struct playbill *ret_bill,
                  int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_read, .after = after, .arena = arena};
    /* one more than there may be, where a row beyond is read before it is refused */
    job.bill.events = arena_alloc(arena, (STORE_EVENTS_MAX + 1) * sizeof(*job.bill.events));
    job.bill.performances =
        arena_alloc(arena, (STORE_PERFORMANCES_MAX + 1) * sizeof(*job.bill.performances));
    if (!job.bill.events || !job.bill.performances)
        return ERR_NO_MEMORY;
    const int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_bill = job.bill;
    return err;
}

struct longest_job {
    struct sql_job job;
    uint32_t performance_id;
    int64_t later_ms;
};

static int run_longest(struct sql_job *base, struct sql_txn *txn)
{
    struct longest_job *job = (struct longest_job *)base;
    return longest_later(txn, job->performance_id, &job->later_ms);
}

int playbill_longest_later(struct sql *sql, uint32_t performance_id, uint32_t *ret_later_ms,
                           int64_t deadline_ns)
{
    struct longest_job job = {.job.run = run_longest, .performance_id = performance_id};
    const int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_later_ms = (uint32_t)job.later_ms;
    return err;
}
