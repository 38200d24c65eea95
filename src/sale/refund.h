/*
 * refund: what a buyer who gives tickets back gets, as data.
 *
 * A ladder is a list of steps: so many whole days before the start, so much of the price is kept.
 * Days are days of the hall's calendar: the day of the performance is 0, the day before is 1. Two
 * presets: the Consumer Dispute Resolution Standard of Korea (performances), and the sellers'
 * habit. All times are Unix ms; amounts are in the minor unit of the currency. Pure.
 */
#ifndef USHER_SALE_REFUND_H
#define USHER_SALE_REFUND_H

#include <stdbool.h>
#include <stdint.h>

#include "sale/fee.h"

#define REFUND_STEPS_MAX 8

/* From so many days before the start on (until the next step), this is kept of each ticket. */
struct refund_step {
    uint32_t days_before;   /* descending from step to step; the last is 0 */
    uint32_t kept_permille; /* of the price, rounded down, in the buyer's favour */
    int64_t kept_flat;      /* a ticket, in whole units of the currency (4,000 won); where not 0,
                               the lesser of this and kept_permille */
};

struct refund_ladder {
    const char *name; /* "kr-standard" */
    struct refund_step steps[REFUND_STEPS_MAX];
    uint32_t step_count;
    uint32_t free_hours;       /* after the order nothing is kept … */
    uint32_t free_days_before; /* … where it is at least so many days before the start */
    bool fee_on_order_day;     /* the booking fee is returned on the calendar day of the order; else
                                  only where nothing is kept */
    bool cut_off;              /* nothing is refunded from cut_off_minute of the day before on */
    uint32_t cut_off_minute;   /* of the hall's clock: 1020 is 17:00 */
};

/* One order as the ladder sees it. */
struct refund_ask {
    int64_t price; /* of one ticket, > 0 */
    int64_t fee;   /* the booking fee of one ticket */
    int64_t unit;  /* minor units of a whole one: 1 for KRW, 100 for EUR */
    int64_t step;  /* what is kept is a multiple of it (currency_step); 0: of 1 */
    int64_t ordered_at_ms;
    int64_t starts_at_ms;
    int64_t now_ms;
    int32_t utc_offset_minutes; /* of the hall's clock */
    uint32_t fee_back;          /* enum fee_back; 0: by the ladder */
    bool organisers_fault;      /* cancelled, moved: all of it is returned, at any time */
};

struct refund_quote {
    bool possible;        /* false: too late, nothing is taken back */
    int64_t refunded;     /* of price and fee */
    int64_t fee_refunded; /* of it, of the fee */
    int64_t kept;         /* price + fee - refunded */
    int64_t less_from_ms; /* when the refund becomes less; 0: never */
};

/* What giving back one ticket now gives. */
void refund_quote(const struct refund_ladder *ladder, const struct refund_ask *ask,
                  struct refund_quote *ret_quote);

/* What giving back several tickets of an order now gives, the sum. Of *at price, fee and fee_back
 * are not read. last: the order has no ticket left then, so its own fee goes with them. */
void refund_quote_tickets(const struct refund_ladder *ladder, const struct refund_ask *at,
                          const struct fee_rule *rule, const int64_t *prices, size_t count,
                          bool last, struct refund_quote *ret_quote);

/* A preset by its name, or NULL. */
const struct refund_ladder *refund_ladder_find(const char *name);
/* All presets: i from 0 on; NULL at the end. */
const struct refund_ladder *refund_ladder_at(uint32_t i);

#endif
