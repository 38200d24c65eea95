/* orders: an order as the calls of the ticket service answer it. For the files of this folder. */
#ifndef USHER_SVC_TICKET_ORDERS_H
#define USHER_SVC_TICKET_ORDERS_H

#include "svc/ticket/desk.h"

/* The order with its tickets, those that were passed on without a code. Non-zero after call_fail.
 */
int desk_answer_order(struct call *call, const struct store_order *order,
                      Usher__V1__Order *ret_order);

#endif
