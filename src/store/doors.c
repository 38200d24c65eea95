#include "store/doors.h"

#include "err/err.h"
#include "store/payments_watch.h"

static const struct sql_step steps[] = {
    {"blocks and entry",
     "CREATE TABLE door_block (order_id {bytes} NOT NULL, seat {int} NOT NULL,"
     " performance_id {int} NOT NULL, reason {text} NOT NULL, created_at_ms {int} NOT NULL,"
     " PRIMARY KEY (order_id, seat));"
     "CREATE INDEX door_block_of ON door_block (performance_id, created_at_ms);"
     "CREATE TABLE door_entry (performance_id {int} NOT NULL PRIMARY KEY,"
     " early_minutes {int} NOT NULL, late_minutes {int} NOT NULL)"},
};

int doors_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "doors", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

/* ---- reading ---- */

struct read_job {
    struct sql_job job;
    uint32_t performance_id;
    const struct id *order_ids;
    size_t order_count, skip, max;
    struct arena *arena;
    struct door_said said;
};

static int read_entry(struct sql_txn *txn, uint32_t performance_id, struct entry_rule *ret_rule)
{
    struct sql_rows *rows;
    *ret_rule = entry_rule_default();
    int err = sql_query(
        txn, "SELECT early_minutes, late_minutes FROM door_entry WHERE performance_id = ?",
        SQL(sql_int(performance_id)), &rows);
    if (err != 0 || (err = sql_next(rows)) != 1)
        return err;
    *ret_rule = (struct entry_rule){.said = true,
                                    .early_minutes = (uint32_t)sql_get_int(rows, 0),
                                    .late_minutes = (uint32_t)sql_get_int(rows, 1)};
    sql_done(rows);
    return 0;
}

/* Columns: order, seat, reason, time, performance. */
static int take_blocks(struct read_job *job, struct sql_rows *rows)
{
    int more = 0, err = 0;
    while (err == 0 && (more = sql_next(rows)) == 1) {
        struct door_block *block = &job->said.blocks[job->said.block_count++];
        *block = (struct door_block){.seat = (uint32_t)sql_get_int(rows, 1),
                                     .created_at_ms = sql_get_int(rows, 3),
                                     .performance_id = (uint32_t)sql_get_int(rows, 4)};
        err = sql_get_id(rows, 0, &block->order_id);
        if (err == 0)
            err = sql_get_copy(rows, 2, job->arena, &block->reason);
        if (err != 0)
            sql_done(rows);
    }
    return err != 0 ? err : more;
}

static int read_blocks(struct read_job *job, struct sql_txn *txn, struct id order_id)
{
    struct sql_rows *rows;
    int64_t count;
    int err = sql_ask_int(txn, "SELECT count(*) FROM door_block WHERE order_id = ?",
                          SQL(sql_id(order_id)), &count);
    if (err != 0 || count == 0)
        return err;
    const size_t room = job->said.block_count + (size_t)count;
    struct door_block *grown = arena_alloc(job->arena, room * sizeof(*grown));
    if (!grown)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < job->said.block_count; i++)
        grown[i] = job->said.blocks[i];
    job->said.blocks = grown;
    err = sql_query(txn,
                    "SELECT order_id, seat, reason, created_at_ms, performance_id FROM door_block"
                    " WHERE order_id = ? ORDER BY seat LIMIT ?",
                    SQL(sql_id(order_id), sql_int(count)), &rows);
    return err == 0 ? take_blocks(job, rows) : err;
}

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    job->said.block_count = job->said.unpaid_count = 0;
    int err = read_entry(txn, job->performance_id, &job->said.entry);
    for (size_t i = 0; err == 0 && i < job->order_count; i++) {
        bool unpaid = false;
        err = read_blocks(job, txn, job->order_ids[i]);
        if (err == 0)
            err = payment_is_missing(txn, job->order_ids[i], &unpaid);
        if (unpaid)
            job->said.unpaid[job->said.unpaid_count++] = job->order_ids[i];
    }
    return err;
}

int doors_read(struct sql *sql, uint32_t performance_id, const struct id *order_ids,
               size_t order_count, struct arena *arena, struct door_said *ret_said,
               int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_read,
                           .performance_id = performance_id,
                           .order_ids = order_ids,
                           .order_count = order_count,
                           .arena = arena};
    job.said.unpaid = arena_alloc(arena, (order_count + 1) * sizeof(*job.said.unpaid));
    if (!job.said.unpaid)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_said = job.said;
    return err;
}

const struct door_block *door_block_in(const struct door_said *said, struct id order_id,
                                       uint32_t seat)
{
    for (size_t i = 0; i < said->block_count; i++) {
        if (said->blocks[i].seat == seat && id_eq(said->blocks[i].order_id, order_id))
            return &said->blocks[i];
    }
    return NULL;
}

