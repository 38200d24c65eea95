/*
 * guest: the token that is a guest's account: a JSON Web Token (RFC 7519) under HMAC-SHA256 (RFC
 * 7515, RFC 7518 3.2).
 *
 *     {"alg":"HS256","typ":"JWT"} .
 * {"iss":"usher","sub":"<account>","role":"guest","iat":S,"exp":S} . mac
 *
 * Only this server reads it, so it takes exactly what it writes: the claims are read from the text,
 * the token is written again from them, and the two are compared, the mac in constant time. No
 * header, order of claims, blank, number or digit of base64 but our own passes, and no algorithm is
 * ever chosen by a token (RFC 8725, 3.1).
 */
#ifndef USHER_TOKEN_GUEST_H
#define USHER_TOKEN_GUEST_H

#include "mem/id.h"
#include "token/key.h"

#define GUEST_TOKEN_MAX 256 /* characters, with the NUL */
#define GUEST_MAC_CHARS 43  /* at the end, all that is secret in it */

struct guest_claims {
    struct id account_id; /* not zero */
    int64_t issued_at_s;  /* Unix time, 0 … GUEST_TIME_MAX */
    int64_t expires_at_s; /* Unix time, later than that */
};
#define GUEST_TIME_MAX INT64_C(99999999999)

/* Writes the token and a NUL; returns its length. */
size_t guest_token_write(const uint8_t key[KEY_BYTES], const struct guest_claims *claims,
                         char ret_text[GUEST_TOKEN_MAX]);
/* ERR_DENIED: it is no token of ours; ERR_TIMEOUT: it was, but now_s is not before expires_at_s.
 * Does not allocate. */
int guest_token_check(const uint8_t key[KEY_BYTES], struct view text, int64_t now_s,
                      struct guest_claims *ret_claims);

#endif
