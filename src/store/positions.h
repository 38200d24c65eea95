/*
 * positions: how far a reader of an outbox has come. It moves in the transaction that keeps what
 * was read, so nothing is dealt with twice and nothing is skipped.
 */
#ifndef USHER_STORE_POSITIONS_H
#define USHER_STORE_POSITIONS_H

#include "db/sql.h"

/* Makes the table, or brings it to this program's form: as sql_migrate. */
int positions_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* A reader's position; 0 for one that never moved. As sql_read. */
int position_get(struct sql *sql, struct view reader, uint64_t *ret_position, int64_t deadline_ns);
/* Moves it, inside the job that keeps what was read. ERR_CONFLICT: it is not at `from` any more, so
 * somebody else reads; as sql_run. */
int position_move(struct sql_txn *txn, struct view reader, uint64_t from, uint64_t to);

#endif
