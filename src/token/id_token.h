/*
 * id_token: what another service says of who signs in there: an ID token (OpenID Connect Core 1.0,
 * 2 and 3.1.3.7), a JWT signed by that service.
 *
 * Its algorithm is one of RS256, PS256 and ES256, and must fit the key's kind (RFC 8725, 3.1 and
 * 3.2); the key is one of the service's JWKS, never one that the token brings along. Pure: texts
 * and the time come in, claims come out.
 */
#ifndef USHER_TOKEN_ID_TOKEN_H
#define USHER_TOKEN_ID_TOKEN_H

#include <stdint.h>

#include "mem/arena.h"
#include "mem/view.h"

#define ID_TOKEN_MAX         (16u << 10) /* bytes */
#define ID_TOKEN_SKEW_S      60          /* that their clock and ours may differ */
#define ID_TOKEN_SUBJECT_MAX 255         /* bytes of a subject (Core, 2) */

/* What it has to say. All texts are borrowed. */
struct id_token_wants {
    struct view issuer;     /* iss, byte by byte */
    struct view client_id;  /* among aud; and azp where it is there */
    struct view nonce;      /* of this sign-in */
    struct view name_claim; /* which claim has the person's name, "name" */
    int64_t now_s;
};

/* In the caller's arena; an empty view where the token does not say it. */
struct id_token_claims {
    struct view subject;
    struct view email; /* a hint: nothing follows from it but what a form is filled in with */
    struct view name;
};

/* 0; ERR_NOT_FOUND: no key of the set (RFC 7517) fits the token, so the set may be an old one;
 * ERR_DENIED: it is no ID token, or not for this sign-in; ERR_NO_MEMORY. */
int id_token_check(struct view token, struct view jwks, const struct id_token_wants *wants,
                   struct arena *arena, struct id_token_claims *ret_claims);

#endif
