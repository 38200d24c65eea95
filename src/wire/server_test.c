/* gRPC by our own channel: the thirteen checks of a server, the channel's own manners, health. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "call/client.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "grpc/health/v1/health.pb-c.h"
#include "usher/v1/ticket.pb-c.h"
#include "wire/fixture_test.h"

#define CONCURRENT 2000

static struct fixture f;

static int start(void **state)
{
    fixture_start(&f, (struct server_options){.call_max_ms = 20000});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

/* ---- checks in fibers, where cmocka's jumps have no place ---- */

static unsigned failures;

static void expect_at(bool right, const char *what, int line)
{
    if (!right) {
        fprintf(stderr, "server_test.c:%d: %s\n", line, what);
        failures++;
    }
}
#define expect(right) expect_at(right, #right, __LINE__)

struct caller {
    struct channel *channel;
    struct client tickets;
    struct arena arena;
    void (*body)(struct caller *c);
};

static int64_t soon(int64_t ms)
{
    return deadline_after_ms(fiber_now_ns(), ms);
}

static void caller_init(struct caller *c, struct channel *channel, size_t arena_max)
{
    c->channel = channel;
    arena_init(&c->arena, arena_max);
    client_init(&c->tickets, channel, &usher__v1__ticket_service__descriptor, &c->arena);
    c->tickets.timeout_ms = 5000;
}

static int hold(struct caller *c, uint32_t performance_id, int64_t timeout_ms,
                const Usher__V1__Hold **ret_hold)
{
    Usher__V1__HoldSeatsRequest r = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    uint32_t seats[] = {3, 4};
    struct client client = c->tickets;
    r.performance_id = performance_id;
    r.n_seats = 2;
    r.seats = seats;
    client.timeout_ms = timeout_ms;
    int err = client_call(&client, Usher__V1__TicketService, hold_seats, &r, ret_hold);
    c->tickets.status = client.status;
    return err;
}

static int perform(struct caller *c, uint32_t performance_id)
{
    Usher__V1__GetPerformanceRequest r = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    r.performance_id = performance_id;
    return client_call(&c->tickets, Usher__V1__TicketService, get_performance, &r, &performance);
}

static struct channel_stream *watch(struct caller *c, uint32_t performance_id, int64_t deadline_ns)
{
    Usher__V1__WatchSeatsRequest r = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    const Usher__V1__SeatsUpdate *update;
    struct channel_stream *stream = NULL;
    struct client client = c->tickets;
    r.performance_id = performance_id;
    client.deadline_ns = deadline_ns;
    expect(client_stream(&client, Usher__V1__TicketService, watch_seats, &r, &update, &stream) ==
           0);
    return stream;
}

/* The next message's version; 0 at the end, and c->tickets.status. */
static uint64_t next_version(struct caller *c, struct channel_stream *stream, int64_t ms)
{
    const ProtobufCMessage *message;
    arena_reset(&c->arena);
    int err = channel_stream_next(stream, &c->arena, &message, &c->tickets.status, soon(ms));
    return err ? 0 : ((const Usher__V1__SeatsUpdate *)message)->version;
}

static void run_caller(void *arg)
{
    struct caller *c = arg;
    const struct remote_options options = {.url = f.url, .authorization = "Bearer buyer"};
    struct channel *channel = NULL;
    expect(remote_new(&options, &channel) == 0);
    caller_init(c, channel, 64u << 20);
    if (channel) {
        c->body(c);
        /* A normal call afterwards, always. */
        expect(perform(c, 7) == 0);
        expect(remote_opened(channel) == 1);
        channel_free(channel);
    }
    arena_release(&c->arena);
}

static void run(void (*body)(struct caller *c))
{
    struct caller c = {.body = body};
    failures = 0;
    assert_int_equal(fiber_main(run_caller, &c), 0);
    assert_int_equal(failures, 0);
}

/* ---- the checks ---- */

static void hold_body(struct caller *c)
{
    const Usher__V1__Hold *h = NULL;
    expect(hold(c, 7, 5000, &h) == 0);
    expect(h && h->performance_id == 7 && h->n_seats == 2 && h->seats[1]->seat == 4);
    expect(c->tickets.status.code == CODE_OK && strcmp(c->tickets.status.message, "") == 0);
}

