#include "store/acts.h"

#include "err/err.h"
#include "mem/utf8.h"

#define ABOUT_MAX 200

/* The whole characters that fit. */
static struct view cut(struct view text)
{
    size_t len = 0;
    for (size_t n; len < text.len; len += n) {
        n = utf8_char(view_of(text.at + len, text.len - len));
        if (n == 0 || len + n > ABOUT_MAX)
            break;
    }
    return view_of(text.at, len);
}

int act_add(struct sql_txn *txn, const struct act *act)
{
    return sql_run(
        txn, "INSERT INTO act (at_ms, what, account_id, address, about) VALUES (?, ?, ?, ?, ?)",
        SQL(sql_int(act->at_ms), sql_text(act->what), sql_id(act->account_id),
            sql_text(act->address), sql_text(cut(act->about))),
        NULL);
}

struct put_job {
    struct sql_job job;
    const struct act *act;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    return act_add(txn, ((struct put_job *)base)->act);
}

int act_put(struct sql *sql, const struct act *act, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

struct list_job {
    struct sql_job job;
    uint64_t before_act_id;
    struct id account_id;
    size_t rows_max;
    struct arena *arena;
    struct act *acts;
    size_t count;
};

static int copy_row(struct sql_rows *rows, struct arena *arena, struct act *ret_act)
{
    *ret_act =
        (struct act){.act_id = (uint64_t)sql_get_int(rows, 0), .at_ms = sql_get_int(rows, 1)};
    int err = sql_get_copy(rows, 2, arena, &ret_act->what);
    if (err == 0)
        err = sql_get_id(rows, 3, &ret_act->account_id);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &ret_act->address);
    return err == 0 ? sql_get_copy(rows, 5, arena, &ret_act->about) : err;
}

#define COLUMNS "act_id, at_ms, what, account_id, address, about"

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    const struct sql_value before =
        sql_int(job->before_act_id ? (int64_t)job->before_act_id : INT64_MAX);
    const struct sql_value limit = sql_int((int64_t)job->rows_max);
    int err = id_is_zero(job->account_id)
                  ? sql_query(txn,
                              "SELECT " COLUMNS " FROM act WHERE act_id < ?"
                              " ORDER BY act_id DESC LIMIT ?",
                              SQL(before, limit), &rows)
                  : sql_query(txn,
                              "SELECT " COLUMNS " FROM act WHERE account_id = ? AND act_id < ?"
                              " ORDER BY act_id DESC LIMIT ?",
                              SQL(sql_id(job->account_id), before, limit), &rows);
    job->count = 0;
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->acts[job->count++]);
        if (err < 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

int act_list(struct sql *sql, uint64_t before_act_id, struct id account_id, size_t rows_max,
             struct arena *arena, struct act **ret_acts, size_t *ret_count, int64_t deadline_ns)
{
    if (rows_max > ACT_PAGE_MAX)
        rows_max = ACT_PAGE_MAX;
    struct list_job job = {
        .job.run = run_list,
        .before_act_id = before_act_id,
        .account_id = account_id,
        .rows_max = rows_max,
        .arena = arena,
        .acts = arena_alloc(arena, rows_max * sizeof(struct act)),
    };
    if (!job.acts)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_acts = job.acts;
        *ret_count = job.count;
    }
    return err;
}
