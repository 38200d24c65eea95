#include "svc/monitor/window.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "db/sql.h"
#include "db/sqlite.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/monitor/intake.h"

METRIC_GAUGE(failing, "usher_monitor_window_failing",
             "1: the monitor's window took nothing at the last try, most likely for want of room.",
             "");

#define WINDOW_QUEUE_MAX        1024
#define WINDOW_CHECKPOINT_PAGES 1000
#define WINDOW_CACHE_KIB        8192 /* it writes at its end, and is searched by few */
#define WINDOW_SORT_RECORDS     2048 /* sorted in one transaction, or up to RECORDS_PUT_MAX more */
#define WINDOW_TRIM_ROWS        4000 /* removed in one transaction */
#define WINDOW_INTAKE_MAX       (16u << 20) /* packed bytes; beyond, who puts sorts first */

/* Where records are shipped: those up to this number that are still in STATE_WAITING were, in one
 * run from the first. So a batch that was taken whole changes one row, not one a record. */
#define SHIPPED "(SELECT position FROM position WHERE source = '')"
#define WAITS   "state = 0 AND number > " SHIPPED

enum record_state { STATE_WAITING = 0, STATE_DONE = 1, STATE_REFUSED = 2 };

struct window {
    struct window_options options;
    struct sqlite *sqlite;
    struct sql *sql;
    /* Of the transactions that were answered, so near enough for a limit. */
    _Atomic uint64_t waiting; /* records that wait to be shipped, sorted or not */
    _Atomic uint64_t rows;    /* records that were sorted */
    _Atomic uint64_t intake;  /* bytes that are not sorted yet */
    _Atomic uint64_t begun;   /* puts that were begun */
    _Atomic uint64_t settled; /* of those, as many are known to be sorted */
    _Atomic bool failing;     /* the last put was not done */
};

static const struct sql_step steps[] = {
    {"records",
     "CREATE TABLE record (number {id}, id {text} NOT NULL UNIQUE, stream {int} NOT NULL,"
     " level {int} NOT NULL, at_ms {int} NOT NULL, state {int} NOT NULL, body {long} NOT NULL,"
     " refused {long});"
     "CREATE INDEX record_waiting ON record (number) WHERE state = 0;"
     "CREATE TABLE position (source {text} NOT NULL PRIMARY KEY, position {int} NOT NULL);"
     "CREATE VIRTUAL TABLE record_words USING fts5(body, content='record',"
     " content_rowid='number');"},
    {"intake", INTAKE_TABLE},
    {"shipped", "DROP INDEX record_waiting;"
                "INSERT INTO position SELECT '', coalesce("
                "(SELECT min(number) - 1 FROM record WHERE state = 0),"
                "(SELECT max(number) FROM record), 0)"},
};

static int count_at_open(struct window *w);

int window_open(const struct window_options *options, struct window **ret_window)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s/monitor.db", options->data_dir);
    struct window *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->options = *options;
    const struct sqlite_options sqlite = {.path = path,
                                          .readers = 1,
                                          .queue_max = WINDOW_QUEUE_MAX,
                                          .checkpoint_pages = WINDOW_CHECKPOINT_PAGES,
                                          .cache_kib = WINDOW_CACHE_KIB};
    int err = len < 0 || (size_t)len >= sizeof(path) ? ERR_IO : sqlite_new(&sqlite, &w->sqlite);
    if (err == 0)
        err = sql_over_sqlite(w->sqlite, &w->sql);
    if (err == 0)
        err = sql_migrate(w->sql, "monitor", steps, sizeof(steps) / sizeof(steps[0]), false,
                          clock_wall_ms(clock_system()));
    if (err == 0)
        err = count_at_open(w);
    if (err != 0) {
        window_close(w);
        return err;
    }
    *ret_window = w;
    return 0;
}

void window_close(struct window *w)
{
    if (!w)
        return;
    sql_free(w->sql);
    sqlite_free(w->sqlite);
    free(w);
}

/* ---- putting ---- */

struct put_job {
    struct sql_job job;
    const struct record *records;
    size_t count;
    const struct window_position *position;
    uint64_t bytes; /* of the intake's row */
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    int err = job->count > 0 ? intake_put(txn, job->records, job->count, &job->bytes) : 0;
    if (err != 0 || !job->position)
        return err;
    return sql_run(txn, "REPLACE INTO position (source, position) VALUES (?, ?)",
                   SQL(sql_text(job->position->source), sql_int((int64_t)job->position->position)),
                   NULL);
}

