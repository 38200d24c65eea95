/*
 * receipts: a number for every capture and every refund, without a gap, an organiser.
 *
 * A receipt is written in the transaction that writes that the money is there, a credit note in the
 * one that writes down that it is back; so there is one of each, and no number is lost or used
 * twice. Both say what tax they contain: of credit notes, so that all of them together contain what
 * their sum does. Rows belong to the tables of store/payments.h.
 */
#ifndef USHER_STORE_RECEIPTS_H
#define USHER_STORE_RECEIPTS_H

#include "store/payments.h"

/* Numbers as in payment.proto. */
enum receipt_kind { RECEIPT_PAID = 1, RECEIPT_CREDIT = 2 };

struct receipt {
    uint32_t organiser_id;
    uint64_t number; /* from 1 */
    uint32_t kind;
    struct id payment_id;
    struct id about; /* the payment, or the refund */
    int64_t at_ms;
    int64_t total;
    int64_t fee; /* of the total */
    int64_t vat; /* contained in the total */
    int64_t terms_id;
    struct view currency;
};

/* Within the transaction that moves the payment to CAPTURED, as its last statement but the event:
 * the organiser's next number is locked from here on. ERR_BUSY: the transaction is to be begun
 * again. */
int receipts_add_paid(struct sql_txn *txn, const struct payment *p, int64_t now_ms);
/* Within the transaction that moves the refund to DONE. */
int receipts_add_credit(struct sql_txn *txn, const struct payment *p, const struct refund *r,
                        int64_t now_ms);

/* Those of a payment; of an organiser after a number, at most max. In order of their numbers. */
int receipts_of(struct sql *sql, struct id payment_id, struct arena *arena,
                struct receipt **ret_receipts, size_t *ret_count, int64_t deadline_ns);
int receipts_list(struct sql *sql, uint32_t organiser_id, uint64_t after, size_t max,
                  struct arena *arena, struct receipt **ret_receipts, size_t *ret_count,
                  int64_t deadline_ns);

/* What an organiser's numbers are, for who checks them. */
struct receipt_span {
    uint32_t organiser_id;
    uint64_t count, first, last; /* of the rows */
    uint64_t counted;            /* by the counter */
};
int receipts_spans(struct sql *sql, struct arena *arena, struct receipt_span **ret_spans,
                   size_t *ret_count, int64_t deadline_ns);

#endif
