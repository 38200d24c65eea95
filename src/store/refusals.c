#include "store/refusals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"
#include "observe/metrics.h"

#define MINUTE_MS 60000
#define CLASSES   20 /* of how long holds took: less than 2ⁿ ms */

METRIC_COUNTER(lost, "usher_refusals_lost_total",
               "Refusals that are in no count of the report after a sale.", "");

static const struct sql_step steps[] = {
    {"refusals",
     "CREATE TABLE refusal (sale_id {int} NOT NULL, performance_id {int} NOT NULL,"
     " minute_ms {int} NOT NULL, kind {int} NOT NULL, what {text} NOT NULL, total {int} NOT NULL,"
     " PRIMARY KEY (sale_id, performance_id, minute_ms, kind, what));"
     "CREATE INDEX refusal_minute ON refusal (minute_ms)"},
};

int refusals_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "refusals", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

/* ---- counting ---- */

void tally_init(struct tally *tally)
{
    pthread_mutex_init(&tally->lock, NULL);
    tally->count = 0;
}

void tally_release(struct tally *tally)
{
    pthread_mutex_destroy(&tally->lock);
}

static bool is_of(const struct tally_entry *e, uint32_t sale_id, uint32_t performance_id,
                  enum refusal_kind kind, const char *what)
{
    return e->performance_id == performance_id && e->sale_id == sale_id && e->kind == kind &&
           strncmp(e->what, what, REFUSAL_WHAT_MAX - 1) == 0;
}

void tally_add(struct tally *tally, uint32_t sale_id, uint32_t performance_id,
               enum refusal_kind kind, const char *what, uint64_t count)
{
    size_t i = 0;
    pthread_mutex_lock(&tally->lock);
    /* Few things are refused at once, for few reasons. */
    while (i < tally->count && !is_of(&tally->entries[i], sale_id, performance_id, kind, what))
        i++;
    if (i == tally->count && i < TALLY_MAX) {
        struct tally_entry *e = &tally->entries[tally->count++];
        *e = (struct tally_entry){sale_id, performance_id, kind, "", 0};
        snprintf(e->what, sizeof(e->what), "%s", what);
    }
    if (i < tally->count)
        tally->entries[i].count += count;
    else
        metric_add(&lost, (int64_t)count);
    pthread_mutex_unlock(&tally->lock);
}

struct keep_job {
    struct sql_job job;
    const struct tally_entry *entries;
    size_t count;
    int64_t minute_ms;
};

static int keep_one(struct sql_txn *txn, const struct tally_entry *e, int64_t minute_ms)
{
    const struct sql_value total = sql_int((int64_t)e->count), sale = sql_int(e->sale_id),
                           performance = sql_int(e->performance_id), minute = sql_int(minute_ms),
                           kind = sql_int(e->kind), what = sql_text(view_str(e->what));
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE refusal SET total = total + ? WHERE sale_id = ? AND performance_id ="
                      " ? AND minute_ms = ? AND kind = ? AND what = ?",
                      SQL(total, sale, performance, minute, kind, what), &changes);
    return err == 0 && changes == 0
               ? sql_run_first(
                     txn,
                     "INSERT INTO refusal (sale_id, performance_id, minute_ms, kind, what,"
                     " total) VALUES (?, ?, ?, ?, ?, ?)",
                     SQL(sale, performance, minute, kind, what, total))
               : err;
}

/* Of too many rows the oldest minute goes. */
static int sweep(struct sql_txn *txn)
{
    int64_t rows = 0, minute_ms = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM refusal", SQL_NONE, &rows);
    if (err != 0 || rows <= REFUSALS_ROWS_MAX)
        return err;
    err = sql_ask_int(txn, "SELECT minute_ms FROM refusal ORDER BY minute_ms LIMIT 1", SQL_NONE,
                      &minute_ms);
    return err == 0 ? sql_run(txn, "DELETE FROM refusal WHERE minute_ms <= ?",
                              SQL(sql_int(minute_ms)), NULL)
                    : err;
}

