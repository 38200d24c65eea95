/*
 * audit_waiting: that what comes back is offered to those who wait, in their order, one offer at a
 * time; and that the tables of the waiting list say what the ledger says.
 */
#ifndef USHER_AUDIT_WAITING_H
#define USHER_AUDIT_WAITING_H

#include "audit/replay.h"

/* What the list's rule is from now on. */
void audit_replay_waiting(struct audit_replay *r, const struct change *change);
/* A wish joins, or goes behind all others. ERR_NO_MEMORY. */
int audit_replay_wish(struct audit_replay *r, const struct change *change);
void audit_replay_wish_end(struct audit_replay *r, const struct change *change);
/* Places are offered to a wish that waits for such, and to none before one that waits longer. They
 * are in the hall; the hold is not counted yet. */
void audit_check_offer(struct audit_replay *r, const struct change *change);
/* A live hold is over, sold or not: if it was an offer, the next entry says what becomes of the
 * wish. */
void audit_offer_ended(struct audit_replay *r, const struct audit_hold *hold, bool sold);
/* The entry after the end of an offer is about its wish; NULL: there is none. */
void audit_check_due(struct audit_replay *r, const struct change *change);
/* All live holds are over by a clock that was set: no wish has let anything lapse. */
void audit_offers_over(struct audit_replay *r);
/* The tables say what the ledger says. The store's errors, ERR_NO_MEMORY. */
int audit_compare_waiting(struct store *store, struct audit_replay *r, struct arena *arena);

#endif
