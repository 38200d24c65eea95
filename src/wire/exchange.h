/*
 * exchange: one request on a connection and its answer, from its head to its last byte: the call in
 * it is what the handler sees. Inside src/wire only.
 *
 *   head ─▶ RECEIVING ──whole──▶ RUNNING ──handler returns──▶ DONE
 *               │                   │ └─detach─▶ DETACHED ─────▲
 *               └──── refused ──────┴── reset, closed, deadline ┘
 *
 * An exchange has two owners: the request's stream (conn, and h2 over HTTP/2), and its fiber.
 * Whoever ends first lets go (conn becomes NULL, running becomes false); the shard takes the struct
 * back when both have. While conn is NULL everything that would answer does nothing. All of it
 * belongs to the shard's thread.
 */
#ifndef USHER_WIRE_EXCHANGE_H
#define USHER_WIRE_EXCHANGE_H

#include "call/call.h"
#include "fiber/fiber.h"
#include "http/h2.h"
#include "mem/buf.h"

struct conn;
struct shard;
struct plain;
struct credentials;

enum protocol { PROTOCOL_GRPC, PROTOCOL_CONNECT, PROTOCOL_CONNECT_STREAM, PROTOCOL_PLAIN };

struct exchange {
    struct call call; /* its route is NULL where there is no such method */
    struct shard *shard;
    struct conn *conn;        /* NULL once the stream is gone or answered */
    struct h2_stream *h2;     /* NULL over HTTP/1.1 */
    struct list link;         /* free or ended, in the shard */
    struct list stream_link;  /* in the shard, while a stream is being answered */
    struct list stalled_link; /* in the shard, while a pushed frame is not with the kernel */
    int64_t stalled_since_ns;
    struct scope scope;      /* of the one fiber */
    struct loop_timer timer; /* at the deadline */
    struct arena arena;
    struct buf body;       /* the request as received; of a GET, its query */
    struct plain *plain;   /* PROTOCOL_PLAIN: the request, in the arena */
    struct fiber *sender;  /* waits in call_send */
    uint32_t sent;         /* messages, by call_send */
    int64_t began_ns;      /* its head was there */
    size_t answered_bytes; /* of a unary answer's body */
    enum protocol protocol;
    enum form form;
    enum squeeze squeeze; /* how the request's messages are packed */
    enum squeeze accepts; /* how those of the answer may be */
    bool get;
    bool compressed;    /* the request claims an encoding that is not identity */
    bool callers_fault; /* the request is wrong, whatever the protocol's code for that says */
    bool running;       /* a fiber has it */
    bool begun;         /* the answer's head is out */
    bool pending;       /* a pushed frame is not with the kernel yet */
    bool detached;      /* a stream that went on without its fiber: its span was put then */
    bool ending;        /* over HTTP/2, the last envelope waits for a piece to go out */
    bool over_h2;
    bool from_peer;              /* a process of ours calls, for somebody it knows */
    bool secure;                 /* the caller's end is under TLS */
    struct credentials *unknown; /* who calls is found out in the fiber; in the arena */
    const char *if_none_match;   /* NULL: none; in the arena */
};

/* stream.c: how the messages of a stream travel on a connection. */
extern const struct call_carrier exchange_carrier;

/* A complete head. Answers at once what is refused. Returns the body that is wanted, or BODY_REFUSE
 * (see http/h1.h). h2: NULL over HTTP/1.1. */
int64_t exchange_head(struct conn *conn, struct h2_stream *h2, const struct head *head);
void exchange_body(struct exchange *exchange, struct view bytes);
/* The request is whole: its fiber starts. */
void exchange_whole(struct exchange *exchange);
void exchange_too_large(struct exchange *exchange);
/* All that was pushed is with the kernel. */
void exchange_written(struct exchange *exchange);
/* The stream is gone, or will be without another word: the exchange answers nobody any more.
 * Idempotent. */
void exchange_gone(struct exchange *exchange);

/* Ends the call with an error, from anywhere, and cancels its fiber's waits. */
void exchange_refuse(struct exchange *exchange, enum code code, const char *message);

/* Parts the call from its stream, whose answer is complete. */
void exchange_part(struct exchange *exchange);
#endif
