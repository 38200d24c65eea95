/*
 * bench_fiber: what a fiber costs, against a thread, on this machine, in one run.
 *
 * The workload is that of an on-sale at its worst moment: BENCH_REQUESTS requests are accepted, all
 * of them block, then all are woken and end. It is done with a fiber a request and with a thread a
 * request, once with stacks that are barely touched and once with 8 KiB of each touched; every
 * measurement has a process of its own, so that none sees another's memory. There are seldom enough
 * threads on a machine: as many as it lets are made, their number is a row, and the costs of one
 * stand beside those of one fiber.
 */
#ifndef USHER_BENCH_FIBER_H
#define USHER_BENCH_FIBER_H

#define BENCH_REQUESTS 100000

/* Calls row for each figure, in order. The calling process must have one thread and no scheduler.
 * ERR_IO when a measuring process could not be made or failed: the rows so far stand. */
int bench_fiber(void (*row)(void *state, const char *name, double value, const char *unit),
                void *state);

#endif
