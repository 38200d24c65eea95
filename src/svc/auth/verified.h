/*
 * verified: tokens that one thread has checked lately.
 *
 * Checking an access token costs 0.1 ms, a guest's 1.9 µs; finding it here costs less than 0.3. A
 * token's place is taken from its signature, which only the server can make, so nobody chooses whom
 * to push out; a newer token takes the place of an older one. Only what passed the check is kept,
 * the whole text is compared (its end, with all that is secret, in constant time), and expiry is
 * looked at every time.
 */
#ifndef USHER_SVC_AUTH_VERIFIED_H
#define USHER_SVC_AUTH_VERIFIED_H

#include "token/access.h"

#define VERIFIED_SLOTS 4096 /* about 4 MiB a thread, touched as used */

struct verified_slot {
    struct access_claims claims;
    uint16_t len; /* 0 while free */
    char text[ACCESS_TOKEN_MAX - 1];
};

/* Ready when zeroed. */
struct verified {
    int64_t window_ms; /* when the count below began */
    uint32_t checked;  /* new signatures that this thread has checked since */
    struct verified_slot slots[VERIFIED_SLOTS];
};

/* False unless this very token was kept and holds at now_s. */
bool verified_find(const struct verified *v, struct view text, int64_t now_s,
                   struct access_claims *ret_claims);
/* text has passed access_token_check or guest_token_check. */
void verified_keep(struct verified *v, struct view text, const struct access_claims *claims);

#endif
