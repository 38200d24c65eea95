/*
 * health: grpc.health.v1, answered by the rpc floor itself: SERVING for the whole server ("") and
 * for each of its services, NOT_SERVING while it drains
 * (github.com/grpc/grpc/blob/master/doc/health-checking.md). Inside src/rpc only.
 */
#ifndef USHER_RPC_HEALTH_H
#define USHER_RPC_HEALTH_H

#include "rpc/rpc.h"

struct shard;

/* Appended to the server's own services; its calls know their shard. */
extern const struct rpc_service health_service;

/* Tells the watchers NOT_SERVING and ends their streams. On the loop. */
void health_drain(struct shard *shard);

#endif
