#include "svc/monitor/push.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "call/client.h"
#include "chance/chance.h"
#include "err/err.h"
#include "observe/metrics.h"
#include "observe/tap.h"
#include "svc/monitor/spans.h"
#include "svc/monitor/vitals.h"
#include "token/roles.h"
#include "usher/v1/monitor.pb-c.h"

#define PUSH_ARENA_MAX (24u << 20)

METRIC_COUNTER(pushed, "usher_push_records_total",
               "Log lines and spans that the monitor in another process has.", "");
METRIC_COUNTER(failures, "usher_push_failures_total",
               "Batches for the monitor in another process that were not answered.", "");
METRIC_COUNTER(lost, "usher_push_lost_total",
               "Log lines and spans that the monitor in another process will never have.", "");

struct push {
    struct push_options options;
    struct scope scope;
    struct channel *channel; /* NULL: none was opened yet */
    struct arena arena;      /* of the batch */
    struct record *records;  /* of the batch, in the arena */
    size_t count;            /* of those that were not answered */
    struct vitals vitals;
    int64_t vitals_ns; /* when they are due */
    uint64_t told_lost;
    bool failing;
    char why[200];
    char boot[ID_TEXT_CHARS + 1]; /* begins the ids of this process's lines */
};

/* ---- a batch ---- */

static size_t take_lines(struct push *push, struct record *records)
{
    struct tap_line *lines = arena_alloc(&push->arena, PUSH_LINES_MAX * sizeof(*lines));
    const size_t taken = lines ? tap_take(lines, PUSH_LINES_MAX) : 0;
    size_t count = 0;
    for (size_t i = 0; i < taken; i++) {
        const char *id = arena_printf(&push->arena, "%s-%" PRIu64, push->boot, lines[i].sequence);
        const char *json = arena_copy(&push->arena, lines[i].json); /* the tap's until the next */
        if (id && json)
            records[count++] = (struct record){.id = view_str(id),
                                               .stream = RECORD_LOGS,
                                               .level = lines[i].level,
                                               .at_ms = lines[i].at_ms,
                                               .body = view_str(json)};
    }
    metric_add(&lost, (int64_t)(taken - count));
    return count;
}

static void take(struct push *push)
{
    arena_reset(&push->arena);
    push->records =
        arena_alloc(&push->arena, (PUSH_LINES_MAX + PUSH_SPANS_MAX) * sizeof(*push->records));
    push->count = push->records ? take_lines(push, push->records) : 0;
    if (push->records)
        push->count += spans_take_records(PUSH_SPANS_MAX, push->options.node, &push->arena,
                                          push->records + push->count);
}

static bool is_due(const struct push *push)
{
    return fiber_now_ns() >= push->vitals_ns;
}

static int fill(struct push *push, struct arena *arena, Usher__V1__PushRecordsRequest *wish)
{
    Usher__V1__Record *rows = arena_alloc(arena, push->count * sizeof(*rows));
    wish->records = arena_alloc(arena, push->count * sizeof(*wish->records));
    wish->node = (char *)push->options.node;
    if (!rows || !wish->records)
        return ERR_NO_MEMORY;
    if (is_due(push)) {
        wish->process = arena_alloc(arena, sizeof(*wish->process));
        if (!wish->process)
            return ERR_NO_MEMORY;
        vitals_measure(&push->vitals, fiber_now_ns(), wish->process);
        push->vitals_ns = deadline_after_ms(fiber_now_ns(), PUSH_VITALS_MS);
    }
    for (size_t i = 0; i < push->count; i++) {
        const struct record *record = &push->records[i];
        usher__v1__record__init(&rows[i]);
        rows[i].record_id = (char *)record->id.at;
        rows[i].stream = (Usher__V1__RecordStream)record->stream;
        rows[i].level = (Usher__V1__RecordLevel)(record->level + 1);
        rows[i].at_ms = record->at_ms;
        rows[i].json =
            (ProtobufCBinaryData){.len = record->body.len, .data = (uint8_t *)record->body.at};
        wish->records[wish->n_records++] = &rows[i];
    }
    return 0;
}

