/*
 * refund_rule: a refund ladder as a line of text, which organisers write and rows keep.
 *
 *     10d 0%, 7d 10%, 3d 20%, 1d 30%, 0d 90%, free 24h 3d
 *     10d 10% max 4000, 7d 10%, 0d 100%, free 168h 10d, fee order-day, cut-off 17:00
 *
 * "7d 10%": from seven days before the start on, until the next step, a tenth of the price is kept,
 * of which "max" keeps no more than so many whole units of the currency a ticket. Steps descend,
 * the last is of 0d, and a later one never keeps less. "free 24h 3d": nothing is kept within 24
 * hours of the order, where it is three days before at least. "fee order-day": the booking fee goes
 * back on the day of the order alone; else where nothing is kept. "cut-off 17:00": nothing is taken
 * back from that time of the day before on. Pure.
 */
#ifndef USHER_SALE_REFUND_RULE_H
#define USHER_SALE_REFUND_RULE_H

#include "mem/view.h"
#include "sale/refund.h"

#define REFUND_RULE_MAX  255                /* bytes of a line */
#define REFUND_FLAT_MAX  INT64_C(100000000) /* whole units of a currency */
#define REFUND_HOURS_MAX (366 * 24)
#define REFUND_DAYS_MAX  366

/* Reads a line, or the name of a preset. ERR_INVALID, and ret_why (static) says what is wrong. */
int refund_rule_read(struct view text, struct refund_ladder *ret_ladder, const char **ret_why);
/* Writes the line of a ladder, NUL at its end: reading it gives the same again, but for the
 * name. */
void refund_rule_write(const struct refund_ladder *ladder, char ret_text[REFUND_RULE_MAX + 1]);

#endif
