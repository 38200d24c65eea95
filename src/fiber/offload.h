/*
 * offload: a small pool of threads for what would block a loop: hashing, DNS, files.
 */
#ifndef USHER_FIBER_OFFLOAD_H
#define USHER_FIBER_OFFLOAD_H

#include <stdint.h>

struct offload;

/* threads > 0; at most queue_max jobs wait. ERR_NO_MEMORY. */
int offload_new(uint32_t threads, uint32_t queue_max, struct offload **ret_pool);
/* Joins the threads; no job may be under way. */
void offload_free(struct offload *pool);

/* Runs job(arg) on a thread of the pool and waits, deaf to cancellation, until it has ended. Called
 * from a fiber of any thread; without a scheduler on the calling thread it runs in place. ERR_FULL
 * when queue_max jobs wait already: job was not run. */
int offload_run(struct offload *pool, void (*job)(void *arg), void *arg);

#endif
