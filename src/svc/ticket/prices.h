/*
 * prices: prices as calls bring them.
 */
#ifndef USHER_SVC_TICKET_PRICES_H
#define USHER_SVC_TICKET_PRICES_H

#include "svc/ticket/desk.h"

/* Puts prices of the hall's categories into a list; given: of which there was one. Non-zero after
 * call_fail. */
int desk_read_prices(struct call *call, const struct hall *hall, Usher__V1__Price *const *prices,
                     size_t count, struct price_list *list, bool given[HALL_CATEGORIES_MAX]);

/* codes.c: what a buyer has typed, as a code; nothing typed is no code. Whether it is good, the
 * owner says. Non-zero after call_fail: it is no code of this performance. */
int desk_read_code(struct call *call, const struct catalog_performance *performance,
                   const char *typed, struct price_use *ret_use);
/* refusals.c: there is no such code. Non-zero. */
int desk_refuse_code(struct call *call);

#endif
