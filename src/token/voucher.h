/*
 * voucher: one of many codes that an organiser has generated, as a buyer types it.
 *
 *     base32( number, 2 bytes big-endian | index, 3 bytes | first 5 bytes of HMAC-SHA256 over the
 *             performance, 4 bytes, and both )
 *
 * 16 characters, in four groups. A list of them need not be kept: whoever has the key can write
 * each again. A guess is right once in 2^40, and costs a call.
 */
#ifndef USHER_TOKEN_VOUCHER_H
#define USHER_TOKEN_VOUCHER_H

#include "mem/view.h"
#include "token/key.h"

#define VOUCHER_CHARS      16
#define VOUCHER_TEXT       19 /* with the hyphens between its groups */
#define VOUCHER_NUMBER_MAX 0xffffu
#define VOUCHER_INDEX_MAX  0xffffffu

/* Writes "XXXX-XXXX-XXXX-XXXX" and a NUL. */
void voucher_write(const uint8_t key[KEY_BYTES], uint32_t performance_id, uint32_t number,
                   uint32_t index, char ret_text[VOUCHER_TEXT + 1]);
/* Reads capitals, with hyphens anywhere or none. ERR_DENIED: not one that was written with this key
 * for this performance. */
int voucher_read(const uint8_t key[KEY_BYTES], uint32_t performance_id, struct view text,
                 uint32_t *ret_number, uint32_t *ret_index);

#endif
