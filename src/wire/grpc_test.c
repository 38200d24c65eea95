/* gRPC and Connect over HTTP/2, header by header and byte by byte: what a proper client never
 * sends. The client is the engine on a blocking socket. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock/clock.h"
#include "codec/envelope.h"
#include "err/err.h"
#include "http/h2.h"
#include "observe/log.h"
#include "wire/fixture_test.h"

#define TICKET "/usher.v1.TicketService/"

static struct fixture f;
static FILE *log_lines;

static int start(void **state)
{
    log_lines = tmpfile();
    if (!log_lines)
        return -1;
    const struct log_options log = {
        .level = LOG_INFO, .form = LOG_JSON, .fd = fileno(log_lines), .clock = clock_system()};
    log_setup(&log);
    fixture_start(&f, (struct server_options){0});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

/* All that came of one answer, as text: ":status", fields, body, trailers, and how it closed. */
struct answer {
    struct buf text;
    bool closed;
};

static void note_fields(struct answer *a, const struct head *head)
{
    for (size_t i = 0; i < head->field_count; i++)
        assert_int_equal(buf_printf(&a->text, "%.*s: %.*s\n", VIEW_ARG(head->fields[i].name),
                                    VIEW_ARG(head->fields[i].value)),
                         0);
}

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    struct answer *a = h2_stream_user(stream);
    assert_int_equal(buf_printf(&a->text, ":status: %d\n", head->status), 0);
    note_fields(a, head);
    return 1 << 20;
}

static void on_body(void *user, struct h2_stream *stream, struct view bytes)
{
    struct answer *a = h2_stream_user(stream);
    assert_int_equal(buf_append_view(&a->text, bytes), 0);
}

static void on_trailers(void *user, struct h2_stream *stream, const struct head *trailers)
{
    struct answer *a = h2_stream_user(stream);
    assert_int_equal(buf_printf(&a->text, "\ntrailers:\n"), 0);
    note_fields(a, trailers);
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
    struct answer *a = h2_stream_user(stream);
    a->closed = true;
    assert_int_equal(buf_printf(&a->text, "closed: %u\n", code), 0);
}

static const struct h2_events events = {
    .head = on_head, .body = on_body, .trailers = on_trailers, .closed = on_closed};

static void put_out(struct h2 *h, int fd)
{
    struct view v;
    while (h2_output(h, &v)) {
        assert_int_equal(send(fd, v.at, v.len, MSG_NOSIGNAL), v.len);
        h2_sent(h, v.len);
    }
}

/* One request on a connection of its own. */
static void ask(const char *path, const struct head_field *fields, size_t count, struct view body,
                struct buf *ret_text)
{
    struct answer a = {.closed = false};
    struct h2 *h;
    struct h2_stream *stream;
    struct head_request request = {
        .method = VIEW_LIT("POST"),
        .path = view_str(path),
        .authority = VIEW_LIT("localhost"),
        .fields = fields,
        .field_count = count,
    };
    uint8_t bytes[16384];
    int fd = client_connect(&f);
    buf_init(&a.text, 2u << 20);
    assert_int_equal(h2_new(H2_CLIENT, NULL, &events, NULL, 0, &h), 0);
    assert_int_equal(h2_request(h, &request, body_copied(body), &a, &stream), 0);
    while (!a.closed) {
        put_out(h, fd);
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        assert_true(n > 0);
        h2_receive(h, view_of(bytes, (size_t)n), 0);
    }
    h2_free(h);
    close(fd);
    assert_int_equal(buf_append_byte(&a.text, '\0'), 0);
    *ret_text = a.text;
}

/* A request whose fields are "name: value" lines. */
static void ask_lines(const char *path, const char *lines, struct view body, struct buf *ret_text)
{
    struct head_field fields[8];
    size_t count = 0;
    while (*lines) {
        const char *colon = strstr(lines, ": "), *end = strchr(lines, '\n');
        assert_true(colon && end && count < 8);
        fields[count++] = (struct head_field){view_of(lines, (size_t)(colon - lines)),
                                              view_of(colon + 2, (size_t)(end - colon - 2))};
        lines = end + 1;
    }
    ask(path, fields, count, body, ret_text);
}

