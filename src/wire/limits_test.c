/* Timers, caps and the way down: what a server does with those who do not do their part. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock/clock.h"
#include "codec/envelope.h"
#include "err/err.h"
#include "wire/fixture_test.h"
#include "wire/limits.h"

#define TICKET    "/usher.v1.TicketService/"
#define HEADER_MS 80
#define IDLE_MS   400
#define STALL_MS  150

static struct fixture f;

static int start(void **state)
{
    fixture_start(&f, (struct server_options){.header_max_ms = HEADER_MS,
                                              .idle_max_ms = IDLE_MS,
                                              .stall_max_ms = STALL_MS,
                                              .connections_max = 50});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

static int64_t now_ms(void)
{
    return clock_mono_ns(clock_system()) / NS_PER_MS;
}

/* Sends text, then a byte of more every few milliseconds for as long as it lasts; the answer must
 * be there in the time a total timer allows. */
static void drip(const char *text, const char *more, const char *answer)
{
    struct buf in;
    int64_t began = now_ms();
    int fd = client_connect(&f);
    buf_init(&in, 65536);
    client_send(fd, text);
    for (size_t i = 0; more[0]; i++) {
        if (send(fd, &more[i % strlen(more)], 1, MSG_NOSIGNAL) != 1)
            break;
        uint8_t byte;
        struct timeval little = {.tv_usec = 5000};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &little, sizeof(little));
        ssize_t n = recv(fd, &byte, 1, MSG_PEEK);
        if (n >= 0)
            break;
        assert_true(now_ms() - began < 10 * HEADER_MS);
    }
    struct timeval five = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof(five));
    client_read_all(fd, &in);
    assert_true(now_ms() - began >= HEADER_MS);
    assert_true(now_ms() - began < 10 * HEADER_MS);
    assert_int_equal(buf_append_byte(&in, '\0'), 0);
    assert_has(&in, answer);
    close(fd);
    buf_release(&in);
}

static void a_slow_head_is_408(void **state)
{
    drip("POST " TICKET "GetPerformance HTTP/1.1\r\nHost: h\r\nX: ", "a",
         "\r\n\r\n408: the request did not become whole in time\n");
}

static void a_slow_body_is_408(void **state)
{
    drip("POST " TICKET "GetPerformance HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
         "Content-Length: 1000\r\n\r\n",
         " ", "HTTP/1.1 408 ");
}

/* How long a connection lives that sends this and then nothing. */
static int64_t closed_after_ms(const char *text)
{
    struct buf in;
    int64_t began = now_ms();
    int fd = client_connect(&f);
    buf_init(&in, 65536);
    client_send(fd, text);
    client_read_all(fd, &in);
    close(fd);
    buf_release(&in);
    assert_true(now_ms() - began >= HEADER_MS);
    return now_ms() - began;
}

static void who_says_nothing_is_closed(void **state)
{
    drip("", "", "");
    drip("PRI * HT", "", "");
    assert_true(closed_after_ms("") < IDLE_MS);
    assert_true(closed_after_ms("PRI * HT") < IDLE_MS);
}

/* An empty line is no request: the idle time is for those who have asked for something. */
static void who_asks_nothing_is_closed(void **state)
{
    assert_true(closed_after_ms("\r\n") < IDLE_MS);
}

