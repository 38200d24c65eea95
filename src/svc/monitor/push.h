/*
 * push: what a process without a monitor brings to the one that has it: its log lines and spans.
 *
 *     log ──tap──┐
 *                ├──▶ a batch ──PushRecords──▶ MonitorService, in another process
 *     spans ─────┘       └── no answer: the same again, under the same ids
 *
 * Lines and spans wait in their places (observe/tap.h, observe/spans.h), which are bounded; what
 * does not fit is lost, counted, and told when the monitor is reached again. Nobody waits for it.
 */
#ifndef USHER_SVC_MONITOR_PUSH_H
#define USHER_SVC_MONITOR_PUSH_H

#include "call/channel.h"
#include "fiber/worker.h"

#define PUSH_LINES_MAX   500  /* in one batch … */
#define PUSH_SPANS_MAX   500  /* … and so many spans */
#define PUSH_PAUSE_MS    500  /* between two */
#define PUSH_VITALS_MS   5000 /* how often a process tells how it is, also when nothing is logged */
#define PUSH_WAIT_MIN_MS 1000 /* after the first failure … */
#define PUSH_WAIT_MAX_MS 30000 /* … and at most */
#define PUSH_CALL_MS     10000
#define PUSH_LAST_MS     2000 /* for the last one, when the process ends */

struct push_options {
    struct worker *worker;              /* on which it lives */
    const char *node;                   /* how this process is called; borrowed, as the next */
    const char *roles, *version, *data; /* as of struct vitals */
    /* Opens a channel to a role, in a fiber of the worker. As house_open. */
    int (*open)(void *state, const char *role, struct channel **ret_channel);
    void *state;
};

struct push;
/* From a plain thread, after spans_open. ERR_NO_MEMORY. */
int push_start(const struct push_options *options, struct push **ret_push);
/* From a plain thread. Sends what waits, where the monitor answers in time. NULL is harmless. */
void push_stop(struct push *push);

#endif
