/* The client against a small server on a thread of its own, which does what the path says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/http.h"
#include "err/err.h"
#include "fiber/fiber.h"

#define CONNS_MAX 256
#define REQUEST   16384

/* ---- the server ---- */

struct peer {
    int fd;
    size_t len;
    char in[REQUEST];
};

static struct {
    int fd, stop[2];
    uint16_t port;
    pthread_t thread;
    uint32_t accepted;
    struct peer peers[CONNS_MAX];
    uint32_t count;
    _Atomic uint32_t hanging, hanging_most;
} server;

static void reply(struct peer *peer, const char *status, const char *fields, const char *body,
                  size_t len)
{
    char head[512];
    const int head_len = snprintf(
        head, sizeof(head), "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, fields, len);
    if (send(peer->fd, head, (size_t)head_len, MSG_NOSIGNAL) < 0)
        return;
    for (size_t sent = 0; sent < len;) {
        const ssize_t n = send(peer->fd, body + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += (size_t)n;
    }
}

/* False: the connection is to be closed. */
static bool serve(struct peer *peer, const char *body)
{
    static char large[HTTP_ANSWER_MAX + 1];
    if (strstr(peer->in, " /echo ")) {
        reply(peer, "200 OK", "X-Tag:  \t told \r\nx-other: 1\r\n", peer->in, peer->len);
    } else if (strstr(peer->in, " /body ")) {
        reply(peer, "409 Conflict", "", body, strlen(body));
    } else if (strstr(peer->in, " /large ")) {
        memset(large, 'x', sizeof(large));
        reply(peer, "200 OK", "", large, sizeof(large));
    } else if (strstr(peer->in, " /most ")) {
        memset(large, 'y', sizeof(large));
        reply(peer, "200 OK", "", large, HTTP_ANSWER_MAX);
    } else if (strstr(peer->in, " /half ")) {
        static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        return send(peer->fd, half, sizeof(half) - 1, MSG_NOSIGNAL) > 0;
    } else if (strstr(peer->in, " /hang ")) {
        const uint32_t now = ++server.hanging;
        server.hanging_most = now > server.hanging_most ? now : server.hanging_most;
    } else if (strstr(peer->in, " /cut ")) {
        return false;
    }
    return true;
}

/* False at its end. */
static bool read_some(struct peer *peer)
{
    const ssize_t n = recv(peer->fd, peer->in + peer->len, REQUEST - 1 - peer->len, 0);
    if (n <= 0)
        return false;
    peer->len += (size_t)n;
    peer->in[peer->len] = '\0';
    char *body = strstr(peer->in, "\r\n\r\n");
    const char *length = strstr(peer->in, "Content-Length: ");
    const size_t want = length ? (size_t)strtoul(length + 16, NULL, 10) : 0;
    if (!body || strlen(body + 4) < want)
        return true;
    const bool go_on = serve(peer, body + 4);
    peer->len = 0;
    return go_on;
}

static void *run_server(void *arg)
{
    struct pollfd polls[CONNS_MAX + 2];
    for (;;) {
        polls[0] = (struct pollfd){.fd = server.stop[0], .events = POLLIN};
        polls[1] = (struct pollfd){.fd = server.fd, .events = POLLIN};
        const uint32_t count = server.count;
        for (uint32_t i = 0; i < count; i++)
            polls[i + 2] = (struct pollfd){.fd = server.peers[i].fd, .events = POLLIN};
        poll(polls, count + 2, -1);
        if (polls[0].revents)
            return NULL;
        for (uint32_t i = count; i > 0; i--) {
            struct peer *peer = &server.peers[i - 1];
            if (polls[i + 1].revents && !read_some(peer)) {
                close(peer->fd);
                *peer = server.peers[--server.count];
            }
        }
        if (polls[1].revents && server.count < CONNS_MAX) {
            server.peers[server.count++] = (struct peer){.fd = accept(server.fd, NULL, NULL)};
            server.accepted++;
        }
    }
}

static int start(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server.fd, 256), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&address, &len), 0);
    server.port = ntohs(address.sin_port);
    assert_int_equal(pipe(server.stop), 0);
    return pthread_create(&server.thread, NULL, run_server, NULL);
}

