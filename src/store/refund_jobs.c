#include "store/refund_jobs.h"

#include <string.h>

#include "err/err.h"
#include "store/payments_rows.h"

#define JOB_COLUMNS "job_id, performance_id, state, reason, created_at_ms, finished_at_ms"

/* An item's; what the provider refused (4) is back (3) once a person has seen to it. */
#define STATE "CASE WHEN refund_item.state = 4 AND pending = 0 THEN 3 ELSE refund_item.state END"
/* Payments with places that are sold: 5 is DONE, 8 REFUNDING. */
#define PAID "performance_id = ? AND sold > 0 AND (state = 5 OR state = 8)"

static int read_job(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct refund_job *job = ret_row;
    *job = (struct refund_job){.performance_id = (uint32_t)sql_get_int(rows, 1),
                               .state = (uint32_t)sql_get_int(rows, 2),
                               .created_at_ms = sql_get_int(rows, 4),
                               .finished_at_ms = sql_get_int(rows, 5)};
    int err = sql_get_id(rows, 0, &job->job_id);
    return err == 0 ? sql_get_copy(rows, 3, arena, &job->reason) : err;
}

static int read_item(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct refund_item *item = ret_row;
    *item = (struct refund_item){.state = (uint32_t)sql_get_int(rows, 3),
                                 .amount = sql_get_int(rows, 4),
                                 .next_at_ms = sql_get_int(rows, 5)};
    int err = sql_get_id(rows, 0, &item->job_id);
    if (err == 0)
        err = sql_get_id(rows, 1, &item->payment_id);
    if (err == 0)
        err = sql_get_id(rows, 2, &item->order_id);
    if (err == 0)
        err = sql_get_copy(rows, 6, arena, &item->provider);
    return err == 0 ? sql_get_copy(rows, 7, arena, &item->currency) : err;
}

static int read_sum(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct refund_job_sum *sum = ret_row;
    *sum = (struct refund_job_sum){.state = (uint32_t)sql_get_int(rows, 2),
                                   .orders = (uint64_t)sql_get_int(rows, 3),
                                   .amount = sql_get_int(rows, 4),
                                   .old_orders = (uint64_t)sql_get_int(rows, 5)};
    int err = sql_get_copy(rows, 0, arena, &sum->provider);
    return err == 0 ? sql_get_copy(rows, 1, arena, &sum->currency) : err;
}

int refund_job_preview(struct sql *sql, uint32_t performance_id, int64_t old_ms,
                       struct arena *arena, struct refund_job_sum **ret_sums, size_t *ret_count,
                       int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct refund_job_sum, read_sum, arena, PAYMENT_PAGE_MAX,
                      "SELECT provider, currency, 1, count(*), sum(sold),"
                      " sum(CASE WHEN created_at_ms < ? THEN 1 ELSE 0 END) FROM payment WHERE " PAID
                      " GROUP BY provider, currency ORDER BY provider, currency",
                      sql_int(old_ms), sql_int(performance_id));
    return payments_list(sql, &list, ret_sums, ret_count, deadline_ns);
}

struct put_job {
    struct sql_job job;
    const struct refund_job *begun;
    int64_t now_ms;
    bool ended;
};

/* Those that are not listed yet. */
static int add_items(struct sql_txn *txn, const struct refund_job *job, int64_t now_ms,
                     uint64_t *ret_added)
{
    return sql_run(
        txn,
        "INSERT INTO refund_item (job_id, payment_id, order_id, state, amount,"
        " next_at_ms) SELECT ?, payment_id, order_id, 1, sold, ? FROM payment WHERE " PAID
        " AND NOT EXISTS (SELECT 1 FROM refund_item AS listed WHERE listed.job_id = ?"
        " AND listed.payment_id = payment.payment_id)",
        SQL(sql_id(job->job_id), sql_int(now_ms), sql_int(job->performance_id),
            sql_id(job->job_id)),
        ret_added);
}

/* Attempts that may become an order: 4 is CAPTURED, 10 DEPOSIT. */
static int count_open(struct sql_txn *txn, uint32_t performance_id, int64_t *ret_count)
{
    return sql_ask_int(
        txn, "SELECT count(*) FROM payment WHERE performance_id = ? AND (state <= 4 OR state = 10)",
        SQL(sql_int(performance_id)), ret_count);
}

