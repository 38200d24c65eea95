/*
 * store: what must never be lost, as a const table of operations.
 *
 * This header is the contract; bodies are mem/ (the reference), sqlite/ and mariadb/; wrap/
 * decorates. One suite, tests/conformance, holds every body to it. All calls may wait (a fiber
 * parks) but never past their deadline by more than the body's own bound; from a plain thread they
 * block. All may be called from any worker. Inputs are borrowed until the call returns; outputs are
 * copied into the caller's arena.
 *
 * What every call may return besides what its paragraph says: ERR_TIMEOUT (nothing was done),
 * ERR_UNAVAILABLE (nothing was done; the store is broken for now), ERR_FULL (the queue is at its
 * maximum; nothing was done), ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY (the arena's maximum). A write
 * that returns ERR_UNKNOWN or ERR_IO may have been done.
 */
#ifndef USHER_STORE_STORE_H
#define USHER_STORE_STORE_H

#include "store/rows.h"

struct sql;
struct store;

struct store_ops {
    const char *name; /* "mem", "sqlite", … */

    /* Ends all work and frees the store. No call may be under way. */
    void (*free)(struct store *store);

    /* Adds a hall plan, or finds the one with the same name and layout_hash. Sets *ret_hall_id. */
    int (*hall_put)(struct store *store, const struct store_hall *hall, uint32_t *ret_hall_id,
                    int64_t deadline_ns);
    /* One hall with its layout. ERR_NOT_FOUND. */
    int (*hall_get)(struct store *store, uint32_t hall_id, struct arena *arena,
                    struct store_hall *ret_hall, int64_t deadline_ns);
    /* All halls without layouts, by id. At most STORE_HALLS_MAX. */
    int (*hall_list)(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                     size_t *ret_count, int64_t deadline_ns);

    /* Adds an event and, unless first is NULL, its first performance (whose event_id is not read):
     * both or neither. Without first ret_performance_id may be NULL. As performance_put. */
    int (*event_put)(struct store *store, const struct store_event *event,
                     const struct store_performance *first, uint32_t *ret_event_id,
                     uint32_t *ret_performance_id, int64_t deadline_ns);
    int (*event_list)(struct store *store, struct arena *arena, struct store_event **ret_events,
                      size_t *ret_count, int64_t deadline_ns);

    /* Adds a performance with an empty ledger: epoch, version and seq 0, in sale_state.
     * ERR_NOT_FOUND for an unknown event or hall. */
    int (*performance_put)(struct store *store, const struct store_performance *performance,
                           uint32_t *ret_performance_id, int64_t deadline_ns);
    int (*performance_list)(struct store *store, struct arena *arena,
                            struct store_performance **ret_performances, size_t *ret_count,
                            int64_t deadline_ns);
    int (*performance_get)(struct store *store, uint32_t performance_id, struct arena *arena,
                           struct store_performance *ret_performance, int64_t deadline_ns);

    /* Takes ownership: adds 1 to the epoch, durably, and gives the row as it is then. Every commit
     * of an older epoch fails from now on. ERR_NOT_FOUND. ERR_UNKNOWN: claim again. */
    int (*claim)(struct store *store, uint32_t performance_id, struct arena *arena,
                 struct store_performance *ret_performance, int64_t deadline_ns);

    /* The one write of a sale. 0: everything is durable. ERR_FENCED: the epoch, seq, version or
     * prev_hash is not the head's; ERR_CONFLICT: a seat is sold already, an order exists already,
     * or a cancelled order is not this performance's, not confirmed, or its seats are not exactly
     * those; ERR_NOT_FOUND: no such performance; nothing was written in any of these cases.
     * ERR_UNKNOWN, ERR_IO: it may or may not have been written: claim, and read. */
    int (*commit)(struct store *store, const struct store_batch *batch, int64_t deadline_ns);

    /* Rows of sold for one performance, ascending by seat. */
    int (*sold_list)(struct store *store, uint32_t performance_id, struct arena *arena,
                     struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns);

