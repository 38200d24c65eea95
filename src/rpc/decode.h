/*
 * decode: a request's bytes made a message. Inside src/rpc only.
 *
 * Up to RPC_DECODE_HERE_MAX bytes it is done in the call's fiber; more (a hall plan: 48 MiB of JSON
 * are a second's work) beside the loop, where the server was given a pool.
 */
#ifndef USHER_RPC_DECODE_H
#define USHER_RPC_DECODE_H

#include "rpc/call.h"

/* Fills call->request from call->body, which is given back. 0, or what rpc_fail gave:
 * INVALID_ARGUMENT for bytes that are no such message, with the field; UNIMPLEMENTED for other than
 * one message (grpc.github.io, "Status codes"); INTERNAL for a compressed one that names no
 * encoding; RESOURCE_EXHAUSTED. */
int decode_request(struct rpc_call *call);

#endif