/* What is to be paid later is not to be paid any more: it is due now, and its time is over. 2 is
 * CONFIRMING, 3 UNCLEAR. */
static int end_later(struct sql_txn *txn, uint32_t performance_id, int64_t now_ms)
{
    return sql_run(txn,
                   "UPDATE payment SET must_finish_by_ms = ?, next_at_ms = ?,"
                   " version = version + 1 WHERE performance_id = ? AND must_finish_by_ms > ?"
                   " AND (state = 10 OR (later = 1 AND (state = 2 OR state = 3)))",
                   SQL(sql_int(now_ms), sql_int(now_ms), sql_int(performance_id), sql_int(now_ms)),
                   NULL);
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *put = (struct put_job *)base;
    const struct refund_job *job = put->begun;
    int err = sql_run(
        txn,
        "INSERT INTO refund_job (job_id, performance_id, running, state, reason, created_at_ms,"
        " finished_at_ms) VALUES (?, ?, ?, ?, ?, ?, 0)",
        SQL(sql_id(job->job_id), sql_int(job->performance_id), sql_int(job->performance_id),
            sql_int(REFUND_JOB_RUNNING), sql_text(job->reason), sql_int(job->created_at_ms)),
        NULL);
    uint64_t added = 0;
    int64_t before = 0, open = 0;
    if (err == 0)
        err = add_items(txn, job, job->created_at_ms, &added);
    if (err == 0 && added == 0)
        err = count_open(txn, job->performance_id, &open);
    if (err == 0)
        err = end_later(txn, job->performance_id, job->created_at_ms);
    if (err == 0 && added == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM refund_job WHERE performance_id = ?",
                          SQL(sql_int(job->performance_id)), &before);
    return err == 0 && added == 0 && open == 0 && before > 1 ? ERR_EXISTS : err;
}

int refund_job_put(struct sql *sql, const struct refund_job *job, int64_t deadline_ns)
{
    struct put_job put = {.job.run = run_put, .begun = job};
    return sql_write(sql, &put.job, deadline_ns);
}

int refund_job_get(struct sql *sql, struct id job_id, uint32_t performance_id, struct arena *arena,
                   struct refund_job *ret_job, int64_t deadline_ns)
{
    struct payments_list by_id =
        PAYMENTS_LIST(struct refund_job, read_job, arena, 1,
                      "SELECT " JOB_COLUMNS " FROM refund_job WHERE job_id = ?", sql_id(job_id));
    struct payments_list last =
        PAYMENTS_LIST(struct refund_job, read_job, arena, 1,
                      "SELECT " JOB_COLUMNS " FROM refund_job WHERE performance_id = ?"
                      " ORDER BY job_id DESC LIMIT 1",
                      sql_int(performance_id));
    struct refund_job *jobs;
    size_t count;
    int err = payments_list(sql, id_is_zero(job_id) ? &last : &by_id, &jobs, &count, deadline_ns);
    if (err == 0 && count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        *ret_job = jobs[0];
    return err;
}

#define SUMS_WHERE(which)                                                                          \
    "SELECT provider, currency, " STATE ", count(*), sum(refund_item.amount), 0"                   \
    " FROM refund_item INNER JOIN payment ON payment.payment_id = refund_item.payment_id"          \
    " WHERE " which " GROUP BY provider, currency, " STATE " ORDER BY provider, currency, " STATE

int refund_job_sums(struct sql *sql, struct id job_id, struct arena *arena,
                    struct refund_job_sum **ret_sums, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct refund_job_sum, read_sum, arena, PAYMENT_PAGE_MAX,
                      SUMS_WHERE("job_id = ?"), sql_id(job_id));
    return payments_list(sql, &list, ret_sums, ret_count, deadline_ns);
}

int refund_jobs_done(struct sql *sql, uint32_t performance_id, struct arena *arena,
                     struct refund_job_sum **ret_sums, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct refund_job_sum, read_sum, arena, PAYMENT_PAGE_MAX,
                      SUMS_WHERE("sold = 0 AND job_id IN"
                                 " (SELECT job_id FROM refund_job WHERE performance_id = ?)"),
                      sql_int(performance_id));
    return payments_list(sql, &list, ret_sums, ret_count, deadline_ns);
}