static int stop(void **state)
{
    assert_int_equal(write(server.stop[1], "x", 1), 1);
    pthread_join(server.thread, NULL);
    for (uint32_t i = 0; i < server.count; i++)
        close(server.peers[i].fd);
    close(server.fd);
    close(server.stop[0]);
    close(server.stop[1]);
    return 0;
}

/* ---- the tests: a body in a fiber, whose checks count instead of jumping off the stack ---- */

static unsigned failures;

static void check_at(bool right, const char *what, int line)
{
    if (!right) {
        fprintf(stderr, "http_test.c:%d: %s\n", line, what);
        failures++;
    }
}
#define check(right) check_at(right, #right, __LINE__)

static struct http_client *client;
static struct arena arena;

static void in_fiber(void *arg)
{
    void (*body)(void) = (void (*)(void))arg;
    check(http_client_new(sched_loop(sched_current()), NULL, &client) == 0);
    arena_init(&arena, 8u << 20);
    body();
    arena_release(&arena);
    http_client_free(client);
    /* A turn of the loop: a look at its sockets that is posted still owns a part of the client. */
    check(fiber_sleep_until(fiber_now_ns() + 1) == 0);
}

static void in_world(void (*body)(void))
{
    failures = 0;
    assert_int_equal(fiber_main(in_fiber, (void *)body), 0);
    assert_int_equal(failures, 0);
}

static int ask(const char *method, const char *path, const char *body, int64_t ms,
               struct http_answer *ret_answer)
{
    char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
    const struct http_ask a = {.method = method,
                               .url = url,
                               .fields = {"X-Key: k1", "Content-Type: application/json"},
                               .body = view_str(body)};
    return http_call(http_client(client), &a, &arena, ret_answer,
                     deadline_after_ms(fiber_now_ns(), ms));
}

static bool has(struct view v, const char *text)
{
    return v.len > 0 && memmem(v.at, v.len, text, strlen(text));
}

static void exchanges(void)
{
    struct http_answer answer;
    check(ask("GET", "/echo", NULL, 5000, &answer) == 0);
    check(answer.status == 200);
    check(has(answer.body, "GET /echo HTTP/1.1\r\n") && has(answer.body, "X-Key: k1\r\n"));
    check(view_eq(http_field(&answer, VIEW_LIT("X-TAG")), VIEW_LIT("told")));
    check(view_eq(http_field(&answer, VIEW_LIT("x-other")), VIEW_LIT("1")));
    check(http_field(&answer, VIEW_LIT("x-none")).len == 0);
    check(ask("POST", "/body", "{\"a\":1}", 5000, &answer) == 0);
    check(answer.status == 409 && view_eq(answer.body, VIEW_LIT("{\"a\":1}")));
    check(ask("POST", "/echo", NULL, 5000, &answer) == 0);
    check(has(answer.body, "Content-Length: 0\r\n") && !has(answer.body, "Expect"));
    check(ask("GET", "/most", NULL, 5000, &answer) == 0);
    check(answer.body.len == HTTP_ANSWER_MAX);
}

static void exchanges_and_connections_are_kept(void **state)
{
    const uint32_t before = server.accepted;
    in_world(exchanges);
    assert_int_equal(server.accepted - before, 1);
}

