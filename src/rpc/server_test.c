/* gRPC by our own channel: the thirteen checks of a server, the channel's own manners, health. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "fiber/fiber.h"
#include "grpc/health/v1/health.pb-c.h"
#include "rpc/channel.h"
#include "rpc/fixture_test.h"
#include "usher/v1/ticket.pb-c.h"

#define TICKET     "/usher.v1.TicketService/"
#define CONCURRENT 2000

static struct fixture f;

static int start(void **state)
{
    fixture_start(&f, (struct rpc_server_options){.call_max_ms = 20000});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

/* ---- checks in fibers, where cmocka's jumps have no place ---- */

static unsigned failures;

static void check_at(bool right, const char *what, int line)
{
    if (!right) {
        fprintf(stderr, "server_test.c:%d: %s\n", line, what);
        failures++;
    }
}
#define check(right) check_at(right, #right, __LINE__)

struct client {
    struct rpc_channel *channel;
    struct arena arena;
    struct rpc_status status;
    const ProtobufCMessage *answer;
    void (*body)(struct client *c);
};

static int64_t soon(int64_t ms)
{
    return deadline_after_ms(fiber_now_ns(), ms);
}

static int hold(struct client *c, uint32_t performance_id, int64_t deadline_ns)
{
    Usher__V1__HoldSeatsRequest r = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    uint32_t seats[] = {3, 4};
    r.performance_id = performance_id;
    r.n_seats = 2;
    r.seats = seats;
    return rpc_channel_call(c->channel, TICKET "HoldSeats", NULL, &r.base,
                            &usher__v1__hold__descriptor, &c->arena, &c->answer, &c->status,
                            deadline_ns);
}

static int perform(struct client *c, const char *path, uint32_t performance_id)
{
    Usher__V1__GetPerformanceRequest r = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    r.performance_id = performance_id;
    return rpc_channel_call(c->channel, path, NULL, &r.base, &usher__v1__performance__descriptor,
                            &c->arena, &c->answer, &c->status, soon(5000));
}

static struct rpc_reader *watch(struct client *c, uint32_t performance_id, int64_t deadline_ns)
{
    Usher__V1__WatchSeatsRequest r = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    struct rpc_reader *reader = NULL;
    r.performance_id = performance_id;
    check(rpc_channel_watch(c->channel, TICKET "WatchSeats", NULL, &r.base, &reader, deadline_ns) ==
          0);
    return reader;
}

/* The next message's version; 0 at the end, and c->status. */
static uint64_t next_version(struct client *c, struct rpc_reader *reader, int64_t ms)
{
    const ProtobufCMessage *message;
    arena_reset(&c->arena);
    int err = rpc_reader_next(reader, &usher__v1__seats_update__descriptor, &c->arena, &message,
                              &c->status, soon(ms));
    return err ? 0 : ((const Usher__V1__SeatsUpdate *)message)->version;
}

static void run_client(void *arg)
{
    struct client *c = arg;
    struct rpc_channel_options options = {.url = f.url, .authorization = "Bearer buyer"};
    arena_init(&c->arena, 64u << 20);
    check(rpc_channel_open(&options, soon(5000), &c->channel) == 0);
    if (c->channel) {
        c->body(c);
        /* A normal call afterwards, always. */
        check(perform(c, TICKET "GetPerformance", 7) == 0);
        rpc_channel_close(c->channel);
    }
    arena_release(&c->arena);
}

static void run(void (*body)(struct client *c))
{
    struct client c = {.body = body};
    failures = 0;
    assert_int_equal(fiber_main(run_client, &c), 0);
    assert_int_equal(failures, 0);
}

/* ---- the checks ---- */

static void hold_body(struct client *c)
{
    check(hold(c, 7, soon(5000)) == 0);
    const Usher__V1__Hold *h = (const Usher__V1__Hold *)c->answer;
    check(h && h->performance_id == 7 && h->n_seats == 2 && h->seats[1]->seat == 4);
    check(c->status.code == RPC_OK && strcmp(c->status.message, "") == 0);
}

static void holds_seats(void **state)
{
    run(hold_body);
}

static void invalid_body(struct client *c)
{
    check(perform(c, TICKET "GetPerformance", 0) == ERR_INVALID);
    check(c->status.code == RPC_INVALID_ARGUMENT);
    check(strcmp(c->status.message, "performance_id is 0 %\n좌석") == 0);
    const Usher__V1__ErrorDetail *d = c->status.detail;
    check(d && strcmp(d->reason, "BAD_ARGUMENT") == 0 && d->retry_after_ms == 1500);
    check(hold(c, HOLD_TAKEN, soon(5000)) == ERR_CONFLICT);
    d = c->status.detail;
    check(d && d->n_seats == 2 && d->seats[0] == 4 && d->seats[1] == 5);
}

static void an_invalid_argument_comes_back_whole(void **state)
{
    run(invalid_body);
}

