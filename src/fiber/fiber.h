/*
 * fiber: straight blocking code, 100,000 times at once.
 *
 * A fiber is a stack of its own that runs on one thread and gives way only where it calls something
 * that waits. Between two such calls it is alone on its thread: no lock is needed there, and code
 * says so where it relies on it. Whatever may wait takes an absolute deadline_ns last and returns
 * ERR_TIMEOUT when it passes. Cancellation is an error, ERR_CANCELLED, that travels up through the
 * code like any other: a stack is never dropped.
 *
 *     scope ──spawn──▶ ready ──run──▶ running ──park──▶ parked
 *                        ▲                │ return         │ unpark, deadline, cancel
 *                        └────────────────┼────────────────┘
 *                                         ▼
 *                                       ended (stack back to the pool)
 */
#ifndef USHER_FIBER_FIBER_H
#define USHER_FIBER_FIBER_H

#include <stdbool.h>
#include <stdint.h>

#include "fiber/loop.h"
#include "mem/list.h"

struct fiber;
struct sched;

struct sched_limits {
    uint32_t fibers_max;  /* fibers alive at once */
    uint32_t stack_bytes; /* virtual size of a stack; pages are touched as used */
};
#define SCHED_LIMITS_DEFAULT ((struct sched_limits){.fibers_max = 131072, .stack_bytes = 65536})

/* Binds a scheduler to this thread and loop; one a thread. The loop gets room for a timer more for
 * each of fibers_max. Under AddressSanitizer a stack is four times as large. ERR_NO_MEMORY. */
int sched_new(struct loop *loop, const struct sched_limits *limits, struct sched **ret_sched);
/* Every fiber must have ended. */
void sched_free(struct sched *sched);
/* The calling thread's scheduler, or NULL. */
struct sched *sched_current(void);
struct loop *sched_loop(struct sched *sched);
/* Fibers that have not ended: for tests, which thereby see that nobody waits for ever. */
uint32_t sched_fiber_count(const struct sched *sched);
/* Fibers that could run now: whoever brings work in more at a time than is done sees it here. */
uint32_t sched_ready_count(const struct sched *sched);
/* Virtual loops: picks among ready fibers by this chance instead of in order of readiness, so that
 * a seed decides the interleaving. NULL: in order. */
struct chance;
void sched_shuffle(struct sched *sched, struct chance *chance);

/* "mprotect" or "madvise": which guard pages are in force (fiber stacks always have one). */
const char *sched_guard_name(void);

/* A group of fibers that end together. Embed; zero is not enough, init it. */
struct scope {
    struct list fibers;
    uint32_t count;
    bool cancelled;
    struct fiber *joiner;
};
void scope_init(struct scope *scope);
/* Every waiting point of the scope's fibers, now and from now on, returns ERR_CANCELLED. */
void scope_cancel(struct scope *scope);
/* Waits until all have ended. ERR_TIMEOUT; ERR_CANCELLED if the caller itself is cancelled (the
 * scope's fibers go on). */
int scope_join(struct scope *scope, int64_t deadline_ns);

/* Cancels the scope and waits, deaf to cancellation and without deadline, until all have ended: how
 * a fiber that must return leaves a scope on its stack. */
void scope_close(struct scope *scope);

/* Starts body(arg) in scope, to run after this call; may be called from a fiber or from the loop's
 * callbacks. ERR_FULL beyond fibers_max, ERR_NO_MEMORY, ERR_CANCELLED for a cancelled scope. */
int fiber_spawn(struct scope *scope, void (*body)(void *arg), void *arg);

/* The running fiber, or NULL in a callback of the loop. */
struct fiber *fiber_self(void);
/* What the running fiber is about, for whoever is called in it (a log line, say): NULL until it is
 * said. Borrowed; a fiber that is spawned begins with NULL. */
const void *fiber_context(void);
void fiber_set_context(const void *context);
/* The time of the running fiber's loop. */
int64_t fiber_now_ns(void);

/* Waits for fiber_unpark. Wake-ups may be spurious: park in a loop over the condition. An unpark
 * that came before the park is kept (once). 0, ERR_TIMEOUT, ERR_CANCELLED. */
int fiber_park(int64_t deadline_ns);
/* As fiber_park, but deaf to cancellation and without deadline: for waiting on somebody who holds a
 * pointer into this stack and surely answers. */
void fiber_park_deaf(void);
/* Same thread only; no effect on one that is not parked but to be remembered. */
void fiber_unpark(struct fiber *fiber);

/* Lets everything that is ready run first. ERR_CANCELLED. */
int fiber_yield(void);
/* 0 at the time, or ERR_CANCELLED. */
int fiber_sleep_until(int64_t at_ns);
/* True once the fiber's scope is cancelled. */
bool fiber_cancelled(void);

/* Runs body(arg) as the first fiber of a fresh epoll loop on this thread, and returns when it and
 * its scope have ended: how a command enters the world of fibers. ERR_NO_MEMORY, ERR_IO. */
int fiber_main(void (*body)(void *arg), void *arg);

#endif
