/*
 * public: whether an address is one of the public Internet, so that a stranger may have us call it.
 */
#ifndef USHER_NET_PUBLIC_H
#define USHER_NET_PUBLIC_H

#include <sys/socket.h>

#include "net/range.h"

/* An IPv4 or IPv6 address of a socket, as net/range.h has addresses. False: it is of neither kind.
 */
bool net_public_read(const struct sockaddr *socket_address, struct in6_addr *ret_address);

/* False: it is of this machine, of a private network, of one link, a multicast address, or reserved
 * otherwise (RFC 6890 and the registries it began), or an IPv6 address that stands for an IPv4 one
 * behind a translator or a tunnel (64:ff9b::/96, 6to4, Teredo): what is behind those is not seen
 * here. */
bool net_is_public(const struct in6_addr *address);

#endif
