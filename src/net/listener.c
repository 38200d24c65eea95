#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err/err.h"
#include "mem/list.h"

#define RETRY_NS  (100 * NS_PER_MS)
#define UNIX_MODE 0660 /* whoever may not write to the file may not connect */

static int set_options(int fd, bool v6)
{
    int on = 1, off = 0, bytes = NET_UNSENT;
    /* Accepted sockets inherit these (Linux). An IPv6 socket takes IPv4 too: "[::]" is everybody.
     */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes)) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
        return ERR_IO;
    if (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
        return ERR_IO;
    return 0;
}

/* A socket's file stays when its process is killed. Where nobody answers there, it is removed. */
static int path_free(const struct net_address *address)
{
    struct stat now;
    const char *path = net_address_path(address);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    const bool answers =
        connect(fd, (const struct sockaddr *)&address->sockaddr, address->len) == 0;
    close(fd);
    if (answers) {
        errno = EADDRINUSE;
        return ERR_IO;
    }
    if (lstat(path, &now) != 0)
        return errno == ENOENT ? 0 : ERR_IO;
    if (!S_ISSOCK(now.st_mode)) {
        errno = EEXIST;
        return ERR_IO;
    }
    return unlink(path) == 0 ? 0 : ERR_IO;
}

int net_port_free(const struct net_address *address)
{
    if (net_address_path(address))
        return path_free(address);
    int on = 1;
    int fd = socket(address->sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    /* Without SO_REUSEPORT the kernel refuses a port that somebody listens on; SO_REUSEADDR lets
     * pass one that only old connections still linger on. */
    int err = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
                      bind(fd, (const struct sockaddr *)&address->sockaddr, address->len)
                  ? ERR_IO
                  : 0;
    int why = errno;
    close(fd);
    errno = why;
    return err;
}

int net_listen(const struct net_address *address, int *ret_fd)
{
    int family = address->sockaddr.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    const char *path = net_address_path(address);
    if ((!path && set_options(fd, family == AF_INET6)) ||
        bind(fd, (const struct sockaddr *)&address->sockaddr, address->len) ||
        (path && chmod(path, UNIX_MODE)) || listen(fd, NET_BACKLOG)) {
        int why = errno;
        close(fd);
        errno = why;
        return ERR_IO;
    }
    *ret_fd = fd;
    return 0;
}

int net_bound(int fd, struct net_address *ret_address)
{
    struct net_address a = {.len = sizeof(a.sockaddr)};
    if (getsockname(fd, (struct sockaddr *)&a.sockaddr, &a.len))
        return ERR_IO;
    *ret_address = a;
    return 0;
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Accepts one connection only to close it. False where not even that was possible. */
static bool turn_away(struct net_listener *l)
{
    if (l->spare_fd < 0)
        return false;
    close(l->spare_fd);
    int fd = accept4(l->io.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        l->refused++;
    }
    l->spare_fd = open_spare();
    return fd >= 0;
}

static void accept_batch(struct net_listener *l)
{
    for (int i = 0; i < NET_ACCEPT_BATCH; i++) {
        int fd = accept4(l->io.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            l->accepted(l, fd);
            if (l->closed)
                return;
            continue;
        }
        if (errno == EAGAIN)
            return;
        bool starved = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (starved && !turn_away(l)) {
            loop_arm(l->loop, &l->retry, loop_now_ns(l->loop) + RETRY_NS);
            return;
        }
        /* Anything else is one connection's trouble (accept(2), "Error handling"): go on. */
    }
    /* Edge-triggered: nobody will tell again about what still waits. */
    if (!l->posted) {
        l->posted = true;
        loop_post(l->loop, &l->more);
    }
}

static void on_ready(struct loop_io *io, unsigned events)
{
    accept_batch(list_of(io, struct net_listener, io));
}

static void on_more(struct loop_task *task)
{
    struct net_listener *l = list_of(task, struct net_listener, more);
    l->posted = false;
    if (!l->closed)
        accept_batch(l);
}

static void on_retry(struct loop_timer *timer)
{
    struct net_listener *l = list_of(timer, struct net_listener, retry);
    if (l->spare_fd < 0)
        l->spare_fd = open_spare();
    accept_batch(l);
}

int net_listener_start(struct net_listener *listener, struct loop *loop, int fd,
                       void (*accepted)(struct net_listener *listener, int fd), void *user)
{
    *listener = (struct net_listener){
        .io = {.fd = fd, .ready = on_ready},
        .loop = loop,
        .more.run = on_more,
        .retry.fire = on_retry,
        .accepted = accepted,
        .user = user,
        .spare_fd = open_spare(),
    };
    int err = loop_watch(loop, &listener->io);
    if (err) {
        close(fd);
        if (listener->spare_fd >= 0)
            close(listener->spare_fd);
        listener->closed = true;
    }
    return err;
}

void net_listener_stop(struct net_listener *listener)
{
    if (listener->closed)
        return;
    listener->closed = true;
    loop_disarm(listener->loop, &listener->retry);
    loop_unwatch(listener->loop, &listener->io);
    close(listener->io.fd);
    if (listener->spare_fd >= 0)
        close(listener->spare_fd);
}

bool net_listener_busy(const struct net_listener *listener)
{
    return listener->posted;
}
