/*
 * stream: a connected socket on a loop, plain or under TLS: bytes in, bytes out, never waiting.
 *
 * The owner is told by ready that something may have become possible and then reads and writes
 * until ERR_BUSY. A stream remembers what the kernel said, so that asking again costs no system
 * call. Under TLS reading may need writing and the other way round: after ready, try both.
 */
#ifndef USHER_NET_STREAM_H
#define USHER_NET_STREAM_H

#include <stdbool.h>

#include "fiber/loop.h"
#include "mem/view.h"
#include "net/tls.h"

#define NET_PIECES_MAX 8 /* views of one net_write */

/* Embed; the members are the stream's own. */
struct net_stream {
    struct loop_io io;
    struct loop *loop;
    struct ssl_st *tls; /* NULL: plain */
    void (*ready)(struct net_stream *stream);
    bool may_read;
    bool may_write;
    bool hangup; /* the other side has shut down: read on until ERR_CLOSED */
    bool broken;
    int tls_reason; /* OpenSSL's, of what broke it */
};

/* Takes a connected, non-blocking fd, also where it fails. tls: as server or client of that
 * context, or NULL. ERR_IO, ERR_NO_MEMORY. */
int net_stream_open(struct net_stream *stream, struct loop *loop, int fd, struct net_tls *tls,
                    const char *server_name, void (*ready)(struct net_stream *stream));
/* Closes at once, without lingering; harmless on a closed or zeroed one. */
void net_stream_close(struct net_stream *stream);
bool net_stream_is_open(const struct net_stream *stream);

/* Reads at most room bytes. 0 and *ret_len > 0; ERR_BUSY: nothing now; ERR_CLOSED: the other side
 * has finished; ERR_IO. */
int net_read(struct net_stream *stream, void *at, size_t room, size_t *ret_len);
/* What has come, without taking it; before any net_read or handshake. As net_read. */
int net_peek(struct net_stream *stream, void *at, size_t room, size_t *ret_len);
/* Takes so many bytes of what net_peek has shown. ERR_IO. */
int net_skip(struct net_stream *stream, size_t len);
/* Writes what fits of at most NET_PIECES_MAX pieces. 0 and *ret_len, which may be less than all;
 * ERR_BUSY: nothing now; ERR_IO. Under TLS, what is offered after ERR_BUSY begins with what was
 * offered before. */
int net_write(struct net_stream *stream, const struct view *pieces, size_t count, size_t *ret_len);
/* Whether the kernel knows that the connection is broken; for who does not read just now. Asks it
 * only after a hangup. */
bool net_is_broken(struct net_stream *stream);
/* Whether the other side is on this machine: a loopback address or a Unix socket. */
bool net_is_local(const struct net_stream *stream);
/* The numeric host of the other side, without a port, and a NUL. False where it has none (a Unix
 * socket, or it has gone), or it does not fit. */
bool net_peer_host(const struct net_stream *stream, char *ret_text, size_t room);
/* No more will be written; what the kernel has still goes out. */
void net_shut_write(struct net_stream *stream);

/* TLS: drives the handshake. 0: done; ERR_BUSY: goes on after ready; ERR_IO. Plain: 0. */
int net_handshake(struct net_stream *stream);
/* Why a client's handshake failed, or what broke it after; for people. */
void net_why(const struct net_stream *stream, const char *server_name,
             char ret_why[NET_TLS_WHY_MAX]);
/* Whether a server's client has shown a certificate that counts (net_tls_certified); plain: none.
 * After the handshake. */
bool net_certified(const struct net_stream *stream, char ret_why[NET_TLS_WHY_MAX]);
/* What ALPN has chosen, "h2" or "http/1.1"; empty where there was none. After the handshake. */
struct view net_protocol(const struct net_stream *stream);

#endif
