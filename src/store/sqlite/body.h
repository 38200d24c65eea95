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

/* --- slots of store_ops: what they promise is said there --- */
int sqlite_hall_put(struct store *store, const struct store_hall *hall, uint32_t *ret_hall_id,
                    int64_t deadline_ns);
int sqlite_hall_get(struct store *store, uint32_t hall_id, struct arena *arena,
                    struct store_hall *ret_hall, int64_t deadline_ns);
int sqlite_hall_list(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                     size_t *ret_count, int64_t deadline_ns);
int sqlite_event_put(struct store *store, const struct store_event *event,
                     const struct store_performance *first, uint32_t *ret_event_id,
                     uint32_t *ret_performance_id, int64_t deadline_ns);
int sqlite_event_list(struct store *store, struct arena *arena, struct store_event **ret_events,
                      size_t *ret_count, int64_t deadline_ns);
int sqlite_performance_put(struct store *store, const struct store_performance *performance,
                           uint32_t *ret_performance_id, int64_t deadline_ns);
int sqlite_performance_list(struct store *store, struct arena *arena,
                            struct store_performance **ret_performances, size_t *ret_count,
                            int64_t deadline_ns);
int sqlite_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                           struct store_performance *ret_performance, int64_t deadline_ns);
int sqlite_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                 struct store_performance *ret_performance, int64_t deadline_ns);
int sqlite_performance_ids(struct store *store, struct arena *arena, uint32_t **ret_ids,
                           size_t *ret_count, int64_t deadline_ns);
int sqlite_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns);
int sqlite_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                     struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns);
int sqlite_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                       int64_t from_ms, size_t rows_max, struct arena *arena,
                       struct ledger_row **ret_rows, size_t *ret_count, int64_t deadline_ns);
int sqlite_order_get(struct store *store, struct id order_id, struct arena *arena,
                     struct store_order *ret_order, int64_t deadline_ns);
int sqlite_order_list(struct store *store, struct id account_id, struct id after, size_t orders_max,
                      struct arena *arena, struct store_order **ret_orders, size_t *ret_count,
                      int64_t deadline_ns);
int sqlite_order_scan(struct store *store, uint32_t performance_id, struct id after,
                      size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                      size_t *ret_count, int64_t deadline_ns);
int sqlite_outbox_read(struct store *store, size_t rows_max, struct arena *arena,
                       struct store_outbox_row **ret_rows, size_t *ret_count, int64_t deadline_ns);
int sqlite_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns);

#endif
