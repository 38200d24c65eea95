/*
 * Messages to 10,000 watchers over HTTP/1.1, of a hall's seats and of a line: CPU of the server a
 * frame, and memory a watcher; beside it a bare loop that writes as many bytes to as many sockets
 * as often. Server on one core, readers on the other. A rate is looked for first that the machine
 * keeps up with: in a jam, late frames are merged, and CPU a frame says nothing.
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

#define WATCHERS     10000
#define FRAMES       30
#define TRY_FRAMES   5
#define EVERY_MAX_MS 3200 /* slower than that nothing is asked */
#define CAME_MIN     97   /* percent of the frames: below saturation */
#define SAMPLE       100

struct readers {
    int epoll;
    uint32_t count;
    int fds[WATCHERS];
    struct view mark; /* every frame has it, once */
    uint64_t bytes;   /* read so far */
    /* Of one reader in SAMPLE, which are looked at: how long a frame is. */
    uint64_t sample_bytes;
    uint64_t sample_frames;
};

static bool open_readers(struct readers *readers, uint16_t port)
{
    readers->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (; readers->count < WATCHERS; readers->count++) {
        const int fd = wire_connect(port);
        if (fd < 0) {
            fprintf(stderr, "usher-bench: watch: connection %u: %s\n", readers->count + 1,
                    strerror(errno));
            return false;
        }
        readers->fds[readers->count] = fd;
    }
    return true;
}

static bool begin_reading(struct readers *readers, struct view request)
{
    for (uint32_t i = 0; i < readers->count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        const int fd = readers->fds[i];
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
static uint32_t count_frames(struct view mark, const char *at, size_t len)
{
    uint32_t count = 0;
    const char *end = at + len;
    while (mark.len && (at = memmem(at, (size_t)(end - at), mark.at, mark.len)) != NULL) {
        count++;
        at += mark.len;
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
                readers->sample_frames += count_frames(readers->mark, buffer, (size_t)n);
            }
        }
    }
}

/* ---- what changes ---- */

#define ACTORS 5 /* of eight seats each: a frame of some 280 bytes */

struct actor {
    int fd;
    uint32_t first_seat;
    char token[400];
    char hold_id[40];
};

/* One whole answer with a length, and a NUL. False: the connection is gone. */
static bool read_answer(int fd, char *ret_answer, size_t size)
{
    size_t have = 0, whole = size;
    while (have < whole) {
        const ssize_t n = read(fd, ret_answer + have, size - 1 - have);
        if (n <= 0)
            return false;
        have += (size_t)n;
        ret_answer[have] = '\0';
        const char *end = strstr(ret_answer, "\r\n\r\n");
        const char *length = strcasestr(ret_answer, "content-length:");
        if (end && length)
            whole = (size_t)(end + 4 - ret_answer) + strtoul(length + 15, NULL, 10);
        if (whole > size - 1 && end)
            return false;
    }
    return true;
}

/* One JSON call on a connection of its own; the answer's text. False: it was refused, or the
 * connection is gone. */
