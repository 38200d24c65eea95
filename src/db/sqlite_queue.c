#include "db/sqlite_queue.h"

#include "clock/clock.h"
#include "err/err.h"
#include "observe/metrics.h"

METRIC_GAUGE(waiting, "usher_store_jobs_waiting", "Jobs that wait for a thread of SQLite's.", "");

void sqlite_queue_init(struct sqlite_queue *q, uint32_t max)
{
    *q = (struct sqlite_queue){.max = max};
    q->last_next = &q->first;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void sqlite_queue_release(struct sqlite_queue *q)
{
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
}

int sqlite_queue_put(struct sqlite_queue *q, struct sqlite_job *job)
{
    int rc = ERR_FULL;
    pthread_mutex_lock(&q->lock);
    assert(!q->closed);
    if (q->count < q->max) {
        job->next = NULL;
        *q->last_next = job;
        q->last_next = &job->next;
        q->count++;
        metric_add(&waiting, 1);
        pthread_cond_signal(&q->filled);
        rc = 0;
    }
    pthread_mutex_unlock(&q->lock);
    return rc;
}

bool sqlite_queue_wait(struct sqlite_queue *q, int64_t wait_ms)
{
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), wait_ms);
    const struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
    int timed_out = 0;
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed && timed_out == 0)
        timed_out = pthread_cond_timedwait(&q->filled, &q->lock, &until);
    const bool came = q->first || q->closed;
    pthread_mutex_unlock(&q->lock);
    return came;
}

struct sqlite_job *sqlite_queue_take(struct sqlite_queue *q, uint32_t max)
{
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed)
        pthread_cond_wait(&q->filled, &q->lock);
    struct sqlite_job *first = q->first, **end = &first;
    for (uint32_t taken = 0; *end && taken < max; taken++) {
        end = &(*end)->next;
        q->count--;
        metric_add(&waiting, -1);
    }
    q->first = *end;
    *end = NULL;
    if (!q->first)
        q->last_next = &q->first;
    pthread_mutex_unlock(&q->lock);
    return first;
}

uint32_t sqlite_queue_count(struct sqlite_queue *q)
{
    pthread_mutex_lock(&q->lock);
    uint32_t count = q->count;
    pthread_mutex_unlock(&q->lock);
    return count;
}

void sqlite_queue_close(struct sqlite_queue *q)
{
    pthread_mutex_lock(&q->lock);
    assert(!q->first);
    q->closed = true;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

void sqlite_job_answer(struct sqlite_job *job, int result)
{
    job->result = result;
    if (job->waited)
        waiter_wake(&job->waiter);
}

bool sqlite_job_expired(struct sqlite_job *job)
{
    if (job->deadline_ns == DEADLINE_NEVER || clock_mono_ns(clock_system()) < job->deadline_ns)
        return false;
    sqlite_job_answer(job, ERR_TIMEOUT);
    return true;
}
