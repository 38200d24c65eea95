/*
 * audit: does the store keep its promises?
 *
 * Replays every performance's ledger with arrays of its own, independent of the seat engine, and
 * compares the outcome with the tables beside it. docs/internals/ledger.md lists the checks; the
 * exit code of `usher audit` is the claim (P1, P3, P4, P7, P11). The ledger is read in pages;
 * memory grows with the number of holds, orders and keys, about 40 bytes each, not with what the
 * rows weigh.
 */
#ifndef USHER_AUDIT_AUDIT_H
#define USHER_AUDIT_AUDIT_H

#include "store/store.h"

#define AUDIT_FINDINGS_MAX 100 /* kept; all are counted */
#define AUDIT_TEXT_BYTES   256

struct audit_finding {
    uint32_t performance_id;     /* 0: of none */
    uint64_t seq;                /* the ledger row; 0: of none */
    uint32_t entry;              /* in that row, from 1; 0: of none */
    char text[AUDIT_TEXT_BYTES]; /* "performance 3, row 17, entry 4: seat 120 is sold twice" */
};

struct audit_counts {
    uint64_t performances;
    uint64_t rows;
    uint64_t entries;
    uint64_t holds;
    uint64_t orders;
    uint64_t cancelled; /* of the orders */
    uint64_t sold;      /* seats */
    uint64_t held;      /* seats, at the ledger's end */
    uint64_t resting;   /* seats that were freed and are not for sale yet */
    uint64_t blocked;   /* seats that are kept back */
    uint64_t offered;   /* seats that are held for wishes; not among the held */
    uint64_t wishes;    /* that wait */
    uint64_t sales;     /* lines */
    uint64_t line_rows; /* of their ledgers */
    uint64_t joined;    /* by arrival */
};

struct audit_report {
    struct audit_counts counts;
    uint64_t finding_count;
    struct audit_finding findings[AUDIT_FINDINGS_MAX]; /* the first ones */
};

struct audit_options {
    uint32_t performance_id; /* 0: all */
    /* Either may be NULL. Called as rows are read; and after each performance, with its row in the
     * catalog, the number of its findings, and what unpaid orders owe the box office. */
    void (*progress)(void *state, uint64_t rows_done, uint64_t rows_total);
    void (*audited)(void *state, const struct store_performance *performance, uint64_t findings,
                    int64_t to_collect);
    void *state;
};

/* Fills *ret_report (large: not for a fiber's stack). 0: all was checked, and finding_count says
 * whether it is right; damaged data are findings. ERR_BUSY: the store was written to meanwhile;
 * ERR_NOT_FOUND: no such performance; ERR_NO_MEMORY; ERR_IO and what else the store says: it could
 * not be checked, and the report is of no use. */
int audit_run(struct store *store, const struct audit_options *options,
              struct audit_report *ret_report);

#endif
