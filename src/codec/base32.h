/*
 * base32: bytes as the 32 digits of Crockford's alphabet in capitals, most significant bits first,
 * without padding: all of them are in the alphanumeric set of QR codes (ISO/IEC 18004, 7.4.4),
 * which takes 5.5 bits a character instead of 8.
 *
 * One text stands for one row of bytes: only capitals are read, and stray bits in the last digit
 * are refused.
 */
#ifndef USHER_CODEC_BASE32_H
#define USHER_CODEC_BASE32_H

#include "mem/view.h"

/* Characters that len bytes take, and bytes that len characters give. */
#define BASE32_CHARS(len) (((size_t)(len)*8 + 4) / 5)
#define BASE32_BYTES(len) ((size_t)(len)*5 / 8)

/* Writes BASE32_CHARS(bytes.len) characters and a NUL. */
void base32_write(struct view bytes, char *ret_text);
/* Reads exactly len bytes. ERR_INVALID unless text is what base32_write writes for them. */
int base32_read(struct view text, uint8_t *ret_bytes, size_t len);

#endif
