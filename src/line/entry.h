/*
 * entry: what happened in a line, as it is kept for ever, and the rows that chain it.
 *
 * A commit is one row; its body is its entries, one after the other, and its hash covers its place,
 * its body and the hash of the row before (as sale/ledger.h does for seats). An entry is
 *     kind, 1 byte | time, 6 bytes, Unix ms | what the kind needs
 * Integers are big-endian. docs/internals/line.md has the layouts.
 */
#ifndef USHER_LINE_ENTRY_H
#define USHER_LINE_ENTRY_H

#include "mem/buf.h"
#include "mem/id.h"

#define LINE_HASH_BYTES   32
#define LINE_ENTRY_MAX    75         /* bytes of the largest entry */
#define LINE_BODY_MAX     (1u << 20) /* bytes of one row's body */
#define LINE_ROW_PREIMAGE 68

/* Numbers are for ever. Behind each what it carries besides its time. */
enum line_kind {
    LINE_DRAW_OPENED = 1, /* people may enter the draw */
    LINE_ENTERED_DRAW,    /* account */
    LINE_LEFT_DRAW,       /* account */
    LINE_DRAWN,           /* secret, root, number: how many */
    LINE_OPENED,          /* numbers in order of arrival from now on */
    LINE_JOINED,          /* account, number: the next */
    LINE_CALLED_UP_TO,    /* number: serving */
    LINE_CAME_IN,         /* number, serial of the pass; again for a newer pass */
    LINE_ENDED,           /* number, how */
    LINE_LIMITS,          /* number: the least capacity; other: the most */
    LINE_CAPACITY,        /* number: capacity; how: why; other: what was measured */
    LINE_HALTED,          /* paused */
    LINE_RESUMED,
    LINE_CLOSED,       /* how */
    LINE_BEACON_NAMED, /* number: the round; root: the chain's hash */
    LINE_BEACON_GIVEN, /* number: the round; root: its randomness */
    LINE_STOPPED,      /* paused, with nothing on sale behind it: claims and passes do not run */
    LINE_KIND_LAST = LINE_STOPPED
};

/* How somebody's time in the line ended. */
enum line_end {
    LINE_END_LEFT = 1,
    LINE_END_PAID,
    LINE_END_TIME,
    LINE_END_SKIPPED,
    LINE_END_LAST = 4
};
/* Why the capacity is what it is. */
enum line_why {
    LINE_WHY_START = 1, /* the least, at the beginning */
    LINE_WHY_LIMITS,    /* the organiser's limits changed */
    LINE_WHY_FAST,      /* holds are quick and all places inside are taken */
    LINE_WHY_SLOW,      /* holds are slow; other: their time in ms */
    LINE_WHY_QUEUE,     /* too much waits to be committed; other: how much */
    LINE_WHY_SILENT,    /* nothing was heard of the seats for a while */
    LINE_WHY_LAST = LINE_WHY_SILENT
};
/* Why a line is over. */
enum line_over { LINE_OVER_TIME = 1, LINE_OVER_SOLD_OUT, LINE_OVER_LAST = 2 };

struct line_entry {
    enum line_kind kind;
    uint8_t how;
    int64_t at_ms;
    struct id account_id;
    uint32_t number;
    uint32_t other;
    uint8_t secret[LINE_HASH_BYTES];
    uint8_t root[LINE_HASH_BYTES];
};

/* Appends the entry. ERR_FULL, ERR_NO_MEMORY. */
int line_entry_write(const struct line_entry *entry, struct buf *out);
/* Takes the first entry off *body. ERR_CORRUPT: there is none. */
int line_entry_read(struct view *body, struct line_entry *ret_entry);
/* "called up to", for people; never NULL. */
const char *line_kind_text(enum line_kind kind);

struct line_row {
    uint64_t seq; /* 1, 2, 3, … a sale */
    uint64_t epoch;
    int64_t at_ms;
    uint8_t prev_hash[LINE_HASH_BYTES]; /* of the row before, or the genesis hash */
    uint8_t hash[LINE_HASH_BYTES];
    struct view body;
};

/* The hash that stands for the row before the first: of the sale and its draw's commitment. */
void line_genesis_hash(uint32_t sale_id, const uint8_t commitment[LINE_HASH_BYTES],
                       uint8_t ret_hash[LINE_HASH_BYTES]);
/* Sets row->hash from everything else in it. */
void line_seal(uint32_t sale_id, struct line_row *row);

#endif
