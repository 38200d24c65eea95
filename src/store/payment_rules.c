#include "store/payment_rules.h"

#include "err/err.h"

static const struct sql_step steps[] = {
    {"payment rules", "CREATE TABLE payment_rule (performance_id {int} NOT NULL,"
                      " payment_required {bool} NOT NULL, took_unpaid {bool} NOT NULL,"
                      " PRIMARY KEY (performance_id))"},
};

int payment_rules_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "payment_rules", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                       now_ms);
}

static int took_unpaid(struct sql_txn *txn, uint32_t performance_id, int64_t *ret_took)
{
    return sql_ask_int(txn, "SELECT took_unpaid FROM payment_rule WHERE performance_id = ?",
                       SQL(sql_int(performance_id)), ret_took);
}

int payment_rule_put(struct sql_txn *txn, uint32_t performance_id, bool payment_required)
{
    int64_t took = 0;
    int err = took_unpaid(txn, performance_id, &took);
    if (err == ERR_NOT_FOUND && !payment_required)
        return 0;
    if (err == ERR_NOT_FOUND) /* without a rule it took them, once anything happened to it */
        err = sql_ask_int(txn,
                          "SELECT count(*) FROM performance WHERE performance_id = ?"
                          " AND version > 0",
                          SQL(sql_int(performance_id)), &took);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM payment_rule WHERE performance_id = ?",
                      SQL(sql_int(performance_id)), NULL);
    return err == 0 ? sql_run(txn,
                              "INSERT INTO payment_rule (performance_id, payment_required,"
                              " took_unpaid) VALUES (?, ?, ?)",
                              SQL(sql_int(performance_id), sql_int(payment_required),
                                  sql_int(took != 0 || !payment_required)),
                              NULL)
                    : err;
}

struct took_job {
    struct sql_job job;
    uint32_t performance_id;
    int64_t took;
};

static int run_took(struct sql_job *base, struct sql_txn *txn)
{
    struct took_job *job = (struct took_job *)base;
    job->took = 1;
    const int err = took_unpaid(txn, job->performance_id, &job->took);
    return err == ERR_NOT_FOUND ? 0 : err;
}

int payment_rule_took_unpaid(struct sql *sql, uint32_t performance_id, bool *ret_took,
                             int64_t deadline_ns)
{
    struct took_job job = {.job.run = run_took, .performance_id = performance_id};
    const int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_took = job.took != 0;
    return err;
}
