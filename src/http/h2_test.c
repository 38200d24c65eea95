#include "http/h2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/h2_recorder.h"

/* A client and a server, and the wire between them. */
struct pair {
    struct h2_recorder client, server;
};

static void pair_init(struct pair *p, const struct h2_limits *limits)
{
    recorder_init(&p->client, H2_CLIENT, limits);
    recorder_init(&p->server, H2_SERVER, limits);
}

static void pair_release(struct pair *p)
{
    recorder_release(&p->client);
    recorder_release(&p->server);
}

static bool move(struct h2_recorder *from, struct h2_recorder *to, size_t step)
{
    struct view v;

    if (!h2_output(from->h2, &v))
        return false;
    size_t n = v.len < step ? v.len : step;
    char *bytes = malloc(n); /* exactly, so that ASan sees what looks beyond */
    memcpy(bytes, v.at, n);
    h2_sent(from->h2, n);
    assert_int_equal(h2_receive(to->h2, view_of(bytes, n), 1), 0);
    free(bytes);
    return true;
}

static void pump(struct pair *p, size_t step)
{
    bool moved = true;

    while (moved) {
        moved = move(&p->client, &p->server, step);
        moved = move(&p->server, &p->client, step) || moved;
    }
}

#define FIELD(n, v)                                                                                \
    {                                                                                              \
        VIEW_LIT(n), VIEW_LIT(v)                                                                   \
    }

static const struct head_field grpc_fields[] = {FIELD("content-type", "application/grpc")};
static const struct head_field grpc_trailers[] = {FIELD("grpc-status", "0"),
                                                  FIELD("grpc-message", "")};
static const struct head_answer grpc_answer = {200, grpc_fields, 1};

static struct h2_stream *ask(struct pair *p, const char *method, struct body body)
{
    static const struct head_field fields[] = {FIELD("te", "trailers"), FIELD("x", "y")};
    const struct head_request request = {.method = view_str(method),
                                         .path = VIEW_LIT("/p?q"),
                                         .authority = VIEW_LIT("h:1"),
                                         .fields = fields,
                                         .field_count = 2};
    struct h2_stream *s = NULL;

    assert_int_equal(h2_request(p->client.h2, &request, body, p, &s), 0);
    assert_ptr_equal(h2_stream_user(s), p);
    return s;
}

static void answer_unary(struct h2_recorder *r, struct h2_stream *s)
{
    char reply[] = "reply";

    assert_int_equal(h2_respond(s, &grpc_answer, body_copied(view_str(reply)), grpc_trailers, 2),
                     0);
    memset(reply, 'x', sizeof(reply)); /* what was borrowed is not looked at again */
}

static void unary(void **state)
{
    static const size_t steps[] = {1, 2, 3, 10, 100, 100000};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct pair p;
        pair_init(&p, NULL);
        p.server.on_end = answer_unary;
        for (int call = 0; call < 3; call++)
            ask(&p, "POST", body_copied(VIEW_LIT("A")));
        pump(&p, steps[i]);
        p.client.quiet = p.server.quiet = true;
        assert_int_equal(p.client.body_len, 15);
        assert_int_equal(p.server.body_len, 3);
        assert_int_equal(h2_stream_count(p.client.h2), 0);
        assert_int_equal(h2_stream_count(p.server.h2), 0);
        buf_clear(&p.client.log);
        buf_clear(&p.server.log);
        ask(&p, "POST", body_copied(VIEW_LIT("A")));
        pump(&p, steps[i]);
        assert_true(recorder_logged(&p.server, "7:POST /p?q 2|7.|7x0|"));
        assert_true(recorder_logged(&p.client, "7:200 1|7+2|7.|7x0|"));
        pair_release(&p);
    }
}

/* Inside an event nothing can be serialised: what is lent for the call is copied. */
static void answer_in_head(void **state)
{
    struct pair p;

    pair_init(&p, NULL);
    p.server.on_head = answer_unary;
    ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    assert_true(recorder_logged(&p.server, "1:GET /p?q 2|1x0|"));
    assert_true(recorder_logged(&p.client, "1:200 1|1=reply|1+2|1.|1x0|"));

    /* Before the body is there: the rest is stopped, which is no error. */
    ask(&p, "POST", body_copied(VIEW_LIT("body")));
    pump(&p, 1000);
    assert_true(recorder_logged(&p.server, "3:POST /p?q 2|3x0|"));
    assert_true(recorder_logged(&p.client, "3:200 1|3=reply|3+2|3.|3x0|"));
    pair_release(&p);
}

