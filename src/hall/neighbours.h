/*
 * neighbours: the order of a row's chairs by where they stand.
 *
 * A list of seats may be in any order: 1 3 5 7 2 4 6 8 where the odd numbers were drawn first, or
 * left part and right part, or around a table. Who sits beside whom is seen from the chairs alone:
 * the shortest steps that make one line of all of them, each chair with two neighbours at most.
 */
#ifndef USHER_HALL_NEIGHBOURS_H
#define USHER_HALL_NEIGHBOURS_H

#include "hall/draft.h"

#define NEIGHBOURS_SEATS_MAX 512 /* a longer row keeps the order of its list */

struct neighbours {
    uint32_t *order;   /* positions in the list, in walking order; caller's, count long */
    bool *break_after; /* of the seat at that place of the order; caller's, count long */
    bool ring;         /* the last stands beside the first: a table */
    bool changed;      /* the order is not the list's */
};

/*
 * Fills n for a row of count seats (1 at least). The line begins at the end that comes first in the
 * list. A step of more than 1.6 times the row's median step is an aisle (of an even number of steps
 * the lower of the middle two); a row of one or two seats has none. A ring has 3 to
 * HALL_RING_SEATS_MAX seats and no aisle. Of equal steps those of neighbours in the list count.
 * ERR_NO_MEMORY.
 */
int neighbours_find(const struct draft_seat *seats, uint32_t count, struct neighbours *n);

#endif
