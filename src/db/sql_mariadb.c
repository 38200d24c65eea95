/* sql.h over MariaDB. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "db/mariadb.h"
#include "db/sql_body.h"
#include "err/err.h"
#include "mem/buf.h"

#define TRIES_MAX     3  /* of a job whose transaction the server took back */
#define LOCK_SECONDS  60 /* for another process that migrates */
#define ROW_BYTES_MAX (64u << 20)

struct mariadb_sql {
    struct sql sql;
    struct mariadb *mariadb;
    pthread_mutex_t lock;          /* held while the snapshot is read */
    struct mariadb_conn *snapshot; /* NULL: none is kept */
};

struct mariadb_txn {
    struct sql_txn txn;
    struct mariadb_conn *conn;
    int64_t last_id;
};

struct mariadb_rows {
    struct sql_rows rows;
    struct mariadb_statement *statement;
    struct arena arena; /* what was looked at of the present row */
};

static const struct sql_ops mariadb_sql_ops;

/* ---- jobs ---- */

static int run_once(struct mariadb_conn *conn, struct sql_job *job)
{
    struct mariadb_txn txn = {.txn = {.ops = &mariadb_sql_ops, .asker = job->asker}, .conn = conn};
    int err = mariadb_begin(conn);
    if (err == 0)
        err = job->run(job, &txn.txn);
    if (err == 0)
        return mariadb_commit(conn);
    mariadb_rollback(conn);
    return err;
}

/* Whether the server is what was busy: it has taken the transaction back, or another has put a row
 * there first (sql_run_first). The same word from the job itself is its answer. */
static bool begins_again(const struct mariadb_conn *conn, int err)
{
    return err == ERR_BUSY && mariadb_errno(conn) != 0;
}

static int write_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct mariadb_sql *s = (struct mariadb_sql *)sql;
    struct mariadb_conn *conn;
    if (s->snapshot)
        return ERR_DENIED;
    int err = mariadb_take(s->mariadb, deadline_ns, &conn);
    if (err)
        return err;
    int tries = 0;
    do {
        err = run_once(conn, job);
    } while (begins_again(conn, err) && ++tries < TRIES_MAX);
    err = begins_again(conn, err) ? ERR_UNAVAILABLE : err;
    mariadb_give(conn);
    return err;
}

static int read_on(struct mariadb_conn *conn, struct sql_job *job)
{
    struct mariadb_txn txn = {.txn.ops = &mariadb_sql_ops, .conn = conn};
    return job->run(job, &txn.txn);
}

static int read_snapshot(struct mariadb_sql *s, struct sql_job *job, int64_t deadline_ns)
{
    pthread_mutex_lock(&s->lock);
    int err = mariadb_wake(s->snapshot, deadline_ns);
    if (err == 0) {
        err = read_on(s->snapshot, job);
        mariadb_rest(s->snapshot);
    }
    pthread_mutex_unlock(&s->lock);
    return err;
}

static int read_now(struct mariadb_sql *s, struct sql_job *job, int64_t deadline_ns)
{
    struct mariadb_conn *conn;
    int err = mariadb_take(s->mariadb, deadline_ns, &conn);
    if (err)
        return err;
    err = job->loose ? 0 : mariadb_snapshot(conn);
    if (err == 0)
        err = read_on(conn, job);
    mariadb_give(conn);
    return err;
}

/* A lost connection leaves no doubt of a read. */
static int read_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct mariadb_sql *s = (struct mariadb_sql *)sql;
    int err = s->snapshot ? read_snapshot(s, job, deadline_ns) : read_now(s, job, deadline_ns);
    return err == ERR_UNKNOWN || err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}

/* ---- statements ---- */

static int run(struct sql_txn *base, const char *text, const struct sql_value *values, size_t count,
               uint64_t *ret_changes)
{
    struct mariadb_txn *txn = (struct mariadb_txn *)base;
    struct mariadb_statement *s;
    uint64_t id = 0;
    int err = mariadb_statement(txn->conn, text, values, count, &s);
    if (err == 0)
        err = mariadb_run(s, ret_changes, &id);
    if (err == 0 && id > 0)
        txn->last_id = (int64_t)id;
    return err;
}

static int64_t last_id(struct sql_txn *txn)
{
    return ((struct mariadb_txn *)txn)->last_id;
}

static int query(struct sql_txn *txn, const char *text, const struct sql_value *values,
                 size_t count, struct sql_rows **ret_rows)
{
    struct mariadb_statement *s;
    int err = mariadb_statement(((struct mariadb_txn *)txn)->conn, text, values, count, &s);
    if (err)
        return err;
    struct mariadb_rows *rows = malloc(sizeof(*rows));
    if (!rows)
        return ERR_NO_MEMORY;
    *rows = (struct mariadb_rows){.rows.ops = &mariadb_sql_ops, .statement = s};
    arena_init(&rows->arena, ROW_BYTES_MAX);
    *ret_rows = &rows->rows;
    return 0;
}

static void free_rows(struct mariadb_rows *rows)
{
    arena_release(&rows->arena);
    free(rows);
}

static int next(struct sql_rows *base)
{
    struct mariadb_rows *rows = (struct mariadb_rows *)base;
    arena_reset(&rows->arena);
    int more = mariadb_step(rows->statement);
    if (more != 1)
        free_rows(rows);
    return more;
}

static void done(struct sql_rows *base)
{
    struct mariadb_rows *rows = (struct mariadb_rows *)base;
    mariadb_reset(rows->statement);
    free_rows(rows);
}