static void answer_plain(struct h2_recorder *r, struct h2_stream *s)
{
    assert_int_equal(h2_respond(s, &(struct head_answer){.status = 200},
                                body_copied(VIEW_LIT("plain")), NULL, 0),
                     0);
}

static void answer_204(struct h2_recorder *r, struct h2_stream *s)
{
    assert_int_equal(h2_respond(s, &(struct head_answer){.status = 204}, (struct body){0}, NULL, 0),
                     0);
}

static void answer_trailers_only(struct h2_recorder *r, struct h2_stream *s)
{
    const struct head_answer answer = {200, grpc_trailers, 2};

    assert_int_equal(h2_respond(s, &answer, (struct body){0}, NULL, 0), 0);
}

static void answer_empty_with_trailers(struct h2_recorder *r, struct h2_stream *s)
{
    assert_int_equal(h2_respond(s, &grpc_answer, (struct body){0}, grpc_trailers, 2), 0);
}

static void shapes_of_answers(void **state)
{
    static const struct {
        void (*answer)(struct h2_recorder *r, struct h2_stream *s);
        const char *method, *log;
    } cases[] = {
        {answer_plain, "GET", "1:200 1|1=plain|1.|1x0|"},
        {answer_plain, "HEAD", "1:200 1|1.|1x0|"},
        {answer_204, "GET", "1:204 0|1.|1x0|"},
        {answer_trailers_only, "GET", "1:200 3|1.|1x0|"},
        {answer_empty_with_trailers, "GET", "1:200 1|1+2|1.|1x0|"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair p;
        pair_init(&p, NULL);
        p.server.on_end = cases[i].answer;
        ask(&p, cases[i].method, (struct body){0});
        pump(&p, 7);
        assert_true(recorder_logged(&p.client, cases[i].log));
        pair_release(&p);
    }
}

/* ---- large bodies ---- */

static void count_release(void *owner)
{
    ++*(unsigned *)owner;
}

static char large[900000];

static void answer_large_copied(struct h2_recorder *r, struct h2_stream *s)
{
    struct view bytes = view_of(large, sizeof(large));

    assert_int_equal(h2_respond(s, &grpc_answer, body_copied(bytes), grpc_trailers, 2), 0);
    assert_true(h2_unsent(r->h2) >= sizeof(large));
}

static unsigned released;

static void answer_large_lent(struct h2_recorder *r, struct h2_stream *s)
{
    struct body body = body_lent(view_of(large, sizeof(large)), count_release, &released);

    assert_int_equal(h2_respond(s, &grpc_answer, body, grpc_trailers, 2), 0);
}

static void large_bodies(void **state)
{
    struct pair p;

    pair_init(&p, NULL);
    p.client.quiet = p.server.quiet = true;
    p.server.on_end = answer_large_copied;
    ask(&p, "POST", body_copied(view_of(large, sizeof(large))));
    pump(&p, 10000);
    assert_int_equal(p.server.body_len, sizeof(large));
    assert_int_equal(p.client.body_len, sizeof(large));
    assert_true(recorder_logged(&p.client, "1:200 1|1+2|1.|1x0|"));

    released = 0;
    p.server.on_end = answer_large_lent;
    ask(&p, "POST", body_lent(view_of(large, sizeof(large)), count_release, &released));
    pump(&p, 10000);
    assert_int_equal(p.client.body_len, 2 * sizeof(large));
    assert_int_equal(released, 2);
    pair_release(&p);
}

static void large_is_bounded(void **state)
{
    const struct h2_limits limits = {.copied_max = 100000, .out_max = 50000};
    struct pair p;

    pair_init(&p, &limits);
    ask(&p, "GET", (struct body){0});
    pump(&p, 10000);
    struct view bytes = view_of(large, sizeof(large));
    struct h2_stream *s = p.server.last;
    assert_int_equal(h2_respond(s, &grpc_answer, body_copied(bytes), NULL, 0), ERR_FULL);
    assert_int_equal(h2_respond(s, &grpc_answer, (struct body){0}, NULL, 0), ERR_CLOSED);
    pump(&p, 10000);
    assert_int_equal(h2_stream_count(p.server.h2), 0);
    assert_int_equal(h2_stream_count(p.client.h2), 0);

    /* However much is lent, no more than out_max is serialised for a reader who does not read. */
    for (int i = 0; i < 20; i++)
        ask(&p, "GET", (struct body){0});
    p.server.on_end = answer_large_lent;
    while (move(&p.client, &p.server, 10000))
        ;
    struct view v;
    assert_true(h2_output(p.server.h2, &v));
    assert_true(v.len < 50000 + 16384 + 1000);
    released = 0;
    pair_release(&p);
    assert_int_equal(released, 20);
}

/* ---- streams ---- */

static void streams(void **state)
{
    struct pair p;
    unsigned frames = 0;

    pair_init(&p, NULL);
    p.server.unwritten = false;
    ask(&p, "POST", body_copied(VIEW_LIT("watch")));
    pump(&p, 1000);
    struct h2_stream *s = p.server.last;
    assert_int_equal(h2_begin(s, &grpc_answer), 0);
    pump(&p, 1000);
    assert_true(recorder_logged(&p.server, "1:POST /p?q 2|1=watch|1.|1w|"));
    for (int i = 0; i < 3; i++) {
        assert_true(h2_takes_chunk(s));
        assert_int_equal(h2_chunk(s, body_lent(VIEW_LIT("frame"), count_release, &frames)), 0);
        pump(&p, 1000);
        assert_int_equal(frames, i + 1);
        assert_true(recorder_logged(&p.server, "1w|"));
    }
    assert_int_equal(h2_end(s, grpc_trailers, 2), 0);
    pump(&p, 1000);
    assert_true(recorder_logged(&p.server, "1x0|"));
    assert_true(recorder_logged(&p.client, "1:200 1|1=frame|1=frame|1=frame|1+2|1.|1x0|"));
    pair_release(&p);
}

/* One piece waits at most; the frame before is not with the kernel yet. */
static void slow_reader(void **state)
{
    const struct h2_limits limits = {.out_max = 1000};
    struct pair p;
    unsigned frames = 0;

    pair_init(&p, &limits);
    p.server.unwritten = false;
    ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    struct h2_stream *s = p.server.last;
    struct body piece = body_lent(view_of(large, 10000), count_release, &frames);
    assert_int_equal(h2_begin(s, &grpc_answer), 0);
    assert_int_equal(h2_chunk(s, piece), 0);
    assert_int_equal(frames, 1); /* out was not full yet */
    assert_int_equal(h2_chunk(s, piece), 0);
    assert_int_equal(h2_chunk(s, piece), ERR_FULL);
    assert_int_equal(frames, 2);
    assert_false(h2_takes_chunk(s));
    assert_int_equal(h2_end(s, NULL, 0), 0);
    p.client.quiet = true;
    pump(&p, 1000);
    assert_int_equal(frames, 3);
    assert_int_equal(p.client.body_len, 20000);
    assert_true(recorder_logged(&p.client, "1:200 1|1.|1x0|"));
    pair_release(&p);
}

static void empty_stream(void **state)
{
    struct pair p;

    pair_init(&p, NULL);
    ask(&p, "GET", (struct body){0});
    ask(&p, "HEAD", (struct body){0});
    pump(&p, 1000);
    struct h2_stream *s = p.server.last;
    assert_int_equal(h2_begin(s, &grpc_answer), 0);
    assert_int_equal(h2_chunk(s, body_copied(VIEW_LIT("unseen"))), 0);
    assert_int_equal(h2_end(s, NULL, 0), 0);
    pump(&p, 1000);
    assert_true(recorder_logged(&p.client, "3:200 1|3.|3x0|"));
    pair_release(&p);
}

static void resets(void **state)
{
    struct pair p;

    pair_init(&p, NULL);
    struct h2_stream *s = ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    h2_reset(s, H2_CANCEL);
    h2_reset(s, H2_CANCEL);
    pump(&p, 1000);
    assert_true(recorder_logged(&p.client, "1x8|"));
    assert_true(recorder_logged(&p.server, "1:GET /p?q 2|1.|1x8|"));

    ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    h2_reset(p.server.last, H2_INTERNAL_ERROR);
    assert_int_equal(h2_respond(p.server.last, &grpc_answer, (struct body){0}, NULL, 0),
                     ERR_CLOSED);
    pump(&p, 1000);
    assert_true(recorder_logged(&p.client, "3x2|"));
    assert_true(recorder_logged(&p.server, "3:GET /p?q 2|3.|3x2|"));

    /* Freed with streams open: each is told. */
    ask(&p, "GET", (struct body){0});
    ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    buf_clear(&p.server.log);
    h2_free(p.server.h2);
    p.server.h2 = NULL;
    assert_true(recorder_logged(&p.server, "5x8|7x8|"));
    pair_release(&p);
}

/* A client does not see that it was told to go on; h2_limits_test.c does. */
static void expectations(void **state)
{
    static const struct {
        const char *value, *body, *log;
    } cases[] = {
        {"100-continue", "12345", "1:200 1|1=reply|1+2|1.|1x0|"},
        {"100-Continue", "12345", "1:200 1|1=reply|1+2|1.|1x0|"},
        {"100-continue", "", "1:200 1|1=reply|1+2|1.|1x0|"},
        {"100-continue", "123456", "1:413 2|1=413: the body is longer than this takes\n|1.|1x0|"},
        {"miracles", "", "1:417 2|1=417: the only expectation is 100-continue\n|1.|1x0|"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct head_field field = {VIEW_LIT("expect"), view_str(cases[i].value)};
        const struct head_request request = {.method = VIEW_LIT("POST"),
                                             .path = VIEW_LIT("/"),
                                             .authority = VIEW_LIT("h"),
                                             .fields = &field,
                                             .field_count = 1};
        struct h2_stream *s;
        struct pair p;
        pair_init(&p, NULL);
        p.server.body_max = 5;
        p.server.on_end = answer_unary;
        assert_int_equal(
            h2_request(p.client.h2, &request, body_copied(view_str(cases[i].body)), NULL, &s), 0);
        pump(&p, 10000);
        assert_true(recorder_logged(&p.client, cases[i].log));
        pair_release(&p);
    }
}

static void too_large(void **state)
{
    struct pair p;

    pair_init(&p, NULL);
    p.server.body_max = 4;
    ask(&p, "POST", body_copied(VIEW_LIT("12345")));
    pump(&p, 1000);
    assert_true(recorder_logged(&p.server, "1:POST /p?q 2|1=1234|1!|1x0|"));
    assert_true(
        recorder_logged(&p.client, "1:413 2|1=413: the body is longer than this takes\n|1.|1x0|"));

    /* A client that is told too much resets. */
    p.server.body_max = 100;
    p.client.body_max = 3;
    p.server.on_end = answer_unary;
    ask(&p, "POST", body_copied(VIEW_LIT("1")));
    pump(&p, 1000);
    assert_true(recorder_logged(&p.client, "3:200 1|3=rep|3!|3x8|"));
    pair_release(&p);

    /* Many bodies, none of them too large, none of them finished. */
    const struct h2_limits limits = {.receiving_max = 100000};
    pair_init(&p, &limits);
    p.server.quiet = true;
    for (int i = 0; i < 3; i++)
        ask(&p, "POST", body_copied(view_of(large, 200000)));
    pump(&p, 1000);
    assert_true(p.server.body_len <= 3 * (100000 + 16384)); /* each frees its share */
    assert_non_null(memmem(p.server.log.bytes, p.server.log.len, "1!|", 3));
    assert_non_null(memmem(p.server.log.bytes, p.server.log.len, "3!|", 3));
    assert_non_null(memmem(p.server.log.bytes, p.server.log.len, "5!|", 3));
    pair_release(&p);
}

static void bad_fields(void **state)
{
    static const struct head_field split[] = {FIELD("x", "a\r\nset-cookie: b")};
    static const struct head_field upper[] = {FIELD("X-A", "b")};
    struct pair p;

    pair_init(&p, NULL);
    ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    struct h2_stream *s = p.server.last;
    unsigned frames = 0;
    struct body body = body_lent(VIEW_LIT("b"), count_release, &frames);
    assert_int_equal(h2_respond(s, &(struct head_answer){200, split, 1}, body, NULL, 0),
                     ERR_INVALID);
    assert_int_equal(h2_respond(s, &(struct head_answer){200, upper, 1}, body, NULL, 0),
                     ERR_INVALID);
    assert_int_equal(h2_respond(s, &grpc_answer, body, split, 1), ERR_INVALID);
    assert_int_equal(frames, 3);
    assert_int_equal(h2_respond(s, &grpc_answer, body, NULL, 0), 0);
    pump(&p, 1000);
    assert_true(recorder_logged(&p.client, "1:200 2|1=b|1.|1x0|"));
    pair_release(&p);
}

/* ---- a connection's life ---- */

static void busy(void **state)
{
    const struct h2_limits limits = {.streams_max = 2};
    const struct head_request request = {
        .method = VIEW_LIT("GET"), .path = VIEW_LIT("/"), .authority = VIEW_LIT("h")};
    struct h2_stream *s = NULL;
    struct pair p;

    pair_init(&p, &limits);
    pump(&p, 1000);
    ask(&p, "GET", (struct body){0});
    ask(&p, "GET", (struct body){0});
    assert_false(h2_may_request(p.client.h2));
    assert_int_equal(h2_request(p.client.h2, &request, (struct body){0}, NULL, &s), ERR_BUSY);
    assert_null(s);
    pump(&p, 1000);
    assert_int_equal(h2_stream_count(p.server.h2), 2);
    answer_unary(&p.server, p.server.last);
    pump(&p, 1000);
    assert_true(h2_may_request(p.client.h2));
    pair_release(&p);
}

static void drains_in_two_steps(void **state)
{
    const struct head_request request = {
        .method = VIEW_LIT("GET"), .path = VIEW_LIT("/"), .authority = VIEW_LIT("h")};
    struct h2_stream *s = NULL;
    struct pair p;

    pair_init(&p, NULL);
    ask(&p, "GET", (struct body){0});
    pump(&p, 1000);
    struct h2_stream *first = p.server.last;
    ask(&p, "GET", (struct body){0}); /* on its way when the server decides to drain */
    h2_drain(p.server.h2, 1);
    pump(&p, 1000);
    assert_int_equal(h2_stream_count(p.server.h2), 2);
    assert_int_equal(h2_request(p.client.h2, &request, (struct body){0}, NULL, &s), ERR_CLOSED);
    assert_false(h2_wants_close(p.server.h2));
    answer_unary(&p.server, p.server.last);
    pump(&p, 1000);
    assert_false(h2_wants_close(p.server.h2));
    assert_false(h2_wants_close(p.client.h2));
    answer_unary(&p.server, first);
    pump(&p, 1000);
    assert_true(h2_wants_close(p.server.h2));
    assert_true(h2_wants_close(p.client.h2));
    pair_release(&p);

    /* Idle, and the client never answers the PING. */
    pair_init(&p, NULL);
    pump(&p, 1000);
    h2_drain(p.server.h2, 5);
    assert_false(h2_wants_close(p.server.h2));
    assert_int_equal(h2_due_ns(p.server.h2), 5 + NS_PER_S);
    assert_int_equal(h2_tick(p.server.h2, 5 + NS_PER_S), 0);
    assert_true(h2_wants_close(p.server.h2));
    pump(&p, 1000);
    assert_true(h2_wants_close(p.client.h2));
    pair_release(&p);

    pair_init(&p, NULL);
    ask(&p, "GET", (struct body){0});
    p.server.on_end = answer_unary;
    h2_drain(p.client.h2, 1);
    assert_false(h2_may_request(p.client.h2));
    assert_false(h2_wants_close(p.client.h2));
    pump(&p, 1000);
    assert_true(h2_wants_close(p.client.h2));
    pair_release(&p);
}

static void keepalive(void **state)
{
    const struct h2_limits limits = {.keepalive_ms = 100, .ping_timeout_ms = 50};
    struct pair p;

    pair_init(&p, &limits);
    ask(&p, "GET", (struct body){0});
    pump(&p, 1000); /* all at 1 ns */
    buf_clear(&p.client.log);
    assert_int_equal(h2_due_ns(p.client.h2), 1 + 100 * NS_PER_MS);
    assert_int_equal(h2_tick(p.client.h2, 2), 0);
    struct view v;
    assert_false(h2_output(p.client.h2, &v));

    int64_t now = h2_due_ns(p.client.h2);
    assert_int_equal(h2_tick(p.client.h2, now), 0);
    assert_true(h2_output(p.client.h2, &v));
    assert_int_equal(h2_due_ns(p.client.h2), now + 50 * NS_PER_MS);
    pump(&p, 1000);
    assert_int_equal(h2_due_ns(p.client.h2), 1 + 100 * NS_PER_MS); /* answered at 1 ns */

    assert_int_equal(h2_tick(p.client.h2, now), 0);
    h2_output(p.client.h2, &v);
    h2_sent(p.client.h2, v.len);
    assert_int_equal(h2_tick(p.client.h2, now + 49 * NS_PER_MS), 0);
    assert_false(h2_wants_close(p.client.h2));
    assert_int_equal(h2_tick(p.client.h2, now + 50 * NS_PER_MS), ERR_TIMEOUT);
    assert_true(h2_wants_close(p.client.h2));
    assert_true(recorder_logged(&p.client, "1x8|"));
    pair_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary),
        cmocka_unit_test(answer_in_head),
        cmocka_unit_test(shapes_of_answers),
        cmocka_unit_test(large_bodies),
        cmocka_unit_test(large_is_bounded),
        cmocka_unit_test(streams),
        cmocka_unit_test(slow_reader),
        cmocka_unit_test(empty_stream),
        cmocka_unit_test(resets),
        cmocka_unit_test(expectations),
        cmocka_unit_test(too_large),
        cmocka_unit_test(bad_fields),
        cmocka_unit_test(busy),
        cmocka_unit_test(drains_in_two_steps),
        cmocka_unit_test(keepalive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
