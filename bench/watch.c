/*
 * A message every 100 ms to 10,000 watchers over HTTP/1.1: CPU of the server a frame, and memory a
 * watcher; beside it a bare loop that writes as many bytes to as many sockets. Server on one core,
 * readers on the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "bench/wire.h"
#include "clock/clock.h"
#include "err/err.h"

#define WATCHERS 10000
#define FRAMES   30
#define EVERY_MS 100
#define SAMPLE   100

struct readers {
    int epoll;
    uint32_t count;
    int fds[WATCHERS];
    uint64_t bytes; /* read so far */
    /* Of one reader in SAMPLE, which are looked at: how long a frame is. */
    uint64_t sample_bytes;
    uint64_t sample_frames;
};

static bool open_readers(struct readers *readers, uint16_t port, struct view request)
{
    readers->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (; readers->count < WATCHERS; readers->count++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = readers->count};
        const int fd = wire_connect(port);
        if (fd < 0) {
            fprintf(stderr, "usher-bench: watch: connection %u: %s\n", readers->count + 1,
                    strerror(errno));
            return false;
        }
        readers->fds[readers->count] = fd;
        if (!wire_send(fd, request) || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
            epoll_ctl(readers->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            return false;
    }
    return true;
}

static void close_readers(struct readers *readers)
{
    for (uint32_t i = 0; i < readers->count; i++)
        close(readers->fds[i]);
    close(readers->epoll);
}

/* How often the mark, the beginning of a frame, is in there. A mark that two reads share is missed;
 * reads are whole frames nearly always. */
static uint32_t count_frames(const char *at, size_t len)
{
    static const char mark[] = "{\"version\"";
    uint32_t count = 0;
    const char *end = at + len;
    while ((at = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1)) != NULL) {
        count++;
        at += sizeof(mark) - 1;
    }
    return count;
}

/* Reads what comes until until_ns. */
static void read_until(struct readers *readers, int64_t until_ns)
{
    static char buffer[65536];
    int64_t now_ns;
    while ((now_ns = clock_mono_ns(clock_system())) < until_ns) {
        struct epoll_event events[256];
        const int ready =
            epoll_wait(readers->epoll, events, 256, (int)((until_ns - now_ns) / NS_PER_MS) + 1);
        for (int i = 0; i < ready; i++) {
            const uint32_t who = events[i].data.u32;
            const ssize_t n = read(readers->fds[who], buffer, sizeof(buffer));
            if (n <= 0)
                continue;
            readers->bytes += (size_t)n;
            if (who % SAMPLE == 0) {
                readers->sample_bytes += (size_t)n;
                readers->sample_frames += count_frames(buffer, (size_t)n);
            }
        }
    }
}

/* ---- what makes the hall change: some seats held, and given back ---- */

#define ACTORS 5 /* of eight seats each: a frame of some 280 bytes */

struct actor {
    int fd;
    uint32_t first_seat;
    char token[400];
    char hold_id[40];
};

/* One JSON call on a connection of its own; the answer's text. */
static bool call(struct actor *actor, const char *path, const char *body, char *ret_answer,
                 size_t size)
{
    char request[1200];
    const int len = snprintf(request, sizeof(request),
                             "POST /usher.v1.%s HTTP/1.1\r\nhost: bench\r\ncontent-type: "
                             "application/json\r\n%s%s%scontent-length: %zu\r\n\r\n%s",
                             path, actor->token[0] ? "authorization: Bearer " : "", actor->token,
                             actor->token[0] ? "\r\n" : "", strlen(body), body);
    if (!wire_send(actor->fd, view_of(request, (size_t)len)))
        return false;
    const ssize_t n = read(actor->fd, ret_answer, size - 1);
    ret_answer[n > 0 ? n : 0] = '\0';
    if (n > 0 && strncmp(ret_answer, "HTTP/1.1 200", 12) == 0)
        return true;
    fprintf(stderr, "usher-bench: watch: %s answered %.*s\n", path, (int)strcspn(ret_answer, "\r"),
            n > 0 ? ret_answer : "nothing");
    return false;
}

/* The text of a JSON member, "name":"text". */
static bool member(const char *json, const char *name, char *ret_text, size_t size)
{
    const char *at = strstr(json, name);
    const char *begin = at ? strchr(at + strlen(name) + 1, '"') : NULL;
    const char *end = begin ? strchr(begin + 1, '"') : NULL;
    if (!end || (size_t)(end - begin) > size)
        return false;
    snprintf(ret_text, size, "%.*s", (int)(end - begin - 1), begin + 1);
    return true;
}

static bool change(struct actor *actor)
{
    char answer[4096], body[200];
    if (!actor->hold_id[0]) {
        const uint32_t s = actor->first_seat;
        snprintf(body, sizeof(body), "{\"performanceId\":1,\"seats\":[%u,%u,%u,%u,%u,%u,%u,%u]}", s,
                 s + 1, s + 2, s + 3, s + 4, s + 5, s + 6, s + 7);
        return call(actor, "TicketService/HoldSeats", body, answer, sizeof(answer)) &&
               member(answer, "\"holdId\"", actor->hold_id, sizeof(actor->hold_id));
    }
    snprintf(body, sizeof(body), "{\"performanceId\":1,\"holdId\":\"%s\"}", actor->hold_id);
    actor->hold_id[0] = '\0';
    return call(actor, "TicketService/ReleaseHold", body, answer, sizeof(answer));
}

