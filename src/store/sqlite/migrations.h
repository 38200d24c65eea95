/*
 * migrations: the schema of usher.db, as numbered steps from nothing to the present.
 *
 * A step that was ever released is never changed; what is to change becomes a new step. The table
 * `migration` says which have been done. docs/internals/store.md tells how to add one.
 */
#ifndef USHER_STORE_SQLITE_MIGRATIONS_H
#define USHER_STORE_SQLITE_MIGRATIONS_H

#include <stddef.h>

#include "db/sqlite.h"

struct migration {
    const char *name;
    const char *text; /* SQL statements */
};

/* Number n is migrations[n - 1]. */
extern const struct migration migrations[];
extern const size_t migration_count;

/* Does the steps up to number `last` that are missing; within a write. ERR_UNSUPPORTED: the file
 * has steps that this program does not know; ERR_CORRUPT: it is a database of something else, or
 * steps are missing in between; ERR_IO. */
int migrations_run(struct sqlite_conn *conn, size_t last, int64_t now_ms);
/* Whether there is any table, or it cannot be told. */
bool migrations_begun(struct sqlite_conn *conn);
/* 0 where exactly all steps have been done; ERR_NOT_FOUND where there is no table at all;
 * ERR_UNSUPPORTED else; ERR_CORRUPT, ERR_IO. */
int migrations_check(struct sqlite_conn *conn);

#endif
