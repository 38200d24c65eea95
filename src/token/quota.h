/*
 * quota: how often each of very many keys may do something: callers by account, address, network.
 *
 * Each key has an allowance that refills with time (the generic cell rate algorithm: one number a
 * key). Keys share a table of fixed size; where it is crowded the one nearest to its full allowance
 * makes room, so that who uses most is remembered longest. Time is passed in. All threads.
 */
#ifndef USHER_TOKEN_QUOTA_H
#define USHER_TOKEN_QUOTA_H

#include <pthread.h>
#include <stdint.h>

#include "mem/view.h"

#define QUOTA_SLOTS     65536
#define QUOTA_WAYS      4
#define QUOTA_LOCKS     64
#define QUOTA_KEY_BYTES 16

/* burst at once, then one every so many milliseconds. burst 0: no limit. */
struct quota_rule {
    int64_t every_us;
    int64_t burst;
};

struct quota_slot {
    uint64_t tag;       /* of kind and key; 0 while free */
    int64_t full_at_us; /* when the whole allowance is back */
};

/* 1 MiB. */
struct quota {
    pthread_mutex_t locks[QUOTA_LOCKS];
    uint8_t hash_key[QUOTA_KEY_BYTES];
    struct quota_slot slots[QUOTA_SLOTS];
};

/* hash_key is secret and random, so that nobody can choose whom to share a place with. */
void quota_init(struct quota *quota, const uint8_t hash_key[QUOTA_KEY_BYTES]);
void quota_release(struct quota *quota);

/* Charges one. 0: go ahead; otherwise the milliseconds until it may be tried, and nothing was
 * charged. An empty key is not limited. Keys of one kind have one rule. */
int64_t quota_take(struct quota *quota, uint32_t kind, const struct quota_rule *rule,
                   struct view key, int64_t now_ms);
/* How many of its allowance a key has used and not got back yet; 0: none, or it is forgotten. */
int64_t quota_used(struct quota *quota, uint32_t kind, const struct quota_rule *rule,
                   struct view key, int64_t now_ms);
/* Gives one back. */
void quota_give(struct quota *quota, uint32_t kind, const struct quota_rule *rule, struct view key);

#endif
