/*
 * board: what the operator's page shows, gathered once a second while somebody looks, and claims
 * that are checked all the time.
 *
 *     ledgers ─ReadLedger─▶ proof (a performance each) ──┐
 *     GetSaleReport, ListSales, GetBooks, calls ─────────┴─▶ Board, packed ──▶ GetBoard
 *
 * One fiber on the monitor's worker does all of it, at the follower's pace (pace.h), so that a sale
 * has the machine. Positions and findings live in memory: a start checks every ledger from its
 * first row. What is checked is bounded: BOARD_PERFORMANCES of those on sale.
 */
#ifndef USHER_SVC_MONITOR_BOARD_H
#define USHER_SVC_MONITOR_BOARD_H

#include <pthread.h>
#include <stdatomic.h>

#include "call/call.h"
#include "mem/buf.h"
#include "svc/monitor/pace.h"
#include "svc/monitor/proof.h"

#define BOARD_PERFORMANCES 32
#define BOARD_LINES        32
#define BOARD_CLAIMS_KEPT  32 /* about lines, and about books: as many as are looked at */
#define BOARD_BYTES_MAX    (512u << 10)
#define BOARD_EVERY_MS     1000  /* between two snapshots while somebody looks */
#define BOARD_IDLE_MS      15000 /* … and otherwise: claims are checked all the same */
#define BOARD_LOOKS_MS     10000 /* how long somebody looks after an answer */
#define BOARD_BOOKS_MS     10000 /* between two looks at the books */

/* A claim about a line or about books, which have no ledger here. */
struct board_claim {
    uint32_t id;      /* of the performance or the sale; 0: not used */
    int64_t first_ms; /* when it was first looked at */
    uint64_t looks;
    uint64_t serving, last; /* of a line: as they were */
    struct proof_finding finding;
};

struct board_proof {
    struct proof proof;
    int64_t first_ms;
    uint64_t version; /* of the owner, as it was told last */
};

struct board {
    pthread_mutex_t mutex;
    struct buf packed;        /* under the mutex: the last Board; empty: there was none yet */
    int64_t made_ns;          /* under the mutex: when, monotonic */
    _Atomic int64_t asked_ns; /* when somebody asked last */
    /* of the fiber alone */
    struct pace pace;
    struct channel *tickets, *waitroom, *payment;
    struct board_proof proofs[BOARD_PERFORMANCES];
    struct board_claim books[BOARD_CLAIMS_KEPT];
    struct board_claim lines[BOARD_CLAIMS_KEPT];
    int64_t books_ns; /* when they were looked at last */
    int64_t next_ns;  /* when the next snapshot is due */
};

struct monitor;

void board_init(struct board *board);
/* In a fiber of its worker: no call is under way. */
void board_close(struct board *board);
void board_release(struct board *board);
/* The fiber; arg is the monitor. */
void board_run(void *arg);

#endif
