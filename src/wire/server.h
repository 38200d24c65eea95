/*
 * server: a listener on every worker (SO_REUSEPORT) and the connections behind it.
 */
#ifndef USHER_WIRE_SERVER_H
#define USHER_WIRE_SERVER_H

#include "call/call.h"
#include "fiber/offload.h"
#include "fiber/worker.h"
#include "http/head.h"
#include "mem/buf.h"
#include "net/range.h"
#include "observe/metrics.h"
#include "token/quota.h"

struct server;

/* What a plain HTTP request outside of any service gets: pages, /metrics. Runs on the connection's
 * worker, in no fiber, and must not wait. */
struct page {
    int status;           /* 200, 304, 404 … */
    const char *type;     /* Content-Type, static; NULL without a body */
    const char *cache;    /* Cache-Control, static; NULL: no-store */
    const char *etag;     /* quoted, static or from the arena; NULL: none */
    const char *encoding; /* Content-Encoding, static; NULL: identity */
    const char *headers;  /* further lines "Name: value\r\n…", static, or NULL */
    struct view body;     /* static or from the arena */
    bool varies;          /* by Accept-Encoding; the server's own to set */
    bool constant;        /* body outlives the server: it is lent, not copied */
};
struct page_request {
    struct view method; /* GET and HEAD only reach the hook; others get 405 */
    struct view path;   /* without the query */
    struct view if_none_match;
    struct view accept, accept_encoding;
    struct arena *arena;
};

/* A plain request that is answered in a fiber: by any method, with a body. All of it lives in the
 * arena, which is the call's. */
struct plain_request {
    struct view method, path, query; /* query without the '?' */
    const struct head_field *fields; /* header fields, in order */
    size_t field_count;
    struct view body;
    const struct metadata *metadata; /* where the caller is, for calls that the answer is made of */
    struct view address;             /* the same; empty: not known */
    struct arena *arena;
    int64_t deadline_ns; /* options.call_max_ms after the head */
};
/* The value of the first field of that name, or the empty view. */
struct view plain_field(const struct plain_request *ask, struct view name);

/* Who answers the paths that begin with prefix: webhooks, forms, an API that is no RPC. Paths of
 * methods and of the page hook must not begin so. */
struct plain_rule {
    const char *prefix;
    size_t body_max; /* bytes; beyond: 413 */
    /* Fills the page; a status of 0 closes the connection without an answer. May wait. */
    void (*handle)(void *state, const struct plain_request *ask, struct page *ret_page);
    void *state;
};

/* What a request says of who sends it. */
struct credentials {
    struct view authorization; /* the header's whole value; empty: none */
    struct view identity;      /* IDENTITY_FIELD: in whose name a peer calls; empty: none */
    struct view address;       /* where the caller is; empty: not known */
    bool local;                /* the connection comes from this machine */
};

#define SERVER_ADDRESS_MAX 280

