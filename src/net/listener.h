/*
 * listener: a listening socket on one loop.
 *
 * Several threads listen on one port, each with a socket of its own (SO_REUSEPORT): the kernel
 * spreads the connections, nobody shares a lock. Accepted sockets are non-blocking, close-on-exec,
 * TCP_NODELAY, and take little that cannot be sent yet (TCP_NOTSENT_LOWAT), so that a slow reader
 * has the latest state and no backlog. What is on its way may be as much as the path holds: a small
 * SO_SNDBUF would make a large answer wait for an acknowledgement every few segments. At most
 * NET_ACCEPT_BATCH are accepted in one turn of the loop. Where the process has no descriptor left,
 * a spare one is given up to accept and close what waits, so that clients learn at once and the
 * loop does not spin.
 */
#ifndef USHER_NET_LISTENER_H
#define USHER_NET_LISTENER_H

#include "fiber/loop.h"
#include "net/address.h"

#define NET_ACCEPT_BATCH 64
#define NET_BACKLOG      4096        /* connections the kernel holds for accept */
#define NET_UNSENT       (32u << 10) /* bytes the kernel takes that it cannot send yet */

/* Binds and listens, on no loop yet. *ret_fd is the caller's. ERR_IO (errno says why). */
int net_listen(const struct net_address *address, int *ret_fd);
/* Is the port nobody's? Sockets that share a port (SO_REUSEPORT) would silently take half of
 * another server's callers, so the first one asks. Port 0 always is. A Unix socket's file that
 * nobody listens on is removed. ERR_IO (errno tells why). */
int net_port_free(const struct net_address *address);
/* The address a socket is bound to. ERR_IO. */
int net_bound(int fd, struct net_address *ret_address);

/* Embed; the members are the listener's own but for user. */
struct net_listener {
    struct loop_io io;
    struct loop *loop;
    struct loop_task more;   /* posted while there may be more to accept */
    struct loop_timer retry; /* armed where not even the spare descriptor helped */
    void (*accepted)(struct net_listener *listener, int fd); /* fd is the callee's */
    void *user;
    uint64_t refused; /* connections closed for want of a descriptor */
    int spare_fd;
    bool posted; /* more is with the loop */
    bool closed;
};

/* Takes fd, of net_listen. ERR_IO. */
int net_listener_start(struct net_listener *listener, struct loop *loop, int fd,
                       void (*accepted)(struct net_listener *listener, int fd), void *user);
/* Closes the socket. On the loop's thread. The listener must live until a posted task has run:
 * net_listener_busy. */
void net_listener_stop(struct net_listener *listener);
bool net_listener_busy(const struct net_listener *listener);

#endif
