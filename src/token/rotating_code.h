/*
 * rotating_code: the code of a ticket on a phone: it turns every 30 s, so that a picture of it is
 * worth nothing a minute later.
 *
 *     UR.<order id, 26 capitals>.<seat>.<generation>.<Unix time, s>.<8 digits>
 *
 * The digits are the TOTP (totp.h) of that time under the ticket's own key. The time stands in the
 * code, as Google Wallet's {totp_timestamp_seconds} writes it, so that an old code can be told from
 * a wrong one. All characters are of the alphanumeric set of QR codes.
 */
#ifndef USHER_TOKEN_ROTATING_CODE_H
#define USHER_TOKEN_ROTATING_CODE_H

#include "token/key.h"
#include "token/ticket_ref.h"
#include "token/totp.h"

#define ROTATING_CODE_MAX      72 /* characters, with the NUL */
#define ROTATING_CODE_LATE_S   90 /* a code is taken so long after its time … */
#define ROTATING_CODE_EARLY_S  60 /* … and so long before it: a phone's clock that goes wrong */
#define ROTATING_CODE_TIME_MAX INT64_C(99999999999)

/* The ticket's own key, from the server's for this end. */
void rotating_code_key(const uint8_t master[KEY_BYTES], const struct ticket_ref *ticket,
                       uint8_t ret_key[TOTP_KEY_BYTES]);
/* What stands before the time, "UR.….0.": a phone appends the time, a point and the digits. */
void rotating_code_stem(const struct ticket_ref *ticket, char ret_text[ROTATING_CODE_MAX]);
/* Writes the code of that time, 0 … ROTATING_CODE_TIME_MAX, and a NUL. */
void rotating_code_write(const uint8_t master[KEY_BYTES], const struct ticket_ref *ticket,
                         int64_t at_s, char ret_text[ROTATING_CODE_MAX]);
/* ERR_DENIED unless the text is, to the letter, a code that this key writes; ERR_TIMEOUT where it
 * is, but of a time too far from now_s (*ret_ticket is set then too). */
int rotating_code_check(const uint8_t master[KEY_BYTES], struct view text, int64_t now_s,
                        struct ticket_ref *ret_ticket);

#endif
