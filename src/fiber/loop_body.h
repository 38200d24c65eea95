/*
 * loop_body: what a body of the loop is made of. For this folder only.
 */
#ifndef USHER_FIBER_LOOP_BODY_H
#define USHER_FIBER_LOOP_BODY_H

#include <stdatomic.h>
#include <stddef.h>

#include "fiber/loop.h"
#include "fiber/timers.h"

#define LOOP_TIMERS_TURN 1024 /* timers fired in one turn */
#define LOOP_TASKS_TURN  1024 /* tasks run in one turn */

struct loop_ops {
    /* Waits, unless ready, until something can be done, moves the time and delivers the events of
     * descriptors. False: nothing can ever happen again. */
    bool (*turn)(struct loop *loop, bool ready);
    int (*watch)(struct loop *loop, struct loop_io *io);
    void (*unwatch)(struct loop *loop, struct loop_io *io);
    /* Ends a wait under way or about to begin; from any thread, after a task was posted. */
    void (*wake)(struct loop *loop);
    void (*free)(struct loop *loop);
    bool is_virtual;
};

struct loop {
    struct clock clock;
    const struct loop_ops *ops;
    int64_t now_ns;  /* of the turn */
    int64_t wall_ms; /* of the turn */
    struct timers timers;
    bool (*idle)(void *state);
    void *idle_state;
    bool stopping;
    struct loop_task *taken; /* tasks taken from posted and not yet run, in order */
    struct loop_task *taken_last;

    /* What other threads touch has a cache line to itself. */
    _Alignas(64) _Atomic(struct loop_task *) posted; /* newest first */
    atomic_uint posting;                             /* threads inside loop_post */
};

/* ERR_NO_MEMORY. */
int loop_init(struct loop *loop, const struct loop_ops *ops, uint32_t timers_max);
void loop_release(struct loop *loop);
/* True if tasks wait to be taken. */
bool loop_posted(struct loop *loop);
/* A timer more for each of so many fibers, which nothing else takes: a park never finds the heap
 * full. ERR_NO_MEMORY. */
int loop_reserve_timers(struct loop *loop, uint32_t more);

static inline bool loop_is_virtual(const struct loop *loop)
{
    return loop->ops->is_virtual;
}

#endif
