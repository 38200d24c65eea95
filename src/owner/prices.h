/*
 * owner_prices: the price lists of a performance, as its owner decides by them. For the files of
 * the owner alone.
 */
#ifndef USHER_OWNER_PRICES_H
#define USHER_OWNER_PRICES_H

#include "owner/owner.h"

/* List 0, from the options. ERR_NO_MEMORY. */
int owner_first_prices(struct owner *owner);
void owner_free_prices(struct owner *owner);
/* Forgets all lists but the first, and reads them anew. ERR_CORRUPT, ERR_NO_MEMORY, or the store's.
 */
int owner_load_prices(struct owner *owner, struct arena *arena, int64_t deadline_ns);
/* What each seat of a hold costs, by its list, and the sum. */
int64_t owner_price(const struct owner *owner, const struct seats_hold *hold,
                    int64_t ret_amounts[SEATS_PARTY_MAX]);
/* Whether a hold's seats may be of its types, with its code, by its list; *ret_why says why not. */
bool owner_types_fit(const struct owner *owner, const struct seats_hold *hold,
                     enum owner_why *ret_why);
/* The types that an ask names, for the seats of the hold, in their order. ERR_INVALID: not one of
 * each seat, none of its seats, or a number that no type has. */
int owner_read_types(const struct owner_ask *ask, const struct seats_hold *hold,
                     uint8_t ret_types[SEATS_PARTY_MAX]);
/* Decides OWNER_PRICES up to what is promised: the valid list's number is in ask->hold, and
 * *ret_new says whether it is a new one. 0, or how the ask is to be answered. */
int owner_decide_prices(struct owner *owner, struct owner_ask *ask, bool *ret_new);
/* Decides OWNER_PLAN_PRICES up to what is promised: the last plan is the new one; *ret_new false:
 * it waits already. 0, or how the ask is to be answered. */
int owner_decide_plan(struct owner *owner, struct owner_ask *ask, bool *ret_new);
/* Decides OWNER_END_PLAN up to what is promised. 0, or how the ask is to be answered. */
int owner_decide_plan_end(struct owner *owner, struct owner_ask *ask);
bool owner_has_plan(const struct owner *owner, struct id plan_id);
/* Makes valid what has waited until now, for as long as there is room; once each. */
void owner_begin_prices(struct owner *owner);
/* Whether the list that is valid, as loaded, is what the ask wanted. */
bool owner_has_prices(const struct owner *owner, const struct owner_ask *ask);
/* Tells the listener of the lists from that number on. */
void owner_tell_prices(const struct owner *owner, uint32_t from);

#endif
