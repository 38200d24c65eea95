/*
 * ticket_code: what a ticket's QR code says: which order, which seat, and that we wrote it.
 *
 *     base64url( order id, 16 bytes | seat, 4 bytes big-endian | first 16 bytes of HMAC-SHA256 )
 *
 * 48 characters, short enough for a small QR code and long enough that nobody guesses one (RFC
 * 2104, 5: half of the mac at least). It can be checked at the door without asking the store;
 * whether the order still stands is the store's to say.
 */
#ifndef USHER_TOKEN_TICKET_CODE_H
#define USHER_TOKEN_TICKET_CODE_H

#include "mem/id.h"
#include "token/key.h"

#define TICKET_CODE_CHARS 48

/* Writes the code and a NUL. */
void ticket_code_write(const uint8_t key[KEY_BYTES], struct id order_id, uint32_t seat,
                       char ret_text[TICKET_CODE_CHARS + 1]);
/* The other half of the code, for whoever scans it at a door; the server itself never reads one.
 * ERR_DENIED unless the text is, to the letter, a code written with this key. */
int ticket_code_check(const uint8_t key[KEY_BYTES], struct view text, struct id *ret_order_id,
                      uint32_t *ret_seat);

#endif
