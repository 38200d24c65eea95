/*
 * state: the monitor's parts. For the files of this folder alone.
 */
#ifndef USHER_SVC_MONITOR_STATE_H
#define USHER_SVC_MONITOR_STATE_H

#include "call/client.h"
#include "fiber/fiber.h"
#include "svc/monitor/board.h"
#include "svc/monitor/elastic.h"
#include "svc/monitor/logstash.h"
#include "svc/monitor/monitor.h"
#include "svc/monitor/pace.h"
#include "svc/monitor/shipper.h"
#include "svc/monitor/vitals.h"

#define MONITOR_STEP_MS  10000 /* for one call to the window or a service */
#define MONITOR_PAUSE_MS 500   /* before it is looked again what there is */
#define MONITOR_FOLLOWED 3     /* roles whose sale events are read */

struct monitor {
    struct monitor_options options;
    struct window *window;
    struct http_client *http; /* NULL: nothing is shipped */
    struct elastic elastic;   /* one of the two is shipped to */
    struct logstash logstash;
    struct shipper shipper;
    struct scope scope;                         /* of its fibers, on its worker */
    struct channel *followed[MONITOR_FOLLOWED]; /* opened by the follower */
    struct pace pace;                           /* the follower's */
    struct board board;
    struct vitals vitals;         /* of this process, measured by the board's fiber */
    struct vitals_heard heard;    /* of the others */
    char boot[ID_TEXT_CHARS + 1]; /* begins the ids of this process's log lines */
};

/* The fibers; arg is the monitor. */
void monitor_follow_sales(void *arg);
void monitor_take_log(void *arg);
void monitor_take_spans(void *arg);
void monitor_settle(void *arg);
/* Lines of this process's log that nobody took, or that the window did not. */
uint64_t monitor_lost_lines(void);

/* A client of a role, whose channel is opened when it is first needed. ERR_NOT_FOUND: there is no
 * such role; ERR_UNAVAILABLE, ERR_NO_MEMORY: ask again. */
int monitor_client(struct monitor *monitor, const char *role, struct channel **channel,
                   const ProtobufCServiceDescriptor *service, struct arena *arena,
                   struct client *ret_client);

static inline void monitor_rest(int64_t ms)
{
    fiber_sleep_until(deadline_after_ms(fiber_now_ns(), ms));
}

static inline int64_t monitor_deadline(void)
{
    return deadline_after_ms(fiber_now_ns(), MONITOR_STEP_MS);
}

static inline const char *monitor_node(const struct monitor *monitor)
{
    return monitor->options.node ? monitor->options.node : "";
}

#endif
