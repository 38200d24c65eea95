/*
 * rpc: services as tables of handlers, answered over gRPC and Connect by descriptor.
 *
 * One listener speaks HTTP/1.1 and HTTP/2 (prior knowledge, or ALPN under TLS); a request becomes a
 * fiber; the fiber runs a handler written as straight blocking code. The same handler answers
 *
 *     gRPC            application/grpc[+proto]             over HTTP/2
 *     Connect unary   application/json, application/proto  over both; POST, where safe also GET
 *     Connect stream  application/connect+json, +proto     over both
 *
 * (connectrpc.com/docs/protocol; github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 */
#ifndef USHER_RPC_RPC_H
#define USHER_RPC_RPC_H

#include <protobuf-c/protobuf-c.h>

#include "mem/arena.h"
#include "mem/id.h"
#include "usher/v1/error.pb-c.h"

/* gRPC's status codes, their Connect names and the HTTP status of a Connect unary error. */
#define RPC_CODE_LIST(X)                                                                           \
    X(RPC_OK, 0, "ok", 200)                                                                        \
    X(RPC_CANCELED, 1, "canceled", 499)                                                            \
    X(RPC_UNKNOWN, 2, "unknown", 500)                                                              \
    X(RPC_INVALID_ARGUMENT, 3, "invalid_argument", 400)                                            \
    X(RPC_DEADLINE_EXCEEDED, 4, "deadline_exceeded", 504)                                          \
    X(RPC_NOT_FOUND, 5, "not_found", 404)                                                          \
    X(RPC_ALREADY_EXISTS, 6, "already_exists", 409)                                                \
    X(RPC_PERMISSION_DENIED, 7, "permission_denied", 403)                                          \
    X(RPC_RESOURCE_EXHAUSTED, 8, "resource_exhausted", 429)                                        \
    X(RPC_FAILED_PRECONDITION, 9, "failed_precondition", 400)                                      \
    X(RPC_ABORTED, 10, "aborted", 409)                                                             \
    X(RPC_OUT_OF_RANGE, 11, "out_of_range", 400)                                                   \
    X(RPC_UNIMPLEMENTED, 12, "unimplemented", 501)                                                 \
    X(RPC_INTERNAL, 13, "internal", 500)                                                           \
    X(RPC_UNAVAILABLE, 14, "unavailable", 503)                                                     \
    X(RPC_DATA_LOSS, 15, "data_loss", 500)                                                         \
    X(RPC_UNAUTHENTICATED, 16, "unauthenticated", 401)

enum rpc_code {
#define X(name, value, text, http) name = value,
    RPC_CODE_LIST(X)
#undef X
};

/* Who is calling, as the identify hook found out. */
enum rpc_role { RPC_ANYONE = 0, RPC_BUYER = 1, RPC_ORGANISER = 2 };
struct rpc_identity {
    enum rpc_role role;
    struct id account_id; /* zero unless RPC_BUYER */
};

/* One call being answered. Belongs to its fiber, until the handler returns (a stream's until it
 * detaches). */
struct rpc_call;

struct arena *rpc_call_arena(struct rpc_call *call);
/* From grpc-timeout or connect-timeout-ms, never later than the server's own maximum. */
int64_t rpc_call_deadline_ns(const struct rpc_call *call);
const struct rpc_identity *rpc_call_identity(const struct rpc_call *call);
/* The state given with the service. */
void *rpc_call_state(const struct rpc_call *call);
/* SHA-256 of the request's canonical protobuf encoding: equal requests, equal hash. */
void rpc_call_request_hash(struct rpc_call *call, uint8_t ret_hash[32]);

/* Ends the call with an error: return rpc_fail(…). The sentence is cut at 1 KiB, at the end of a
 * character, and loses what is no UTF-8. detail may be NULL, is borrowed, and is packed at once.
 * code is not RPC_OK. Returns a non-zero value. */
int rpc_fail(struct rpc_call *call, enum rpc_code code, const Usher__V1__ErrorDetail *detail,
             const char *format, ...) __attribute__((format(printf, 4, 5)));

enum rpc_kind { RPC_UNARY, RPC_SERVER_STREAM };

struct rpc_method {
    const char *name; /* as in the .proto */
    enum rpc_kind kind;
    enum rpc_role role; /* the least that is needed; checked before the body is read */
    bool safe;         /* no side effects, as the .proto says: may be a Connect GET, gets an ETag */
    const char *cache; /* Cache-Control of a safe call's answer; NULL: no-store */
    size_t request_max; /* bytes of a request message; 0: RPC_REQUEST_MAX */
    /* Unary: fills response (initialised; memory from the call's arena or static) and returns 0, or
     * rpc_fail(…). Stream: response is NULL; sends with rpc_call_send, may rpc_call_detach. */
    int (*handle)(struct rpc_call *call, const void *request, void *response);
};

#define RPC_REQUEST_MAX (64u << 10)

struct rpc_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct rpc_method *methods; /* one for every method of the descriptor; asserted */
    size_t method_count;
    void *state;
};

/* ---- streams ---- */

/* A message encoded once for any number of readers, in every form that was asked for; counted
 * references, any thread. */
struct rpc_frame;
/* Packs message (borrowed). ERR_NO_MEMORY. The caller has one reference. */
int rpc_frame_new(const ProtobufCMessage *message, struct rpc_frame **ret_frame);
struct rpc_frame *rpc_frame_ref(struct rpc_frame *frame);
void rpc_frame_unref(struct rpc_frame *frame);

/* Sends one message and waits until it is on its way. ERR_CLOSED, ERR_TIMEOUT, ERR_CANCELLED. */
int rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message, int64_t deadline_ns);

/* A reader without a fiber: embed it in a subscriber. All callbacks come on the worker that has the
 * connection, outside of fibers. */
struct rpc_stream;
struct rpc_sink {
    struct rpc_stream *stream; /* set by rpc_call_detach; NULL once closed was called */
    /* A push that did not go out at once is with the kernel now: the next may come. */
    void (*writable)(struct rpc_sink *sink);
    void (*closed)(struct rpc_sink *sink); /* the reader has gone or the server drains; last call */
};
/* From a stream's handler: the call goes on without its fiber, and the handler must return 0 at
 * once. */
void rpc_call_detach(struct rpc_call *call, struct rpc_sink *sink);
/* Hands a frame (a reference is taken) to the reader. 0; ERR_FULL: the frame before is not with the
 * kernel yet, nothing was pushed: push the latest state from writable. ERR_CLOSED. */
int rpc_sink_push(struct rpc_sink *sink, struct rpc_frame *frame);
/* Ends the stream (trailers or end-of-stream envelope); closed is not called any more. */
void rpc_sink_end(struct rpc_sink *sink, enum rpc_code code, const char *message);

/* The Connect name of a code, "resource_exhausted"; and its HTTP status. Never NULL. */
const char *rpc_code_name(enum rpc_code code);
int rpc_code_http(enum rpc_code code);

#endif
