/*
 * lock: how fibers of one thread wait for one another.
 */
#ifndef USHER_FIBER_LOCK_H
#define USHER_FIBER_LOCK_H

#include "fiber/fiber.h"

/* Fibers that wait for something to change. Zero with waitlist_init. */
struct waitlist {
    struct list waiters;
};
void waitlist_init(struct waitlist *w);
/* 0 when woken, ERR_TIMEOUT, ERR_CANCELLED. Check the condition again. First come, first woken. One
 * that was woken before it could return late or cancelled returns 0: a wake is never lost. */
int waitlist_wait(struct waitlist *w, int64_t deadline_ns);
void waitlist_wake_one(struct waitlist *w);
void waitlist_wake_all(struct waitlist *w);

/* Mutual exclusion over waiting points, in order of arrival. */
struct fiber_lock {
    struct fiber *holder;
    struct waitlist waiting;
};
void fiber_lock_init(struct fiber_lock *lock);
/* 0, ERR_TIMEOUT, ERR_CANCELLED; a free lock is taken without waiting, so without either. Not
 * recursive. */
int fiber_lock_take(struct fiber_lock *lock, int64_t deadline_ns);
void fiber_lock_give(struct fiber_lock *lock);

#endif
