/*
 * ledger: the chain that every change of a performance's seats is written into.
 *
 * One commit is one row; a row's hash covers its place, its body and the hash of the row before, so
 * that no row can be altered, dropped, added or moved without breaking the chain. The first row
 * hangs on the genesis hash, which covers what is fixed about the performance.
 * docs/internals/ledger.md is the format's page: byte layouts, a worked example, and the rules of
 * replay.
 *
 * Pure: no I/O, no clock. Hashes are SHA-256 (FIPS 180-4). Integers in what is hashed are
 * big-endian and of fixed width; signed ones are two's complement.
 */
#ifndef USHER_SALE_LEDGER_H
#define USHER_SALE_LEDGER_H

#include "err/err.h"
#include "mem/arena.h"
#include "mem/view.h"
#include "sale/change.h"

#define LEDGER_HASH_BYTES  CHANGE_HASH_BYTES
#define LEDGER_ENTRIES_MAX 4096       /* entries in one row */
#define LEDGER_BODY_MAX    (1u << 20) /* bytes of one row's body: 4096 of the largest entries fit */
/* An idempotency key is not used again for hold_ttl_ms and this. */
#define LEDGER_KEY_KEEP_MS 600000
/* A hold lives for hold_ttl_ms, and at most so much longer while its buyer pays. */
#define LEDGER_EXTEND_MAX_MS 960000
/* Of that, while he only begins to. */
#define LEDGER_START_MAX_MS 300000
/* Offers of a waiting list last from this to that: the longest bounds what loading reads. */
#define LEDGER_OFFER_MIN_MS 1000
#define LEDGER_OFFER_MAX_MS 3600000
/* A wish that has let so many offers lapse waits no longer. */
#define LEDGER_WISH_LAPSES 2
/* One that is to be paid later, by a deposit or at the box office: so long in all, and that. */
#define LEDGER_LATER_MAX_MS     86400000
#define LEDGER_REST_MAX_MS      600000 /* a freed place rests at most so long */
#define LEDGER_ROW_PREIMAGE     124    /* bytes that a row's hash covers */
#define LEDGER_GENESIS_PREIMAGE 144
#define LEDGER_GENESIS_2_BYTES  128 /* the same for one that covers names */
#define LEDGER_GENESIS_3_BYTES  52  /* … and counts persons */

/* One row. The body is borrowed. */
struct ledger_row {
    uint64_t seq;            /* 1, 2, 3, … a performance */
    uint64_t epoch;          /* of the owner that wrote it; never less than the row's before */
    uint64_t version_before; /* the row's entries are versions version_before + 1 … version */
    uint64_t version;
    int64_t at_ms; /* wall clock of the commit; never less than the row's before */
    uint8_t prev_hash[LEDGER_HASH_BYTES]; /* hash of row seq - 1, or the genesis hash */
    uint8_t hash[LEDGER_HASH_BYTES];
    struct view body; /* packed usher.v1.LedgerBatch */
};

/* What is fixed about a performance when it is created. */
struct ledger_genesis {
    uint32_t performance_id;
    uint32_t event_id;
    uint32_t hall_id;
    uint8_t layout_hash[LEDGER_HASH_BYTES]; /* SHA-256 of the hall's layout */
    int64_t starts_at_ms;
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    uint32_t first_sale_state; /* usher.v1.SaleState it is created in */
    struct view currency;
    struct view prices; /* little-endian int64 each, as stored */
    /* What is on a ticket, and how long a freed place rests at most: covered since there is a
     * second form of the hash, which covers_names asks for; else not read. */
    bool covers_names;
    bool utc_offset_known;
    int32_t utc_offset_minutes;
    uint32_t section_count;
    uint32_t rest_ms;
    uint32_t person_rule; /* usher.v1.PersonRule; not 0: the third form */
    struct view event_name;
    struct view hall_name;
};

/* Why a row does not follow from the one before it; the first that applies, in this order. */
enum ledger_break {
    LEDGER_OK = 0,
    LEDGER_BREAK_SEQ,       /* seq is not the previous seq + 1 */
    LEDGER_BREAK_VERSION,   /* version_before is not the previous version, or nothing is added to it
                             */
    LEDGER_BREAK_EPOCH,     /* epoch is 0 or less than the previous */
    LEDGER_BREAK_TIME,      /* at_ms is less than the previous, and no clock change says why */
    LEDGER_BREAK_PREV_HASH, /* prev_hash is not the previous hash */
    LEDGER_BREAK_HASH,      /* hash is not the hash of the row */
};

/* The end of a chain: what the next row must follow. */
struct ledger_tail {
    uint64_t seq;
    uint64_t epoch;
    uint64_t version;
    int64_t at_ms;
    uint8_t hash[LEDGER_HASH_BYTES];
};

/* The hash that stands for the row before the first. */
void ledger_genesis_hash(const struct ledger_genesis *genesis, uint8_t ret_hash[LEDGER_HASH_BYTES]);

/* Sets row->hash from everything else in it. */
void ledger_seal(uint32_t performance_id, struct ledger_row *row);

/* Says whether row follows tail, and moves tail onto the row (also where it does not follow, so
 * that a checker can go on and find what else is wrong). Entries are not looked at. */
enum ledger_break ledger_follow(uint32_t performance_id, const struct ledger_row *row,
                                struct ledger_tail *tail);

/* "its hash is not the hash of its content", …; never NULL. */
const char *ledger_break_text(enum ledger_break broken);

/* Packs 1 … LEDGER_ENTRIES_MAX changes into a body, in the arena. ERR_NO_MEMORY (the arena's
 * maximum); ERR_FULL: more entries or bytes than a row may have. */
int ledger_pack(struct change *changes, size_t count, struct arena *arena, struct view *ret_body);

/* Reads a body into the arena. ERR_CORRUPT: no valid LedgerBatch, no entry or too many, or an entry
 * that change_read refuses. ERR_NO_MEMORY. */
int ledger_unpack(struct view body, struct arena *arena, struct change **ret_changes,
                  size_t *ret_count);

#endif
