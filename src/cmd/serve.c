/*
 * usher serve: builds the server from its parts, layer by layer, and takes it down in the opposite
 * order.
 *
 * Touches DIR alone: usher.db (the store), secret.key (signs tokens and ticket codes), operator.key
 * (the operator's), listen (where it answers). When the process dies at any moment, the next start
 * goes on from what was acknowledged.
 */
#include "cmd/serve.h"
#include "call/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "call/local.h"
#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/demo.h"
#include "cmd/reload.h"
#include "cmd/roles.h"
#include "err/err.h"
#include "net/address.h"
#include "net/tls.h"
#include "observe/log.h"
#include "store/consents.h"
#include "svc/ticket/tenure.h"
#include "token/roles.h"
#include "wire/limits.h"

#define SERVE_OFFLOAD_THREADS 2
#define SERVE_OFFLOAD_QUEUE   64
#define SERVE_HASHING_THREADS 2
#define SERVE_HASHING_QUEUE   256
#define SERVE_PATH_MAX        4096
#define SERVE_FILES_OWN       40    /* descriptors for the store, with room to open it anew */
#define SERVE_FILES_WORKER    8     /* for a worker's loop and listeners */
#define SERVE_SILENT_MS       10000 /* a worker that has not turned for so long is not alive */
#define SERVE_END_MS          1000  /* of the grace, for the last commit */
#define SERVE_FILES_UNKNOWN   1024  /* where the system does not say */

