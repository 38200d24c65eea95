#include "net/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "err/err.h"
#include "fiber/offload.h"

struct lookup {
    struct view host;
    uint16_t port;
    struct net_address *address;
    int err;
};

static void look_up(void *arg)
{
    struct lookup *l = arg;
    l->err = net_address_find(l->host, l->port, l->address);
}

/* Numbers need nobody; a name may take seconds, which the loop does not have. */
static int resolve(struct view host, uint16_t port, struct net_address *ret_address)
{
    if (net_address_of(host, port, ret_address) == 0)
        return 0;
    struct lookup l = {.host = host, .port = port, .address = ret_address};
    struct offload *pool;
    int err = offload_new(1, 1, &pool);
    if (err)
        return err;
    err = offload_run(pool, look_up, &l);
    offload_free(pool);
    return err ? err : l.err;
}

struct waiting {
    struct loop_io io;
    struct fiber *fiber;
    bool ready;
};

static void on_ready(struct loop_io *io, unsigned events)
{
    struct waiting *w = list_of(io, struct waiting, io);
    if (events & (LOOP_WRITE | LOOP_HANGUP)) {
        w->ready = true;
        fiber_unpark(w->fiber);
    }
}

static int failure(int why)
{
    errno = why;
    bool away = why == ECONNREFUSED || why == EHOSTUNREACH || why == ENETUNREACH ||
                why == ETIMEDOUT || why == ECONNRESET || why == EADDRNOTAVAIL ||
                /* a Unix socket: nobody has made it; too many wait */
                why == ENOENT || why == EAGAIN;
    return away ? ERR_UNAVAILABLE : ERR_IO;
}

/* Waits for a connection under way to succeed or fail. */
static int wait_connected(int fd, int64_t deadline_ns)
{
    struct loop *loop = sched_loop(sched_current());
    struct waiting w = {.io = {.fd = fd, .ready = on_ready}, .fiber = fiber_self()};
    int err = loop_watch(loop, &w.io);
    if (err)
        return err;
    while (!w.ready && !err)
        err = fiber_park(deadline_ns);
    loop_unwatch(loop, &w.io);
    int why = 0;
    socklen_t len = sizeof(why);
    if (!w.ready)
        return err;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len))
        return ERR_IO;
    return why ? failure(why) : 0;
}

int net_connect(struct view host, uint16_t port, const struct net_address *source,
                int64_t deadline_ns, int *ret_fd)
{
    struct net_address address;
    int err = resolve(host, port, &address);
    if (err)
        return err;
    int fd = socket(address.sockaddr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* The port is chosen at connect, by the whole address pair: more than 28,000 connections. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (source && bind(fd, (const struct sockaddr *)&source->sockaddr, source->len))
        err = ERR_IO;
    else if (connect(fd, (const struct sockaddr *)&address.sockaddr, address.len) == 0)
        err = 0;
    else
        err = errno == EINPROGRESS ? wait_connected(fd, deadline_ns) : failure(errno);
    if (err) {
        int why = errno;
        close(fd);
        errno = why;
        return err;
    }
    *ret_fd = fd;
    return 0;
}
