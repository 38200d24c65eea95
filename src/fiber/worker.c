#include "fiber/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "fiber/loop_body.h"

#define WORKER_TIMERS_MAX 131072 /* armed by others than fibers */

struct worker {
    uint32_t index;
    struct sched_limits limits;
    struct loop *loop;
    bool threadless;    /* over a loop of the caller's */
    struct scope scope; /* of the called fibers; the worker's thread only */
    struct loop_task stop;
    struct loop_timer beat;
    _Atomic int64_t beat_ns; /* when the loop turned last, or a little later */
    pthread_t thread;

    pthread_mutex_t mutex; /* guards started */
    pthread_cond_t changed;
    bool started;
    int err; /* of the start */
};

static void stop_worker(struct loop_task *task)
{
    loop_stop(list_of(task, struct worker, stop)->loop);
}

static void beat(struct loop_timer *timer)
{
    struct worker *worker = list_of(timer, struct worker, beat);
    const int64_t now_ns = loop_now_ns(worker->loop);
    atomic_store(&worker->beat_ns, now_ns);
    int err = loop_arm(worker->loop, timer, deadline_after_ms(now_ns, WORKER_BEAT_MS));
    assert(err == 0); /* the place it had before */
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    char name[16];
    snprintf(name, sizeof(name), "usher-w%u", worker->index);
    pthread_setname_np(pthread_self(), name);
    struct sched *sched = NULL;
    int err = sched_new(worker->loop, &worker->limits, &sched);
    pthread_mutex_lock(&worker->mutex);
    worker->started = true;
    worker->err = err;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
    if (err)
        return NULL;
    worker->beat.fire = beat;
    beat(&worker->beat);
    loop_run(worker->loop);
    loop_disarm(worker->loop, &worker->beat);
    sched_free(sched);
    return NULL;
}

static void free_worker(struct worker *worker)
{
    loop_free(worker->loop);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}

/* Returns when the thread runs and has its scheduler. */
static int start_thread(struct worker *worker)
{
    /* Signals are for the thread that started the program. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&worker->thread, NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return ERR_NO_MEMORY;
    pthread_mutex_lock(&worker->mutex);
    while (!worker->started)
        pthread_cond_wait(&worker->changed, &worker->mutex);
    pthread_mutex_unlock(&worker->mutex);
    if (worker->err)
        pthread_join(worker->thread, NULL);
    return worker->err;
}

int worker_start(uint32_t index, const struct sched_limits *limits, struct worker **ret_worker)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    if (!worker)
        return ERR_NO_MEMORY;
    worker->index = index;
    worker->limits = *limits;
    worker->stop.run = stop_worker;
    atomic_store(&worker->beat_ns, clock_mono_ns(clock_system()));
    scope_init(&worker->scope);
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->changed, NULL);
    int err = loop_new_epoll(WORKER_TIMERS_MAX, &worker->loop);
    if (!err)
        err = start_thread(worker);
    if (err) {
        free_worker(worker);
        return err;
    }
    *ret_worker = worker;
    return 0;
}

int worker_over(struct loop *loop, struct worker **ret_worker)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    if (!worker)
        return ERR_NO_MEMORY;
    worker->loop = loop;
    worker->threadless = true;
    scope_init(&worker->scope);
    *ret_worker = worker;
    return 0;
}

void worker_stop(struct worker *worker)
{
    if (!worker)
        return;
    if (worker->threadless) {
        free(worker);
        return;
    }
    loop_post(worker->loop, &worker->stop);
    pthread_join(worker->thread, NULL);
    free_worker(worker);
}

struct loop *worker_loop(struct worker *worker)
{
    return worker->loop;
}

int64_t worker_silent_ms(const struct worker *worker)
{
    return (clock_mono_ns(clock_system()) - atomic_load(&worker->beat_ns)) / NS_PER_MS;
}

/* Stands on the stack of whoever waits for it. */
struct worker_job {
    struct worker *worker;
    void (*run)(void *arg);
    void *arg;
    struct loop_task request;
    int err;
    bool done;
    /* The caller's fiber and its loop, and the task that wakes it there; */
    struct fiber *fiber;
    struct loop *loop;
    struct loop_task reply;
    /* or a plain thread's way to wait. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

static void job_replied(struct loop_task *task)
{
    struct worker_job *job = list_of(task, struct worker_job, reply);
    job->done = true;
    fiber_unpark(job->fiber);
}

/* The last thing done with the job here: the waiting side may free it at once. */
static void reply(struct worker_job *job)
{
    if (job->fiber) {
        loop_post(job->loop, &job->reply);
        return;
    }
    pthread_mutex_lock(&job->mutex);
    job->done = true;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->mutex);
}

static void run_job(void *arg)
{
    struct worker_job *job = arg;
    job->run(job->arg);
    reply(job);
}

static void start_job(struct loop_task *task)
{
    struct worker_job *job = list_of(task, struct worker_job, request);
    job->err = fiber_spawn(&job->worker->scope, run_job, job);
    if (job->err)
        reply(job);
}

int worker_call(struct worker *worker, void (*run)(void *arg), void *arg)
{
    struct worker_job job = {
        .worker = worker,
        .run = run,
        .arg = arg,
        .request.run = start_job,
        .fiber = fiber_self(),
        .reply.run = job_replied,
    };
    if (job.fiber) {
        job.loop = sched_loop(sched_current());
        /* A virtual loop would return meanwhile: for it nothing can happen any more. */
        assert(!loop_is_virtual(job.loop) || job.loop == worker->loop);
        loop_post(worker->loop, &job.request);
        while (!job.done)
            fiber_park_deaf();
        return job.err;
    }
    pthread_mutex_init(&job.mutex, NULL);
    pthread_cond_init(&job.changed, NULL);
    loop_post(worker->loop, &job.request);
    pthread_mutex_lock(&job.mutex);
    while (!job.done)
        pthread_cond_wait(&job.changed, &job.mutex);
    pthread_mutex_unlock(&job.mutex);
    pthread_cond_destroy(&job.changed);
    pthread_mutex_destroy(&job.mutex);
    return job.err;
}
