/*
 * attempts: how often somebody may try: sign-ins, registrations, guests, the operator's key.
 *
 * A try is charged before it is made, so that many at once count too, and given back where it was
 * right. The table behind it has a fixed size (token/quota.h). All threads.
 */
#ifndef USHER_SVC_AUTH_ATTEMPTS_H
#define USHER_SVC_AUTH_ATTEMPTS_H

#include "chance/chance.h"
#include "token/quota.h"

enum attempt_kind {
    ATTEMPT_PAIR,     /* to sign in to one account from one address: 5, then one in 30 s */
    ATTEMPT_ADDRESS,  /* to sign in from one address: 50, then one in 2 s */
    ATTEMPT_ACCOUNT,  /* to sign in to one account from anywhere: 100, then one in 10 s */
    ATTEMPT_REGISTER, /* to register or ask for a reset from one address: 20, then one in 30 s */
    ATTEMPT_OPERATOR, /* a wrong operator key from one address: 10, then one in 2 s */
    ATTEMPT_GUEST_ADDRESS, /* guests made from one address, as attempts_set_guests says */
    ATTEMPT_GUEST_NETWORK, /* … and from one network */
    ATTEMPT_PERSON, /* to have a code sent to a telephone, for one account: 5, then one in 10 min */
    ATTEMPT_PHONE,  /* … to one telephone, from anywhere: 5, then one in 10 min */
    ATTEMPT_WARNING, /* to tell an owner of a wrong second factor: one an hour */
    ATTEMPT_KINDS
};

struct attempts {
    struct quota_rule rules[ATTEMPT_KINDS];
    struct quota quota;
};

/* Guests are not limited at first. */
void attempts_init(struct attempts *attempts, struct chance *chance);
void attempts_release(struct attempts *attempts);
/* So many guests at once from one address, and from one network, and then so many an hour; 0: no
 * limit. Before other threads ask. */
void attempts_set_guests(struct attempts *attempts, int64_t address_max, int64_t network_max);

/* Charges one try. 0: go ahead; otherwise the milliseconds until it may be tried, and nothing was
 * charged. An empty key is not limited. */
int64_t attempts_take(struct attempts *attempts, enum attempt_kind kind, struct view key,
                      int64_t now_ms);
/* Gives one try back. */
void attempts_give(struct attempts *attempts, enum attempt_kind kind, struct view key);

#endif