static void holds_seats(void **state)
{
    run(hold_body);
}

static void invalid_body(struct caller *c)
{
    const Usher__V1__Hold *h;
    expect(perform(c, 0) == ERR_INVALID);
    expect(c->tickets.status.code == CODE_INVALID_ARGUMENT);
    expect(strcmp(c->tickets.status.message, "performance_id is 0 %\n좌석") == 0);
    const Usher__V1__ErrorDetail *d = c->tickets.status.detail;
    expect(d && strcmp(d->reason, "BAD_ARGUMENT") == 0 && d->retry_after_ms == 1500);
    expect(hold(c, HOLD_TAKEN, 5000, &h) == ERR_CONFLICT);
    d = c->tickets.status.detail;
    expect(d && d->n_seats == 2 && d->seats[0] == 4 && d->seats[1] == 5);
}

static void an_invalid_argument_comes_back_whole(void **state)
{
    run(invalid_body);
}

/* A method that the server has not. */
static int call_unknown(struct caller *c, const char *service_name, const char *method_name)
{
    ProtobufCServiceDescriptor service = usher__v1__ticket_service__descriptor;
    ProtobufCMethodDescriptor method = *channel_method(&service, "GetPerformance");
    Usher__V1__GetPerformanceRequest r = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const ProtobufCMessage *answer;
    service.name = service_name;
    method.name = method_name;
    const struct channel_request request = {
        .service = &service, .method = &method, .message = &r.base, .deadline_ns = soon(5000)};
    return channel_call(c->channel, &request, &c->arena, &answer, &c->tickets.status);
}

static void unknown_body(struct caller *c)
{
    Usher__V1__HoldBestRequest best = USHER__V1__HOLD_BEST_REQUEST__INIT;
    Usher__V1__ReleaseHoldRequest release = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    const Usher__V1__Hold *h;
    const Usher__V1__ReleaseHoldResponse *released;
    expect(call_unknown(c, "usher.v1.TicketService", "NoSuch") == ERR_UNSUPPORTED);
    expect(c->tickets.status.code == CODE_UNIMPLEMENTED);
    expect(call_unknown(c, "no.Such", "Method") == ERR_UNSUPPORTED);
    expect(client_call(&c->tickets, Usher__V1__TicketService, hold_best, &best, &h) ==
           ERR_UNSUPPORTED);
    expect(strcmp(c->tickets.status.message, "not in this test") == 0);
    expect(client_call(&c->tickets, Usher__V1__TicketService, release_hold, &release, &released) ==
           ERR_UNAVAILABLE);
}

static void unknown_methods_and_services_are_unimplemented(void **state)
{
    run(unknown_body);
}

static enum code open_sale_as(struct caller *c, const char *authorization)
{
    Usher__V1__OpenSaleRequest r = USHER__V1__OPEN_SALE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    struct client client = c->tickets;
    client.authorization = authorization;
    client_call(&client, Usher__V1__TicketService, open_sale, &r, &performance);
    return client.status.code;
}

static void role_body(struct caller *c)
{
    expect(open_sale_as(c, NULL) == CODE_PERMISSION_DENIED);
    expect(open_sale_as(c, "Bearer forged") == CODE_UNAUTHENTICATED);
    expect(open_sale_as(c, "Bearer organiser") == CODE_UNIMPLEMENTED);
}

static void roles_are_checked(void **state)
{
    run(role_body);
}

static void stream_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, 5000, soon(10000));
    uint64_t version, last = 0;
    while ((version = next_version(c, stream, 5000))) {
        expect(version == last + 1);
        last = version;
    }
    expect(last == 5000 && c->tickets.status.code == CODE_OK);
    channel_stream_free(stream);
    stream = watch(c, 0, soon(5000));
    expect(next_version(c, stream, 5000) == 0 && c->tickets.status.code == CODE_OK);
    channel_stream_free(stream);
    stream = watch(c, WATCH_FAILS, soon(5000));
    for (uint64_t i = 1; i <= 3; i++)
        expect(next_version(c, stream, 5000) == i);
    expect(next_version(c, stream, 5000) == 0 && c->tickets.status.code == CODE_NOT_FOUND);
    expect(strcmp(c->tickets.status.message, "gone") == 0);
    channel_stream_free(stream);
}

