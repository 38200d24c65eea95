/* What a server would talk to: its own port and certificate, peers, providers, MariaDB, Redis. */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock/clock.h"
#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/ready.h"
#include "cmd/roles.h"
#include "db/mariadb.h"
#include "db/redis.h"
#include "err/err.h"
#include "net/address.h"
#include "net/tls.h"

#define CERT_DAYS_WANTED 21
#define CONNECT_MS       5000
#define ANSWER_MS        10000
#define POLL_MS          10
#define PINGS            32
#define PING_SLOW_US     2000
#define POOL_WANTED      (1024ll << 20) /* bytes that MariaDB keeps of tables */
#define TEXT_ARENA       (1u << 20)

/* ---- this process's own: certificate and port ---- */

static void check_certificate(struct checks *checks, const char *what, const char *cert,
                              const char *key)
{
    char why[NET_TLS_WHY_MAX];
    int64_t left_s;
    if (!cert || !key)
        return;
    if (net_tls_check_server(cert, key, why) != 0) {
        check_note(checks, CHECK_BAD, what, "see docs/operations.md, TLS", "%s", why);
        return;
    }
    if (net_tls_time_left(cert, &left_s) != 0 || left_s <= 0) {
        check_note(checks, CHECK_BAD, what, "renew it", "%s has ended", cert);
        return;
    }
    const bool soon = left_s / 86400 < CERT_DAYS_WANTED;
    check_note(checks, soon ? CHECK_LOOK : CHECK_FINE, what,
               soon ? "renew it, then SIGHUP: usher reads it anew" : NULL,
               "%s holds for %" PRId64 " days more", cert, left_s / 86400);
}

static void check_port(struct checks *checks, const char *listen_at)
{
    struct net_address address;
    struct view host;
    uint16_t port;
    const int one = 1;
    if (net_host_is_unix(view_str(listen_at)) || net_split(view_str(listen_at), &host, &port) ||
        net_address_find(host, port, &address)) {
        check_note(checks, CHECK_FINE, "port", NULL, "%s", listen_at);
        return;
    }
    const int fd = socket(address.sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    const int why =
        fd >= 0 && bind(fd, (const struct sockaddr *)&address.sockaddr, address.len) == 0 ? 0
                                                                                          : errno;
    if (fd >= 0)
        close(fd);
    if (why == 0)
        check_note(checks, CHECK_FINE, "port", NULL, "%s is free", listen_at);
    else
        check_note(checks, why == EADDRINUSE ? CHECK_LOOK : CHECK_BAD, "port",
                   why == EADDRINUSE ? "well, if that is usher serve already"
                                     : "another --listen, or CAP_NET_BIND_SERVICE",
                   "%s: %s", listen_at, strerrordesc_np(why));
}

/* ---- servers that are only reached ---- */

static void check_reached(struct checks *checks, const char *what, const char *url, const char *ca)
{
    if (!url)
        return;
    const int64_t began_ns = clock_mono_ns(clock_system());
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl) {
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CONNECT_MS);
        if (ca)
            curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
        code = curl_easy_perform(curl);
    }
    curl_easy_cleanup(curl);
    const int64_t ms = (clock_mono_ns(clock_system()) - began_ns) / 1000000;
    if (code == CURLE_OK)
        check_note(checks, CHECK_FINE, what, NULL, "%s is reached in %" PRId64 " ms", url, ms);
    else
        check_note(checks, CHECK_BAD, what, "is it running, and does the firewall let us through?",
                   "%s: %s", url, curl_easy_strerror(code));
}

/* Roles that run in one process have one address. */
static bool is_named_before(const struct house *house, size_t role)
{
    for (size_t i = 0; i < role; i++)
        if (strcmp(house->peer_urls[i], house->peer_urls[role]) == 0)
            return true;
    return false;
}

static void check_peers(struct checks *checks, const struct serve_values *values)
{
    struct house house = {.values = *values};
    char text[READY_TEXT_MAX];
    if (!values->peers)
        return;
    if (roles_read(&house) != CMD_OK) {
        check_note(checks, CHECK_BAD, "peers", "see usher serve --help", "--peer cannot be read");
        return;
    }
    for (size_t i = 0; i < HOUSE_ROLES_MAX; i++) {
        const char *url = house.peer_urls[i];
        if (!url[0] || is_named_before(&house, i))
            continue;
        const long status = ready_status(url, values->peer_ca, text);
        if (status == 200)
            check_note(checks, CHECK_FINE, "peer", NULL, "%s serves", url);
        else if (status)
            check_note(checks, CHECK_BAD, "peer", "look at its log",
                       "%s answers, and does not serve: %s", url, text);
        else
            check_note(checks, CHECK_BAD, "peer", "start it, and look at the firewall",
                       "%s: nobody answers", url);
    }
}

