/*
 * waiting: the waiting list of a performance, as its owner keeps it: wishes in their order, and
 * offers of what comes back. For the files of the owner alone.
 *
 * An offer is a hold that the owner makes, of the first wish that fits, in the same batch as what
 * frees the places: nobody else sees them free.
 */
#ifndef USHER_OWNER_WAITING_H
#define USHER_OWNER_WAITING_H

#include "owner/owner.h"
#include "sale/change.h"

/* Forgets the list, and reads it anew; before the holds. ERR_CORRUPT, ERR_NO_MEMORY, or the
 * store's. */
int owner_load_waiting(struct owner *owner, struct arena *arena, int64_t deadline_ns);
/* A live hold that was loaded may be a wish's offer. */
void owner_load_offer(struct owner *owner, const struct seats_hold *hold);

/* Decides OWNER_SET_WAITING, OWNER_JOIN and OWNER_LEAVE up to what is written: *ret_wish joins, or
 * leaves. *ret_new false: it is so already. 0, or how the ask is to be answered. */
int owner_decide_waiting_list(struct owner *owner, struct owner_ask *ask,
                              struct owner_wish *ret_wish, bool *ret_new);
/* Writes that a wish waits, behind all others, or no longer, as of that time; and makes it so. */
void owner_write_wish(struct owner *owner, enum change_kind kind, const struct owner_wish *wish,
                      int64_t at_ms);
/* Writes what becomes of the wish whose offer has ended, sold or not, if the hold was one. The
 * entry of that end is the last. */
void owner_offer_ended(struct owner *owner, const struct seats_hold *hold, bool sold,
                       int64_t at_ms);
/* Whether places have become free of which it is not decided yet to whom they are offered. */
bool owner_owes_offers(const struct owner *owner);
/* Offers what has become free to those who wait for it, as far as there is room. */
void owner_make_offers(struct owner *owner);
bool owner_has_wish(const struct owner *owner, struct id wish_id);
/* Fills ask->wishes. */
void owner_list_wishes(const struct owner *owner, struct owner_ask *ask);

#endif