static bool is_null(struct sql_rows *rows, int column)
{
    return mariadb_column_is_null(((struct mariadb_rows *)rows)->statement, (uint32_t)column);
}

static int64_t get_int(struct sql_rows *rows, int column)
{
    return mariadb_column_i64(((struct mariadb_rows *)rows)->statement, (uint32_t)column);
}

static struct view get_view(struct sql_rows *base, int column)
{
    struct mariadb_rows *rows = (struct mariadb_rows *)base;
    struct view bytes = {0};
    int err = mariadb_column_bytes(rows->statement, (uint32_t)column, &rows->arena, &bytes);
    assert(err == 0); /* a row is no larger than a packet */
    return bytes;
}

/* ---- the schema ---- */

/* Every statement of a schema is its own transaction here (an "implicit commit"). A process that
 * dies between two of a step would leave it half done, so each is written to do nothing where it
 * was done before. */
static const struct {
    const char *plain;
    const char *again;
} rewrites[] = {
    {"CREATE TABLE IF NOT EXISTS ", "CREATE TABLE IF NOT EXISTS "},
    {"CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "},
    {"CREATE INDEX ", "CREATE INDEX IF NOT EXISTS "},
    {"CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX IF NOT EXISTS "},
    {"ADD COLUMN ", "ADD COLUMN IF NOT EXISTS "},
    {"DROP COLUMN ", "DROP COLUMN IF EXISTS "},
    {"DROP TABLE ", "DROP TABLE IF EXISTS "},
    {"DROP INDEX ", "DROP INDEX IF EXISTS "},
};

/* One statement of a script, rewritten. */
static int rewrite(struct view text, struct buf *out)
{
    int err = 0;
    while (err == 0 && text.len > 0) {
        struct view piece = view_of(text.at, 1);
        size_t skip = 1;
        for (size_t i = 0; i < sizeof(rewrites) / sizeof(rewrites[0]); i++) {
            const struct view plain = view_str(rewrites[i].plain);
            if (view_starts(text, plain)) {
                piece = view_str(rewrites[i].again);
                skip = plain.len;
                break;
            }
        }
        err = buf_append_view(out, piece);
        text = view_of(text.at + skip, text.len - skip);
    }
    return err;
}

static int script(struct sql_txn *txn, const char *text)
{
    int err = 0;
    while (err == 0 && *text) {
        const size_t len = strcspn(text, ";");
        struct buf statement;
        buf_init(&statement, 2 * SQL_STEP_TEXT_MAX);
        err = rewrite(view_of(text, len), &statement);
        if (err == 0 && strspn(text, " \n") < len)
            err = mariadb_exec(((struct mariadb_txn *)txn)->conn, buf_view(&statement), NULL);
        buf_release(&statement);
        text += len + (text[len] == ';');
    }
    return err;
}

static int lock(struct sql *sql, void **ret_lock)
{
    struct mariadb_conn *conn;
    struct mariadb_statement *s;
    int err = mariadb_take(((struct mariadb_sql *)sql)->mariadb, DEADLINE_NEVER, &conn);
    if (err)
        return err;
    err = mariadb_statement(conn, "SELECT GET_LOCK(CONCAT(DATABASE(), '.schema'), ?)",
                            SQL(sql_int(LOCK_SECONDS)), &s);
    if (err == 0) {
        err = mariadb_step(s);
        if (err == 1)
            err = mariadb_column_i64(s, 0) == 1 ? 0 : ERR_BUSY;
    }
    if (err) {
        mariadb_give(conn);
        return err;
    }
    *ret_lock = conn;
    return 0;
}

static void lock_end(void *held)
{
    /* Without it the lock ends with the connection. */
    (void)mariadb_exec(held, VIEW_LIT("DO RELEASE_ALL_LOCKS()"), NULL);
    mariadb_give(held);
}

/* ---- the body ---- */

#define TEXT_ORDER " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"

static const char *const types[] = {"BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
                                    "BIGINT",
                                    "TINYINT",
                                    "VARCHAR(255)" TEXT_ORDER,
                                    "LONGTEXT" TEXT_ORDER,
                                    "VARBINARY(255)",
                                    "LONGBLOB"};

static void free_body(struct sql *sql)
{
    struct mariadb_sql *s = (struct mariadb_sql *)sql;
    if (s->snapshot && mariadb_wake(s->snapshot, DEADLINE_NEVER) == 0)
        mariadb_give(s->snapshot);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static const struct sql_ops mariadb_sql_ops = {
    .name = "mariadb",
    .types = types,
    .lock = lock,
    .lock_end = lock_end,
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

int sql_over_mariadb(struct mariadb *mariadb, struct sql **ret_sql)
{
    struct mariadb_sql *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->sql.ops = &mariadb_sql_ops;
    s->mariadb = mariadb;
    pthread_mutex_init(&s->lock, NULL);
    *ret_sql = &s->sql;
    return 0;
}

int sql_mariadb_keep_snapshot(struct sql *sql)
{
    struct mariadb_sql *s = (struct mariadb_sql *)sql;
    struct mariadb_conn *conn;
    assert(sql->ops == &mariadb_sql_ops && !s->snapshot);
    int err = mariadb_take(s->mariadb, DEADLINE_NEVER, &conn);
    if (err)
        return err;
    err = mariadb_snapshot(conn);
    if (err) {
        mariadb_give(conn);
        return err;
    }
    mariadb_rest(conn);
    s->snapshot = conn;
    return 0;
}
