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

#define MARIADB_LAYOUT_PART (4 << 20) /* a hall's layout is kept in pieces, for packets' sake */

struct mariadb_store {
    struct store store;
    struct mariadb *db;
    bool read_only;
    pthread_mutex_t lock;                        /* of what follows */
    uint64_t outbox_ids[TABLES_OUTBOX_ROWS_MAX]; /* last read: what may be removed, see outbox.c */
    size_t outbox_count;
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
int mariadb_commit_batch(struct store *store, const struct store_batch *batch, int64_t deadline_ns);
void mariadb_outbox_was_read(struct store *store, const struct store_outbox_row *rows,
                             size_t count);
int mariadb_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns);

/* Runs a text on a connection of its own, once more where the server took it back. meaning (may be
 * NULL) makes ours of an error of the server's. */
int mariadb_store_exec(struct mariadb_store *s, struct view text,
                       int (*meaning)(const struct mariadb_conn *conn, int err),
                       int64_t deadline_ns);

#endif
