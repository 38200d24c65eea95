#include "fiber/lock.h"

#include "err/err.h"

/* Stands on the stack of the fiber that waits. */
struct waiter {
    struct list link;
    struct fiber *fiber;
    bool woken;
};

void waitlist_init(struct waitlist *w)
{
    list_init(&w->waiters);
}

int waitlist_wait(struct waitlist *w, int64_t deadline_ns)
{
    struct waiter waiter = {.fiber = fiber_self()};
    assert(waiter.fiber);
    list_append(&w->waiters, &waiter.link);
    int err;
    do {
        err = fiber_park(deadline_ns);
    } while (err == 0 && !waiter.woken);
    /* Woken and late, or cancelled, in the same turn counts as woken: the wake must not get lost.
     */
    if (waiter.woken)
        return 0;
    list_remove(&waiter.link);
    return err;
}

/* The first waiter, told and taken off the list; NULL if nobody waits. */
static struct fiber *wake_first(struct waitlist *w)
{
    struct list *link = list_take(&w->waiters);
    if (!link)
        return NULL;
    struct waiter *waiter = list_of(link, struct waiter, link);
    waiter->woken = true;
    fiber_unpark(waiter->fiber);
    return waiter->fiber;
}

void waitlist_wake_one(struct waitlist *w)
{
    wake_first(w);
}

void waitlist_wake_all(struct waitlist *w)
{
    while (wake_first(w))
        ;
}

void fiber_lock_init(struct fiber_lock *lock)
{
    lock->holder = NULL;
    waitlist_init(&lock->waiting);
}

int fiber_lock_take(struct fiber_lock *lock, int64_t deadline_ns)
{
    struct fiber *self = fiber_self();
    assert(self && lock->holder != self);
    if (!lock->holder) {
        lock->holder = self;
        return 0;
    }
    int err = waitlist_wait(&lock->waiting, deadline_ns);
    /* The giver made us the holder: nobody who came later can have slipped in. */
    assert(err || lock->holder == self);
    return err;
}

void fiber_lock_give(struct fiber_lock *lock)
{
    assert(lock->holder && lock->holder == fiber_self());
    lock->holder = wake_first(&lock->waiting);
}
