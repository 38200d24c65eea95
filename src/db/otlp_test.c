#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/otlp.h"
#include "err/err.h"
#include "fiber/fiber.h"

static const struct otlp_options options = {.url = "http://collector:4318",
                                            .field = "X-Key: 7",
                                            .instance = "here \"1\"",
                                            .version = "0.7.0",
                                            .roles = "gateway,ticket"};

/* Answers what the test says, and counts. */
static struct {
    struct http http;
    int err, status;
    unsigned calls;
    const char *says; /* NULL: "so" */
} collector;

static int answer(struct http *http, const struct http_ask *ask, struct arena *arena,
                  struct http_answer *ret_answer, int64_t deadline_ns)
{
    assert_string_equal(ask->method, "POST");
    assert_string_equal(ask->url, "http://collector:4318/v1/traces");
    assert_string_equal(ask->fields[0], "Content-Type: application/json");
    assert_string_equal(ask->fields[1], "X-Key: 7");
    assert_true(view_starts(ask->body, VIEW_LIT("{\"resourceSpans\":[")));
    collector.calls++;
    *ret_answer = (struct http_answer){.status = collector.status,
                                       .body = view_str(collector.says ? collector.says : "so")};
    return collector.err;
}

static void a_span_is_written_as_otlp_wants_it(void **state)
{
    static const struct span span = {
        .trace_hi = 0x0af7651916cd43dd,
        .trace_lo = 0x8448eb211c80319c,
        .id = 0xb7ad6b7169203331,
        .parent = 0x00f067aa0ba902b7,
        .link_hi = 1,
        .link_lo = 2,
        .link_id = 3,
        .kind = SPAN_SERVER,
        .failed = true,
        .code = 13,
        .began_ns = 5000000,
        .took_ns = 1500,
        .name = "usher.v1.TicketService/HoldSeats",
        .facts = {{"usher.performance", 7}},
    };
    struct buf b;
    buf_init(&b, OTLP_BODY_MAX);
    /* The wall clock says 1000 ms where the other says 6 ms: it began at 999 ms. */
    assert_int_equal(otlp_write(&options, &span, 1, 1000, 6000000, &b), 0);
    assert_int_equal(buf_append_byte(&b, '\0'), 0);
    assert_string_equal(
        buf_view(&b).at,
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
        "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"usher\"}},"
        "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"0.7.0\"}},"
        "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"here \\\"1\\\"\"}},"
        "{\"key\":\"usher.roles\",\"value\":{\"stringValue\":\"gateway,ticket\"}}]},"
        "\"scopeSpans\":[{\"scope\":{\"name\":\"usher\"},\"spans\":["
        "{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"spanId\":\"b7ad6b7169203331\","
        "\"kind\":2,\"startTimeUnixNano\":\"999000000\",\"endTimeUnixNano\":\"999001500\","
        "\"name\":\"usher.v1.TicketService/HoldSeats\",\"parentSpanId\":\"00f067aa0ba902b7\","
        "\"attributes\":[{\"key\":\"rpc.grpc.status_code\",\"value\":{\"intValue\":\"13\"}},"
        "{\"key\":\"usher.performance\",\"value\":{\"intValue\":\"7\"}}],"
        "\"links\":[{\"traceId\":\"00000000000000010000000000000002\","
        "\"spanId\":\"0000000000000003\"}],\"status\":{\"code\":2}}]}]}]}");
    buf_release(&b);
}

static void step_body(void *arg)
{
    static struct otlp_batch batch;
    const uint64_t lost = spans_lost(SPANS_FOR_COLLECTOR);
    int *failures = arg;
#define EXPECT(condition) *failures += !(condition)
    buf_init(&batch.body, OTLP_BODY_MAX);
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == 0);
    EXPECT(collector.calls == 0);
    for (uint64_t i = 0; i < OTLP_BATCH_MAX + 1; i++)
        spans_put(&(struct span){.id = i + 1, .kind = SPAN_SERVER});
    /* What was not taken stays, until it is. */
    collector.err = ERR_UNAVAILABLE;
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == ERR_UNAVAILABLE);
    EXPECT(batch.count == OTLP_BATCH_MAX);
    collector.err = 0;
    collector.status = 503;
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == ERR_BUSY);
    EXPECT(strcmp(batch.why, "status 503: so") == 0);
    EXPECT(batch.count == OTLP_BATCH_MAX && batch.spans[0].id == 1);
    collector.status = 200;
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == 1);
    EXPECT(batch.count == 0 && spans_lost(SPANS_FOR_COLLECTOR) == lost);
    /* What is refused for good is lost, and counted. */
    collector.status = 400;
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == 1);
    EXPECT(batch.count == 0 && spans_lost(SPANS_FOR_COLLECTOR) == lost + 1);
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == 0);
    EXPECT(collector.calls == 4);
    /* So is what is refused of a batch that is taken. */
    for (uint64_t i = 0; i < 3; i++)
        spans_put(&(struct span){.id = i + 1, .kind = SPAN_SERVER});
    collector.status = 200;
    collector.says = "{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":\"too old\"}}";
    EXPECT(otlp_step(&collector.http, &options, &batch, DEADLINE_NEVER) == 1);
    EXPECT(batch.count == 0 && spans_lost(SPANS_FOR_COLLECTOR) == lost + 3);
    EXPECT(strcmp(batch.why, "too old") == 0);
    buf_release(&batch.body);
}

static void what_is_not_taken_is_sent_again(void **state)
{
    int failures = 0;
    collector.http.call = answer;
    assert_int_equal(spans_open(0, 1, 1u << SPANS_FOR_COLLECTOR), 0);
    assert_int_equal(fiber_main(step_body, &failures), 0);
    assert_int_equal(failures, 0);
    spans_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_written_as_otlp_wants_it),
        cmocka_unit_test(what_is_not_taken_is_sent_again),
    };
    return cmocka_run_group_tests_name("db/otlp", tests, NULL, NULL);
}
