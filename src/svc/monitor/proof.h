/*
 * proof: what a performance's ledger shows so far, checked row by row as it grows.
 *
 * A row must follow the one before it (P11), and each of its entries must find its places as the
 * rules of sale/change.h say (P1: at most one live claim on a place). What the rows add up to can
 * then be compared with what the owner counts (P7). It knows nothing of how the owner keeps them;
 * the whole check of a store at rest is `usher audit`.
 *
 * Pure: rows are passed in. A place costs 24 bytes, a live hold 64; nothing else grows.
 */
#ifndef USHER_SVC_MONITOR_PROOF_H
#define USHER_SVC_MONITOR_PROOF_H

#include "mem/table.h"
#include "sale/ledger.h"

#define PROOF_PLACES_MAX 200000 /* of a hall */
#define PROOF_TEXT_BYTES 160

enum proof_claim { PROOF_CLAIMS, PROOF_CHAIN, PROOF_COUNTS, PROOF_KINDS };

/* What was found first. */
struct proof_finding {
    bool found;
    bool told;        /* in the log */
    int64_t since_ms; /* wall clock, when it was found */
    char text[PROOF_TEXT_BYTES];
};

struct proof_place;
struct proof_hold;

struct proof {
    uint32_t performance_id;
    struct ledger_tail tail;
    struct proof_place *places; /* owned */
    uint32_t place_count;       /* up to the highest that was named */
    struct table hold_places;   /* hold id → place in holds */
    struct proof_hold *holds;   /* owned */
    uint32_t hold_count;        /* used, or used once */
    uint32_t hold_free;         /* first of those that are free again, from 1; 0: none */
    uint32_t held, sold, resting, blocked;
    uint64_t entries;
    struct proof_finding findings[PROOF_KINDS];
    /* the counts that did not agree, and since when, monotonic */
    uint64_t odd_version;
    int64_t odd_since_ns;
};

/* Counts of an owner, at one of its versions. */
struct proof_counts {
    uint64_t version;
    uint32_t held, sold, resting;
};

void proof_init(struct proof *proof, uint32_t performance_id);
void proof_release(struct proof *proof);

/* The next row, which is borrowed; the arena holds its entries. Found faults are findings, and the
 * row is then applied as far as it makes sense. ERR_NO_MEMORY: as before the row. */
int proof_row(struct proof *proof, const struct ledger_row *row, struct arena *arena,
              int64_t now_ms);

/* Compares with what the owner counts; a finding where counts of the version that the proof has
 * reached differ twice, PROOF_ODD_NS apart. Counts of another version say nothing. */
#define PROOF_ODD_NS INT64_C(500000000)
void proof_compare(struct proof *proof, const struct proof_counts *counts, int64_t now_ns,
                   int64_t now_ms);

#endif
