/*
 * after: how a sale went, added up from its ledgers: the line's first, whole and in order, then
 * those of its performances. The same ledgers give the same figures, whoever adds them up and when.
 *
 * Pure: no I/O, no clock. Every entry of the line is applied by the line's own rules, so adding up
 * proves them once more.
 */
#ifndef USHER_SALE_AFTER_H
#define USHER_SALE_AFTER_H

#include "line/line.h"
#include "mem/table.h"
#include "sale/change.h"

#define AFTER_PEOPLE_MAX 2000000 /* of a line that is added up */
#define AFTER_STEPS_MAX  240
#define AFTER_SLOW_MAX   100

struct after_step {
    uint32_t joined, called, came_in; /* people */
    uint32_t held, sold, given_back;  /* places */
    int64_t taken;                    /* places that went, without those that came back */
};

/* One person of the line, by number. */
struct after_person {
    int64_t told_at_ms; /* 0: not told yet */
    int64_t told_min_ms, told_max_ms;
    int64_t waits_from_ms; /* since the joining, or for the drawn the opening; 0: did not wait */
    uint32_t ahead;        /* people, then */
    bool called;
};

/* One account. */
struct after_account {
    uint8_t marks;
    uint32_t places; /* bought */
};

struct after {
    struct line line;
    struct after_person *people; /* owned; by number, from 0 for 1 */
    uint32_t people_room;
    struct table accounts;        /* account → its place in what follows */
    struct after_account *buyers; /* owned */
    uint32_t buyers_count, buyers_room;
    int64_t places;       /* of its performances, whoever has them: for the caller to set */
    struct table holds;   /* that are live → how many places */
    int64_t taken_before; /* places that were gone before the line's first entry */

    int64_t first_ms, last_ms, step_ms; /* last_ms: of what a performance's ledger has */
    uint32_t step_count;
    struct after_step steps[AFTER_STEPS_MAX];

    bool drawn;
    uint32_t entrants;
    int32_t correlation; /* thousandths */
    uint32_t by_chance, first_half;

    uint64_t told, within, shorter, longer;
    int64_t longest_ms;
    uint32_t hold_count, holds_unused, orders, places_sold, places_given_back;
    uint32_t slow_count;
    struct line_entry slow[AFTER_SLOW_MAX]; /* LINE_CAPACITY that shrank, and LINE_HALTED */
};

/* How many accounts came how far. */
struct after_funnel {
    uint32_t joined, called, came_in;
    uint32_t held, ordered;     /* of those who came in */
    uint32_t ordered_otherwise; /* without having been in the line */
    uint32_t buyers, most_places;
};

/* Whether there would be a place for them, as people could read it when they began to wait, and
 * what came. Likely: as many places were free as everybody ahead takes who takes
 * AFTER_PLACES_EACH. Who left before his number is not counted. */
struct after_odds {
    uint32_t likely, likely_called;
    uint32_t unlikely, unlikely_called;
    uint32_t none, none_called; /* nothing was free */
};
#define AFTER_PLACES_EACH 2 /* as web/src/state/forecast.ts has it */

/* Takes a few hundred bytes a person. */
void after_init(struct after *after, const struct line_rules *rules);
void after_release(struct after *after);
/* The next row of the line's ledger: its entries. ERR_CORRUPT: the rules forbid one. ERR_FULL:
 * beyond AFTER_PEOPLE_MAX. ERR_NO_MEMORY. */
int after_add_line(struct after *after, struct view body);
/* The next entry of a performance's ledger, at the time of its row. ERR_NO_MEMORY. */
int after_add_change(struct after *after, const struct change *change, int64_t at_ms);
void after_count(const struct after *after, struct after_funnel *ret_funnel);
/* What was free is known to a step of the curve. */
void after_judge_odds(const struct after *after, struct after_odds *ret_odds);

#endif
