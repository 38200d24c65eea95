#include "net/public.h"

#include <assert.h>
#include <string.h>

/* Of IANA's special-purpose registries, what is not globally reachable; and the translators. */
static const char *const reserved[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",       "2001::/23",
    "2001:db8::/32", "2002::/16",       "3fff::/20",      "5f00::/16",      "fc00::/7",
    "fe80::/10",     "fec0::/10",       "ff00::/8",
};

bool net_public_read(const struct sockaddr *socket_address, struct in6_addr *ret_address)
{
    if (socket_address->sa_family == AF_INET6) {
        *ret_address = ((const struct sockaddr_in6 *)socket_address)->sin6_addr;
        return true;
    }
    if (socket_address->sa_family != AF_INET)
        return false;
    *ret_address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(ret_address->s6_addr + 12, &((const struct sockaddr_in *)socket_address)->sin_addr, 4);
    return true;
}

bool net_is_public(const struct in6_addr *address)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        struct net_range range;
        int err = net_range_read(view_str(reserved[i]), &range);
        assert(err == 0);
        if (net_range_has(&range, address))
            return false;
    }
    return true;
}
