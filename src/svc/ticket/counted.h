/* counted: what the ticket service counts for the report after a sale. For this folder alone. */
#ifndef USHER_SVC_TICKET_COUNTED_H
#define USHER_SVC_TICKET_COUNTED_H

#include "svc/ticket/desk.h"

/* Writes what waits to be written. Failures are logged. In a fiber. */
void desk_keep_counts(struct ticket *ticket);

/* The calls whose refusals are counted, without that: counted.c stands in front of them. */
int ticket_hold_seats(struct call *call, const void *request, void *response);
int ticket_hold_best(struct call *call, const void *request, void *response);
int ticket_place_order(struct call *call, const void *request, void *response);

#endif
