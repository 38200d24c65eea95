/*
 * method: services as tables of handlers. A handler is straight blocking code in a fiber; it does
 * not know whether it is called over gRPC, over Connect, or as a function.
 *
 *     static const struct method methods[] = {
 *         {"HoldSeats", METHOD_UNARY, ROLE_GUEST | ROLE_BUYER, .handle = ticket_hold_seats},
 *     };
 *
 * A route is what a service and a row become: where a path leads. Routes are built once, when the
 * server starts, then only read: by all threads.
 */
#ifndef USHER_CALL_METHOD_H
#define USHER_CALL_METHOD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "call/code.h"
#include "call/identity.h"
#include "mem/arena.h"

struct call;

enum method_kind { METHOD_UNARY, METHOD_SERVER_STREAM };

struct method {
    const char *name; /* as in the .proto */
    enum method_kind kind;
    uint32_t any_of; /* roles, one of which is needed; 0: anyone. Checked before the body is read */
    bool safe;       /* no side effects, as the .proto says: may be a Connect GET, gets an ETag,
                          and is tried again where the first try may have been lost */
    const char *cache;  /* Cache-Control of a safe call's answer; NULL: no-store */
    size_t request_max; /* bytes of a request message; 0: CALL_REQUEST_MAX */
    /* Fills response (initialised; memory from the call's arena or static), which is NULL where
     * the answer is a stream; sends with call_send then, or call_detach. Returns 0, or
     * call_fail(…). */
    int (*handle)(struct call *call, const void *request, void *response);
};

/* Whether the answer is a stream. */
static inline bool method_streams_answer(const struct method *method)
{
    return method->kind == METHOD_SERVER_STREAM;
}

/* CODE_OK; CODE_UNAUTHENTICATED where nobody is known; CODE_PERMISSION_DENIED. */
static inline enum code method_admits(const struct method *method, const struct identity *caller)
{
    if (method->any_of == 0 || identity_has(caller, method->any_of))
        return CODE_OK;
    return identity_is_nobody(caller) ? CODE_UNAUTHENTICATED : CODE_PERMISSION_DENIED;
}

/* The sentence that goes with either. */
const char *method_refusal(enum code code);

struct service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct method *methods; /* one for every method of the descriptor; asserted */
    size_t method_count;
    void *state;
};

struct route {
    struct view path; /* "/package.Service/Method", owned by the table */
    const struct service *service;
    const struct method *method;
    const ProtobufCMethodDescriptor *descriptor;
    size_t request_max; /* bytes of a request message */
    size_t arena_max;   /* bytes of a call's arena */
    uint32_t number;    /* its place among all methods of the table, from 0 */
    bool immutable;     /* equal requests have equal answers for ever, as its Cache-Control says */
};

struct routes {
    struct route *slots; /* open addressing; free where service is NULL */
    uint32_t mask;
    const struct route *
        *rows;          /* by number: services in their order, methods as in the descriptor */
    uint32_t count;     /* of rows */
    size_t request_max; /* the largest of all methods */
    struct arena arena; /* of the paths */
    const struct service *services;
    size_t service_count;
};

/* Builds the table; services is borrowed for good. Asserts that each has one row for every method
 * of its descriptor. ERR_NO_MEMORY. */
int routes_init(struct routes *r, const struct service *services, size_t service_count);
void routes_release(struct routes *r);
/* NULL where there is none. */
const struct route *routes_find(const struct routes *r, struct view path);
/* The same by descriptors, without a look at any text. */
const struct route *routes_find_method(const struct routes *r,
                                       const ProtobufCServiceDescriptor *service,
                                       const ProtobufCMethodDescriptor *method);
/* Whether there is a service of that full name. */
bool routes_has_service(const struct routes *r, struct view name);

#endif
