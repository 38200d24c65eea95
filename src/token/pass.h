/*
 * pass: what lets somebody buy in a sale that has a line.
 *
 *     base64url( sale 4 | number 4 | serial 4 | account 16 | ends, Unix ms, 8 | Ed25519 signature )
 *
 * Integers are big-endian. Signed are the words "usher pass 1", a NUL, and what stands before the
 * signature (RFC 8032, Ed25519). The public key is published, so that an edge server can check a
 * pass; whether its account is still inside, and has no newer pass, the waiting room says.
 */
#ifndef USHER_TOKEN_PASS_H
#define USHER_TOKEN_PASS_H

#include "mem/id.h"
#include "token/key.h"

#define PASS_CHARS        134
#define PASS_PUBLIC_BYTES 32
#define PASS_SECRET_BYTES 64

struct pass_claims {
    uint32_t sale_id;
    uint32_t number;
    uint32_t serial; /* 1 for the number's first pass, then 2, … */
    struct id account_id;
    int64_t expires_at_ms; /* Unix time */
};

struct pass_key {
    uint8_t public[PASS_PUBLIC_BYTES];
    uint8_t secret[PASS_SECRET_BYTES];
};

/* The key pair that the seed stands for: key_derive(master, KEY_FOR_PASS). */
void pass_key_init(struct pass_key *key, const uint8_t seed[KEY_BYTES]);
/* Writes the pass and a NUL. */
void pass_write(const struct pass_key *key, const struct pass_claims *claims,
                char ret_text[PASS_CHARS + 1]);
/* ERR_DENIED: it is not, to the letter, a pass signed with that key; ERR_TIMEOUT: it was, but its
 * time is over (now_ms is not before expires_at_ms); *ret_claims is filled then. About 100 µs. */
int pass_check(const uint8_t public[PASS_PUBLIC_BYTES], struct view text, int64_t now_ms,
               struct pass_claims *ret_claims);

#endif