#define GRPC "content-type: application/grpc\nte: trailers\n"
/* performance_id 7 in its envelope. */
#define SEVEN "\0\0\0\0\2\x08\x07"

static void a_good_call_for_comparison(void **state)
{
    struct buf in;
    ask_lines(TICKET "GetPerformance", GRPC, VIEW_LIT(SEVEN), &in);
    assert_has(&in, ":status: 200\n");
    assert_has(&in, "content-type: application/grpc");
    assert_has(&in, "\ntrailers:\ngrpc-status: 0\nclosed: 0\n");
    buf_release(&in);
}

static void bad_requests_have_their_codes(void **state)
{
    static const struct {
        const char *lines;
        struct view body;
        int code;
        const char *text;
    } bad[] = {
        {GRPC "grpc-encoding: br\n", VIEW_LIT(SEVEN), 12,
         "grpc-accept-encoding: gzip, zstd, identity"},
        {GRPC, VIEW_LIT("\1\0\0\0\2\x08\x07"), 13, "marked as compressed"},
        {GRPC, VIEW_LIT("\x40\0\0\0\2\x08\x07"), 3, "unknown flags"},
        {GRPC, VIEW_LIT(SEVEN SEVEN), 12, "more than one message"},
        {GRPC, VIEW_LIT(""), 12, "no message"},
        {GRPC, VIEW_LIT("\0\0\0"), 3, "cut short"},
        {GRPC, VIEW_LIT("\0\0\0\0\3\x08\x07"), 3, "cut short"},
        {GRPC, VIEW_LIT("\0\0\0\0\1\x08"), 3, "is not a protobuf message"},
        {GRPC, VIEW_LIT("\0\0\1\0\1\x08"), 8, "at most 65536 bytes"},
        {"content-type: application/grpc\n", VIEW_LIT(SEVEN), 13, "te: trailers is missing"},
        {GRPC "grpc-timeout: 5x\n", VIEW_LIT(SEVEN), 3, "grpc-timeout is malformed"},
        {GRPC "grpc-timeout: 0n\n", VIEW_LIT(SEVEN), 4, "deadline has passed"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf in;
        char code[32];
        snprintf(code, sizeof(code), "grpc-status: %d\n", bad[i].code);
        ask_lines(TICKET "GetPerformance", bad[i].lines, bad[i].body, &in);
        assert_has(&in, ":status: 200\n");
        assert_has(&in, code);
        assert_has(&in, bad[i].text);
        buf_release(&in);
    }
    /* INTERNAL is the protocol's word for two of them: none is a failure of ours. */
    static char text[65536];
    log_flush();
    const ssize_t len = pread(fileno(log_lines), text, sizeof(text) - 1, 0);
    assert_true(len > 0);
    assert_null(strstr(text, "\"event.action\":\"call.fail\""));
    const char *first = strstr(text, "\"event.action\":\"request.refuse\"");
    assert_non_null(first);
    assert_non_null(strstr(first, "\"event.reason\":\"malformed\""));
    assert_non_null(strstr(first + 1, "\"event.action\":\"request.refuse\""));
}

static void messages_are_percent_coded_and_details_packed(void **state)
{
    struct buf in;
    ask_lines(TICKET "GetPerformance", GRPC, VIEW_LIT("\0\0\0\0\0"), &in);
    assert_has(&in, "grpc-message: performance_id is 0 %25%0A%EC%A2%8C%EC%84%9D\n");
    assert_has(&in, "grpc-status-details-bin: CAM");
    buf_release(&in);
}

/* A client may refuse a message that is no UTF-8, and with it the whole status. */
static void a_long_message_ends_with_a_whole_character(void **state)
{
    struct buf in;
    ask_lines(TICKET "GetPerformance", GRPC, VIEW_LIT("\0\0\0\0\3\x08\xac\x02"), &in);
    assert_has(&in, "grpc-message: x%EC%A2%8C");
    assert_has(&in, "%EC%A2%8C\n");
    buf_release(&in);
}

static void other_types_are_415(void **state)
{
    static const char *const types[] = {"content-type: application/grpc-web\nte: trailers\n",
                                        "content-type: application/grpc+json\nte: trailers\n",
                                        "content-type: text/html\n", ""};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct buf in;
        ask_lines(TICKET "GetPerformance", types[i], VIEW_LIT(SEVEN), &in);
        assert_has(&in, ":status: 415\n");
        buf_release(&in);
    }
}

