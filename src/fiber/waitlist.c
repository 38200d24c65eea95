#include "fiber/waitlist.h"

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

bool waitlist_wake_one(struct waitlist *w)
{
    struct list *link = list_take(&w->waiters);
    if (!link)
        return false;
    struct waiter *waiter = list_of(link, struct waiter, link);
    waiter->woken = true;
    fiber_unpark(waiter->fiber);
    return true;
}

void waitlist_wake_all(struct waitlist *w)
{
    while (waitlist_wake_one(w))
        ;
}
