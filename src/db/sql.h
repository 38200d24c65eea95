/*
 * sql: tables that are written once for every database.
 *
 * Work is a job: a function that runs its statements in one transaction, all or nothing. Bodies:
 * SQLite on the threads of db/sqlite.h, where many jobs share a COMMIT; SQLite in memory, inline on
 * the caller's thread, for tests and for the simulation in virtual time; MariaDB.
 *
 * Statements are portable: `?` for values, no upserts, no functions beyond count, sum, min, max and
 * coalesce; text compares byte by byte. Their texts are string literals: a body keeps what it has
 * prepared by the literal's address. The database's own refusals (a UNIQUE key, a conditional
 * UPDATE whose changed rows are counted) are the way to decide races; they work the same in every
 * body.
 *
 * So are the sale's own tables (store/tables), but for a batch's commit on MariaDB, which is one
 * round trip, or sends its rows as arrays.
 */
#ifndef USHER_DB_SQL_H
#define USHER_DB_SQL_H

#include "mem/arena.h"
#include "mem/id.h"
#include "mem/view.h"

struct sqlite;
struct mariadb;
struct sql;      /* a database; any thread */
struct sql_txn;  /* one transaction; within its job only */
struct sql_rows; /* the answer to a query; until sql_next says that it has ended, or sql_done */

/* Embed it in what the job needs; it lives on the stack of the one who hands it in. */
struct sql_job {
    /* 0, or an error, by which everything it wrote is taken back. It may run on another thread and
     * must not wait for anything but its statements. It may run again from the start where the
     * database took its transaction back (a deadlock), so it sets its outputs anew each time. */
    int (*run)(struct sql_job *job, struct sql_txn *txn);
    /* Of a read: its queries need not see one moment (there is one, or its rows never change). Over
     * MariaDB that spares two round trips. */
    bool loose;
    /* What the fiber that hands it in knows of its call (fiber_context): set by sql_write. */
    const void *asker;
};

/* Runs the job; from a fiber (which parks) or a plain thread. What run returned, once it is
 * durable; ERR_FULL: too many jobs wait; ERR_TIMEOUT: the deadline passed before it began;
 * ERR_UNAVAILABLE: nothing was done; ERR_DENIED: the database was opened to be read; ERR_UNKNOWN,
 * ERR_IO: it may or may not have been done. */
int sql_write(struct sql *sql, struct sql_job *job, int64_t deadline_ns);
/* The same for a job that only reads; all of it sees one snapshot. */
int sql_read(struct sql *sql, struct sql_job *job, int64_t deadline_ns);

/* --- values handed to a statement: borrowed until it has run --- */

enum sql_type { SQL_TYPE_NULL, SQL_TYPE_INT, SQL_TYPE_TEXT, SQL_TYPE_BYTES };
struct sql_value {
    enum sql_type type;
    int64_t number;
    struct view bytes;
    uint8_t id[ID_BYTES]; /* of sql_id alone, which is bytes */
    bool is_id;
};
static inline struct sql_value sql_null(void)
{
    return (struct sql_value){.type = SQL_TYPE_NULL};
}
static inline struct sql_value sql_int(int64_t number)
{
    return (struct sql_value){.type = SQL_TYPE_INT, .number = number};
}
static inline struct sql_value sql_text(struct view text)
{
    return (struct sql_value){.type = SQL_TYPE_TEXT, .bytes = text};
}
static inline struct sql_value sql_bytes(struct view bytes)
{
    return (struct sql_value){.type = SQL_TYPE_BYTES, .bytes = bytes};
}
static inline struct sql_value sql_id(struct id id)
{
    struct sql_value value = {.type = SQL_TYPE_BYTES, .is_id = true};
    id_to_bytes(id, value.id);
    return value;
}
/* The bytes of a text or bytes value. */
static inline struct view sql_value_bytes(const struct sql_value *value)
{
    return value->is_id ? view_of(value->id, ID_BYTES) : value->bytes;
}
/* Of one statement, in every body: what one takes, all take. */
#define SQL_VALUES_MAX  32
#define SQL_COLUMNS_MAX 48 /* of an answer */
/* sql_run(txn, "UPDATE t SET a = ? WHERE b = ?", SQL(sql_int(1), sql_id(b)), &changes) */
#define SQL(...)                                                                                   \
    (const struct sql_value[]){__VA_ARGS__},                                                       \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)