#define SELECT_ITEMS                                                                               \
    "SELECT job_id, refund_item.payment_id, refund_item.order_id, " STATE ","                      \
    " refund_item.amount, refund_item.next_at_ms, provider, currency FROM refund_item"             \
    " INNER JOIN payment ON payment.payment_id = refund_item.payment_id "

int refund_items(struct sql *sql, struct id job_id, uint32_t state, struct id after, size_t max,
                 struct arena *arena, struct refund_item **ret_items, size_t *ret_count,
                 int64_t deadline_ns)
{
    struct payments_list list = PAYMENTS_LIST(
        struct refund_item, read_item, arena, max,
        SELECT_ITEMS "WHERE job_id = ? AND refund_item.payment_id > ?"
                     " AND (" STATE " = ? OR ? = 0)"
                     " ORDER BY refund_item.payment_id LIMIT ?",
        sql_id(job_id), sql_id(after), sql_int(state), sql_int(state), sql_int((int64_t)max));
    return payments_list(sql, &list, ret_items, ret_count, deadline_ns);
}

int refund_items_due(struct sql *sql, struct view provider, int64_t now_ms, size_t max,
                     struct arena *arena, struct refund_item **ret_items, size_t *ret_count,
                     int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct refund_item, read_item, arena, max,
                      SELECT_ITEMS "WHERE refund_item.next_at_ms > 0"
                                   " AND refund_item.next_at_ms <= ? AND provider = ?"
                                   " ORDER BY refund_item.next_at_ms LIMIT ?",
                      sql_int(now_ms), sql_text(provider), sql_int((int64_t)max));
    return payments_list(sql, &list, ret_items, ret_count, deadline_ns);
}

struct item_job {
    struct sql_job job;
    const struct refund_item *item;
};

static int run_item(struct sql_job *base, struct sql_txn *txn)
{
    const struct refund_item *item = ((struct item_job *)base)->item;
    return sql_run(txn,
                   "UPDATE refund_item SET state = ?, next_at_ms = ? WHERE job_id = ?"
                   " AND payment_id = ?",
                   SQL(sql_int(item->state), sql_int(item->next_at_ms), sql_id(item->job_id),
                       sql_id(item->payment_id)),
                   NULL);
}

int refund_item_save(struct sql *sql, const struct refund_item *item, int64_t deadline_ns)
{
    struct item_job job = {.job.run = run_item, .item = item};
    return sql_write(sql, &job.job, deadline_ns);
}

int refund_jobs_running(struct sql *sql, struct arena *arena, struct refund_job **ret_jobs,
                        size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct refund_job, read_job, arena, PAYMENT_PAGE_MAX,
                      "SELECT " JOB_COLUMNS " FROM refund_job WHERE state = ? ORDER BY job_id",
                      sql_int(REFUND_JOB_RUNNING));
    return payments_list(sql, &list, ret_jobs, ret_count, deadline_ns);
}

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *put = (struct put_job *)base;
    const struct refund_job *job = put->begun;
    uint64_t added = 0;
    int64_t open = 0, left = 0;
    put->ended = false;
    int err = add_items(txn, job, put->now_ms, &added);
    if (err == 0)
        err = end_later(txn, job->performance_id, put->now_ms);
    if (err == 0)
        err = count_open(txn, job->performance_id, &open);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM refund_item WHERE job_id = ? AND state <= 2",
                          SQL(sql_id(job->job_id)), &left);
    if (err != 0 || open > 0 || left > 0)
        return err;
    put->ended = true;
    return sql_run(txn,
                   "UPDATE refund_job SET state = ?, running = NULL, finished_at_ms = ?"
                   " WHERE job_id = ?",
                   SQL(sql_int(REFUND_JOB_DONE), sql_int(put->now_ms), sql_id(job->job_id)), NULL);
}

int refund_job_end(struct sql *sql, const struct refund_job *job, int64_t now_ms, bool *ret_ended,
                   int64_t deadline_ns)
{
    struct put_job put = {.job.run = run_end, .begun = job, .now_ms = now_ms};
    int err = sql_write(sql, &put.job, deadline_ns);
    *ret_ended = err == 0 && put.ended;
    return err;
}
