/*
 * body: the sqlite body of the store, seen from inside: tables/ over one file (db/sqlite.h).
 */
#ifndef USHER_STORE_SQLITE_BODY_H
#define USHER_STORE_SQLITE_BODY_H

#include "db/sqlite.h"
#include "store/tables/tables.h"

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

extern const struct tables_kind sqlite_kind; /* open.c */

/* Those operations that tables/ leaves to this body (store/operations.h says what they promise):
 * commit.c, self_check.c. */
int sqlite_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns);
int sqlite_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns);
int sqlite_self_check(struct store *store, struct arena *arena, struct view **ret_texts,
                      size_t *ret_count, int64_t deadline_ns);

#endif
