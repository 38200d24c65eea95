#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "err/err.h"
#include "fiber/loop_body.h"

struct loop_epoll {
    struct loop loop;
    int epoll_fd;
    int wake_fd; /* eventfd, edge-triggered: never read */
    int batch_next;
    int batch_count;
    struct epoll_event batch[LOOP_EVENTS_MAX];
    /* True while the loop waits, or is about to: then a poster writes to wake_fd. */
    _Alignas(64) atomic_bool asleep;
};

static struct loop_epoll *epoll_of(struct loop *loop)
{
    return (struct loop_epoll *)((char *)loop - offsetof(struct loop_epoll, loop));
}

static void read_time(struct loop *loop)
{
    loop->now_ns = clock_mono_ns(clock_system());
    loop->wall_ms = clock_wall_ms(clock_system());
}

/* Milliseconds for epoll_wait, rounded up: to wake too early would only mean to turn once more. */
static int wait_ms(const struct loop *loop)
{
    int64_t next_ns = timers_next_ns(&loop->timers);
    if (next_ns == DEADLINE_NEVER)
        return -1;
    if (next_ns <= loop->now_ns)
        return 0;
    /* The turn's time is old by now; a late timer would be later still. */
    int64_t left_ns = next_ns - clock_mono_ns(clock_system());
    if (left_ns <= 0)
        return 0;
    int64_t ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static unsigned events_of(uint32_t bits)
{
    unsigned events = 0;
    if (bits & (EPOLLIN | EPOLLPRI))
        events |= LOOP_READ;
    if (bits & EPOLLOUT)
        events |= LOOP_WRITE;
    if (bits & EPOLLRDHUP)
        events |= LOOP_READ | LOOP_HANGUP;
    if (bits & (EPOLLHUP | EPOLLERR))
        events |= LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
    return events;
}

static bool epoll_turn(struct loop *loop, bool ready)
{
    struct loop_epoll *e = epoll_of(loop);
    int timeout_ms = ready ? 0 : wait_ms(loop);
    if (timeout_ms != 0) {
        /* Say that we sleep, then look once more: a poster does it the other way round, so one of
         * the two sees the other. */
        atomic_store(&e->asleep, true);
        if (loop_posted(loop))
            timeout_ms = 0;
    }
    int count = epoll_wait(e->epoll_fd, e->batch, LOOP_EVENTS_MAX, timeout_ms);
    assert(count >= 0 || errno == EINTR);
    if (atomic_load_explicit(&e->asleep, memory_order_relaxed))
        atomic_store(&e->asleep, false);
    read_time(loop);
    e->batch_count = count > 0 ? count : 0;
    for (e->batch_next = 0; e->batch_next < e->batch_count;) {
        const struct epoll_event *event = &e->batch[e->batch_next++];
        struct loop_io *io = event->data.ptr;
        if (io)
            io->ready(io, events_of(event->events));
    }
    e->batch_next = e->batch_count = 0;
    return true;
}

static int epoll_watch(struct loop *loop, struct loop_io *io)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = io,
    };
    return epoll_ctl(epoll_of(loop)->epoll_fd, EPOLL_CTL_ADD, io->fd, &event) ? ERR_IO : 0;
}

static void epoll_unwatch(struct loop *loop, struct loop_io *io)
{
    struct loop_epoll *e = epoll_of(loop);
    struct epoll_event event = {0};
    int failed = epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, io->fd, &event);
    assert(!failed);
    for (int i = e->batch_next; i < e->batch_count; i++) {
        if (e->batch[i].data.ptr == io)
            e->batch[i].data.ptr = NULL;
    }
}

static void epoll_wake(struct loop *loop)
{
    struct loop_epoll *e = epoll_of(loop);
    if (!atomic_load(&e->asleep) || !atomic_exchange(&e->asleep, false))
        return;
    uint64_t one = 1;
    ssize_t n = write(e->wake_fd, &one, sizeof(one));
    assert(n == sizeof(one));
}

static void epoll_free(struct loop *loop)
{
    struct loop_epoll *e = epoll_of(loop);
    loop_release(loop);
    if (e->wake_fd >= 0)
        close(e->wake_fd);
    if (e->epoll_fd >= 0)
        close(e->epoll_fd);
    free(e);
}

static const struct loop_ops epoll_ops = {
    .turn = epoll_turn,
    .watch = epoll_watch,
    .unwatch = epoll_unwatch,
    .wake = epoll_wake,
    .free = epoll_free,
};

int loop_new_epoll(uint32_t timers_max, struct loop **ret_loop)
{
    struct loop_epoll *e = aligned_alloc(64, sizeof(*e));
    if (!e)
        return ERR_NO_MEMORY;
    *e = (struct loop_epoll){.epoll_fd = -1, .wake_fd = -1};
    int err = loop_init(&e->loop, &epoll_ops, timers_max);
    if (err) {
        free(e);
        return err;
    }
    e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* No pointer: an event of wake_fd has done all it can by ending the wait. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    if (e->epoll_fd < 0 || e->wake_fd < 0 ||
        epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->wake_fd, &event)) {
        epoll_free(&e->loop);
        return ERR_IO;
    }
    read_time(&e->loop);
    *ret_loop = &e->loop;
    return 0;
}
