/*
 * address: HOST:PORT as text and as the socket calls want it.
 *
 * HOST is an IPv4 address, an IPv6 address in brackets, or a name; PORT is 0 to 65535. Instead of
 * both, "unix:PATH" is a socket in the file system: a host of that very text, with port 0.
 */
#ifndef USHER_NET_ADDRESS_H
#define USHER_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "mem/view.h"

#define NET_HOST_MAX 255 /* characters of a host's name */
#define NET_UNIX     "unix:"

struct net_address {
    struct sockaddr_storage sockaddr;
    socklen_t len;
};

/* Takes "HOST:PORT" apart; *ret_host is without brackets and looks into text. ERR_INVALID. */
int net_split(struct view text, struct view *ret_host, uint16_t *ret_port);

/* The address of numbers alone: never asks anybody, never waits. ERR_INVALID for a name. */
int net_address_of(struct view host, uint16_t port, struct net_address *ret_address);
/* The same, but a name is looked up (getaddrinfo), which blocks the thread for as long as that
 * takes. ERR_NOT_FOUND: nobody knows it; ERR_INVALID. */
int net_address_find(struct view host, uint16_t port, struct net_address *ret_address);

/* Whether it is of this machine alone: 127.0.0.0/8, ::1, the former within IPv6, a Unix socket. */
bool net_address_is_local(const struct net_address *address);
/* Whether the host is a Unix socket. */
bool net_host_is_unix(struct view host);
/* The path of a Unix socket; NULL for another family. */
const char *net_address_path(const struct net_address *address);
/* As a number, whichever family it is. */
uint16_t net_address_port(const struct net_address *address);
#endif
