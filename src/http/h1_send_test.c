/* Answers of h1. */
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
    recorder_init(r);
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
    unsigned released = 0;
    static const char two[] =
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";

    begin_case(&r, two);
    assert_int_equal(
        h1_respond(&r.h1, &ok,
                   body_lent(view_of(large, sizeof(large)), release_counted, &released)),
        0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answers),
        cmocka_unit_test(streamed_answers),
        cmocka_unit_test(lent_bodies),
        cmocka_unit_test(ahead_waits_for_reader),
        cmocka_unit_test(split_answers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
