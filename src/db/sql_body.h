/*
 * sql_body: what a body of sql.h has to bring. Inside src/db only.
 *
 * A body's structs begin with struct sql, struct sql_txn and struct sql_rows, so that one pointer
 * leads to the table. Each slot promises what the function of its name in sql.h does.
 */
#ifndef USHER_DB_SQL_BODY_H
#define USHER_DB_SQL_BODY_H

#include "db/sql.h"

#define SQL_STEP_TEXT_MAX 16384 /* bytes of a step with its types filled in */

struct sql_ops {
    const char *name;         /* "sqlite", "mariadb" */
    const char *const *types; /* in the order of enum sql_word in sql.c */
    /* Keeps other processes from migrating until lock_end; NULL where only one process can have the
     * database. */
    int (*lock)(struct sql *sql, void **ret_lock);
    void (*lock_end)(void *lock);
    void (*free)(struct sql *sql);
    int (*write)(struct sql *sql, struct sql_job *job, int64_t deadline_ns);
    int (*read)(struct sql *sql, struct sql_job *job, int64_t deadline_ns);
    int (*run)(struct sql_txn *txn, const char *text, const struct sql_value *values, size_t count,
               uint64_t *ret_changes);
    /* Runs statements that are no literals and give no rows, parted by ';': schema only. */
    int (*script)(struct sql_txn *txn, const char *text);
    int64_t (*last_id)(struct sql_txn *txn);
    int (*query)(struct sql_txn *txn, const char *text, const struct sql_value *values,
                 size_t count, struct sql_rows **ret_rows);
    int (*next)(struct sql_rows *rows);
    void (*done)(struct sql_rows *rows);
    bool (*is_null)(struct sql_rows *rows, int column);
    int64_t (*get_int)(struct sql_rows *rows, int column);
    struct view (*get_view)(struct sql_rows *rows, int column);
};

struct sql {
    const struct sql_ops *ops;
    size_t (*most)(void *state, const char *module); /* NULL: all steps */
    void *most_state;
};
struct sql_txn {
    const struct sql_ops *ops;
    const void *asker; /* the job's */
};
struct sql_rows {
    const struct sql_ops *ops;
};

/* The type words of steps, in the order of sql_ops.types. */
#define SQL_WORD_LIST(X) X(id) X(int) X(bool) X(text) X(long) X(bytes) X(blob)

#endif
