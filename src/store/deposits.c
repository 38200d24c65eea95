#include "store/deposits.h"

#include "err/err.h"

struct deposit_job {
    struct sql_job job;
    struct deposit deposit;
    int64_t at_ms;
    struct arena *arena;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct deposit *d = &((struct deposit_job *)base)->deposit;
    return sql_run(txn,
                   "INSERT INTO deposit (payment_id, bank, number, secret, account, cash,"
                   " cash_kind, cash_hint, forget_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   SQL(sql_id(d->payment_id), sql_text(d->bank), sql_text(d->number),
                       sql_text(d->secret), sql_bytes(d->account), sql_bytes(d->cash),
                       sql_int(d->cash_kind), sql_text(d->cash_hint), sql_int(d->forget_at_ms)),
                   NULL);
}

static bool fits(const struct deposit *d)
{
    return d->bank.len <= DEPOSIT_BANK_MAX && d->number.len <= DEPOSIT_NUMBER_MAX &&
           d->secret.len <= DEPOSIT_SECRET_MAX && d->account.len <= DEPOSIT_SEALED_MAX &&
           d->cash.len <= DEPOSIT_SEALED_MAX && d->cash_hint.len <= DEPOSIT_NUMBER_MAX;
}

int deposit_put(struct sql *sql, const struct deposit *deposit, int64_t deadline_ns)
{
    struct deposit_job job = {.job.run = run_put, .deposit = *deposit};
    return fits(deposit) ? sql_write(sql, &job.job, deadline_ns) : ERR_INVALID;
}

static int read_row(struct sql_rows *rows, struct arena *arena, struct deposit *d)
{
    struct view *const texts[] = {&d->bank,    &d->number, &d->secret,
                                  &d->account, &d->cash,   &d->cash_hint};
    int err = 0;
    for (int i = 0; err == 0 && i < 6; i++)
        err = sql_get_copy(rows, i, arena, texts[i]);
    d->cash_kind = (uint32_t)sql_get_int(rows, 6);
    d->forget_at_ms = sql_get_int(rows, 7);
    return err;
}

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct deposit_job *job = (struct deposit_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT bank, number, secret, account, cash, cash_hint, cash_kind,"
                        " forget_at_ms FROM deposit WHERE payment_id = ?",
                        SQL(sql_id(job->deposit.payment_id)), &rows);
    if (err != 0)
        return err;
    const int got = sql_next(rows);
    if (got != 1)
        return got == 0 ? ERR_NOT_FOUND : got;
    err = read_row(rows, job->arena, &job->deposit);
    sql_done(rows);
    return err;
}

int deposit_get(struct sql *sql, struct id payment_id, struct arena *arena,
                struct deposit *ret_deposit, int64_t deadline_ns)
{
    struct deposit_job job = {.job.run = run_get, .deposit.payment_id = payment_id, .arena = arena};
    const int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_deposit = job.deposit;
    return err;
}

static int run_told(struct sql_job *base, struct sql_txn *txn)
{
    const struct deposit *d = &((struct deposit_job *)base)->deposit;
    return sql_run(txn,
                   "UPDATE deposit SET bank = ?, number = ?, secret = ?, cash = ?"
                   " WHERE payment_id = ?",
                   SQL(sql_text(d->bank), sql_text(d->number), sql_text(d->secret),
                       sql_bytes((struct view){0}), sql_id(d->payment_id)),
                   NULL);
}

int deposit_told(struct sql *sql, struct id payment_id, struct view bank, struct view number,
                 struct view secret, int64_t deadline_ns)
{
    struct deposit_job job = {
        .job.run = run_told,
        .deposit = {.payment_id = payment_id, .bank = bank, .number = number, .secret = secret}};
    return fits(&job.deposit) ? sql_write(sql, &job.job, deadline_ns) : ERR_INVALID;
}

static int run_account(struct sql_job *base, struct sql_txn *txn)
{
    const struct deposit *d = &((struct deposit_job *)base)->deposit;
    return sql_run(txn, "UPDATE deposit SET account = ? WHERE payment_id = ?",
                   SQL(sql_bytes(d->account), sql_id(d->payment_id)), NULL);
}

int deposit_account(struct sql *sql, struct id payment_id, struct view sealed, int64_t deadline_ns)
{
    struct deposit_job job = {.job.run = run_account,
                              .deposit = {.payment_id = payment_id, .account = sealed}};
    return fits(&job.deposit) ? sql_write(sql, &job.job, deadline_ns) : ERR_INVALID;
}

static int run_forget(struct sql_job *base, struct sql_txn *txn)
{
    const struct deposit_job *job = (struct deposit_job *)base;
    return sql_run(
        txn, "UPDATE deposit SET forget_at_ms = ? WHERE payment_id = ? AND forget_at_ms > ?",
        SQL(sql_int(job->at_ms), sql_id(job->deposit.payment_id), sql_int(job->at_ms)), NULL);
}

int deposit_forget(struct sql *sql, struct id payment_id, int64_t at_ms, int64_t deadline_ns)
{
    struct deposit_job job = {
        .job.run = run_forget, .deposit.payment_id = payment_id, .at_ms = at_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

/* A row that is swept is not looked at again. */
static int run_sweep(struct sql_job *base, struct sql_txn *txn)
{
    return sql_run(txn,
                   "UPDATE deposit SET account = ?, cash = ?, forget_at_ms = 0"
                   " WHERE forget_at_ms > 0 AND forget_at_ms <= ?",
                   SQL(sql_bytes((struct view){0}), sql_bytes((struct view){0}),
                       sql_int(((struct deposit_job *)base)->at_ms)),
                   NULL);
}

int deposits_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns)
{
    struct deposit_job job = {.job.run = run_sweep, .at_ms = now_ms};
    return sql_write(sql, &job.job, deadline_ns);
}
