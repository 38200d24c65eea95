/*
 * contact: whom an order's tickets go to, as it comes with the order.
 */
#ifndef USHER_SVC_TICKET_CONTACT_H
#define USHER_SVC_TICKET_CONTACT_H

#include "svc/ticket/desk.h"

/* Keeps the contact for the order that the hold becomes. 0, or what a handler returns. */
int desk_keep_contact(struct call *call, const Usher__V1__Contact *contact, struct id account_id,
                      struct id order_id);

#endif