static void streams_long_empty_and_failing(void **state)
{
    run(stream_body);
}

/* Cancelling tells the handler, wherever it waits. */
static void cancel_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, WATCH_FOR_EVER, DEADLINE_NEVER);
    expect(next_version(c, stream, 5000) == 1);
    channel_stream_free(stream);
    const Usher__V1__Hold *h;
    expect(hold(c, HOLD_WAITS, 50, &h) == ERR_TIMEOUT);
    expect(c->tickets.status.code == CODE_DEADLINE_EXCEEDED);
}

static void a_cancelled_stream_and_a_deadline_end_their_fibers(void **state)
{
    uint32_t before = fixture_cancelled;
    run(cancel_body);
    fixture_await(&fixture_waiting, 0);
    assert_true(fixture_cancelled >= before + 1);
}

/* A stream's own deadline: the server ends it. */
static void stream_deadline_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, WATCH_DETACHED, soon(60));
    expect(next_version(c, stream, 5000) == 1);
    expect(next_version(c, stream, 5000) == 0);
    expect(c->tickets.status.code == CODE_DEADLINE_EXCEEDED);
    channel_stream_free(stream);
}

static void a_detached_stream_ends_at_its_deadline(void **state)
{
    run(stream_deadline_body);
    fixture_await(&fixture_sinks, 0);
}

struct victim {
    struct caller *caller;
    struct caller own;
    bool over;
};

static void wait_for_hold(void *arg)
{
    struct victim *v = arg;
    const Usher__V1__Hold *h;
    caller_init(&v->own, v->caller->channel, 1u << 20);
    expect(hold(&v->own, HOLD_WAITS, 15000, &h) == ERR_CANCELLED);
    expect(v->own.tickets.status.code == CODE_CANCELED);
    arena_release(&v->own.arena);
    v->over = true;
}

static void unary_cancel_body(struct caller *c)
{
    struct victim v = {.caller = c};
    struct scope scope;
    scope_init(&scope);
    expect(fiber_spawn(&scope, wait_for_hold, &v) == 0);
    while (atomic_load(&fixture_waiting) == 0)
        fiber_sleep_until(soon(1));
    scope_cancel(&scope);
    expect(scope_join(&scope, soon(5000)) == 0 && v.over);
}

static void a_cancelled_unary_call_ends_its_fiber(void **state)
{
    uint32_t before = fixture_cancelled;
    run(unary_cancel_body);
    fixture_await(&fixture_waiting, 0);
    assert_int_equal(fixture_cancelled, before + 1);
}

static void large_body(struct caller *c)
{
    Usher__V1__ImportHallRequest r = USHER__V1__IMPORT_HALL_REQUEST__INIT;
    const Usher__V1__Hall *hall;
    struct client client = c->tickets;
    r.plan.len = 5u << 20;
    r.plan.data = calloc(1, r.plan.len);
    client.authorization = "Bearer organiser";
    int err = client_call(&client, Usher__V1__TicketService, import_hall, &r, &hall);
    expect(err == ERR_FULL && client.status.code == CODE_RESOURCE_EXHAUSTED);
    expect(strstr(client.status.message, "at most 1048576 bytes") != NULL);
    free(r.plan.data);
    /* And a large answer, over many windows. */
    Usher__V1__GetSeatMapRequest wish = USHER__V1__GET_SEAT_MAP_REQUEST__INIT;
    const Usher__V1__SeatMap *map = NULL;
    wish.layout_hash = "20000";
    expect(client_call(&client, Usher__V1__TicketService, get_seat_map, &wish, &map) == 0);
    expect(map && map->n_categories == 20000);
}

static void five_megabytes_are_refused_and_large_answers_arrive(void **state)
{
    run(large_body);
}

