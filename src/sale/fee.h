/*
 * fee: what is paid beside the price, and the tax that an amount contains.
 *
 * A booking fee is so much a ticket, and a part of its price, and so much an order. It is promised
 * when places are held. The fee of an order goes back with its last ticket. Amounts are in the
 * minor unit of the currency. Pure.
 */
#ifndef USHER_SALE_FEE_H
#define USHER_SALE_FEE_H

#include <stddef.h>
#include <stdint.h>

#define FEE_PERMILLE_MAX 500
#define FEE_MAX          INT64_C(1000000000) /* of a ticket or an order, beside a part of prices */
#define VAT_PERMILLE_MAX 500

/* What becomes of a fee where the buyer gives its ticket back. Numbers as in payment.proto. */
enum fee_back { FEE_BACK_BY_RULE = 1, FEE_BACK_ALWAYS = 2, FEE_BACK_NEVER = 3 };

struct fee_rule {
    int64_t ticket;    /* a ticket */
    uint32_t permille; /* of a ticket's price, rounded down, and so much more */
    int64_t order;     /* an order */
    uint32_t back;     /* enum fee_back */
    int64_t step;      /* the part of prices is a multiple of it (currency_step); 0: of 1 */
};

/* The fee of one ticket, without the order's. */
int64_t fee_of_ticket(const struct fee_rule *rule, int64_t price);
/* The fees of an order, all in all; no ticket, no fee. */
int64_t fee_of_order(const struct fee_rule *rule, const int64_t *prices, size_t count);

/* The tax that an amount of at least 0 contains: what is left of it is the amount without tax,
 * rounded half up (Korea: 공급가액 = 공급대가 × 10 / 11). permille is at most VAT_PERMILLE_MAX. */
int64_t fee_vat_within(int64_t amount, uint32_t permille);

#endif