static void connect_works_over_http2_too(void **state)
{
    struct buf in;
    ask_lines(TICKET "GetPerformance", "content-type: application/json\n",
              VIEW_LIT("{\"performanceId\":7}"), &in);
    assert_has(&in, ":status: 200\n");
    assert_has(&in, "{\"performanceId\":7,");
    assert_has(&in, "closed: 0\n");
    buf_release(&in);
    ask_lines(TICKET "GetPerformance", "content-type: application/json\n", VIEW_LIT("{}"), &in);
    assert_has(&in, ":status: 400\n");
    assert_has(&in, "\"code\":\"invalid_argument\"");
    buf_release(&in);
    ask_lines(TICKET "WatchSeats", "content-type: application/connect+json\n",
              VIEW_LIT("\0\0\0\0\x14{\"performanceId\": 2}"), &in);
    assert_has(&in, ":status: 200\n");
    struct view v = buf_view(&in);
    static const char frames[] = "\0\0\0\0\x0f{\"version\":\"1\"}\0\0\0\0\x0f{\"version\":\"2\"}"
                                 "\2\0\0\0\2{}closed: 0\n";
    assert_non_null(memmem(v.at, v.len, frames, sizeof(frames) - 1));
    buf_release(&in);
}

#define BUYER "authorization: Bearer buyer\n"

/* gRPC has trailers, Connect's unary answers name them in the head, its streams in their end. */
static void what_comes_behind_stands_where_each_wire_has_it(void **state)
{
    struct buf in;
    ask_lines(TICKET "HoldSeats", GRPC BUYER, VIEW_LIT("\0\0\0\0\4\x08\x84\x89\x7a"), &in);
    assert_has(&in, "\ntrailers:\ngrpc-status: 0\nusher-behind: one\nusher-behind: \"two\"\n"
                    "closed: 0\n");
    buf_release(&in);
    ask_lines(TICKET "WatchSeats", GRPC, VIEW_LIT("\0\0\0\0\4\x08\xc4\x84\x3d"), &in);
    assert_has(&in, "\ntrailers:\ngrpc-status: 0\nusher-behind: one\nusher-behind: \"two\"\n"
                    "closed: 0\n");
    buf_release(&in);
    ask_lines(TICKET "HoldSeats", "content-type: application/json\n" BUYER,
              VIEW_LIT("{\"performanceId\":2000004}"), &in);
    assert_has(&in, ":status: 200\n");
    assert_has(&in, "trailer-usher-behind: one\ntrailer-usher-behind: \"two\"\n");
    buf_release(&in);
    ask_lines(TICKET "WatchSeats", "content-type: application/connect+proto\n",
              VIEW_LIT("\0\0\0\0\4\x08\xc4\x84\x3d"), &in);
    static const char end[] =
        "\2\0\0\0\x2f"
        "{\"metadata\":{\"usher-behind\":[\"one\",\"\\\"two\\\"\"]}}closed: 0\n";
    struct view v = buf_view(&in);
    assert_non_null(memmem(v.at, v.len, end, sizeof(end) - 1));
    buf_release(&in);
}

/* Over gRPC an error has a head of its own where the handler answered something for it. */
static void a_refusal_keeps_head_and_trailers_apart(void **state)
{
    struct buf in;
    ask_lines(TICKET "HoldSeats", GRPC BUYER "x-request-id: shown-1\n",
              VIEW_LIT("\0\0\0\0\4\x08\x82\x89\x7a"), &in);
    assert_has(&in, "usher-seen: shown-1\n");
    assert_has(&in, "\ntrailers:\ngrpc-status: 10\n");
    buf_release(&in);
    ask_lines(TICKET "GetPerformance", GRPC, VIEW_LIT("\0\0\0\0\0"), &in);
    assert_has(&in, "grpc-status: 3\n");
    assert_null(strstr(buf_view(&in).at, "trailers:"));
    buf_release(&in);
}

