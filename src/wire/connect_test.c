/* Connect over HTTP/1.1: unary, GET, streams, errors, refusals. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/envelope.h"
#include "err/err.h"
#include "http/body.h"
#include "wire/fixture_test.h"

#define TICKET "/usher.v1.TicketService/"

static struct fixture f;

static int start(void **state)
{
    fixture_start(&f, (struct server_options){0});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

static void post(const char *method, const char *headers, const char *body, struct buf *in)
{
    char path[128];
    snprintf(path, sizeof(path), TICKET "%s", method);
    client_post(&f, path, "application/json", headers, body, in);
}

static void answers_json(void **state)
{
    struct buf in;
    post("GetPerformance", "", "{\"performanceId\": 7}", &in);
    assert_has(&in, "HTTP/1.1 200 OK\r\n");
    assert_has(&in, "content-type: application/json\r\n");
    assert_has(&in, "\r\ndate: ");
    assert_has(&in, "\r\n\r\n{\"performanceId\":7,\"version\":\"18446744073709551615\"}");
    buf_release(&in);
    client_post(&f, TICKET "ListEvents", "application/json; charset=utf-8", "", "{}", &in);
    assert_has(&in, "{\"events\":[{\"eventId\":7,\"name\":\"Recital \\\"one\\\"\"}]}");
    buf_release(&in);
}

static void answers_protobuf(void **state)
{
    struct buf in;
    client_post(&f, TICKET "GetPerformance", "application/proto", "", "\x08\x07", &in);
    assert_has(&in, "HTTP/1.1 200 OK\r\n");
    assert_has(&in, "content-type: application/proto\r\n");
    assert_has(&in, "\r\n\r\n\x08\x07\x60\xff\xff");
    buf_release(&in);
}

static void an_error_has_status_code_message_and_detail(void **state)
{
    struct buf in;
    post("GetPerformance", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "content-type: application/json\r\n");
    assert_has(&in, "retry-after: 2\r\n");
    assert_has(&in, "{\"code\":\"invalid_argument\",\"message\":\"performance_id is 0 %\\n좌석\","
                    "\"details\":[{\"type\":\"usher.v1.ErrorDetail\",\"value\":\"");
    assert_has(&in, "\"debug\":{\"reason\":\"BAD_ARGUMENT\",\"retryAfterMs\":\"1500\","
                    "\"field\":\"performance_id\"}}]}");
    buf_release(&in);
    post("HoldSeats", "Authorization: Bearer buyer\r\n", "{\"performanceId\":2000002}", &in);
    assert_has(&in, "HTTP/1.1 409 ");
    assert_has(&in, "\"seats\":[4,5]");
    buf_release(&in);
    post("ReleaseHold", "Authorization: Bearer buyer\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 503 ");
    assert_has(&in, "{\"code\":\"unavailable\"");
    buf_release(&in);
}

static void malformed_requests_are_told_where(void **state)
{
    struct buf in;
    post("GetPerformance", "", "{\"performanceId\": -1}", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "\"message\":\"performance_id: wants a whole number from 0 to 4294967295\"");
    assert_has(&in, "\"field\":\"performance_id\"");
    buf_release(&in);
    post("GetPerformance", "", "{\"performanceId\": ", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "GetPerformanceRequest is not JSON: ");
    buf_release(&in);
    post("GetPerformance", "", "", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    buf_release(&in);
    client_post(&f, TICKET "GetPerformance", "application/proto", "", "\x08", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "GetPerformanceRequest is not a protobuf message");
    buf_release(&in);
    client_post(&f, TICKET "GetOrder", "application/proto", "Authorization: Bearer buyer\r\n",
                "\x0a\x01\xff", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "\"message\":\"order_id: is not UTF-8\"");
    assert_has(&in, "\"field\":\"order_id\"");
    buf_release(&in);
}

static void roles_are_checked(void **state)
{
    struct buf in;
    post("HoldSeats", "", "{\"performanceId\":1}", &in);
    assert_has(&in, "HTTP/1.1 401 ");
    assert_has(&in, "www-authenticate: Bearer\r\n");
    assert_has(&in, "\"code\":\"unauthenticated\"");
    buf_release(&in);
    post("HoldSeats", "Authorization: Bearer forged\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 401 ");
    buf_release(&in);
    post("OpenSale", "Authorization: Bearer buyer\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 403 ");
    assert_has(&in, "\"code\":\"permission_denied\"");
    buf_release(&in);
    post("HoldSeats", "Authorization: Bearer buyer\r\n", "{\"performanceId\":1,\"seats\":[3]}",
         &in);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "\"seats\":[{\"seat\":3}]");
    buf_release(&in);
    /* A bad token does no harm where none is needed. */
    post("ListEvents", "Authorization: Bearer forged\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 200 ");
    buf_release(&in);
}

