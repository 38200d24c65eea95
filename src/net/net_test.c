#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err/err.h"
#include "net/connect.h"
#include "net/listener.h"
#include "net/stream.h"

#define MANY         200        /* connections: more than one batch */
#define LARGE        (8u << 20) /* bytes of an answer: far more than a send buffer */
#define LARGE_MAX_NS (1500 * NS_PER_MS)

/* Both ends on one loop, in one fiber; its checks count instead of jumping off the stack. */
static unsigned failures;

static void check_at(bool right, const char *what, int line)
{
    if (!right) {
        fprintf(stderr, "net_test.c:%d: %s\n", line, what);
        failures++;
    }
}
#define check(right) check_at(right, #right, __LINE__)

struct server {
    struct net_listener listener;
    struct net_address address;
    struct view host;
    uint16_t port;
    struct fiber *fiber;
    int accepted[MANY];
    uint32_t count;
};

static int64_t soon(void)
{
    return deadline_after_ms(fiber_now_ns(), 5000);
}

static void on_accepted(struct net_listener *listener, int fd)
{
    struct server *s = listener->user;
    s->accepted[s->count++] = fd;
    fiber_unpark(s->fiber);
}

static void open_server(struct server *s, const char *host)
{
    int fd = -1;
    *s = (struct server){.fiber = fiber_self(), .host = view_str(host)};
    check(net_address_of(s->host, 0, &s->address) == 0);
    check(net_listen(&s->address, &fd) == 0);
    check(net_bound(fd, &s->address) == 0);
    s->port = net_address_port(&s->address);
    check(s->port != 0);
    check(net_listener_start(&s->listener, sched_loop(sched_current()), fd, on_accepted, s) == 0);
}

static void close_server(struct server *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        close(s->accepted[i]);
    net_listener_stop(&s->listener);
    while (net_listener_busy(&s->listener))
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), 1));
}

static void await_accepted(struct server *s, uint32_t count)
{
    while (s->count < count && fiber_park(soon()) == 0)
        ;
    check(s->count == count);
}

static void run(void (*body)(void *arg))
{
    failures = 0;
    assert_int_equal(fiber_main(body, NULL), 0);
    assert_int_equal(failures, 0);
}

static void many_body(void *arg)
{
    struct server s;
    int fds[MANY], on = 0;
    socklen_t len = sizeof(on);
    open_server(&s, "127.0.0.1");
    for (int i = 0; i < MANY; i++)
        check(net_connect(s.host, s.port, NULL, soon(), &fds[i]) == 0);
    await_accepted(&s, MANY);
    int fd = s.accepted[0];
    check(fcntl(fd, F_GETFL) & O_NONBLOCK);
    check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    check(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on);
    check(getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &on, &len) == 0 && on == NET_UNSENT);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    close_server(&s);
}

static void more_than_a_batch_is_accepted(void **state)
{
    run(many_body);
}

static void six_body(void *arg)
{
    struct server s;
    int fd;
    open_server(&s, "::1");
    check(net_connect(s.host, s.port, NULL, soon(), &fd) == 0);
    await_accepted(&s, 1);
    close(fd);
    close_server(&s);
}

static void ipv6_works_too(void **state)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool here = fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
    if (fd >= 0)
        close(fd);
    if (!here) {
        print_message("this machine has no IPv6: not tried\n");
        skip();
    }
    run(six_body);
}

/* Without a descriptor left, who comes is closed at once and the listener lives on. */
static void starving_body(void *arg)
{
    struct server s;
    struct rlimit before, low;
    char byte;
    open_server(&s, "127.0.0.1");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(getrlimit(RLIMIT_NOFILE, &before) == 0);
    low = before;
    low.rlim_cur = (rlim_t)fd + 1;
    check(setrlimit(RLIMIT_NOFILE, &low) == 0);
    check(connect(fd, (const struct sockaddr *)&s.address.sockaddr, s.address.len) == 0);
    while (s.listener.refused == 0 && fiber_now_ns() < soon())
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), 1));
    check(s.listener.refused == 1 && s.count == 0);
    check(recv(fd, &byte, 1, 0) <= 0);
    check(setrlimit(RLIMIT_NOFILE, &before) == 0);
    close(fd);
    check(net_connect(s.host, s.port, NULL, soon(), &fd) == 0);
    await_accepted(&s, 1);
    close(fd);
    close_server(&s);
}

static void no_descriptor_left_is_survived(void **state)
{
    run(starving_body);
}

struct end {
    struct net_stream stream;
    struct fiber *fiber;
};

static void on_ready(struct net_stream *stream)
{
    fiber_unpark(list_of(stream, struct end, stream)->fiber);
}

/* Writes until the kernel is full; returns how many bytes it took. */
static size_t fill(struct end *end)
{
    static char block[16384];
    struct view pieces[2] = {{block, sizeof(block)}, {block, sizeof(block)}};
    size_t total = 0, len;
    int err;
    while ((err = net_write(&end->stream, pieces, 2, &len)) == 0)
        total += len;
    check(err == ERR_BUSY);
    return total;
}