/* ---- MariaDB ---- */

enum setting {
    VERSION,
    FLUSH,
    SYNC_BINLOG,
    LOG_BIN,
    READ_ONLY,
    POOL,
    CONNECTIONS,
    GALERA,
    SEMI_SYNC
};
static const char settings_text[] =
    "SELECT CAST(@@version AS CHAR), @@innodb_flush_log_at_trx_commit, @@sync_binlog, @@log_bin, "
    "@@read_only, @@innodb_buffer_pool_size, @@max_connections, "
    "(SELECT count(*) FROM information_schema.global_variables WHERE variable_name = 'WSREP_ON' "
    "AND variable_value = 'ON'), "
    "(SELECT count(*) FROM information_schema.global_variables WHERE variable_name = "
    "'RPL_SEMI_SYNC_MASTER_ENABLED' AND variable_value = 'ON')";

static void judge_mariadb(struct checks *checks, struct mariadb_statement *s)
{
    const int64_t flush = mariadb_column_i64(s, FLUSH);
    const int64_t sync = mariadb_column_i64(s, SYNC_BINLOG);
    const bool binlog = mariadb_column_i64(s, LOG_BIN) != 0;
    const int64_t pool = mariadb_column_i64(s, POOL);
    check_note(checks, flush == 1 ? CHECK_FINE : CHECK_BAD, "MariaDB log",
               flush == 1 ? NULL
                          : "innodb_flush_log_at_trx_commit = 1: an order that was told must "
                            "survive the power",
               "innodb_flush_log_at_trx_commit is %" PRId64, flush);
    if (binlog)
        check_note(checks, sync == 1 ? CHECK_FINE : CHECK_BAD, "MariaDB binlog",
                   sync == 1 ? NULL : "sync_binlog = 1: a replica must not have more, or less",
                   "sync_binlog is %" PRId64, sync);
    if (binlog)
        check_note(checks, CHECK_FINE, "MariaDB replicas", NULL, "%s",
                   mariadb_column_i64(s, SEMI_SYNC)
                       ? "semi-synchronous"
                       : "asynchronous: what a lost primary had told last may be missing");
    if (mariadb_column_i64(s, READ_ONLY))
        check_note(checks, CHECK_BAD, "MariaDB", "name the primary with --store",
                   "the server is read-only");
    if (mariadb_column_i64(s, GALERA))
        check_note(checks, CHECK_BAD, "MariaDB", "one primary: see docs/operations.md",
                   "a multi-primary cluster (wsrep_on)");
    check_note(checks, pool < POOL_WANTED ? CHECK_LOOK : CHECK_FINE, "MariaDB memory",
               pool < POOL_WANTED ? "innodb_buffer_pool_size = 1G or more" : NULL,
               "%" PRId64 " MiB for tables, %" PRId64 " connections at most", pool >> 20,
               mariadb_column_i64(s, CONNECTIONS));
}

static void check_mariadb(struct checks *checks, const char *url)
{
    char why[MARIADB_WHY_MAX];
    struct mariadb *db;
    struct mariadb_conn *conn;
    struct mariadb_statement *s;
    struct arena arena;
    struct view version;
    if (!url)
        return;
    int err = mariadb_new(url, why, &db);
    if (err != 0) {
        check_note(checks, CHECK_BAD, "MariaDB", "see usher serve --help, --store", "%s", why);
        return;
    }
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), ANSWER_MS);
    arena_init(&arena, TEXT_ARENA);
    err = mariadb_take(db, until_ns, &conn);
    if (err == 0) {
        err = mariadb_statement(conn, settings_text, NULL, 0, &s);
        if (err == 0)
            err = mariadb_step(s) == 1 ? mariadb_column_bytes(s, VERSION, &arena, &version)
                                       : ERR_UNAVAILABLE;
        if (err == 0) {
            check_note(checks, CHECK_FINE, "MariaDB", NULL, "%s answers, %.*s", mariadb_name(db),
                       VIEW_ARG(version));
            judge_mariadb(checks, s);
            mariadb_reset(s);
        }
        mariadb_give(conn);
    }
    if (err != 0)
        check_note(checks, CHECK_BAD, "MariaDB", "is it running, and is the password right?",
                   "%s: %s", mariadb_name(db),
                   mariadb_last_failure(db)[0] ? mariadb_last_failure(db) : err_text(err));
    arena_release(&arena);
    mariadb_free(db);
}

/* ---- Redis ---- */

/* The value of a line "name:value" of INFO; its length in *ret_len. NULL: none. */
static const char *info(const redisReply *reply, const char *name, int *ret_len)
{
    const char *at = reply->str ? strstr(reply->str, name) : NULL;
    if (!at)
        return NULL;
    at += strlen(name);
    *ret_len = (int)strcspn(at, "\r\n");
    return at;
}

