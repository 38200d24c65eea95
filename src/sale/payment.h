/*
 * payment: the states of an attempt to pay, and which moves are legal.
 *
 * An order has attempts; an attempt has one provider, one amount and one idempotency key.
 *
 *              ┌─────────────▶ DECLINED ──┐
 *   WAITING ───┤                           ├─ the provider says otherwise after all ─┐
 *      │  │    └─────────────▶ ABANDONED ──┘                                         │
 *      │  └─⇄─ CONFIRMING ⇄ UNCLEAR ──┬─▶ DECLINED, ABANDONED                        │
 *      └──────────────────────────────┴─▶ CAPTURED ◀─────────────────────────────────┘
 *                                          │     │
 *                              seats sold  │     │ no seats
 *                                          ▼     ▼
 *                                        DONE ─▶ REFUNDING ──▶ REFUNDED
 *                                          ▲────────┘ a part of it is back
 *
 * DEPOSIT: what is to be paid later, to a bank account or at the box office, and has a deadline
 * until then; it comes from CONFIRMING or UNCLEAR, and goes where these go.
 *
 * CONFIRMING is durable before the provider is told to charge; from then on money may be on its
 * way. UNCLEAR: nobody knows what came of it. The only way out is to ask the provider, who may say
 * that the buyer has not even decided: then the attempt waits on. DECLINED and
 * ABANDONED are dead: nothing was charged, as the provider said; where it changes its mind the
 * money counts, not our opinion.
 *
 * Invariant: nothing is captured until CAPTURED, the whole amount afterwards; and from DONE or
 * REFUNDING on, to the minor unit, captured = sold + kept + refunded + pending. Pure.
 */
#ifndef USHER_SALE_PAYMENT_H
#define USHER_SALE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#define PAYMENT_BIT(name) (1u << PAYMENT_##name)
#define PAYMENT_ENDS      (PAYMENT_BIT(CAPTURED) | PAYMENT_BIT(DECLINED) | PAYMENT_BIT(ABANDONED))
#define PAYMENT_MORE      (PAYMENT_BIT(WAITING) | PAYMENT_BIT(DEPOSIT))

/* name, number as stored and in payment.proto, word, the legal next states as bits */
#define PAYMENT_STATE_LIST(X)                                                                      \
    X(WAITING, 1, "waiting", PAYMENT_BIT(CONFIRMING) | PAYMENT_BIT(UNCLEAR) | PAYMENT_ENDS)        \
    X(CONFIRMING, 2, "confirming", PAYMENT_MORE | PAYMENT_BIT(UNCLEAR) | PAYMENT_ENDS)             \
    X(UNCLEAR, 3, "unclear", PAYMENT_MORE | PAYMENT_BIT(CONFIRMING) | PAYMENT_ENDS)                \
    X(CAPTURED, 4, "captured", PAYMENT_BIT(DONE) | PAYMENT_BIT(REFUNDING))                         \
    X(DONE, 5, "done", PAYMENT_BIT(REFUNDING))                                                     \
    X(DECLINED, 6, "declined", PAYMENT_BIT(CAPTURED))                                              \
    X(ABANDONED, 7, "abandoned", PAYMENT_BIT(CAPTURED))                                            \
    X(REFUNDING, 8, "refunding", PAYMENT_BIT(DONE) | PAYMENT_BIT(REFUNDED))                        \
    X(REFUNDED, 9, "refunded", 0)                                                                  \
    X(DEPOSIT, 10, "deposit", PAYMENT_BIT(UNCLEAR) | PAYMENT_ENDS)

enum payment_state {
#define X(name, number, word, next) PAYMENT_##name = number,
    PAYMENT_STATE_LIST(X)
#undef X
};

#define PAYMENT_STATES 10 /* numbers 1 to 10 */

/* What is known of an attempt's money, in the minor unit of its currency. */
struct payment_books {
    int64_t amount;   /* to be paid */
    int64_t captured; /* with the provider */
    int64_t sold;     /* of it, for places that are sold still */
    int64_t kept;     /* charges of the refund ladder */
    int64_t refunded; /* given back */
    int64_t pending;  /* to be given back, not yet done or not yet known to be done */
};

#define PAYMENT_METHOD_MAX 5 /* the largest number of PaymentMethod (ticket.proto) */

/* Whether it is that of a comp: places that are given, each of which costs 0 whatever its prices
 * say. */
static inline bool payment_is_comp(uint32_t payment_method)
{
    return payment_method == PAYMENT_METHOD_MAX;
}

/* Whether it is that of an order at the box office that was not paid: what its places cost is still
 * to be collected there. */
static inline bool payment_is_owed(uint32_t payment_method)
{
    return payment_method == 1;
}

/* Whether orders of that PaymentMethod (ticket.proto) have a payment, which placed them: card,
 * collected, deposit; the box office's own have none, and neither have comps. */
static inline bool payment_backs(uint32_t payment_method)
{
    return payment_method >= 2 && payment_method <= 4;
}

/* "started"; NULL for a number that is no state. */
const char *payment_state_word(uint32_t state);
/* Whether an attempt may go from one state to another; never to the one it is in. */
bool payment_may(uint32_t from, uint32_t to);
/* Nothing was charged: another attempt may begin. */
bool payment_is_dead(uint32_t state);
/* The provider is to be asked, or to be told something, until it changes. */
bool payment_is_open(uint32_t state);
/* The invariant. */
bool payment_books_hold(uint32_t state, const struct payment_books *books);

#endif
