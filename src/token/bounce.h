/*
 * bounce: the envelope sender of a mail, which a bounce comes back to, and so names the mail.
 *
 *     bounces+17-6QSKJ2E6V5H0NW2T@tickets.example.org
 *
 * Behind the "+" of an address stands the mail's number and a MAC over it and its Message-ID (VERP,
 * with a proof), so that nobody makes a mail fail who has not got it or relayed it; a mail that is
 * sent again has another Message-ID, and old bounces are not of it. Letters may be of either case
 * on the way back.
 */
#ifndef USHER_TOKEN_BOUNCE_H
#define USHER_TOKEN_BOUNCE_H

#include "mem/view.h"
#include "token/key.h"

#define BOUNCE_TAG_MAX     40 /* characters between the "+" and the "@", at most */
#define BOUNCE_ADDRESS_MAX 300

/* ret_address: the address that the mail goes out from; base is a valid address. */
void bounce_write(const uint8_t key[KEY_BYTES], const char *base, uint64_t mail_id,
                  struct view message_id, char ret_address[BOUNCE_ADDRESS_MAX]);
/* The mail that an address names; whether it is its own bounce_check tells. False: none. */
bool bounce_names(struct view address, uint64_t *ret_mail_id);
/* In constant time. */
bool bounce_check(const uint8_t key[KEY_BYTES], struct view address, uint64_t mail_id,
                  struct view message_id);

#endif