/* Where lines are sent, a line's end in a body would begin another record, or an order. */
static bool fits(const struct record *record)
{
    const struct view id = record->id, body = record->body;
    return id.len > 0 && id.len <= RECORD_ID_MAX && body.len > 1 && body.len <= RECORD_BODY_MAX &&
           body.at[0] == '{' && body.at[body.len - 1] == '}' && !memchr(body.at, '\n', body.len) &&
           !memchr(body.at, '\r', body.len);
}

static int make_room_in_intake(struct window *w, int64_t deadline_ns)
{
    int more = 1;
    while (more == 1 && atomic_load(&w->intake) > WINDOW_INTAKE_MAX)
        more = window_settle(w, deadline_ns);
    return more < 0 ? more : 0;
}

/* Told when it changes. */
static void note_outcome(struct window *w, int err)
{
    if (atomic_exchange(&w->failing, err != 0) == (err != 0))
        return;
    metric_set(&failing, err != 0);
    if (err != 0)
        log_event(LOG_ERROR, "monitor.window", log_str("event.outcome", "failure"), log_err(err));
    else
        log_event(LOG_INFO, "monitor.window", log_str("event.outcome", "success"));
}

bool window_fails(const struct window *w)
{
    return atomic_load(&w->failing);
}

int window_try(struct window *w, int64_t deadline_ns)
{
    static const struct window_position nothing = {.source = VIEW_LIT("try")};
    return window_put(w, NULL, 0, &nothing, deadline_ns);
}

int window_put(struct window *w, const struct record *records, size_t count,
               const struct window_position *position, int64_t deadline_ns)
{
    struct put_job job = {
        .job.run = run_put, .records = records, .count = count, .position = position};
    if (count > RECORDS_PUT_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (!fits(&records[i]))
            return ERR_INVALID;
    }
    if (w->options.ships && atomic_load(&w->waiting) + count > w->options.waiting_max)
        return ERR_FULL;
    int err = make_room_in_intake(w, deadline_ns);
    if (err != 0)
        return err;
    atomic_fetch_add(&w->begun, 1);
    err = sql_write(w->sql, &job.job, deadline_ns);
    note_outcome(w, err);
    if (err == 0)
        atomic_fetch_add(&w->intake, job.bytes);
    if (err == 0 && w->options.ships)
        atomic_fetch_add(&w->waiting, count);
    return err;
}

/* ---- sorting ---- */

struct settle_job {
    struct sql_job job;
    const struct window *window;
    uint64_t added, doubled, removed; /* records */
    uint64_t left;                    /* bytes that are not sorted yet */
    bool more;
};

/* A record that is there already is no error: its sender did not hear that it arrived. */
static int sort_one(void *state, struct sql_txn *txn, const struct record *record)
{
    struct settle_job *job = state;
    uint64_t added = 0;
    const enum record_state waits = job->window->options.ships ? STATE_WAITING : STATE_DONE;
    int err = sql_run(txn,
                      "INSERT OR IGNORE INTO record (id, stream, level, at_ms, state, body)"
                      " VALUES (?, ?, ?, ?, ?, ?)",
                      SQL(sql_text(record->id), sql_int(record->stream), sql_int(record->level),
                          sql_int(record->at_ms), sql_int(waits), sql_text(record->body)),
                      &added);
    job->added += added;
    job->doubled += added == 0;
    if (err != 0 || added == 0)
        return err;
    return sql_run(txn, "INSERT INTO record_words (rowid, body) VALUES (?, ?)",
                   SQL(sql_int(sql_last_id(txn)), sql_text(record->body)), NULL);
}

/* The oldest that do not wait go; not the newest of all, so that no number is given again. While
 * records are shipped, those before the first that waits: no step looks through all that wait. */
#define OLDEST(which)                                                                              \
    " FROM record WHERE " which                                                                    \
    " AND number < (SELECT max(number) FROM record) ORDER BY number LIMIT ?"
#define BEFORE_WAITING                                                                             \
    "number < coalesce((SELECT number FROM record WHERE " WAITS                                    \
    " ORDER BY number LIMIT 1), (SELECT max(number) FROM record))"
