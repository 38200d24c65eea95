/*
 * receipt: what proves a place in a line, should the line ever have to be told.
 *
 *     base64url( sale 4 | number 4 | account 16 | joined at, Unix ms, 8 | first 16 bytes of a mac )
 *
 * Integers are big-endian; the number is 0 for a place in the draw. The mac is HMAC-SHA256 under a
 * key of its own: the waiting room alone reads receipts, and gives out a hundred thousand a second,
 * which a signature that others can check would not allow.
 */
#ifndef USHER_TOKEN_RECEIPT_H
#define USHER_TOKEN_RECEIPT_H

#include "mem/id.h"
#include "token/key.h"

#define RECEIPT_CHARS 64

struct receipt_claims {
    uint32_t sale_id;
    uint32_t number;
    struct id account_id;
    int64_t joined_at_ms;
};

/* Writes the receipt and a NUL. */
void receipt_write(const uint8_t key[KEY_BYTES], const struct receipt_claims *claims,
                   char ret_text[RECEIPT_CHARS + 1]);
/* ERR_DENIED unless the text is, to the letter, a receipt written with this key. */
int receipt_check(const uint8_t key[KEY_BYTES], struct view text,
                  struct receipt_claims *ret_claims);

#endif
