/*
 * choice: which places an ask for a hold is about. For the files of the owner alone.
 */
#ifndef USHER_OWNER_CHOICE_H
#define USHER_OWNER_CHOICE_H

#include "owner/owner.h"

/* The seats of a hold: those named, and the lowest free places of each standing area; or the best
 * ones, of no category that is hidden from it. ERR_INVALID: no such places; ERR_CONFLICT: none fit,
 * and ask->refusal says what is left. */
int owner_choose_seats(struct owner *owner, struct owner_ask *ask, struct seats_hold *hold);

/* Whether a limit of a category can keep the account, or person, from so many places. */
bool owner_is_limited(const struct owner *owner, struct id whose, uint32_t party);
/* Whether the places, beside those that its account, or person, has, are within the limits of their
 * categories. */
bool owner_fits_limits(const struct owner *owner, const struct seats_hold *hold);
/* Whether the rules of the sale let the ask have the places that were chosen for it. 0, also where
 * they are no places that could be held; ERR_UNSUPPORTED: ask->why, and refusal.taken, say what is
 * against it. */
int owner_check_rules(const struct owner *owner, struct owner_ask *ask,
                      const struct seats_hold *hold);

#endif
