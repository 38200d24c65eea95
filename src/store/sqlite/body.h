/*
 * body: the sqlite body of the store, seen from inside.
 *
 * Every call is a job on a thread of the driver (db/sqlite.h). A job may write into the caller's
 * arena, for the caller waits, and nobody else has it.
 */
#ifndef USHER_STORE_SQLITE_BODY_H
#define USHER_STORE_SQLITE_BODY_H

#include "db/sqlite.h"
#include "err/err.h"
#include "store/sqlite/statements.h"
#include "store/store.h"

#define SQLITE_STORE_QUEUE_MAX 8192 /* calls waiting to write, and as many to read */
#define SQLITE_STORE_READERS   2
/* 16 MB of log: larger gave longer stalls, no more speed. */
#define SQLITE_STORE_CHECKPOINT_PAGES 4000

struct sqlite_store {
    struct store store;
    struct sqlite *db;
    int lock_fd; /* of usher.lock; -1 where read-only */
};

static inline struct sqlite *db_of(struct store *store)
{
    return ((struct sqlite_store *)store)->db;
}

/* --- binding and reading columns (columns.c) --- */

void bind_u64(sqlite3_stmt *statement, int index, uint64_t value);
/* The bytes must live until the statement is reset. */
void bind_view(sqlite3_stmt *statement, int index, struct view bytes);
void bind_text(sqlite3_stmt *statement, int index, struct view text);
/* Copied. */
void bind_id(sqlite3_stmt *statement, int index, struct id id);

/* A copy in the arena. ERR_NO_MEMORY. */
int column_view(sqlite3_stmt *statement, int column, struct arena *arena, struct view *ret_bytes);
/* ERR_CORRUPT unless it is 16 bytes long. */
int column_id(sqlite3_stmt *statement, int column, struct id *ret_id);
/* ERR_CORRUPT unless it is 32 bytes long. */
int column_hash(sqlite3_stmt *statement, int column, uint8_t ret_hash[STORE_HASH_BYTES]);
/* ERR_CORRUPT unless it is 0 … 2^32 - 1. */
int column_u32(sqlite3_stmt *statement, int column, uint32_t *ret_value);

/* A list that grows in an arena: doubled, so at most as much again is wasted. */
struct rows {
    struct arena *arena;
    void *items;
    size_t count;
    size_t cap;
};
/* Room for one more item of `size` bytes, zeroed, or NULL; count it once it is filled. */
void *rows_next(struct rows *rows, size_t size);

/* Reads all rows of a statement, giving each to add. ERR_IO, ERR_CORRUPT; what add returned if
 * negative; add returns 1 to stop early. The statement is reset in any case. */
int rows_read(struct rows *rows, sqlite3_stmt *statement,
              int (*add)(struct rows *rows, sqlite3_stmt *statement));

/* Adds one row of PERFORMANCE_COLUMNS as a struct store_performance. */
int rows_add_performance(struct rows *rows, sqlite3_stmt *statement);

/* Within a job: adds a performance and sets its performance_id and head_hash (performance.c).
 * ERR_NOT_FOUND, ERR_FULL; the job is then to fail. */
int add_performance(struct sqlite_conn *conn, struct store_performance *performance);

/* What they promise is said in store/operations.h. */
#define OPERATION(name, decides, parameters, names)                                                \
    int sqlite_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns);
#include "store/operations.h"

#endif
