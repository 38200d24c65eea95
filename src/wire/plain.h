/*
 * plain: a plain HTTP request with a body, as a call with a fiber. Inside src/wire only.
 */
#ifndef USHER_WIRE_PLAIN_H
#define USHER_WIRE_PLAIN_H

#include "wire/conn.h"
#include "wire/server.h"

/* A plain request: who answers it, and what was asked. */
struct plain {
    const struct plain_rule *rule;
    struct plain_request ask;
};

/* The route of all plain calls: a unary method without a message. */
extern const struct route plain_route;

/* The rule for a path, or NULL. */
const struct plain_rule *plain_find(const struct server_options *options, struct view path);
/* Copies the head to the call's arena, as exchange->plain. ERR_NO_MEMORY. */
int plain_keep(struct exchange *exchange, const struct plain_rule *rule, const struct head *head);
/* Runs the handler and answers. In the call's fiber. */
void plain_run(struct exchange *exchange);
/* exchange->call.code and message as a page of text. */
void plain_refuse(struct exchange *exchange);

#endif
