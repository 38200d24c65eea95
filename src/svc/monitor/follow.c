/* The sale events: read out of what the roles keep for ever, from stored positions on, so that
 * nothing is lost or doubled (window_put). */
#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "observe/metrics.h"
#include "svc/monitor/events.h"
#include "svc/monitor/pace.h"
#include "svc/monitor/state.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define FOLLOW_ARENA_MAX (48u << 20)
#define FOLLOW_STEPS     16 /* of one source; then the others have their turn */

METRIC_COUNTER(events_read, "usher_monitor_events_total",
               "Sale events read from ledgers, lines and payments.", "");

/* ---- into the window ---- */

/* What is put in one transaction: the events of some rows, or of a part of a long one. */
struct batch {
    struct monitor *monitor;
    struct window_position position; /* behind the last row that is in whole; 0: there is none */
    struct arena *arena;             /* of the records; reset when they are put */
    struct record *records;          /* RECORDS_PUT_MAX */
    size_t count;
};

static int put(struct batch *batch)
{
    const struct window_position *position = batch->position.position > 0 ? &batch->position : NULL;
    int err = batch->count > 0 || position ? window_put(batch->monitor->window, batch->records,
                                                        batch->count, position, monitor_deadline())
                                           : 0;
    if (err == 0)
        metric_add(&events_read, (int64_t)batch->count);
    batch->count = 0;
    return err;
}

/* Puts what is there unless so many more fit. */
static int make_room(struct batch *batch, size_t more)
{
    if (batch->count + more <= RECORDS_PUT_MAX)
        return 0;
    const int err = put(batch);
    arena_reset(batch->arena);
    return err;
}

/* ---- steps ---- */

/* The fiber that reads, at one of the roles. */
struct follower {
    struct monitor *monitor;
    struct client client; /* of the role; its answers are in `lists` */
    struct arena lists;   /* until the role has been followed */
    struct arena steps;   /* of one step */
    bool more;            /* a source is not at its end */
    int err;              /* of the first source of the role that could not be followed; or 0 */
    char why[200];        /* which it is, and why */
};

/* What has rows in order, or numbered events. */
struct source {
    const char *kind; /* with the id, its position's name */
    uint32_t id;      /* of its performance or sale; 0: there is one source of the kind */
    /* Asks for what is behind the number `after`, at most max rows, and adds it to the batch.
     * *ret_rows: how many. */
    int (*read)(struct client *client, uint32_t id, uint64_t after, uint32_t max,
                struct batch *batch, size_t *ret_rows);
};

static void name_of(const struct source *source, char ret_name[RECORD_ID_MAX])
{
    if (source->id > 0)
        snprintf(ret_name, RECORD_ID_MAX, "%s/%" PRIu32, source->kind, source->id);
    else
        snprintf(ret_name, RECORD_ID_MAX, "%s", source->kind);
}

/* One step. *ret_rows: how many; 0 at the end. */
static int step(struct follower *f, const struct source *source, uint32_t max, size_t *ret_rows)
{
    char name[RECORD_ID_MAX];
    struct client client = f->client;
    struct arena arena;
    struct batch batch = {.monitor = f->monitor,
                          .arena = &arena,
                          .records =
                              arena_alloc(&f->steps, RECORDS_PUT_MAX * sizeof(struct record))};
    uint64_t after = 0;
    size_t rows = 0;
    client.arena = &f->steps;
    name_of(source, name);
    batch.position.source = view_str(name);
    arena_init(&arena, FOLLOW_ARENA_MAX);
    int err = batch.records ? window_position(f->monitor->window, batch.position.source, &after,
                                              monitor_deadline())
                            : ERR_NO_MEMORY;
    if (err == 0)
        err = source->read(&client, source->id, after, max, &batch, &rows);
    if (err == 0)
        err = put(&batch);
    arena_release(&arena);
    f->client.status = client.status;
    *ret_rows = err == 0 ? rows : 0;
    return err;
}

static void note_failure(struct follower *f, const struct source *source, int err)
{
    char name[RECORD_ID_MAX];
    const char *sentence = f->client.status.message;
    if (f->err != 0)
        return;
    name_of(source, name);
    f->err = err;
    snprintf(f->why, sizeof(f->why), "%s: %s", name,
             sentence && sentence[0] ? sentence : err_name(err));
}

