/*
 * reader: a call seen from the calling end, and the connection it runs on. Inside src/rpc only.
 *
 * A unary call is a reader too, on its fiber's stack. The engine's events fill it and wake the
 * fiber; a reader that is given up first parts from its stream, so that no later event finds it.
 */
#ifndef USHER_RPC_READER_H
#define USHER_RPC_READER_H

#include "codec/envelope.h"
#include "fiber/waitlist.h"
#include "http/h2.h"
#include "net/stream.h"
#include "rpc/channel.h"

struct rpc_channel {
    struct net_stream stream;
    struct loop *loop;
    struct h2 *h2;
    struct net_tls *tls;
    char *authority;
    char *authorization; /* or NULL */
    uint8_t *read_bytes;
    struct loop_task flush;
    struct loop_timer tick;
    struct waitlist waiting; /* fibers that want a stream */
    struct fiber *waiter;    /* waits for the handshake, or to close */
    uint32_t waiting_count;
    bool secure;
    bool ready;  /* the handshake is done */
    bool posted; /* flush is with the loop */
    bool failed;
};

struct rpc_reader {
    struct rpc_channel *channel;
    struct h2_stream *h2; /* NULL once closed */
    struct fiber *fiber;  /* waits for more */
    struct buf received;  /* bytes not read yet */
    struct buf details;   /* google.rpc.Status, packed */
    struct buf message;   /* of the status, as text */
    struct envelope_reader envelopes;
    int http_status;
    int code;             /* grpc-status; −1: none was there */
    bool typed;           /* the answer's content-type is gRPC's */
    bool overrun;         /* a limit of ours was passed */
    uint32_t closed_code; /* how the stream was closed */
};

extern const struct h2_events reader_events;

/* The channel's flush runs in this turn. */
void channel_touch(struct rpc_channel *channel);
/* Wakes one who waits for a stream, if there may be one. */
void channel_wake(struct rpc_channel *channel);

#endif
