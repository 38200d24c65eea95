/*
 * sqlite_queue: jobs on their way to a thread, first come, first served, at most so many.
 */
#ifndef USHER_DB_SQLITE_QUEUE_H
#define USHER_DB_SQLITE_QUEUE_H

#include <pthread.h>

#include "db/sqlite.h"

struct sqlite_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct sqlite_job *first;
    struct sqlite_job **last_next;
    uint32_t count;
    uint32_t max;
    bool closed;
};

void sqlite_queue_init(struct sqlite_queue *q, uint32_t max);
void sqlite_queue_release(struct sqlite_queue *q);

/* ERR_FULL. */
int sqlite_queue_put(struct sqlite_queue *q, struct sqlite_job *job);
/* Waits for jobs, or for the end, wait_ms at most. False: neither came. */
bool sqlite_queue_wait(struct sqlite_queue *q, int64_t wait_ms);
/* Waits for jobs and takes the oldest ones, at most max of them, linked by next. NULL once closed.
 */
struct sqlite_job *sqlite_queue_take(struct sqlite_queue *q, uint32_t max);
/* Jobs inside. */
uint32_t sqlite_queue_count(struct sqlite_queue *q);
/* Ends every take, now and later. The queue must be empty. */
void sqlite_queue_close(struct sqlite_queue *q);

/* Answers the job; it must not be touched afterwards. */
void sqlite_job_answer(struct sqlite_job *job, int result);
/* True where the job's deadline has passed: it has been answered with ERR_TIMEOUT. */
bool sqlite_job_expired(struct sqlite_job *job);

#endif
