#include "store/generations.h"

#include "err/err.h"
#include "token/ticket_ref.h"

static const struct sql_step steps[] = {
    {"generation",
     "CREATE TABLE generation (order_id {bytes} NOT NULL, seat {int} NOT NULL,"
     " performance_id {int} NOT NULL, generation {int} NOT NULL, changed_at_ms {int} NOT NULL,"
     " PRIMARY KEY (order_id, seat));"
     "CREATE INDEX generation_performance ON generation (performance_id, changed_at_ms)"},
    {"holder", "ALTER TABLE generation ADD COLUMN holder {text}"},
};

int generations_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "generations", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                       now_ms);
}

struct next_job {
    struct sql_job job;
    uint32_t performance_id, seat, from;
    struct id order_id;
    int64_t now_ms;
};

int generation_move(struct sql_txn *txn, uint32_t performance_id, struct id order_id, uint32_t seat,
                    uint32_t from, struct view holder, int64_t now_ms)
{
    uint64_t changes = 0;
    assert(holder.len <= GENERATION_HOLDER_MAX);
    if (from >= TICKET_GENERATION_MAX)
        return ERR_FULL;
    if (from == 0) /* the key refuses a second one */
        return sql_run(txn,
                       "INSERT INTO generation (order_id, seat, performance_id, generation,"
                       " changed_at_ms, holder) VALUES (?, ?, ?, 1, ?, ?)",
                       SQL(sql_id(order_id), sql_int(seat), sql_int(performance_id),
                           sql_int(now_ms), sql_text(holder)),
                       NULL);
    int err = sql_run(
        txn,
        "UPDATE generation SET generation = generation + 1, changed_at_ms = ?,"
        " holder = ? WHERE order_id = ? AND seat = ? AND generation = ?",
        SQL(sql_int(now_ms), sql_text(holder), sql_id(order_id), sql_int(seat), sql_int(from)),
        &changes);
    return err == 0 && changes == 0 ? ERR_CONFLICT : err;
}

static int run_next(struct sql_job *base, struct sql_txn *txn)
{
    const struct next_job *job = (const struct next_job *)base;
    return generation_move(txn, job->performance_id, job->order_id, job->seat, job->from,
                           VIEW_LIT(""), job->now_ms);
}

int generation_next(struct sql *sql, uint32_t performance_id, struct id order_id, uint32_t seat,
                    uint32_t from, int64_t now_ms, int64_t deadline_ns)
{
    struct next_job job = {.job.run = run_next,
                           .performance_id = performance_id,
                           .order_id = order_id,
                           .seat = seat,
                           .from = from,
                           .now_ms = now_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

struct list_job {
    struct sql_job job;
    uint32_t performance_id; /* 0: of an order */
    struct id order_id;
    struct arena *arena;
    struct generation *list;
    size_t count;
};

static int count_rows(const struct list_job *job, struct sql_txn *txn, int64_t *ret_count)
{
    return job->performance_id
               ? sql_ask_int(txn, "SELECT count(*) FROM generation WHERE performance_id = ?",
                             SQL(sql_int(job->performance_id)), ret_count)
               : sql_ask_int(txn, "SELECT count(*) FROM generation WHERE order_id = ?",
                             SQL(sql_id(job->order_id)), ret_count);
}

static const char of_performance[] = "SELECT order_id, seat, generation, holder FROM generation"
                                     " WHERE performance_id = ?"
                                     " ORDER BY changed_at_ms DESC LIMIT ?";
static const char of_order[] = "SELECT order_id, seat, generation, holder FROM generation"
                               " WHERE order_id = ? ORDER BY seat LIMIT ?";

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    const bool whole = job->performance_id != 0;
    const struct sql_value values[] = {whole ? sql_int(job->performance_id) : sql_id(job->order_id),
                                       sql_int(GENERATIONS_MAX)};
    struct sql_rows *rows;
    int64_t room = 0;
    int err = count_rows(job, txn, &room);
    job->count = 0;
    if (err == 0 && room > 0) {
        const size_t max = room < GENERATIONS_MAX ? (size_t)room : GENERATIONS_MAX;
        job->list = arena_alloc(job->arena, max * sizeof(*job->list));
        err = job->list ? sql_query(txn, whole ? of_performance : of_order, values, 2, &rows)
                        : ERR_NO_MEMORY;
        while (err == 0 && (err = sql_next(rows)) == 1) {
            struct generation *row = &job->list[job->count++];
            row->seat = (uint32_t)sql_get_int(rows, 1);
            row->generation = (uint32_t)sql_get_int(rows, 2);
            err = sql_get_copy(rows, 3, job->arena, &row->holder);
            if (err == 0)
                err = sql_get_id(rows, 0, &row->order_id);
            if (err != 0)
                sql_done(rows);
        }
    }
    return err;
}

static int list(struct sql *sql, struct list_job *job, struct generation **ret_list,
                size_t *ret_count, int64_t deadline_ns)
{
    job->job.run = run_list;
    int err = sql_read(sql, &job->job, deadline_ns);
    if (err == 0) {
        *ret_list = job->list;
        *ret_count = job->count;
    }
    return err;
}

int generations_of_order(struct sql *sql, struct id order_id, struct arena *arena,
                         struct generation **ret_list, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.order_id = order_id, .arena = arena};
    return list(sql, &job, ret_list, ret_count, deadline_ns);
}

int generations_of_performance(struct sql *sql, uint32_t performance_id, struct arena *arena,
                               struct generation **ret_list, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.performance_id = performance_id, .arena = arena};
    return list(sql, &job, ret_list, ret_count, deadline_ns);
}

uint32_t generation_in(const struct generation *list, size_t count, struct id order_id,
                       uint32_t seat)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].seat == seat && id_eq(list[i].order_id, order_id))
            return list[i].generation;
    }
    return 0;
}

struct view generation_holder_in(const struct generation *list, size_t count, struct id order_id,
                                 uint32_t seat)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].seat == seat && id_eq(list[i].order_id, order_id))
            return list[i].holder;
    }
    return (struct view){0};
}
