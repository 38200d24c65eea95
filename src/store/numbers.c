#include "store/numbers.h"

#include "err/err.h"
#include "sale/order_number.h"

struct find_job {
    struct sql_job job;
    struct view number;
    size_t max;
    struct id *ids;
    size_t count;
};

static bool has(const struct find_job *job, struct id id)
{
    for (size_t i = 0; i < job->count; i++) {
        if (id_eq(job->ids[i], id))
            return true;
    }
    return false;
}

static int look(struct find_job *job, struct sql_txn *txn, const char *text)
{
    char number[ORDER_NUMBER_CHARS + 1];
    struct sql_rows *rows;
    struct id id;
    int got = 0;
    int err = sql_query(txn, text, SQL(sql_int(NUMBERS_MAX)), &rows);
    if (err != 0)
        return err;
    while (err == 0 && job->count < job->max && (got = sql_next(rows)) == 1) {
        err = sql_get_id(rows, 0, &id);
        order_number_write(id, number);
        if (err == 0 && view_eq(view_str(number), job->number) && !has(job, id))
            job->ids[job->count++] = id;
    }
    if (err != 0 || job->count == job->max)
        sql_done(rows);
    return err != 0 ? err : got < 0 ? got : 0;
}

static int run_find(struct sql_job *base, struct sql_txn *txn)
{
    struct find_job *job = (struct find_job *)base;
    job->count = 0;
    int err = look(job, txn, "SELECT order_id FROM orders ORDER BY order_no DESC LIMIT ?");
    return err == 0 ? look(job, txn, "SELECT hold_id FROM payment ORDER BY payment_id DESC LIMIT ?")
                    : err;
}

int numbers_find(struct sql *sql, struct view number, size_t max, struct arena *arena,
                 struct id **ret_ids, size_t *ret_count, int64_t deadline_ns)
{
    struct find_job job = {.job.run = run_find,
                           .number = number,
                           .max = max,
                           .ids = arena_alloc(arena, max * sizeof(*job.ids))};
    int err = job.ids ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_ids = job.ids;
        *ret_count = job.count;
    }
    return err;
}
