/* Answers and the client's side of h1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/h1_recorder.h"

#define FIELD(n, v)                                                                                \
    {                                                                                              \
        VIEW_LIT(n), VIEW_LIT(v)                                                                   \
    }

static const struct head_field type[] = {FIELD("content-type", "text/plain")};
static const struct head_answer ok = {200, type, 1};

static void begin_case(struct h1_recorder *r, const char *request)
{
    recorder_init(r, H1_SERVER);
    r->answer_end = false;
    assert_int_equal(recorder_feed(r, view_str(request), 1000, 1), 0);
}

static void assert_sent(struct h1_recorder *r, const char *want)
{
    recorder_flush(r, 3);
    struct view got = buf_view(&r->sent);
    if (!view_eq(got, view_str(want)))
        fail_msg("sent %.*s", VIEW_ARG(got));
    buf_clear(&r->sent);
}

static void release_counted(void *owner)
{
    ++*(unsigned *)owner;
}

static void whole_answers(void **state)
{
    struct h1_recorder r;

    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &ok, body_copied(VIEW_LIT("hello"))), 0);
    assert_sent(&r,
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
    recorder_release(&r);

    begin_case(&r, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &ok, body_copied(VIEW_LIT("hello"))), 0);
    assert_sent(&r, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n");
    recorder_release(&r);

    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &(struct head_answer){.status = 304}, (struct body){0}), 0);
    assert_sent(&r, "HTTP/1.1 304 Not Modified\r\n\r\n");
    recorder_release(&r);

    begin_case(&r, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &ok, (struct body){0}), 0);
    assert_sent(&r, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n"
                    "connection: keep-alive\r\n\r\n");
    assert_false(h1_wants_close(&r.h1));
    recorder_release(&r);
}

static void streamed_answers(void **state)
{
    struct h1_recorder r;

    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_begin(&r.h1, &ok), 0);
    assert_true(h1_is_chunked(&r.h1));
    assert_int_equal(h1_chunk(&r.h1, body_copied(VIEW_LIT("hello"))), 0);
    assert_int_equal(h1_chunk(&r.h1, (struct body){0}), 0);
    assert_int_equal(h1_chunk_encoded(&r.h1, body_copied(VIEW_LIT("2\r\nhi\r\n"))), 0);
    assert_sent(&r, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n"
                    "\r\n5\r\nhello\r\n2\r\nhi\r\n");
    assert_int_equal(r.written, 1);
    assert_int_equal(r.h1.out.cap, 0); /* nothing is kept for a quiet stream */
    assert_int_equal(h1_end(&r.h1, type, 1), 0);
    assert_sent(&r, "0\r\ncontent-type: text/plain\r\n\r\n");
    assert_false(h1_wants_close(&r.h1));
    recorder_release(&r);

    /* HTTP/1.0 has no chunks: the end of the connection is the end of the answer. */
    begin_case(&r, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_int_equal(h1_begin(&r.h1, &ok), 0);
    assert_false(h1_is_chunked(&r.h1));
    assert_int_equal(h1_chunk(&r.h1, body_copied(VIEW_LIT("hello"))), 0);
    assert_int_equal(h1_end(&r.h1, type, 1), 0);
    assert_sent(&r,
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nhello");
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);

    begin_case(&r, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_begin(&r.h1, &ok), 0);
    assert_int_equal(h1_chunk(&r.h1, body_copied(VIEW_LIT("hello"))), 0);
    assert_int_equal(h1_end(&r.h1, NULL, 0), 0);
    assert_sent(&r, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n"
                    "\r\n");
    recorder_release(&r);
}

static char large[300000];

static void lent_bodies(void **state)
{
    struct h1_recorder r;
    unsigned released = 0;
    struct body body = body_lent(view_of(large, sizeof(large)), release_counted, &released);
    struct body small = body_lent(VIEW_LIT("small"), release_counted, &released);

    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_begin(&r.h1, &ok), 0);
    assert_int_equal(h1_chunk(&r.h1, small), 0);
    assert_int_equal(released, 1); /* copied: that is cheaper than a third piece */
    assert_int_equal(h1_chunk(&r.h1, body), 0);
    assert_int_equal(released, 1);
    assert_int_equal(h1_chunk(&r.h1, small), ERR_FULL);
    assert_int_equal(released, 2);
    assert_int_equal(h1_end(&r.h1, NULL, 0), 0);
    struct view views[H1_PIECES];
    assert_int_equal(h1_output(&r.h1, views), 3);
    assert_ptr_equal(views[1].at, large);
    assert_int_equal(h1_unsent(&r.h1), views[0].len + views[1].len + views[2].len);
    recorder_flush(&r, 70000);
    assert_int_equal(released, 3);
    assert_memory_equal(r.sent.bytes + r.sent.len - 7, "\r\n0\r\n\r\n", 7);
    recorder_release(&r);

    /* Never sent: released with the connection. */
    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &ok, body), 0);
    recorder_release(&r);
    assert_int_equal(released, 4);

    /* A copied body has the buffer's limit, and the answer can still be another. */
    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &ok, body_copied(body.bytes)), ERR_FULL);
    assert_int_equal(h1_respond(&r.h1, &(struct head_answer){.status = 503}, (struct body){0}), 0);
    assert_sent(&r, "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    recorder_release(&r);
}

/* What is sent ahead waits also for a large answer to be read. */
static void ahead_waits_for_reader(void **state)
{
    struct h1_recorder r;
    static const char two[] =
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";

    begin_case(&r, two);
    assert_int_equal(h1_respond(&r.h1, &ok, body_static(view_of(large, sizeof(large)))), 0);
    assert_false(h1_ready(&r.h1));
    assert_false(h1_wants_input(&r.h1));
    assert_int_equal(h1_receive(&r.h1, (struct view){0}, 1), 0);
    assert_true(view_eq(buf_view(&r.log), VIEW_LIT("GET /1 n=1|.|")));
    recorder_flush(&r, SIZE_MAX);
    assert_true(h1_ready(&r.h1));
    recorder_release(&r);
}