/* The first is of usher check alone. */
static const struct conf_option options[] = {
    {"json", CONF_BOOL, offsetof(struct serve_values, check_json), "no",
     .help = "one JSON object instead of text, for machines"},
    {"listen", CONF_ADDRESS, offsetof(struct serve_values, listen), "127.0.0.1:8080",
     .help =
         "where to answer, HTTP/1.1 and HTTP/2: HOST:PORT, where port 0 picks one and writes it "
         "to DIR/listen, or unix:PATH"},
    {"data", CONF_PATH, offsetof(struct serve_values, data), "run",
     .help = "the folder of the store and the keys; made, with those above it, where it does not "
             "exist"},
    {"keys", CONF_PATH, offsetof(struct serve_values, keys), NULL,
     .help = "the folder of secret.key and operator.key, where that is not the data folder: all "
             "processes of one house must have the same"},
    {"store", CONF_STR, offsetof(struct serve_values, store), NULL,
     .help = "in place of the embedded store, a shared one that several processes use: "
             "mariadb://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE?password-file=PATH, with "
             "&tls=verify&tls-ca=PATH, and with a replica &semi-sync=require"},
    {"coord", CONF_STR, offsetof(struct serve_values, coord), NULL,
     .help = "where several processes with one store agree on who owns which performance: "
             "redis://HOST[:PORT][?password-file=PATH], rediss:// for TLS (&tls-ca=PATH, "
             "&tls-cert=PATH&tls-key=PATH), several HOST[:PORT] with commas and "
             "&sentinel=MASTER or &cluster=yes"},
    {"advertise", CONF_STR, offsetof(struct serve_values, advertise), NULL,
     .help = "with --coord, the address at which the other processes reach this one, "
             "http://HOST:PORT; by default where it listens"},
    {"lease", CONF_MS, offsetof(struct serve_values, lease_ms), "3s", TENURE_LEASE_MIN_MS, 60000,
     .help =
         "with --coord, how long a performance stays with a process that says nothing any more"},
    {"role", CONF_STR, offsetof(struct serve_values, roles), "all",
     .help =
         "which roles run in this process: all, or some of auth, ticket, waitroom, door, gateway, "
         "with commas"},
    {"peer", CONF_STR, offsetof(struct serve_values, peers), NULL,
     .help = "where the gateway finds the roles that run elsewhere: ROLE=HOST:PORT, with commas"},
    {"peer-key", CONF_PATH, offsetof(struct serve_values, peer_key), NULL,
     .help =
         "the key that peers show each other, a file like operator.key; without one they show "
         "what --keys or --coord makes common to them, or only those on this machine are let in"},
    {"peer-ca", CONF_PATH, offsetof(struct serve_values, peer_ca), NULL,
     .help = "roots to trust (PEM) for peers at https://HOST:PORT, instead of the system's"},
    {"peer-cert", CONF_PATH, offsetof(struct serve_values, peer_cert), NULL,
     .help = "certificate chain (PEM) that this process shows to peers at https://HOST:PORT; read "
             "again at each connection"},
    {"peer-cert-key", CONF_PATH, offsetof(struct serve_values, peer_cert_key), NULL,
     .help = "its private key (PEM)"},
    {"peer-verify", CONF_BOOL, offsetof(struct serve_values, peer_verify), "no",
     .help = "let in as a peer only who has shown a certificate that --peer-ca signed, beside the "
             "key; everybody else needs none"},
    {"demo", CONF_BOOL, offsetof(struct serve_values, demo), "no",
     .help = "if the store is empty, create a demo event in a generated hall of 2,000 seats"},
    {"join-cost", CONF_INT, offsetof(struct serve_values, join_cost), "0", 0, 1000000,
     .help =
         "iterations of PBKDF2 a try of the proof of work that joining a line asks for, about a "
         "hundred tries; 2,000 take a phone half a second. 0: none"},
    {"work-after", CONF_INT, offsetof(struct serve_values, work_after), "100", 0, 1000000,
     .help = "guests, and joins, that one address (a network: ten times as many) may make in an "
             "hour before a proof of work is asked for"},
    {"work-cost", CONF_INT, offsetof(struct serve_values, work_cost), "2000", 0, 30000,
     .help = "its cost then, as of --join-cost; it doubles with each doubling of their number, 32 "
             "times at most. 0: none"},
    {"demo-sales", CONF_BOOL, offsetof(struct serve_values, demo_sales), "no",
     .help = "with --demo, two more events behind lines: one is open, the other's draw and opening "
             "are minutes away"},
    {"demo-crowd", CONF_BOOL, offsetof(struct serve_values, demo_crowd), "no",
     .help = "with --demo-sales, two dozen people who come to the lines, buy or leave, and come "
             "again"},
    {"demo-team", CONF_BOOL, offsetof(struct serve_values, demo_team), "no",
     .help = "with --demo, an account for /organiser and /door; its password is shown at a "
             "terminal"},
    {"tls-cert", CONF_PATH, offsetof(struct serve_values, tls_cert), NULL,
     .help = "certificate chain (PEM); with it the port speaks TLS"},
    {"tls-key", CONF_PATH, offsetof(struct serve_values, tls_key), NULL,
     .help = "the certificate's private key (PEM)"},
    {"workers", CONF_INT, offsetof(struct serve_values, workers), "0", 0, HOUSE_WORKERS_MAX,
     .help = "threads that answer; 0: one a core"},
    {"grace", CONF_MS, offsetof(struct serve_values, grace_ms), "5s", 0, 600000,
     .help = "how long the process may go on after SIGTERM; calls get a second less"},
    {"guest-ttl", CONF_MS, offsetof(struct serve_values, guest_ttl_ms), "30d", 60000, 31622400000,
     .help = "how long a guest's token holds"},
    {"behind-proxy", CONF_BOOL, offsetof(struct serve_values, behind_proxy), "no",
     .help = "everything comes through a proxy of yours: believe the last X-Forwarded-For and "
             "X-Forwarded-Proto"},
    {"trusted-proxy", CONF_STR, offsetof(struct serve_values, trusted_proxies), NULL,
     .help = "an address or a network (10.0.0.0/8, 2001:db8::/32) of proxies of yours, as often as "
             "needed: what they say of who calls is believed, and nobody else",
     .repeats = true},
    {"proxy-header", CONF_CHOICE, offsetof(struct serve_values, proxy_header), "x-forwarded-for",
     .help = "where trusted proxies say it; the PROXY protocol, version 2, is taken as well",
     .choices = "x-forwarded-for|forwarded"},
    {"account-calls", CONF_INT, offsetof(struct serve_values, account_calls), "50", 0, 100000,
     .help = "calls a second that one account may make, after ten times as many at once; 0: no "
             "limit"},
    {"address-calls", CONF_INT, offsetof(struct serve_values, address_calls), "200", 0, 100000,
     .help = "the same for one address (of IPv6, one /64)"},
    {"network-calls", CONF_INT, offsetof(struct serve_values, network_calls), "1000", 0, 100000,
     .help = "the same for one network: a /24, of IPv6 a /48"},
    {"address-guests", CONF_INT, offsetof(struct serve_values, address_guests), "1000", 0, 1000000,
     .help = "guests that one address may make at once, and then in an hour; 0: no limit"},
    {"network-guests", CONF_INT, offsetof(struct serve_values, network_guests), "10000", 0, 1000000,
     .help = "the same for one network"},
    {"issuer", CONF_STR, offsetof(struct serve_values, issuer), "usher",
     .help = "the issuer named in access tokens; whoever checks a token compares it"},
    {"terms", CONF_STR, offsetof(struct serve_values, terms), "1", 1, CONSENT_VERSION_MAX,
     .help = "the version of the terms of use that people agree to; it is kept with each consent"},
    {"breached-passwords", CONF_STR, offsetof(struct serve_values, breached_passwords), NULL,
     .help =
         "a file of hashes of passwords that stood in breaches, which nobody may set: as Have I "
         "Been Pwned's downloader writes it, in order of SHA-1"},
    {"terms-url", CONF_STR, offsetof(struct serve_values, site.terms_url), NULL,
     .help = "where your terms of use stand; at the foot of every page"},
    {"privacy-url", CONF_STR, offsetof(struct serve_values, site.privacy_url), NULL,
     .help = "where your privacy policy stands; at the foot of every page"},
    {"help-url", CONF_STR, offsetof(struct serve_values, site.help_url), NULL,
     .help = "where people get help, or mailto:ADDRESS; at the foot of every page"},
    {"site-seller", CONF_STR, offsetof(struct serve_values, site.seller), NULL, 1, 400,
     .help = "who runs this site, in one line: name, registration, address, telephone; at the foot "
             "of every page"},
    {"oidc", CONF_STR, offsetof(struct serve_values, oidc), NULL,
     .help = "a service whose accounts sign in here, by OpenID Connect, as often as needed: "
             "NAME=ISSUER,CLIENT_ID,SECRET_FILE; kakao, apple and naver are known by name. Its way "
             "back is PUBLIC_URL/sign-in/return/NAME, for apple PUBLIC_URL/oidc/form/apple",
     .repeats = true},
    {"oidc-ca", CONF_PATH, offsetof(struct serve_values, oidc_ca), NULL,
     .help = "roots to trust (PEM) for services of --oidc, instead of the system's"},
    {"person", CONF_STR, offsetof(struct serve_values, person), NULL,
     .help =
         "a service that proves whose a telephone, or who a person, is, as often as needed: "
         "NAME=URL,CLIENT,SECRET_FILE; portone (본인인증 by PortOne V2, CLIENT is the channel "
         "key) and twilio (Twilio Verify, CLIENT is the service, the secret ACCOUNT:TOKEN). With "
         "--psp the stand-in is both",
     .repeats = true},
    PROVIDERS_OPTIONS(serve_values, pay),
    {"elastic", CONF_STR, offsetof(struct serve_values, elastic), NULL,
     .help =
         "http(s)://HOST:PORT of an Elasticsearch or OpenSearch that gets logs and sale events"},
    {"logstash", CONF_STR, offsetof(struct serve_values, logstash), NULL,
     .help = "instead of --elastic: http(s)://HOST:PORT of Logstash's HTTP input, or "
             "tcp://HOST:PORT of its TCP input with the codec json_lines, as best effort"},
    {"elastic-auth", CONF_PATH, offsetof(struct serve_values, elastic_auth), NULL,
     .help = "a file with one line, user:password or ApiKey KEY, to sign in there"},
    {"elastic-ca", CONF_PATH, offsetof(struct serve_values, elastic_ca), NULL,
     .help = "roots (PEM) to check its certificate against; without this option, the system's"},
    TRACING_OPTIONS(struct serve_values, tracing),
    MAILING_OPTIONS(struct serve_values, mailing),
    TELLING_OPTIONS(struct serve_values, telling),
    {"rest", CONF_MS, offsetof(struct serve_values, rest_ms), "3s", 0, 600000,
     .help = "a place that is given back or runs out is for sale again after a random time up to "
             "this, where its organiser says nothing else; 0: at once, and unused holds have no "
             "consequence"},
    {"access-log", CONF_BOOL, offsetof(struct serve_values, access_log), "no",
     .help = "a line in the log for every request that is answered"},
    {"log-level", CONF_CHOICE, offsetof(struct serve_values, log_level), "info",
     .help = "the least that is logged to standard error", .choices = "debug|info|warn|error"},
};