/* Sends the batch. 0: it is answered: the monitor has it, or never will. */
static int send(struct push *push, int64_t deadline_ns)
{
    static const struct identity peer = {.roles = ROLE_PEER};
    Usher__V1__PushRecordsRequest wish = USHER__V1__PUSH_RECORDS_REQUEST__INIT;
    const Usher__V1__PushRecordsResponse *answer;
    struct arena arena;
    struct client client;
    int err =
        push->channel ? 0 : push->options.open(push->options.state, "monitor", &push->channel);
    if (err != 0)
        return err;
    arena_init(&arena, PUSH_ARENA_MAX);
    client_init(&client, push->channel, &usher__v1__monitor_service__descriptor, &arena);
    client.identity = &peer;
    client.deadline_ns = deadline_ns;
    err = fill(push, &arena, &wish);
    if (err == 0)
        err = client_call(&client, Usher__V1__MonitorService, push_records, &wish, &answer);
    if (err != 0)
        snprintf(push->why, sizeof(push->why), "%s", client.status.message);
    const bool refused = client.status.code == CODE_INVALID_ARGUMENT;
    arena_release(&arena);
    if (err != 0 && !refused)
        return err;
    metric_add(refused ? &lost : &pushed, (int64_t)push->count);
    push->count = 0;
    return 0;
}

/* One batch, with how the process is when that is due: 1: it was answered, 0: nothing waits; or an
 * error. */
static int step(struct push *push, int64_t deadline_ns)
{
    if (push->count == 0)
        take(push);
    if (push->count == 0 && !is_due(push))
        return 0;
    const int err = send(push, deadline_ns);
    return err == 0 ? 1 : err;
}

/* ---- the fiber ---- */

/* When it begins to fail and when it works again, and what was lost meanwhile. */
static void tell(struct push *push, int outcome)
{
    if (outcome < 0)
        metric_add(&failures, 1);
    if (outcome < 0 && !push->failing)
        log_event(LOG_WARN, "push.unreachable", log_err(outcome),
                  log_str("error.message", push->why));
    if (outcome > 0 && push->failing)
        log_event(LOG_INFO, "push.reached");
    const uint64_t gone =
        tap_lost() + spans_lost(SPANS_FOR_MONITOR) + (uint64_t)metric_value(&lost);
    if (outcome > 0 && gone > push->told_lost) {
        log_event(LOG_WARN, "push.lose", log_uint("usher.records", gone - push->told_lost));
        push->told_lost = gone;
    }
    if (outcome != 0)
        push->failing = outcome < 0;
}

static void run(void *arg)
{
    struct push *push = arg;
    int64_t wait_ms = PUSH_WAIT_MIN_MS;
    while (!fiber_cancelled()) {
        const int outcome = step(push, deadline_after_ms(fiber_now_ns(), PUSH_CALL_MS));
        if (fiber_cancelled())
            break;
        tell(push, outcome);
        int64_t rest_ms = PUSH_PAUSE_MS;
        if (outcome < 0) {
            rest_ms = wait_ms;
            wait_ms = 2 * wait_ms < PUSH_WAIT_MAX_MS ? 2 * wait_ms : PUSH_WAIT_MAX_MS;
        } else {
            wait_ms = PUSH_WAIT_MIN_MS;
        }
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), rest_ms));
    }
}

/* ---- life ---- */

struct start {
    struct push *push;
    int result;
};

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    start->result = fiber_spawn(&start->push->scope, run, start->push);
}

static void stop_in_fiber(void *arg)
{
    struct push *push = arg;
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), PUSH_LAST_MS);
    scope_close(&push->scope);
    int outcome = push->failing ? 0 : 1;
    while (outcome > 0)
        outcome = step(push, deadline_ns);
    channel_free(push->channel);
}

int push_start(const struct push_options *options, struct push **ret_push)
{
    struct push *push = calloc(1, sizeof(*push));
    if (!push)
        return ERR_NO_MEMORY;
    push->options = *options;
    push->vitals = (struct vitals){.node = options->node,
                                   .roles = options->roles,
                                   .version = options->version,
                                   .data = options->data};
    scope_init(&push->scope);
    arena_init(&push->arena, PUSH_ARENA_MAX);
    id_format(chance_id_at(chance_system(), clock_wall_ms(clock_system())), push->boot);
    push->told_lost = tap_lost() + spans_lost(SPANS_FOR_MONITOR);
    struct start start = {.push = push};
    int err = tap_open();
    if (err == 0)
        err = worker_call(options->worker, start_in_fiber, &start);
    if (err == 0)
        err = start.result;
    if (err != 0) {
        push_stop(push);
        return err;
    }
    *ret_push = push;
    return 0;
}

void push_stop(struct push *push)
{
    if (!push)
        return;
    const int err = worker_call(push->options.worker, stop_in_fiber, push);
    assert(err == 0);
    tap_close();
    arena_release(&push->arena);
    free(push);
}
