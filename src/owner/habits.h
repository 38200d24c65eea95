/*
 * habits: who held places lately and did not use them; the next hold of such an account, or from
 * such an address, is shorter and later.
 *
 * A hold that runs out, or is given back after a quarter of its time, is one that others could not
 * have: HABITS_WHOLE points. One that is given back sooner is a change of mind: one point at once,
 * and the others with time, so that whoever passes places from hand to hand gains nothing by it.
 * HABITS_WHOLE points of an account are a
 * strike, HABITS_ADDRESS times as many of an address, which may be many people's. Buying forgives
 * an account everything and an address one hold. All is forgotten keep_ms after the last point.
 *
 *     strikes          0      1      2      3      4      5      6
 *     the hold's time  all    3/4    1/2    1/4    1/8    1/8    1/8
 *     after a pause of        1/16   1/8    1/4    1/2    1      2   times a hold, 15 min at most
 *
 * Pure: no clock. What does not fit is not remembered, the oldest first: memory is bounded, and who
 * makes an account for each hold is met by the limits on guests.
 */
#ifndef USHER_OWNER_HABITS_H
#define USHER_OWNER_HABITS_H

#include "err/err.h"
#include "mem/id.h"

#define HABITS_WHOLE       8
#define HABITS_ADDRESS     8
#define HABITS_PAUSE_MS    900000 /* no pause is longer */
#define HABITS_REMEMBERED  65536  /* accounts and addresses, each, at most */
#define HABITS_STRIKES_MAX 6

struct habits;

/* Of holds of hold_ttl_ms; holds_max at once. seed is secret. ERR_NO_MEMORY. */
int habits_new(uint32_t hold_ttl_ms, uint32_t holds_max, int64_t keep_ms, uint64_t seed,
               struct habits **ret_habits);
void habits_free(struct habits *habits);
/* Forgets accounts and live holds, before they are learnt anew from the ledger, which knows no
 * addresses: those stay. */
void habits_clear(struct habits *habits);

/* When the account, from the address (zero: not known), may hold again, and for how long. */
struct habits_next {
    int64_t from_ms; /* 0: at once */
    int64_t hold_ms;
};
struct habits_next habits_next(const struct habits *habits, struct id account_id, struct id origin,
                               int64_t now_ms);

/* A hold begins, whose address is to be remembered. */
void habits_begin(struct habits *habits, struct id hold_id, struct id origin);
/* The address of a live hold; zero: not known. */
struct id habits_origin(const struct habits *habits, struct id hold_id);
/* It ended without a sale after held_ms: by itself (expired), or given back. */
void habits_unused(struct habits *habits, struct id hold_id, struct id account_id, bool expired,
                   int64_t held_ms, int64_t now_ms);
/* It became an order. */
void habits_used(struct habits *habits, struct id hold_id, struct id account_id);

#endif
