/*
 * body: the mariadb body of the store, seen from inside.
 *
 * Any number of processes may have it open at once; nothing of it is kept in memory. A read is one
 * statement on a connection of the pool; a read-only store reads through one connection and its
 * snapshot.
 */
#ifndef USHER_STORE_MARIADB_BODY_H
#define USHER_STORE_MARIADB_BODY_H

#include <pthread.h>

#include "db/mariadb.h"
#include "err/err.h"
#include "mem/list.h"
#include "store/store.h"

#define MARIADB_OUTBOX_ROWS_MAX 1024      /* in one answer of outbox_read */
#define MARIADB_LAYOUT_PART     (4 << 20) /* a hall's layout is kept in pieces, for packets' sake */

struct mariadb_store {
    struct store store;
    struct mariadb *db;
    pthread_mutex_t lock;          /* of what follows; held while the snapshot is read */
    struct mariadb_conn *snapshot; /* NULL: not read-only */
    uint64_t outbox_ids[MARIADB_OUTBOX_ROWS_MAX]; /* last read: what may be removed, see read.c */
    size_t outbox_count;
};

/* A connection for a read; finish gives it back and returns what the caller is to: a read whose
 * connection broke is ERR_UNAVAILABLE. */
int reading_begin(struct store *store, int64_t deadline_ns, struct mariadb_conn **ret_conn);
int reading_end(struct store *store, struct mariadb_conn *conn, int err);

/* Runs change(conn, state) in a transaction, once more where the server took it back. */
int writing(struct store *store, int (*change)(struct mariadb_conn *conn, void *state), void *state,
            int64_t deadline_ns);

/* Runs one statement that gives no rows, within a transaction. */
int change_rows(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
                size_t count, uint64_t *ret_changes);
/* The first column of the first row. ERR_NOT_FOUND: no row. */
int ask_number(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
               size_t count, int64_t *ret_number);

/* A list that grows in an arena: doubled, so at most as much again is wasted. */
struct rows {
    struct arena *arena;
    void *items;
    size_t count;
    size_t cap;
};
/* Room for one more item of `size` bytes, zeroed, or NULL; count it once it is filled. */
void *mariadb_rows_next(struct rows *rows, size_t size);
/* Reads all rows of a statement, giving each to add; 0, or what add or the server returned. */
typedef int (*rows_add)(struct rows *rows, struct mariadb_statement *s);
int mariadb_rows_read(struct rows *rows, struct mariadb_conn *conn, const char *text,
                      const struct sql_value *values, size_t count, rows_add add);
/* All of it as one read: the rows' items and count are the answer. */
int mariadb_rows_ask(struct store *store, struct rows *rows, const char *text,
                     const struct sql_value *values, size_t count, rows_add add,
                     int64_t deadline_ns);
/* The same where there is one row or none. ERR_NOT_FOUND. */
int mariadb_rows_ask_one(struct store *store, struct rows *rows, const char *text,
                         const struct sql_value *values, size_t count, rows_add add,
                         int64_t deadline_ns);

/* Columns: ERR_CORRUPT where it does not fit. */
int mariadb_column_u32(struct mariadb_statement *s, uint32_t column, uint32_t *ret_value);
int mariadb_column_id(struct mariadb_statement *s, uint32_t column, struct id *ret_id);
int mariadb_column_hash(struct mariadb_statement *s, uint32_t column,
                        uint8_t ret_hash[STORE_HASH_BYTES]);
static inline uint64_t mariadb_column_u64(struct mariadb_statement *s, uint32_t column)
{
    return (uint64_t)mariadb_column_i64(s, column);
}

static inline struct mariadb_store *body_of(struct store *store)
{
    return (struct mariadb_store *)store;
}

/* The schema, in steps (schema.c). */
extern const struct sql_step mariadb_sale_steps[];
extern const size_t mariadb_sale_step_count;

#define MARIADB_PERFORMANCE_COLUMNS                                                                \
    "performance_id, event_id, hall_id, starts_at_ms, hold_ttl_ms, places_max, currency, prices, " \
    "first_sale_state, sale_state, epoch, version, seq, head_hash, utc_offset_minutes, "           \
    "covers_names, rest_ms"
/* Adds one row of these columns as a struct store_performance. */
int mariadb_rows_add_performance(struct rows *rows, struct mariadb_statement *s);

/* Within a transaction that holds the catalog's lock: adds a performance and sets its
 * performance_id and head_hash (performance.c). ERR_NOT_FOUND, ERR_FULL. */
int mariadb_add_performance(struct mariadb_conn *conn, struct store_performance *performance);
/* One who changes the catalog at a time: numbers are then given without gaps. */
int mariadb_lock_catalog(struct mariadb_conn *conn);

/* What they promise is said in store/operations.h. */
#define OPERATION(name, decides, parameters, names)                                                \
    int mariadb_store_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns);
#include "store/operations.h"

#endif
