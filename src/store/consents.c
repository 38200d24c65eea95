#include "store/consents.h"

#include "err/err.h"

int consent_add(struct sql_txn *txn, struct id account_id, const struct consent *consent)
{
    int64_t known;
    assert(consent->version.len <= CONSENT_VERSION_MAX);
    int err = sql_ask_int(
        txn, "SELECT count(*) FROM consent WHERE account_id = ? AND what = ? AND version = ?",
        SQL(sql_id(account_id), sql_text(consent->what), sql_text(consent->version)), &known);
    if (err < 0 || known > 0)
        return err;
    return sql_run(txn,
                   "INSERT INTO consent (account_id, what, version, at_ms, address)"
                   " VALUES (?, ?, ?, ?, ?)",
                   SQL(sql_id(account_id), sql_text(consent->what), sql_text(consent->version),
                       sql_int(consent->at_ms), sql_text(consent->address)),
                   NULL);
}

struct list_job {
    struct sql_job job;
    struct id account_id;
    struct arena *arena;
    struct consent *consents;
    size_t count;
};

static int copy_row(struct sql_rows *rows, struct arena *arena, struct consent *consent)
{
    int err = sql_get_copy(rows, 0, arena, &consent->what);
    if (err == 0)
        err = sql_get_copy(rows, 1, arena, &consent->version);
    consent->at_ms = sql_get_int(rows, 2);
    return err == 0 ? sql_get_copy(rows, 3, arena, &consent->address) : err;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT what, version, at_ms, address FROM consent WHERE account_id = ?"
                        " ORDER BY at_ms, what LIMIT ?",
                        SQL(sql_id(job->account_id), sql_int(CONSENTS_MAX)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->consents[job->count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

int consent_list(struct sql *sql, struct id account_id, struct arena *arena,
                 struct consent **ret_consents, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.job.run = run_list, .account_id = account_id, .arena = arena};
    job.consents = arena_alloc(arena, CONSENTS_MAX * sizeof(*job.consents));
    if (!job.consents)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_consents = job.consents;
        *ret_count = job.count;
    }
    return err;
}
