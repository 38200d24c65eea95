/*
 * attempts: how often somebody may try: sign-ins, registrations.
 *
 * Each key has an allowance that refills with time (the generic cell rate algorithm: one number a
 * key). A try is charged before it is made, so that many at once count too, and given back where it
 * was right. Keys share a table of fixed size; where it is crowded the one nearest to its full
 * allowance makes room. All threads.
 */
#ifndef USHER_SVC_AUTH_ATTEMPTS_H
#define USHER_SVC_AUTH_ATTEMPTS_H

#include <pthread.h>

#include "chance/chance.h"
#include "mem/view.h"

#define ATTEMPTS_SLOTS 16384
#define ATTEMPTS_WAYS  4

enum attempt_kind {
    ATTEMPT_PAIR,     /* to sign in to one account from one address: 5, then one in 30 s */
    ATTEMPT_ADDRESS,  /* to sign in from one address: 50, then one in 2 s */
    ATTEMPT_ACCOUNT,  /* to sign in to one account from anywhere: 100, then one in 10 s */
    ATTEMPT_REGISTER, /* to register or ask for a reset from one address: 20, then one in 30 s */
    ATTEMPT_KINDS
};

struct attempts_slot {
    uint64_t tag;       /* of kind and key; 0 while free */
    int64_t full_at_ms; /* when the whole allowance is back */
};

struct attempts {
    pthread_mutex_t lock;
    uint8_t hash_key[16];
    struct attempts_slot slots[ATTEMPTS_SLOTS];
};

void attempts_init(struct attempts *attempts, struct chance *chance);
void attempts_release(struct attempts *attempts);

/* Charges one try. 0: go ahead; otherwise the milliseconds until it may be tried, and nothing was
 * charged. An empty key is not limited. */
int64_t attempts_take(struct attempts *attempts, enum attempt_kind kind, struct view key,
                      int64_t now_ms);
/* Gives one try back. */
void attempts_give(struct attempts *attempts, enum attempt_kind kind, struct view key);

#endif
