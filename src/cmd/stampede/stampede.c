/*
 * usher stampede: sends a crowd at a running server through its public port and tells what came of
 * it.
 *
 * Talks to the server alone; writes the files it is told to. It is a load generator, so it aims at
 * this machine only, unless it is told that the server is the caller's own.
 */
#include "cmd/stampede/stampede.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/client.h"
#include "cmd/stampede/report.h"
#include "err/err.h"
#include "net/address.h"

#define FILES_BESIDE      64 /* descriptors for other things than connections */
#define CONNECTIONS_USUAL 1000
#define SOURCE_PORTS      20000

struct stampede_values {
    const char *url;
    const char *tls_ca;
    const char *seats;
    const char *party;
    const char *json;
    const char *html;
    int64_t performance_id;
    int64_t users;
    int64_t within_ms;
    int64_t connections;
    int64_t threads;
    int64_t seed;
    int64_t tries;
    int64_t timeout_ms;
    double abandon;
    bool apart;
    bool order;
    bool own;
};

#define OPTION(member) offsetof(struct stampede_values, member)
static const struct conf_option options[] = {
    {"url", CONF_STR, OPTION(url), "http://127.0.0.1:8080",
     .help = "the server, http://HOST:PORT or https://HOST:PORT"},
    {"performance", CONF_INT, OPTION(performance_id), "0", 0, UINT32_MAX,
     .help = "which one; 0: the first whose sale is open"},
    {"users", CONF_INT, OPTION(users), "1000", 1, CROWD_USERS_MAX,
     .help = "people, each with an account of their own"},
    {"within", CONF_MS, OPTION(within_ms), "100ms", 0, 3600000, .help = "all arrive in this time"},
    {"seats", CONF_STR, OPTION(seats), "best", 1, 32,
     .help = "best: the server chooses; random: any free seat; hot:N: everybody wants the same N"},
    {"party", CONF_STR, OPTION(party), "1", 1, 8, .help = "places a person wants: 2, or 1-4"},
    {"apart", CONF_BOOL, OPTION(apart), "yes",
     .help = "with best: take single seats where no row of neighbours is left"},
    {"order", CONF_BOOL, OPTION(order), "yes", .help = "who holds seats orders them"},
    {"abandon", CONF_REAL, OPTION(abandon), "0", 0, 1,
     .help = "share of holders who do not order: half give the seats back, half just leave"},
    {"tries", CONF_INT, OPTION(tries), "1", 1, CROWD_TRIES_MAX,
     .help = "holds a person tries when the seats are taken; then what the server says is nearest"},
    {"timeout", CONF_MS, OPTION(timeout_ms), "30s", 1, 600000,
     .help = "how long a person waits for one answer"},
    {"connections", CONF_INT, OPTION(connections), "0", 0, CROWD_CONNECTIONS_MAX,
     .help = "HTTP/2 connections; 0: one a person, at most 1,000, then shared"},
    {"threads", CONF_INT, OPTION(threads), "1", 1, CROWD_THREADS_MAX,
     .help = "threads of this generator; one keeps pace with some 50,000 people a second"},
    {"seed", CONF_INT, OPTION(seed), "0", 0, INT64_MAX,
     .help = "decides who comes when and wants what; 0: another each time"},
    {"json", CONF_PATH, OPTION(json), NULL,
     .help = "writes all figures to a file; - for standard output"},
    {"html", CONF_PATH, OPTION(html), NULL, .help = "writes a page with plots to a file"},
    {"tls-ca", CONF_PATH, OPTION(tls_ca), NULL,
     .help = "roots to trust (PEM) instead of the system's, for https"},
    {"i-own-this-server", CONF_BOOL, OPTION(own), "no",
     .help = "aim at another machine than this one"},
};

const struct conf_table stampede_table = {
    .command = "usher stampede",
    .summary = "Sends a crowd at a running server, through its public port, over real sockets.\n"
               "Everybody acts when due, whatever the server does, and is measured from then.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Exit code 0 only if every arrival was answered, no seat was given to two accounts and\n"
        "every acknowledged ticket is still there when it is asked for again; 1 if not.",
};

/* ---- what may be done ---- */

static bool is_loopback(const struct net_address *address)
{
    if (address->sockaddr.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)&address->sockaddr;
        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *in6 = (const void *)&address->sockaddr;
    return address->sockaddr.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

/* The target's address. An enum cmd_exit. */
static int find_target(const char *url, struct net_address *ret_address)
{
    struct view rest = view_str(url), host;
    uint16_t port;
    const bool secure = view_starts(rest, VIEW_LIT("https://"));
    const size_t skip = secure ? 8 : 7;
    if (!secure && !view_starts(rest, VIEW_LIT("http://")))
        return cmd_fail("stampede", CMD_USAGE,
                        "--url %s is no http://HOST:PORT or https://HOST:PORT", url);
    rest = view_of(rest.at + skip, rest.len - skip);
    if (rest.len > 0 && rest.at[rest.len - 1] == '/')
        rest.len--;
    if (net_split(rest, &host, &port) || port == 0)
        return cmd_fail("stampede", CMD_USAGE,
                        "--url %s is no http://HOST:PORT or https://HOST:PORT", url);
    int err = net_address_find(host, port, ret_address);
    return err ? cmd_fail("stampede", CMD_UNREACHED, "--url %s: %s", url, err_text(err)) : CMD_OK;
}

/* A descriptor a connection; as many as the system lets us have. An enum cmd_exit. */
static int reserve_files(uint32_t connections)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return cmd_fail("stampede", CMD_FALSE, "the limit of open files: %s", strerror(errno));
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (connections + FILES_BESIDE > limit.rlim_cur)
        return cmd_fail("stampede", CMD_FALSE,
                        "this machine lets a process have %llu open files (ulimit -Hn): too few "
                        "for %u connections",
                        (unsigned long long)limit.rlim_cur, connections);
    return CMD_OK;
}

