/*
 * redis_link: one connection to Redis on one loop: words out, answers in. For the driver alone.
 */
#ifndef USHER_DB_REDIS_LINK_H
#define USHER_DB_REDIS_LINK_H

#include "db/redis.h"
#include "fiber/fiber.h"
#include "mem/buf.h"
#include "net/stream.h"

struct redis_target {
    char host[256];
    char name[300]; /* HOST:PORT */
    uint16_t port;
    uint32_t number; /* of the database */
    char user[129];  /* empty: the default one */
    char password[513];
    char tls_ca[4096];
    bool secure;
};
/* ERR_INVALID, with a sentence of URL_WHY_MAX bytes. */
int redis_target_read(const char *url, struct redis_target *ret_target, char *ret_why);

struct redis_link {
    struct net_stream stream;
    struct loop *loop;
    struct net_tls *tls;
    struct buf out;
    struct redisReader *reader;
    struct loop_task flush; /* writes what a turn has gathered */
    uint32_t greeting;      /* its answers that have not come yet */
    bool denied;
    bool posted;
    bool broken;
    struct fiber *waiter; /* to wake when something happened */
    /* An answer, which is the receiver's. On the loop. */
    void (*answer)(struct redis_link *link, redisReply *reply);
};

/* Connects, with AUTH and SELECT where they are needed. From a fiber of the loop. ERR_UNAVAILABLE,
 * ERR_TIMEOUT, ERR_CANCELLED, ERR_DENIED (the password), ERR_IO, ERR_NO_MEMORY. */
int redis_link_open(struct redis_link *link, const struct redis_target *target, struct loop *loop,
                    void (*answer)(struct redis_link *link, redisReply *reply),
                    int64_t deadline_ns);
/* From a fiber of the loop. Harmless on one that is not open. */
void redis_link_close(struct redis_link *link);

/* Appends a command as Redis reads it (RESP: an array of bulk strings). ERR_FULL, ERR_NO_MEMORY. */
int redis_format(struct buf *out, const struct view *words, size_t count);
/* The bytes that were appended to link->out go out in this turn. */
void redis_link_touch(struct redis_link *link);

#endif
