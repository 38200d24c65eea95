/*
 * ask: what a request's head says about a call: which method, on which wire, in which form, until
 * when. Pure. Inside src/rpc only.
 */
#ifndef USHER_RPC_ASK_H
#define USHER_RPC_ASK_H

#include "http/head.h"
#include "rpc/answer.h"

enum ask_kind {
    ASK_CALL,   /* the members below are filled */
    ASK_PAGE,   /* GET or HEAD of something that is no method */
    ASK_REFUSED /* refusal says how: 405, 415 */
};

struct ask {
    enum ask_kind kind;
    struct refusal refusal;    /* ASK_REFUSED */
    const struct route *route; /* NULL: no such method; the call is answered in the wire's way */
    enum wire wire;
    enum form form;
    bool get;
    enum rpc_code code; /* RPC_OK, or what the head alone is refused with */
    const char *message;
    int64_t timeout_ns; /* INT64_MAX: none */
};

/* h2: over HTTP/2, without which there is no gRPC. */
void ask_read(const struct routes *routes, const struct head *head, bool h2, struct ask *ret_ask);

#endif
