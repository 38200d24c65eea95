/*
 * redis_body: the client seen from inside. For the driver alone; all of it belongs to the worker's
 * thread but what is atomic.
 *
 *     redis.c            calls: from any thread to the node that has the key, and again where a
 *                        node sends them elsewhere
 *     redis_node.c       a connection each, opened and opened again; and one for channels
 *     redis_sentinel.c   who is the master
 *     redis_answer.c     what the answers say
 *     redis_cluster.c    which node has which slot
 */
#ifndef USHER_DB_REDIS_BODY_H
#define USHER_DB_REDIS_BODY_H

#include <stdatomic.h>

#include "db/redis_link.h"
#include "db/waiter.h"
#include "mem/list.h"

/* A server that commands go to. */
struct redis_node {
    struct redis *redis;
    struct list link; /* in redis->nodes */
    struct redis_place place;
    struct redis_link commands;
    struct list asked;    /* calls whose answers have not come, in order */
    struct fiber *keeper; /* NULL: has not begun */
    bool open;
    bool gone; /* no node of the cluster any more: its keeper ends, and frees it */
};

struct redis_sentinel {
    struct redis *redis;
    struct redis_place place;
    struct redis_link link;
    bool waits;               /* for its answer */
    uint64_t epoch;           /* of the last answer: the higher, the newer */
    struct redis_place named; /* the master, in it */
    int64_t answered_ns;      /* 0: never */
};

struct subscription {
    const char *channel;
    void (*heard)(void *state, struct view message);
    void *state;
};

struct redis {
    struct redis_target target;
    struct worker *worker;
    struct loop *loop;
    atomic_bool open;
    atomic_uint call_count;
    pthread_mutex_t lock;      /* of why */
    char why[NET_TLS_WHY_MAX]; /* the last connection that could not be opened */

    struct scope scope; /* of all keepers */
    struct list nodes;
    uint32_t node_count;

    struct redis_sentinel sentinels[REDIS_PLACES_MAX];
    struct redis_place master; /* port 0: nobody has named one */

    struct redis_node *slots[REDIS_SLOTS]; /* NULL: nobody has said */
    struct fiber *chart;                   /* who asks the cluster */
    struct redis_node *asked_last;         /* by it */
    bool charted;                          /* every slot has its node */

    struct redis_link news;
    struct redis_place news_place;
    struct subscription subscriptions[REDIS_SUBSCRIPTIONS_MAX];
    uint32_t subscription_count;
    int started; /* the result of starting */
};

/* A command under way. Its caller may give up: then whoever has the other end frees it. */
struct redis_call {
    struct redis *redis;
    struct list link; /* in asked */
    struct buf words;
    struct redis_route route;
    struct loop_task task;
    struct loop_task give_up;
    struct waiter waiter;             /* the caller's */
    struct redis_giving_up *gives_up; /* the caller waits for no answer any more, but for this */
    int64_t sent_ns;
    uint32_t skips; /* answers before its own: of ASKING */
    bool asked;     /* in the list */
    bool abandoned; /* nobody wants the answer */
    int result;
    redisReply *reply;
};

/* ---- redis.c ---- */

/* The call has its result: wakes the caller, or frees it where nobody waits. On the loop. */
void redis_finish(struct redis_call *call, int result, redisReply *reply);
/* A command by that route, once: 0, and the answer, an error too. */
int redis_call_once(struct redis *r, const struct view *words, size_t count,
                    const struct redis_route *route, redisReply **ret_reply, int64_t deadline_ns);

/* ---- redis_node.c ---- */

/* The node of that place, which is new where there was none. NULL: too many, or no memory. */
struct redis_node *redis_node_at(struct redis *r, const struct redis_place *place);
/* Ends it; nobody may send to it any more. */
void redis_node_drop(struct redis_node *node);
/* Spawns the fiber that keeps the connection for channels. ERR_FULL, ERR_NO_MEMORY. */
int redis_news_start(struct redis *r);
/* Whether commands can be sent may have changed. */
void redis_look_open(struct redis *r);
/* Keeps a sentence of what could not be opened, for people. */
void redis_note(struct redis *r, const struct redis_place *place, const char *why);

/* ---- redis_sentinel.c ---- */

/* Asks the sentinels from now on. ERR_FULL, ERR_NO_MEMORY. */
int redis_sentinels_start(struct redis *r);
/* Whether a majority of the sentinels has named the present master lately; always without any. */
bool redis_is_sure(const struct redis *r, int64_t now_ns);

/* ---- redis_cluster.c ---- */

/* ERR_FULL, ERR_NO_MEMORY. */
int redis_cluster_start(struct redis *r);
/* The slot of a key, of its {tag} where it has one (Redis Cluster specification, "Hash tags"). */
int redis_slot_of(struct view key);
/* The node for that slot, -1: any that is open; NULL: none. */
struct redis_node *redis_node_for(struct redis *r, int slot);
/* The node has gone, or its connection: whoever has its slots is to be asked. */
void redis_cluster_forget(struct redis_node *node);
/* Somebody has heard of a change. */
void redis_cluster_kick(struct redis *r);

#endif