/* What is pushed while nobody reads is not queued: the reader sees the newest. */
static void slow_body(struct caller *c)
{
    struct channel_stream *stream = watch(c, WATCH_FOR_EVER, DEADLINE_NEVER);
    uint64_t last = 0;
    expect(next_version(c, stream, 5000) == 1);
    /* Read a little now and then; the server must wait for us meanwhile, not gather. */
    for (int i = 0; i < 20; i++) {
        fiber_sleep_until(soon(5));
        last = next_version(c, stream, 5000);
        expect(last == (uint64_t)i + 2);
    }
    channel_stream_free(stream);
}

static void a_slow_reader_is_waited_for(void **state)
{
    run(slow_body);
    fixture_await(&fixture_waiting, 0);
}

struct crowd {
    struct caller *caller;
    uint32_t right;
};

static void one_of_many(void *arg)
{
    struct crowd *crowd = arg;
    struct caller c;
    const Usher__V1__Hold *h;
    caller_init(&c, crowd->caller->channel, 1u << 20);
    if (hold(&c, 9, 10000, &h) == 0)
        crowd->right += h->performance_id == 9;
    arena_release(&c.arena);
}

static void crowd_body(struct caller *c)
{
    struct crowd crowd = {.caller = c};
    struct scope scope;
    scope_init(&scope);
    for (int i = 0; i < CONCURRENT; i++)
        expect(fiber_spawn(&scope, one_of_many, &crowd) == 0);
    expect(scope_join(&scope, soon(15000)) == 0);
    expect(crowd.right == CONCURRENT);
}

static void two_thousand_calls_at_once(void **state)
{
    run(crowd_body);
}

static void health_body(struct caller *c)
{
    Grpc__Health__V1__HealthCheckRequest r = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    const Grpc__Health__V1__HealthCheckResponse *health;
    char *const known[] = {"", "usher.v1.TicketService", "grpc.health.v1.Health"};
    struct client client;
    client_init(&client, c->channel, &grpc__health__v1__health__descriptor, &c->arena);
    for (int i = 0; i < 3; i++) {
        r.service = known[i];
        expect(client_call(&client, Grpc__Health__V1__Health, check, &r, &health) == 0);
        expect(health->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    }
    r.service = "no.Such";
    expect(client_call(&client, Grpc__Health__V1__Health, check, &r, &health) == ERR_NOT_FOUND);
}

static void health_is_told_by_service(void **state)
{
    run(health_body);
}

static int connect_to(const char *url)
{
    struct channel *channel;
    expect(remote_new(&(struct remote_options){.url = url}, &channel) == 0);
    int err = remote_connect(channel, soon(1000));
    channel_free(channel);
    return err;
}

static void open_nowhere(void *arg)
{
    static const char *const bad[] = {"ftp://127.0.0.1:1",        "http://",
                                      "http://127.0.0.1",         "http://127.0.0.1:0",
                                      "http://127.0.0.1:80/path", ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect(connect_to(bad[i]) == ERR_INVALID);
    /* A port that was ours a moment ago: nobody listens. */
    expect(connect_to(arg) == ERR_UNAVAILABLE);
}

static void a_channel_that_cannot_open_says_why(void **state)
{
    struct fixture gone;
    fixture_start(&gone, (struct server_options){0});
    fixture_stop(&gone, 0);
    failures = 0;
    assert_int_equal(fiber_main(open_nowhere, gone.url), 0);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_seats),
        cmocka_unit_test(an_invalid_argument_comes_back_whole),
        cmocka_unit_test(unknown_methods_and_services_are_unimplemented),
        cmocka_unit_test(roles_are_checked),
        cmocka_unit_test(streams_long_empty_and_failing),
        cmocka_unit_test(a_cancelled_stream_and_a_deadline_end_their_fibers),
        cmocka_unit_test(a_detached_stream_ends_at_its_deadline),
        cmocka_unit_test(a_cancelled_unary_call_ends_its_fiber),
        cmocka_unit_test(five_megabytes_are_refused_and_large_answers_arrive),
        cmocka_unit_test(a_slow_reader_is_waited_for),
        cmocka_unit_test(two_thousand_calls_at_once),
        cmocka_unit_test(health_is_told_by_service),
        cmocka_unit_test(a_channel_that_cannot_open_says_why),
    };
    return cmocka_run_group_tests_name("wire/server", tests, start, stop);
}
