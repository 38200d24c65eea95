/*
 * challenge: a proof of work, in the deterministic mode of ALTCHA (altcha.org, "PoW v2").
 *
 * The server picks a counter and tells the first half of
 *     PBKDF2-HMAC-SHA256(nonce | counter as 4 bytes big-endian, salt, cost) of 32 bytes;
 * the client tries counters from 0 on until its key begins so. What was picked is in the mac alone,
 * so a check is one HMAC and needs no memory. A challenge is bound to a sale and an account: solved
 * for one it is of no use to another.
 */
#ifndef USHER_TOKEN_CHALLENGE_H
#define USHER_TOKEN_CHALLENGE_H

#include "mem/id.h"
#include "token/key.h"

#define CHALLENGE_BYTES     16 /* of nonce, salt and prefix */
#define CHALLENGE_MAC_BYTES 32
#define CHALLENGE_KEY_BYTES 32 /* of the derived key */
#define CHALLENGE_ALGORITHM "PBKDF2/SHA-256"

struct challenge {
    uint32_t sale_id;
    struct id account_id;
    uint8_t nonce[CHALLENGE_BYTES];
    uint8_t salt[CHALLENGE_BYTES];
    uint32_t cost; /* iterations a try, > 0 */
    int64_t expires_at_ms;
};

/* How the derived key of that counter begins. One PBKDF2: on no loop where cost is high.
 * ERR_NO_MEMORY. */
int challenge_prefix(const struct challenge *challenge, uint32_t counter,
                     uint8_t ret_prefix[CHALLENGE_BYTES]);
/* The mac over everything, and the counter. */
void challenge_seal(const uint8_t key[KEY_BYTES], const struct challenge *challenge,
                    uint32_t counter, uint8_t ret_mac[CHALLENGE_MAC_BYTES]);
/* Whether counter is what was picked. The caller compares sale, account and time. */
bool challenge_solved(const uint8_t key[KEY_BYTES], const struct challenge *challenge,
                      uint32_t counter, const uint8_t mac[CHALLENGE_MAC_BYTES]);

#endif
