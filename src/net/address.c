#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "err/err.h"

bool net_host_is_unix(struct view host)
{
    return view_starts(host, VIEW_LIT(NET_UNIX));
}

static int split_unix(struct view text, struct view *ret_host, uint16_t *ret_port)
{
    const size_t len = text.len - strlen(NET_UNIX);
    if (len == 0 || text.len > NET_HOST_MAX || memchr(text.at, '\0', text.len))
        return ERR_INVALID;
    *ret_host = text;
    *ret_port = 0;
    return 0;
}

int net_split(struct view text, struct view *ret_host, uint16_t *ret_port)
{
    if (net_host_is_unix(text))
        return split_unix(text, ret_host, ret_port);
    const char *colon = text.len ? memrchr(text.at, ':', text.len) : NULL;
    uint64_t port;
    if (!colon)
        return ERR_INVALID;
    struct view host = view_of(text.at, (size_t)(colon - text.at));
    if (!view_to_u64(view_of(colon + 1, text.len - host.len - 1), UINT16_MAX, &port))
        return ERR_INVALID;
    bool brackets = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (brackets)
        host = view_of(host.at + 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++) {
        if (strchr(brackets ? "[]" : "[]:", host.at[i])) /* a NUL too */
            return ERR_INVALID;
    }
    if (host.len == 0 || host.len > NET_HOST_MAX)
        return ERR_INVALID;
    *ret_host = host;
    *ret_port = (uint16_t)port;
    return 0;
}

/* A NUL-terminated copy, as the C library wants it. */
static int terminate(struct view host, char ret_text[NET_HOST_MAX + 1])
{
    if (host.len == 0 || host.len > NET_HOST_MAX)
        return ERR_INVALID;
    memcpy(ret_text, host.at, host.len);
    ret_text[host.len] = '\0';
    return 0;
}

static int unix_address(const char *path, struct net_address *ret_address)
{
    struct net_address a = {.len = sizeof(struct sockaddr_un)};
    struct sockaddr_un *local = (struct sockaddr_un *)&a.sockaddr;
    if (path[0] == '\0' || strlen(path) >= sizeof(local->sun_path))
        return ERR_INVALID;
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, strlen(path) + 1);
    *ret_address = a;
    return 0;
}

int net_address_of(struct view host, uint16_t port, struct net_address *ret_address)
{
    char text[NET_HOST_MAX + 1];
    if (terminate(host, text))
        return ERR_INVALID;
    struct net_address a = {0};
    if (net_host_is_unix(host))
        return unix_address(text + strlen(NET_UNIX), ret_address);
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a.sockaddr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a.sockaddr;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        a.len = sizeof(*v4);
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        a.len = sizeof(*v6);
    } else {
        return ERR_INVALID;
    }
    *ret_address = a;
    return 0;
}

int net_address_find(struct view host, uint16_t port, struct net_address *ret_address)
{
    char text[NET_HOST_MAX + 1], service[8];
    if (net_address_of(host, port, ret_address) == 0)
        return 0;
    if (terminate(host, text) || net_host_is_unix(host))
        return ERR_INVALID;
    snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(text, service, &hints, &found) || !found)
        return ERR_NOT_FOUND;
    /* IPv4 first: "localhost" then finds a server that listens on 127.0.0.1. */
    const struct addrinfo *best = found;
    for (const struct addrinfo *a = found; a && best->ai_family != AF_INET; a = a->ai_next) {
        if (a->ai_family == AF_INET)
            best = a;
    }
    *ret_address = (struct net_address){.len = best->ai_addrlen};
    memcpy(&ret_address->sockaddr, best->ai_addr, best->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

static bool is_loopback4(const uint8_t bytes[4])
{
    return bytes[0] == 127;
}

bool net_address_is_local(const struct net_address *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->sockaddr;
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->sockaddr;
    switch (address->sockaddr.ss_family) {
    case AF_UNIX:
        return true;
    case AF_INET:
        return is_loopback4((const uint8_t *)&four->sin_addr);
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && is_loopback4(six->sin6_addr.s6_addr + 12));
    default:
        return false;
    }
}

const char *net_address_path(const struct net_address *address)
{
    const struct sockaddr_un *local = (const struct sockaddr_un *)&address->sockaddr;
    return address->sockaddr.ss_family == AF_UNIX ? local->sun_path : NULL;
}

uint16_t net_address_port(const struct net_address *address)
{
    if (address->sockaddr.ss_family == AF_UNIX)
        return 0;
    if (address->sockaddr.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->sockaddr)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&address->sockaddr)->sin_port);
}
