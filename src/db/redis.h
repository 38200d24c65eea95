/*
 * redis: a Redis server as fibers see it.
 *
 * Every thread shares one client, which lives on one worker: commands are written in the order in
 * which they come, all of a turn in one piece (pipelining), and whoever asked waits for his answer.
 * Connections are opened and opened again by fibers of their own; while there is none, commands are
 * ERR_UNAVAILABLE. One more connection listens to the channels that were subscribed to.
 *
 *     CLOSED ──connect, AUTH, SELECT──▶ OPEN ──broken, silent for REDIS_SILENT_MAX_MS──▶ CLOSED
 *
 * Commands of a connection that broke are ERR_UNKNOWN: they may have been done. Redis itself may
 * forget all at any time; nothing may be kept there alone.
 *
 * The server is one of three: the one that is named; the master that a majority of the named
 * sentinels names, and none while no majority has named one for REDIS_SURE_MS; or the masters of a
 * cluster, each asked for the keys of its slots, and followed where it sends one (MOVED, ASK).
 */
#ifndef USHER_DB_REDIS_H
#define USHER_DB_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "db/redis_target.h"
#include "fiber/worker.h"
#include "mem/view.h"

#define REDIS_WORDS_MAX         16        /* of a command */
#define REDIS_UNSENT_MAX        (8 << 20) /* bytes of commands that wait to be written */
#define REDIS_CALLS_MAX         65536     /* commands that wait for an answer */
#define REDIS_SUBSCRIPTIONS_MAX 8
#define REDIS_CONNECT_MAX_MS    5000
#define REDIS_SILENT_MAX_MS     2000 /* an answer that takes longer: the connection is given up */
#define REDIS_RETRY_MS          50   /* before it is opened again; doubles up to … */
#define REDIS_RETRY_MAX_MS      1000
#define REDIS_SURE_MS           800 /* what sentinels said is believed so long */
#define REDIS_NODES_MAX         64  /* masters of a cluster */
#define REDIS_TRIES_MAX         16  /* of a command that a cluster sends on or cannot do now */
#define REDIS_PAUSE_MS          25  /* before it is tried again where it was not done */
#define REDIS_WHY_MAX           512

struct redis;

/* Readies a client for redis://[USER@]HOST[:PORT][,HOST[:PORT]…][/NUMBER][?OPTION&…], or rediss://
 * with TLS, that lives on the worker; connects in the background. Options: password-file=PATH,
 * tls-ca=PATH, tls-cert=PATH and tls-key=PATH (which is shown to the server), sentinel=MASTER (the
 * hosts are sentinels), sentinel-user=NAME, sentinel-password-file=PATH, cluster=yes (the hosts are
 * nodes of a cluster). From a plain thread. ERR_INVALID: ret_why says what is wrong (URL_WHY_MAX
 * bytes); ERR_NO_MEMORY, ERR_FULL. */
int redis_new(const char *url, struct worker *worker, char *ret_why, struct redis **ret_redis);
/* From a plain thread. No call may be under way. */
void redis_free(struct redis *r);
/* "HOST:PORT", "MASTER of HOST:PORT,…", for people. */
const char *redis_name(const struct redis *r);
/* Whether there is a connection now, and of a cluster a node for every slot; any thread. */
bool redis_is_open(const struct redis *r);
enum redis_kind redis_kind(const struct redis *r);
/* Why the last connection that failed could not be opened, or empty; any thread. */
void redis_why(struct redis *r, char ret_why[REDIS_WHY_MAX]);

/* Sends a command and waits for its answer, which is the caller's (freeReplyObject). From any
 * thread, fiber or not; deaf to cancellation. Of a cluster, all keys of a command share their
 * {tag}; the first is words[1], of EVAL words[3]. ERR_UNAVAILABLE, ERR_FULL: it was not sent;
 * ERR_UNKNOWN, ERR_TIMEOUT: it may have been done; ERR_INVALID: Redis refused it (logged);
 * ERR_BUSY: Redis loads, or is a replica; ERR_NO_MEMORY. */
int redis_call(struct redis *r, const struct view *words, size_t count, redisReply **ret_reply,
               int64_t deadline_ns);
/* redis_call(r, WORDS(view_str("GET"), key), &reply, deadline_ns) */
#define WORDS(...)                                                                                 \
    (const struct view[]){__VA_ARGS__},                                                            \
        sizeof((const struct view[]){__VA_ARGS__}) / sizeof(struct view)

/* Listens to a channel from now on. heard is called on the worker's loop, outside of fibers, and
 * must not wait; with an empty message whenever something may have been missed. Before any other
 * use; channel and state are borrowed until redis_free. */
void redis_subscribe(struct redis *r, const char *channel,
                     void (*heard)(void *state, struct view message), void *state);

#endif
