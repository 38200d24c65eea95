/*
 * playbill_chain: what a ticket shows beside its place (the event's name, date and time zone as
 * they are told now; the hall and the first offset where no genesis hash covers them), covered by a
 * chain of hashes.
 *
 * Every write to the playbill (store/playbill.h) appends a row here in the same transaction: what
 * it was about, and the SHA-256 of all that is told from then on. The rows hang on one another as
 * the ledger's do, so that nobody changes what tickets show, or takes a change back, without
 * breaking the chain or hashing it anew to its head. docs/internals/ledger.md has the bytes.
 */
#ifndef USHER_STORE_PLAYBILL_CHAIN_H
#define USHER_STORE_PLAYBILL_CHAIN_H

#include "db/sql.h"
#include "store/playbill.h"

/* The last two are written once: the name of a hall, and the offset that a performance was made
 * with, of performances whose genesis hash does not cover them. */
enum playbill_about {
    PLAYBILL_EVENT = 1,
    PLAYBILL_PERFORMANCE,
    PLAYBILL_HALL,
    PLAYBILL_MADE /* a performance, as it was made */
};

/* Within the job that writes the row itself, under that row's number. As sql_run. */
int playbill_chain_event(struct sql_txn *txn, const struct playbill_event *event, int64_t number);
int playbill_chain_performance(struct sql_txn *txn, const struct playbill_performance *date,
                               int64_t number);
/* Chains what a store of before there was a chain tells, as it is; does nothing where there is a
 * chain. As sql_write; ERR_NO_MEMORY. */
int playbill_chain_adopt(struct sql *sql, struct arena *arena, int64_t deadline_ns);

/* Chains, as they are, the performances and their halls that no genesis hash and no row here
 * covers: those of a store of 0.1.0 or 0.2.0. After playbill_chain_adopt; the store's tables are in
 * the same database. As sql_write; ERR_NO_MEMORY. */
int playbill_chain_adopt_halls(struct sql *sql, struct arena *arena, int64_t deadline_ns);

#define PLAYBILL_FAULTS_MAX 100 /* told at most */

/* Called with what is wrong, as a sentence without its subject. */
typedef void playbill_fault(void *state, enum playbill_about about, uint32_t id, const char *what);

struct playbill_chain {
    uint64_t rows;
    uint8_t head[STORE_HASH_BYTES]; /* of the last row; zero without rows */
};

/* Reads the chain and every row of the playbill in one snapshot, compares, and tells the first
 * faults. As sql_read;
 * ERR_NO_MEMORY. */
int playbill_check(struct sql *sql, struct arena *arena, playbill_fault *fault, void *state,
                   struct playbill_chain *ret_chain, int64_t deadline_ns);

#endif
