/* Plain requests with a body, over both protocols' one way. */
#include <unistd.h>

#include "err/err.h"
#include "wire/fixture_test.h"

#define BODY_MAX 32

static struct fixture f;

/* Tells what was asked: the method, the path, the query, a header field, the body. */
static void echo(void *state, const struct plain_request *ask, struct page *ret_page)
{
    const struct view tag = plain_field(ask, VIEW_LIT("X-Tag"));
    assert_ptr_equal(state, &f);
    assert_true(view_eq(plain_field(ask, VIEW_LIT("x-none")), VIEW_LIT("")));
    ret_page->status = 201;
    ret_page->type = "text/plain";
    ret_page->headers = "X-Answer: yes\r\n";
    ret_page->body = view_str(arena_printf(
        ask->arena, "%.*s|%.*s|%.*s|%.*s|%.*s", VIEW_ARG(ask->method), VIEW_ARG(ask->path),
        VIEW_ARG(ask->query), VIEW_ARG(tag), VIEW_ARG(ask->body)));
}

static void cut(void *state, const struct plain_request *ask, struct page *ret_page)
{
    ret_page->status = 0;
}

/* Waits for longer than a call may. */
static void wait(void *state, const struct plain_request *ask, struct page *ret_page)
{
    assert_int_equal(fiber_sleep_until(deadline_after_ms(ask->deadline_ns, 60000)), ERR_CANCELLED);
}

static void whoami(void *state, const struct plain_request *ask, struct page *ret_page)
{
    assert_true(view_eq(metadata_find(ask->metadata, VIEW_LIT("usher-address")), ask->address));
    ret_page->status = 200;
    ret_page->type = "text/plain";
    ret_page->body = view_str(arena_printf(ask->arena, "at %.*s.", VIEW_ARG(ask->address)));
}

static const struct plain_rule plains[] = {
    {"/echo/", BODY_MAX, echo, &f},
    {"/cut", BODY_MAX, cut, NULL},
    {"/wait", BODY_MAX, wait, NULL},
    {"/whoami", BODY_MAX, whoami, NULL},
};

static void a_handler_sees_the_whole_request(void **state)
{
    struct buf in;
    client_exchange(&f,
                    "POST /echo/a?b=c HTTP/1.1\r\nHost: h\r\nx-tag: t\r\nContent-Length: 4\r\n"
                    "Content-Type: application/json\r\nConnection: close\r\n\r\nbody",
                    &in);
    assert_has(&in, "HTTP/1.1 201 ");
    assert_has(&in, "x-answer: yes\r\n");
    assert_has(&in, "\r\n\r\nPOST|/echo/a|b=c|t|body");
    buf_release(&in);
    client_exchange(&f, "GET /echo/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
    assert_has(&in, "\r\n\r\nGET|/echo/|||");
    buf_release(&in);
    client_exchange(&f,
                    "DELETE /echo/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                    "Connection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
                    &in);
    assert_has(&in, "\r\n\r\nDELETE|/echo/x|||abc");
    buf_release(&in);
}

static void a_handler_sees_where_the_caller_is(void **state)
{
    struct buf in;
    client_exchange(&f,
                    "GET /whoami HTTP/1.1\r\nHost: h\r\nUsher-Address: 192.0.2.1\r\n"
                    "Connection: close\r\n\r\n",
                    &in);
    assert_has(&in, "\r\n\r\nat 127.0.0.1.");
    buf_release(&in);
}

static void requests_on_one_connection_are_answered_in_order(void **state)
{
    struct buf in;
    buf_init(&in, 64u << 10);
    int fd = client_connect(&f);
    client_send(fd, "POST /echo/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
                    "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                    "POST /echo/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\ny");
    assert_true(client_read_until(fd, &in, "POST|/echo/1|||x"));
    assert_true(client_read_until(fd, &in, "<h1>Usher</h1>"));
    assert_true(client_read_until(fd, &in, "POST|/echo/2|||y"));
    close(fd);
    buf_release(&in);
}

static void a_body_has_a_maximum(void **state)
{
    struct buf in;
    client_exchange(&f,
                    "POST /echo/ HTTP/1.1\r\nHost: h\r\nContent-Length: 33\r\n"
                    "Connection: close\r\n\r\n012345678901234567890123456789012",
                    &in);
    assert_has(&in, "HTTP/1.1 413 ");
    buf_release(&in);
    client_exchange(&f,
                    "POST /echo/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                    "Connection: close\r\n\r\n21\r\n012345678901234567890123456789012\r\n0\r\n\r\n",
                    &in);
    assert_has(&in, "HTTP/1.1 413 ");
    buf_release(&in);
}

static void a_handler_may_give_no_answer(void **state)
{
    struct buf in;
    buf_init(&in, 64u << 10);
    int fd = client_connect(&f);
    client_send(fd, "POST /cut HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    client_read_all(fd, &in);
    assert_int_equal(in.len, 0);
    close(fd);
    buf_release(&in);
}

static void a_late_handler_is_ended(void **state)
{
    struct buf in;
    client_exchange(&f,
                    "POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n",
                    &in);
    assert_has(&in, "HTTP/1.1 504 ");
    buf_release(&in);
}

static int start(void **state)
{
    fixture_start(&f, (struct server_options){
                          .plains = plains,
                          .plain_count = sizeof(plains) / sizeof(plains[0]),
                          .call_max_ms = 300,
                      });
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_sees_the_whole_request),
        cmocka_unit_test(a_handler_sees_where_the_caller_is),
        cmocka_unit_test(requests_on_one_connection_are_answered_in_order),
        cmocka_unit_test(a_body_has_a_maximum),
        cmocka_unit_test(a_handler_may_give_no_answer),
        cmocka_unit_test(a_late_handler_is_ended),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
