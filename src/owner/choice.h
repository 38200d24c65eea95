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

#endif
