#include "fiber/offload.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "err/err.h"
#include "fiber/fiber.h"
#include "fiber/loop_body.h"

/* Stands on the stack of the fiber that waits for it. */
struct offload_job {
    struct list link;
    void (*run)(void *arg);
    void *arg;
    struct loop *loop; /* of the fiber */
    struct fiber *fiber;
    struct loop_task ended;
    bool done; /* touched by the fiber's thread only */
};

struct offload {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct list queue;
    uint32_t queued;
    uint32_t queue_max;
    bool stopping;
    uint32_t thread_count;
    pthread_t threads[];
};

static void *serve(void *arg)
{
    struct offload *pool = arg;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        struct list *link = list_take(&pool->queue);
        if (link) {
            pool->queued--;
            pthread_mutex_unlock(&pool->mutex);
            struct offload_job *job = list_of(link, struct offload_job, link);
            job->run(job->arg);
            loop_post(job->loop, &job->ended);
            pthread_mutex_lock(&pool->mutex);
        } else if (pool->stopping) {
            break;
        } else {
            pthread_cond_wait(&pool->changed, &pool->mutex);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

int offload_new(uint32_t threads, uint32_t queue_max, struct offload **ret_pool)
{
    assert(threads > 0 && queue_max > 0);
    struct offload *pool = calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
    if (!pool)
        return ERR_NO_MEMORY;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->changed, NULL);
    list_init(&pool->queue);
    pool->queue_max = queue_max;
    /* Signals are for the thread that started the program. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    while (pool->thread_count < threads && !failed) {
        failed = pthread_create(&pool->threads[pool->thread_count], NULL, serve, pool);
        if (!failed)
            pthread_setname_np(pool->threads[pool->thread_count++], "usher-offload");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        offload_free(pool);
        return ERR_NO_MEMORY;
    }
    *ret_pool = pool;
    return 0;
}

void offload_free(struct offload *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    assert(pool->queued == 0);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    for (uint32_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

static void job_ended(struct loop_task *task)
{
    struct offload_job *job = list_of(task, struct offload_job, ended);
    job->done = true;
    fiber_unpark(job->fiber);
}

int offload_run(struct offload *pool, void (*run)(void *arg), void *arg)
{
    struct fiber *self = fiber_self();
    /* In virtual time the threads' pace would decide what happens next: the job is done here. */
    if (!self || loop_is_virtual(sched_loop(sched_current()))) {
        run(arg);
        return 0;
    }
    struct offload_job job = {
        .run = run,
        .arg = arg,
        .loop = sched_loop(sched_current()),
        .fiber = self,
        .ended.run = job_ended,
    };
    pthread_mutex_lock(&pool->mutex);
    bool full = pool->queued == pool->queue_max;
    if (!full) {
        list_append(&pool->queue, &job.link);
        pool->queued++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->mutex);
    if (full)
        return ERR_FULL;
    while (!job.done)
        fiber_park_deaf();
    return 0;
}