const struct conf_table serve_table = {
    .command = "usher serve",
    .summary = "The server: the page, gRPC and Connect on one port, and an embedded store.",
    .options = options + 1,
    .option_count = sizeof(options) / sizeof(options[0]) - 1,
    .notes = "DIR/operator.key authorises the commands that change things; keep it secret.\n"
             "SIGTERM and SIGINT drain: calls finish, streams end, nothing acknowledged is lost.\n",
};

const struct conf_table check_table = {
    .command = "usher check",
    .summary = "Looks at this machine before a sale, and says what to change: limits, memory, "
               "clock, disk,\nport, certificate, and the servers that usher serve with the same "
               "options would use.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "Nothing is changed. Exit codes: 0 nothing must be changed, 1 something must.\n",
};

int house_fail(const char *what, int err)
{
    return cmd_fail("serve", CMD_FALSE, "%s: %s%s%s", what, err_text(err),
                    err == ERR_IO ? ": " : "", err == ERR_IO ? strerrordesc_np(errno) : "");
}

static int path_in(const struct house *house, const char *name, char ret_path[SERVE_PATH_MAX])
{
    const int len = snprintf(ret_path, SERVE_PATH_MAX, "%s/%s", house->values.data, name);
    return len > 0 && len < SERVE_PATH_MAX ? 0 : ERR_INVALID;
}

