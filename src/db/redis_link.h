/*
 * redis_link: one connection to Redis on one loop: words out, answers in. For the driver alone.
 */
#ifndef USHER_DB_REDIS_LINK_H
#define USHER_DB_REDIS_LINK_H

#include "db/redis_answer.h"
#include "fiber/fiber.h"
#include "mem/buf.h"
#include "net/stream.h"

/* What a connection is for. */
enum redis_use {
    REDIS_TO_ASK,          /* commands, or news */
    REDIS_TO_ASK_A_MASTER, /* the same, and a replica will not do */
    REDIS_TO_A_SENTINEL    /* with the sentinels' login */
};

struct redis_link {
    struct net_stream stream;
    struct loop *loop;
    struct net_tls *tls;
    struct buf out;
    struct redis_reader reader;
    struct loop_task flush; /* writes what a turn has gathered */
    uint32_t greeting;      /* its answers that have not come yet */
    int refused;            /* what the greeting's answers mean, 0 while all is well */
    char why[NET_TLS_WHY_MAX];
    bool posted;
    bool broken;
    struct fiber *waiter; /* to wake when something happened */
    /* An answer, which is the receiver's. On the loop. */
    void (*answer)(struct redis_link *link, redisReply *reply);
};

/* Connects, with AUTH and SELECT where they are needed. From a fiber of the loop. ERR_UNAVAILABLE,
 * ERR_TIMEOUT, ERR_CANCELLED, ERR_DENIED (the password, or a certificate), ERR_BUSY (it loads, or
 * is a replica), ERR_INVALID, ERR_IO, ERR_NO_MEMORY; ret_why is a sentence for people. */
int redis_link_open(struct redis_link *link, const struct redis_target *target,
                    const struct redis_place *place, enum redis_use use, struct loop *loop,
                    void (*answer)(struct redis_link *link, redisReply *reply), int64_t deadline_ns,
                    char ret_why[NET_TLS_WHY_MAX]);
/* From a fiber of the loop. Harmless on one that is not open. */
void redis_link_close(struct redis_link *link);
/* Breaks it, and wakes who tends it. On the loop. */
void redis_link_break(struct redis_link *link);

/* Appends a command as Redis reads it (RESP: an array of bulk strings). ERR_FULL, ERR_NO_MEMORY. */
int redis_format(struct buf *out, const struct view *words, size_t count);
/* The bytes that were appended to link->out go out in this turn. */
void redis_link_touch(struct redis_link *link);

#endif
