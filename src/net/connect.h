/*
 * connect: opens a TCP connection from a fiber.
 */
#ifndef USHER_NET_CONNECT_H
#define USHER_NET_CONNECT_H

#include "fiber/fiber.h"
#include "net/address.h"

/* Connects; a name is looked up on a thread of its own. source: bind to this first, or NULL. The
 * socket is non-blocking, close-on-exec and TCP_NODELAY, and is the caller's. ERR_NOT_FOUND (the
 * name), ERR_INVALID, ERR_UNAVAILABLE (refused, unreachable), ERR_TIMEOUT, ERR_CANCELLED, ERR_IO
 * (errno says why). */
int net_connect(struct view host, uint16_t port, const struct net_address *source,
                int64_t deadline_ns, int *ret_fd);

#endif
