/*
 * plain: a plain HTTP request with a body, as a call with a fiber. Inside src/rpc only.
 */
#ifndef USHER_RPC_PLAIN_H
#define USHER_RPC_PLAIN_H

#include "rpc/conn.h"
#include "rpc/server.h"

/* A plain request: who answers it, and what was asked. */
struct plain {
    const struct rpc_plain *rule;
    struct rpc_plain_ask ask;
};

/* The route of all plain calls: a unary method without a message. */
extern const struct route plain_route;

/* The rule for a path, or NULL. */
const struct rpc_plain *plain_find(const struct rpc_server_options *options, struct view path);
/* Copies the head to the call's arena, as call->plain. ERR_NO_MEMORY. */
int plain_keep(struct rpc_call *call, const struct rpc_plain *rule, const struct head *head);
/* Runs the handler and answers. In the call's fiber. */
void plain_run(struct rpc_call *call);
/* call->code and message as a page of text. */
void plain_refuse(struct rpc_call *call);

#endif
