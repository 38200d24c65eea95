/*
 * timers: the heap behind loop_arm, for the bodies of loop only.
 *
 * A four-way heap whose entries carry the time beside the pointer, so that sifting does not touch
 * the timers themselves. Timers of the same time fire in the order in which they were armed. The
 * array is taken whole when it is made; its pages are touched as the heap grows. Timers of fibers
 * have places that are reserved for them: others, of which a peer may cause many, cannot take them.
 */
#ifndef USHER_FIBER_TIMERS_H
#define USHER_FIBER_TIMERS_H

#include "fiber/loop.h"

struct timers_entry {
    int64_t at_ns;
    uint64_t seq; /* breaks ties */
    struct loop_timer *timer;
};

struct timers {
    struct timers_entry *entries; /* owned; entry i is entries[i - 1] */
    uint32_t count;
    uint32_t max;            /* with those reserved */
    uint32_t reserved;       /* places for timers of fibers alone */
    uint32_t reserved_count; /* of them taken */
    uint64_t seq;            /* of the next arming */
};

/* ERR_NO_MEMORY. */
int timers_init(struct timers *t, uint32_t max);
/* Makes room for so many timers of fibers. ERR_NO_MEMORY: nothing changed. */
int timers_reserve(struct timers *t, uint32_t more);
void timers_release(struct timers *t);

/* Arms or moves. ERR_FULL. */
int timers_arm(struct timers *t, struct loop_timer *timer, int64_t at_ns);
void timers_disarm(struct timers *t, struct loop_timer *timer);

/* The time of the first timer; DEADLINE_NEVER when none is armed. */
int64_t timers_next_ns(const struct timers *t);
/* Takes out the first timer if its time is at most now_ns and it was armed before seq; else NULL.
 */
struct loop_timer *timers_take_due(struct timers *t, int64_t now_ns, uint64_t seq);

#endif