static void split_answers_are_refused(void **state)
{
    static const struct head_field split[] = {FIELD("x", "a\r\nset-cookie: b")};
    struct h1_recorder r;

    begin_case(&r, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(h1_respond(&r.h1, &(struct head_answer){200, split, 1}, (struct body){0}),
                     ERR_INVALID);
    assert_int_equal(h1_begin(&r.h1, &(struct head_answer){200, split, 1}), ERR_INVALID);
    assert_int_equal(h1_begin(&r.h1, &ok), 0);
    assert_int_equal(h1_end(&r.h1, split, 1), ERR_INVALID);
    assert_int_equal(h1_end(&r.h1, NULL, 0), 0);
    recorder_release(&r);
}

/* ---- client ---- */

static const struct head_request get = {
    .method = VIEW_LIT("GET"), .path = VIEW_LIT("/p?q"), .authority = VIEW_LIT("h:1")};

static void begin_client(struct h1_recorder *r, const struct head_request *request,
                         const char *body, const char *sent)
{
    recorder_init(r, H1_CLIENT);
    assert_int_equal(h1_request(&r->h1, request, body_copied(view_str(body))), 0);
    assert_true(h1_busy(&r->h1));
    assert_sent(r, sent);
}

static void client_requests(void **state)
{
    const struct head_request post = {.method = VIEW_LIT("POST"),
                                      .path = VIEW_LIT("/"),
                                      .authority = VIEW_LIT("h"),
                                      .fields = type,
                                      .field_count = 1};
    struct head_request bad = get;
    struct h1_recorder r;

    begin_client(&r, &get, "", "GET /p?q HTTP/1.1\r\nhost: h:1\r\n\r\n");
    recorder_release(&r);
    begin_client(&r, &post, "",
                 "POST / HTTP/1.1\r\nhost: h\r\ncontent-type: text/plain\r\n"
                 "content-length: 0\r\n\r\n");
    recorder_release(&r);
    begin_client(&r, &post, "abc",
                 "POST / HTTP/1.1\r\nhost: h\r\ncontent-type: text/plain\r\n"
                 "content-length: 3\r\n\r\nabc");
    recorder_release(&r);
    recorder_init(&r, H1_CLIENT);
    bad.path = VIEW_LIT("/ HTTP/1.1\r\nX: y");
    assert_int_equal(h1_request(&r.h1, &bad, (struct body){0}), ERR_INVALID);
    recorder_release(&r);
}

static const struct {
    const char *bytes, *log;
    bool closes;
} responses[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 len=2 n=1|hi.|", false},
    {"HTTP/1.1 204 No Content\r\n\r\n", "204 n=0|.|", false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
     "200 n=1|hi.|", false},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "200 len=0 n=2|.|", true},
    {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "200 len=0 n=1 old|.|", true},
};

static void client_responses(void **state)
{
    for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
        for (size_t step = 1; step <= strlen(responses[i].bytes); step++) {
            struct h1_recorder r;
            begin_client(&r, &get, "", "GET /p?q HTTP/1.1\r\nhost: h:1\r\n\r\n");
            assert_int_equal(recorder_feed(&r, view_str(responses[i].bytes), step, 1), 0);
            if (!view_eq(buf_view(&r.log), view_str(responses[i].log)))
                fail_msg("%zu: %.*s", i, VIEW_ARG(buf_view(&r.log)));
            assert_false(h1_busy(&r.h1));
            assert_int_equal(h1_wants_close(&r.h1), responses[i].closes);
            recorder_release(&r);
        }
    }
}

static void client_until_eof(void **state)
{
    struct h1_recorder r;

    begin_client(&r, &get, "", "GET /p?q HTTP/1.1\r\nhost: h:1\r\n\r\n");
    assert_int_equal(recorder_feed(&r, VIEW_LIT("HTTP/1.1 200 OK\r\n\r\nhello"), 4, 1), 0);
    assert_int_equal(h1_receive_eof(&r.h1, 2), 0);
    assert_true(view_eq(buf_view(&r.log), VIEW_LIT("200 n=0|hello.|")));
    assert_true(h1_wants_close(&r.h1));
    assert_int_equal(h1_request(&r.h1, &get, (struct body){0}), ERR_CLOSED);
    recorder_release(&r);

    begin_client(&r, &get, "", "GET /p?q HTTP/1.1\r\nhost: h:1\r\n\r\n");
    recorder_feed(&r, VIEW_LIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), 4, 1);
    assert_int_equal(h1_receive_eof(&r.h1, 2), ERR_CLOSED);
    recorder_release(&r);
}

static void client_of_bad_servers(void **state)
{
    static const char *const bad[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct h1_recorder r;
        begin_client(&r, &get, "", "GET /p?q HTTP/1.1\r\nhost: h:1\r\n\r\n");
        if (recorder_feed(&r, view_str(bad[i]), 1, 1) != ERR_INVALID)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(h1_unsent(&r.h1), 0);
        recorder_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answers),
        cmocka_unit_test(streamed_answers),
        cmocka_unit_test(lent_bodies),
        cmocka_unit_test(ahead_waits_for_reader),
        cmocka_unit_test(split_answers_are_refused),
        cmocka_unit_test(client_requests),
        cmocka_unit_test(client_responses),
        cmocka_unit_test(client_until_eof),
        cmocka_unit_test(client_of_bad_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
