#include "store/hall_owners.h"

#include <string.h>

#include "err/err.h"

#define FIRST_ORGANISER 1

static const struct sql_step steps[] = {
    {"hall_owner", "CREATE TABLE hall_owner (hall_id {int} NOT NULL, organiser_id {int} NOT NULL,"
                   " PRIMARY KEY (hall_id, organiser_id))"},
};

int hall_owners_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "hall_owners", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                       now_ms);
}

struct owner_job {
    struct sql_job job;
    uint32_t hall_id;
    uint32_t organiser_id;
    bool *has; /* of a list */
};

static int run_add(struct sql_job *base, struct sql_txn *txn)
{
    struct owner_job *job = (struct owner_job *)base;
    int64_t there;
    int err =
        sql_ask_int(txn, "SELECT count(*) FROM hall_owner WHERE hall_id = ? AND organiser_id = ?",
                    SQL(sql_int(job->hall_id), sql_int(job->organiser_id)), &there);
    if (err < 0 || there > 0)
        return err;
    err = sql_run(txn, "INSERT INTO hall_owner (hall_id, organiser_id) VALUES (?, ?)",
                  SQL(sql_int(job->hall_id), sql_int(job->organiser_id)), NULL);
    return err == ERR_CONFLICT ? 0 : err; /* another server was faster */
}

int hall_owner_add(struct sql *sql, uint32_t hall_id, uint32_t organiser_id, int64_t deadline_ns)
{
    struct owner_job job = {.job.run = run_add, .hall_id = hall_id, .organiser_id = organiser_id};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct owner_job *job = (struct owner_job *)base;
    bool owned[STORE_HALLS_MAX + 1] = {false};
    struct sql_rows *rows;
    int more;
    memset(job->has, 0, (STORE_HALLS_MAX + 1) * sizeof(bool));
    int err = sql_query(txn, "SELECT hall_id, organiser_id FROM hall_owner", SQL_NONE, &rows);
    if (err < 0)
        return err;
    while ((more = sql_next(rows)) == 1) {
        const int64_t hall_id = sql_get_int(rows, 0);
        if (hall_id < 1 || hall_id > STORE_HALLS_MAX)
            continue;
        owned[hall_id] = true;
        job->has[hall_id] |= sql_get_int(rows, 1) == job->organiser_id;
    }
    for (int i = 1; i <= STORE_HALLS_MAX && job->organiser_id == FIRST_ORGANISER; i++)
        job->has[i] |= !owned[i];
    return more;
}

int hall_owner_list(struct sql *sql, uint32_t organiser_id, bool ret_has[STORE_HALLS_MAX + 1],
                    int64_t deadline_ns)
{
    struct owner_job job = {.job.run = run_list, .organiser_id = organiser_id, .has = ret_has};
    return sql_read(sql, &job.job, deadline_ns);
}
