/*
 * remote: a channel to another process: gRPC over HTTP/2, by one or several connections.
 *
 * A connection is opened when a call first wants it, and again when it broke. What fails to connect
 * is not tried again before a pause, which doubles with every failure; until then calls fail at
 * once, so that a server that is gone costs its callers nothing. A call is tried again by itself
 * only where the server has surely not begun it, or where it is idempotent and the connection broke
 * without an answer; every other failure is for the caller to judge, who has the idempotency key.
 *
 *     CLOSED ──first call──▶ OPENING ──▶ OPEN ──broke, GOAWAY──▶ CLOSED
 *        ▲                      │
 *        └── pause is over ── PAUSED ◀── refused
 */
#ifndef USHER_CALL_REMOTE_H
#define USHER_CALL_REMOTE_H

#include "call/channel.h"

struct remote_options {
    const char *url;           /* http(s)://HOST:PORT or http://unix:PATH; copied */
    const char *authorization; /* whole header value for every call, copied; NULL: none */
    const char *tls_ca_path;   /* copied; NULL: the system's */
    const char *tls_cert_path; /* PEM, shown to a server that asks, copied; NULL: none */
    const char *tls_key_path; /* the certificate's, copied; all three are read at each connection */
    const char *source_host;  /* bind to this local address first, copied; NULL: any */
    const struct identity *identity; /* in whose name, where a call names none; copied; NULL: none.
                                        As struct channel_request's: a peer believes it alone */
    uint32_t links;                  /* connections, used in turn; 0: 1 */
    uint32_t tries;                  /* of one call; 0: REMOTE_TRIES_MAX; 1: none is tried again */
};

/* From a fiber. Does not connect yet. ERR_NO_MEMORY. */
int remote_new(const struct remote_options *options, struct channel **ret_channel);
/* Connects now, if no connection is open. ERR_INVALID (the url), ERR_UNAVAILABLE (refused,
 * unreachable), ERR_TIMEOUT, ERR_IO, ERR_NO_MEMORY. */
int remote_connect(struct channel *channel, int64_t deadline_ns);
/* Of all channels: connections that are open now are given to no further call, so that what TLS
 * shows and trusts is read anew; calls and streams on them end as they would. From any thread. */
void remote_renew(void);
/* How many connections were opened so far. */
uint32_t remote_opened(const struct channel *channel);

#endif
