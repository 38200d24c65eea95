/*
 * wish: what the people of a stampede want: which seats, and how many are in a party.
 */
#ifndef USHER_CROWD_WISH_H
#define USHER_CROWD_WISH_H

#include "chance/chance.h"
#include "mem/view.h"

#define WISH_PARTY_MAX 8
#define WISH_HOT_MAX   200000

enum wish_kind {
    WISH_BEST,   /* "best": the server finds the best seats (HoldBest) */
    WISH_RANDOM, /* "random": seats that were free before it began, anywhere */
    WISH_HOT     /* "hot:10": everybody wants the same 10 */
};

struct wish_seats {
    enum wish_kind kind;
    uint32_t hot; /* how many, of WISH_HOT */
};
/* ERR_INVALID */
int wish_seats_parse(struct view text, struct wish_seats *ret_seats);

/* "2", or "1-4": evenly anything from 1 to 4. */
struct wish_party {
    uint32_t min, max;
};
/* ERR_INVALID, also for less than 1, more than WISH_PARTY_MAX, or the wrong way round. */
int wish_party_parse(struct view text, struct wish_party *ret_party);

/* Seats to choose from, ascending; borrowed. */
struct wish_pool {
    const uint32_t *seats;
    uint32_t count;
};
/* Picks party seats that follow one another in the pool; where the pool has fewer, all it has.
 * Returns how many. */
uint32_t wish_pick(const struct wish_pool *pool, uint32_t party, struct chance *chance,
                   uint32_t ret_seats[WISH_PARTY_MAX]);

/* How a crowd comes. EMF2026: a rise to a peak and a slow end, 970 people in 17 s, of whom 134 come
 * in the busiest second. INTERPARK2023: 3.7 million in the first minute; how they came within it
 * nobody has told, so the form is that of EMF2026. */
enum wish_shape { WISH_UNIFORM, WISH_SPIKE, WISH_EMF2026, WISH_INTERPARK2023 };
#define WISH_SHAPES "uniform|spike|emf2026|interpark2023"
/* By its name, which must be one of WISH_SHAPES. */
enum wish_shape wish_shape_named(const char *name);
/* How many came, and in what time; false: the shape is of no crowd that was there. */
bool wish_recorded(enum wish_shape shape, uint32_t *ret_people, int64_t *ret_within_ns);

/* When person i of count comes, from 0 to within_ns, each somewhere in a slot of its own, so that i
 * is the order of arrival too. UNIFORM: evenly spread; SPIKE: nearly half of all in the first
 * tenth. */
int64_t wish_arrival(uint32_t i, uint32_t count, int64_t within_ns, enum wish_shape shape,
                     struct chance *chance);

#endif
