#include "db/transfers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "err/err.h"
#include "fiber/fiber.h"

#define EVENTS_TURN 64 /* sockets told of in one go */

struct transfers {
    struct loop *loop;
    CURLM *multi;
    /* libcurl wants to be told as long as a socket is ready, the loop tells once: its sockets are
     * in an epoll of their own, which the loop watches. */
    struct loop_io sockets;
    struct loop_timer timer;
    struct loop_task again; /* posted: sockets may still be ready */
    bool posted;
    bool dying; /* freed when the task has run */
    uint32_t running;
};

/* One that runs; on its fiber's stack. */
struct transfer {
    struct fiber *fiber;
    CURLcode code;
    bool done;
};

/* ---- libcurl's events ---- */

static void collect(struct transfers *t)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(t->multi, &left))) {
        struct transfer *x = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        x->code = message->data.result;
        x->done = true;
        fiber_unpark(x->fiber);
    }
}

static void act(struct transfers *t, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(t->multi, fd, events, &running);
}

static void tell_sockets(struct transfers *t)
{
    struct epoll_event events[EVENTS_TURN];
    const int count = epoll_wait(t->sockets.fd, events, EVENTS_TURN, 0);
    for (int i = 0; i < count; i++) {
        const unsigned bits = events[i].events;
        act(t, events[i].data.fd,
            (bits & EPOLLIN ? CURL_CSELECT_IN : 0) | (bits & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (bits & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
    }
    collect(t);
    if (count <= 0 || t->posted)
        return;
    t->posted = true;
    loop_post(t->loop, &t->again);
}

static void on_sockets(struct loop_io *io, unsigned events)
{
    tell_sockets(list_of(io, struct transfers, sockets));
}

static void on_again(struct loop_task *task)
{
    struct transfers *t = list_of(task, struct transfers, again);
    t->posted = false;
    if (t->dying)
        free(t);
    else
        tell_sockets(t);
}

static void on_timer(struct loop_timer *timer)
{
    struct transfers *t = list_of(timer, struct transfers, timer);
    act(t, CURL_SOCKET_TIMEOUT, 0);
    collect(t);
}

static int set_timer(CURLM *multi, long after_ms, void *user)
{
    struct transfers *t = user;
    if (after_ms < 0)
        loop_disarm(t->loop, &t->timer);
    else if (loop_arm(t->loop, &t->timer, deadline_after_ms(loop_now_ns(t->loop), after_ms)))
        return -1;
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct transfers *t = user;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(t->sockets.fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(t->sockets.fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    return epoll_ctl(t->sockets.fd, EPOLL_CTL_ADD, fd, &event);
}

/* ---- a transfer ---- */

int transfers_run(struct transfers *t, CURL *easy, CURLcode *ret_code, int64_t deadline_ns)
{
    struct transfer x = {.fiber = fiber_self()};
    int err = 0;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &x);
    if (curl_multi_add_handle(t->multi, easy) != CURLM_OK)
        return ERR_NO_MEMORY;
    t->running++;
    while (err == 0 && !x.done)
        err = fiber_park(deadline_ns);
    curl_multi_remove_handle(t->multi, easy);
    t->running--;
    if (!x.done)
        return err;
    *ret_code = x.code;
    return 0;
}

/* ---- life ---- */

static void begin_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int open_multi(struct transfers *t, long connections_max)
{
    t->multi = curl_multi_init();
    if (!t->multi)
        return ERR_NO_MEMORY;
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, connections_max);
    t->sockets.fd = epoll_create1(EPOLL_CLOEXEC);
    if (t->sockets.fd < 0)
        return ERR_IO;
    return loop_watch(t->loop, &t->sockets);
}

int transfers_new(struct loop *loop, long connections_max, struct transfers **ret_transfers)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin_curl);
    struct transfers *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_NO_MEMORY;
    t->loop = loop;
    t->sockets = (struct loop_io){.fd = -1, .ready = on_sockets};
    t->timer.fire = on_timer;
    t->again.run = on_again;
    int err = open_multi(t, connections_max);
    if (err != 0) {
        transfers_free(t);
        return err;
    }
    *ret_transfers = t;
    return 0;
}

void transfers_free(struct transfers *t)
{
    if (!t)
        return;
    assert(t->running == 0);
    if (t->multi)
        curl_multi_cleanup(t->multi); /* closes the connections it keeps */
    loop_disarm(t->loop, &t->timer);
    if (t->sockets.fd >= 0) {
        loop_unwatch(t->loop, &t->sockets);
        close(t->sockets.fd);
    }
    t->dying = true;
    if (!t->posted)
        free(t);
}