static bool call(struct actor *actor, const char *path, const char *body, char *ret_answer,
                 size_t size)
{
    char request[1200];
    const int len = snprintf(request, sizeof(request),
                             "POST /usher.v1.%s HTTP/1.1\r\nhost: bench\r\ncontent-type: "
                             "application/json\r\n%s%s%scontent-length: %zu\r\n\r\n%s",
                             path, actor->token[0] ? "authorization: Bearer " : "", actor->token,
                             actor->token[0] ? "\r\n" : "", strlen(body), body);
    ret_answer[0] = '\0';
    if (!wire_send(actor->fd, view_of(request, (size_t)len)) ||
        !read_answer(actor->fd, ret_answer, size))
        return false;
    return strncmp(ret_answer, "HTTP/1.1 200", 12) == 0;
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

static bool become_guest(struct actor *actor)
{
    char answer[2048];
    actor->token[0] = '\0';
    return call(actor, "AuthService/CreateGuest", "{}", answer, sizeof(answer)) &&
           member(answer, "\"token\"", actor->token, sizeof(actor->token));
}

/* Eight seats are held, or given back. */
static bool change_seats(struct actor *actor)
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

/* Somebody joins, and is called at once, since there is room for all. */
static bool change_line(struct actor *actor)
{
    char answer[4096];
    return become_guest(actor) &&
           call(actor, "WaitroomService/Join", "{\"saleId\":1}", answer, sizeof(answer));
}

/* What is watched. */
struct show {
    struct view request, mark;
    uint32_t every_ms; /* as often as the server tells it at most */
    uint32_t frames;   /* of which so many are measured */
    uint32_t actors;
    bool (*change)(struct actor *actor);
    bool line; /* the performance is sold through a line */
    struct {
        const char *every, *cpu, *limit, *times, *bytes, *came, *bare_came, *memory, *idle_times;
    } rows;
};

#define CONNECT_STREAM(method, length, body, body_length)                                          \
    VIEW_LIT("POST /usher.v1." method " HTTP/1.1\r\nhost: bench\r\ncontent-type: "                 \
             "application/connect+json\r\ncontent-length: " length                                 \
             "\r\n\r\n\0\0\0\0" body_length body)

/* ---- measuring ---- */

struct watched {
    uint32_t every_ms;
    double cpu_us_frame;
    double bytes_frame;
    double came; /* percent of the rounds times the watchers */
    double kb_watcher, kb_idle;
};

/* So many rounds; actors NULL: the bare broadcaster, whose frames are ret->bytes_frame long, keeps
 * the pace itself. CPU counts by frames that came, not by rounds: a server that sends less often
 * has not saved anything. False: nothing came. */
static bool watch(const struct show *show, struct readers *readers, pid_t pid, struct actor *actors,
                  uint32_t rounds, struct watched *ret)
{
    int64_t next_ns = clock_mono_ns(clock_system()) + ret->every_ms * NS_PER_MS;
    read_until(readers, next_ns);
    const uint64_t bytes = readers->bytes;
    readers->sample_bytes = readers->sample_frames = 0;
    const int64_t cpu_ns = bench_cpu_ns(pid);
    for (uint32_t i = 0; i < rounds; i++) {
        for (uint32_t k = 0; actors && k < show->actors; k++)
            (void)show->change(&actors[k]); /* refused once: the others change enough */
        next_ns += ret->every_ms * NS_PER_MS;
        read_until(readers, next_ns);
    }
    if (actors && readers->sample_frames == 0)
        return false;
    if (actors)
        ret->bytes_frame = (double)readers->sample_bytes / (double)readers->sample_frames;
    const double came = (double)(readers->bytes - bytes) / ret->bytes_frame;
    ret->cpu_us_frame = (double)(bench_cpu_ns(pid) - cpu_ns) / 1000 / came;
    ret->came = 100 * came / ((double)rounds * WATCHERS);
    return came > 0;
}

/* At the quickest rate at which nearly all frames come. */
static bool watch_at_ease(const struct show *show, struct readers *readers, pid_t pid,
                          struct actor *actors, struct watched *ret)
{
    ret->every_ms = show->every_ms;
    while (ret->every_ms < EVERY_MAX_MS) {
        if (watch(show, readers, pid, actors, TRY_FRAMES, ret) && ret->came >= CAME_MIN)
            break;
        ret->every_ms *= 2;
    }
    return watch(show, readers, pid, actors, show->frames, ret);
}

/* Waits until the process takes no more memory: it has accepted everybody. */
static int64_t settled_bytes(struct readers *readers, pid_t pid)
{
    int64_t before, now = -1;
    do {
        before = now;
        read_until(readers, clock_mono_ns(clock_system()) + NS_PER_S / 2);
        now = bench_resident_bytes(pid);
    } while (now > before);
    return now;
}

static int measure_server(const struct show *show, const struct bench_server *server,
                          struct watched *ret)
{
    static struct readers readers;
    struct actor actors[ACTORS] = {0};
    readers = (struct readers){.mark = show->mark};
    bool well = true;
    for (uint32_t i = 0; well && i < show->actors; i++) {
        actors[i].fd = wire_connect(server->port);
        actors[i].first_seat = 8 * i;
        well = actors[i].fd >= 0 && become_guest(&actors[i]);
    }
    const int64_t before = bench_resident_bytes(server->pid);
    well = well && open_readers(&readers, server->port);
    const int64_t idle = well ? settled_bytes(&readers, server->pid) : 0;
    well = well && begin_reading(&readers, show->request);
    const int64_t after = well ? settled_bytes(&readers, server->pid) : 0;
    well = well && watch_at_ease(show, &readers, server->pid, actors, ret);
    ret->kb_idle = (double)(idle - before) / 1024 / WATCHERS;
    ret->kb_watcher = (double)(after - before) / 1024 / WATCHERS;
    close_readers(&readers);
    for (uint32_t i = 0; i < show->actors; i++)
        close(actors[i].fd);
    return well ? 0 : ERR_IO;
}

static int measure_bare(const struct show *show, const struct watched *ours, struct watched *ret)
{
    static struct readers readers;
    static char frame[65536];
    uint16_t port;
    pid_t pid;
    readers = (struct readers){0};
    ret->bytes_frame = ours->bytes_frame;
    ret->every_ms = ours->every_ms;
    if (ours->bytes_frame < 1 || ours->bytes_frame > sizeof(frame) ||
        wire_broadcaster(view_of(frame, (size_t)ours->bytes_frame), (int)ours->every_ms, 1, &port,
                         &pid) != 0)
        return ERR_IO;
    const bool well = open_readers(&readers, port) && begin_reading(&readers, VIEW_LIT("watch")) &&
                      watch(show, &readers, pid, NULL, show->frames, ret);
    close_readers(&readers);
    wire_end(pid);
    return well ? 0 : ERR_IO;
}

static int measure_show(const struct show *show, bench_row_fn *row, void *state)
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
    if (show->line)
        err = bench_server_line(&server);
    bench_stay_on(0);
    if (err == 0)
        err = measure_server(show, &server, &ours);
    const int stopped = bench_server_stop(&server);
    if (err == 0)
        err = stopped;
    if (err == 0)
        err = measure_bare(show, &ours, &bare);
    if (err != 0)
        return err;
    row(state, show->rows.every, ours.every_ms, "ms");
    row(state, show->rows.cpu, ours.cpu_us_frame, "us");
    row(state, show->rows.limit, bare.cpu_us_frame, "us");
    row(state, show->rows.times, ours.cpu_us_frame / bare.cpu_us_frame, "x");
    row(state, show->rows.bytes, ours.bytes_frame, "B");
    row(state, show->rows.came, ours.came, "%");
    row(state, show->rows.bare_came, bare.came, "%");
    row(state, show->rows.memory, ours.kb_watcher, "KB");
    row(state, show->rows.idle_times, ours.kb_watcher / ours.kb_idle, "x");
    return 0;
}

