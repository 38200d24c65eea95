/* Both channels, by the same checks: what a caller sees does not depend on where the service is. */
#include <stdatomic.h>
#include <stdio.h>

#include "call/client.h"
#include "call/local.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/ticket.pb-c.h"
#include "wire/fixture_test.h"

static struct fixture f;
static struct routes routes;
static unsigned failures;

/* In fibers cmocka's jumps have no place. */
static void expect_at(bool right, const char *what, int line)
{
    if (!right) {
        fprintf(stderr, "channel_test.c:%d: %s\n", line, what);
        failures++;
    }
}
#define expect(right) expect_at(right, #right, __LINE__)

struct caller {
    struct channel *channel;
    struct client tickets;
    struct arena arena;
    bool remote;
    void (*body)(struct caller *c);
};

static int64_t soon(int64_t ms)
{
    return deadline_after_ms(fiber_now_ns(), ms);
}

static void run_caller(void *arg)
{
    static const struct identity buyer = {.roles = FIXTURE_BUYER, .account_id = {1, 2}};
    struct caller *c = arg;
    const struct remote_options options = {.url = f.url, .authorization = "Bearer buyer"};
    int err =
        c->remote ? remote_new(&options, &c->channel) : local_new(&routes, &buyer, &c->channel);
    expect(err == 0);
    if (err)
        return;
    arena_init(&c->arena, 8u << 20);
    client_init(&c->tickets, c->channel, &usher__v1__ticket_service__descriptor, &c->arena);
    c->tickets.timeout_ms = 5000;
    c->body(c);
    channel_free(c->channel);
    arena_release(&c->arena);
}

static void run_with(bool remote, void (*body)(struct caller *c))
{
    struct caller c = {.remote = remote, .body = body};
    failures = 0;
    assert_int_equal(fiber_main(run_caller, &c), 0);
    assert_int_equal(failures, 0);
}

static void run_both(void (*body)(struct caller *c))
{
    run_with(false, body);
    run_with(true, body);
}

static int hold(struct caller *c, uint32_t performance_id, const Usher__V1__Hold **ret_hold)
{
    Usher__V1__HoldSeatsRequest r = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    uint32_t seats[] = {3, 4};
    r.performance_id = performance_id;
    r.n_seats = 2;
    r.seats = seats;
    return client_call(&c->tickets, Usher__V1__TicketService, hold_seats, &r, ret_hold);
}

static struct channel_stream *watch(struct caller *c, uint32_t performance_id)
{
    Usher__V1__WatchSeatsRequest r = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    const Usher__V1__SeatsUpdate *update;
    struct channel_stream *stream = NULL;
    r.performance_id = performance_id;
    expect(client_stream(&c->tickets, Usher__V1__TicketService, watch_seats, &r, &update,
                         &stream) == 0);
    return stream;
}

/* The next message's version; 0 at the end, and c->tickets.status. */
static uint64_t next_version(struct caller *c, struct channel_stream *stream)
{
    const ProtobufCMessage *message;
    arena_reset(&c->arena);
    int err = channel_stream_next(stream, &c->arena, &message, &c->tickets.status, soon(5000));
    return err ? 0 : ((const Usher__V1__SeatsUpdate *)message)->version;
}

/* ---- calls ---- */

static void unary_body(struct caller *c)
{
    const Usher__V1__Hold *h = NULL;
    expect(hold(c, 7, &h) == 0 && c->tickets.status.code == CODE_OK);
    expect(h && h->performance_id == 7 && h->n_seats == 2 && h->seats[1]->seat == 4);
    expect(hold(c, HOLD_TAKEN, &h) == ERR_CONFLICT && c->tickets.status.code == CODE_ABORTED);
    const Usher__V1__ErrorDetail *d = c->tickets.status.detail;
    expect(d && strcmp(d->reason, "SEATS_TAKEN") == 0 && d->n_seats == 2 && d->seats[0] == 4);
    expect(strcmp(c->tickets.status.message, "seats 4 and 5 are taken") == 0);
}

/* What the handler answers beside its message, which here is the id of the caller's request. */
static void beside_body(struct caller *c)
{
    const struct trace trace = {.made = {.hi = 7, .lo = 9}};
    char id[TRACE_REQUEST_ID_MAX + 1];
    const Usher__V1__Hold *h;
    trace_be_here(&trace);
    expect(hold(c, 3, &h) == 0);
    expect(view_eq(metadata_find(c->tickets.status.answered, VIEW_LIT("usher-seen")),
                   trace_request_id(&trace, id)));
    expect(hold(c, HOLD_TAKEN, &h) != 0 && c->tickets.status.answered);
    trace_be_here(NULL);
}

static void behind_body(struct caller *c)
{
    const Usher__V1__Hold *h;
    uint32_t behind = 0;
    expect(hold(c, HOLD_BEHIND, &h) == 0 && c->tickets.status.answered);
    const struct metadata *answered = c->tickets.status.answered;
    for (uint32_t i = 0; answered && i < answered->count; i++)
        behind += answered->fields[i].trailing;
    expect(behind == 2);
    expect(view_eq(metadata_find(answered, VIEW_LIT("usher-behind")), VIEW_LIT("one")));
}

