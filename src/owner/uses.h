/*
 * uses: how many places are held and sold with each code of a performance, in all and by each
 * account, or person. For the files of the owner alone.
 */
#ifndef USHER_OWNER_USES_H
#define USHER_OWNER_USES_H

#include "owner/owner.h"

/* Room for all that may be counted: asked before the first use. ERR_NO_MEMORY. */
int owner_uses_ready(struct owner *owner);
void owner_uses_forget(struct owner *owner);
void owner_uses_free(struct owner *owner);
/* So many places more, or less, of a hold or an order with a code; nothing without one. */
void owner_use(struct owner *owner, const struct seats_hold *hold, int32_t places);
/* Whether a hold's places may be held with its code at that time, beside those of was, which are
 * its own already (NULL: it has none yet). False: *ret_why says why not. Needs owner_uses_ready. */
bool owner_may_use(const struct owner *owner, const struct seats_hold *hold,
                   const struct seats_hold *was, int64_t now_ms, enum owner_why *ret_why);
/* Fills ask->uses. */
void owner_list_uses(const struct owner *owner, struct owner_ask *ask);

#endif
