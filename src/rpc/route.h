/*
 * route: from a request's path to a method.
 *
 * Built once, when the server starts, then only read: by all threads.
 */
#ifndef USHER_RPC_ROUTE_H
#define USHER_RPC_ROUTE_H

#include "rpc/rpc.h"

struct route {
    struct view path; /* "/package.Service/Method", owned by the table */
    const struct rpc_service *service;
    const struct rpc_method *method;
    const ProtobufCMethodDescriptor *descriptor;
    size_t request_max; /* bytes of a request message */
    size_t arena_max;   /* bytes of a call's arena */
    bool immutable;     /* equal requests have equal answers for ever, as its Cache-Control says */
};

struct routes {
    struct route *slots; /* open addressing; free where service is NULL */
    uint32_t mask;
    size_t request_max; /* the largest of all methods */
    struct arena arena; /* of the paths */
    const struct rpc_service *services;
    size_t service_count;
};

/* services is borrowed for good. Asserts that each has one row for every method of its descriptor.
 * ERR_NO_MEMORY. */
int routes_init(struct routes *r, const struct rpc_service *services, size_t service_count);
void routes_release(struct routes *r);
/* NULL where there is none. */
const struct route *routes_find(const struct routes *r, struct view path);
/* Whether there is a service of that full name. */
bool routes_has_service(const struct routes *r, struct view name);

#endif
