#include "store/externals.h"

#include "err/err.h"

/* ---- reading ---- */

struct find_job {
    struct sql_job job;
    struct view provider, subject;
    struct arena *arena;
    struct account account;
};

/* Whose the subject is; zero: nobody's. */
static int find_owner(struct sql_txn *txn, struct view provider, struct view subject,
                      struct id *ret_account_id)
{
    struct sql_rows *rows;
    *ret_account_id = (struct id){0};
    int err = sql_query(txn, "SELECT account_id FROM external WHERE provider = ? AND subject = ?",
                        SQL(sql_text(provider), sql_text(subject)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err;
    err = sql_get_id(rows, 0, ret_account_id);
    sql_done(rows);
    return err;
}

static int run_find(struct sql_job *base, struct sql_txn *txn)
{
    struct find_job *job = (struct find_job *)base;
    struct id account_id;
    int err = find_owner(txn, job->provider, job->subject, &account_id);
    if (err == 0 && id_is_zero(account_id))
        err = ERR_NOT_FOUND;
    return err == 0 ? account_read(txn, account_id, job->arena, &job->account) : err;
}

int external_find(struct sql *sql, struct view provider, struct view subject, struct arena *arena,
                  struct account *ret_account, int64_t deadline_ns)
{
    struct find_job job = {
        .job.run = run_find, .provider = provider, .subject = subject, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_account = job.account;
    return err;
}

struct list_job {
    struct sql_job job;
    struct id account_id;
    struct arena *arena;
    struct external *externals;
    size_t count;
};

static int copy_row(struct sql_rows *rows, struct arena *arena, struct external *external)
{
    int err = sql_get_copy(rows, 0, arena, &external->provider);
    if (err == 0)
        err = sql_get_copy(rows, 1, arena, &external->subject);
    if (err == 0)
        err = sql_get_copy(rows, 2, arena, &external->email);
    external->linked_at_ms = sql_get_int(rows, 3);
    return err;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT provider, subject, email, linked_at_ms FROM external"
                        " WHERE account_id = ? ORDER BY provider, subject LIMIT ?",
                        SQL(sql_id(job->account_id), sql_int(EXTERNALS_MAX)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->externals[job->count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

int external_list(struct sql *sql, struct id account_id, struct arena *arena,
                  struct external **ret_externals, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.job.run = run_list,
                           .account_id = account_id,
                           .arena = arena,
                           .externals =
                               arena_alloc(arena, EXTERNALS_MAX * sizeof(struct external))};
    if (!job.externals)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_externals = job.externals;
        *ret_count = job.count;
    }
    return err;
}

/* ---- writing ---- */

int external_add(struct sql_txn *txn, struct id account_id, const struct external *external)
{
    struct id owner;
    int64_t count;
    assert(external->provider.len <= EXTERNAL_PROVIDER_MAX &&
           external->subject.len <= EXTERNAL_SUBJECT_MAX &&
           external->email.len <= ACCOUNT_EMAIL_MAX);
    int err = find_owner(txn, external->provider, external->subject, &owner);
    if (err < 0 || id_eq(owner, account_id))
        return err;
    if (!id_is_zero(owner))
        return ERR_CONFLICT;
    err = sql_ask_int(txn, "SELECT count(*) FROM external WHERE account_id = ?",
                      SQL(sql_id(account_id)), &count);
    if (err == 0 && count >= EXTERNALS_MAX)
        err = ERR_FULL;
    return err == 0 ? sql_run(txn,
                              "INSERT INTO external (provider, subject, account_id, email,"
                              " linked_at_ms) VALUES (?, ?, ?, ?, ?)",
                              SQL(sql_text(external->provider), sql_text(external->subject),
                                  sql_id(account_id), sql_text(external->email),
                                  sql_int(external->linked_at_ms)),
                              NULL)
                    : err;
}

struct change_job {
    struct sql_job job;
    struct id account_id;
    const struct external *external; /* to be linked; NULL: */
    struct view provider;            /* to be unlinked */
    const struct act *act;
};

static int run_link(struct sql_job *base, struct sql_txn *txn)
{
    struct change_job *job = (struct change_job *)base;
    int64_t there;
    int err = sql_ask_int(txn, "SELECT count(*) FROM account WHERE account_id = ?",
                          SQL(sql_id(job->account_id)), &there);
    if (err == 0 && there == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = external_add(txn, job->account_id, job->external);
    return err == 0 ? act_add(txn, job->act) : err;
}

int external_link(struct sql *sql, struct id account_id, const struct external *external,
                  const struct act *act, int64_t deadline_ns)
{
    struct change_job job = {
        .job.run = run_link, .account_id = account_id, .external = external, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_unlink(struct sql_job *base, struct sql_txn *txn)
{
    struct change_job *job = (struct change_job *)base;
    uint64_t changes;
    int err = sql_run(txn, "DELETE FROM external WHERE account_id = ? AND provider = ?",
                      SQL(sql_id(job->account_id), sql_text(job->provider)), &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    return err == 0 ? act_add(txn, job->act) : err;
}

int external_unlink(struct sql *sql, struct id account_id, struct view provider,
                    const struct act *act, int64_t deadline_ns)
{
    struct change_job job = {
        .job.run = run_unlink, .account_id = account_id, .provider = provider, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}
