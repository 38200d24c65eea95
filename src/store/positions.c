#include "store/positions.h"

#include "err/err.h"

static const struct sql_step steps[] = {
    {"position",
     "CREATE TABLE position (reader {text} NOT NULL PRIMARY KEY, position {int} NOT NULL)"},
};

int positions_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "positions", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                       now_ms);
}

struct get_job {
    struct sql_job job;
    struct view reader;
    int64_t position;
};

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct get_job *job = (struct get_job *)base;
    int err = sql_ask_int(txn, "SELECT position FROM position WHERE reader = ?",
                          SQL(sql_text(job->reader)), &job->position);
    if (err == ERR_NOT_FOUND)
        job->position = 0;
    return err == ERR_NOT_FOUND ? 0 : err;
}

int position_get(struct sql *sql, struct view reader, uint64_t *ret_position, int64_t deadline_ns)
{
    struct get_job job = {.job = {.run = run_get, .loose = true}, .reader = reader};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_position = (uint64_t)job.position;
    return err;
}

int position_move(struct sql_txn *txn, struct view reader, uint64_t from, uint64_t to)
{
    uint64_t changes = 0;
    assert(to > from);
    if (from == 0) /* the key refuses a second one */
        return sql_run(txn, "INSERT INTO position (reader, position) VALUES (?, ?)",
                       SQL(sql_text(reader), sql_int((int64_t)to)), NULL);
    int err =
        sql_run(txn, "UPDATE position SET position = ? WHERE reader = ? AND position = ?",
                SQL(sql_int((int64_t)to), sql_text(reader), sql_int((int64_t)from)), &changes);
    return err == 0 && changes == 0 ? ERR_CONFLICT : err;
}
