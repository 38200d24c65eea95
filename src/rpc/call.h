/*
 * call: one request to a method, from its head to its last byte. Inside src/rpc only.
 *
 *   head ─▶ RECEIVING ──whole──▶ RUNNING ──handler returns──▶ DONE
 *               │                   │ └─detach─▶ DETACHED ─────▲
 *               └──── refused ──────┴── reset, closed, deadline ┘
 *
 * A call has two owners: the request's stream (conn, and h2 over HTTP/2), and its fiber. Whoever
 * ends first lets go (conn becomes NULL, running becomes false); the shard takes the struct back
 * when both have. While conn is NULL everything that would answer does nothing. All of it belongs
 * to the shard's thread.
 */
#ifndef USHER_RPC_CALL_H
#define USHER_RPC_CALL_H

#include "fiber/fiber.h"
#include "http/h2.h"
#include "mem/buf.h"
#include "rpc/frame.h"
#include "rpc/route.h"

struct conn;
struct shard;
struct plain;

enum wire { WIRE_GRPC, WIRE_CONNECT, WIRE_CONNECT_STREAM, WIRE_PLAIN };

#define CALL_ETAG_MAX 80 /* characters of an If-None-Match that is looked at */

struct rpc_call {
    struct shard *shard;
    struct conn *conn;         /* NULL once the stream is gone or answered */
    struct h2_stream *h2;      /* NULL over HTTP/1.1 */
    const struct route *route; /* NULL: no such method */
    struct list link;          /* free or ended, in the shard */
    struct list stream_link;   /* in the shard, while a stream is being answered */
    struct list stalled_link;  /* in the shard, while a pushed frame is not with the kernel */
    int64_t stalled_since_ns;
    struct scope scope;      /* of the one fiber */
    struct loop_timer timer; /* at the deadline */
    int64_t deadline_ns;
    struct rpc_identity identity;
    struct arena arena;
    struct buf body; /* the request as received; of a GET, its query */
    const ProtobufCMessage *request;
    struct plain *plain;                  /* WIRE_PLAIN: the request, in the arena */
    const char *message;                  /* of the error; in the arena or static */
    const Usher__V1__ErrorDetail *detail; /* in the arena, or NULL */
    struct fiber *sender;                 /* waits in rpc_call_send */
    struct rpc_sink *sink;                /* detached */
    uint32_t sent;                        /* messages, by rpc_call_send */
    enum rpc_code code;
    enum wire wire;
    enum form form;
    bool get;
    bool compressed; /* the request claims an encoding that is not identity */
    bool running;    /* a fiber has it */
    bool begun;      /* the answer's head is out */
    bool pending;    /* a pushed frame is not with the kernel yet */
    bool ending;     /* over HTTP/2, the last envelope waits for a piece to go out */
    char if_none_match[CALL_ETAG_MAX];
};

/* A complete head. Answers at once what is refused. Returns the body that is wanted, or BODY_REFUSE
 * (see http/h1.h). h2: NULL over HTTP/1.1. */
int64_t call_head(struct conn *conn, struct h2_stream *h2, const struct head *head);
void call_body(struct rpc_call *call, struct view bytes);
/* The request is whole: its fiber starts. */
void call_whole(struct rpc_call *call);
void call_too_large(struct rpc_call *call);
/* All that was pushed is with the kernel. */
void call_written(struct rpc_call *call);
/* The stream is gone, or will be without another word: the call answers nobody any more. Harmless
 * where it is so already. */
void call_gone(struct rpc_call *call);

/* Ends the call with an error, from anywhere, and cancels its fiber's waits. */
void call_refuse(struct rpc_call *call, enum rpc_code code, const char *message);

/* Parts the call from its stream, whose answer is complete. */
void call_part(struct rpc_call *call);
/* A detached call's fiber-less end: tells the sink, once. */
void call_tell_closed(struct rpc_call *call);

#endif
