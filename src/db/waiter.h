/*
 * waiter: whoever waits for a thread of a driver, be it a fiber or a plain thread.
 *
 * It lives on the stack of the one who waits. A fiber is resumed on its own loop; a plain thread
 * (or code outside any fiber) sleeps on a condition. The wait is deaf to cancellation and has no
 * deadline, for the other side holds a pointer into this stack and surely answers; one who can take
 * that pointer back may wait with a deadline.
 */
#ifndef USHER_DB_WAITER_H
#define USHER_DB_WAITER_H

#include <pthread.h>
#include <stdbool.h>

#include "fiber/fiber.h"

struct waiter {
    struct fiber *fiber; /* NULL: a plain thread */
    struct loop *loop;   /* the fiber's */
    struct loop_task task;
    struct loop_timer timer; /* of a wait with a deadline */
    bool late;
    pthread_mutex_t lock; /* of a plain thread */
    pthread_cond_t woken;
    bool done; /* fiber: touched on its own thread only; else under lock */
};

/* Readies the waiter for the caller, who must also be the one to wait. */
void waiter_init(struct waiter *w);
/* Returns once waiter_wake was called; the waiter is of no use afterwards. */
void waiter_wait(struct waiter *w);
/* The same, but at most until deadline_ns. True: woken, as by waiter_wait. False: not yet; the
 * other side still holds its pointer. Take it away from it and then waiter_give_up, or wait on. */
bool waiter_wait_until(struct waiter *w, int64_t deadline_ns);
/* In place of the last wait, when nobody can wake the waiter any more. */
void waiter_give_up(struct waiter *w);
/* From any thread, once. The waiter must not be touched after it. What was written before the call
 * is seen by the one who waits. */
void waiter_wake(struct waiter *w);

#endif
