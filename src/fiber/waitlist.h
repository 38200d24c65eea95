/*
 * waitlist: how fibers of one thread wait for one another.
 *
 * There is no lock: between two waiting points a fiber is alone (fiber/fiber.h), and what must stay
 * whole over one belongs to one fiber.
 */
#ifndef USHER_FIBER_WAITLIST_H
#define USHER_FIBER_WAITLIST_H

#include "fiber/fiber.h"

/* Fibers that wait for something to change. Zero with waitlist_init. */
struct waitlist {
    struct list waiters;
};
void waitlist_init(struct waitlist *w);
/* 0 when woken, ERR_TIMEOUT, ERR_CANCELLED. Check the condition again. First come, first woken. One
 * that was woken before it could return late or cancelled returns 0: a wake is never lost. */
int waitlist_wait(struct waitlist *w, int64_t deadline_ns);
/* False: nobody waits. */
bool waitlist_wake_one(struct waitlist *w);
void waitlist_wake_all(struct waitlist *w);

#endif