    /* Ledger rows with seq >= from_seq and at_ms >= from_ms, ascending, at most rows_max of them
     * and at most about 16 MiB of bodies. */
    int (*ledger_read)(struct store *store, uint32_t performance_id, uint64_t from_seq,
                       int64_t from_ms, size_t rows_max, struct arena *arena,
                       struct ledger_row **ret_rows, size_t *ret_count, int64_t deadline_ns);

    /* ERR_NOT_FOUND. */
    int (*order_get)(struct store *store, struct id order_id, struct arena *arena,
                     struct store_order *ret_order, int64_t deadline_ns);
    /* An account's orders, the last committed first, beginning after the order `after` (zero id:
     * from the newest), at most orders_max; a page costs what it holds. ERR_NOT_FOUND: `after` is
     * no order of the account. */
    int (*order_list)(struct store *store, struct id account_id, struct id after, size_t orders_max,
                      struct arena *arena, struct store_order **ret_orders, size_t *ret_count,
                      int64_t deadline_ns);
    /* A performance's orders, in the order they were committed, beginning after the order `after`
     * (zero id: from the first): for reports and audit. ERR_NOT_FOUND: `after` is no order of the
     * performance. */
    int (*order_scan)(struct store *store, uint32_t performance_id, struct id after,
                      size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                      size_t *ret_count, int64_t deadline_ns);

    /* The oldest outbox rows, at most rows_max; and their removal once delivered. */
    int (*outbox_read)(struct store *store, size_t rows_max, struct arena *arena,
                       struct store_outbox_row **ret_rows, size_t *ret_count, int64_t deadline_ns);
    int (*outbox_remove)(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns);

    /* Every performance_id that the catalogue, the ledger, sold or the orders mention, ascending:
     * for audit, which must notice rows whose performance is gone. */
    int (*performance_ids)(struct store *store, struct arena *arena, uint32_t **ret_ids,
                           size_t *ret_count, int64_t deadline_ns);
};

struct store {
    const struct store_ops *ops;
    /* The same database for the tables of the other services (db/sql.h); NULL in the reference
     * body. Belongs to the store. */
    struct sql *sql;
};

/* The reference body: everything in memory, gone with the process. ERR_NO_MEMORY. */
int store_mem_new(struct store **ret_store);

/* The embedded body: DIR/usher.db in WAL mode, synchronous FULL, one writer thread; brought to the
 * present schema by numbered migrations. ERR_IO; ERR_BUSY when another process has it; ERR_CORRUPT;
 * ERR_UNSUPPORTED for a schema that is not this program's (newer; or older, where read_only forbids
 * to bring it up). ERR_NOT_FOUND: read_only, and there is no such file. read_only: for audit, also
 * beside the running server: every call sees the store as it was when it was opened; writes are
 * ERR_DENIED. */
int store_sqlite_open(const char *data_dir, bool read_only, struct store **ret_store);

/* The shared body: a MariaDB database that any number of processes may have open, mariadb://… as in
 * db/mariadb.h, brought to the present schema under a lock. ERR_INVALID (the address), what
 * mariadb_take returns, ERR_UNSUPPORTED, ERR_CORRUPT as above; ret_why says it for people. Each
 * waits no longer than MARIADB_CONNECT_MAX_MS for the server. read_only: as above. */
int store_mariadb_open(const char *url, bool read_only, char *ret_why, size_t why_size,
                       struct store **ret_store);

/* For bodies: 0, or ERR_INVALID beyond the maxima of store/rows.h. */
int store_hall_check(const struct store_hall *hall);
int store_event_check(const struct store_event *event);
int store_performance_check(const struct store_performance *performance);

/* For bodies: asserts what a caller must see to (order of sales, the row's numbers, maxima). */
void store_batch_check(const struct store_batch *batch);

/* The genesis hash of a performance in a hall with that layout. ERR_NO_MEMORY. */
int store_genesis_hash(const struct store_performance *performance,
                       const uint8_t layout_hash[STORE_HASH_BYTES],
                       uint8_t ret_hash[STORE_HASH_BYTES]);

static inline void store_free(struct store *store)
{
    if (store)
        store->ops->free(store);
}

#endif
