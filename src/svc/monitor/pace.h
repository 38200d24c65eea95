/*
 * pace: how much of a machine the story of a sale may take while the sale goes on.
 *
 * The follower reads ledgers in steps and rests between them. It takes at most a ninth of one core,
 * and at most a 257th while its process is busy: a rush has the machine, and what waits in a ledger
 * is not lost. Whether the process is busy shows in the CPU time that all of its threads used while
 * the follower rested. A first step is one row, for a rush may have begun a moment ago; steps grow
 * while the process is seen to be idle, up to PACE_STEP_MS of work. No I/O, no clock: the readings
 * are passed in.
 */
#ifndef USHER_SVC_MONITOR_PACE_H
#define USHER_SVC_MONITOR_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_REST        8   /* times as long as the step took */
#define PACE_REST_BUSY   256 /* the same, while the process is busy */
#define PACE_ROWS        128 /* of a ledger in one step at most */
#define PACE_STEP_MS     40  /* a step that took longer is followed by a smaller one */
#define PACE_BUSY_SHARE  8   /* busy: more than an eighth of a core was used */
#define PACE_LOOK_MIN_MS 20  /* a rest is at least as long: a shorter one says nothing */

/* Zeroed: nothing is known, and the first step is one row. */
struct pace {
    int64_t began_ns;      /* of the rest, monotonic */
    int64_t began_cpu_ns;  /* what the process had used by then */
    int64_t step_began_ns; /* monotonic */
    uint32_t rows;         /* of the next step; 0: one */
    bool busy;             /* as it was seen during the last rest */
};

/* A step begins: how many rows it may read. cpu_ns: used by the process so far. */
uint32_t pace_step(struct pace *pace, int64_t now_ns, int64_t cpu_ns);
/* The step has ended and read that many rows: how long to rest, in ms. */
int64_t pace_rest_ms(struct pace *pace, size_t rows_read, int64_t now_ns, int64_t cpu_ns);
/* Nothing more is there to be read: the next step is one row again. */
void pace_end(struct pace *pace);

#endif
