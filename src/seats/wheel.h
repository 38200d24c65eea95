/*
 * wheel: which hold ends next.
 *
 * A ring of WHEEL_SLOTS slots of WHEEL_TICK_MS each; a timer lies in the slot of its time, in the
 * order of its time, and among equal times in the order it was added. Adding is O(1) where times
 * come nearly in order, as the ends of holds of one length do, else it passes the later timers of
 * its own slot. Removing is O(1). The first is found by two levels of bits.
 *
 * Times farther ahead than the ring is long (70 minutes) share slots with earlier ones; the order
 * is exact all the same, but while no timer is nearer, finding the first looks at one timer a slot.
 *
 * Timers are named 1 … timers_max by their owner; 0 is none. Nothing is allocated after wheel_init.
 */
#ifndef USHER_SEATS_WHEEL_H
#define USHER_SEATS_WHEEL_H

#include <stdint.h>

#define WHEEL_TICK_MS 64
#define WHEEL_SLOTS   65536

struct wheel_timer {
    int64_t at_ms;
    uint32_t next, prev; /* ring of the slot; both 0 where the timer is not in the wheel */
};

struct wheel {
    struct wheel_timer *timers;           /* timers_max + 1 */
    uint32_t *heads;                      /* the first timer of each slot, or 0 */
    uint64_t words[WHEEL_SLOTS / 64];     /* a bit a slot that is not empty */
    uint64_t tops[WHEEL_SLOTS / 64 / 64]; /* a bit a word that is not zero */
    int64_t cursor;                       /* a tick; no timer is earlier */
    uint32_t count;
};

/* ERR_NO_MEMORY; release it all the same. */
int wheel_init(struct wheel *w, uint32_t timers_max);
void wheel_release(struct wheel *w);

/* at_ms >= 0; the timer is not in the wheel. */
void wheel_add(struct wheel *w, uint32_t timer, int64_t at_ms);
/* The timer is in the wheel. */
void wheel_remove(struct wheel *w, uint32_t timer);
/* The earliest timer, or 0. */
uint32_t wheel_first(const struct wheel *w);
/* The earliest timer if its time is not after now_ms, else 0; it stays. */
uint32_t wheel_due(struct wheel *w, int64_t now_ms);

#endif
