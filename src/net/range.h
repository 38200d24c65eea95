/*
 * range: addresses as numbers, and networks in CIDR ("192.0.2.0/24", "2001:db8::/32").
 *
 * An IPv4 address is kept as the IPv6 one that stands for it, in ::ffff:0:0/96 (RFC 4291, 2.5.5.2),
 * so that there is one kind of both.
 */
#ifndef USHER_NET_RANGE_H
#define USHER_NET_RANGE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "mem/view.h"

#define NET_RANGE_BITS4 96 /* where an IPv4 address begins within IPv6 */

struct net_range {
    uint8_t bits; /* of the prefix; an IPv4 one has NET_RANGE_BITS4 more */
    struct in6_addr prefix;
};

/* Reads an address of numbers, without brackets, port or zone. ERR_INVALID. */
int net_range_address(struct view text, struct in6_addr *ret_address);
/* Reads an address, or, where there is a '/', a network; the bits behind the prefix are cleared.
 * ERR_INVALID. */
int net_range_read(struct view text, struct net_range *ret_range);
#define NET_RANGE_CHARS 49 /* of the longest text */
/* The one spelling of it, and a NUL: a whole address without the length of its prefix, unless
 * with_bits. */
void net_range_write(const struct net_range *range, bool with_bits,
                     char ret_text[NET_RANGE_CHARS + 1]);
/* Clears the bits behind the first ones. */
void net_range_cut(struct in6_addr *address, uint8_t bits);
bool net_range_has(const struct net_range *range, const struct in6_addr *address);
/* Whether it is an IPv4 address. */
bool net_range_is4(const struct in6_addr *address);
/* What stands for one caller: an IPv4 address; of IPv6 the first 64 bits, for whoever has one such
 * address has all that begin so. */
void net_range_cut_host(struct in6_addr *address);
/* What stands for the callers of one network: a /24, or of IPv6 a /48. */
void net_range_cut_network(struct in6_addr *address);
/* Whether it is of this machine alone: 127.0.0.0/8 or ::1. */
bool net_range_is_local(const struct in6_addr *address);

#endif
