/*
 * waiting: the calls about the waiting list. For the files of this folder alone.
 */
#ifndef USHER_SVC_TICKET_WAITING_H
#define USHER_SVC_TICKET_WAITING_H

#include "svc/ticket/desk.h"

#define TICKET_WAITING_KINDS        200 /* kinds of wishes in one answer */
#define TICKET_WAITING_PERFORMANCES 20  /* of whose lists one answer tells */

/* Whether the account's hold is what one of its wishes is offered: it is bought without a pass. */
bool desk_is_offer(struct call *call, const struct catalog_performance *performance,
                   struct id account_id, struct id hold_id);
/* What a granted or live hold of the ask is told as. Non-zero after call_fail. */
int desk_fill_hold(struct call *call, const struct catalog_performance *performance,
                   const struct owner_ask *ask, Usher__V1__Hold *ret_hold);

/* The account that is barred, as text, waits no longer in the organiser's lists. One whose owner is
 * not there may offer to it once more: it cannot buy. */
void desk_end_wishes(struct call *call, uint32_t organiser_id, struct view account);

#endif