#define NOT_WAITING "(state > 0 OR number <= " SHIPPED ")"
#define TRIM_WORDS                                                                                 \
    "INSERT INTO record_words (record_words, rowid, body) SELECT 'delete', number, body"
#define TRIM_ROWS(which) "DELETE FROM record WHERE number IN (SELECT number" OLDEST(which) ")"

static int trim(struct sql_txn *txn, bool ships, uint64_t beyond, uint64_t *ret_removed)
{
    const int64_t count = beyond < WINDOW_TRIM_ROWS ? (int64_t)beyond : WINDOW_TRIM_ROWS;
    int err =
        sql_run(txn, ships ? TRIM_WORDS OLDEST(BEFORE_WAITING) : TRIM_WORDS OLDEST(NOT_WAITING),
                SQL(sql_int(count)), NULL);
    return err != 0 ? err
                    : sql_run(txn, ships ? TRIM_ROWS(BEFORE_WAITING) : TRIM_ROWS(NOT_WAITING),
                              SQL(sql_int(count)), ret_removed);
}

static int run_settle(struct sql_job *base, struct sql_txn *txn)
{
    struct settle_job *job = (struct settle_job *)base;
    const struct window *w = job->window;
    uint64_t records_left = 0;
    job->added = job->doubled = job->removed = 0;
    int err = intake_take(txn, WINDOW_SORT_RECORDS, sort_one, job, &job->more);
    if (err == 0)
        err = intake_count(txn, &records_left, &job->left);
    const uint64_t rows = atomic_load(&w->rows) + job->added;
    if (err == 0 && rows > w->options.rows_max)
        err = trim(txn, w->options.ships, rows - w->options.rows_max, &job->removed);
    job->more = job->more || job->removed == WINDOW_TRIM_ROWS;
    return err;
}

/* What an answer of unknown outcome left uncounted is not taken below nothing. */
static void lower(_Atomic uint64_t *number, uint64_t by)
{
    uint64_t was = atomic_load(number);
    while (!atomic_compare_exchange_weak(number, &was, was > by ? was - by : 0))
        continue;
}

int window_settle(struct window *w, int64_t deadline_ns)
{
    struct settle_job job = {.job.run = run_settle, .window = w};
    const uint64_t begun = atomic_load(&w->begun);
    if (begun == atomic_load(&w->settled) && atomic_load(&w->rows) <= w->options.rows_max)
        return 0;
    int err = sql_write(w->sql, &job.job, deadline_ns);
    if (err != 0)
        return err;
    atomic_fetch_add(&w->rows, job.added);
    lower(&w->rows, job.removed);
    atomic_store(&w->intake, job.left);
    if (w->options.ships)
        lower(&w->waiting, job.doubled);
    if (!job.more)
        atomic_store(&w->settled, begun);
    return job.more;
}

/* Before a question: so that it finds what was put before it was asked. */
static int settle_all(struct window *w, int64_t deadline_ns)
{
    int more;
    while ((more = window_settle(w, deadline_ns)) == 1)
        continue;
    return more;
}

struct position_job {
    struct sql_job job;
    struct view source;
    int64_t position;
};

static int run_position(struct sql_job *base, struct sql_txn *txn)
{
    struct position_job *job = (struct position_job *)base;
    job->position = 0;
    int err = sql_ask_int(txn, "SELECT position FROM position WHERE source = ?",
                          SQL(sql_text(job->source)), &job->position);
    return err == ERR_NOT_FOUND ? 0 : err;
}

