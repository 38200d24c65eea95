/*
 * channel: the calling end. A role, a command or a test reaches a service through a channel, and
 * does not know which kind it has:
 *
 *     local   a function call in this process, on the caller's fiber (call/local.h)
 *     remote  gRPC over HTTP/2, reconnecting (call/remote.h)
 *
 * A channel lives on the thread of the fibers that use it. call/client.h is the typed way to it.
 */
#ifndef USHER_CALL_CHANNEL_H
#define USHER_CALL_CHANNEL_H

#include <protobuf-c/protobuf-c.h>

#include "call/code.h"
#include "call/identity.h"
#include "call/metadata.h"
#include "call/trace.h"
#include "mem/arena.h"
#include "usher/v1/error.pb-c.h"

/* How a call ended. */
struct call_status {
    enum code code;
    const char *message;                  /* in the arena or static; never NULL */
    const Usher__V1__ErrorDetail *detail; /* in the arena, or NULL */
    const struct metadata *answered;      /* of a unary call, in the arena, or NULL */
};

/* What is called, and how. Everything is borrowed until the call, or opening the stream, returns;
 * what may be NULL says so. */
struct channel_request {
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
    const ProtobufCMessage *message;
    const char *authorization;       /* whole header value; NULL: the channel's */
    const struct identity *identity; /* in whose name; NULL: the channel's. Remote: only a server
                                        that knows this process as a peer believes it */
    const struct metadata *metadata; /* or NULL */
    const struct trace *trace;       /* in whose course; NULL: none, the server makes one */
    bool idempotent;                 /* may be tried again though it may have been carried out */
    bool (*still)(void *arg);        /* of a unary call: is it still worth waiting? Asked every
                                        CHANNEL_LOOK_MS; once it says no, the call ends with
                                        CODE_UNAVAILABLE. NULL: as long as it takes */
    void *still_arg;
    int64_t deadline_ns;
};

#define CHANNEL_LOOK_MS 20

struct channel;
struct channel_stream;

struct channel_ops {
    int (*call)(struct channel *channel, const struct channel_request *request, struct arena *arena,
                const ProtobufCMessage **ret_response, struct call_status *ret_status);
    int (*stream)(struct channel *channel, const struct channel_request *request,
                  struct channel_stream **ret_stream, struct call_status *ret_status);
    void (*free)(struct channel *channel);
};
struct channel {
    const struct channel_ops *ops;
};

struct channel_stream_ops {
    int (*next)(struct channel_stream *stream, struct arena *arena,
                const ProtobufCMessage **ret_message, struct call_status *ret_status,
                int64_t deadline_ns);
    void (*free)(struct channel_stream *stream);
};
struct channel_stream {
    const struct channel_stream_ops *ops;
    const ProtobufCMessageDescriptor *answer;
};

/* Calls a unary method. Returns 0 when an answer came and its code is CODE_OK: *ret_response is in
 * the arena. Otherwise a non-zero err code. *ret_status is filled in every case (a broken
 * connection is CODE_UNAVAILABLE). */
int channel_call(struct channel *channel, const struct channel_request *request,
                 struct arena *arena, const ProtobufCMessage **ret_response,
                 struct call_status *ret_status);

/* Opens a server stream. 0, or a non-zero err code with *ret_status filled; its texts are static.
 */
int channel_stream(struct channel *channel, const struct channel_request *request,
                   struct channel_stream **ret_stream, struct call_status *ret_status);
/* Waits for the next message, in the arena. ERR_CLOSED: the stream has ended, *ret_status tells
 * how. ERR_TIMEOUT, ERR_CANCELLED: none came, and the stream goes on. */
int channel_stream_next(struct channel_stream *stream, struct arena *arena,
                        const ProtobufCMessage **ret_message, struct call_status *ret_status,
                        int64_t deadline_ns);
/* Cancels the stream if it has not ended, and frees it. NULL is harmless. */
void channel_stream_free(struct channel_stream *stream);

/* From a fiber. No call may be under way, no stream open. NULL is harmless. */
void channel_free(struct channel *channel);

/* The method of that name; asserts that there is one. */
const ProtobufCMethodDescriptor *channel_method(const ProtobufCServiceDescriptor *service,
                                                const char *name);

/* Fills *ret_status for what is found out at this end; returns code_err(code). */
int call_status_set(struct call_status *ret_status, enum code code, const char *message);

#endif