/* Whether the other side may have acted is what a caller has to know. */
static void failing(void)
{
    struct http_answer answer = {.status = 7};
    check(ask("POST", "/cut", "x", 5000, &answer) == ERR_UNKNOWN);
    check(ask("POST", "/hang", "x", 50, &answer) == ERR_TIMEOUT);
    check(ask("GET", "/half", "", 50, &answer) == ERR_TIMEOUT);
    check(ask("GET", "/large", "", 5000, &answer) == ERR_UNKNOWN);
    const struct http_ask refused = {.method = "GET", .url = "http://127.0.0.1:1/"};
    check(http_call(http_client(client), &refused, &arena, &answer,
                    deadline_after_ms(fiber_now_ns(), 5000)) == ERR_UNAVAILABLE);
    static const struct http_ask cut[] = {
        {.method = "GET", .url = "http://127.0.0.1:1/a b"},
        {.method = "GET", .url = "http://127.0.0.1:1/\r\nHost: other"},
        {.method = "GET /x", .url = "http://127.0.0.1:1/"},
        {.method = "GET", .url = "http://127.0.0.1:1/", .fields = {"A: b", "C: d\r\nE: f"}},
        {.method = "GET", .url = "http://127.0.0.1:1/", .fields = {"A: b\177"}},
    };
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
        check(http_call(http_client(client), &cut[i], &arena, &answer,
                        deadline_after_ms(fiber_now_ns(), 2000)) == ERR_INVALID);
    const struct http_ask file = {.method = "GET", .url = "file:///etc/passwd"};
    check(http_call(http_client(client), &file, &arena, &answer,
                    deadline_after_ms(fiber_now_ns(), 5000)) == ERR_INVALID);
    char url[64];
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/echo", server.port);
    const struct http_ask no_tls = {.method = "GET", .url = url};
    check(http_call(http_client(client), &no_tls, &arena, &answer,
                    deadline_after_ms(fiber_now_ns(), 200)) == ERR_UNAVAILABLE);
    check(answer.status == 7);
}

static void failures_tell_what_may_have_happened(void **state)
{
    in_world(failing);
}

static uint32_t ended_timeout, ended_unsent, ended_cancelled;

static void hang(void *arg)
{
    struct http_answer answer;
    const int err = ask("POST", "/hang", "x", arg ? 60000 : 200, &answer);
    ended_timeout += err == ERR_TIMEOUT;
    ended_unsent += err == ERR_UNAVAILABLE;
    ended_cancelled += err == ERR_CANCELLED;
}

/* More wait, unsent, until there is room. */
static void crowd(void)
{
    struct scope full, more;
    scope_init(&full);
    scope_init(&more);
    for (int i = 0; i < HTTP_CALLS_MAX; i++)
        check(fiber_spawn(&full, hang, &full) == 0);
    while (server.hanging < HTTP_CALLS_MAX && fiber_yield() == 0)
        ;
    for (int i = 0; i < 10; i++)
        check(fiber_spawn(&more, hang, NULL) == 0);
    check(scope_join(&more, deadline_after_ms(fiber_now_ns(), 10000)) == 0);
    check(ended_unsent == 10 && ended_timeout == 0);
    check(server.hanging_most == HTTP_CALLS_MAX);
    scope_close(&full);
    check(ended_cancelled == HTTP_CALLS_MAX);
    struct http_answer answer;
    check(ask("GET", "/echo", NULL, 5000, &answer) == 0);
}

static void calls_in_flight_have_a_maximum(void **state)
{
    ended_timeout = ended_unsent = ended_cancelled = 0;
    server.hanging = server.hanging_most = 0;
    in_world(crowd);
}

static void cancel(void)
{
    struct scope scope;
    scope_init(&scope);
    check(fiber_spawn(&scope, hang, &scope) == 0);
    while (server.hanging == 0 && fiber_yield() == 0)
        ;
    scope_close(&scope);
    check(ended_cancelled == 1);
}

static void a_cancelled_fiber_leaves_at_once(void **state)
{
    ended_cancelled = 0;
    server.hanging = 0;
    in_world(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges_and_connections_are_kept),
        cmocka_unit_test(failures_tell_what_may_have_happened),
        cmocka_unit_test(calls_in_flight_have_a_maximum),
        cmocka_unit_test(a_cancelled_fiber_leaves_at_once),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
