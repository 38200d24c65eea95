/*
 * worker: a thread with its loop and its fibers; one a core.
 */
#ifndef USHER_FIBER_WORKER_H
#define USHER_FIBER_WORKER_H

#include <stdint.h>

#include "fiber/fiber.h"

struct worker;

/* Starts a thread "usher-w<index>" with an epoll loop and a scheduler. ERR_NO_MEMORY, ERR_IO. */
int worker_start(uint32_t index, const struct sched_limits *limits, struct worker **ret_worker);
/* Stops the loop and joins the thread; its fibers must have ended. */
void worker_stop(struct worker *worker);
/* A worker without a thread, over a loop that the caller turns, as in virtual time: worker_call
 * is for fibers of that loop. The loop is borrowed, its scheduler runs already.
 * ERR_NO_MEMORY. */
int worker_over(struct loop *loop, struct worker **ret_worker);
struct loop *worker_loop(struct worker *worker);

#define WORKER_BEAT_MS 1000
/* How long the worker's loop has not turned, WORKER_BEAT_MS and a turn at most where all is well.
 * From any thread. */
int64_t worker_silent_ms(const struct worker *worker);

/* Runs job(arg) in a fiber of the worker and waits until it has ended. From a fiber of another (or
 * the same) worker, deaf to cancellation; or from a plain thread, which blocks. ERR_FULL,
 * ERR_NO_MEMORY: the worker has no fiber left, and job was not run. */
int worker_call(struct worker *worker, void (*job)(void *arg), void *arg);

#endif
