#include <assert.h>
#include <stdlib.h>

#include "db/sql_body.h"
#include "db/sqlite_conn.h"
#include "err/err.h"

struct sqlite_sql {
    struct sql sql;
    struct sqlite *sqlite;     /* NULL: inline */
    struct sqlite_conn *alone; /* the one connection of an inline body */
    bool busy;                 /* inline: a job runs */
    bool lent;                 /* the connection is another's */
};

struct sqlite_txn {
    struct sql_txn txn;
    struct sqlite_conn *conn;
};

/* An answer is its prepared statement: the connection's cache has the struct beside it. */
struct sqlite_rows {
    struct sql_rows rows;
    sqlite3_stmt *statement;
};

static const struct sql_ops sqlite_sql_ops;

/* ---- jobs ---- */

/* A job of the driver around a job of ours. */
struct carrier {
    struct sqlite_job job;
    struct sql_job *ours;
};

static int run_ours(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct carrier *carrier = (struct carrier *)job;
    struct sqlite_txn txn = {.txn = {.ops = &sqlite_sql_ops, .asker = carrier->ours->asker},
                             .conn = conn};
    return carrier->ours->run(carrier->ours, &txn.txn);
}

static int run_inline(struct sqlite_sql *s, struct sql_job *job, bool keep)
{
    struct sqlite_txn txn = {.txn = {.ops = &sqlite_sql_ops, .asker = job->asker},
                             .conn = s->alone};
    assert(!s->busy); /* a job hands in no job */
    s->busy = true;
    int err = sqlite_do(s->alone, "BEGIN");
    if (err == 0) {
        err = job->run(job, &txn.txn);
        if (err == 0 && keep)
            err = sqlite_do(s->alone, "COMMIT");
        if (!sqlite3_get_autocommit(s->alone->handle))
            sqlite_do(s->alone, "ROLLBACK");
    }
    s->busy = false;
    return err;
}

static int write_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct sqlite_sql *s = (struct sqlite_sql *)sql;
    if (s->alone)
        return run_inline(s, job, true);
    struct carrier carrier = {.job.run = run_ours, .ours = job};
    return sqlite_write(s->sqlite, &carrier.job, deadline_ns);
}

static int read_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct sqlite_sql *s = (struct sqlite_sql *)sql;
    if (s->alone)
        return run_inline(s, job, false);
    struct carrier carrier = {.job.run = run_ours, .ours = job};
    return sqlite_read(s->sqlite, &carrier.job, deadline_ns);
}

/* ---- statements ---- */

static void bind(sqlite3_stmt *statement, int index, const struct sql_value *value,
                 sqlite3_destructor_type keep)
{
    const struct view bytes = sql_value_bytes(value);
    /* An empty value is not NULL. */
    const char *at = bytes.len ? bytes.at : "";
    int code = SQLITE_OK;
    switch (value->type) {
    case SQL_TYPE_NULL:
        code = sqlite3_bind_null(statement, index);
        break;
    case SQL_TYPE_INT:
        code = sqlite3_bind_int64(statement, index, value->number);
        break;
    case SQL_TYPE_TEXT:
        code = sqlite3_bind_text64(statement, index, at, bytes.len, keep, SQLITE_UTF8);
        break;
    case SQL_TYPE_BYTES:
        code = sqlite3_bind_blob64(statement, index, at, bytes.len, keep);
        break;
    }
    assert(code != SQLITE_RANGE); /* more values than the text has places */
}

/* keep: whether the values' bytes are copied (SQLITE_TRANSIENT), or live as long as it runs. */
static int prepare(struct sql_txn *base, const char *text, const struct sql_value *values,
                   size_t count, sqlite3_destructor_type keep, sqlite3_stmt **ret_statement)
{
    struct sqlite_txn *txn = (struct sqlite_txn *)base;
    sqlite3_stmt *statement;
    int err = sqlite_literal(txn->conn, text, &statement);
    if (err < 0)
        return err;
    assert(sqlite3_bind_parameter_count(statement) == (int)count);
    assert(sqlite3_column_count(statement) <= SQL_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++)
        bind(statement, (int)i + 1, &values[i], keep);
    *ret_statement = statement;
    return 0;
}

