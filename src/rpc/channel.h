/*
 * channel: the calling end: gRPC over one HTTP/2 connection, used by many fibers of one thread.
 *
 * Lives on the thread of the fibers that use it. Calls are multiplexed; a fiber that calls parks
 * until its answer is there. Written requests are gathered in one write a turn of the loop. Beyond
 * the streams the server allows, calls wait in order. A channel whose connection has ended answers
 * RPC_UNAVAILABLE from then on; it does not reconnect: whether a call may be tried again is for its
 * caller to say, who opens another.
 */
#ifndef USHER_RPC_CHANNEL_H
#define USHER_RPC_CHANNEL_H

#include "fiber/fiber.h"
#include "rpc/rpc.h"

struct rpc_channel;

struct rpc_channel_options {
    const char *url;           /* http://HOST:PORT or https://HOST:PORT */
    const char *authorization; /* whole header value for every call, copied; NULL: none */
    const char *tls_ca_path;   /* NULL: the system's */
    const char *source_host;   /* bind to this local address first; NULL: any */
};

/* Connects. ERR_INVALID (the url), ERR_UNAVAILABLE (refused, unreachable), ERR_TIMEOUT, ERR_IO,
 * ERR_NO_MEMORY. */
int rpc_channel_open(const struct rpc_channel_options *options, int64_t deadline_ns,
                     struct rpc_channel **ret_channel);
/* From a fiber. No call may be under way, no reader open. */
void rpc_channel_close(struct rpc_channel *channel);

/* How a call ended. */
struct rpc_status {
    enum rpc_code code;
    const char *message;                  /* in the arena; never NULL */
    const Usher__V1__ErrorDetail *detail; /* in the arena, or NULL */
};

/* One unary call of "/package.Service/Method". authorization (NULL: the channel's) is for this call
 * alone. Returns 0 when an answer came and ret_status->code is RPC_OK: *ret_response is in the
 * arena. Otherwise a non-zero err code, and *ret_status is filled in every case (a broken
 * connection is RPC_UNAVAILABLE). */
int rpc_channel_call(struct rpc_channel *channel, const char *path, const char *authorization,
                     const ProtobufCMessage *request,
                     const ProtobufCMessageDescriptor *response_descriptor, struct arena *arena,
                     const ProtobufCMessage **ret_response, struct rpc_status *ret_status,
                     int64_t deadline_ns);

/* A server stream: open, then read until ERR_CLOSED (ended; *ret_status tells how). */
struct rpc_reader;
int rpc_channel_watch(struct rpc_channel *channel, const char *path, const char *authorization,
                      const ProtobufCMessage *request, struct rpc_reader **ret_reader,
                      int64_t deadline_ns);
/* The next message, in the arena. ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED. A reader that is 16 MiB
 * behind is ended with RPC_RESOURCE_EXHAUSTED; a stream that ends within a message, whose server
 * knows of no error, with RPC_INTERNAL. */
int rpc_reader_next(struct rpc_reader *reader, const ProtobufCMessageDescriptor *descriptor,
                    struct arena *arena, const ProtobufCMessage **ret_message,
                    struct rpc_status *ret_status, int64_t deadline_ns);
/* Cancels it if it has not ended. */
void rpc_reader_free(struct rpc_reader *reader);

#endif
