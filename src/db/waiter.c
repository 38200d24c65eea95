#include "db/waiter.h"

#include "err/err.h"

static void resume(struct loop_task *task)
{
    struct waiter *w = list_of(task, struct waiter, task);
    w->done = true;
    fiber_unpark(w->fiber);
}

void waiter_init(struct waiter *w)
{
    *w = (struct waiter){.fiber = fiber_self()};
    if (w->fiber) {
        w->loop = sched_loop(sched_current());
        w->task.run = resume;
        return;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void on_late(struct loop_timer *timer)
{
    struct waiter *w = list_of(timer, struct waiter, timer);
    w->late = true;
    fiber_unpark(w->fiber);
}

/* Without room for a timer it does not wait at all. */
static bool wait_in_fiber(struct waiter *w, int64_t deadline_ns)
{
    w->late = false;
    w->timer = (struct loop_timer){.fire = on_late};
    if (deadline_ns != DEADLINE_NEVER && loop_arm(w->loop, &w->timer, deadline_ns) != 0)
        return w->done;
    while (!w->done && !w->late)
        fiber_park_deaf();
    loop_disarm(w->loop, &w->timer);
    return w->done;
}

bool waiter_wait_until(struct waiter *w, int64_t deadline_ns)
{
    if (w->fiber)
        return wait_in_fiber(w, deadline_ns);
    const struct timespec until = {.tv_sec = deadline_ns / NS_PER_S,
                                   .tv_nsec = deadline_ns % NS_PER_S};
    int code = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->done && code == 0)
        code = deadline_ns == DEADLINE_NEVER ? pthread_cond_wait(&w->woken, &w->lock)
                                             : pthread_cond_timedwait(&w->woken, &w->lock, &until);
    const bool done = w->done;
    pthread_mutex_unlock(&w->lock);
    if (done)
        waiter_give_up(w);
    return done;
}

void waiter_give_up(struct waiter *w)
{
    if (w->fiber)
        return;
    pthread_cond_destroy(&w->woken);
    pthread_mutex_destroy(&w->lock);
}

void waiter_wait(struct waiter *w)
{
    bool done = waiter_wait_until(w, DEADLINE_NEVER);
    assert(done);
}

void waiter_wake(struct waiter *w)
{
    if (w->fiber) {
        loop_post(w->loop, &w->task);
        return;
    }
    pthread_mutex_lock(&w->lock);
    assert(!w->done);
    w->done = true;
    pthread_cond_signal(&w->woken);
    pthread_mutex_unlock(&w->lock);
}
