/*
 * decode: a request's bytes made a message. Inside src/wire only.
 *
 * Up to WIRE_DECODE_HERE_MAX bytes it is done in the call's fiber; more (a hall plan: 48 MiB of
 * JSON are a second's work) beside the loop, where the server was given a pool.
 */
#ifndef USHER_WIRE_DECODE_H
#define USHER_WIRE_DECODE_H

#include "wire/exchange.h"

/* Fills exchange->call.request from exchange->body, which is given back. 0, or what call_fail gave:
 * INVALID_ARGUMENT for bytes that are no such message, with the field; UNIMPLEMENTED for other than
 * one message (grpc.github.io, "Status codes"); INTERNAL for a compressed one that names no
 * encoding; RESOURCE_EXHAUSTED. */
int decode_request(struct exchange *exchange);

#endif
