/*
 * verified: guest tokens that one thread has checked lately.
 *
 * Checking a token costs 1.9 µs, most of it the mac; a request as a whole costs about 7. Finding it
 * here costs 0.07. A token's place is taken from its mac, which only the server can make, so nobody
 * chooses whom to push out; a newer token takes the place of an older one. Only what passed the
 * check is kept, the whole text is compared (the mac in constant time), and expiry is looked at
 * every time.
 */
#ifndef USHER_SVC_AUTH_VERIFIED_H
#define USHER_SVC_AUTH_VERIFIED_H

#include "mem/id.h"
#include "token/guest.h"

#define VERIFIED_SLOTS 4096 /* about 1 MiB a thread, touched as used */

struct verified_slot {
    struct guest_claims claims;
    uint8_t len; /* 0 while free */
    char text[GUEST_TOKEN_MAX - 1];
};

/* Ready when zeroed. */
struct verified {
    struct verified_slot slots[VERIFIED_SLOTS];
};

/* False unless this very token was kept and holds at now_s. */
bool verified_find(const struct verified *v, struct view text, int64_t now_s,
                   struct guest_claims *ret_claims);
/* text has passed guest_token_check. */
void verified_keep(struct verified *v, struct view text, const struct guest_claims *claims);

#endif