static int run_keep(struct sql_job *base, struct sql_txn *txn)
{
    const struct keep_job *job = (const struct keep_job *)base;
    int err = 0;
    for (size_t i = 0; i < job->count && err == 0; i++)
        err = keep_one(txn, &job->entries[i], job->minute_ms);
    return err == 0 ? sweep(txn) : err;
}

int tally_keep(struct tally *tally, struct sql *sql, int64_t now_ms, int64_t deadline_ns)
{
    pthread_mutex_lock(&tally->lock);
    const size_t count = tally->count;
    struct tally_entry *entries = count > 0 ? malloc(count * sizeof(*entries)) : NULL;
    if (entries) {
        memcpy(entries, tally->entries, count * sizeof(*entries));
        tally->count = 0;
    }
    pthread_mutex_unlock(&tally->lock);
    if (!entries)
        return count > 0 ? ERR_NO_MEMORY : 0;
    struct keep_job job = {.job.run = run_keep,
                           .entries = entries,
                           .count = count,
                           .minute_ms = now_ms - now_ms % MINUTE_MS};
    const int err = sql_write(sql, &job.job, deadline_ns);
    /* What may have been done is not done twice. */
    for (size_t i = 0; i < count && err != 0; i++) {
        const struct tally_entry *e = &entries[i];
        if (err == ERR_UNKNOWN || err == ERR_IO)
            metric_add(&lost, (int64_t)e->count);
        else
            tally_add(tally, e->sale_id, e->performance_id, e->kind, e->what, e->count);
    }
    free(entries);
    return err;
}

/* ---- reading ---- */

/* Holds by how long they took. */
struct times {
    uint64_t classes[CLASSES], all;
};

struct read_job {
    struct sql_job job;
    uint32_t sale_id;
    const uint32_t *performance_ids;
    size_t count;
    int64_t from_ms, to_ms;
    struct arena *arena;
    struct refusals *ret;
    struct times times;
};

static struct refusal_sum *sum_of(struct refusals *ret, struct view reason)
{
    size_t i = 0;
    while (i < ret->sum_count && !view_eq(ret->sums[i].reason, reason))
        i++;
    return i < REFUSAL_REASONS_MAX ? &ret->sums[i] : NULL;
}

static int add_sum(struct read_job *job, struct sql_rows *rows)
{
    struct refusal_sum *sum = sum_of(job->ret, sql_get_view(rows, 0));
    const int64_t first_ms = sql_get_int(rows, 2), last_ms = sql_get_int(rows, 3);
    if (!sum)
        return 0;
    if (sum == &job->ret->sums[job->ret->sum_count]) {
        *sum = (struct refusal_sum){.first_ms = first_ms, .last_ms = last_ms};
        if (sql_get_copy(rows, 0, job->arena, &sum->reason) != 0)
            return ERR_NO_MEMORY;
        job->ret->sum_count++;
    }
    sum->count += (uint64_t)sql_get_int(rows, 1);
    sum->first_ms = first_ms < sum->first_ms ? first_ms : sum->first_ms;
    sum->last_ms = last_ms > sum->last_ms ? last_ms : sum->last_ms;
    return 0;
}

/* So many of 100 took less than this many ms. */
static uint32_t percentile(const struct times *times, unsigned percent)
{
    uint64_t seen = 0;
    for (int i = 0; i < CLASSES && times->all > 0; i++) {
        seen += times->classes[i];
        if (seen * 100 >= times->all * percent)
            return 1u << i;
    }
    return 0;
}

static void add_time(struct times *times, uint64_t below_ms, uint64_t count)
{
    int class = 0;
    while (class < CLASSES - 1 && (UINT64_C(1) << class) < below_ms)
        class ++;
    times->classes[class] += count;
    times->all += count;
}

