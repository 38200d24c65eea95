/*
 * access: the token that an account shows for some minutes: a JSON Web Token (RFC 7519) in the form
 * of RFC 9068, signed with ES256.
 *
 *     {"alg":"ES256","kid":"…","typ":"at+jwt"} . {"iss":"…","aud":"usher","client_id":"usher",
 *      "sub":"<account>","sid":"<session>","jti":"…","iat":S,"exp":S,"roles":R,
 *      "organisers":[[ID,ROLES],…]} . signature
 *
 * Others check it with any JWT library and the keys at /.well-known/jwks.json. This server takes
 * exactly what it writes: the claims are read from the text, header and payload are written again
 * from them and compared, and then the signature is checked with the key of that name. So no other
 * algorithm, type, header, order, blank or spelling passes (RFC 8725).
 */
#ifndef USHER_TOKEN_ACCESS_H
#define USHER_TOKEN_ACCESS_H

#include "mem/id.h"
#include "token/keyset.h"

#define ACCESS_TOKEN_MAX      896 /* characters, with the NUL */
#define ACCESS_SECRET_CHARS   86  /* at the end, all that is secret in it */
#define ACCESS_ISSUER_MAX     64  /* bytes */
#define ACCESS_ORGANISERS_MAX 8
#define ACCESS_TIME_MAX       INT64_C(99999999999)
#define ACCESS_ROLES_MAX      UINT16_MAX

struct access_organiser {
    uint32_t organiser_id;
    uint32_t roles;
};

struct access_claims {
    struct id account_id, session_id, token_id;
    int64_t issued_at_s, expires_at_s; /* Unix time, 0 … ACCESS_TIME_MAX, at most KEYSET_AFTER_S */
    uint32_t roles;                    /* bits of Usher__V1__Role; for no organiser in particular */
    uint32_t organiser_count;
    struct access_organiser organisers[ACCESS_ORGANISERS_MAX];
};

/* Writes the token, signed with the key of the moment it is issued, and a NUL; *ret_len without it.
 * issuer has only letters, digits and "-._~:/". ERR_NO_MEMORY. */
int access_token_write(struct keyset *keyset, struct view issuer,
                       const struct access_claims *claims, char ret_text[ACCESS_TOKEN_MAX],
                       size_t *ret_len);
/* ERR_DENIED: it is no token of ours; ERR_TIMEOUT: it was, but now_s is not before expires_at_s.
 * Takes about 0.1 ms, most of it the signature's. */
int access_token_check(struct keyset *keyset, struct view issuer, struct view text, int64_t now_s,
                       struct access_claims *ret_claims);
/* Whether the text could be an access token: so that no other kind is looked at as one. */
bool access_token_looks(struct view text);

#endif