static void what_is_not_there_is_refused(void **state)
{
    struct buf in;
    post("NoSuch", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 404 ");
    assert_has(&in, "\"code\":\"unimplemented\"");
    buf_release(&in);
    client_post(&f, "/no.Such/Method", "application/json", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 404 ");
    buf_release(&in);
    client_post(&f, TICKET "ListEvents", "text/plain", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 415 ");
    assert_has(&in, "accept-post: application/json, application/proto, application/grpc\r\n");
    assert_has(&in, "\r\n\r\n415: the content-type of this method is application/json or "
                    "application/proto, or over HTTP/2 application/grpc\n");
    buf_release(&in);
    client_post(&f, TICKET "ListEvents", "application/grpc-web+proto", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 415 ");
    assert_has(&in, "415: gRPC-Web is not spoken");
    buf_release(&in);
    client_post(&f, TICKET "WatchSeats", "application/json", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 415 ");
    assert_has(&in, "accept-post: application/connect+json, ");
    assert_has(&in, "415: the content-type of this method is application/connect+json or ");
    buf_release(&in);
    client_post(&f, TICKET "ListEvents", "application/connect+json", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 415 ");
    buf_release(&in);
    client_post(&f, TICKET "ListEvents", "application/grpc", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 415 ");
    assert_has(&in, "415: gRPC is spoken over HTTP/2 only");
    buf_release(&in);
    post("ListEvents", "Content-Encoding: br\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 501 ");
    assert_has(&in, "accept-encoding: gzip, zstd, identity\r\n");
    assert_has(&in, "\"code\":\"unimplemented\"");
    buf_release(&in);
    post("ListEvents", "Connect-Protocol-Version: 2\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    buf_release(&in);
    post("ListEvents", "Connect-Timeout-Ms: soon\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "connect-timeout-ms is malformed");
    buf_release(&in);
}

static void wrong_http_methods_are_405(void **state)
{
    struct buf in;
    client_exchange(&f, "PUT " TICKET "ListEvents HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
                    &in);
    assert_has(&in, "HTTP/1.1 405 ");
    assert_has(&in, "allow: GET, HEAD, POST\r\n");
    assert_has(&in, "\r\n\r\n405: this method is called by POST or GET\n");
    buf_release(&in);
    client_exchange(&f, "GET " TICKET "HoldSeats HTTP/1.1\r\nHost: h\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 405 ");
    assert_has(&in, "allow: POST\r\n");
    assert_has(&in, "cache-control: no-store\r\n");
    assert_has(&in, "\r\n\r\n405: this method is called by POST\n");
    buf_release(&in);
    client_exchange(&f, "OPTIONS " TICKET "HoldSeats HTTP/1.1\r\nHost: h\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 405 ");
    assert_null(strstr(buf_view(&in).at, "access-control-"));
    buf_release(&in);
    client_exchange(&f, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 405 ");
    assert_has(&in, "405: no method has this path, and pages are for GET and HEAD\n");
    buf_release(&in);
    client_exchange(&f, "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 405 ");
    assert_has(&in, "allow: GET, HEAD\r\n");
    buf_release(&in);
}

static void safe_methods_answer_get(void **state)
{
    struct buf in, again;
    char request[512], etag[64];
    client_exchange(&f,
                    "GET " TICKET "ListEvents?connect=v1&encoding=json&message=%7B%7D HTTP/1.1\r\n"
                    "Host: h\r\n\r\n",
                    &in);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "cache-control: public, max-age=5\r\n");
    const char *tag = strstr(buf_view(&in).at, "etag: \"");
    assert_non_null(tag);
    snprintf(etag, sizeof(etag), "%.34s", tag + 6);
    assert_int_equal(etag[33], '"');
    snprintf(request, sizeof(request),
             "GET " TICKET "ListEvents?connect=v1&encoding=json&message=%%7B%%7D HTTP/1.1\r\n"
             "Host: h\r\nIf-None-Match: \"other\", %s\r\nConnection: close\r\n\r\n",
             etag);
    client_exchange(&f, request, &again);
    assert_has(&again, "HTTP/1.1 304 ");
    assert_has(&again, etag);
    assert_null(strstr(buf_view(&again).at, "Recital"));
    buf_release(&again);
    buf_release(&in);
    /* {"performanceId":7} and 08 07, in base64 of either alphabet. */
    client_exchange(&f,
                    "GET " TICKET "GetPerformance?connect=v1&encoding=json&base64=1&message="
                    "eyJwZXJmb3JtYW5jZUlkIjo3fQ HTTP/1.1\r\nHost: h\r\n\r\n",
                    &in);
    assert_has(&in, "{\"performanceId\":7,");
    assert_has(&in, "cache-control: no-store\r\n");
    buf_release(&in);
    client_exchange(&f,
                    "GET " TICKET
                    "GetPerformance?encoding=proto&base64=1&message=CAc%3D HTTP/1.1\r\n"
                    "Host: h\r\n\r\n",
                    &in);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "\r\n\r\n\x08\x07\x60");
    buf_release(&in);
}

/* GetSeatMap is immutable: its handler runs once for a request, whatever its wire. */
/* HEAD goes wherever GET does (RFC 9110, 9.3.2): the same head, without the body. */
static void safe_methods_answer_head(void **state)
{
    struct buf in;
    client_exchange(&f,
                    "HEAD " TICKET "ListEvents?encoding=json&message=%7B%7D&connect=v1 HTTP/1.1\r\n"
                    "Host: h\r\nConnection: close\r\n\r\n",
                    &in);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "etag: \"");
    assert_null(strstr(buf_view(&in).at, "content-length: 0\r\n"));
    assert_int_equal(strlen(strstr(buf_view(&in).at, "\r\n\r\n")), 4);
    buf_release(&in);
}

static void what_never_changes_is_made_once(void **state)
{
    static const char get[] = "GET " TICKET "GetSeatMap?encoding=json&message="
                              "%7B%22layoutHash%22%3A%22300%22%7D HTTP/1.1\r\nHost: h\r\n\r\n";
    struct buf first, in;
    uint32_t before = fixture_maps;
    client_exchange(&f, get, &first);
    assert_has(&first, "\"color\":299}]}");
    assert_has(&first, "etag: \"");
    for (int i = 0; i < 3; i++) {
        client_exchange(&f, get, &in);
        assert_int_equal(in.len, first.len);
        const char *body = strstr(buf_view(&in).at, "\r\n\r\n");
        assert_string_equal(body, strstr(buf_view(&first).at, "\r\n\r\n"));
        buf_release(&in);
    }
    post("GetSeatMap", "", "{\"layoutHash\": \"300\"}", &in);
    assert_has(&in, "\"color\":299}]}");
    assert_int_equal(fixture_maps, before + 1);
    buf_release(&in);
    post("GetSeatMap", "", "{\"layoutHash\": \"301\"}", &in);
    assert_has(&in, "\"color\":300}]}");
    assert_int_equal(fixture_maps, before + 2);
    buf_release(&in);
    buf_release(&first);
}

static void a_bad_get_is_told_why(void **state)
{
    static const struct {
        const char *query, *status, *text;
    } bad[] = {
        {"encoding=json", "400", "the query has no message"},
        {"message=%7B%7D", "400", "encoding is missing"},
        {"encoding=xml&message=%7B%7D", "415", ""},
        {"encoding=json&message=%7B%7", "400", "percent-coded"},
        {"encoding=proto&base64=1&message=C", "400", "not base64"},
        {"encoding=json&message=%7B%7D&compression=br", "501", "packed"},
        {"encoding=json&message=%7B%7D&connect=v2", "400", "only v1"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf in;
        char request[256], status[32];
        snprintf(request, sizeof(request),
                 "GET " TICKET "ListEvents?%s HTTP/1.1\r\nHost: h\r\n\r\n", bad[i].query);
        snprintf(status, sizeof(status), "HTTP/1.1 %s ", bad[i].status);
        client_exchange(&f, request, &in);
        assert_has(&in, status);
        assert_has(&in, bad[i].text);
        buf_release(&in);
    }
}

static void large_answers_arrive_whole(void **state)
{
    struct buf in;
    post("GetSeatMap", "", "{\"layoutHash\":\"20000\"}", &in);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "\"color\":19999}]}");
    assert_true(in.len > 20000 * 60);
    buf_release(&in);
}

static void a_request_too_large_is_refused_early(void **state)
{
    struct buf in;
    int fd = client_connect(&f);
    buf_init(&in, 65536);
    client_send(fd, "POST " TICKET "GetPerformance HTTP/1.1\r\nHost: h\r\nContent-Type: "
                    "application/json\r\nContent-Length: 5000000\r\n\r\n{");
    assert_true(client_read_until(fd, &in, "resource_exhausted"));
    assert_true(client_read_until(fd, &in, "at most 65536 bytes"));
    close(fd);
    buf_release(&in);
}

static void pages_come_from_the_hook(void **state)
{
    struct buf in;
    client_exchange(&f, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "x-content-type-options: nosniff\r\n");
    assert_has(&in, "\r\n\r\n<h1>Usher</h1>");
    buf_release(&in);
    client_exchange(
        &f, "GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"v1\"\r\nConnection: close\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 304 ");
    buf_release(&in);
    client_exchange(&f, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
    assert_has(&in, "content-length: 14\r\n");
    assert_null(strstr(buf_view(&in).at, "<h1>"));
    buf_release(&in);
    client_exchange(&f, "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", &in);
    assert_has(&in, "HTTP/1.1 404 ");
    buf_release(&in);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct buf in;
    int fd = client_connect(&f);
    buf_init(&in, 65536);
    for (int i = 1; i <= 20; i++) {
        char request[256], body[64];
        snprintf(body, sizeof(body), "{\"performanceId\":%d}", i);
        snprintf(request, sizeof(request),
                 "POST " TICKET "GetPerformance HTTP/1.1\r\nHost: h\r\nContent-Type: "
                 "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        client_send(fd, request);
    }
    assert_true(client_read_until(fd, &in, "{\"performanceId\":20,"));
    assert_int_equal(buf_append_byte(&in, '\0'), 0);
    const char *at = buf_view(&in).at;
    for (int i = 1; i <= 20; i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"performanceId\":%d,", i);
        at = strstr(at, body);
        assert_non_null(at);
    }
    close(fd);
    buf_release(&in);
}

/* ---- streams ---- */

/* POST of one enveloped JSON message. */
static int open_stream(const char *json)
{
    char request[512];
    uint8_t head[ENVELOPE_BYTES];
    int fd = client_connect(&f);
    snprintf(request, sizeof(request),
             "POST " TICKET "WatchSeats HTTP/1.1\r\nHost: h\r\nContent-Type: "
             "application/connect+json\r\nContent-Length: %zu\r\n\r\n",
             strlen(json) + sizeof(head));
    client_send(fd, request);
    envelope_write(0, (uint32_t)strlen(json), head);
    assert_int_equal(send(fd, head, sizeof(head), 0), sizeof(head));
    client_send(fd, json);
    return fd;
}

static void a_stream_has_messages_and_an_end(void **state)
{
    struct buf in;
    buf_init(&in, 1u << 20);
    int fd = open_stream("{\"performanceId\":3}");
    /* A chunk of 5 + 15 bytes, and the end: flags 2, "{}". */
    assert_true(client_read_until(fd, &in, "\r\n0\r\n\r\n"));
    assert_int_equal(buf_append_byte(&in, '\0'), 0);
    assert_has(&in, "HTTP/1.1 200 ");
    assert_has(&in, "content-type: application/connect+json\r\n");
    struct view v = buf_view(&in);
    static const char first[] = "\r\n14\r\n\0\0\0\0\x0f{\"version\":\"1\"}\r\n";
    static const char last[] = "\r\n7\r\n\2\0\0\0\2{}\r\n0\r\n\r\n";
    assert_non_null(memmem(v.at, v.len, first, sizeof(first) - 1));
    assert_non_null(memmem(v.at, v.len, last, sizeof(last) - 1));
    close(fd);
    buf_release(&in);
}

static void an_error_ends_a_stream_in_its_last_envelope(void **state)
{
    struct buf in;
    buf_init(&in, 1u << 20);
    int fd = open_stream("{\"performanceId\":1000003}");
    assert_true(client_read_until(fd, &in, "{\"version\":\"3\"}"));
    assert_true(client_read_until(
        fd, &in, "{\"error\":{\"code\":\"not_found\",\"message\":\"gone\"}}\r\n0\r\n\r\n"));
    close(fd);
    buf_clear(&in);
    fd = open_stream("[]");
    assert_true(client_read_until(fd, &in, "\r\n0\r\n\r\n"));
    assert_true(client_read_until(fd, &in, "HTTP/1.1 200 "));
    assert_true(client_read_until(fd, &in, "{\"error\":{\"code\":\"invalid_argument\""));
    close(fd);
    buf_release(&in);
}

static void frames_reach_detached_readers(void **state)
{
    struct buf in;
    buf_init(&in, 1u << 20);
    int fds[10];
    for (int i = 0; i < 10; i++)
        fds[i] = open_stream("{\"performanceId\":1000002}");
    fixture_await(&fixture_sinks, 10);
    for (int i = 0; i < 10; i++) {
        buf_clear(&in);
        assert_true(client_read_until(fds[i], &in, "{\"version\":\"1\"}"));
    }
    fixture_push(&f, 2);
    for (int i = 0; i < 10; i++) {
        buf_clear(&in);
        assert_true(client_read_until(fds[i], &in, "{\"version\":\"2\"}\r\n"));
        close(fds[i]);
    }
    fixture_await(&fixture_sinks, 0);
    buf_release(&in);
}

/* Nothing is queued for who does not read; when he reads again he gets the latest. */
static void a_slow_reader_gets_the_latest(void **state)
{
    struct buf in;
    buf_init(&in, 4u << 20);
    int fd = open_stream("{\"performanceId\":1000002}");
    fixture_await(&fixture_sinks, 1);
    for (uint64_t version = 2; version <= 60000; version++)
        fixture_push(&f, version);
    assert_true(client_read_until(fd, &in, "{\"version\":\"60000\"}"));
    /* All of them would have been 2.4 MB. */
    assert_true(in.len < 2000000);
    close(fd);
    fixture_await(&fixture_sinks, 0);
    buf_release(&in);
}

static void a_reader_that_goes_ends_the_handler(void **state)
{
    uint32_t before = fixture_cancelled;
    int fd = open_stream("{\"performanceId\":1000001}");
    fixture_await(&fixture_waiting, 1);
    close(fd);
    fixture_await(&fixture_waiting, 0);
    assert_int_equal(fixture_cancelled, before + 1);
}

static void a_client_that_breaks_off_ends_its_call(void **state)
{
    uint32_t before = fixture_cancelled;
    struct linger reset = {.l_onoff = 1};
    int fd = client_connect(&f);
    /* With a byte too many: the next request's first, which waits unread. */
    client_send(fd, "POST " TICKET "HoldSeats HTTP/1.1\r\nHost: h\r\nContent-Type: application/json"
                    "\r\nAuthorization: Bearer buyer\r\nContent-Length: 25\r\n\r\n"
                    "{\"performanceId\":2000001} ");
    fixture_await(&fixture_waiting, 1);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    fixture_await(&fixture_waiting, 0);
    assert_int_equal(fixture_cancelled, before + 1);
}

static void a_deadline_ends_a_call(void **state)
{
    struct buf in;
    post("HoldSeats", "Authorization: Bearer buyer\r\nConnect-Timeout-Ms: 30\r\n",
         "{\"performanceId\":2000001}", &in);
    assert_has(&in, "HTTP/1.1 504 ");
    assert_has(&in, "\"code\":\"deadline_exceeded\"");
    fixture_await(&fixture_waiting, 0);
    buf_release(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_json),
        cmocka_unit_test(answers_protobuf),
        cmocka_unit_test(an_error_has_status_code_message_and_detail),
        cmocka_unit_test(malformed_requests_are_told_where),
        cmocka_unit_test(roles_are_checked),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(wrong_http_methods_are_405),
        cmocka_unit_test(safe_methods_answer_get),
        cmocka_unit_test(safe_methods_answer_head),
        cmocka_unit_test(what_never_changes_is_made_once),
        cmocka_unit_test(a_bad_get_is_told_why),
        cmocka_unit_test(large_answers_arrive_whole),
        cmocka_unit_test(a_request_too_large_is_refused_early),
        cmocka_unit_test(pages_come_from_the_hook),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_stream_has_messages_and_an_end),
        cmocka_unit_test(an_error_ends_a_stream_in_its_last_envelope),
        cmocka_unit_test(frames_reach_detached_readers),
        cmocka_unit_test(a_slow_reader_gets_the_latest),
        cmocka_unit_test(a_reader_that_goes_ends_the_handler),
        cmocka_unit_test(a_client_that_breaks_off_ends_its_call),
        cmocka_unit_test(a_deadline_ends_a_call),
    };
    return cmocka_run_group_tests_name("wire/connect", tests, start, stop);
}
