/*
 * line: the people in front of a sale, in order.
 *
 * Before the opening people enter a draw; the draw gives them the numbers 1, 2, 3, …; whoever comes
 * later gets the next number. A number never changes. *serving* is the highest number that was
 * called: it may come in within the claim time, then it is inside until it leaves, pays or its pass
 * ends. Those who were called and those who are inside are never more than the capacity.
 *
 *   IN_DRAW ──drawn──▶ WAITING ──called──▶ CALLED ──enter──▶ INSIDE ──left, paid, time──▶ ENDED
 *      │                  │                   │                                             ▲
 *      └──────left────────┴────────left───────┴──────────left, claim time over──────────────┘
 *
 * Everything that happens is an entry (line/entry.h). The functions of line/decide.h make entries;
 * line_apply is the only one that changes a line, and it refuses what the rules forbid. So reading
 * a line's entries back rebuilds it, and at the same time proves that it kept to the rules.
 *
 * A line that is paused calls nobody. One that is *stopped*, because nothing behind it can be
 * bought, takes no time from those either who were called or are inside.
 *
 * Pure: no I/O, no clock, no randomness. Time is the line's own, in Unix milliseconds, and never
 * goes back. Whoever ended may join again, with a new number.
 */
#ifndef USHER_LINE_LINE_H
#define USHER_LINE_LINE_H

#include "line/entry.h"
#include "line/pace.h"
#include "mem/table.h"

#define LINE_PEOPLE_MAX  16000000 /* numbers in one line */
#define LINE_CHUNK       4096     /* people are kept in pieces of so many: none of them moves */
#define LINE_CHANGES_MAX 128      /* changes of capacity that are remembered */
#define LINE_WAITS       64       /* classes of waiting time */

/* Numbers are for ever: the contract has the same. */
enum line_state { LINE_ANNOUNCED = 1, LINE_DRAW, LINE_OPEN, LINE_PAUSED, LINE_OVER };

enum person_state {
    PERSON_IN_DRAW = 1,
    PERSON_WAITING,
    PERSON_CALLED,
    PERSON_INSIDE,
    PERSON_ENDED
};

struct person {
    struct id account_id;
    int64_t joined_at_ms;
    int64_t since_ms; /* in this state, by line_run_ms */
    uint32_t next;    /* who came in after this one: a number, or 0 */
    uint16_t serial;  /* passes given out, the newest alone is good */
    uint8_t state;    /* enum person_state */
    uint8_t how;      /* enum line_end, of ENDED */
};

/* What is fixed about a line. */
struct line_rules {
    uint32_t sale_id;
    uint32_t claim_ms;                   /* from being called to having to be inside */
    uint32_t pass_ms;                    /* from coming in to the end of the pass */
    uint8_t commitment[LINE_HASH_BYTES]; /* SHA-256 of the draw's secret */
};

/* The round of a public beacon that the draw is to be mixed with; not named: none. */
struct line_beacon {
    bool named, given;
    uint32_t round;
    uint8_t chain[LINE_HASH_BYTES];
    uint8_t randomness[LINE_HASH_BYTES]; /* of given */
};

struct line {
    struct line_rules rules;
    enum line_state state;
    enum line_over over; /* why, of OVER */
    bool opened;         /* it was open once: a pause leads back to OPEN, not to the draw */
    bool drawn;
    int64_t at_ms;         /* of the last entry */
    int64_t opened_at_ms;  /* or 0 */
    bool stopped;          /* PAUSED so that claims and passes do not run */
    int64_t stopped_at_ms; /* since then … */
    int64_t stood_ms;      /* … and so long in all before */
    uint64_t entries;      /* applied; the version of what is told about the line */

    struct person **chunks; /* owned; of LINE_CHUNK each */
    uint32_t count;         /* people; after the draw, the last number given */
    struct table accounts;  /* account → place of its newest person, from 1 */

    uint32_t entrants; /* people IN_DRAW; after it, numbers that the draw gave */
    uint32_t serving;
    uint32_t waiting, called, inside; /* people in these states */
    uint32_t capacity, capacity_min, capacity_max;
    uint32_t claim_next;                /* no number below it is CALLED */
    uint32_t inside_first, inside_last; /* by the time they came in; ended ones are passed over */

    uint8_t secret[LINE_HASH_BYTES]; /* told by the draw */
    uint8_t root[LINE_HASH_BYTES];

    struct line_beacon beacon;

    struct pace pace; /* of calls */
    uint64_t joined, admitted, ended[LINE_END_LAST + 1];
    uint64_t waits[LINE_WAITS];                  /* of those called, by line_wait_class */
    struct line_entry changes[LINE_CHANGES_MAX]; /* of capacity; the last ones, in a ring */
    uint32_t change_count;                       /* ever */
};

/* An announced line of nobody, with capacity 0. */
void line_init(struct line *line, const struct line_rules *rules);
void line_release(struct line *line);

/* Does what the entry says. ERR_CORRUPT: the rules forbid it, nothing changed (for an entry of our
 * own decision that is a mistake of ours). ERR_FULL, ERR_NO_MEMORY: nothing changed. An entry of
 * kind LINE_DRAWN sorts all entrants: seconds for a million; line_apply_draw does it with an order
 * that was found elsewhere. */
int line_apply(struct line *line, const struct line_entry *entry);
/* The same for LINE_DRAWN; order has one account an entrant, in the order of the draw. */
int line_apply_draw(struct line *line, const struct line_entry *entry, const struct id *order);

/* What the keys of a draw with that secret are made with: draw_mix where the beacon was given. */
void line_seed(const struct line *line, const uint8_t secret[LINE_HASH_BYTES],
               uint8_t ret_seed[LINE_HASH_BYTES]);
/* The accounts in the draw, in the order they came; entrants of them. accounts is the caller's. */
void line_entrants(const struct line *line, struct id *ret_accounts);

/* The person of a number, or before the draw of a place; 1 … count. */
struct person *line_person(const struct line *line, uint32_t number);
/* The account's newest number (before the draw its place), or 0. */
uint32_t line_find(const struct line *line, struct id account_id);

/* What is left of claims and passes is counted by this clock: it stands while the line is stopped.
 * at_ms is not before the last entry. */
int64_t line_run_ms(const struct line *line, int64_t at_ms);

/* The class of a wait, and the longest wait of a class, in ms. Two classes double the time. */
uint32_t line_wait_class(int64_t wait_ms);
int64_t line_wait_of(uint32_t class);
/* The wait that a part of those called so far did not exceed; 0 where nobody was called. */
int64_t line_wait_percentile(const struct line *line, double part);

/* Bytes that the line takes: all of it. */
size_t line_bytes(const struct line *line);
/* Counts everything anew and asserts that it agrees; for tests. */
void line_check(const struct line *line);

#endif
