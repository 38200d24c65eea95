/*
 * health: grpc.health.v1, answered by the rpc floor itself: SERVING for the whole server ("") and
 * for each of its services, NOT_SERVING while it drains
 * (github.com/grpc/grpc/blob/master/doc/health-checking.md). Inside src/wire only.
 */
#ifndef USHER_WIRE_HEALTH_H
#define USHER_WIRE_HEALTH_H

#include "call/call.h"

struct shard;

/* Appended to the server's own services; its calls know their shard. */
extern const struct service health_service;

/* Tells the watchers NOT_SERVING and ends their streams. On the loop. */
void health_drain(struct shard *shard);

#endif
