/*
 * copy: carries a whole store into an empty one.
 *
 * Halls, events and performances keep their numbers. Every row of every ledger is committed again
 * as it is, under its own epoch, with what it says about orders and sold seats: the copy's chain,
 * and so its last hash, is the original's. Nobody may write to either meanwhile.
 */
#ifndef USHER_STORE_COPY_H
#define USHER_STORE_COPY_H

#include "store/store.h"

/* Undelivered messages of the outbox, at most. */
#define STORE_COPY_OUTBOX_MAX 100000

/* Called as rows are carried; state is the caller's. */
typedef void (*store_copy_progress)(void *state, uint64_t rows_done, uint64_t rows_total);

/* ERR_EXISTS: `to` is not empty; ERR_CORRUPT: what is in `from` does not fit together (audit tells
 * where); ERR_FULL: too much waits in the outbox; what either store says. After an error `to` is
 * half filled, and of no use. */
int store_copy(struct store *from, struct store *to, store_copy_progress progress, void *state);

/* The tables of the other services (accounts, payments, …), from a file of SQLite to MariaDB, where
 * they are made first. ret_why (STORE_WHY_MAX) says what failed. */
int store_copy_tables(const char *path, const char *url, char *ret_why);

#endif
