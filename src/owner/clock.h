/*
 * owner_clock: a ledger that is ahead of the clock.
 *
 * One start with the wall clock in the future, and every later end, order and id has a time that
 * has not come yet. Whether the clock is wrong now or was then, only a person can tell; so a server
 * does not start on a store that is far ahead of its clock, and a person who has looked at the
 * clock says `usher clock accept`, which lets time run anew (CHANGE_CLOCK).
 */
#ifndef USHER_OWNER_CLOCK_H
#define USHER_OWNER_CLOCK_H

#include "store/store.h"

#define OWNER_CLOCK_AHEAD_MS 600000 /* a ledger may be ahead of the clock by as much */

struct owner_clock_found {
    uint32_t performance_id; /* of the ledger that is farthest ahead */
    int64_t last_ms;         /* the time of its last row; INT64_MIN: no ledger has one */
};

/* The last row's time that is the latest of all performances. As the store's calls. */
int owner_clock_latest(struct store *store, struct owner_clock_found *ret_found);

/* For every ledger whose last row is after now_ms, takes it over and writes that time runs anew
 * from now_ms: its live holds are over, its keys forgotten. No server may be running on the store:
 * its owners would be fenced. Gives how many ledgers that were. As the store's calls; what was
 * written until then stays. */
int owner_clock_accept(struct store *store, int64_t now_ms, uint32_t *ret_count);

#endif
