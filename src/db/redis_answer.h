/*
 * redis_answer: reads what Redis answers. No I/O. For the driver alone.
 *
 * The bytes are a server's, and a server may be wrong: whatever arrives is one of the answers
 * below, or none of them.
 */
#ifndef USHER_DB_REDIS_ANSWER_H
#define USHER_DB_REDIS_ANSWER_H

#include "db/redis.h"
#include "db/redis_target.h"
#include "net/tls.h"

#define REDIS_SLOTS        16384
#define REDIS_ELEMENTS_MAX REDIS_SLOTS /* of one list: a map has a range a slot at most */
#define REDIS_ANSWER_MAX   (4u << 20)  /* bytes of one answer */

/* Bytes in, answers out (RESP), within the limits above. */
struct redis_reader {
    struct redisReader *hiredis;
    struct redisReplyObjectFunctions *functions;
    size_t taken; /* bytes since the last whole answer */
};

/* ERR_NO_MEMORY. */
int redis_reader_init(struct redis_reader *reader);
/* Harmless on a zeroed one. */
void redis_reader_release(struct redis_reader *reader);
/* Takes bytes. ERR_FULL: the answer that they belong to is too long; ERR_INVALID: the bytes before
 * were no answer. No answer can be read after either. */
int redis_reader_feed(struct redis_reader *reader, const char *bytes, size_t len);
/* The next whole answer, which is the caller's, or NULL: there is none yet. ERR_INVALID: this is
 * not Redis's protocol, or a list has more than REDIS_ELEMENTS_MAX elements. */
int redis_reader_next(struct redis_reader *reader, redisReply **ret_reply);

/* The text of an answer; empty where it is none. */
struct view redis_text(const redisReply *reply);

/* Whether an answer to the greeting (AUTH, SELECT, ROLE, PING) lets us in: 0; ERR_BUSY (it loads,
 * or is a replica), ERR_DENIED (the password), ERR_INVALID, each with a sentence for people. ROLE
 * alone answers with a list: its first word is the role. */
int redis_greeting_read(const redisReply *reply, char ret_why[NET_TLS_WHY_MAX]);

/* Where a command goes. */
struct redis_route {
    int slot;                 /* of its key; -1: any node */
    struct redis_place place; /* where a node has sent it; port 0: nowhere */
    bool asking;              /* only this once (ASK) */
};

/* Reads "MOVED 3999 127.0.0.1:6381". False: it is something else, and *route stays. */
bool redis_redirect_read(struct view text, struct redis_route *route);

/* Some slots of a cluster's map, and who has them. */
struct redis_range {
    int first, last; /* 0 … REDIS_SLOTS - 1 */
    struct redis_place place;
};

/* Reads an element of CLUSTER SLOTS: [first, last, [host, port, …], replicas …]; an empty host is
 * that of who was asked. False: it is something else. */
bool redis_range_read(const redisReply *element, const struct redis_place *asked,
                      struct redis_range *ret_range);

/* Reads an answer to SENTINEL MASTER, a flat list of names and values. False: it names no
 * master. */
bool redis_master_read(const redisReply *reply, struct redis_place *ret_place, uint64_t *ret_epoch);

/* Reads ["message", channel, text], or ["subscribe", channel, count], whose text is empty. False:
 * it is something else. */
bool redis_news_read(const redisReply *reply, struct view *ret_channel, struct view *ret_text);

#endif