static void further_details_stand_behind_ours(void **state)
{
    struct buf in;
    ask_lines(TICKET "HoldSeats", "content-type: application/json\n" BUYER,
              VIEW_LIT("{\"performanceId\":2000005}"), &in);
    assert_has(&in, ":status: 409\n");
    assert_has(&in, "\"details\":[{\"type\":\"usher.v1.ErrorDetail\",");
    assert_has(&in, "},{\"type\":\"usher.v1.HeldSeat\",\"value\":\"CAQ\"}]}");
    buf_release(&in);
}

static void a_body_without_end_is_refused_as_it_comes(void **state)
{
    struct buf in, body;
    buf_init(&body, 1u << 20);
    memset(buf_reserve(&body, 200000), 'x', 200000);
    buf_commit(&body, 200000);
    ask_lines(TICKET "GetPerformance", "content-type: application/json\n", buf_view(&body), &in);
    assert_has(&in, ":status: 429\n");
    assert_has(&in, "\"code\":\"resource_exhausted\"");
    buf_release(&in);
    buf_release(&body);
}

#define LARGE 32 /* calls at once, each with an answer of nearly a megabyte */

/* What is sent at once is answered only as far as it can be sent: the rest learns that it is too
 * much, instead of waiting as megabytes in memory. */
static void large_answers_at_once_are_bounded(void **state)
{
    static struct answer answers[LARGE];
    static const struct head_field fields[] = {
        {VIEW_LIT("content-type"), VIEW_LIT("application/grpc")},
        {VIEW_LIT("te"), VIEW_LIT("trailers")}};
    struct head_request request = {
        .method = VIEW_LIT("POST"),
        .path = VIEW_LIT(TICKET "GetSeatMap"),
        .authority = VIEW_LIT("localhost"),
        .fields = fields,
        .field_count = 2,
    };
    struct h2 *h;
    struct h2_stream *stream;
    int fd = client_connect(&f);
    assert_int_equal(h2_new(H2_CLIENT, NULL, &events, NULL, 0, &h), 0);
    for (int i = 0; i < LARGE; i++) {
        /* layout_hash: how many names; each request is another, so that none is cached. */
        char body[24] = "\0\0\0\0\x07\x0a\x05";
        snprintf(body + 7, sizeof(body) - 7, "%05d", 15000 + i);
        buf_init(&answers[i].text, 4u << 20);
        assert_int_equal(
            h2_request(h, &request, body_copied(view_of(body, 12)), &answers[i], &stream), 0);
    }
    put_out(h, fd);
    uint32_t open = LARGE, refused = 0, granted = 0;
    while (open > 0) {
        uint8_t bytes[16384];
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        assert_true(n > 0);
        h2_receive(h, view_of(bytes, (size_t)n), 0);
        put_out(h, fd);
        open = 0;
        for (int i = 0; i < LARGE; i++)
            open += !answers[i].closed;
    }
    for (int i = 0; i < LARGE; i++) {
        struct view v = buf_view(&answers[i].text);
        refused += memmem(v.at, v.len, "grpc-status: 8\n", 15) != NULL;
        granted += memmem(v.at, v.len, "grpc-status: 0\n", 15) != NULL;
        buf_release(&answers[i].text);
    }
    assert_int_equal(granted + refused, LARGE);
    assert_in_range(granted, 3, 8);
    h2_free(h);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_call_for_comparison),
        cmocka_unit_test(bad_requests_have_their_codes),
        cmocka_unit_test(messages_are_percent_coded_and_details_packed),
        cmocka_unit_test(a_long_message_ends_with_a_whole_character),
        cmocka_unit_test(other_types_are_415),
        cmocka_unit_test(connect_works_over_http2_too),
        cmocka_unit_test(what_comes_behind_stands_where_each_wire_has_it),
        cmocka_unit_test(a_refusal_keeps_head_and_trailers_apart),
        cmocka_unit_test(further_details_stand_behind_ours),
        cmocka_unit_test(a_body_without_end_is_refused_as_it_comes),
        cmocka_unit_test(large_answers_at_once_are_bounded),
    };
    return cmocka_run_group_tests_name("wire/wire", tests, start, stop);
}
