/* How a request is found again: its id in the answer, the line of a failure, the counters. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err/err.h"
#include "observe/log.h"
#include "wire/fixture_test.h"

#define TICKET   "/usher.v1.TicketService/"
#define BUYER    "Authorization: Bearer buyer\r\n"
#define PARENT   "0af7651916cd43dd8448eb211c80319c"
#define LOG_READ (64u << 10)

static struct fixture f;
static FILE *lines;

static int start(void **state)
{
    lines = tmpfile();
    if (!lines)
        return -1;
    const struct log_options log = {
        .level = LOG_INFO, .form = LOG_JSON, .fd = fileno(lines), .clock = clock_system()};
    log_setup(&log);
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

static void an_answer_has_the_id_that_came(void **state)
{
    struct buf in;
    post("GetPerformance", "X-Request-Id: shop-42\r\n", "{\"performanceId\": 7}", &in);
    assert_has(&in, "HTTP/1.1 200 OK\r\n");
    assert_has(&in, "\r\nx-request-id: shop-42\r\n");
    buf_release(&in);
    post("GetPerformance", "X-Request-Id: shop-43\r\n", "{}", &in);
    assert_has(&in, "HTTP/1.1 400 ");
    assert_has(&in, "\r\nx-request-id: shop-43\r\n");
    buf_release(&in);
}

/* The id that was made for a call that shows this header. */
static void made_for(const char *headers, char ret_id[27])
{
    static const char name[] = "\r\nx-request-id: ";
    struct buf in;
    post("GetPerformance", headers, "{\"performanceId\": 7}", &in);
    assert_has(&in, name);
    const char *id = strstr(buf_view(&in).at, name) + strlen(name);
    assert_int_equal(strcspn(id, "\r"), 26);
    snprintf(ret_id, 27, "%s", id);
    buf_release(&in);
}

static void one_is_made_for_what_is_none(void **state)
{
    char first[27], second[27];
    made_for("", first);
    made_for("X-Request-Id: two words\r\n", second);
    assert_string_not_equal(first, second);
}

static void what_a_handler_answers_beside_its_message_arrives(void **state)
{
    struct buf in;
    post("HoldSeats", BUYER "X-Request-Id: shop-44\r\n", "{\"performanceId\":1}", &in);
    assert_has(&in, "\r\nusher-seen: shop-44\r\n");
    buf_release(&in);
}

static void read_log(char *text)
{
    log_flush();
    const ssize_t len = pread(fileno(lines), text, LOG_READ - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
}

static void a_failure_has_one_line(void **state)
{
    static char text[LOG_READ];
    struct buf in;
    post("HoldSeats", BUYER "X-Request-Id: taken-1\r\n", "{\"performanceId\":2000002}", &in);
    assert_has(&in, "SEATS_TAKEN");
    buf_release(&in);
    post("ReleaseHold",
         BUYER "X-Request-Id: broken-1\r\nTraceparent: 00-" PARENT "-b7ad6b7169203331-01\r\n", "{}",
         &in);
    assert_has(&in, "HTTP/1.1 503 ");
    buf_release(&in);
    read_log(text);
    const char *line = strstr(text, "\"event.action\":\"call.fail\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "\"rpc.method\":\"/usher.v1.TicketService/ReleaseHold\""));
    assert_non_null(strstr(line, "\"http.request.id\":\"broken-1\""));
    assert_non_null(strstr(line, "\"trace.id\":\"" PARENT "\""));
    assert_non_null(strstr(line, "\"error.code\":\"ERR_UNAVAILABLE\""));
    assert_null(strstr(line + 1, "\"event.action\":\"call.fail\""));
    assert_null(strstr(text, "taken-1"));
}

static void calls_are_counted_by_method_and_code(void **state)
{
    struct buf in, out;
    client_exchange(&f,
                    "POST /usher.v1.TicketService/NoSuch HTTP/1.1\r\nHost: x\r\n"
                    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                    &in);
    buf_release(&in);
    buf_init(&out, 1 << 20);
    assert_int_equal(server_render_calls(f.server, &(struct exposition){&out, false}), 0);
    assert_int_equal(buf_append_byte(&out, 0), 0);
    assert_has(&out, "usher_calls_total{method=\"usher.v1.TicketService/HoldSeats\",code="
                     "\"aborted\"} 1\n");
    assert_has(&out, "usher_calls_total{method=\"usher.v1.TicketService/HoldSeats\",code=\"ok\"} "
                     "1\n");
    assert_has(&out, "usher_calls_total{method=\"usher.v1.TicketService/ReleaseHold\",code="
                     "\"unavailable\"} 1\n");
    assert_has(&out, "usher_calls_total{method=\"unknown\",code=\"unimplemented\"} 1\n");
    assert_has(&out, "usher_call_seconds_count{method=\"usher.v1.TicketService/HoldSeats\"} 2\n");
    assert_null(strstr(buf_view(&out).at, "ListHalls"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_the_id_that_came),
        cmocka_unit_test(one_is_made_for_what_is_none),
        cmocka_unit_test(what_a_handler_answers_beside_its_message_arrives),
        cmocka_unit_test(a_failure_has_one_line),
        cmocka_unit_test(calls_are_counted_by_method_and_code),
    };
    return cmocka_run_group_tests_name("wire/trace", tests, start, stop);
}
