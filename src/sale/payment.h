/*
 * payment: the states of an attempt to pay, and which moves are legal.
 *
 * An order has attempts; an attempt has one provider, one amount and one idempotency key.
 *
 *              ┌────────────▶ DECLINED ─┐
 *   STARTED ───┤                        ├─ the provider says otherwise after all ─┐
 *      │  │    └────────────▶ LAPSED ───┘                                         │
 *      │  └──▶ UNCLEAR ──┬─▶ DECLINED, LAPSED                                     │
 *      └─────────────────┴─▶ CAPTURED ◀───────────────────────────────────────────┘
 *                             │     │
 *                 seats sold  │     │ no seats
 *                             ▼     ▼
 *                           SOLD ─▶ REFUNDING ──▶ REFUNDED
 *                             ▲────────┘ a part of it is back
 *
 * UNCLEAR means that money may be on its way: the provider was told to charge and nobody knows what
 * came of it. The only way out is to ask the provider. DECLINED and LAPSED are dead: nothing was
 * charged, as the provider said; where it changes its mind the money counts, not our opinion.
 *
 * Invariant, in every state: 0 <= refunded, pending; refunded + pending <= captured <= amount; and
 * captured is 0 until CAPTURED, the amount afterwards. Pure.
 */
#ifndef USHER_SALE_PAYMENT_H
#define USHER_SALE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

/* name, number as stored and in payment.proto, word, the legal next states as a list of bits */
#define PAYMENT_STATE_LIST(X)                                                                      \
    X(STARTED, 1, "started",                                                                       \
      PAYMENT_BIT(UNCLEAR) | PAYMENT_BIT(CAPTURED) | PAYMENT_BIT(DECLINED) | PAYMENT_BIT(LAPSED))  \
    X(UNCLEAR, 2, "unclear", PAYMENT_BIT(CAPTURED) | PAYMENT_BIT(DECLINED) | PAYMENT_BIT(LAPSED))  \
    X(CAPTURED, 3, "captured", PAYMENT_BIT(SOLD) | PAYMENT_BIT(REFUNDING))                         \
    X(SOLD, 4, "sold", PAYMENT_BIT(REFUNDING))                                                     \
    X(DECLINED, 5, "declined", PAYMENT_BIT(CAPTURED))                                              \
    X(LAPSED, 6, "lapsed", PAYMENT_BIT(CAPTURED))                                                  \
    X(REFUNDING, 7, "refunding", PAYMENT_BIT(SOLD) | PAYMENT_BIT(REFUNDED))                        \
    X(REFUNDED, 8, "refunded", 0)

enum payment_state {
#define X(name, number, word, next) PAYMENT_##name = number,
    PAYMENT_STATE_LIST(X)
#undef X
};

#define PAYMENT_BIT(name) (1u << PAYMENT_##name)
#define PAYMENT_STATES    8 /* numbers 1 to 8 */

/* What is known of an attempt's money, in the minor unit of its currency. */
struct payment_books {
    int64_t amount;   /* to be paid */
    int64_t captured; /* with the provider */
    int64_t refunded; /* given back */
    int64_t pending;  /* to be given back, not yet done or not yet known to be done */
};

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
