/*
 * fault: a store that fails by plan, around one that does not.
 *
 * Every operation gets a number, 1, 2, 3, …, so that a test can count them in a good run and then
 * fail each once. Besides, chance may delay and fail any. A delay is time of the caller's loop (a
 * fiber sleeps), so virtual time is enough; outside a fiber there is no delay. A caller that is
 * cancelled is not delayed any more, but its call goes on: stores are deaf to cancellation.
 *
 *     UP ──crash──▶ DOWN (every call: ERR_UNAVAILABLE) ──store_fault_reset──▶ UP
 *
 * A call that is under way when the store goes down gets ERR_UNAVAILABLE where it was not done yet,
 * and is of unknown outcome where it was. Of a call that was done but answered with an error the
 * outputs may be set.
 *
 * Any thread may call, but with a chance all must be of one thread: a chance belongs to one.
 */
#ifndef USHER_STORE_WRAP_FAULT_H
#define USHER_STORE_WRAP_FAULT_H

#include "chance/chance.h"
#include "store/store.h"

enum store_fault {
    STORE_FAULT_NONE = 0,
    STORE_FAULT_BEFORE,       /* not done; ERR_UNAVAILABLE */
    STORE_FAULT_AFTER,        /* done; ERR_UNKNOWN of commit and claim, ERR_IO of all else */
    STORE_FAULT_IO,           /* not done; ERR_IO, which does not tell */
    STORE_FAULT_CRASH_BEFORE, /* not done; down */
    STORE_FAULT_CRASH_AFTER,  /* done; unknown; down */
};

struct store_fault_plan {
    /* The operation of this number meets this fault; 0: none does. */
    uint64_t at;
    enum store_fault fault;
    /* Odds in a million, for every operation; chance is borrowed, and may be NULL where all are 0.
     */
    struct chance *chance;
    uint32_t before_ppm;
    uint32_t after_ppm;
    uint32_t io_ppm;
    uint32_t crash_ppm; /* before or after, evenly */
    uint32_t delay_ppm;
    int64_t
        delay_max_ns; /* before the operation, and again before its answer: even over 0 … this */
    bool writes_only; /* odds are for commit and claim alone */
};

/* inner is borrowed. plan may be NULL: no faults. ERR_NO_MEMORY. */
int store_fault_new(struct store *inner, const struct store_fault_plan *plan,
                    struct store **ret_store);
/* These take what store_fault_new gave. */
void store_fault_plan(struct store *store, const struct store_fault_plan *plan);
/* Operations begun since the last reset. */
uint64_t store_fault_count(struct store *store);
bool store_fault_is_down(struct store *store);
/* Goes down now. */
void store_fault_crash(struct store *store);
/* Up again, counting from 1; the plan stays. */
void store_fault_reset(struct store *store);

#endif
