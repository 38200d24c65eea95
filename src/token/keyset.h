/*
 * keyset: the keys that sign access tokens, one after the other, without a restart.
 *
 *     made, published ──KEYSET_AHEAD_S──▶ signs ──the next signs──▶ checks ──KEYSET_AFTER_S──▶ gone
 *
 * A key is published before it signs, so that others who read the published keys now and then know
 * it by its first token, and stays until the last token it signed has ended. The first key of all
 * signs at once. The keys lie in one file, mode 0600, a line each: the second it was made and
 * its private number in base64url; the file is replaced as a whole. All functions may be called
 * from any thread.
 */
#ifndef USHER_TOKEN_KEYSET_H
#define USHER_TOKEN_KEYSET_H

#include "chance/chance.h"
#include "mem/buf.h"
#include "token/es256.h"

#define KEYSET_KEYS_MAX 4
#define KEYSET_AHEAD_S  INT64_C(600)     /* longer than JWKS_CACHE_S by far */
#define KEYSET_AFTER_S  INT64_C(3600)    /* as long as an access token may hold */
#define KEYSET_AGE_S    INT64_C(2592000) /* then the next is made */
#define KEYSET_CACHE_S  300              /* how long others may go without looking */

struct keyset;

/* Reads the file, making it with a first key where it does not exist; path NULL: in memory alone.
 * ERR_IO (errno says why), ERR_DENIED (others than its owner may read it), ERR_CORRUPT,
 * ERR_NO_MEMORY. */
int keyset_open(const char *path, struct chance *chance, int64_t now_s, struct keyset **ret_keyset);
void keyset_free(struct keyset *keyset);

/* Makes the next key. ERR_BUSY: the newest does not sign yet; or as keyset_open, and the keys are
 * what they were. */
int keyset_rotate(struct keyset *keyset, int64_t now_s);
/* What has to be done from time to time: forgets keys that are gone, and rotates where the newest
 * has signed for KEYSET_AGE_S. As keyset_rotate, but never ERR_BUSY. */
int keyset_tend(struct keyset *keyset, int64_t now_s);

/* The name of the key that signs now. */
void keyset_signer(struct keyset *keyset, int64_t now_s, char ret_kid[ES256_THUMBPRINT_CHARS + 1]);
/* ERR_NOT_FOUND: there is no key of that name (any more); otherwise as es256_sign and
 * es256_verify. */
int keyset_sign(struct keyset *keyset, struct view kid, struct view said,
                uint8_t ret_signature[ES256_SIGNATURE_BYTES]);
int keyset_verify(struct keyset *keyset, struct view kid, struct view said,
                  const uint8_t signature[ES256_SIGNATURE_BYTES]);

/* The public keys as a JWK set (RFC 7517, 5), the newest first. ERR_FULL, ERR_NO_MEMORY. */
int keyset_publish(struct keyset *keyset, struct buf *out);

#endif
