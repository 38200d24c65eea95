/*
 * google: a ticket for Google Wallet, as a link that saves it (Save to Google Wallet, JWT): the
 * pass itself stands in the link, signed by the issuer's service account (RS256, RFC 7518), so
 * nothing is asked of Google here. A ticket that changes hands makes another pass, as its code is
 * another one.
 */
#ifndef USHER_PAPER_GOOGLE_H
#define USHER_PAPER_GOOGLE_H

#include "paper/paper.h"

struct google_signer; /* any thread */

/* issuer: the number of the issuer's account. account: the service account's key as Google gives it
 * out, JSON with client_email and private_key. ERR_INVALID: the issuer is no number, the text no
 * such JSON, or its key no RSA key. ERR_NO_MEMORY. */
int google_signer_new(const char *issuer, struct view account, struct google_signer **ret_signer);
/* NULL is harmless. */
void google_signer_free(struct google_signer *signer);

/* Appends the address that saves the order's ticket of that index, about 2 KiB. ERR_INVALID: it has
 * no such ticket; ERR_FULL, ERR_NO_MEMORY. */
int google_write(const struct paper_order *order, size_t index, int64_t now_ms,
                 const struct google_signer *signer, struct buf *out);

#endif
