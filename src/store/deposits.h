/*
 * deposits: what belongs to a payment that is made later, beside its row: the account that the
 * provider opened for it, and what the buyer said about himself.
 *
 * Where money goes back to, and whom a cash receipt is for, are personal: the caller seals both
 * (token/seal.h). A cash receipt's number is forgotten once the provider has it; the account once
 * all money is back, or at forget_at_ms at the latest. Their table is the payments' (payments.c).
 */
#ifndef USHER_STORE_DEPOSITS_H
#define USHER_STORE_DEPOSITS_H

#include "db/sql.h"

#define DEPOSIT_BANK_MAX    20  /* bytes of a bank's code or name */
#define DEPOSIT_NUMBER_MAX  30  /* of an account's number */
#define DEPOSIT_HOLDER_MAX  60  /* of a name */
#define DEPOSIT_SECRET_MAX  100 /* of what a callback must show */
#define DEPOSIT_SEALED_MAX  255
#define DEPOSIT_FORGET_DEAD INT64_C(604800000) /* a week after an attempt that died, in ms */

/* Numbers as in payment.proto, for ever. */
enum deposit_cash { DEPOSIT_CASH_NONE, DEPOSIT_CASH_CONSUMER, DEPOSIT_CASH_BUSINESS };

struct deposit {
    struct id payment_id;
    struct view bank, number, secret; /* of the account; empty until the provider has told it */
    struct view account;              /* sealed: where money goes back to; empty: forgotten */
    struct view cash;                 /* sealed: whom the cash receipt is for; empty: forgotten */
    uint32_t cash_kind;               /* enum deposit_cash */
    struct view cash_hint;            /* what may be shown of it: "…5678" */
    int64_t forget_at_ms;
};

/* Adds one, before its payment. As sql_write; ERR_INVALID beyond the maxima above. */
int deposit_put(struct sql *sql, const struct deposit *deposit, int64_t deadline_ns);
/* Texts are copied to the arena. ERR_NOT_FOUND; otherwise as sql_read. */
int deposit_get(struct sql *sql, struct id payment_id, struct arena *arena,
                struct deposit *ret_deposit, int64_t deadline_ns);
/* The provider has opened its account, and has the cash receipt's number, which is forgotten. */
int deposit_told(struct sql *sql, struct id payment_id, struct view bank, struct view number,
                 struct view secret, int64_t deadline_ns);
/* The buyer names another account for his money. */
int deposit_account(struct sql *sql, struct id payment_id, struct view sealed, int64_t deadline_ns);
/* What is personal is forgotten at that time, if not before; now_ms: at the next sweep. */
int deposit_forget(struct sql *sql, struct id payment_id, int64_t at_ms, int64_t deadline_ns);
/* Forgets what is due. */
int deposits_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns);

#endif
