/*
 * base64: bytes as text (RFC 4648, 4 and 5), and as hexadecimal digits (RFC 4648, 8).
 *
 * Reading takes both alphabets, mixed too, with or without padding, as JSON's form of bytes wants
 * it, and nothing else: no blanks, no line ends, no stray bits in the last digit, so that one text
 * stands for one row of bytes but for alphabet and padding.
 */
#ifndef USHER_CODEC_BASE64_H
#define USHER_CODEC_BASE64_H

#include "mem/buf.h"

enum base64_form {
    BASE64_PADDED, /* A–Z a–z 0–9 + / and = */
    BASE64_BARE,   /* the same without = */
    BASE64_URL     /* - and _ in place of + and /, without = */
};

/* The most characters len bytes take, and the most bytes len characters give. */
#define BASE64_TEXT_MAX(len)  (((size_t)(len) + 2) / 3 * 4)
#define BASE64_BYTES_MAX(len) ((size_t)(len) / 4 * 3 + 3)

/* Writes at most BASE64_TEXT_MAX(bytes.len) characters, no NUL; returns how many. */
size_t base64_write(struct view bytes, enum base64_form form, char *ret_text);
/* The same at the end of a buffer. ERR_FULL, ERR_NO_MEMORY. */
int base64_append(struct buf *out, struct view bytes, enum base64_form form);
/* Writes at most BASE64_BYTES_MAX(text.len) bytes. ERR_INVALID, and *ret_len is untouched then. */
int base64_read(struct view text, uint8_t *ret_bytes, size_t *ret_len);

/* Writes 2 × bytes.len digits in lower case and a NUL. */
void hex_write(struct view bytes, char *ret_text);
/* Reads exactly len bytes. ERR_INVALID unless text is 2 × len digits, of either case. */
int hex_read(struct view text, uint8_t *ret_bytes, size_t len);

#endif
