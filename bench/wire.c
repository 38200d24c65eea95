#include "bench/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/server.h"
#include "clock/clock.h"
#include "err/err.h"

#define EVENTS_MAX  256
#define READ_BYTES  65536
#define WATCHED_MAX 20000

int wire_connect(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int one = 1;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

bool wire_send(int fd, struct view bytes)
{
    while (bytes.len > 0) {
        const ssize_t n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes.at += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

/* ---- the load ---- */

/* The length of one whole answer: head and content-length. 0 where there is none. */
static size_t answer_length(int fd, char *buffer)
{
    size_t have = 0;
    while (have < READ_BYTES - 1) {
        const ssize_t n = recv(fd, buffer + have, READ_BYTES - 1 - have, 0);
        if (n <= 0)
            return 0;
        have += (size_t)n;
        buffer[have] = '\0';
        const char *end = strstr(buffer, "\r\n\r\n");
        const char *length = strcasestr(buffer, "content-length:");
        if (!end || !length)
            continue;
        const size_t whole = (size_t)(end + 4 - buffer) + strtoul(length + 15, NULL, 10);
        if (have >= whole)
            return have == whole ? whole : 0;
    }
    return 0;
}

double wire_ask(uint16_t port, struct view request, uint32_t connections, double seconds)
{
    static char buffer[READ_BYTES];
    struct {
        int fd;
        size_t got;
    } peers[1024] = {0};
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    size_t whole = 0;
    bool well = connections <= 1024 && epoll >= 0;
    for (uint32_t i = 0; well && i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        peers[i].fd = wire_connect(port);
        well = peers[i].fd >= 0 && wire_send(peers[i].fd, request);
        if (well && i == 0)
            well =
                (whole = answer_length(peers[0].fd, buffer)) > 0 && wire_send(peers[0].fd, request);
        well = well && epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].fd, &event) == 0;
    }
    const int64_t begin_ns = clock_mono_ns(clock_system());
    int64_t now_ns = begin_ns;
    uint64_t answers = 0;
    while (well && (double)(now_ns - begin_ns) < seconds * NS_PER_S) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(epoll, events, EVENTS_MAX, 1000);
        for (int i = 0; i < count; i++) {
            const uint32_t who = events[i].data.u32;
            const ssize_t n = recv(peers[who].fd, buffer, sizeof(buffer), 0);
            well = well && n > 0;
            peers[who].got += n > 0 ? (size_t)n : 0;
            if (peers[who].got < whole)
                continue;
            peers[who].got -= whole;
            answers++;
            well = well && wire_send(peers[who].fd, request);
        }
        now_ns = clock_mono_ns(clock_system());
    }
    for (uint32_t i = 0; i < connections && i < 1024; i++) {
        if (peers[i].fd > 0)
            close(peers[i].fd);
    }
    close(epoll);
    return well ? (double)answers * NS_PER_S / (double)(now_ns - begin_ns) : 0;
}

/* ---- the limits ---- */

static int listen_any(uint16_t *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return -1;
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int accept_all(int epoll, int listener, int *peers, int count)
{
    const int one = 1;
    for (;;) {
        struct epoll_event event = {.events = EPOLLIN};
        const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return count;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        event.data.fd = fd;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        if (peers && count < WATCHED_MAX)
            peers[count] = fd;
        count++;
    }
}

/* Until it is killed. every_ms 0: answers what it reads; otherwise writes to all at that pace. */
static void serve_bare(int listener, struct view bytes, int every_ms)
{
    static int peers[WATCHED_MAX];
    static char buffer[READ_BYTES];
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    int count = 0;
    int64_t next_ns = clock_mono_ns(clock_system());
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        const int64_t left_ns = next_ns - clock_mono_ns(clock_system());
        const int wait_ms = every_ms == 0 ? -1 : left_ns > 0 ? (int)(left_ns / NS_PER_MS) + 1 : 0;
        const int ready = epoll_wait(epoll, events, EVENTS_MAX, wait_ms);
        for (int i = 0; i < ready; i++) {
            const int fd = events[i].data.fd;
            if (fd == listener) {
                count = accept_all(epoll, listener, every_ms ? peers : NULL, count);
                continue;
            }
            const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
            if (n > 0 && every_ms == 0)
                wire_send(fd, bytes);
            else if (n == 0)
                close(fd);
        }
        if (every_ms == 0 || clock_mono_ns(clock_system()) < next_ns)
            continue;
        next_ns += every_ms * NS_PER_MS;
        for (int i = 0; i < count && i < WATCHED_MAX; i++)
            (void)!send(peers[i], bytes.at, bytes.len, MSG_NOSIGNAL);
    }
}

static int start_bare(struct view bytes, int every_ms, int cpu, uint16_t *ret_port, pid_t *ret_pid)
{
    const int listener = listen_any(ret_port);
    if (listener < 0)
        return ERR_IO;
    fflush(NULL);
    *ret_pid = fork();
    if (*ret_pid == 0) {
        bench_stay_on(cpu);
        serve_bare(listener, bytes, every_ms);
    }
    close(listener);
    return *ret_pid > 0 ? 0 : ERR_IO;
}

int wire_responder(struct view answer, int cpu, uint16_t *ret_port, pid_t *ret_pid)
{
    return start_bare(answer, 0, cpu, ret_port, ret_pid);
}

int wire_broadcaster(struct view frame, int every_ms, int cpu, uint16_t *ret_port, pid_t *ret_pid)
{
    return start_bare(frame, every_ms, cpu, ret_port, ret_pid);
}

void wire_end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