static size_t drain(struct end *end, size_t expected)
{
    static char bytes[65536]; /* a fiber has no stack for it */
    size_t total = 0, len;
    while (total < expected) {
        int err = net_read(&end->stream, bytes, sizeof(bytes), &len);
        if (err == 0)
            total += len;
        else if (err != ERR_BUSY || fiber_park(soon()))
            break;
    }
    return total;
}

static void stream_body(void *arg)
{
    struct server s;
    struct end here = {.fiber = fiber_self()}, there = {.fiber = fiber_self()};
    struct loop *loop = sched_loop(sched_current());
    char bytes[16];
    size_t len;
    int fd;
    open_server(&s, "127.0.0.1");
    check(net_connect(s.host, s.port, &s.address, soon(), &fd) == ERR_IO && errno == EADDRINUSE);
    check(net_connect(s.host, s.port, NULL, soon(), &fd) == 0);
    await_accepted(&s, 1);
    check(net_stream_open(&here.stream, loop, fd, NULL, NULL, on_ready) == 0);
    check(net_stream_open(&there.stream, loop, s.accepted[--s.count], NULL, NULL, on_ready) == 0);
    check(net_handshake(&here.stream) == 0 && net_protocol(&here.stream).len == 0);
    check(net_read(&there.stream, bytes, sizeof(bytes), &len) == ERR_BUSY);
    for (int round = 0; round < 3; round++) {
        size_t total = fill(&here);
        check(total > 0 && drain(&there, total) == total);
        while (!here.stream.may_write && fiber_park(soon()) == 0)
            ;
    }
    net_shut_write(&here.stream);
    int err;
    while ((err = net_read(&there.stream, bytes, sizeof(bytes), &len)) == ERR_BUSY &&
           fiber_park(soon()) == 0)
        ;
    check(err == ERR_CLOSED);
    net_stream_close(&here.stream);
    net_stream_close(&here.stream);
    check(!net_stream_is_open(&here.stream));
    net_stream_close(&there.stream);
    close_server(&s);
}

static void a_stream_fills_drains_and_ends(void **state)
{
    run(stream_body);
}

/* Asks, and reads to the end, on a thread of its own: it reads each piece as it comes. */
static void *read_large(void *arg)
{
    const struct server *s = arg;
    static char bytes[65536];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t len = -1;
    size_t got = 0;
    if (connect(fd, (const struct sockaddr *)&s->address.sockaddr, s->address.len) == 0)
        len = send(fd, "?", 1, MSG_NOSIGNAL);
    while (len > 0) {
        len = recv(fd, bytes, sizeof(bytes), 0);
        got += len > 0 ? (size_t)len : 0;
    }
    close(fd);
    return got == LARGE ? arg : NULL;
}

/* Who has just asked acknowledges late (RFC 1122, 4.2.3.2), on Linux by up to 40 ms. With a send
 * buffer that holds less than the path does, each piece waits for that. */
static void large_body(void *arg)
{
    static char block[65536];
    struct server s;
    struct end there = {.fiber = fiber_self()};
    struct view piece;
    pthread_t reader;
    size_t sent = 0, len;
    char byte;
    void *whole = NULL;
    open_server(&s, "127.0.0.1");
    check(pthread_create(&reader, NULL, read_large, &s) == 0);
    await_accepted(&s, 1);
    check(net_stream_open(&there.stream, sched_loop(sched_current()), s.accepted[--s.count], NULL,
                          NULL, on_ready) == 0);
    while (net_read(&there.stream, &byte, 1, &len) == ERR_BUSY && fiber_park(soon()) == 0)
        ;
    const int64_t began_ns = fiber_now_ns();
    while (sent < LARGE) {
        piece = view_of(block, LARGE - sent < sizeof(block) ? LARGE - sent : sizeof(block));
        if (net_write(&there.stream, &piece, 1, &len) == 0)
            sent += len;
        else if (fiber_park(soon()))
            break;
    }
    check(sent == LARGE);
    check(fiber_now_ns() - began_ns < LARGE_MAX_NS);
    net_stream_close(&there.stream);
    check(pthread_join(reader, &whole) == 0 && whole);
    close_server(&s);
}

static void what_is_large_is_not_sent_in_small_pieces(void **state)
{
    run(large_body);
}

static void nowhere_body(void *arg)
{
    struct server s;
    int fd = -1;
    open_server(&s, "127.0.0.1");
    close_server(&s);
    check(net_connect(s.host, s.port, NULL, soon(), &fd) == ERR_UNAVAILABLE);
    check(net_connect(VIEW_LIT("no.such.host.invalid"), 1, NULL, soon(), &fd) == ERR_NOT_FOUND);
    check(net_connect(VIEW_LIT(""), 1, NULL, soon(), &fd) == ERR_INVALID);
    check(fd == -1);
}

static void a_failed_connect_says_why(void **state)
{
    run(nowhere_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_a_batch_is_accepted),
        cmocka_unit_test(ipv6_works_too),
        cmocka_unit_test(no_descriptor_left_is_survived),
        cmocka_unit_test(a_stream_fills_drains_and_ends),
        cmocka_unit_test(what_is_large_is_not_sent_in_small_pieces),
        cmocka_unit_test(a_failed_connect_says_why),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
