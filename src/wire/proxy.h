/*
 * proxy: what proxies in front of us say of who calls.
 *
 * A proxy is believed only where its own address is in a network of options.proxies; what anybody
 * else says of addresses is nothing. Each proxy appends whom it sees, so the hops are read from the
 * right, and the first that is no proxy of ours is the caller (RFC 7239, 5.2 and 8.1): what stands
 * before it he may have said himself. Pure. Inside src/wire only.
 */
#ifndef USHER_WIRE_PROXY_H
#define USHER_WIRE_PROXY_H

#include "http/head.h"
#include "wire/conn.h"
#include "wire/server.h"

#define PROXY_HEADER_MAX 1024 /* bytes of a PROXY protocol header that are taken */

/* What a request's fields say of its caller. */
struct proxy_said {
    struct view address; /* in the text that was given, or the peer's */
    struct view scheme;  /* "https", "http"; empty: not said */
};

/* Whether an address is one of the proxies'. */
bool proxy_is_trusted(const struct server_options *options, struct view address);

/* Who calls, where the other end, peer, is a trusted proxy: the rightmost hop that is no proxy of
 * ours. Where a hop cannot be read, the proxy that wrote it. The address is written into text. */
struct proxy_said proxy_read(const struct server_options *options, const struct head *head,
                             struct view peer, char text[CONN_HOST_MAX]);

/* A header of the PROXY protocol, version 2. */
struct proxy_header {
    size_t len;               /* bytes, that come before all else */
    char host[CONN_HOST_MAX]; /* whom it names; "": nobody (a health check of the proxy's own) */
    bool secure;              /* he came over TLS */
};

/* Reads the first bytes of a connection. 0; ERR_BUSY: more are needed; ERR_NOT_FOUND: they are no
 * such header; ERR_INVALID: they are a bad one. */
int proxy_header_read(struct view bytes, struct proxy_header *ret_header);

#endif
