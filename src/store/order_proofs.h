/*
 * order_proofs: who shows an order's number and the code that was mailed to its contact may open
 * it, on any device.
 *
 * A proof (store/proofs.h has the table) is of one order. Only a guest's order is opened so: an
 * account with a sign-in is told to sign in, for it may hold more than this mailbox's owner should
 * see. Whoever asks cannot tell whether there is such an order.
 */
#ifndef USHER_STORE_ORDER_PROOFS_H
#define USHER_STORE_ORDER_PROOFS_H

#include "store/proofs.h"

struct order_proof {
    struct id proof_id;
    struct view number; /* of the order, as people write it: "T4813620975" */
    struct view email;
    uint8_t code_hash[PROOF_HASH_BYTES];
    int64_t created_at_ms;
};

/* Begins a proof. code: the mail to a guest's contact; sign_in: to that of an account. Address and
 * language are filled in. ERR_FULL: PROOFS_AN_HOUR were begun for this address within the last
 * hour; otherwise as sql_write. */
int order_proof_put(struct sql *sql, const struct order_proof *proof, const struct mail *code,
                    const struct mail *sign_in, int64_t deadline_ns);
/* Ends it: whose order it is, and its id. ERR_DENIED: the code is wrong; ERR_NOT_FOUND: there is no
 * such proof, or none any more; otherwise as sql_write. */
int order_proof_show(struct sql *sql, struct id proof_id, const uint8_t code_hash[PROOF_HASH_BYTES],
                     int64_t now_ms, struct id *ret_account_id, struct id *ret_order_id,
                     int64_t deadline_ns);

#endif