struct server_options {
    const char *listen;        /* HOST:PORT (port 0 picks one) or unix:PATH */
    const char *tls_cert_path; /* PEM; NULL: no TLS */
    const char *tls_key_path;
    /* Roots (PEM): whoever calls as a peer, in another's name or at a port that is peers_only, has
     * to have shown a certificate of theirs; others need none. NULL: nobody does. Needs TLS. */
    const char *peer_ca_path;
    uint32_t connections_max; /* a worker; 0: 20,000 */
    uint32_t connections_all; /* of all workers together; 0: no other maximum */
    uint32_t calls_max;       /* a worker, watched streams too; beyond: 503; 0: 120,000 */
    uint32_t streams_max;     /* HTTP/2 streams a connection; 0: 1,000 */
    int64_t call_max_ms;      /* no unary call lasts longer; 0: 30,000 */
    int64_t header_max_ms;    /* a request's header and body must have arrived; 0: 10,000 */
    int64_t idle_max_ms;      /* a connection without a request or stream is closed; 0: 120,000 */
    int64_t stall_max_ms;     /* a reader that takes nothing for so long is closed; 0: 10,000 */
    struct offload *offload;  /* borrowed; decodes large requests. NULL: the loop does */
    const struct service *services; /* borrowed */
    size_t service_count;
    const struct plain_rule *plains; /* borrowed; the first whose prefix fits answers */
    size_t plain_count;
    void *hook_state;
    /* Finds out who calls. 0; ERR_DENIED: what is shown is no good; ERR_BUSY: not without waiting;
     * ERR_FULL: too much that is no good came from there. May be NULL. Runs on the loop, must not
     * wait. */
    int (*identify)(void *hook_state, const struct credentials *credentials,
                    struct identity *ret_identity);
    /* The same in the call's fiber, after ERR_BUSY; it may wait. ERR_FULL: too many do. */
    int (*identify_slowly)(void *hook_state, const struct credentials *credentials,
                           struct identity *ret_identity);
    /* Everything comes through a proxy: who calls, and whether over TLS, is what it says last in
     * X-Forwarded-For and X-Forwarded-Proto. */
    bool behind_proxy;
    /* Proxies of ours, by their addresses: what they say of who calls is believed, of nobody else;
     * in X-Forwarded-For or (proxy_forwarded) Forwarded, or by the PROXY protocol. Borrowed. */
    const struct net_range *proxies;
    size_t proxy_count;
    bool proxy_forwarded;
    /* Only processes of ours connect: whom identify denies may call nothing but grpc.health.v1, and
     * the number and resets of HTTP/2 streams are not held against a connection. */
    bool peers_only;
    /* How often callers may call, a second, after ten times as many at once; 0: no limit. */
    struct quota *quota; /* borrowed, of all workers; NULL: nobody is limited */
    int64_t account_calls, address_calls, network_calls;
    bool access_log; /* a line in the log for every request */
    /* May be NULL: everything is 404. */
    void (*page)(void *hook_state, const struct page_request *ask, struct page *ret_page);
};

/* Binds and serves on every worker. Called from a plain thread. ERR_IO (errno says why),
 * ERR_INVALID (the address; the certificate), ERR_NO_MEMORY. */
int server_start(struct worker *const *workers, uint32_t worker_count,
                 const struct server_options *options, struct server **ret_server);
/* Reads certificate, key and peers' roots anew, for connections that begin from now on. 0, also
 * without TLS; ERR_INVALID, ERR_NO_MEMORY: the present ones stay. Any thread. */
int server_reload_tls(struct server *server);
/* The bound port; 0 of a Unix socket. */
uint16_t server_port(const struct server *server);
/* Where it answers, HOST:PORT with the bound port or unix:PATH, and a NUL. */
void server_address(const struct server *server, char ret_text[SERVER_ADDRESS_MAX]);
/* Stops accepting, sends GOAWAY (two steps) and Connection: close, ends streams with UNAVAILABLE,
 * lets calls finish until grace_ms have passed, then closes the rest; then frees the server. */
void server_stop(struct server *server, int64_t grace_ms);

/* For /metrics: connections and bytes so far, all workers. */
struct server_stats {
    uint64_t connections_open, connections_total, connections_refused, streams_open, bytes_in,
        bytes_out;
};
void server_stats(const struct server *server, struct server_stats *ret_stats);
/* Appends the calls so far by method and code, and their times, in Prometheus' text format. As
 * metrics_render. */
int server_render_calls(const struct server *server, struct exposition *page);

#define SERVER_CODES 17 /* CODE_OK … CODE_UNAUTHENTICATED */
struct server_calls {
    uint64_t codes[SERVER_CODES];
    uint64_t buckets[METRIC_BUCKETS + 1]; /* of unary calls, as metric_bounds_ns */
};
/* The calls of one method, "usher.v1.TicketService/HoldSeats", or (NULL) of all. From any thread.
 */
void server_calls(const struct server *server, const char *method, struct server_calls *ret_calls);

#endif
