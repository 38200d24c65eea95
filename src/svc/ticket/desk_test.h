/*
 * desk_test: the ticket service over a memory store, called as functions through a local channel:
 * for the tests of this folder.
 */
#ifndef USHER_SVC_TICKET_DESK_TEST_H
#define USHER_SVC_TICKET_DESK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "call/client.h"
#include "call/method.h"
#include "svc/ticket/ticket.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"

struct desk {
    struct store *inner, *store; /* the outer one fails as planned */
    struct worker *worker;
    struct offload *offload;
    struct ticket *ticket;
    struct service service;
    struct routes routes;
    struct channel *channel;
    struct identity caller;    /* of the calls; set it as needed */
    struct arena arena;        /* of the answers */
    struct call_status status; /* of the last call */
};

/* Starts it on one worker. The caller is an operator. */
void desk_start(struct desk *desk);
void desk_stop(struct desk *desk);

/* Calls a method of TicketService on the worker, as desk->caller. Returns its code. */
#define desk_call(desk, method, request, ret_response)                                             \
    desk_call_index((desk), CLIENT_INDEX(Usher__V1__TicketService, method),                        \
                    CLIENT_CHECKED(Usher__V1__TicketService, method, request, ret_response),       \
                    (const ProtobufCMessage **)(ret_response))
/* What the macro calls. */
enum code desk_call_index(struct desk *desk, unsigned method, const ProtobufCMessage *request,
                          const ProtobufCMessage **ret_response);

/* Makes a hall of 500 places, an event in it and its performance, which sells. Returns its id. */
uint32_t desk_put_on_sale(struct desk *desk);
/* Waits until every owner serves, five seconds at most. */
void desk_await_owners(struct desk *desk);

#endif
