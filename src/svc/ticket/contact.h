/*
 * contact: whom an order's tickets, or an offer, go to, as it comes with the order or the wish.
 */
#ifndef USHER_SVC_TICKET_CONTACT_H
#define USHER_SVC_TICKET_CONTACT_H

#include "svc/ticket/desk.h"

/* Keeps the contact for the order that the hold becomes. 0, or what a handler returns. */
int desk_keep_contact(struct call *call, const Usher__V1__Contact *contact, struct id account_id,
                      struct id order_id);

/* Keeps where a guest is mailed what it is offered at the performance. 0, or what a handler
 * returns. */
int desk_keep_wish_contact(struct call *call, const struct catalog_performance *performance,
                           struct id account_id, const char *email, const char *language);
void desk_forget_wish_contact(struct call *call, uint32_t performance_id, struct id account_id);

#endif
