/*
 * tables: the body of the store over db/sql.h: the sale's tables, written once for SQLite and for
 * MariaDB.
 *
 * What the two do differently is a struct tables_kind, in sqlite/ and mariadb/: foremost the
 * commit, which is tuned to each. Everything else is a job of statements that both understand.
 */
#ifndef USHER_STORE_TABLES_TABLES_H
#define USHER_STORE_TABLES_TABLES_H

#include "db/sql.h"
#include "err/err.h"
#include "mem/list.h"
#include "store/store.h"

#define TABLES_OUTBOX_ROWS_MAX 1024 /* in one answer of outbox_read */

struct tables_kind {
    struct store_ops ops; /* all of them are tables_NAME */
    /* A query that keeps others from changing the catalog until its transaction ends; NULL: no
     * other process can write. */
    const char *lock_catalog;
    const char *sold_list; /* seat, order_id; of a performance_id, by seat */
    /* The index of orders by account is a run of TABLES_RUN orders' numbers after the other: an
     * account's orders are asked for run by run. */
    bool orders_in_runs;
    const char *performance_ids; /* each once, ascending */
    /* Within a job: adds the hall's row, whose hall_id is set, with its layout; and reads the
     * layout of a hall that is there. */
    int (*add_hall)(struct sql_txn *txn, const struct store_hall *hall);
    int (*read_layout)(struct sql_txn *txn, uint32_t hall_id, struct arena *arena,
                       struct view *ret_layout);
    int (*commit)(struct store *store, const struct store_batch *batch, int64_t deadline_ns);
    /* What was read of the outbox; NULL: nobody wants to know. */
    void (*outbox_was_read)(struct store *store, const struct store_outbox_row *rows, size_t count);
    int (*outbox_remove)(struct store *store, uint64_t up_to, int64_t deadline_ns);
    int (*self_check)(struct store *store, struct arena *arena, struct view **ret_texts,
                      size_t *ret_count, int64_t deadline_ns);
};

/* A body's struct begins with its struct store, whose ops are the first of its kind. */
static inline const struct tables_kind *tables_kind_of(const struct store *store)
{
    return (const struct tables_kind *)store->ops;
}

/* What they promise is said in store/operations.h. */
#define OPERATION(name, decides, parameters, names)                                                \
    int tables_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns);
#include "store/operations.h"

/* --- rows --- */

/* A list that grows in an arena: doubled, so at most as much again is wasted. */
struct rows {
    struct arena *arena;
    void *items;
    size_t count;
    size_t cap;
};
/* Room for one more item of `size` bytes, zeroed, or NULL; count it once it is filled. */
void *rows_next(struct rows *rows, size_t size);

/* Fills in rows_next() of the present row; 0: it counts; 1: it does not, and no more are wanted;
 * or an error. */
typedef int (*rows_add)(struct rows *rows, struct sql_rows *row);
/* Gives each row of a query to add. 0, or what add or the database returned. */
int rows_read(struct rows *rows, struct sql_txn *txn, const char *text,
              const struct sql_value *values, size_t count, rows_add add);

/* Columns: ERR_CORRUPT where it does not fit. */
int column_u32(struct sql_rows *row, int column, uint32_t *ret_value);
int column_hash(struct sql_rows *row, int column, uint8_t ret_hash[STORE_HASH_BYTES]);

/* --- reads of one query --- */

#define TABLES_VALUES_MAX 2

/* Filled in by who asks, but for the job. */
struct tables_list {
    struct sql_job job;
    const char *text;
    struct sql_value values[TABLES_VALUES_MAX];
    size_t value_count;
    rows_add add;
    struct rows rows;
};
/* The items are the arena's. */
int tables_read(struct store *store, struct tables_list *list, void **ret_items, size_t *ret_count,
                int64_t deadline_ns);
/* The same where there is one row or none: copies its `size` bytes. ERR_NOT_FOUND. */
int tables_read_one(struct store *store, struct tables_list *list, void *ret_item, size_t size,
                    int64_t deadline_ns);

/* A page of an account's orders of one run: account, a number that they are below, how many, and
 * the run: a number shifted by TABLES_RUN_BITS. */
#define TABLES_RUN_BITS 12
extern const char tables_run_orders[];

/* --- within a job --- */

/* The number after the last that the query gives, once nobody else can change the catalog; ERR_FULL
 * where there are max of them. A number is for ever: rows of the catalog never go. */
int tables_next_number(const struct tables_kind *kind, struct sql_txn *txn, const char *last,
                       int64_t max, uint32_t *ret_number);
/* Adds a performance and sets its performance_id and head_hash. ERR_NOT_FOUND, ERR_FULL. */
int tables_add_performance(const struct tables_kind *kind, struct sql_txn *txn,
                           struct store_performance *performance);

#endif