#define SQL_NONE NULL, 0

/* --- within a job --- */

/* Runs a statement that gives no rows; ret_changes (may be NULL) gets how many rows it changed.
 * ERR_CONFLICT: a key is there already; otherwise the job must return what this returned. */
int sql_run(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
            uint64_t *ret_changes);
/* The same for an INSERT of the first row of a key, where the job has just found none. If somebody
 * else has put it there at the same moment, the job has to begin again: ERR_BUSY, which it returns,
 * and sql_write has it run again. */
int sql_run_first(struct sql_txn *txn, const char *text, const struct sql_value *values,
                  size_t count);
/* What is known of the call whose job this is (call/trace.h), borrowed until the job ends; NULL:
 * nobody's call. */
const void *sql_asker(const struct sql_txn *txn);
/* The number that the last INSERT of this transaction gave to its {id} column. */
int64_t sql_last_id(struct sql_txn *txn);
/* Begins a query. The values are borrowed until the first sql_next: a body may run it only then.
 * One text has one answer open at a time. */
int sql_query(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
              struct sql_rows **ret_rows);
/* 1: a row; 0: there is no more; or an error. After 0 or an error the answer is closed. */
int sql_next(struct sql_rows *rows);
/* Closes an answer before its end; needless after sql_next gave 0 or an error. */
void sql_done(struct sql_rows *rows);

/* Columns of the present row, from 0. NULL reads as 0 and as the empty view. Views live until
 * sql_next. */
bool sql_is_null(struct sql_rows *rows, int column);
int64_t sql_get_int(struct sql_rows *rows, int column);
struct view sql_get_view(struct sql_rows *rows, int column);
/* ERR_CORRUPT unless it is 16 bytes long. */
int sql_get_id(struct sql_rows *rows, int column, struct id *ret_id);
/* A copy in the arena, NUL-terminated behind its end. ERR_NO_MEMORY. */
int sql_get_copy(struct sql_rows *rows, int column, struct arena *arena, struct view *ret_copy);

/* The first column of the first row as a number: counts and sums. ERR_NOT_FOUND: no row. */
int sql_ask_int(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
                int64_t *ret_number);

/* --- tables --- */

/* One step of a module's schema: statements parted by ';'. Types are written as {id} (a primary key
 * that the database counts up), {int}, {bool}, {text} (at most 255 characters, may be a key),
 * {long} (text of any length), {bytes} (at most 255, may be a key), {blob}. */
struct sql_step {
    const char *name;
    const char *text;
};
/* Brings a module's tables to its newest step, in order, each once; a step that has been done is
 * compared by its checksum. ERR_UNSUPPORTED: the database has steps that this program does not
 * know. ERR_CORRUPT: a step that was done is not ours. read_only: only checks; ERR_UNSUPPORTED
 * also where steps are missing. */
int sql_migrate(struct sql *sql, const char *module, const struct sql_step *steps, size_t count,
                bool read_only, int64_t now_ms);

/* From now on sql_migrate takes no module beyond as many steps as `most` says: an older schema is
 * made to be compared with one that is there. */
void sql_migrate_until(struct sql *sql, size_t (*most)(void *state, const char *module),
                       void *state);
/* Whether it is so: there is nothing but a schema, perhaps not all of it. */
bool sql_is_a_pattern(const struct sql *sql);

/* --- bodies --- */

/* Over a database that is open already, borrowed: jobs share its writer and its commits.
 * ERR_NO_MEMORY. */
int sql_over_sqlite(struct sqlite *sqlite, struct sql **ret_sql);
/* Over a pool of connections, borrowed; any number of processes may use the database at once.
 * ERR_NO_MEMORY. */
int sql_over_mariadb(struct mariadb *mariadb, struct sql **ret_sql);
/* From now on all reads see the database as it is at this moment, one after the other, and writes
 * are ERR_DENIED: for an audit. As mariadb_take. */
int sql_mariadb_keep_snapshot(struct sql *sql);
/* In memory, gone when freed; every job runs at once on the thread that asks, one at a time: for
 * one thread. ERR_NO_MEMORY, ERR_IO. */
int sql_inline_new(struct sql **ret_sql);
/* The same over a connection, borrowed. ERR_NO_MEMORY. */
struct sqlite_conn;
int sql_over_conn(struct sqlite_conn *conn, struct sql **ret_sql);
void sql_free(struct sql *sql);

#endif
