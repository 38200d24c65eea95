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
    pthread_cond_init(&w->woken, NULL);
}

void waiter_wait(struct waiter *w)
{
    if (w->fiber) {
        while (!w->done)
            fiber_park_deaf();
        return;
    }
    pthread_mutex_lock(&w->lock);
    while (!w->done)
        pthread_cond_wait(&w->woken, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->woken);
    pthread_mutex_destroy(&w->lock);
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