static void end_minute(struct refusals *ret, const struct times *minute, int64_t at_ms)
{
    const uint32_t p95_ms = percentile(minute, 95);
    if (p95_ms <= REFUSAL_SLOW_MS)
        return;
    if (ret->slow_count < REFUSAL_SLOW_MAX)
        ret->slow[ret->slow_count] = (struct refusal_slow){at_ms, p95_ms};
    ret->slow_count++;
}

static int read_reasons(struct read_job *job, struct sql_txn *txn, uint32_t sale_id,
                        uint32_t performance_id)
{
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT what, sum(total), min(minute_ms), max(minute_ms) FROM refusal"
                        " WHERE sale_id = ? AND performance_id = ? AND minute_ms >= ? AND"
                        " minute_ms <= ? AND kind = ? GROUP BY what ORDER BY what",
                        SQL(sql_int(sale_id), sql_int(performance_id), sql_int(job->from_ms),
                            sql_int(job->to_ms), sql_int(REFUSAL_REFUSED)),
                        &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = add_sum(job, rows);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

static int read_times(struct read_job *job, struct sql_txn *txn, uint32_t performance_id)
{
    struct sql_rows *rows;
    struct times minute = {0};
    int64_t minute_ms = 0;
    int err = sql_query(txn,
                        "SELECT minute_ms, what, total FROM refusal WHERE sale_id = 0 AND"
                        " performance_id = ? AND minute_ms >= ? AND minute_ms <= ? AND kind = ?"
                        " ORDER BY minute_ms",
                        SQL(sql_int(performance_id), sql_int(job->from_ms), sql_int(job->to_ms),
                            sql_int(REFUSAL_ANSWERED)),
                        &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        uint64_t below_ms = 0;
        if (sql_get_int(rows, 0) != minute_ms) {
            end_minute(job->ret, &minute, minute_ms);
            minute = (struct times){0};
            minute_ms = sql_get_int(rows, 0);
        }
        (void)view_to_u64(sql_get_view(rows, 1), UINT32_MAX, &below_ms);
        add_time(&minute, below_ms, (uint64_t)sql_get_int(rows, 2));
        add_time(&job->times, below_ms, (uint64_t)sql_get_int(rows, 2));
        err = 0;
    }
    end_minute(job->ret, &minute, minute_ms);
    return err;
}

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct refusal_sum *sums = job->ret->sums;
    *job->ret = (struct refusals){.sums = sums};
    job->times = (struct times){0};
    int err = job->sale_id ? read_reasons(job, txn, job->sale_id, 0) : 0;
    for (size_t i = 0; i < job->count && err == 0; i++) {
        err = read_reasons(job, txn, 0, job->performance_ids[i]);
        if (err == 0)
            err = read_times(job, txn, job->performance_ids[i]);
    }
    return err;
}

static int by_count(const void *a, const void *b)
{
    const struct refusal_sum *left = a, *right = b;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    return strcmp(left->reason.at, right->reason.at);
}

int refusals_read(struct sql *sql, uint32_t sale_id, const uint32_t *performance_ids, size_t count,
                  int64_t from_ms, int64_t to_ms, struct arena *arena, struct refusals *ret,
                  int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_read,
                           .sale_id = sale_id,
                           .performance_ids = performance_ids,
                           .count = count,
                           .from_ms = from_ms - from_ms % MINUTE_MS,
                           .to_ms = to_ms,
                           .arena = arena,
                           .ret = ret};
    ret->sums = arena_alloc(arena, REFUSAL_REASONS_MAX * sizeof(*ret->sums));
    if (!ret->sums)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err != 0)
        return err;
    qsort(ret->sums, ret->sum_count, sizeof(*ret->sums), by_count);
    ret->answered = job.times.all;
    ret->p50_ms = percentile(&job.times, 50);
    ret->p95_ms = percentile(&job.times, 95);
    ret->p99_ms = percentile(&job.times, 99);
    return 0;
}
