/*
 * keyset: the keys that sign access tokens, one after the other, without a restart.
 *
 *     ──KEYSET_AHEAD_S──▶ signs for KEYSET_AGE_S ──▶ the next signs ──KEYSET_AFTER_S──▶ gone
 *     published …………………………………………………………………………………………………………………………………………
 *
 * The key of each period is derived from the installation's secret.key and the period's number, so
 * all processes with that file sign with the same key, and each knows the others' tokens, without a
 * word between them and with nothing on disk. A key is published before it signs, so that others
 * who read the published keys now and then know it by its first token, and checks until the last
 * token it signed has ended; clocks may differ by as much. All functions may be called from any
 * thread.
 */
#ifndef USHER_TOKEN_KEYSET_H
#define USHER_TOKEN_KEYSET_H

#include "mem/buf.h"
#include "token/es256.h"
#include "token/key.h"

#define KEYSET_KEYS_MAX 2
#define KEYSET_AHEAD_S  INT64_C(600)     /* longer than KEYSET_CACHE_S by far */
#define KEYSET_AFTER_S  INT64_C(3600)    /* as long as an access token may hold */
#define KEYSET_AGE_S    INT64_C(2592000) /* a period; they are counted from 1970 */
#define KEYSET_CACHE_S  300              /* how long others may go without looking */

struct keyset;

/* Of the installation's master key. now_s, here and below, is Unix time in seconds, 0 or later.
 * ERR_NO_MEMORY. The caller frees it. */
int keyset_open(const uint8_t master[KEY_BYTES], int64_t now_s, struct keyset **ret_keyset);
void keyset_free(struct keyset *keyset);

/* The name of the key that signs at that time, and a NUL. ERR_NO_MEMORY. */
int keyset_signer(struct keyset *keyset, int64_t now_s, char ret_kid[ES256_THUMBPRINT_CHARS + 1]);
/* ERR_NOT_FOUND: there is no key of that name (any more); otherwise as es256_sign and
 * es256_verify. */
int keyset_sign(struct keyset *keyset, struct view kid, struct view said,
                uint8_t ret_signature[ES256_SIGNATURE_BYTES]);
int keyset_verify(struct keyset *keyset, int64_t now_s, struct view kid, struct view said,
                  const uint8_t signature[ES256_SIGNATURE_BYTES]);

/* The public keys as a JWK set (RFC 7517, 5), the newest first. ERR_FULL, ERR_NO_MEMORY. */
int keyset_publish(struct keyset *keyset, int64_t now_s, struct buf *out);

#endif