static void who_asks_nothing_over_http2_is_sent_away(void **state)
{
    static const char settings[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    uint8_t frame[9];
    int64_t began = now_ms();
    int fd = client_connect(&f);
    assert_int_equal(send(fd, settings, sizeof(settings) - 1, 0), sizeof(settings) - 1);
    do {
        uint8_t payload[64];
        assert_int_equal(recv(fd, frame, sizeof(frame), MSG_WAITALL), sizeof(frame));
        assert_true(frame[2] <= sizeof(payload));
        if (frame[2])
            assert_int_equal(recv(fd, payload, frame[2], MSG_WAITALL), frame[2]);
    } while (frame[3] != 7); /* GOAWAY */
    assert_true(now_ms() - began >= HEADER_MS);
    assert_true(now_ms() - began < IDLE_MS);
    close(fd);
}

static void an_idle_connection_is_closed(void **state)
{
    struct buf in;
    int fd = client_connect(&f);
    buf_init(&in, 65536);
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(client_read_until(fd, &in, "<h1>Usher</h1>"));
    int64_t began = now_ms();
    client_read_all(fd, &in);
    assert_true(now_ms() - began >= IDLE_MS / 2);
    assert_true(now_ms() - began < 10 * IDLE_MS);
    close(fd);
    buf_release(&in);
}

static int open_watch(const char *json, int receive_bytes)
{
    char request[512];
    uint8_t head[ENVELOPE_BYTES];
    int fd = client_connect(&f);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
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

static void who_does_not_read_is_closed(void **state)
{
    uint32_t before = fixture_cancelled;
    int fd = open_watch("{\"performanceId\":1000001}", 4096);
    fixture_await(&fixture_waiting, 1);
    int64_t began = now_ms();
    fixture_await(&fixture_waiting, 0);
    assert_true(now_ms() - began >= STALL_MS / 2);
    assert_int_equal(fixture_cancelled, before + 1);
    close(fd);
}

static void a_watcher_may_be_silent(void **state)
{
    struct buf in;
    buf_init(&in, 65536);
    int fd = open_watch("{\"performanceId\":1000002}", 65536);
    assert_true(client_read_until(fd, &in, "{\"version\":\"1\"}"));
    /* Longer than every timer, without a word from either side. */
    struct timeval wait = {.tv_usec = 2 * IDLE_MS * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    uint8_t byte;
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    fixture_push(&f, 2);
    struct timeval five = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof(five));
    assert_true(client_read_until(fd, &in, "{\"version\":\"2\"}"));
    close(fd);
    fixture_await(&fixture_sinks, 0);
    buf_release(&in);
}

static void more_connections_than_allowed_get_503(void **state)
{
    int fds[50];
    struct buf in;
    buf_init(&in, 65536);
    for (int i = 0; i < 50; i++) {
        buf_clear(&in);
        fds[i] = open_watch("{\"performanceId\":1000002}", 65536);
        assert_true(client_read_until(fds[i], &in, "{\"version\":\"1\"}"));
    }
    int fd = client_connect(&f);
    buf_clear(&in);
    client_read_all(fd, &in);
    assert_int_equal(buf_append_byte(&in, '\0'), 0);
    assert_has(&in, "HTTP/1.1 503 ");
    assert_has(&in, "retry-after: 1\r\n");
    assert_has(&in, "\r\n\r\n503: ");
    close(fd);
    struct server_stats stats;
    server_stats(f.server, &stats);
    assert_int_equal(stats.connections_open, 50);
    assert_int_equal(stats.streams_open, 50);
    for (int i = 0; i < 50; i++)
        close(fds[i]);
    fixture_await(&fixture_sinks, 0);
    buf_release(&in);
}

/* ---- the way down ---- */

static int open_hold(const struct fixture *of)
{
    static const char body[] = "{\"performanceId\":2000001}";
    char request[512];
    int fd = client_connect(of);
    snprintf(request, sizeof(request),
             "POST " TICKET "HoldSeats HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
             "Authorization: Bearer buyer\r\nConnect-Timeout-Ms: 150\r\nContent-Length: %zu\r\n"
             "\r\n%s",
             sizeof(body) - 1, body);
    client_send(fd, request);
    return fd;
}

static void calls_end_streams_are_told_connections_close(void **state)
{
    struct fixture own = f;
    struct buf in;
    buf_init(&in, 65536);
    fixture_start(&f, (struct server_options){0});
    int idle = client_connect(&f), busy = open_hold(&f);
    int watcher = open_watch("{\"performanceId\":1000002}", 65536);
    fixture_await(&fixture_waiting, 1);
    fixture_await(&fixture_sinks, 1);
    int64_t began = now_ms();
    fixture_stop(&f, 5000);
    assert_true(now_ms() - began >= 50);
    assert_true(now_ms() - began < 3000);
    /* The call under way had its answer, and was told that it was the last. */
    client_read_all(busy, &in);
    assert_int_equal(buf_append_byte(&in, '\0'), 0);
    assert_has(&in, "HTTP/1.1 504 ");
    assert_has(&in, "connection: close\r\n");
    buf_clear(&in);
    client_read_all(watcher, &in);
    assert_true(memmem(buf_view(&in).at, in.len, "{\"error\":{\"code\":\"unavailable\"", 30));
    buf_clear(&in);
    client_read_all(idle, &in);
    assert_int_equal(in.len, 0);
    close(idle);
    close(busy);
    close(watcher);
    buf_release(&in);
    f = own;
}

static void what_outlasts_the_grace_is_cut(void **state)
{
    struct fixture own = f;
    fixture_start(&f, (struct server_options){0});
    int watcher = open_watch("{\"performanceId\":1000001}", 4096);
    fixture_await(&fixture_waiting, 1);
    int64_t began = now_ms();
    fixture_stop(&f, 100);
    assert_true(now_ms() - began < 2000);
    close(watcher);
    f = own;
}

static void more_calls_than_allowed_get_503(void **state)
{
    struct fixture own = f;
    struct buf in;
    int fds[2];
    fixture_start(&f, (struct server_options){.calls_max = 2});
    for (uint32_t i = 0; i < 2; i++) {
        fds[i] = open_watch("{\"performanceId\":1000002}", 65536);
        fixture_await(&fixture_sinks, i + 1);
    }
    client_post(&f, TICKET "ListEvents", "application/json", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 503 ");
    buf_release(&in);
    close(fds[0]);
    fixture_await(&fixture_sinks, 1);
    fixture_turn(&f);
    client_post(&f, TICKET "ListEvents", "application/json", "", "{}", &in);
    assert_has(&in, "HTTP/1.1 200 ");
    buf_release(&in);
    close(fds[1]);
    fixture_stop(&f, 1000);
    f = own;
}

/* More fibers are ready than run in a turn, so nothing more is read; who connects meanwhile is read
 * when they have caught up, also where that is later than a head may come: it was not late. */
static void who_connects_while_all_are_busy_is_answered(void **state)
{
    static const char spin[] = "{\"performanceId\":2000003}";
    static char request[512];
    struct fixture own = f;
    struct buf in;
    int spinners[WIRE_READY_MAX];
    snprintf(request, sizeof(request),
             "POST " TICKET "HoldSeats HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer buyer\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(spin), spin);
    fixture_start(&f, (struct server_options){.header_max_ms = HEADER_MS});
    fixture_spins = true;
    for (uint32_t i = 0; i < WIRE_READY_MAX; i++) {
        spinners[i] = client_connect(&f);
        client_send(spinners[i], request);
        fixture_await(&fixture_waiting, i + 1);
    }
    int late = client_connect(&f);
    buf_init(&in, 65536);
    client_send(late, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int64_t began = now_ms(); now_ms() < began + 4 * HEADER_MS;)
        fixture_turn(&f);
    fixture_spins = false;
    assert_true(client_read_until(late, &in, "<h1>Usher</h1>"));
    close(late);
    for (uint32_t i = 0; i < WIRE_READY_MAX; i++)
        close(spinners[i]);
    buf_release(&in);
    fixture_stop(&f, 1000);
    f = own;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_head_is_408),
        cmocka_unit_test(a_slow_body_is_408),
        cmocka_unit_test(who_says_nothing_is_closed),
        cmocka_unit_test(who_asks_nothing_is_closed),
        cmocka_unit_test(who_asks_nothing_over_http2_is_sent_away),
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(who_does_not_read_is_closed),
        cmocka_unit_test(a_watcher_may_be_silent),
        cmocka_unit_test(more_connections_than_allowed_get_503),
        cmocka_unit_test(more_calls_than_allowed_get_503),
        cmocka_unit_test(who_connects_while_all_are_busy_is_answered),
        cmocka_unit_test(calls_end_streams_are_told_connections_close),
        cmocka_unit_test(what_outlasts_the_grace_is_cut),
    };
    return cmocka_run_group_tests_name("wire/limits", tests, start, stop);
}
