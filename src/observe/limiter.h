/*
 * limiter: at most so many of one key a second, and how many were left out.
 *
 * A fixed table of LIMITER_SLOTS keys, claimed by the first that comes and never given back; keys
 * are compared by address, so they are literals. Any thread, no lock: two threads that meet in the
 * same instant may let one or two too many through. Keys beyond the table share its last slot.
 */
#ifndef USHER_OBSERVE_LIMITER_H
#define USHER_OBSERVE_LIMITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMITER_SLOTS 256

struct limiter_slot {
    _Atomic(const char *) key;    /* NULL while free */
    _Atomic int64_t second;       /* the second that is counted */
    _Atomic uint32_t let_through; /* in that second */
    _Atomic uint64_t left_out;    /* since one was let through with the news */
};

/* Ready when zeroed. */
struct limiter {
    struct limiter_slot slots[LIMITER_SLOTS];
};

/* May the key pass at now_ns? If so, *ret_left_out is how many did not since the last time it was
 * told. */
bool limiter_pass(struct limiter *l, const char *key, uint32_t a_second_max, int64_t now_ns,
                  uint64_t *ret_left_out);

#endif
