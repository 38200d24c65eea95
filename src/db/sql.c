#include "db/sql.h"

#include <assert.h>
#include <stdio.h>

#include "clock/clock.h"
#include "codec/sha256.h"
#include "db/sql_body.h"
#include "err/err.h"
#include "fiber/fiber.h"

int sql_write(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    job->asker = fiber_self() ? fiber_context() : NULL;
    return sql->ops->write(sql, job, deadline_ns);
}

int sql_read(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    return sql->ops->read(sql, job, deadline_ns);
}

void sql_free(struct sql *sql)
{
    if (sql)
        sql->ops->free(sql);
}

int sql_run(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
            uint64_t *ret_changes)
{
    assert(count <= SQL_VALUES_MAX);
    return txn->ops->run(txn, text, values, count, ret_changes);
}

int sql_run_first(struct sql_txn *txn, const char *text, const struct sql_value *values,
                  size_t count)
{
    const int err = sql_run(txn, text, values, count, NULL);
    return err == ERR_CONFLICT ? ERR_BUSY : err;
}

const void *sql_asker(const struct sql_txn *txn)
{
    return txn->asker;
}

int64_t sql_last_id(struct sql_txn *txn)
{
    return txn->ops->last_id(txn);
}

int sql_query(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
              struct sql_rows **ret_rows)
{
    assert(count <= SQL_VALUES_MAX);
    return txn->ops->query(txn, text, values, count, ret_rows);
}

int sql_next(struct sql_rows *rows)
{
    return rows->ops->next(rows);
}

void sql_done(struct sql_rows *rows)
{
    rows->ops->done(rows);
}

bool sql_is_null(struct sql_rows *rows, int column)
{
    return rows->ops->is_null(rows, column);
}

int64_t sql_get_int(struct sql_rows *rows, int column)
{
    return rows->ops->get_int(rows, column);
}

struct view sql_get_view(struct sql_rows *rows, int column)
{
    return rows->ops->get_view(rows, column);
}

int sql_get_id(struct sql_rows *rows, int column, struct id *ret_id)
{
    return id_from_bytes(sql_get_view(rows, column), ret_id) ? ERR_CORRUPT : 0;
}

int sql_get_copy(struct sql_rows *rows, int column, struct arena *arena, struct view *ret_copy)
{
    const struct view here = sql_get_view(rows, column);
    char *copy = arena_copy(arena, here);
    if (!copy)
        return ERR_NO_MEMORY;
    *ret_copy = view_of(copy, here.len);
    return 0;
}

int sql_ask_int(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
                int64_t *ret_number)
{
    struct sql_rows *rows;
    int err = sql_query(txn, text, values, count, &rows);
    if (err < 0)
        return err;
    err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    *ret_number = sql_get_int(rows, 0);
    sql_done(rows);
    return 0;
}

/* ---- steps of a schema ---- */

static const char *const words[] = {
#define X(word) #word,
    SQL_WORD_LIST(X)
#undef X
};

/* The type that stands at `at`, "{word}", as this body writes it. */
static const char *type_of(const struct sql_ops *ops, const char *at, size_t *ret_len)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t len = strlen(words[i]);
        if (strncmp(at + 1, words[i], len) == 0 && at[1 + len] == '}') {
            *ret_len = len + 2;
            return ops->types[i];
        }
    }
    assert(!"a step names a type that there is not");
    return NULL;
}

static void fill_types(const struct sql_ops *ops, const char *text,
                       char ret_text[SQL_STEP_TEXT_MAX])
{
    size_t len = 0;
    while (*text) {
        size_t skip = 1;
        const char *piece = *text == '{' ? type_of(ops, text, &skip) : text;
        const size_t n = *text == '{' ? strlen(piece) : 1;
        assert(len + n < SQL_STEP_TEXT_MAX);
        memcpy(ret_text + len, piece, n);
        len += n;
        text += skip;
    }
    ret_text[len] = '\0';
}

struct migrate_job {
    struct sql_job job;
    const char *module;
    const struct sql_step *steps;
    size_t count;
    size_t done; /* the first so many are in the database */
    int64_t now_ms;
};