/* Reads a source towards its end, with a rest after each step. One that cannot be read, such as a
 * ledger with a damaged row, holds up no other: it is noted, and tried again in the next turn. */
static void follow(struct follower *f, const struct source *source)
{
    struct pace *pace = &f->monitor->pace;
    size_t some = 1;
    int err = 0;
    for (int i = 0; i < FOLLOW_STEPS && err == 0 && some > 0 && !fiber_cancelled(); i++) {
        arena_reset(&f->steps);
        const uint32_t rows = pace_step(pace, fiber_now_ns(), clock_cpu_ns());
        err = step(f, source, rows, &some);
        const int64_t rest_ms = pace_rest_ms(pace, some, fiber_now_ns(), clock_cpu_ns());
        if (some > 0)
            monitor_rest(rest_ms);
    }
    if (some > 0)
        f->more = true;
    else
        pace_end(pace);
    if (err != 0)
        note_failure(f, source, err);
}

/* ---- ledgers of performances ---- */

static struct view view_of_bytes(ProtobufCBinaryData bytes)
{
    return view_of(bytes.data, bytes.len);
}

/* The events of one row, which are put when there are enough. They are copied into the batch, so
 * that its arena can be reset between two rows. */
static int add_row(struct batch *batch, uint32_t performance_id, const Usher__V1__LedgerRow *answer)
{
    const struct ledger_row row = {.seq = answer->seq,
                                   .epoch = answer->epoch,
                                   .version_before = answer->version_before,
                                   .version = answer->version,
                                   .at_ms = answer->at_ms,
                                   .body = view_of_bytes(answer->body)};
    struct record *records;
    size_t count = 0;
    /* A row is kept together where it can be. */
    int err = make_room(batch, row.version - row.version_before);
    if (err == 0)
        err = events_of_row(performance_id, &row, batch->arena, &records, &count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (batch->count == RECORDS_PUT_MAX)
            err = put(batch);
        batch->records[batch->count++] = records[i];
    }
    batch->position.position = row.seq;
    return err;
}

static int read_ledger(struct client *client, uint32_t id, uint64_t after, uint32_t max,
                       struct batch *batch, size_t *ret_rows)
{
    Usher__V1__ReadLedgerRequest wish = USHER__V1__READ_LEDGER_REQUEST__INIT;
    const Usher__V1__ReadLedgerResponse *answer;
    wish.performance_id = id;
    wish.from_seq = after + 1;
    wish.rows_max = max;
    int err = client_call(client, Usher__V1__TicketService, read_ledger, &wish, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_rows; i++)
        err = add_row(batch, id, answer->rows[i]);
    *ret_rows = err == 0 ? answer->n_rows : 0;
    return err;
}

static int follow_performances(struct follower *f)
{
    const Usher__V1__ListEventsRequest all = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *answer;
    struct source source = {.kind = "ledger", .read = read_ledger};
    int err = client_call(&f->client, Usher__V1__TicketService, list_events, &all, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_events; i++) {
        const Usher__V1__Event *event = answer->events[i];
        for (size_t k = 0; k < event->n_performances; k++) {
            source.id = event->performances[k]->performance_id;
            follow(f, &source);
        }
    }
    return err;
}

/* ---- lines ---- */

static int add_line_row(struct batch *batch, uint32_t sale_id, const Usher__V1__LineRow *answer)
{
    const struct line_row row = {.seq = answer->seq,
                                 .epoch = answer->epoch,
                                 .at_ms = answer->at_ms,
                                 .body = view_of_bytes(answer->body)};
    struct line_events entries;
    struct record record;
    int got = line_events_init(&entries, sale_id, &row);
    if (got == 0)
        got = make_room(batch, 1);
    while (got == 0 && (got = line_events_next(&entries, batch->arena, &record)) == 1) {
        batch->records[batch->count++] = record;
        got = make_room(batch, 1);
    }
    batch->position.position = row.seq;
    return got;
}

