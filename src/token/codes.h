/*
 * codes: every code that opens a door, under one roof.
 *
 *     short     ticket_code.h    48 characters, HMAC: what an order's answer carries; cheap,
 *                                but checked by the server alone; generation 0
 *     signed    signed_code.h    Ed25519: paper, wallet, and every later generation
 *     rotating  rotating_code.h  TOTP: the phone
 *
 * All three stand for the same ticket, and none says whether its order still stands: that is the
 * store's to say.
 */
#ifndef USHER_TOKEN_CODES_H
#define USHER_TOKEN_CODES_H

#include "token/rotating_code.h"
#include "token/signed_code.h"
#include "token/ticket_code.h"

#define CODE_TEXT_MAX (SIGNED_CODE_CHARS + 1) /* the longest, with its NUL */

struct code_keys {
    uint8_t short_key[KEY_BYTES];
    uint8_t rotation_key[KEY_BYTES];
    uint8_t voucher_key[KEY_BYTES]; /* of voucher.h: opens no door */
    uint8_t bounce_key[KEY_BYTES];  /* of bounce.h: likewise */
    uint8_t secret_key[SIGNED_CODE_KEY_BYTES];
    uint8_t public_key[SIGNED_CODE_SHOW_BYTES];
};

/* All keys, from the server's master key. */
void code_keys_derive(const uint8_t master[KEY_BYTES], struct code_keys *ret_keys);

enum code_kind { CODE_SHORT = 1, CODE_SIGNED, CODE_ROTATING };

/* What a code says. performance_id is 0 where the code does not say it. */
struct code_said {
    enum code_kind kind;
    struct ticket_ref ticket;
    uint32_t performance_id;
};

/* Reads a code of any kind. ERR_DENIED: none of ours. ERR_TIMEOUT: a rotating one of another time;
 * *ret_said is set. */
int code_read(const struct code_keys *keys, struct view text, int64_t now_s,
              struct code_said *ret_said);

#endif
