/*
 * call: one invocation of a method, as its handler sees it. It knows no socket: whoever carries it
 * (a connection, or a caller in the same process) fills it in and runs it in a fiber.
 *
 *     int ticket_hold_seats(struct call *call, const void *request, void *response)
 *     {
 *         const Usher__V1__HoldSeatsRequest *wish = request;
 *         …
 *         return call_fail(call, CODE_ABORTED, &detail, "%u seats are not free", count);
 *     }
 */
#ifndef USHER_CALL_CALL_H
#define USHER_CALL_CALL_H

#include <protobuf-c/protobuf-c.h>

#include "call/code.h"
#include "call/frame.h"
#include "call/identity.h"
#include "call/metadata.h"
#include "call/method.h"
#include "call/trace.h"
#include "codec/status.h"
#include "mem/arena.h"
#include "usher/v1/error.pb-c.h"

struct sink;

/* Who brings a call's streams to the other side and back. Each as the function of the same name
 * below; unary calls need none of them. */
struct call_carrier {
    int (*send)(struct call *call, const ProtobufCMessage *message, int64_t deadline_ns);
    void (*detach)(struct call *call);
    int (*push)(struct call *call, struct frame *frame);
    void (*end)(struct call *call);
};

/* Belongs to its fiber, until the handler returns (a stream's until it detaches). Handlers use the
 * functions below; the members are for carriers. */
struct call {
    const struct call_carrier *carrier; /* NULL: a unary call that needs none */
    const struct route *route;
    struct arena *arena;
    struct identity identity;
    struct trace trace;
    int64_t deadline_ns;
    const ProtobufCMessage *request;
    struct metadata *received; /* with the request; NULL: none */
    struct metadata *answered; /* for the answer; NULL: none */
    enum code code;
    const char *message;                  /* of the error; in the arena or static; never NULL */
    const Usher__V1__ErrorDetail *detail; /* in the arena, or NULL */
    struct status_detail *further;        /* behind it, in the arena; NULL: none */
    int cause;                            /* the err code behind it, for the log; 0: not known */
    struct sink *sink;                    /* detached */
};

/* ---- what a handler may ask and say ---- */

/* Memory that lives as long as the call, its answer included. */
struct arena *call_arena(struct call *call);
/* The caller's deadline, never later than the server's own maximum. */
int64_t call_deadline_ns(const struct call *call);
const struct identity *call_identity(const struct call *call);
/* The state given with the service. */
void *call_state(const struct call *call);
/* SHA-256 of the request's canonical protobuf encoding: equal requests, equal hash. */
void call_request_hash(struct call *call, uint8_t ret_hash[32]);
/* A value that came with the call; the empty view where there is none. */
struct view call_metadata(const struct call *call, struct view name);
/* All that came with the call; NULL: nothing. */
const struct metadata *call_all_metadata(const struct call *call);
/* A value for the answer's head: before the first message of a stream. As metadata_add. */
int call_answer_metadata(struct call *call, struct view name, struct view value);
/* A value that comes behind the answer: a trailer of gRPC, what Connect has in its place. Not of a
 * stream that detaches. As metadata_add. */
int call_answer_trailer(struct call *call, struct view name, struct view value);

/* Ends the call with an error: return call_fail(…). The sentence is cut at 1 KiB, at the end of a
 * character, and loses what is no UTF-8. detail may be NULL, is borrowed, and is packed at once.
 * code is not CODE_OK. Returns a non-zero value. */
int call_fail(struct call *call, enum code code, const Usher__V1__ErrorDetail *detail,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A further detail of the error that the call ends with, of any type by its full name, packed: the
 * outside gets it behind call_fail's own, a caller over a channel of ours does not. Both are
 * copied. ERR_NO_MEMORY; ERR_FULL: there are STATUS_FURTHER_MAX. */
int call_add_detail(struct call *call, struct view type, struct view packed);

/* The same as call_fail with a reason of docs/errors.md, the field it is about (NULL: none), and
 * after how long trying again makes sense (0: it does not). For the services' own refusals. */
int call_refuse(struct call *call, enum code code, uint64_t retry_after_ms, const char *reason,
                const char *field, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same for what a store returned; it goes into the log as the cause. */
int call_refuse_stored(struct call *call, int err);
/* Why a call that failed was refused: its reason, or its code's name. */
const char *call_reason(const struct call *call);
/* The account that calls, for what is done in an account's name. Non-zero after call_fail: a peer
 * that calls in nobody's name has none. */
int call_account(struct call *call, struct id *ret_account_id);

/* Begins a handler, and declares it: no header needs to. The table of its service has
 * CALL_HANDLER(name); without a body. */
#define CALL_HANDLER(name)                                                                         \
    int name(struct call *call, const void *request, void *response);                              \
    int name(struct call *call, const void *request, void *response)

/* ---- streams ---- */

/* Sends one message and waits until it is on its way. ERR_CLOSED, ERR_TIMEOUT, ERR_CANCELLED. */
int call_send(struct call *call, const ProtobufCMessage *message, int64_t deadline_ns);

/* A reader without a fiber: embed it in a subscriber. All callbacks come on the thread of the call,
 * outside of fibers. */
struct sink {
    struct call *call; /* set by call_detach; NULL once closed was called */
    /* A push that did not go out at once is taken now: the next may come. */
    void (*writable)(struct sink *sink);
    void (*closed)(struct sink *sink); /* the reader has gone or the server drains; last call */
};
/* From a stream's handler: the call goes on without its fiber, and the handler must return 0 at
 * once. */
void call_detach(struct call *call, struct sink *sink);
/* Hands a frame (a reference is taken) to the reader. 0; ERR_FULL: the frame before is not taken
 * yet, nothing was pushed: push the latest state from writable. ERR_CLOSED. */
int sink_push(struct sink *sink, struct frame *frame);
/* Ends the stream; closed is not called any more. */
void sink_end(struct sink *sink, enum code code, const char *message);

/* ---- for carriers ---- */

/* Runs the handler, in a fiber. Returns what it returned; where it failed without call_fail, code
 * and message say what its err code means. */
int call_run(struct call *call, void *response);
/* Fills code and message for an err code. */
void call_fail_by_err(struct call *call, int err);
/* Parts the call from its sink, if it has one, and tells that, once. */
void call_close_sink(struct call *call);

#endif
