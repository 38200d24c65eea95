/*
 * house: a server process while it stands: what usher serve builds, layer by layer.
 */
#ifndef USHER_CMD_HOUSE_H
#define USHER_CMD_HOUSE_H

#include <pthread.h>

#include "call/forward.h"
#include "cmd/ground.h"
#include "cmd/mailing.h"
#include "cmd/providers.h"
#include "cmd/telling.h"
#include "cmd/tracing.h"
#include "fiber/offload.h"
#include "svc/auth/auth.h"
#include "svc/auth/peer.h"
#include "svc/gateway/page.h"
#include "svc/gateway/poster.h"
#include "svc/gateway/reports.h"
#include "svc/gateway/scanner.h"
#include "svc/gateway/widget.h"
#include "svc/monitor/monitor.h"
#include "svc/payment/payment.h"
#include "svc/ticket/ticket.h"
#include "svc/waitroom/waitroom.h"
#include "wire/server.h"

#define HOUSE_WORKERS_MAX  64
#define HOUSE_ROLES_MAX    8
#define HOUSE_SERVICES_MAX 16
#define HOUSE_PROXIES_MAX  64

struct serve_values {
    const char *listen;
    const char *data;
    const char *keys;
    const char *store;
    const char *coord;
    const char *advertise;
    int64_t lease_ms;
    const char *roles;
    const char *peers;
    const char *peer_key;
    const char *peer_ca;
    const char *peer_cert, *peer_cert_key;
    const char *tls_cert;
    const char *tls_key;
    const char *log_level;
    const char *issuer;
    const char *terms;
    const char *breached_passwords; /* the file; NULL: none */
    struct head_site site;          /* public_url is pay's */
    const char *oidc;               /* services to sign in with; or NULL */
    const char *oidc_ca;
    const char *person; /* services that prove who somebody is; or NULL */
    int64_t workers;
    int64_t grace_ms;
    int64_t guest_ttl_ms;
    int64_t join_cost;
    int64_t work_after, work_cost;
    struct providers_values pay;
    const char *elastic;
    const char *logstash;
    const char *elastic_auth;
    const char *elastic_ca;
    struct mailing_values mailing;
    struct telling_values telling;
    struct tracing_values tracing;
    bool peer_verify;
    bool check_json; /* of usher check */
    bool demo, demo_sales, demo_crowd, demo_team;
    bool behind_proxy, access_log;
    int64_t rest_ms;
    int64_t account_calls, address_calls, network_calls;
    int64_t address_guests, network_guests;
    const char *trusted_proxies; /* with commas; or NULL */
    const char *proxy_header;
};

/* How a role of this process reaches a service, wherever that runs: as a peer, by a channel on
 * every worker. */
struct wires {
    struct service service;
    struct routes routes;
    struct channel *channels[HOUSE_WORKERS_MAX];
};

/* Whatever is NULL or zero was not built. */
struct house {
    struct serve_values values;
    struct ground ground;
    struct code_keys codes;
    struct worker *workers[HOUSE_WORKERS_MAX];
    uint32_t worker_count;
    uint32_t connections_max; /* of all workers */
    struct offload *offload;
    struct offload *hashing; /* of passwords: a storm of sign-ins waits there alone */

    /* roles.c, one bit or member a row of its table */
    uint32_t here;                        /* roles of this process */
    uint32_t started;                     /* of those, the ones that have to be stopped */
    char peer_urls[HOUSE_ROLES_MAX][300]; /* of roles in other processes; "": none is known */
    struct breached *breached;            /* NULL: no file was given */
    struct keyset *keyset;
    struct auth auth;
    struct http_workers *auth_http; /* to the services of --oidc and --person */
    struct arena oidc_texts;
    struct ticket *ticket;
    struct coord *coord;   /* NULL: no other process has this store */
    struct tenure *tenure; /* of the ticket role, once it has joined the others */
    struct arena provider_texts;
    struct payment_provider providers[PAYMENT_PROVIDERS_MAX];
    struct payment_role *payment;
    struct plain_rule plains[PAYMENT_PLAINS + 7]; /* a form of sign-in, pages, scanners */
    struct routes page_routes;                    /* that these ask by */
    size_t plain_count;
    struct waitroom *waitroom;
    struct wires to_ticket, to_waitroom;
    struct mailing mailing;
    struct forward *forwards[HOUSE_SERVICES_MAX];
    uint32_t forward_count;
    struct service services[HOUSE_SERVICES_MAX]; /* that the port answers */
    uint32_t service_count;
    /* channels.c: of the roles that run here and have started */
    struct service role_services[HOUSE_ROLES_MAX];
    struct routes role_routes[HOUSE_ROLES_MAX];
    struct demo_crowd *crowd; /* of --demo-crowd */
    struct monitor *monitor;
    struct webhook_role *webhook;
    struct net_range webhook_networks[WEBHOOK_ALLOWED_MAX];
    size_t webhook_network_count;
    char elastic_field[512]; /* "Authorization: …", or "" */
    struct tracing tracing;

    struct peers peers;
    struct remote_options peer; /* how this process calls them; its url is each one's */
    struct gateway gateway;
    struct posters *posters;
    struct scanner scanner;
    struct widget widget;
    struct net_range proxies[HOUSE_PROXIES_MAX];
    size_t proxy_count;
    struct quota quota; /* of calls */
    struct server *server;
    pthread_mutex_t counting; /* the monitor asks from a worker, also while all of this ends */
    struct server *counted;   /* whose calls are counted, under it; NULL: nobody's */
    char url[300];
};

/* The proof of work that a role asks for; always: of everybody. */
static inline struct work_rules house_work(const struct house *house, int64_t always)
{
    return (struct work_rules){.always = (uint32_t)always,
                               .cost = (uint32_t)house->values.work_cost,
                               .after = (uint32_t)house->values.work_after};
}

/* Says what could not be done, and returns CMD_FALSE. */
int house_fail(const char *what, int err);

/* ---- channels.c: from one role of this process to another, wherever it runs ---- */

/* Opens a channel to the role of that name, in the name of a peer; in a fiber of the worker that
 * uses it. A role may call those that stand before it in the table from its start on.
 * ERR_UNAVAILABLE: it runs here and has not started; ERR_NOT_FOUND: it is neither here nor at a
 * --peer; ERR_NO_MEMORY. */
int house_channel(struct house *house, const char *role, struct channel **ret_channel);
/* The same; house is the house. */
int house_open(void *house, const char *role, struct channel **ret_channel);
/* The same for the role ticket. */
int house_open_tickets(void *house, struct channel **ret_channel);
/* calls.c: adds up what the port of the house, which state is, has answered; from any thread. */
void house_calls(void *state, struct monitor_calls *ret_calls);
/* Whose calls house_calls adds up from now on; NULL before that one is freed. From any thread. */
void house_count_calls(struct house *house, struct server *server);
/* From now on a role that has started can be called. An enum cmd_exit. */
int channels_let_in(struct house *house, size_t role, struct service service);
/* No channel to a role of this process may be left. */
void channels_close(struct house *house);

#endif