static int read_line(struct client *client, uint32_t id, uint64_t after, uint32_t max,
                     struct batch *batch, size_t *ret_rows)
{
    Usher__V1__ReadLineRequest wish = USHER__V1__READ_LINE_REQUEST__INIT;
    const Usher__V1__ReadLineResponse *answer;
    wish.sale_id = id;
    wish.from_seq = after + 1;
    wish.rows_max = max;
    int err = client_call(client, Usher__V1__WaitroomService, read_line, &wish, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_rows; i++)
        err = add_line_row(batch, id, answer->rows[i]);
    *ret_rows = err == 0 ? answer->n_rows : 0;
    return err;
}

static int follow_lines(struct follower *f)
{
    const Usher__V1__ListSalesRequest all = USHER__V1__LIST_SALES_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *answer;
    struct source source = {.kind = "line", .read = read_line};
    int err = client_call(&f->client, Usher__V1__WaitroomService, list_sales, &all, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_sales; i++) {
        source.id = answer->sales[i]->sale_id;
        follow(f, &source);
    }
    return err;
}

/* ---- payments ---- */

static int read_payments(struct client *client, uint32_t id, uint64_t after, uint32_t max,
                         struct batch *batch, size_t *ret_rows)
{
    Usher__V1__ReadPaymentEventsRequest wish = USHER__V1__READ_PAYMENT_EVENTS_REQUEST__INIT;
    const Usher__V1__ReadPaymentEventsResponse *answer;
    wish.after = after;
    wish.events_max = max;
    int err = client_call(client, Usher__V1__PaymentService, read_payment_events, &wish, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_events; i++) {
        err = make_room(batch, 1);
        if (err == 0)
            err = payment_event_record(answer->events[i], batch->arena,
                                       &batch->records[batch->count]);
        if (err == 0) {
            batch->count++;
            batch->position.position = answer->events[i]->event_id;
        }
    }
    *ret_rows = err == 0 ? answer->n_events : 0;
    return err;
}

static int follow_payments(struct follower *f)
{
    follow(f, &(struct source){.kind = "payments", .read = read_payments});
    return 0;
}

/* ---- all of it ---- */

static const struct followed {
    const char *role;
    bool may_lack; /* an installation without it has none of these events */
    const ProtobufCServiceDescriptor *service;
    int (*follow)(struct follower *f);
} roles[MONITOR_FOLLOWED] = {
    {"ticket", false, &usher__v1__ticket_service__descriptor, follow_performances},
    {"waitroom", true, &usher__v1__waitroom_service__descriptor, follow_lines},
    {"payment", true, &usher__v1__payment_service__descriptor, follow_payments},
};

/* Says it when it begins to fail and when it works again. */
static void tell(int err, const struct followed *role, const char *message, bool *failing)
{
    if (err != 0 && !*failing)
        log_event(LOG_WARN, "monitor.follow", log_str("usher.role", role->role), log_err(err),
                  log_str("error.message", message));
    if (err == 0 && *failing)
        log_event(LOG_INFO, "monitor.follows", log_str("usher.role", role->role));
    *failing = err != 0;
}

static void follow_role(struct follower *f, size_t i, bool *failing)
{
    const struct followed *role = &roles[i];
    f->client.status.message = "no channel to the role";
    int err = monitor_client(f->monitor, role->role, &f->monitor->followed[i], role->service,
                             &f->lists, &f->client);
    if (err == ERR_NOT_FOUND && role->may_lack)
        return;
    f->client.timeout_ms = MONITOR_STEP_MS; /* one that hangs does not hold up the others */
    f->err = 0;
    if (err == 0)
        err = role->follow(f);
    if (!fiber_cancelled())
        tell(err ? err : f->err, role, err ? f->client.status.message : f->why, failing);
    arena_reset(&f->steps);
    arena_reset(&f->lists);
}

void monitor_follow_sales(void *arg)
{
    struct follower f = {.monitor = arg};
    bool failing[MONITOR_FOLLOWED] = {false};
    arena_init(&f.lists, FOLLOW_ARENA_MAX);
    arena_init(&f.steps, FOLLOW_ARENA_MAX);
    while (!fiber_cancelled()) {
        f.more = false;
        for (size_t i = 0; i < MONITOR_FOLLOWED && !fiber_cancelled(); i++)
            follow_role(&f, i, &failing[i]);
        if (!f.more)
            monitor_rest(MONITOR_PAUSE_MS);
    }
    arena_release(&f.steps);
    arena_release(&f.lists);
}