static int run(struct sql_txn *base, const char *text, const struct sql_value *values, size_t count,
               uint64_t *ret_changes)
{
    struct sqlite_txn *txn = (struct sqlite_txn *)base;
    sqlite3_stmt *statement;
    int changes = 0;
    int err = prepare(base, text, values, count, SQLITE_STATIC, &statement);
    if (err == 0)
        err = sqlite_run(txn->conn, statement, &changes);
    if (err == 0 && ret_changes)
        *ret_changes = (uint64_t)changes;
    return err;
}

static int script(struct sql_txn *txn, const char *text)
{
    return sqlite_exec(((struct sqlite_txn *)txn)->conn, text);
}

static int64_t last_id(struct sql_txn *txn)
{
    return sqlite3_last_insert_rowid(((struct sqlite_txn *)txn)->conn->handle);
}

static int query(struct sql_txn *base, const char *text, const struct sql_value *values,
                 size_t count, struct sql_rows **ret_rows)
{
    sqlite3_stmt *statement;
    int err = prepare(base, text, values, count, SQLITE_TRANSIENT, &statement);
    if (err < 0)
        return err;
    struct sqlite_rows *rows = malloc(sizeof(*rows));
    if (!rows)
        return ERR_NO_MEMORY;
    *rows = (struct sqlite_rows){.rows.ops = &sqlite_sql_ops, .statement = statement};
    *ret_rows = &rows->rows;
    return 0;
}

static void done(struct sql_rows *rows)
{
    sqlite3_reset(((struct sqlite_rows *)rows)->statement);
    free(rows);
}

static int next(struct sql_rows *rows)
{
    int more = sqlite_step(((struct sqlite_rows *)rows)->statement);
    if (more != 1)
        free(rows);
    return more;
}

static bool is_null(struct sql_rows *rows, int column)
{
    return sqlite3_column_type(((struct sqlite_rows *)rows)->statement, column) == SQLITE_NULL;
}

static int64_t get_int(struct sql_rows *rows, int column)
{
    return sqlite3_column_int64(((struct sqlite_rows *)rows)->statement, column);
}

static struct view get_view(struct sql_rows *rows, int column)
{
    sqlite3_stmt *statement = ((struct sqlite_rows *)rows)->statement;
    const void *at = sqlite3_column_blob(statement, column);
    return view_of(at, (size_t)sqlite3_column_bytes(statement, column));
}

/* ---- the body ---- */

static void free_body(struct sql *sql)
{
    struct sqlite_sql *s = (struct sqlite_sql *)sql;
    if (s->alone && !s->lent) {
        sqlite_conn_close(s->alone);
        free(s->alone);
    }
    free(s);
}

static const char *const types[] = {
    "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER", "INTEGER", "TEXT", "TEXT", "BLOB", "BLOB"};

static const struct sql_ops sqlite_sql_ops = {
    .name = "sqlite",
    .types = types,
    .free = free_body,
    .write = write_job,
    .read = read_job,
    .run = run,
    .script = script,
    .last_id = last_id,
    .query = query,
    .next = next,
    .done = done,
    .is_null = is_null,
    .get_int = get_int,
    .get_view = get_view,
};

int sql_over_sqlite(struct sqlite *sqlite, struct sql **ret_sql)
{
    struct sqlite_sql *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->sql.ops = &sqlite_sql_ops;
    s->sqlite = sqlite;
    *ret_sql = &s->sql;
    return 0;
}

int sql_inline_new(struct sql **ret_sql)
{
    struct sqlite_sql *s = calloc(1, sizeof(*s));
    struct sqlite_conn *conn = calloc(1, sizeof(*conn));
    int err = s && conn ? sqlite_conn_open_memory(conn) : ERR_NO_MEMORY;
    if (err < 0) {
        free(conn);
        free(s);
        return err;
    }
    s->sql.ops = &sqlite_sql_ops;
    s->alone = conn;
    *ret_sql = &s->sql;
    return 0;
}

int sql_over_conn(struct sqlite_conn *conn, struct sql **ret_sql)
{
    struct sqlite_sql *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    *s = (struct sqlite_sql){.sql.ops = &sqlite_sql_ops, .alone = conn, .lent = true};
    *ret_sql = &s->sql;
    return 0;
}