bool door_unpaid_in(const struct door_said *said, struct id order_id)
{
    for (size_t i = 0; i < said->unpaid_count; i++) {
        if (id_eq(said->unpaid[i], order_id))
            return true;
    }
    return false;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    const struct sql_value performance = sql_int(job->performance_id);
    struct sql_rows *rows;
    job->said.block_count = 0;
    int err = sql_query(
        txn,
        "SELECT order_id, seat, reason, created_at_ms, performance_id FROM door_block"
        " WHERE performance_id = ? OR ? = 0"
        " ORDER BY created_at_ms DESC, order_id, seat LIMIT ? OFFSET ?",
        SQL(performance, performance, sql_int(DOOR_BLOCKS_PAGE), sql_int((int64_t)job->skip)),
        &rows);
    return err == 0 ? take_blocks(job, rows) : err;
}

int doors_blocked(struct sql *sql, uint32_t performance_id, size_t skip, struct arena *arena,
                  struct door_block **ret_blocks, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {
        .job.run = run_list, .performance_id = performance_id, .skip = skip, .arena = arena};
    job.said.blocks = arena_alloc(arena, DOOR_BLOCKS_PAGE * sizeof(*job.said.blocks));
    if (!job.said.blocks)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_blocks = job.said.blocks;
        *ret_count = job.said.block_count;
    }
    return err;
}

/* ---- writing ---- */

struct write_job {
    struct sql_job job;
    uint32_t performance_id;
    const struct door_block *blocks;
    struct id order_id;
    const uint32_t *seats;
    size_t count;
    const struct entry_rule *rule;
    const struct act *act;
};

static int put_block(struct sql_txn *txn, uint32_t performance_id, const struct door_block *block)
{
    const struct sql_value order = sql_id(block->order_id), seat = sql_int(block->seat);
    int64_t there;
    int err = sql_ask_int(txn, "SELECT count(*) FROM door_block WHERE order_id = ? AND seat = ?",
                          SQL(order, seat), &there);
    if (err == 0 && there > 0)
        return sql_run(txn, "UPDATE door_block SET reason = ? WHERE order_id = ? AND seat = ?",
                       SQL(sql_text(block->reason), order, seat), NULL);
    return err == 0
               ? sql_run_first(txn,
                               "INSERT INTO door_block (order_id, seat, performance_id, reason,"
                               " created_at_ms) VALUES (?, ?, ?, ?, ?)",
                               SQL(order, seat, sql_int(performance_id), sql_text(block->reason),
                                   sql_int(block->created_at_ms)))
               : err;
}

static int run_block(struct sql_job *base, struct sql_txn *txn)
{
    const struct write_job *job = (const struct write_job *)base;
    int64_t count = 0;
    int err = 0;
    for (size_t i = 0; err == 0 && i < job->count; i++)
        err = put_block(txn, job->performance_id, &job->blocks[i]);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM door_block WHERE performance_id = ?",
                          SQL(sql_int(job->performance_id)), &count);
    if (err == 0 && count > DOOR_BLOCKS_MAX)
        err = ERR_FULL;
    return err == 0 ? act_add(txn, job->act) : err;
}

int doors_block(struct sql *sql, uint32_t performance_id, const struct door_block *blocks,
                size_t count, const struct act *act, int64_t deadline_ns)
{
    struct write_job job = {.job.run = run_block,
                            .performance_id = performance_id,
                            .blocks = blocks,
                            .count = count,
                            .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_unblock(struct sql_job *base, struct sql_txn *txn)
{
    const struct write_job *job = (const struct write_job *)base;
    const struct sql_value order = sql_id(job->order_id);
    int err = 0;
    if (job->count == 0)
        err = sql_run(txn, "DELETE FROM door_block WHERE order_id = ?", SQL(order), NULL);
    for (size_t i = 0; err == 0 && i < job->count; i++)
        err = sql_run(txn, "DELETE FROM door_block WHERE order_id = ? AND seat = ?",
                      SQL(order, sql_int(job->seats[i])), NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int doors_unblock(struct sql *sql, struct id order_id, const uint32_t *seats, size_t seat_count,
                  const struct act *act, int64_t deadline_ns)
{
    struct write_job job = {.job.run = run_unblock,
                            .order_id = order_id,
                            .seats = seats,
                            .count = seat_count,
                            .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_entry(struct sql_job *base, struct sql_txn *txn)
{
    const struct write_job *job = (const struct write_job *)base;
    const struct sql_value performance = sql_int(job->performance_id);
    int err =
        sql_run(txn, "DELETE FROM door_entry WHERE performance_id = ?", SQL(performance), NULL);
    if (err == 0)
        err = sql_run(
            txn,
            "INSERT INTO door_entry (performance_id, early_minutes, late_minutes)"
            " VALUES (?, ?, ?)",
            SQL(performance, sql_int(job->rule->early_minutes), sql_int(job->rule->late_minutes)),
            NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int doors_set_entry(struct sql *sql, uint32_t performance_id, const struct entry_rule *rule,
                    const struct act *act, int64_t deadline_ns)
{
    struct write_job job = {
        .job.run = run_entry, .performance_id = performance_id, .rule = rule, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}
