/*
 * conn: a connection and the engine that speaks on it. Inside src/wire only.
 *
 *   OPEN ─handshake, first bytes─▶ SPEAKS ──engine wants close──▶ LINGER ──▶ closed
 *
 * It has no fiber and no buffer of its own: it reads into the shard's, and what the engine keeps is
 * what a half message or an unsent answer needs. Input is taken when the loop says so; output is
 * gathered and written once a turn, by conn_flush from the shard. conn_close happens only there and
 * in the sweep, never inside an engine's event; the struct is freed after the turn.
 */
#ifndef USHER_WIRE_CONN_H
#define USHER_WIRE_CONN_H

#include "net/stream.h"
#include "wire/engine.h"
#include "wire/exchange.h"

enum conn_state { CONN_OPEN, CONN_SPEAKS, CONN_LINGER, CONN_CLOSED };

#define CONN_HOST_MAX 46 /* characters of an address, with the NUL */

struct conn {
    struct net_stream stream;
    struct shard *shard;
    struct list link;       /* in the shard, all of them */
    struct list dirty_link; /* in the shard, while a flush is due; then: to be freed */
    int64_t active_ns;      /* since when it is in its state, or idle */
    int64_t stuck_ns;       /* since when the kernel takes too little of what is unsent; or NEVER */
    size_t taken;           /* bytes that it took since then */
    size_t counted_unsent;  /* of its unsent bytes, as the shard counts them */
    const struct engine *engine; /* CONN_SPEAKS */
    struct h2 *h2;               /* of engine_h2, and the other engine_h1's */
    struct h1 h1;
    struct exchange *exchange; /* HTTP/1.1: the one under way */
    uint32_t lingered;         /* bytes dropped */
    bool blocked;              /* the kernel did not take all of what there was */
    uint8_t state;
    uint8_t matched;               /* of the preface */
    bool secured;                  /* the handshake is done, or there is none */
    bool asked;                    /* a first request's head was there */
    bool eof;                      /* the other side has finished */
    bool failed;                   /* close at the next flush */
    bool proxied;                  /* the other end is a proxy of ours */
    bool announced;                /* whether a PROXY header comes first is known */
    bool certified;                /* it has shown a certificate of options.peer_ca_path */
    bool secure_before;            /* a PROXY header said that the caller came over TLS */
    char peer_host[CONN_HOST_MAX]; /* of the other end, or whom a PROXY header names, once it was
                                    * asked for; else empty */
};

/* Takes an accepted socket; closes it where that fails. */
void conn_new(struct shard *shard, int fd);
/* Marks that there is something to write or to decide; the shard flushes this turn. */
void conn_touch(struct conn *conn);
void conn_flush(struct conn *conn);
/* Closes at once, telling the calls. Frees nothing. */
void conn_close(struct conn *conn);
/* Timers: total time of a message, idleness, stuck output, keepalive. */
void conn_sweep(struct conn *conn, int64_t now_ns);
/* No further request. */
void conn_drain(struct conn *conn);
size_t conn_unsent(const struct conn *conn);
/* Whether too much is unsent for another answer: on this connection; or on all of the worker's, and
 * this one has more than its part of what is left. */
bool conn_is_full(const struct conn *conn);
#define CONN_FULL_TEXT "too much is unsent on this connection"
/* The host of the other end; empty where it has none (a Unix socket). */
struct view conn_host(struct conn *conn);
/* Whether the one request under way is answered by a stream (HTTP/1.1). */
bool conn_watches(const struct conn *conn);

#endif
