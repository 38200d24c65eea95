#include "db/faulty_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/sql_body.h"
#include "err/err.h"

#define OPEN_MAX_OF_TXN 8
#define ARENA_RUNS_MAX  200 /* of one job: then it gets all it wants */
#define STEP_FIRST      16  /* bytes: what an arena rounds to */

struct faulty {
    struct sql sql;
    struct sql *inner;
    struct arena *arena; /* NULL: none fails */
    uint64_t fail_at;    /* the statement, or the row, that fails; 0: none */
    uint64_t count;      /* statements and rows since the job began */
    bool trial;          /* whatever comes of the job is taken back */
    int result;          /* what the job itself ended with */
};

struct faulty_rows {
    struct sql_rows rows;
    struct sql_rows *inner; /* NULL: unused */
    struct faulty *faulty;
};

struct faulty_txn {
    struct sql_txn txn;
    struct sql_txn *inner;
    struct faulty *faulty;
    struct faulty_rows open[OPEN_MAX_OF_TXN];
};

/* Our job around the test's. */
struct faulty_job {
    struct sql_job job;
    struct sql_job *theirs;
    struct faulty *faulty;
};

static struct sql_ops faulty_ops; /* its types are the inner body's */

static bool fails(struct faulty *f)
{
    return ++f->count == f->fail_at;
}

/* ---- within a job ---- */

static int faulty_run(struct sql_txn *base, const char *text, const struct sql_value *values,
                      size_t count, uint64_t *ret_changes)
{
    struct faulty_txn *txn = (struct faulty_txn *)base;
    return fails(txn->faulty) ? ERR_IO : sql_run(txn->inner, text, values, count, ret_changes);
}

static int faulty_script(struct sql_txn *base, const char *text)
{
    struct faulty_txn *txn = (struct faulty_txn *)base;
    return txn->inner->ops->script(txn->inner, text);
}

static int64_t faulty_last_id(struct sql_txn *base)
{
    return sql_last_id(((struct faulty_txn *)base)->inner);
}

static int faulty_query(struct sql_txn *base, const char *text, const struct sql_value *values,
                        size_t count, struct sql_rows **ret_rows)
{
    struct faulty_txn *txn = (struct faulty_txn *)base;
    size_t i = 0;
    if (fails(txn->faulty))
        return ERR_IO;
    while (i < OPEN_MAX_OF_TXN && txn->open[i].inner)
        i++;
    assert(i < OPEN_MAX_OF_TXN);
    struct faulty_rows *rows = &txn->open[i];
    *rows = (struct faulty_rows){.rows.ops = &faulty_ops, .faulty = txn->faulty};
    const int err = sql_query(txn->inner, text, values, count, &rows->inner);
    if (err != 0)
        rows->inner = NULL;
    *ret_rows = &rows->rows;
    return err;
}

static void faulty_done(struct sql_rows *base)
{
    struct faulty_rows *rows = (struct faulty_rows *)base;
    if (rows->inner)
        sql_done(rows->inner);
    rows->inner = NULL;
}

static int faulty_next(struct sql_rows *base)
{
    struct faulty_rows *rows = (struct faulty_rows *)base;
    if (fails(rows->faulty)) {
        faulty_done(base);
        return ERR_IO;
    }
    const int err = sql_next(rows->inner);
    if (err != 1)
        rows->inner = NULL;
    return err;
}

static bool faulty_is_null(struct sql_rows *base, int column)
{
    return sql_is_null(((struct faulty_rows *)base)->inner, column);
}

static int64_t faulty_get_int(struct sql_rows *base, int column)
{
    return sql_get_int(((struct faulty_rows *)base)->inner, column);
}

static struct view faulty_get_view(struct sql_rows *base, int column)
{
    return sql_get_view(((struct faulty_rows *)base)->inner, column);
}

/* ---- jobs ---- */

