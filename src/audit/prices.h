/*
 * audit_prices: what places cost: that the ledger's price lists follow one another, that a hold is
 * priced by the one that is valid, and that what was promised then is what is paid.
 */
#ifndef USHER_AUDIT_PRICES_H
#define USHER_AUDIT_PRICES_H

#include "audit/replay.h"
#include "sale/price_list.h"
#include "usher/v1/hall.pb-c.h"

/* The list that is valid where the replay is now. */
const struct price_list *audit_valid_list(const struct audit_replay *r);

/* The category of each place of a layout, to be freed; 0 where it says none; of those for a
 * wheelchair with AUDIT_WHEELCHAIR. NULL: no memory. */
uint32_t *audit_categories(const Usher__V1__SeatMap *map);

/* List 0, which stands in the performance's row. ERR_NO_MEMORY. */
int audit_first_prices(struct audit_replay *r);
/* A new list. ERR_NO_MEMORY. */
int audit_replay_prices(struct audit_replay *r, const struct change *change);
/* Prices begin to wait for their time, or are taken back before it. ERR_NO_MEMORY. */
int audit_replay_plan(struct audit_replay *r, const struct change *change);
void audit_replay_plan_end(struct audit_replay *r, const struct change *change);
/* A hold's list is the valid one, and allows its types. Its seats are in the hall. */
void audit_check_promise(struct audit_replay *r, const struct change *change);
/* Types and code of a live hold become the change's, which has its seats; its list allows them.
 * ERR_NO_MEMORY. */
int audit_replay_types(struct audit_replay *r, const struct change *change,
                       struct audit_hold *hold);
/* List and types of a change are its hold's. */
void audit_check_kept(struct audit_replay *r, const struct change *change,
                      const struct audit_hold *hold);
/* A sale's list, types, amounts and total are those of its hold. Its seats are in the hall. */
void audit_check_paid(struct audit_replay *r, const struct change *change,
                      const struct audit_hold *hold);
/* An unpaid order is paid: all that its places cost. */
void audit_replay_collect(struct audit_replay *r, const struct change *change);
/* What unpaid orders owe, at the ledger's end. */
int64_t audit_to_collect(const struct audit_replay *r);
/* The tables of lists and plans say what the ledger says. The store's errors, ERR_NO_MEMORY. */
int audit_compare_prices(struct store *store, struct audit_replay *r, struct arena *arena);

#endif
