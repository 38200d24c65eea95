/*
 * body: the mariadb body of the store, seen from inside: tables/ over a server (db/mariadb.h).
 *
 * Any number of processes may have it open at once; nothing of it is kept in memory.
 */
#ifndef USHER_STORE_MARIADB_BODY_H
#define USHER_STORE_MARIADB_BODY_H

#include <pthread.h>

#include "db/mariadb.h"
#include "store/tables/tables.h"

/* What a block does in one round trip, all prepared: begin, the fence, and more. */
struct mariadb_shape {
    bool row;       /* the ledger's row */
    bool outbox;    /* its row */
    bool commit;    /* else the transaction stays open */
    uint8_t orders; /* rows of orders, and of sold: within MARIADB_BLOCK_FITS */
    uint8_t places;
};
#define MARIADB_ORDER_COLUMNS                                                                      \
    "order_id, account_id, hold_id, performance_id, state, payment_method, placed_at_ms, total,"   \
    " seats, amounts, person_id"
#define MARIADB_ORDER_VALUES  11
#define MARIADB_LEDGER_VALUES 9
#define MARIADB_SOLD_VALUES   3
#define MARIADB_FENCE_VALUES  10

/* Each number of orders and places is a text of its own, which every connection prepares: those
 * that come often are enough. */
#define MARIADB_BLOCK_ORDERS 4 /* with each number of places */
#define MARIADB_BLOCK_PLACES 8
#define MARIADB_BLOCK_SINGLE 32 /* of one place each */
#define MARIADB_BLOCK_FITS(orders, places)                                                         \
    (((orders) <= MARIADB_BLOCK_ORDERS && (places) <= MARIADB_BLOCK_PLACES) ||                     \
     ((orders) <= MARIADB_BLOCK_SINGLE && (places) == (orders)))
#define MARIADB_BLOCK_SIZES                                                                        \
    ((MARIADB_BLOCK_ORDERS + 1) * (MARIADB_BLOCK_PLACES + 1) + MARIADB_BLOCK_SINGLE + 1)
#define MARIADB_BLOCK_SHAPES (8 * MARIADB_BLOCK_SIZES)

#define MARIADB_LAYOUT_PART (4 << 20) /* a hall's layout is kept in pieces, for packets' sake */

struct mariadb_store {
    struct store store;
    struct mariadb *db;
    bool read_only;
    pthread_mutex_t lock;                        /* of what follows */
    uint64_t outbox_ids[TABLES_OUTBOX_ROWS_MAX]; /* last read: what may be removed, see outbox.c */
    size_t outbox_count;
    char *blocks[MARIADB_BLOCK_SHAPES]; /* texts, made when they are first needed */
};

static inline struct mariadb_store *body_of(struct store *store)
{
    return (struct mariadb_store *)store;
}

/* The schema, in steps (schema.c). */
extern const struct sql_step mariadb_sale_steps[];
extern const size_t mariadb_sale_step_count;

/* What tables/ leaves to this body: halls.c, commit.c, outbox.c. */
int mariadb_add_hall(struct sql_txn *txn, const struct store_hall *hall);
int mariadb_read_layout(struct sql_txn *txn, uint32_t hall_id, struct arena *arena,
                        struct view *ret_layout);
/* The block's text, which lives as long as the store. ERR_NO_MEMORY. Its values in order: of the
 * fence sale_state, version, seq, head_hash; performance_id, epoch, seq, version and head_hash of
 * before; performance_id again; the ledger's columns; each order's; each place's; the outbox's. */
int mariadb_block_text(struct mariadb_store *s, const struct mariadb_shape *shape,
                       const char **ret_text);
/* What an error of a block means. */
int mariadb_block_meaning(const struct mariadb_conn *conn, int err);
void mariadb_blocks_free(struct mariadb_store *s);
int mariadb_commit_batch(struct store *store, const struct store_batch *batch, int64_t deadline_ns);
void mariadb_outbox_was_read(struct store *store, const struct store_outbox_row *rows,
                             size_t count);
int mariadb_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns);

#endif
