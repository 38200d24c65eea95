/*
 * signed_code: the static code of a ticket, for paper: anybody who has our public key can check it,
 * a door's device without a network too (Ed25519, RFC 8032).
 *
 *     base32( 1 | order id, 16 bytes | performance, 4 | seat, 4 | generation, 2 | signature, 64 )
 *
 * Numbers are big-endian. 146 characters of the alphanumeric set make a QR code of 41 × 41 modules
 * (version 6, error correction M). What is signed begins with the words "usher ticket" and a NUL,
 * so that nothing signed for another end can be shown at a door.
 */
#ifndef USHER_TOKEN_SIGNED_CODE_H
#define USHER_TOKEN_SIGNED_CODE_H

#include "token/key.h"
#include "token/ticket_ref.h"

#define SIGNED_CODE_CHARS      146
#define SIGNED_CODE_KEY_BYTES  64 /* secret, as libsodium has it: seed and public key */
#define SIGNED_CODE_SHOW_BYTES 32 /* the public key */

/* The key pair of a seed. */
void signed_code_keys(const uint8_t seed[KEY_BYTES], uint8_t ret_secret[SIGNED_CODE_KEY_BYTES],
                      uint8_t ret_public[SIGNED_CODE_SHOW_BYTES]);

/* Writes the code and a NUL. */
void signed_code_write(const uint8_t secret[SIGNED_CODE_KEY_BYTES], const struct ticket_ref *ticket,
                       uint32_t performance_id, char ret_text[SIGNED_CODE_CHARS + 1]);
/* ERR_DENIED unless the text is, to the letter, a code written with that key. */
int signed_code_check(const uint8_t public_key[SIGNED_CODE_SHOW_BYTES], struct view text,
                      struct ticket_ref *ret_ticket, uint32_t *ret_performance_id);

#endif