/* As many descriptors as the system lets us have: one a fan. Returns how many that are. */
static uint64_t raise_files_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return SERVE_FILES_UNKNOWN;
    const rlim_t now = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : now;
}

static bool issuer_fits(const char *issuer)
{
    static const char fits[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/";
    const size_t len = strlen(issuer);
    return len > 0 && len <= ACCESS_ISSUER_MAX && strspn(issuer, fits) == len;
}

/* What stands between peers under TLS. An enum cmd_exit. */
static int check_peer_files(const struct serve_values *values)
{
    char why[NET_TLS_WHY_MAX];
    if (!values->peer_cert != !values->peer_cert_key)
        return cmd_fail("serve", CMD_USAGE,
                        "--peer-cert and --peer-cert-key go together: %s is missing",
                        values->peer_cert ? "--peer-cert-key" : "--peer-cert");
    if (values->peer_verify && (!values->peer_ca || !values->tls_cert))
        return cmd_fail("serve", CMD_USAGE,
                        "--peer-verify: certificates are shown under TLS, and signed by somebody: "
                        "%s is missing",
                        values->peer_ca ? "--tls-cert" : "--peer-ca");
    if ((values->peer_cert &&
         net_tls_check_server(values->peer_cert, values->peer_cert_key, why) != 0) ||
        (values->peer_ca && net_tls_check_client(values->peer_ca, why) != 0))
        return cmd_fail("serve", CMD_FALSE, "%s", why);
    return CMD_OK;
}

/* What is wrong with the address and the certificate is said before anything is made. An enum
 * cmd_exit. */
static int check_words(const struct serve_values *values, bool gateway)
{
    struct net_address address;
    struct view host;
    uint16_t port;
    char why[NET_TLS_WHY_MAX];
    if (!values->tls_cert != !values->tls_key)
        return cmd_fail("serve", CMD_USAGE, "--tls-cert and --tls-key go together: %s is missing",
                        values->tls_cert ? "--tls-key" : "--tls-cert");
    if (net_split(view_str(values->listen), &host, &port))
        return cmd_fail("serve", CMD_USAGE,
                        "--listen %s: write HOST:PORT, as in 127.0.0.1:8080, or unix:PATH",
                        values->listen);
    if (net_address_find(host, port, &address))
        return cmd_fail("serve", CMD_FALSE, "--listen %s: there is no host called %.*s",
                        values->listen, VIEW_ARG(host));
    if (!issuer_fits(values->issuer))
        return cmd_fail("serve", CMD_USAGE,
                        "--issuer %s: 1 to %d letters, digits and -._~:/, as in "
                        "https://tickets.example.org",
                        values->issuer, ACCESS_ISSUER_MAX);
    if (!gateway && !values->peer_key && !values->keys && !values->coord &&
        !net_address_is_local(&address))
        return cmd_fail("serve", CMD_USAGE,
                        "--listen %s: other machines could connect, and without --peer-key FILE "
                        "none could prove that it is a peer",
                        values->listen);
    const int peers = check_peer_files(values);
    if (peers != CMD_OK)
        return peers;
    if (values->behind_proxy && values->trusted_proxies)
        return cmd_fail("serve", CMD_USAGE,
                        "--behind-proxy believes everybody: take either it or --trusted-proxy");
    if (values->tls_cert && net_tls_check_server(values->tls_cert, values->tls_key, why))
        return cmd_fail("serve", CMD_FALSE, "%s", why);
    return mailing_check(&values->mailing);
}

/* What an option names, with commas. An enum cmd_exit. */
static int read_networks(const char *option, const char *text, size_t max,
                         struct net_range *ret_networks, size_t *ret_count)
{
    struct view rest = view_str(text);
    while (rest.len > 0) {
        const char *comma = memchr(rest.at, ',', rest.len);
        const size_t len = comma ? (size_t)(comma - rest.at) : rest.len;
        const struct view one = view_of(rest.at, len);
        if (*ret_count == max)
            return cmd_fail("serve", CMD_USAGE, "--%s: at most %zu", option, max);
        if (net_range_read(one, &ret_networks[(*ret_count)++]))
            return cmd_fail("serve", CMD_USAGE,
                            "--%s %.*s: an address or a network, as in 10.0.0.0/8 or "
                            "2001:db8::/32",
                            option, VIEW_ARG(one));
        rest = comma ? view_of(comma + 1, rest.len - len - 1) : (struct view){0};
    }
    return CMD_OK;
}

/* Whose word is believed, and where webhooks may go. An enum cmd_exit. */
static int read_all_networks(struct house *house)
{
    int code = read_networks("trusted-proxy", house->values.trusted_proxies, HOUSE_PROXIES_MAX,
                             house->proxies, &house->proxy_count);
    return code == CMD_OK
               ? read_networks("webhook-allow", house->values.telling.allow, WEBHOOK_ALLOWED_MAX,
                               house->webhook_networks, &house->webhook_network_count)
               : code;
}

static int build_ground(struct house *house)
{
    static const struct identity peer = {.roles = ROLE_PEER};
    const struct ground_options ground = {.data = house->values.data,
                                          .keys = house->values.keys,
                                          .store = house->values.store,
                                          .keeps = roles_keep(house)};
    uint8_t key[KEY_BYTES];
    const char *path = house->values.peer_key;
    int code = ground_open(&ground, &house->ground);
    if (code == CMD_OK && path)
        code = ground_key(path, key);
    if (code != CMD_OK)
        return code;
    code_keys_derive(house->ground.secret, &house->codes);
    /* Processes that share a folder of keys, or a store, have a secret that nobody else has. */
    const bool shared = house->values.keys || house->values.coord;
    if (!path && shared)
        key_derive(house->ground.secret, KEY_FOR_PEER, key);
    peers_init(&house->peers, path || shared ? key : NULL);
    house->peer = (struct remote_options){
        .authorization = house->peers.keyed ? house->peers.authorization : NULL,
        .tls_ca_path = house->values.peer_ca,
        .tls_cert_path = house->values.peer_cert,
        .tls_key_path = house->values.peer_cert_key,
        .identity = &peer, /* without one its key would be taken for an operator's, at a gateway */
    };
    return CMD_OK;
}

/* The address was looked up already; what is left is the system's no. */
static int fail_to_listen(const char *listen, int err)
{
    const int why = err == ERR_IO ? errno : 0;
    if (why == EADDRINUSE)
        return cmd_fail("serve", CMD_FALSE,
                        "--listen %s: the port is in use; take another, port 0 picks a free one",
                        listen);
    if (why == EADDRNOTAVAIL)
        return cmd_fail("serve", CMD_FALSE, "--listen %s: this machine does not have that address",
                        listen);
    if (why == EACCES)
        return cmd_fail("serve", CMD_FALSE,
                        "--listen %s: the system does not permit that port; take one above 1023, "
                        "or give usher CAP_NET_BIND_SERVICE",
                        listen);
    return cmd_fail("serve", CMD_FALSE, "--listen %s: %s", listen,
                    why ? strerrordesc_np(why) : err_text(err));
}

static int build_workers(struct house *house)
{
    uint32_t count = (uint32_t)house->values.workers;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (count == 0)
        count = cores < 1 ? 1 : cores > HOUSE_WORKERS_MAX ? HOUSE_WORKERS_MAX : (uint32_t)cores;
    for (uint32_t i = 0; i < count; i++) {
        int err = worker_start(i, &SCHED_LIMITS_DEFAULT, &house->workers[i]);
        if (err != 0)
            return house_fail("starting a worker", err);
        house->worker_count++;
    }
    int err = offload_new(SERVE_OFFLOAD_THREADS, SERVE_OFFLOAD_QUEUE, &house->offload);
    if (err == 0)
        err = offload_new(SERVE_HASHING_THREADS, SERVE_HASHING_QUEUE, &house->hashing);
    return err == 0 ? 0 : house_fail("starting the offload pools", err);
}

/* What the store and the workers need stays theirs, however many come: a store that cannot open its
 * log anew could not sell. An enum cmd_exit. */
static int share_files(struct house *house)
{
    const uint64_t own = SERVE_FILES_OWN + SERVE_FILES_WORKER * (uint64_t)house->worker_count;
    const uint64_t all = (uint64_t)WIRE_CONNECTIONS_MAX * house->worker_count;
    const uint64_t files = raise_files_limit();
    if (files <= own)
        return cmd_fail("serve", CMD_FALSE,
                        "%" PRIu64 " files may be open at once (ulimit -n), and %" PRIu64
                        " are needed before the first connection",
                        files, own);
    house->connections_max = (uint32_t)(files - own < all ? files - own : all);
    return CMD_OK;
}

/* Who calls. A process without the gateway hears peers alone; with it, whoever names somebody else
 * has to show the key. */
static int identify(void *state, const struct credentials *shown, struct identity *ret_identity)
{
    struct house *house = state;
    if (!roles_has(house, "gateway") || (house->peers.keyed && shown->identity.len > 0))
        return peers_identify(&house->peers, shown, ret_identity);
    return auth_identify(&house->auth, shown, ret_identity);
}

static int identify_slowly(void *state, const struct credentials *shown,
                           struct identity *ret_identity)
{
    return auth_identify_slowly(&((struct house *)state)->auth, shown, ret_identity);
}

static void page(void *state, const struct page_request *ask, struct page *ret_page)
{
    struct house *house = state;
    if (!roles_page(house, ask, ret_page))
        gateway_page(&house->gateway, ask, ret_page);
}

/* DIR/listen, whole or not at all. */
static int write_listen(struct house *house, const char *address)
{
    char path[SERVE_PATH_MAX], fresh[SERVE_PATH_MAX];
    int err = path_in(house, "listen", path);
    if (err == 0)
        err = path_in(house, "listen.new", fresh);
    FILE *file = err == 0 ? fopen(fresh, "we") : NULL;
    if (!file)
        return ERR_IO;
    const bool written = fprintf(file, "%s\n", address) > 0;
    if (fclose(file) != 0 || !written || rename(fresh, path) != 0)
        return ERR_IO;
    return 0;
}

static struct server_options server_options(struct house *house)
{
    return (struct server_options){
        .listen = house->values.listen,
        .tls_cert_path = house->values.tls_cert,
        .tls_key_path = house->values.tls_key,
        .peer_ca_path = house->values.peer_verify ? house->values.peer_ca : NULL,
        .connections_all = house->connections_max,
        .offload = house->offload,
        .services = house->services,
        .service_count = house->service_count,
        .plains = house->plains,
        .plain_count = house->plain_count,
        .hook_state = house,
        .identify = identify,
        .identify_slowly = identify_slowly,
        .behind_proxy = house->values.behind_proxy,
        .access_log = house->values.access_log,
        .quota = &house->quota,
        .account_calls = house->values.account_calls,
        .address_calls = house->values.address_calls,
        .network_calls = house->values.network_calls,
        .proxies = house->proxies,
        .proxy_count = house->proxy_count,
        .proxy_forwarded = strcmp(house->values.proxy_header, "forwarded") == 0,
        .peers_only = !roles_has(house, "gateway"),
        .page = page,
    };
}

/* ---- health ---- */

/* Whether all loops turn. */
static bool is_live(void *state)
{
    const struct house *house = state;
    for (uint32_t i = 0; i < house->worker_count; i++) {
        if (worker_silent_ms(house->workers[i]) >= SERVE_SILENT_MS)
            return false;
    }
    return true;
}

/* Pages of events say what these are: asked in nobody's name, of the services that the port
 * answers. */
static int open_gateway(struct house *house)
{
    static const char *const prefixes[] = {GATEWAY_EVENT_PATH, GATEWAY_PERFORMANCE_PATH};
    const struct identity nobody = {0};
    if (!house->gateway.has_pages)
        return 0;
    int err = routes_init(&house->page_routes, house->services, house->service_count);
    if (err == 0)
        err = local_new(&house->page_routes, &nobody, &house->gateway.tickets);
    for (size_t i = 0; err == 0 && i < 2; i++)
        house->plains[house->plain_count++] = (struct plain_rule){
            .prefix = prefixes[i], .handle = gateway_event_page, .state = &house->gateway};
    house->plains[house->plain_count++] = (struct plain_rule){
        .prefix = REPORTS_PATH, .body_max = REPORTS_MAX, .handle = reports_page};
    house->scanner = (struct scanner){.services = house->gateway.tickets,
                                      .identify = identify,
                                      .state = house,
                                      .public_url = house->values.pay.public_url};
    house->plains[house->plain_count++] = (struct plain_rule){.prefix = SCANNER_PATH,
                                                              .body_max = SCANNER_BODY_MAX,
                                                              .handle = scanner_page,
                                                              .state = &house->scanner};
    house->widget.services = house->gateway.tickets;
    house->plains[house->plain_count++] =
        (struct plain_rule){.prefix = WIDGET_PATH, .handle = widget_page, .state = &house->widget};
    return err;
}

/* Pictures of events; their table is made by auth, which runs wherever the gateway does. */
static int open_posters(struct house *house)
{
    struct sql *sql = house->ground.store ? house->ground.store->sql : NULL;
    if (!house->gateway.has_pages || !sql)
        return 0;
    int err = posters_new(sql, &house->posters);
    if (err == 0)
        house->plains[house->plain_count++] = (struct plain_rule){
            .prefix = POSTER_PATH, .handle = posters_page, .state = house->posters};
    return err;
}

static void close_gateway(struct house *house)
{
    channel_free(house->gateway.tickets);
    posters_free(house->posters);
    house->posters = NULL;
    if (house->page_routes.slots)
        routes_release(&house->page_routes);
}

static int build_front_door(struct house *house)
{
    const struct serve_values *values = &house->values;
    house->gateway.state = house;
    house->gateway.figures = roles_render;
    house->gateway.ready = roles_ready;
    house->gateway.live = is_live;
    house->gateway.has_pages = roles_has(house, "gateway");
    house->gateway.site = values->site;
    house->gateway.site.public_url = values->pay.public_url;
    house->gateway.site.test_money = providers_are_for_tests(&values->pay);
    int err = open_gateway(house);
    if (err == 0)
        err = open_posters(house);
    if (err != 0)
        return house_fail("the pages of events", err);
    const struct server_options server = server_options(house);
    err = server_start(house->workers, house->worker_count, &server, &house->server);
    if (err != 0)
        return fail_to_listen(values->listen, err);
    atomic_store(&house->gateway.server, house->server);
    house_count_calls(house, house->server);

    char address[SERVER_ADDRESS_MAX];
    server_address(house->server, address);
    snprintf(house->url, sizeof(house->url), "%s://%s", values->tls_cert ? "https" : "http",
             address);
    err = write_listen(house, address);
    return err == 0 ? 0
                    : cmd_fail("serve", CMD_FALSE, "%s/listen: %s", values->data,
                               err == ERR_IO ? strerrordesc_np(errno) : err_text(err));
}

/* In a fiber of a worker. */
static void create_demo(void *arg)
{
    const struct identity operator_identity = {.roles = ROLE_OPERATOR};
    struct house *house = arg;
    struct channel *channel;
    struct routes routes;
    int err = routes_init(&routes, house->services, house->service_count);
    if (!err)
        err = local_new(&routes, &operator_identity, &channel);
    if (!err) {
        err = demo_create(channel); /* which says what failed */
        if (!err && house->values.demo_sales)
            demo_create_sales(channel);
        if (!err && house->values.demo_team)
            demo_create_team(channel, house->ground.secret);
        channel_free(channel);
        routes_release(&routes);
    }
    if (!err && house->values.demo_sales && house->values.demo_crowd)
        err = demo_crowd_start(house->services, house->service_count, &house->crowd);
    if (err)
        log_event(LOG_ERROR, "demo.create", log_err(err));
}

static void make_demo(struct house *house)
{
    int err = worker_call(house->workers[0], create_demo, house);
    if (err != 0)
        log_event(LOG_ERROR, "demo.create", log_err(err));
}

/* ---- the end ---- */

/* Whatever hangs then (a disk that does not answer, most likely), the process ends. What was
 * acknowledged is on the disk; what was not is as after a kill. */
static void *cut_off(void *arg)
{
    const int64_t *grace_ms = arg;
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), *grace_ms);
    const struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
        ;
    log_event(LOG_ERROR, "server.cut_off", log_int("usher.grace_ms", *grace_ms));
    log_flush(); /* which _exit does not */
    _exit(CMD_FALSE);
}

