#include "store/ended_guests.h"

#include "err/err.h"

struct read_job {
    struct sql_job job;
    uint64_t after;
    int64_t since_ms;
    struct ended_guest *list; /* ENDED_GUESTS_PAGE */
    size_t count;
};

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(
        txn,
        "SELECT number, account_id, ended_at_ms FROM ended_guest"
        " WHERE number > ? AND ended_at_ms > ? ORDER BY number LIMIT ?",
        SQL(sql_int((int64_t)job->after), sql_int(job->since_ms), sql_int(ENDED_GUESTS_PAGE)),
        &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct ended_guest *row = &job->list[job->count++];
        row->number = (uint64_t)sql_get_int(rows, 0);
        row->ended_at_ms = sql_get_int(rows, 2);
        err = sql_get_id(rows, 1, &row->account_id);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int ended_guest_read(struct sql *sql, uint64_t after, int64_t since_ms, struct arena *arena,
                     struct ended_guest **ret_list, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job = {.run = run_read, .loose = true},
                           .after = after,
                           .since_ms = since_ms,
                           .list =
                               arena_alloc(arena, ENDED_GUESTS_PAGE * sizeof(struct ended_guest))};
    if (!job.list)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_list = job.list;
        *ret_count = job.count;
    }
    return err;
}

struct sweep_job {
    struct sql_job job;
    int64_t until_ms;
};

static int run_sweep(struct sql_job *base, struct sql_txn *txn)
{
    const struct sweep_job *job = (const struct sweep_job *)base;
    return sql_run(txn, "DELETE FROM ended_guest WHERE ended_at_ms <= ?",
                   SQL(sql_int(job->until_ms)), NULL);
}

int ended_guest_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns)
{
    struct sweep_job job = {.job.run = run_sweep, .until_ms = now_ms - ENDED_GUESTS_KEPT_MS};
    return sql_write(sql, &job.job, deadline_ns);
}

int ended_guest_add(struct sql_txn *txn, struct id account_id, int64_t now_ms)
{
    return sql_run(txn, "INSERT INTO ended_guest (account_id, ended_at_ms) VALUES (?, ?)",
                   SQL(sql_id(account_id), sql_int(now_ms)), NULL);
}

int ended_guest_has(struct sql_txn *txn, struct id account_id, bool *ret_has)
{
    int64_t count;
    int err = sql_ask_int(txn, "SELECT count(*) FROM ended_guest WHERE account_id = ?",
                          SQL(sql_id(account_id)), &count);
    if (err == 0)
        *ret_has = count > 0;
    return err;
}