static bool begin_acting(struct actor *actor, uint32_t first_seat, uint16_t port)
{
    char answer[2048];
    actor->fd = wire_connect(port);
    actor->first_seat = first_seat;
    return actor->fd >= 0 && call(actor, "AuthService/CreateGuest", "{}", answer, sizeof(answer)) &&
           member(answer, "\"token\"", actor->token, sizeof(actor->token));
}

/* ---- measuring ---- */

struct watched {
    double cpu_us_frame;
    double bytes_frame;
    double came; /* percent of the rounds times the watchers */
    double kb_watcher;
};

/* FRAMES rounds; actors NULL: the bare broadcaster, whose frames are ret->bytes_frame long, keeps
 * the pace itself. CPU counts by frames that came, not by rounds: a server that sends less often
 * has not saved anything. */
static bool watch(struct readers *readers, pid_t pid, struct actor *actors, struct watched *ret)
{
    int64_t next_ns = clock_mono_ns(clock_system()) + EVERY_MS * NS_PER_MS;
    read_until(readers, next_ns);
    const uint64_t bytes = readers->bytes;
    readers->sample_bytes = readers->sample_frames = 0;
    const int64_t cpu_ns = bench_cpu_ns(pid);
    for (int i = 0; i < FRAMES; i++) {
        for (int k = 0; actors && k < ACTORS; k++) {
            if (!change(&actors[k]))
                return false;
        }
        next_ns += EVERY_MS * NS_PER_MS;
        read_until(readers, next_ns);
    }
    if (actors && readers->sample_frames == 0)
        return false;
    if (actors)
        ret->bytes_frame = (double)readers->sample_bytes / (double)readers->sample_frames;
    const double came = (double)(readers->bytes - bytes) / ret->bytes_frame;
    ret->cpu_us_frame = (double)(bench_cpu_ns(pid) - cpu_ns) / 1000 / came;
    ret->came = 100 * came / ((double)FRAMES * WATCHERS);
    return came > 0;
}

static int measure_server(const struct bench_server *server, struct watched *ret)
{
    static const char request[] = "POST /usher.v1.TicketService/WatchSeats HTTP/1.1\r\n"
                                  "host: bench\r\ncontent-type: application/connect+json\r\n"
                                  "content-length: 24\r\n\r\n"
                                  "\0\0\0\0\x13{\"performanceId\":1}";
    static struct readers readers;
    struct actor actors[ACTORS] = {0};
    readers = (struct readers){0};
    bool well = true;
    for (uint32_t i = 0; well && i < ACTORS; i++)
        well = begin_acting(&actors[i], 8 * i, server->port);
    const int64_t before = bench_resident_bytes(server->pid);
    well = well && open_readers(&readers, server->port, view_of(request, sizeof(request) - 1));
    read_until(&readers, clock_mono_ns(clock_system()) + NS_PER_S);
    const int64_t after = bench_resident_bytes(server->pid);
    well = well && watch(&readers, server->pid, actors, ret);
    ret->kb_watcher = (double)(after - before) / 1024 / WATCHERS;
    close_readers(&readers);
    for (int i = 0; i < ACTORS; i++)
        close(actors[i].fd);
    return well ? 0 : ERR_IO;
}

static int measure_bare(size_t frame_bytes, struct watched *ret)
{
    static struct readers readers;
    static char frame[65536];
    uint16_t port;
    pid_t pid;
    readers = (struct readers){0};
    if (frame_bytes == 0 || frame_bytes > sizeof(frame) ||
        wire_broadcaster(view_of(frame, frame_bytes), EVERY_MS, 1, &port, &pid) != 0)
        return ERR_IO;
    ret->bytes_frame = (double)frame_bytes;
    const bool well =
        open_readers(&readers, port, VIEW_LIT("watch")) && watch(&readers, pid, NULL, ret);
    close_readers(&readers);
    wire_end(pid);
    return well ? 0 : ERR_IO;
}

int bench_watch(bench_row_fn *row, void *state)
{
    struct bench_server server;
    struct watched ours = {0}, bare = {0};
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < WATCHERS + 100) {
        fprintf(stderr, "usher-bench: watch needs %d open files a process, %llu are allowed\n",
                WATCHERS + 100, (unsigned long long)files.rlim_max);
        return ERR_FULL;
    }
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int err = bench_server_start(2000, "1", 1, &server);
    if (err != 0)
        return err;
    bench_stay_on(0);
    err = measure_server(&server, &ours);
    const int stopped = bench_server_stop(&server);
    if (err == 0)
        err = stopped;
    if (err == 0)
        err = measure_bare((size_t)ours.bytes_frame, &bare);
    if (err != 0)
        return err;
    row(state, "watch: CPU a frame, 10,000 watchers", ours.cpu_us_frame, "us");
    row(state, "watch: the limit, a bare broadcaster", bare.cpu_us_frame, "us");
    row(state, "watch: times the limit", ours.cpu_us_frame / bare.cpu_us_frame, "x");
    row(state, "watch: bytes a frame", ours.bytes_frame, "B");
    row(state, "watch: frames that came", ours.came, "%");
    row(state, "watch: the same of the bare broadcaster's", bare.came, "%");
    row(state, "watch: memory a watcher", ours.kb_watcher, "KB");
    return 0;
}
