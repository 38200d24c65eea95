#include "store/kept.h"

#include "err/err.h"
#include "store/persons.h"
#include "store/reminders.h"

/* ---- leaving ---- */

struct delete_job {
    struct sql_job job;
    const struct account_leaving *leaving;
};

/* ERR_BUSY where an organiser would have no owner. */
static int check_owned(struct sql_txn *txn, const struct account_leaving *l)
{
    int64_t alone;
    int err = sql_ask_int(
        txn,
        "SELECT count(*) FROM member m WHERE m.account_id = ? AND m.roles = ?"
        " AND NOT EXISTS (SELECT 1 FROM member o"
        " WHERE o.organiser_id = m.organiser_id AND o.roles = ?"
        " AND o.email <> m.email AND o.account_id IS NOT NULL)",
        SQL(sql_id(l->account_id), sql_int(l->owner_role), sql_int(l->owner_role)), &alone);
    return err < 0 ? err : alone ? ERR_BUSY : 0;
}

static int check_contacts(struct sql_txn *txn, const struct account_leaving *l)
{
    int64_t count;
    int err = sql_ask_int(txn, "SELECT count(*) FROM contact WHERE account_id = ? AND ordered = 1",
                          SQL(sql_id(l->account_id)), &count);
    return err < 0 ? err : (size_t)count + 1 != l->kept_count ? ERR_CONFLICT : 0;
}

static int keep(struct sql_txn *txn, const struct account_leaving *l)
{
    const int64_t now_ms = l->act->at_ms;
    int err = 0;
    for (size_t i = 0; err == 0 && i < l->kept_count; i++) {
        assert(l->kept[i].sealed.len <= KEPT_BYTES_MAX);
        err = sql_run(txn,
                      "INSERT INTO kept (account_id, kind, sealed, kept_at_ms, ends_at_ms)"
                      " VALUES (?, ?, ?, ?, ?)",
                      SQL(sql_id(l->account_id), sql_text(l->kept[i].kind),
                          sql_bytes(l->kept[i].sealed), sql_int(now_ms), sql_int(now_ms + KEPT_MS)),
                      NULL);
    }
    return err;
}

/* What names the person, in order: the address is looked up in the account, which goes last. Whom
 * a failed sign-in was for is a name too. */
static int forget(struct sql_txn *txn, struct id account_id)
{
#define ADDRESS "(SELECT email FROM account WHERE account_id = ?)"
    const struct sql_value id = sql_id(account_id);
    int err = session_end_others(txn, account_id, (struct id){0});
    if (err == 0)
        err = sql_run(txn, "DELETE FROM member WHERE account_id = ?", SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM external WHERE account_id = ?", SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM consent WHERE account_id = ?", SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM contact WHERE account_id = ?", SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM order_note WHERE account_id = ?", SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM wish_contact WHERE account_id = ?", SQL(id), NULL);
    if (err == 0)
        err = person_forget(txn, account_id);
    if (err == 0)
        err = reminder_forget(txn, account_id);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM proof WHERE email IN " ADDRESS, SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM mail WHERE recipient IN " ADDRESS, SQL(id), NULL);
    return err == 0
               ? sql_run(txn, "UPDATE act SET about = '' WHERE about IN " ADDRESS, SQL(id), NULL)
               : err;
}

static int run_delete(struct sql_job *base, struct sql_txn *txn)
{
    const struct account_leaving *l = ((struct delete_job *)base)->leaving;
    uint64_t changes = 0;
    int err = check_owned(txn, l);
    if (err == 0)
        err = check_contacts(txn, l);
    if (err == 0)
        err = keep(txn, l);
    if (err == 0)
        err = forget(txn, l->account_id);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM account WHERE account_id = ?", SQL(sql_id(l->account_id)),
                      &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    return err == 0 ? act_add(txn, l->act) : err;
}

int account_delete(struct sql *sql, const struct account_leaving *leaving, int64_t deadline_ns)
{
    struct delete_job job = {.job.run = run_delete, .leaving = leaving};
    assert(leaving->kept_count >= 1 && leaving->kept_count <= KEPT_ROWS_MAX);
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- what is kept ---- */

struct open_job {
    struct sql_job job;
    struct id account_id;
    const struct act *act;
    struct arena *arena;
    struct kept *kept;
    size_t count;
};

static int copy_row(struct sql_rows *rows, struct arena *arena, struct kept *kept)
{
    int err = sql_get_copy(rows, 0, arena, &kept->kind);
    kept->kept_at_ms = sql_get_int(rows, 2);
    kept->ends_at_ms = sql_get_int(rows, 3);
    return err == 0 ? sql_get_copy(rows, 1, arena, &kept->sealed) : err;
}

static int run_open(struct sql_job *base, struct sql_txn *txn)
{
    struct open_job *job = (struct open_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(
        txn,
        "SELECT kind, sealed, kept_at_ms, ends_at_ms FROM kept"
        " WHERE account_id = ? AND ends_at_ms > ? ORDER BY kept_id LIMIT ?",
        SQL(sql_id(job->account_id), sql_int(job->act->at_ms), sql_int(KEPT_ROWS_MAX)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->kept[job->count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err == 0 ? act_add(txn, job->act) : err;
}

int kept_open(struct sql *sql, struct id account_id, const struct act *act, struct arena *arena,
              struct kept **ret_kept, size_t *ret_count, int64_t deadline_ns)
{
    struct open_job job = {
        .job.run = run_open, .account_id = account_id, .act = act, .arena = arena};
    job.kept = arena_alloc(arena, KEPT_ROWS_MAX * sizeof(*job.kept));
    if (!job.kept)
        return ERR_NO_MEMORY;
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_kept = job.kept;
        *ret_count = job.count;
    }
    return err;
}

struct sweep_job {
    struct sql_job job;
    int64_t now_ms;
};

static int run_sweep(struct sql_job *base, struct sql_txn *txn)
{
    return sql_run(txn, "DELETE FROM kept WHERE ends_at_ms <= ?",
                   SQL(sql_int(((struct sweep_job *)base)->now_ms)), NULL);
}

int kept_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns)
{
    struct sweep_job job = {.job.run = run_sweep, .now_ms = now_ms};
    return sql_write(sql, &job.job, deadline_ns);
}