/* How long calls may go on; the rest of the grace is for the last commit. */
static int64_t calls_grace_ms(const struct house *house)
{
    const int64_t grace_ms = house->values.grace_ms;
    return grace_ms > 2 * SERVE_END_MS ? grace_ms - SERVE_END_MS : grace_ms / 2;
}

static void tear_down(struct house *house)
{
    atomic_store(&house->gateway.draining, true);
    atomic_store(&house->gateway.server, NULL);
    if (house->crowd)
        (void)worker_call(house->workers[0], demo_crowd_stop, house->crowd);
    roles_leave(house); /* the others take over first, and answer what is still asked here */
    house_count_calls(house, NULL);
    if (house->server)
        server_stop(house->server, calls_grace_ms(house));
    close_gateway(house);
    roles_stop(house);
    tracing_stop(house);
    if (house->offload)
        offload_free(house->offload);
    if (house->hashing)
        offload_free(house->hashing);
    for (uint32_t i = house->worker_count; i > 0; i--)
        worker_stop(house->workers[i - 1]);
    roles_release(house);
    quota_release(&house->quota);
    store_free(house->ground.store);
}

/* Returns the signal that ends. SIGHUP has things read anew, and does not; but from a terminal that
 * has gone it ends, as any program of that terminal does. */
static int wait_for_end(struct house *house, const sigset_t *signals, const struct words *words)
{
    const bool at_terminal = isatty(STDIN_FILENO);
    int number;
    while (sigwait(signals, &number) == 0 && number == SIGHUP) {
        if (at_terminal && !isatty(STDIN_FILENO))
            break;
        reload(house, words);
    }
    return number;
}

