#include "svc/monitor/monitor.h"

#include <stdlib.h>

#include "call/call.h"
#include "chance/chance.h"
#include "err/err.h"
#include "observe/tap.h"
#include "svc/monitor/state.h"
#include "token/roles.h"
#include "usher/v1/monitor.pb-c.h"

#define PUSH_REQUEST_MAX (24u << 20) /* 1,000 of the largest records, with room */

CALL_HANDLER(monitor_push_records);
CALL_HANDLER(monitor_search_records);
CALL_HANDLER(monitor_get_monitor);
CALL_HANDLER(monitor_get_stories);
CALL_HANDLER(monitor_get_trace);
CALL_HANDLER(monitor_get_board);

static const struct method methods[] = {
    {"PushRecords", METHOD_UNARY, ROLE_PEER | ROLE_OPERATOR, false, NULL, PUSH_REQUEST_MAX,
     monitor_push_records},
    {"SearchRecords", METHOD_UNARY, ROLE_OPERATOR, true, NULL, 0, monitor_search_records},
    {"GetMonitor", METHOD_UNARY, ROLE_OPERATOR, true, NULL, 0, monitor_get_monitor},
    {"GetStories", METHOD_UNARY, ROLE_OPERATOR, false, NULL, 0, monitor_get_stories},
    {"GetTrace", METHOD_UNARY, ROLE_OPERATOR, true, NULL, 0, monitor_get_trace},
    {"GetBoard", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, monitor_get_board},
};

bool monitor_keeps(const struct monitor *monitor)
{
    return !window_fails(monitor->window);
}

struct service monitor_service(struct monitor *monitor)
{
    return (struct service){.descriptor = &usher__v1__monitor_service__descriptor,
                            .methods = methods,
                            .method_count = sizeof(methods) / sizeof(methods[0]),
                            .state = monitor};
}

struct start {
    struct monitor *monitor;
    int result;
};

static int make_shipper(struct monitor *monitor)
{
    const struct monitor_options *o = &monitor->options;
    int err = http_client_new(worker_loop(o->worker), o->ship_ca, &monitor->http);
    if (err != 0)
        return err;
    if (o->elastic_url) {
        monitor->elastic = (struct elastic){.target.url = o->elastic_url,
                                            .http = http_client(monitor->http),
                                            .authorization = o->ship_authorization};
        elastic_init(&monitor->elastic);
    } else {
        monitor->logstash = (struct logstash){.target.url = o->logstash_url,
                                              .http = http_client(monitor->http),
                                              .authorization = o->ship_authorization,
                                              .loop = worker_loop(o->worker)};
        logstash_init(&monitor->logstash);
    }
    monitor->shipper.window = monitor->window;
    monitor->shipper.target = o->elastic_url ? &monitor->elastic.target : &monitor->logstash.target;
    shipper_init(&monitor->shipper);
    return fiber_spawn(&monitor->scope, shipper_run, &monitor->shipper);
}

/* In a fiber of its worker. */
static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    struct monitor *monitor = start->monitor;
    int err =
        monitor->options.elastic_url || monitor->options.logstash_url ? make_shipper(monitor) : 0;
    if (err == 0)
        err = fiber_spawn(&monitor->scope, monitor_take_log, monitor);
    if (err == 0)
        err = fiber_spawn(&monitor->scope, monitor_take_spans, monitor);
    if (err == 0)
        err = fiber_spawn(&monitor->scope, monitor_settle, monitor);
    if (err == 0)
        err = fiber_spawn(&monitor->scope, monitor_follow_sales, monitor);
    if (err == 0)
        err = fiber_spawn(&monitor->scope, board_run, monitor);
    start->result = err;
}

static void stop_in_fiber(void *arg)
{
    struct monitor *monitor = arg;
    scope_close(&monitor->scope);
    board_close(&monitor->board);
    for (size_t i = 0; i < MONITOR_FOLLOWED; i++)
        channel_free(monitor->followed[i]);
    shipper_release(&monitor->shipper);
    http_client_free(monitor->http);
}

int monitor_client(struct monitor *monitor, const char *role, struct channel **channel,
                   const ProtobufCServiceDescriptor *service, struct arena *arena,
                   struct client *ret_client)
{
    int err = *channel ? 0 : monitor->options.open(monitor->options.state, role, channel);
    if (err == 0)
        client_init(ret_client, *channel, service, arena);
    return err;
}

int monitor_start(const struct monitor_options *options, struct monitor **ret_monitor)
{
    struct monitor *monitor = calloc(1, sizeof(*monitor));
    if (!monitor)
        return ERR_NO_MEMORY;
    monitor->options = *options;
    scope_init(&monitor->scope);
    board_init(&monitor->board);
    vitals_heard_init(&monitor->heard);
    monitor->vitals = (struct vitals){.node = monitor_node(monitor),
                                      .roles = options->roles,
                                      .version = options->version,
                                      .data = options->data_dir};
    id_format(chance_id_at(chance_system(), clock_wall_ms(clock_system())), monitor->boot);
    const struct window_options window = {
        .data_dir = options->data_dir,
        .ships = options->elastic_url || options->logstash_url,
        .rows_max = options->rows_max ? options->rows_max : MONITOR_ROWS_MAX,
        .waiting_max = MONITOR_WAITING_MAX,
    };
    int err = window_open(&window, &monitor->window);
    if (err == 0)
        err = tap_open();
    struct start start = {.monitor = monitor};
    if (err == 0)
        err = worker_call(options->worker, start_in_fiber, &start);
    if (err == 0)
        err = start.result;
    if (err != 0) {
        monitor_stop(monitor);
        return err;
    }
    *ret_monitor = monitor;
    return 0;
}

void monitor_stop(struct monitor *monitor)
{
    if (!monitor)
        return;
    int err = worker_call(monitor->options.worker, stop_in_fiber, monitor);
    assert(err == 0);
    tap_close();
    window_close(monitor->window);
    board_release(&monitor->board);
    vitals_heard_release(&monitor->heard);
    free(monitor);
}
