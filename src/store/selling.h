/*
 * selling: the terms that an organiser sells by: who he is, his fees, tax and refund rule.
 *
 * A row is never changed. The next one applies to what is held after it; a payment names the row it
 * was begun under, and a receipt shows the seller as he was then. Rows belong to the tables of
 * store/payments.h.
 */
#ifndef USHER_STORE_SELLING_H
#define USHER_STORE_SELLING_H

#include "db/sql.h"
#include "sale/fee.h"

#define SELLING_TEXT_MAX 200 /* bytes of a text */

struct selling_terms {
    int64_t terms_id;
    uint32_t organiser_id;
    uint32_t performance_id; /* 0: of all that have none of their own */
    struct id account_id;    /* who has set them; zero: the operator */
    int64_t since_ms;
    struct view seller, registration, mail_order, representative, address, telephone;
    struct view fee_currency;
    struct fee_rule fee;
    uint32_t price_vat_permille, fee_vat_permille;
    struct view refund_rule; /* empty: the server's */
};

/* Adds a row; terms_id is not read. As sql_write. */
int selling_put(struct sql *sql, const struct selling_terms *terms, int64_t deadline_ns);
/* Those in force at at_ms, the performance's own before its organiser's. Texts are copied to the
 * arena. ERR_NOT_FOUND: nobody has set any. Otherwise as sql_read. */
int selling_find(struct sql *sql, uint32_t organiser_id, uint32_t performance_id, int64_t at_ms,
                 struct arena *arena, struct selling_terms *ret_terms, int64_t deadline_ns);
int selling_get(struct sql *sql, int64_t terms_id, struct arena *arena,
                struct selling_terms *ret_terms, int64_t deadline_ns);

#endif