static void unknown_body(struct client *c)
{
    check(perform(c, TICKET "NoSuch", 1) == ERR_UNSUPPORTED);
    check(c->status.code == RPC_UNIMPLEMENTED);
    check(perform(c, "/no.Such/Method", 1) == ERR_UNSUPPORTED);
    check(perform(c, TICKET "HoldBest", 1) == ERR_UNSUPPORTED);
    check(strcmp(c->status.message, "not in this test") == 0);
    check(perform(c, TICKET "ReleaseHold", 1) == ERR_UNAVAILABLE);
}

static void unknown_methods_and_services_are_unimplemented(void **state)
{
    run(unknown_body);
}

static void role_body(struct client *c)
{
    const ProtobufCMessage *answer;
    Usher__V1__OpenSaleRequest r = USHER__V1__OPEN_SALE_REQUEST__INIT;
    rpc_channel_call(c->channel, TICKET "OpenSale", NULL, &r.base,
                     &usher__v1__performance__descriptor, &c->arena, &answer, &c->status,
                     soon(5000));
    check(c->status.code == RPC_PERMISSION_DENIED);
    rpc_channel_call(c->channel, TICKET "OpenSale", "Bearer forged", &r.base,
                     &usher__v1__performance__descriptor, &c->arena, &answer, &c->status,
                     soon(5000));
    check(c->status.code == RPC_UNAUTHENTICATED);
    rpc_channel_call(c->channel, TICKET "OpenSale", "Bearer organiser", &r.base,
                     &usher__v1__performance__descriptor, &c->arena, &answer, &c->status,
                     soon(5000));
    check(c->status.code == RPC_UNIMPLEMENTED);
}

static void roles_are_checked(void **state)
{
    run(role_body);
}

static void stream_body(struct client *c)
{
    struct rpc_reader *reader = watch(c, 5000, soon(10000));
    uint64_t version, last = 0;
    while ((version = next_version(c, reader, 5000))) {
        check(version == last + 1);
        last = version;
    }
    check(last == 5000 && c->status.code == RPC_OK);
    rpc_reader_free(reader);
    reader = watch(c, 0, soon(5000));
    check(next_version(c, reader, 5000) == 0 && c->status.code == RPC_OK);
    rpc_reader_free(reader);
    reader = watch(c, WATCH_FAILS, soon(5000));
    for (uint64_t i = 1; i <= 3; i++)
        check(next_version(c, reader, 5000) == i);
    check(next_version(c, reader, 5000) == 0 && c->status.code == RPC_NOT_FOUND);
    check(strcmp(c->status.message, "gone") == 0);
    rpc_reader_free(reader);
}

static void streams_long_empty_and_failing(void **state)
{
    run(stream_body);
}

/* Cancelling tells the handler, wherever it waits. */
static void cancel_body(struct client *c)
{
    struct rpc_reader *reader = watch(c, WATCH_FOR_EVER, DEADLINE_NEVER);
    check(next_version(c, reader, 5000) == 1);
    rpc_reader_free(reader);
    check(hold(c, HOLD_WAITS, soon(50)) == ERR_TIMEOUT);
    check(c->status.code == RPC_DEADLINE_EXCEEDED);
}

static void a_cancelled_stream_and_a_deadline_end_their_fibers(void **state)
{
    uint32_t before = fixture_cancelled;
    run(cancel_body);
    fixture_await(&fixture_waiting, 0);
    assert_true(fixture_cancelled >= before + 1);
}

/* A stream's own deadline: the server ends it. */
static void stream_deadline_body(struct client *c)
{
    struct rpc_reader *reader = watch(c, WATCH_DETACHED, soon(60));
    check(next_version(c, reader, 5000) == 1);
    check(next_version(c, reader, 5000) == 0);
    check(c->status.code == RPC_DEADLINE_EXCEEDED);
    rpc_reader_free(reader);
}

static void a_detached_stream_ends_at_its_deadline(void **state)
{
    run(stream_deadline_body);
    fixture_await(&fixture_sinks, 0);
}

struct victim {
    struct client *client;
    struct client own;
    bool over;
};

static void wait_for_hold(void *arg)
{
    struct victim *v = arg;
    v->own.channel = v->client->channel;
    arena_init(&v->own.arena, 1u << 20);
    check(hold(&v->own, HOLD_WAITS, DEADLINE_NEVER) == ERR_CANCELLED);
    check(v->own.status.code == RPC_CANCELED);
    arena_release(&v->own.arena);
    v->over = true;
}

static void unary_cancel_body(struct client *c)
{
    struct victim v = {.client = c};
    struct scope scope;
    scope_init(&scope);
    check(fiber_spawn(&scope, wait_for_hold, &v) == 0);
    while (atomic_load(&fixture_waiting) == 0)
        fiber_sleep_until(soon(1));
    scope_cancel(&scope);
    check(scope_join(&scope, soon(5000)) == 0 && v.over);
}

static void a_cancelled_unary_call_ends_its_fiber(void **state)
{
    uint32_t before = fixture_cancelled;
    run(unary_cancel_body);
    fixture_await(&fixture_waiting, 0);
    assert_int_equal(fixture_cancelled, before + 1);
}