static void build_quota(struct house *house)
{
    uint8_t key[QUOTA_KEY_BYTES];
    struct chance *chance = chance_system();
    chance->fill(chance, key, sizeof(key));
    quota_init(&house->quota, key);
}

/* What whoever started it by hand wants to know. The log has the rest. */
static void greet(const struct house *house)
{
    const char *keys = house->values.keys ? house->values.keys : house->values.data;
    if (!isatty(STDOUT_FILENO))
        return;
    printf("\n  Usher is open at %s\n\n", house->url);
    if (house->values.demo && roles_has(house, "gateway")) {
        if (house->values.demo_team) {
            char password[DEMO_PASSWORD_MAX];
            demo_password(house->ground.secret, password);
            printf("    /organiser   events, halls, lines, orders: sign in as %s, password %s\n"
                   "    /door        lets people in: the same account\n",
                   DEMO_EMAIL, password);
        }
        printf("    /operator    what goes on now: the key is in %s/operator.key\n", keys);
        if (!house->values.mailing.smtp)
            printf("    mails        are kept, not sent: usher mail list --url %s --data %s\n",
                   house->url, keys);
        printf("\n");
    }
    fflush(stdout);
}

static int run(struct house *house, const sigset_t *ending, const struct words *words)
{
    build_quota(house);
    int code = build_ground(house);
    if (code == 0)
        code = build_workers(house);
    if (code == 0)
        code = share_files(house);
    if (code == 0)
        code = tracing_start(house);
    if (code == 0)
        code = roles_start(house);
    if (code == 0 && house->values.demo && !house->coord)
        make_demo(house); /* before the door opens: whoever comes in finds it on sale */
    if (code == 0)
        code = build_front_door(house);
    if (code == 0)
        code = roles_join(house);
    if (code == 0 && house->values.demo && house->coord)
        make_demo(house);
    if (code != 0)
        return code;
    char roles[ROLES_TEXT_MAX];
    roles_names(house, roles, sizeof(roles));
    log_event(LOG_INFO, "server.listen", log_str("url.full", house->url),
              log_str("usher.roles", roles), log_uint("usher.workers", house->worker_count),
              log_uint("usher.connections_max", house->connections_max),
              log_str("usher.guard_pages", sched_guard_name()));
    greet(house);
    const int signal_number = wait_for_end(house, ending, words);
    /* A second one does what it does to any process: whoever sends it will not wait. */
    sigset_t again = *ending;
    sigdelset(&again, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &again, NULL);
    log_event(LOG_INFO, "server.drain", log_int("process.signal", signal_number));
    static int64_t grace_ms;
    pthread_t thread;
    grace_ms = house->values.grace_ms > SERVE_END_MS ? house->values.grace_ms : SERVE_END_MS;
    if (pthread_create(&thread, NULL, cut_off, &grace_ms) == 0)
        pthread_detach(thread);
    return CMD_OK;
}

int serve_command(int argc, char **argv)
{
    struct house house = {.counting = PTHREAD_MUTEX_INITIALIZER};
    struct conf conf;
    int code = cmd_options(&serve_table, argc, argv, &conf, &house.values);
    if (code != CMD_GO_ON)
        return code;
    code = roles_read(&house);
    if (code == CMD_OK)
        code = check_words(&house.values, roles_has(&house, "gateway"));
    if (code == CMD_OK)
        code = read_all_networks(&house);
    if (code != CMD_OK) {
        conf_release(&conf);
        return code;
    }
    struct log_options log = {.form = LOG_AUTO, .fd = STDERR_FILENO, .clock = clock_system()};
    bool known = log_level_parse(house.values.log_level, &log.level);
    assert(known); /* conf has checked the choice */
    log_setup(&log);
    log_set_context(trace_log_context);
    /* Before any thread starts, so that all inherit it: the signals come to sigwait alone. */
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    signal(SIGPIPE, SIG_IGN);
    code = run(&house, &ending, &(struct words){argc, argv});
    tear_down(&house);
    conf_release(&conf);
    return code;
}
