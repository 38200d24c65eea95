/*
 * password: which passwords are taken, and their Argon2id (RFC 9106) by libsodium.
 *
 * Hashing costs 19 MiB and some tens of milliseconds by intent (OWASP's least: m = 19 MiB, t = 2,
 * p = 1), so it runs on a pool of its own with a bound: a storm of sign-ins waits there, and
 * nothing else does.
 */
#ifndef USHER_SVC_AUTH_PASSWORD_H
#define USHER_SVC_AUTH_PASSWORD_H

#include "fiber/offload.h"
#include "mem/view.h"

#define PASSWORD_CHARS_MIN  8   /* of a buyer's */
#define PASSWORD_CHARS_MAX  256 /* characters, not bytes */
#define PASSWORD_STRONG     15  /* so many act for an organiser without a second factor */
#define PASSWORD_TEXT_BYTES 128 /* of the Argon2id text, with the NUL */

/* NULL where the password may be used; otherwise a sentence that says why not. email and name are
 * the owner's, and may be empty. *ret_chars gets its length. */
const char *password_refusal(struct view password, struct view email, struct view name,
                             uint32_t *ret_chars);

/* Hashes on the pool (NULL: in place). ERR_FULL: as many wait as may; ERR_NO_MEMORY. */
int password_hash(struct offload *pool, struct view password, char ret_text[PASSWORD_TEXT_BYTES]);
/* Compares with an Argon2id text; the empty one takes as long, and never fits. ERR_DENIED: another
 * password; ERR_FULL. */
int password_check(struct offload *pool, struct view password, struct view text);

#endif
