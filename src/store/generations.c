#include "store/generations.h"

#include "err/err.h"
#include "store/hooks.h"
#include "token/ticket_ref.h"

static const struct sql_step steps[] = {
    {"generation",
     "CREATE TABLE generation (order_id {bytes} NOT NULL, seat {int} NOT NULL,"
     " performance_id {int} NOT NULL, generation {int} NOT NULL, changed_at_ms {int} NOT NULL,"
     " PRIMARY KEY (order_id, seat));"
     "CREATE INDEX generation_performance ON generation (performance_id, changed_at_ms)"},
    {"holder", "ALTER TABLE generation ADD COLUMN holder {text}"},
    /* Of what was moved before, only the last move is known: it is carried over. */
    {"moves",
     "CREATE TABLE generation_move (order_id {bytes} NOT NULL, seat {int} NOT NULL,"
     " generation {int} NOT NULL, performance_id {int} NOT NULL, moved_at_ms {int} NOT NULL,"
     " holder {text} NOT NULL, carried {bool} NOT NULL, PRIMARY KEY (order_id, seat, generation));"
     "CREATE INDEX generation_move_of ON generation_move (performance_id);"
     "INSERT INTO generation_move (order_id, seat, generation, performance_id, moved_at_ms, holder,"
     " carried) SELECT order_id, seat, generation, performance_id, changed_at_ms,"
     " coalesce(holder, ''), 1 FROM generation"},
};

int generations_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    const int err = read_only ? 0 : hooks_migrate(sql, false, now_ms);
    return err != 0 ? err
                    : sql_migrate(sql, "generations", steps, sizeof(steps) / sizeof(steps[0]),
                                  read_only, now_ms);
}

struct next_job {
    struct sql_job job;
    uint32_t performance_id, seat, from;
    struct id order_id;
    int64_t now_ms;
};

/* The present state of the ticket. */
static int move_row(struct sql_txn *txn, uint32_t performance_id, struct id order_id, uint32_t seat,
                    uint32_t from, struct view holder, int64_t now_ms)
{
    uint64_t changes = 0;
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

int generation_move(struct sql_txn *txn, uint32_t performance_id, struct id order_id, uint32_t seat,
                    uint32_t from, struct view holder, int64_t now_ms)
{
    assert(holder.len <= GENERATION_HOLDER_MAX);
    if (from >= TICKET_GENERATION_MAX)
        return ERR_FULL;
    int err = move_row(txn, performance_id, order_id, seat, from, holder, now_ms);
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO generation_move (order_id, seat, generation,"
                      " performance_id, moved_at_ms, holder, carried)"
                      " VALUES (?, ?, ?, ?, ?, ?, 0)",
                      SQL(sql_id(order_id), sql_int(seat), sql_int(from + 1),
                          sql_int(performance_id), sql_int(now_ms), sql_text(holder)),
                      NULL);
    const struct hook_event passed_on = {.type = HOOK_TICKET_PASSED_ON,
                                         .at_ms = now_ms,
                                         .performance_id = performance_id,
                                         .order_id = order_id,
                                         .seat = seat,
                                         .generation = from + 1};
    return err == 0 && holder.len > 0 ? hook_note(txn, &passed_on) : err;
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

/* ---- double entry ---- */

struct check_job {
    struct sql_job job;
    uint32_t performance_id;
    generation_fault *fault;
    void *state;
};

/* What a ticket's row says, and what its moves do. */
static const char states[] =
    "SELECT generation.order_id, generation.seat, generation.performance_id,"
    " max(generation.generation), count(generation_move.generation),"
    " coalesce(min(generation_move.generation), 0), coalesce(max(generation_move.generation), 0),"
    " coalesce(max(generation_move.carried), 0) FROM generation LEFT JOIN generation_move"
    " ON generation_move.order_id = generation.order_id"
    " AND generation_move.seat = generation.seat"
    " WHERE generation.performance_id = ? OR ? = 0"
    " GROUP BY generation.order_id, generation.seat, generation.performance_id";
/* A row that was not written with its last move. */
static const char apart[] =
    "SELECT generation.order_id, generation.seat, generation.performance_id FROM generation"
    " JOIN generation_move ON generation_move.order_id = generation.order_id"
    " AND generation_move.seat = generation.seat"
    " AND generation_move.generation = generation.generation"
    " WHERE (generation.performance_id = ? OR ? = 0)"
    " AND (generation_move.moved_at_ms <> generation.changed_at_ms"
    " OR generation_move.holder <> coalesce(generation.holder, '')"
    " OR generation_move.performance_id <> generation.performance_id)";
/* A move of a ticket that is not revoked. */
static const char strays[] =
    "SELECT generation_move.order_id, generation_move.seat, generation_move.performance_id"
    " FROM generation_move LEFT JOIN generation ON generation_move.order_id = generation.order_id"
    " AND generation_move.seat = generation.seat"
    " WHERE (generation_move.performance_id = ? OR ? = 0) AND generation.seat IS NULL";

static int each(const struct check_job *job, struct sql_txn *txn, const char *text,
                const char *what)
{
    const struct sql_value values[] = {sql_int(job->performance_id), sql_int(job->performance_id)};
    struct sql_rows *rows;
    int err = sql_query(txn, text, values, 2, &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct id order_id;
        err = sql_get_id(rows, 0, &order_id);
        const int64_t generation = what ? 0 : sql_get_int(rows, 3);
        const int64_t count = what ? 0 : sql_get_int(rows, 4);
        const int64_t first = what ? 0 : sql_get_int(rows, 5),
                      last = what ? 0 : sql_get_int(rows, 6);
        const bool carried = !what && sql_get_int(rows, 7) != 0;
        const bool wrong = what || last != generation || count != last - first + 1 || first < 1 ||
                           (first > 1 && !carried);
        if (err == 0 && wrong)
            job->fault(job->state, order_id, (uint32_t)sql_get_int(rows, 1),
                       (uint32_t)sql_get_int(rows, 2),
                       what ? what : "its generation is not what its moves make");
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

static int run_check(struct sql_job *base, struct sql_txn *txn)
{
    const struct check_job *job = (const struct check_job *)base;
    int err = each(job, txn, states, NULL);
    if (err == 0)
        err = each(job, txn, apart, "its revocation and its last move differ");
    return err == 0 ? each(job, txn, strays, "it was passed on and is not revoked") : err;
}

int generations_check(struct sql *sql, uint32_t performance_id, generation_fault *fault,
                      void *state, int64_t deadline_ns)
{
    struct check_job job = {
        .job.run = run_check, .performance_id = performance_id, .fault = fault, .state = state};
    return sql_read(sql, &job.job, deadline_ns);
}