static void judge_redis(struct checks *checks, struct redis *redis, int64_t until_ns)
{
    redisReply *reply;
    int len;
    if (redis_call(redis, WORDS(VIEW_LIT("INFO")), &reply, until_ns) != 0)
        return;
    const char *version = info(reply, "\nredis_version:", &len);
    if (version)
        check_note(checks, CHECK_FINE, "Redis", NULL, "%s answers, version %.*s", redis_name(redis),
                   len, version);
    const char *role = info(reply, "\nrole:", &len);
    if (role && strncmp(role, "master", 6) != 0)
        check_note(checks, CHECK_BAD, "Redis", "name the primary with --coord",
                   "%s is a replica: leases cannot be written there", redis_name(redis));
    const char *policy = info(reply, "\nmaxmemory_policy:", &len);
    if (policy)
        check_note(checks, strncmp(policy, "noeviction", 10) == 0 ? CHECK_FINE : CHECK_LOOK,
                   "Redis memory",
                   strncmp(policy, "noeviction", 10) == 0
                       ? NULL
                       : "maxmemory-policy noeviction: a lease that is evicted costs a pause",
                   "maxmemory-policy is %.*s", len, policy);
    freeReplyObject(reply);
    int64_t worst_us = 0, sum_us = 0;
    int done = 0;
    for (; done < PINGS; done++) {
        const int64_t began_ns = clock_mono_ns(clock_system());
        if (redis_call(redis, WORDS(VIEW_LIT("PING")), &reply, until_ns) != 0)
            break;
        freeReplyObject(reply);
        const int64_t us = (clock_mono_ns(clock_system()) - began_ns) / 1000;
        sum_us += us;
        worst_us = us > worst_us ? us : worst_us;
    }
    if (done == PINGS)
        check_note(checks, sum_us / PINGS > PING_SLOW_US ? CHECK_LOOK : CHECK_FINE, "Redis time",
                   sum_us / PINGS > PING_SLOW_US ? "bring it nearer: one data centre" : NULL,
                   "an answer takes %" PRId64 " us, %" PRId64 " us at worst", sum_us / PINGS,
                   worst_us);
}

struct redis_look {
    struct checks *checks;
    struct redis *redis;
};

/* In a fiber of the client's worker. */
static void look_at_redis(void *arg)
{
    const struct redis_look *look = arg;
    const int64_t open_ns = deadline_after_ms(fiber_now_ns(), CONNECT_MS);
    while (!redis_is_open(look->redis) && fiber_now_ns() < open_ns)
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), POLL_MS));
    if (redis_is_open(look->redis)) {
        judge_redis(look->checks, look->redis, deadline_after_ms(fiber_now_ns(), ANSWER_MS));
    } else {
        char why[REDIS_WHY_MAX];
        redis_why(look->redis, why);
        check_note(look->checks, CHECK_BAD, "Redis", "is it running, and is the password right?",
                   "%s does not answer, or does not let us in%s%s", redis_name(look->redis),
                   why[0] ? ": " : "", why);
    }
}

static void check_redis(struct checks *checks, const char *url)
{
    char why[512];
    struct worker *worker;
    struct redis_look look = {.checks = checks};
    if (!url || worker_start(0, &SCHED_LIMITS_DEFAULT, &worker) != 0)
        return;
    if (redis_new(url, worker, why, &look.redis) == 0) {
        (void)worker_call(worker, look_at_redis, &look);
        redis_free(look.redis);
    } else {
        check_note(checks, CHECK_BAD, "Redis", "see usher serve --help, --coord", "%s", why);
    }
    worker_stop(worker);
}

void check_others(struct checks *checks, const struct serve_values *values)
{
    check_port(checks, values->listen);
    check_certificate(checks, "certificate", values->tls_cert, values->tls_key);
    check_certificate(checks, "peer certificate", values->peer_cert, values->peer_cert_key);
    check_peers(checks, values);
    check_mariadb(checks, values->store);
    check_redis(checks, values->coord);
    check_reached(checks, "search server", values->elastic, values->elastic_ca);
    check_reached(checks, "collector of spans", values->tracing.url, values->tracing.ca);
    check_reached(checks, "mail server", values->mailing.smtp, values->mailing.ca);
    check_reached(checks, "test provider", values->pay.psp, NULL);
    if (values->pay.toss_key)
        check_reached(checks, "Toss Payments", values->pay.toss_url, NULL);
    if (values->pay.nicepay_key)
        check_reached(checks, "NICEPAY", values->pay.nicepay_url, NULL);
    if (values->pay.stripe_key)
        check_reached(checks, "Stripe", "https://api.stripe.com", NULL);
}
