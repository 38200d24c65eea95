/*
 * seal: bytes that only this server can read again, for what must be kept and must not be seen.
 *
 * 24 random bytes, then libsodium's secretbox (XSalsa20 and Poly1305). Whoever has the store and
 * not secret.key reads nothing, and what was changed does not open.
 */
#ifndef USHER_TOKEN_SEAL_H
#define USHER_TOKEN_SEAL_H

#include "token/key.h"

#define SEAL_MORE 40 /* bytes that a seal is longer than what it hides */

/* Writes plain.len + SEAL_MORE bytes. */
void seal_write(const uint8_t key[KEY_BYTES], struct chance *chance, struct view plain,
                uint8_t *ret_sealed);
/* Writes sealed.len - SEAL_MORE bytes. ERR_CORRUPT: it was sealed with another key, or changed. */
int seal_open(const uint8_t key[KEY_BYTES], struct view sealed, uint8_t *ret_plain);

#endif