static int check(const struct stampede_values *values, struct crowd_options *ret)
{
    struct net_address target;
    if (wish_seats_parse(view_str(values->seats), &ret->seats))
        return cmd_fail("stampede", CMD_USAGE, "--seats %s: write best, random or hot:10",
                        values->seats);
    if (wish_party_parse(view_str(values->party), &ret->party))
        return cmd_fail("stampede", CMD_USAGE, "--party %s: write 2 or 1-4, at most %d",
                        values->party, WISH_PARTY_MAX);
    if (values->json && values->html && strcmp(values->json, "-") == 0 &&
        strcmp(values->html, "-") == 0)
        return cmd_fail("stampede", CMD_USAGE,
                        "--json - and --html - cannot share standard output");
    int code = find_target(values->url, &target);
    if (code != CMD_OK)
        return code;
    if (!is_loopback(&target) && !values->own)
        return cmd_fail("stampede", CMD_USAGE,
                        "%s is not this machine; a stampede can bring a server down: say "
                        "--i-own-this-server",
                        values->url);
    ret->connections = values->connections != 0            ? (uint32_t)values->connections
                       : values->users < CONNECTIONS_USUAL ? (uint32_t)values->users
                                                           : CONNECTIONS_USUAL;
    if (ret->connections > (uint32_t)values->users)
        ret->connections = (uint32_t)values->users;
    if (ret->connections > SOURCE_PORTS &&
        (!is_loopback(&target) || target.sockaddr.ss_family != AF_INET))
        return cmd_fail("stampede", CMD_USAGE,
                        "at most %d --connections, but to 127.0.0.1: this machine's ports run out",
                        SOURCE_PORTS);
    return reserve_files(ret->connections);
}

static void fill(const struct stampede_values *values, struct crowd_options *ret)
{
    ret->url = values->url;
    ret->tls_ca = values->tls_ca;
    ret->performance_id = (uint32_t)values->performance_id;
    ret->users = (uint32_t)values->users;
    ret->within_ns = values->within_ms * NS_PER_MS;
    ret->apart = values->apart;
    ret->order = values->order;
    ret->abandon = values->abandon;
    ret->tries = (uint32_t)values->tries;
    ret->threads = (uint32_t)values->threads;
    if (ret->threads > ret->users)
        ret->threads = ret->users;
    ret->timeout_ms = values->timeout_ms;
    /* 48 bits: short enough to be typed again, and JSON's numbers hold them. */
    ret->seed = values->seed != 0 ? (uint64_t)values->seed : chance_u64(chance_system()) >> 16;
}

/* ---- what is shown ---- */

static int write_file(const char *path, int err)
{
    if (!err)
        return CMD_OK;
    return cmd_fail("stampede", CMD_FALSE, "%s: %s", path,
                    err == ERR_IO ? strerror(errno) : err_text(err));
}

static int show(const struct stampede_values *values, const struct crowd *crowd)
{
    struct report report;
    const bool taken = (values->json && strcmp(values->json, "-") == 0) ||
                       (values->html && strcmp(values->html, "-") == 0);
    if (report_init(&report, crowd))
        return cmd_fail("stampede", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    /* Standard output is one thing: the object, the page, or the text. */
    report_text(&report, taken ? stderr : stdout);
    int code = CMD_OK;
    if (values->json)
        code = write_file(values->json, report_json(&report, values->json));
    if (code == CMD_OK && values->html)
        code = write_file(values->html, report_page(&report, values->html));
    report_release(&report);
    return code != CMD_OK ? code : crowd_proved(crowd) ? CMD_OK : CMD_FALSE;
}

int stampede_command(int argc, char **argv)
{
    struct stampede_values values = {0};
    struct crowd_options wish = {0};
    struct crowd crowd = {0};
    struct conf conf;
    int code = cmd_options(&stampede_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    fill(&values, &wish);
    code = check(&values, &wish);
    if (code == CMD_OK) {
        int err = crowd_run(&crowd, &wish);
        code = err ? cmd_fail("stampede", err == ERR_UNAVAILABLE ? CMD_UNREACHED : CMD_FALSE, "%s",
                              crowd.error[0] ? crowd.error : err_text(err))
                   : show(&values, &crowd);
        crowd_release(&crowd);
    }
    conf_release(&conf);
    return code;
}