static void large_body(struct client *c)
{
    Usher__V1__ImportHallRequest r = USHER__V1__IMPORT_HALL_REQUEST__INIT;
    r.plan.len = 5u << 20;
    r.plan.data = calloc(1, r.plan.len);
    int err = rpc_channel_call(c->channel, TICKET "ImportHall", "Bearer organiser", &r.base,
                               &usher__v1__hall__descriptor, &c->arena, &c->answer, &c->status,
                               soon(5000));
    check(err == ERR_FULL && c->status.code == RPC_RESOURCE_EXHAUSTED);
    check(strstr(c->status.message, "at most 1048576 bytes") != NULL);
    free(r.plan.data);
    /* And a large answer, over many windows. */
    Usher__V1__GetSeatMapRequest map = USHER__V1__GET_SEAT_MAP_REQUEST__INIT;
    map.layout_hash = "20000";
    check(rpc_channel_call(c->channel, TICKET "GetSeatMap", NULL, &map.base,
                           &usher__v1__seat_map__descriptor, &c->arena, &c->answer, &c->status,
                           soon(5000)) == 0);
    check(((const Usher__V1__SeatMap *)c->answer)->n_categories == 20000);
}

static void five_megabytes_are_refused_and_large_answers_arrive(void **state)
{
    run(large_body);
}

/* What is pushed while nobody reads is not queued: the reader sees the newest. */
static void slow_body(struct client *c)
{
    struct rpc_reader *reader = watch(c, WATCH_FOR_EVER, DEADLINE_NEVER);
    uint64_t last = 0;
    check(next_version(c, reader, 5000) == 1);
    /* Read a little now and then; the server must wait for us meanwhile, not gather. */
    for (int i = 0; i < 20; i++) {
        fiber_sleep_until(soon(5));
        last = next_version(c, reader, 5000);
        check(last == (uint64_t)i + 2);
    }
    rpc_reader_free(reader);
}

static void a_slow_reader_is_waited_for(void **state)
{
    run(slow_body);
    fixture_await(&fixture_waiting, 0);
}

struct crowd {
    struct client *client;
    uint32_t right;
};

static void one_of_many(void *arg)
{
    struct crowd *crowd = arg;
    struct client c = {.channel = crowd->client->channel};
    arena_init(&c.arena, 1u << 20);
    if (hold(&c, 9, soon(10000)) == 0)
        crowd->right += ((const Usher__V1__Hold *)c.answer)->performance_id == 9;
    arena_release(&c.arena);
}

static void crowd_body(struct client *c)
{
    struct crowd crowd = {.client = c};
    struct scope scope;
    scope_init(&scope);
    for (int i = 0; i < CONCURRENT; i++)
        check(fiber_spawn(&scope, one_of_many, &crowd) == 0);
    check(scope_join(&scope, soon(15000)) == 0);
    check(crowd.right == CONCURRENT);
}

static void two_thousand_calls_at_once(void **state)
{
    run(crowd_body);
}

static void health_body(struct client *c)
{
    Grpc__Health__V1__HealthCheckRequest r = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    char *const known[] = {"", "usher.v1.TicketService", "grpc.health.v1.Health"};
    for (int i = 0; i < 3; i++) {
        r.service = known[i];
        check(rpc_channel_call(c->channel, "/grpc.health.v1.Health/Check", NULL, &r.base,
                               &grpc__health__v1__health_check_response__descriptor, &c->arena,
                               &c->answer, &c->status, soon(5000)) == 0);
        check(((const Grpc__Health__V1__HealthCheckResponse *)c->answer)->status ==
              GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    }
    r.service = "no.Such";
    check(rpc_channel_call(c->channel, "/grpc.health.v1.Health/Check", NULL, &r.base,
                           &grpc__health__v1__health_check_response__descriptor, &c->arena,
                           &c->answer, &c->status, soon(5000)) == ERR_NOT_FOUND);
}

static void health_is_told_by_service(void **state)
{
    run(health_body);
}

static void open_nowhere(void *arg)
{
    static const char *const bad[] = {"ftp://127.0.0.1:1",        "http://",
                                      "http://127.0.0.1",         "http://127.0.0.1:0",
                                      "http://127.0.0.1:80/path", ""};
    struct rpc_channel *channel = NULL;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rpc_channel_options options = {.url = bad[i]};
        check(rpc_channel_open(&options, soon(1000), &channel) == ERR_INVALID);
    }
    /* A port that was ours a moment ago: nobody listens. */
    struct rpc_channel_options options = {.url = arg};
    check(rpc_channel_open(&options, soon(1000), &channel) == ERR_UNAVAILABLE);
    check(!channel);
}

static void a_channel_that_cannot_open_says_why(void **state)
{
    struct fixture gone;
    fixture_start(&gone, (struct rpc_server_options){0});
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
    return cmocka_run_group_tests_name("rpc/server", tests, start, stop);
}
