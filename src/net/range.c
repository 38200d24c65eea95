#include "net/range.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>

#include "err/err.h"

int net_range_address(struct view text, struct in6_addr *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr four;
    if (text.len == 0 || text.len >= sizeof(copy))
        return ERR_INVALID;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &four) != 1)
        return inet_pton(AF_INET6, copy, ret_address) == 1 ? 0 : ERR_INVALID;
    *ret_address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(ret_address->s6_addr + 12, &four, 4);
    return 0;
}

bool net_range_is4(const struct in6_addr *address)
{
    return IN6_IS_ADDR_V4MAPPED(address);
}

bool net_range_is_local(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) || (net_range_is4(address) && address->s6_addr[12] == 127);
}

void net_range_cut(struct in6_addr *address, uint8_t bits)
{
    for (unsigned i = 0; i < 16; i++) {
        const unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
        if (kept < 8)
            address->s6_addr[i] &= (uint8_t)(0xff00 >> kept);
    }
}

void net_range_cut_host(struct in6_addr *address)
{
    net_range_cut(address, net_range_is4(address) ? 128 : 64);
}

void net_range_cut_network(struct in6_addr *address)
{
    net_range_cut(address, net_range_is4(address) ? NET_RANGE_BITS4 + 24 : 48);
}

int net_range_read(struct view text, struct net_range *ret_range)
{
    struct net_range range = {.bits = 128};
    const char *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
    const size_t len = slash ? (size_t)(slash - text.at) : text.len;
    if (net_range_address(view_of(text.at, len), &range.prefix))
        return ERR_INVALID;
    if (slash) {
        const bool is4 = !memchr(text.at, ':', len);
        uint64_t bits;
        if (!view_to_u64(view_of(slash + 1, text.len - len - 1), is4 ? 32 : 128, &bits))
            return ERR_INVALID;
        range.bits = (uint8_t)(bits + (is4 ? NET_RANGE_BITS4 : 0));
    }
    net_range_cut(&range.prefix, range.bits);
    *ret_range = range;
    return 0;
}

bool net_range_has(const struct net_range *range, const struct in6_addr *address)
{
    struct in6_addr cut = *address;
    net_range_cut(&cut, range->bits);
    return memcmp(&cut, &range->prefix, sizeof(cut)) == 0;
}

void net_range_write(const struct net_range *range, bool with_bits,
                     char ret_text[NET_RANGE_CHARS + 1])
{
    char address[INET6_ADDRSTRLEN];
    const bool is4 = net_range_is4(&range->prefix) && range->bits >= NET_RANGE_BITS4;
    const void *bytes = is4 ? range->prefix.s6_addr + 12 : range->prefix.s6_addr;
    const char *text = inet_ntop(is4 ? AF_INET : AF_INET6, bytes, address, sizeof(address));
    assert(text);
    if (range->bits == 128 && !with_bits)
        snprintf(ret_text, NET_RANGE_CHARS + 1, "%s", address);
    else
        snprintf(ret_text, NET_RANGE_CHARS + 1, "%s/%d", address,
                 range->bits - (is4 ? NET_RANGE_BITS4 : 0));
}
