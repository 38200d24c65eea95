/*
 * store: what must never be lost, as a const table of operations.
 *
 * This header is the contract; bodies are mem/ (the reference), and tables/ over sqlite/ and
 * mariadb/; wrap/ decorates. One suite, tests/conformance, holds every body to it. All calls may
 * wait (a fiber parks) but never past their deadline by more than the body's own bound; from a
 * plain thread they block. All may be called from any worker. Inputs are borrowed until the call
 * returns; outputs are copied into the caller's arena.
 *
 * What every call may return besides what its paragraph says: ERR_TIMEOUT (nothing was done),
 * ERR_UNAVAILABLE (nothing was done; the store is broken for now), ERR_FULL (the queue is at its
 * maximum; nothing was done), ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY (the arena's maximum). A write
 * that returns ERR_UNKNOWN or ERR_IO may have been done.
 */
#ifndef USHER_STORE_STORE_H
#define USHER_STORE_STORE_H

#include "store/amounts.h"
#include "store/rows.h"

struct sql;
struct store;

/* A parenthesised list without its parentheses. */
#define STORE_LIST(...) __VA_ARGS__

struct store_ops {
    const char *name; /* "mem", "sqlite", … */

    /* Ends all work and frees the store. No call may be under way. */
    void (*free)(struct store *store);

#define OPERATION(name, decides, parameters, names)                                                \
    int (*name)(struct store * store, STORE_LIST parameters, int64_t deadline_ns);
#include "store/operations.h"
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
 * to bring it up). ERR_NOT_FOUND: read_only, and there is no such file, or no table in it.
 * read_only: for audit, also beside the running server: every call sees the store as it was when it
 * was opened; writes are ERR_DENIED. */
int store_sqlite_open(const char *data_dir, bool read_only, struct store **ret_store);
/* The same for writing, of a store that was made before. ERR_NOT_FOUND: there is no table in it,
 * and none is made. */
int store_sqlite_open_made(const char *data_dir, struct store **ret_store);
/* The same without threads and without a folder: name is a database of SQLite's default layer, and
 * its log is emptied at checkpoint_pages. For the simulation. As store_sqlite_open. */
int store_sqlite_open_alone(const char *name, uint32_t checkpoint_pages, struct store **ret_store);

/* The shared body: a MariaDB database that any number of processes may have open, mariadb://… as in
 * db/mariadb.h, brought to the present schema under a lock. ERR_INVALID (the address), what
 * mariadb_take returns, ERR_UNSUPPORTED, ERR_CORRUPT as above; ret_why says it for people. It
 * waits 10 s for a server that does not answer. read_only: as above. */
#define STORE_WHY_MAX 640
int store_mariadb_open(const char *url, bool read_only, char ret_why[STORE_WHY_MAX],
                       struct store **ret_store);

/* For bodies: 0, or ERR_INVALID beyond the maxima of store/rows.h. */
int store_hall_check(const struct store_hall *hall);
int store_event_check(const struct store_event *event);
int store_performance_check(const struct store_performance *performance);

/* For bodies: asserts what a caller must see to (order of sales, the row's numbers, maxima). */
void store_batch_check(const struct store_batch *batch);

/* Fills in what a batch's tables say (sales, orders, cancels, sale_state) from its changes; the
 * performance_id, the sale_state and the row's version_before must be set. All memory is the
 * arena's, or the changes'.
 * ERR_NO_MEMORY; ERR_CORRUPT: an order of more seats than there may be. */
int store_batch_fill(const struct change *changes, size_t count, struct arena *arena,
                     struct store_batch *batch);
/* Whether a message goes out with a change: of an order, and that a sale was opened or paused. */
static inline bool store_batch_tells(enum change_kind kind)
{
    return kind == CHANGE_SALE_STATE || kind == CHANGE_OFFER ||
           change_rule(kind)->order_to != CHANGE_ORDER_NONE;
}

/* The genesis hash of a performance in that hall (whose layout is not read), of an event of that
 * name. */
void store_genesis_hash(const struct store_performance *performance, const struct store_hall *hall,
                        struct view event_name, uint8_t ret_hash[STORE_HASH_BYTES]);

static inline void store_free(struct store *store)
{
    if (store)
        store->ops->free(store);
}

#endif