static int run_theirs(struct sql_job *base, struct sql_txn *inner)
{
    struct faulty_job *job = (struct faulty_job *)base;
    struct faulty *f = job->faulty;
    struct faulty_txn txn = {
        .txn = {.ops = &faulty_ops, .asker = inner->asker}, .inner = inner, .faulty = f};
    f->count = 0;
    f->result = job->theirs->run(job->theirs, &txn.txn);
    for (size_t i = 0; i < OPEN_MAX_OF_TXN; i++)
        faulty_done(&txn.open[i].rows);
    return f->result == 0 && f->trial ? ERR_CANCELLED : f->result;
}

/* Once more with another statement failing, until the job ends before that one. */
static void fail_statements(struct faulty *f, struct faulty_job *job,
                            int (*hand_in)(struct sql *, struct sql_job *, int64_t))
{
    for (f->fail_at = 1;; f->fail_at++) {
        f->result = ERR_IO;
        f->count = f->fail_at;
        (void)hand_in(f->inner, &job->job, INT64_MAX);
        if (f->count < f->fail_at)
            break;
        if (f->result != ERR_IO) {
            fprintf(stderr, "faulty: statement %llu failed, and the job ended with %d\n",
                    (unsigned long long)f->fail_at, f->result);
            abort();
        }
    }
    f->fail_at = 0;
}

/* Once more with an arena that takes one allocation more, until the job has all it wants. */
static void fail_allocations(struct faulty *f, struct faulty_job *job,
                             int (*hand_in)(struct sql *, struct sql_job *, int64_t))
{
    struct arena *arena = f->arena;
    const size_t max = arena->max, used = arena->used;
    size_t budget = 0, before = SIZE_MAX, step = STEP_FIRST;
    for (int i = 0; i < ARENA_RUNS_MAX; i++) {
        const size_t began = arena->used;
        arena->max = began + budget;
        (void)hand_in(f->inner, &job->job, INT64_MAX);
        const size_t taken = arena->used - began;
        if (f->result != ERR_NO_MEMORY)
            break;
        step = taken == before ? 2 * step : STEP_FIRST;
        before = taken;
        budget = taken + step;
    }
    arena->max = max + (arena->used - used);
}

static int hand_in(struct sql *base, struct sql_job *theirs, int64_t deadline_ns,
                   int (*to)(struct sql *, struct sql_job *, int64_t))
{
    struct faulty *f = (struct faulty *)base;
    struct faulty_job job = {.job.run = run_theirs, .theirs = theirs, .faulty = f};
    f->trial = true;
    fail_statements(f, &job, to);
    if (f->arena)
        fail_allocations(f, &job, to);
    f->trial = false;
    return to(f->inner, &job.job, deadline_ns);
}

static int faulty_write(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    return hand_in(sql, job, deadline_ns, sql_write);
}

static int faulty_read(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    return hand_in(sql, job, deadline_ns, sql_read);
}

static void faulty_free(struct sql *base)
{
    struct faulty *f = (struct faulty *)base;
    sql_free(f->inner);
    free(f);
}

static struct sql_ops faulty_ops = {
    .name = "faulty",
    .free = faulty_free,
    .write = faulty_write,
    .read = faulty_read,
    .run = faulty_run,
    .script = faulty_script,
    .last_id = faulty_last_id,
    .query = faulty_query,
    .next = faulty_next,
    .done = faulty_done,
    .is_null = faulty_is_null,
    .get_int = faulty_get_int,
    .get_view = faulty_get_view,
};

int sql_faulty_new(struct arena *arena, struct sql **ret_sql)
{
    struct sql *inner;
    struct faulty *f = calloc(1, sizeof(*f));
    int err = f ? sql_inline_new(&inner) : ERR_NO_MEMORY;
    if (err != 0) {
        free(f);
        return err;
    }
    *f = (struct faulty){.sql.ops = &faulty_ops, .inner = inner, .arena = arena};
    faulty_ops.types = inner->ops->types;
    *ret_sql = &f->sql;
    return 0;
}