int bench_watch(bench_row_fn *row, void *state)
{
    static const struct show seats = {
        .request =
            CONNECT_STREAM("TicketService/WatchSeats", "24", "{\"performanceId\":1}", "\x13"),
        .mark = VIEW_LIT("{\"version\""),
        .every_ms = 100,
        .frames = FRAMES,
        .actors = ACTORS,
        .change = change_seats,
        .rows = {"watch: a change every", "watch: CPU a frame, 10,000 watchers",
                 "watch: the limit, a bare broadcaster", "watch: times the limit",
                 "watch: bytes a frame", "watch: frames that came",
                 "watch: the same of the bare broadcaster's", "watch: memory a watcher",
                 "watch: memory a watcher, times an idle connection's"},
    };
    return measure_show(&seats, row, state);
}

int bench_serving(bench_row_fn *row, void *state)
{
    static const struct show line = {
        .request = CONNECT_STREAM("WaitroomService/WatchLine", "17", "{\"saleId\":1}", "\x0c"),
        .mark = VIEW_LIT("\"serving\""),
        .every_ms = 1100, /* it is told once a second at most */
        .frames = FRAMES / 3,
        .actors = 1,
        .change = change_line,
        .line = true,
        .rows = {"serving: a change every", "serving: CPU a frame, 10,000 watchers",
                 "serving: the limit, a bare broadcaster", "serving: times the limit",
                 "serving: bytes a frame", "serving: frames that came",
                 "serving: the same of the bare broadcaster's", "serving: memory a watcher",
                 "serving: memory a watcher, times an idle connection's"},
    };
    return measure_show(&line, row, state);
}