int window_position(struct window *w, struct view source, uint64_t *ret_position,
                    int64_t deadline_ns)
{
    struct position_job job = {.job.run = run_position, .source = source};
    int err = sql_read(w->sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_position = (uint64_t)job.position;
    return err;
}

/* ---- reading ---- */

struct read_job {
    struct sql_job job;
    const struct window_query *query;
    const char *words; /* as FTS5 has them; NULL: all records */
    uint64_t after;    /* of run_waiting */
    size_t max;
    struct arena *arena;
    struct record *records;
    size_t count;
};

/* Columns: number, id, stream, level, at_ms, body. */
static int read_row(struct read_job *job, struct sql_rows *rows)
{
    struct record *record = &job->records[job->count];
    *record = (struct record){.number = (uint64_t)sql_get_int(rows, 0),
                              .stream = (enum record_stream)sql_get_int(rows, 2),
                              .level = (enum log_level)sql_get_int(rows, 3),
                              .at_ms = sql_get_int(rows, 4)};
    int err = sql_get_copy(rows, 1, job->arena, &record->id);
    if (err == 0)
        err = sql_get_copy(rows, 5, job->arena, &record->body);
    job->count += err == 0;
    return err;
}

static int read_rows(struct read_job *job, struct sql_rows *rows)
{
    int err;
    job->count = 0;
    while ((err = sql_next(rows)) == 1) {
        err = read_row(job, rows);
        if (err < 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

static int make_room(struct read_job *job)
{
    job->records = arena_alloc(job->arena, job->max * sizeof(*job->records));
    return job->records ? 0 : ERR_NO_MEMORY;
}

static int run_waiting(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT number, id, stream, level, at_ms, body FROM record WHERE " WAITS
                        " AND number > ? ORDER BY number LIMIT ?",
                        SQL(sql_int((int64_t)job->after), sql_int((int64_t)job->max)), &rows);
    return err < 0 ? err : read_rows(job, rows);
}

int window_waiting(struct window *w, uint64_t after, size_t max, struct arena *arena,
                   struct record **ret_records, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_waiting, .after = after, .max = max, .arena = arena};
    int err = make_room(&job);
    if (err == 0)
        err = settle_all(w, deadline_ns);
    if (err == 0)
        err = sql_read(w->sql, &job.job, deadline_ns);
    if (err != 0)
        return err;
    *ret_records = job.records;
    *ret_count = job.count;
    return 0;
}

/* ---- searching ---- */

/* Every word in quotes, so that nothing of it is an operator of FTS5; all have to be there. */
static const char *quote_words(struct view text, struct arena *arena)
{
    char *words = arena_alloc(arena, 3 * text.len + 3);
    size_t len = 0;
    bool in_word = false;
    for (size_t i = 0; words && i <= text.len; i++) {
        const char c = i < text.len ? text.at[i] : ' ';
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '"' || c == '\0';
        if (blank && in_word)
            words[len++] = '"';
        if (blank && in_word)
            words[len++] = ' ';
        if (!blank && !in_word)
            words[len++] = '"';
        if (!blank)
            words[len++] = c;
        in_word = !blank;
    }
    return words;
}

static int run_search(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    const struct window_query *q = job->query;
    struct sql_rows *rows;
    const int64_t before =
        q->before - 1 < (uint64_t)INT64_MAX ? (int64_t)q->before : INT64_MAX; /* 0: all */
    const int64_t to_ms = q->to_ms ? q->to_ms : INT64_MAX;
    int err;
    if (job->words)
        err = sql_query(
            txn,
            "SELECT r.number, r.id, r.stream, r.level, r.at_ms, r.body FROM record_words w"
            " JOIN record r ON r.number = w.rowid WHERE record_words MATCH ? AND w.rowid < ?"
            " AND (? = 0 OR r.stream = ?) AND r.level >= ? AND r.at_ms >= ? AND r.at_ms <= ?"
            " ORDER BY w.rowid DESC LIMIT ?",
            SQL(sql_text(view_str(job->words)), sql_int(before), sql_int(q->stream),
                sql_int(q->stream), sql_int(q->level), sql_int(q->from_ms), sql_int(to_ms),
                sql_int((int64_t)job->max)),
            &rows);
    else
        err = sql_query(txn,
                        "SELECT number, id, stream, level, at_ms, body FROM record WHERE number < ?"
                        " AND (? = 0 OR stream = ?) AND level >= ? AND at_ms >= ? AND at_ms <= ?"
                        " ORDER BY number DESC LIMIT ?",
                        SQL(sql_int(before), sql_int(q->stream), sql_int(q->stream),
                            sql_int(q->level), sql_int(q->from_ms), sql_int(to_ms),
                            sql_int((int64_t)job->max)),
                        &rows);
    return err < 0 ? err : read_rows(job, rows);
}

int window_search(struct window *w, const struct window_query *query, struct arena *arena,
                  struct record **ret_records, size_t *ret_count, int64_t deadline_ns)
{
    assert(query->max > 0 && query->max <= WINDOW_FOUND_MAX);
    struct read_job job = {
        .job.run = run_search, .query = query, .max = query->max, .arena = arena};
    if (query->text.len > WINDOW_QUERY_MAX)
        return ERR_INVALID;
    const char *words = quote_words(query->text, arena);
    int err = words ? make_room(&job) : ERR_NO_MEMORY;
    if (err == 0)
        job.words = words[0] ? words : NULL;
    if (err == 0)
        err = settle_all(w, deadline_ns);
    if (err == 0)
        err = sql_read(w->sql, &job.job, deadline_ns);
    if (err != 0)
        return err;
    *ret_records = job.records;
    *ret_count = job.count;
    return 0;
}

/* ---- what becomes of them ---- */

struct outcomes_job {
    struct sql_job job;
    const struct window_outcome *outcomes;
    size_t count;
};

/* Those from first to last were shipped: by their rows only where one before them still waits. */
static int note_shipped(struct sql_txn *txn, uint64_t first, uint64_t last)
{
    int64_t waits = 0;
    int err = sql_ask_int(
        txn, "SELECT count(*) FROM (SELECT 1 FROM record WHERE " WAITS " AND number < ? LIMIT 1)",
        SQL(sql_int((int64_t)first)), &waits);
    if (err != 0)
        return err;
    if (waits > 0)
        return sql_run(txn, "UPDATE record SET state = 1 WHERE number >= ? AND number <= ?",
                       SQL(sql_int((int64_t)first), sql_int((int64_t)last)), NULL);
    return sql_run(txn, "UPDATE position SET position = max(position, ?) WHERE source = ''",
                   SQL(sql_int((int64_t)last)), NULL);
}

static int run_outcomes(struct sql_job *base, struct sql_txn *txn)
{
    const struct outcomes_job *job = (struct outcomes_job *)base;
    int err = 0;
    for (size_t i = 0, next; err == 0 && i < job->count; i = next) {
        const struct window_outcome *o = &job->outcomes[i];
        /* Mostly all were shipped, and their numbers follow one another. */
        for (next = i + 1; !o->refused && next < job->count && !job->outcomes[next].refused &&
                           job->outcomes[next].number == o->number + (next - i);)
            next++;
        err = o->refused
                  ? sql_run(txn, "UPDATE record SET state = 2, refused = ? WHERE number = ?",
                            SQL(sql_text(view_str(o->refused)), sql_int((int64_t)o->number)), NULL)
                  : note_shipped(txn, o->number, o->number + (next - i) - 1);
    }
    return err;
}

int window_note_outcomes(struct window *w, const struct window_outcome *outcomes, size_t count,
                         int64_t deadline_ns)
{
    struct outcomes_job job = {.job.run = run_outcomes, .outcomes = outcomes, .count = count};
    int err = sql_write(w->sql, &job.job, deadline_ns);
    if (err == 0)
        lower(&w->waiting, count);
    return err;
}

struct count_job {
    struct sql_job job;
    struct window_counts counts;
    uint64_t intake_records, intake_bytes;
};

static int run_count(struct sql_job *base, struct sql_txn *txn)
{
    struct count_job *job = (struct count_job *)base;
    static const char *const how_many[] = {
        "SELECT count(*) FROM record WHERE " WAITS,
        "SELECT count(*) FROM record WHERE state = 1 OR (state = 0 AND number <= " SHIPPED ")",
        "SELECT count(*) FROM record WHERE state = 2"};
    uint64_t *const into[] = {&job->counts.waiting, &job->counts.done, &job->counts.refused};
    int err = 0;
    for (int i = 0; err == 0 && i < 3; i++) {
        int64_t count = 0;
        err = sql_ask_int(txn, how_many[i], SQL_NONE, &count);
        *into[i] = (uint64_t)count;
    }
    return err == 0 ? intake_count(txn, &job->intake_records, &job->intake_bytes) : err;
}

static int count_at_open(struct window *w)
{
    struct count_job job = {.job.run = run_count};
    const struct window_counts *counts = &job.counts;
    int err = sql_read(w->sql, &job.job, DEADLINE_NEVER);
    w->waiting = w->options.ships ? counts->waiting + job.intake_records : 0;
    w->rows = counts->waiting + counts->done + counts->refused;
    w->intake = job.intake_bytes;
    w->begun = job.intake_records > 0;
    return err;
}

int window_count(struct window *w, struct window_counts *ret_counts, int64_t deadline_ns)
{
    struct count_job job = {.job.run = run_count};
    int err = settle_all(w, deadline_ns);
    if (err == 0)
        err = sql_read(w->sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_counts = job.counts;
    return err;
}
