/*
 * store: what must never be lost, as a const table of operations.
 *
 * This header is the contract; bodies are mem/ (the reference) and sqlite/, wrap/ decorates. One
 * suite, tests/conformance, holds every body to it. All calls may wait (a fiber parks) but never
 * past their deadline by more than the body's own bound; from a plain thread they block. All may be
 * called from any worker. Inputs are borrowed until the call returns; outputs are copied into the
 * caller's arena.
 *
 * What every call may return besides what its paragraph says: ERR_TIMEOUT (nothing was done),
 * ERR_UNAVAILABLE (nothing was done; the store is broken for now), ERR_FULL (the queue is at its
 * maximum; nothing was done), ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY (the arena's maximum). A write
 * that returns ERR_UNKNOWN or ERR_IO may have been done.
 */
#ifndef USHER_STORE_STORE_H
#define USHER_STORE_STORE_H

#include "mem/arena.h"
#include "mem/id.h"
#include "mem/view.h"
#include "sale/ledger.h"

#define STORE_HASH_BYTES LEDGER_HASH_BYTES

/* A hall plan: the encoded usher.v1.SeatMap, named by its SHA-256. */
struct store_hall {
    uint32_t hall_id; /* given by the store, from 1 */
    struct view name;
    uint8_t layout_hash[STORE_HASH_BYTES];
    uint32_t place_count;
    uint32_t section_count;
    struct view layout; /* empty in lists */
};

struct store_event {
    uint32_t event_id; /* given by the store, from 1 */
    struct view name;
    struct view description;
    int64_t created_at_ms;
};

/* A performance's row: what is fixed at creation (the genesis hash covers it, see sale/ledger.h),
 * and the head of its ledger. */
struct store_performance {
    uint32_t performance_id; /* given by the store, from 1 */
    uint32_t event_id;
    uint32_t hall_id;
    int64_t starts_at_ms;
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    struct view currency; /* 3 letters */
    struct view
        prices; /* little-endian int64 each, one a category of the hall: smallest unit of money */
    uint32_t first_sale_state; /* the sale_state it was put with; put does not read it */
    /* the head, moved by store_commit alone */
    uint32_t sale_state;                 /* usher.v1.SaleState */
    uint64_t epoch;                      /* of the owner that may write; grows with every claim */
    uint64_t version;                    /* changes so far */
    uint64_t seq;                        /* ledger rows so far */
    uint8_t head_hash[STORE_HASH_BYTES]; /* of row seq; the genesis hash while seq is 0: what the
                                            next row's prev_hash must be. put does not read it */
};

/* A sold seat. */
struct store_sale {
    uint32_t seat;
    struct id order_id;
};

struct store_order {
    struct id order_id;
    struct id account_id;
    struct id hold_id;
    uint32_t performance_id;
    uint32_t state; /* usher.v1.OrderState */
    uint32_t payment_method;
    int64_t placed_at_ms; /* at_ms of the ledger entry that sold it */
    int64_t total;
    struct view seats; /* little-endian uint32 each, ascending; kept after cancellation */
};

/* Everything one commit writes, all or nothing. Cancels are done before sales, so that seats given
 * back may be sold again; an order placed by a batch is not cancelled by the same one. */
struct store_batch {
    uint32_t performance_id;
    uint64_t epoch;        /* must be the performance's epoch (the fence) */
    struct ledger_row row; /* sealed; row.epoch == epoch, row.seq == seq + 1, row.version_before ==
                              version and row.prev_hash == head_hash of the head */
    uint32_t sale_state;   /* after the batch */
    const struct store_sale *sales; /* sold now, ascending by seat */
    size_t sale_count;
    const struct store_order *orders; /* placed now */
    size_t order_count;
    const struct store_order
        *cancels; /* only order_id and seats are read: rows of sold are removed, the
                     order's state becomes ORDER_STATE_CANCELLED; its seats stay */
    size_t cancel_count;
    struct view outbox; /* packed usher.v1.OutboxBatch, or empty */
};

struct store_outbox_row {
    uint64_t outbox_id; /* ascending in order of commit */
    uint32_t performance_id;
    struct view body;
};

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

    int (*event_put)(struct store *store, const struct store_event *event, uint32_t *ret_event_id,
                     int64_t deadline_ns);
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
    /* An account's orders, newest first (placed_at_ms, then order_id, descending), beginning after
     * the order `after` (zero id: from the newest), at most orders_max. ERR_NOT_FOUND: `after` is
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
};

/* Beyond these a put is ERR_FULL. */
#define STORE_HALLS_MAX        1000
#define STORE_EVENTS_MAX       1000
#define STORE_PERFORMANCES_MAX 1000

/* The reference body: everything in memory, gone with the process. ERR_NO_MEMORY. */
int store_mem_new(struct store **ret_store);

/* The embedded body: DIR/usher.db in WAL mode, synchronous FULL, one writer thread; brought to the
 * present schema by numbered migrations. ERR_IO; ERR_BUSY when another process has it; ERR_CORRUPT;
 * ERR_UNSUPPORTED for a schema that is not this program's (newer; or older, where read_only forbids
 * to bring it up). ERR_NOT_FOUND: read_only, and there is no such file. read_only: for audit, also
 * beside the running server: every call sees the store as it was when it was opened; writes are
 * ERR_DENIED. */
int store_sqlite_open(const char *data_dir, bool read_only, struct store **ret_store);

static inline void store_free(struct store *store)
{
    if (store)
        store->ops->free(store);
}

#endif
