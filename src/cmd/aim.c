#include "cmd/aim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/cmd.h"
#include "err/err.h"
#include "net/address.h"

#define FILES_BESIDE 64 /* descriptors for other things than connections */
#define SOURCE_PORTS 20000

/* HOST:PORT of a url, with the slash that may end it cut off; empty for another scheme. */
static struct view authority_of(const char *url)
{
    struct view v = view_str(url);
    const struct view schemes[] = {VIEW_LIT("http://"), VIEW_LIT("https://")};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        const size_t skip = schemes[i].len;
        if (view_starts(v, schemes[i]))
            return view_of(v.at + skip, v.len - skip - (v.len > skip && v.at[v.len - 1] == '/'));
    }
    return view_of(NULL, 0);
}

static bool is_loopback(const struct net_address *address)
{
    if (address->sockaddr.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)&address->sockaddr;
        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *in6 = (const void *)&address->sockaddr;
    return address->sockaddr.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static int because(int code, char ret_why[TARGET_WHY_MAX], const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int because(int code, char ret_why[TARGET_WHY_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ret_why, TARGET_WHY_MAX, format, args);
    va_end(args);
    return code;
}

int aim_find(const char *url, bool own, bool *ret_many_sources, char ret_why[TARGET_WHY_MAX])
{
    struct net_address address;
    struct view host;
    uint16_t port;
    int err = net_split(authority_of(url), &host, &port);
    assert(!err); /* it was checked */
    err = net_address_find(host, port, &address);
    if (err)
        return because(CMD_UNREACHED, ret_why, "%s: %s", url,
                       err == ERR_NOT_FOUND ? "there is no such host" : err_text(err));
    if (!is_loopback(&address) && !own)
        return because(CMD_USAGE, ret_why,
                       "%s is not this machine; a stampede can bring a server down: say "
                       "--i-own-this-server",
                       url);
    *ret_many_sources = is_loopback(&address) && address.sockaddr.ss_family == AF_INET;
    return CMD_OK;
}

int aim_connections(uint32_t wanted, bool fixed, bool many_sources, uint32_t *ret_connections,
                    char ret_why[TARGET_WHY_MAX])
{
    struct rlimit limit;
    if (wanted > SOURCE_PORTS && !many_sources)
        return because(CMD_USAGE, ret_why,
                       "at most %d --connections, but to 127.0.0.1: this machine's ports run out",
                       SOURCE_PORTS);
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return because(CMD_FALSE, ret_why, "the limit of open files: %s", strerror(errno));
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur <= FILES_BESIDE)
        return because(CMD_FALSE, ret_why,
                       "this machine lets a process have %llu open files (ulimit -Hn): too few",
                       (unsigned long long)limit.rlim_cur);
    const rlim_t room = limit.rlim_cur - FILES_BESIDE;
    if (fixed && wanted > room)
        return because(CMD_USAGE, ret_why,
                       "this machine lets a process have %llu open files (ulimit -Hn): at most "
                       "--connections %llu",
                       (unsigned long long)limit.rlim_cur, (unsigned long long)room);
    *ret_connections = wanted < room ? wanted : (uint32_t)room;
    return CMD_OK;
}
