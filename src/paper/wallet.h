/*
 * wallet: tickets for Apple Wallet (PassKit Package Format): a zip file of pass.json, pictures, a
 * manifest with the SHA-1 of each, and a detached PKCS #7 signature over that (RFC 5652), made with
 * the organiser's certificate. Its subject says what the pass names itself by: UID is the pass type
 * identifier, OU the team.
 */
#ifndef USHER_PAPER_WALLET_H
#define USHER_PAPER_WALLET_H

#include "paper/paper.h"

#define WALLET_PASS_TYPE   "application/vnd.apple.pkpass"
#define WALLET_PASSES_TYPE "application/vnd.apple.pkpasses"

struct wallet_signer; /* any thread */

/* From PEM texts: the certificate, its private key, and the certificates between it and the root
 * (Apple's WWDR). ERR_INVALID: one of them cannot be read, the key is not the certificate's, or its
 * subject has no UID or OU. ERR_NO_MEMORY. */
int wallet_signer_new(struct view certificate, struct view key, struct view chain,
                      struct wallet_signer **ret_signer);
/* NULL is harmless. */
void wallet_signer_free(struct wallet_signer *signer);

/* Appends the file: of one ticket a .pkpass, of several a .pkpasses, which is a zip of those.
 * ERR_INVALID: no ticket, or too many; ERR_FULL, ERR_NO_MEMORY. */
int wallet_write(const struct paper_order *order, const struct wallet_signer *signer,
                 struct buf *out);

#endif