static struct view checksum(const struct sql_step *step, uint8_t bytes[SHA256_BYTES])
{
    sha256(view_str(step->text), bytes);
    return view_of(bytes, SHA256_BYTES);
}

static int run_make_table(struct sql_job *base, struct sql_txn *txn)
{
    char text[SQL_STEP_TEXT_MAX];
    fill_types(
        txn->ops,
        "CREATE TABLE IF NOT EXISTS schema_step (module {text} NOT NULL, number {int} NOT NULL,"
        " name {text} NOT NULL, checksum {bytes} NOT NULL, applied_at_ms {int} NOT NULL,"
        " PRIMARY KEY (module, number))",
        text);
    return txn->ops->script(txn, text);
}

/* Counts the steps that are done and compares them with ours. */
static int run_look(struct sql_job *base, struct sql_txn *txn)
{
    struct migrate_job *job = (struct migrate_job *)base;
    struct sql_rows *rows;
    job->done = 0;
    int err = sql_query(txn,
                        "SELECT number, checksum FROM schema_step WHERE module = ?"
                        " ORDER BY number",
                        SQL(sql_text(view_str(job->module))), &rows);
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        uint8_t bytes[SHA256_BYTES];
        const bool known = job->done < job->count;
        const bool ours = known && sql_get_int(rows, 0) == (int64_t)job->done + 1 &&
                          view_eq(sql_get_view(rows, 1), checksum(&job->steps[job->done], bytes));
        if (!ours) {
            sql_done(rows);
            return known ? ERR_CORRUPT : ERR_UNSUPPORTED;
        }
        job->done++;
    }
    return err;
}

static int run_step(struct sql_job *base, struct sql_txn *txn)
{
    struct migrate_job *job = (struct migrate_job *)base;
    const struct sql_step *step = &job->steps[job->done];
    uint8_t bytes[SHA256_BYTES];
    char text[SQL_STEP_TEXT_MAX];
    fill_types(txn->ops, step->text, text);
    int err = txn->ops->script(txn, text);
    if (err < 0)
        return err;
    return sql_run(txn,
                   "INSERT INTO schema_step (module, number, name, checksum, applied_at_ms)"
                   " VALUES (?, ?, ?, ?, ?)",
                   SQL(sql_text(view_str(job->module)), sql_int((int64_t)job->done + 1),
                       sql_text(view_str(step->name)), sql_bytes(checksum(step, bytes)),
                       sql_int(job->now_ms)),
                   NULL);
}

static int migrate(struct sql *sql, struct migrate_job *job, bool read_only)
{
    int err = 0;
    if (!read_only) {
        job->job.run = run_make_table;
        err = sql_write(sql, &job->job, DEADLINE_NEVER);
    }
    job->job.run = run_look;
    if (err == 0)
        err = sql_read(sql, &job->job, DEADLINE_NEVER);
    if (err == 0 && read_only && job->done < job->count)
        return ERR_UNSUPPORTED;
    job->job.run = run_step;
    while (err == 0 && job->done < job->count) {
        err = sql_write(sql, &job->job, DEADLINE_NEVER);
        job->done++;
    }
    return err;
}

void sql_migrate_until(struct sql *sql, size_t (*most)(void *state, const char *module),
                       void *state)
{
    sql->most = most;
    sql->most_state = state;
}

bool sql_is_a_pattern(const struct sql *sql)
{
    return sql->most != NULL;
}

int sql_migrate(struct sql *sql, const char *module, const struct sql_step *steps, size_t count,
                bool read_only, int64_t now_ms)
{
    struct migrate_job job = {.module = module, .steps = steps, .count = count, .now_ms = now_ms};
    const size_t most = sql->most ? sql->most(sql->most_state, module) : count;
    job.count = most < count ? most : count;
    const bool locks = sql->ops->lock && !read_only;
    void *lock = NULL;
    int err = locks ? sql->ops->lock(sql, &lock) : 0;
    if (err == 0)
        err = migrate(sql, &job, read_only);
    if (lock)
        sql->ops->lock_end(lock);
    return err;
}