static void what_comes_behind_an_answer_is_told_apart(void **state)
{
    run_both(behind_body);
}

static void what_comes_beside_an_answer_arrives_too(void **state)
{
    run_both(beside_body);
}

static void an_answer_and_a_refusal_arrive_whole(void **state)
{
    run_both(unary_body);
}

static void refused_body(struct caller *c)
{
    Usher__V1__OpenSaleRequest open = USHER__V1__OPEN_SALE_REQUEST__INIT;
    Usher__V1__ReleaseHoldRequest release = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    const Usher__V1__ReleaseHoldResponse *released;
    expect(client_call(&c->tickets, Usher__V1__TicketService, open_sale, &open, &performance) ==
           ERR_DENIED);
    expect(c->tickets.status.code == CODE_PERMISSION_DENIED);
    /* A handler that fails without a sentence of its own. */
    expect(client_call(&c->tickets, Usher__V1__TicketService, release_hold, &release, &released) ==
           ERR_UNAVAILABLE);
    ProtobufCMethodDescriptor method =
        *channel_method(&usher__v1__ticket_service__descriptor, "GetPerformance");
    const Usher__V1__GetPerformanceRequest r = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const ProtobufCMessage *answer;
    method.name = "NoSuch";
    const struct channel_request request = {.service = &usher__v1__ticket_service__descriptor,
                                            .method = &method,
                                            .message = &r.base,
                                            .deadline_ns = soon(5000)};
    expect(channel_call(c->channel, &request, &c->arena, &answer, &c->tickets.status) ==
           ERR_UNSUPPORTED);
}

static void what_may_not_be_is_refused(void **state)
{
    run_both(refused_body);
}

static void deadline_body(struct caller *c)
{
    const Usher__V1__Hold *h;
    c->tickets.timeout_ms = 30;
    expect(hold(c, HOLD_WAITS, &h) == ERR_TIMEOUT);
    expect(c->tickets.status.code == CODE_DEADLINE_EXCEEDED);
}

static void a_deadline_ends_a_call(void **state)
{
    run_both(deadline_body);
    fixture_await(&fixture_waiting, 0);
}

/* ---- streams ---- */

static void stream_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, 500);
    for (uint64_t i = 1; i <= 500; i++)
        expect(next_version(c, stream) == i);
    expect(next_version(c, stream) == 0 && c->tickets.status.code == CODE_OK);
    channel_stream_free(stream);
    stream = watch(c, WATCH_FAILS);
    for (uint64_t i = 1; i <= 3; i++)
        expect(next_version(c, stream) == i);
    expect(next_version(c, stream) == 0 && c->tickets.status.code == CODE_NOT_FOUND);
    expect(strcmp(c->tickets.status.message, "gone") == 0);
    channel_stream_free(stream);
}

static void a_stream_comes_in_order_and_says_how_it_ends(void **state)
{
    run_both(stream_body);
}

static void given_up_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, WATCH_FOR_EVER);
    expect(next_version(c, stream) == 1);
    channel_stream_free(stream);
}

static void a_stream_that_is_given_up_ends_its_handler(void **state)
{
    for (int remote = 0; remote < 2; remote++) {
        uint32_t before = fixture_cancelled;
        run_with(remote, given_up_body);
        fixture_await(&fixture_waiting, 0);
        assert_int_equal(fixture_cancelled, before + 1);
    }
}

static void detached_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, WATCH_DETACHED);
    const ProtobufCMessage *message;
    expect(next_version(c, stream) == 1);
    /* Nothing more comes: the wait ends, the stream does not. */
    expect(channel_stream_next(stream, &c->arena, &message, &c->tickets.status, soon(20)) ==
           ERR_TIMEOUT);
    channel_stream_free(stream);
}

static void a_sink_learns_that_its_reader_has_gone(void **state)
{
    run_both(detached_body);
    fixture_await(&fixture_sinks, 0);
}

static int start(void **state)
{
    fixture_start(&f, (struct server_options){.call_max_ms = 20000});
    return routes_init(&routes, fixture_service(), 1);
}

static int stop(void **state)
{
    routes_release(&routes);
    fixture_stop(&f, 1000);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_and_a_refusal_arrive_whole),
        cmocka_unit_test(what_comes_beside_an_answer_arrives_too),
        cmocka_unit_test(what_comes_behind_an_answer_is_told_apart),
        cmocka_unit_test(what_may_not_be_is_refused),
        cmocka_unit_test(a_deadline_ends_a_call),
        cmocka_unit_test(a_stream_comes_in_order_and_says_how_it_ends),
        cmocka_unit_test(a_stream_that_is_given_up_ends_its_handler),
        cmocka_unit_test(a_sink_learns_that_its_reader_has_gone),
    };
    return cmocka_run_group_tests_name("wire/channel", tests, start, stop);
}
