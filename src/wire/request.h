/*
 * ask: what a request's head says about a call: which method, on which wire, in which form, until
 * when. Pure. Inside src/wire only.
 */
#ifndef USHER_WIRE_REQUEST_H
#define USHER_WIRE_REQUEST_H

#include "codec/squeeze.h"
#include "http/head.h"
#include "wire/answer.h"

enum request_kind {
    REQUEST_CALL,   /* the members below are filled */
    REQUEST_PAGE,   /* GET, HEAD or OPTIONS of something that is no method */
    REQUEST_REFUSED /* refusal says how: 405, 415 */
};

struct request {
    enum request_kind kind;
    struct refusal refusal;    /* REQUEST_REFUSED */
    const struct route *route; /* NULL: no such method; the call is answered in the wire's way */
    enum protocol protocol;
    enum form form;
    bool get;
    enum squeeze squeeze; /* how its messages are packed */
    enum squeeze accepts; /* how those of its answer may be */
    enum code code;       /* CODE_OK, or what the head alone is refused with */
    const char *message;
    int64_t timeout_ns; /* INT64_MAX: none */
};

/* trailers: the connection passes them on, without which there is no gRPC. */
void request_read(const struct routes *routes, const struct head *head, bool trailers,
                  struct request *ret_request);

#endif
