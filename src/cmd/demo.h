/*
 * demo: something to look at in an empty store: a generated hall of 2,000 seats, an event, an open
 * sale.
 */
#ifndef USHER_CMD_DEMO_H
#define USHER_CMD_DEMO_H

#include "call/channel.h"

/* Makes the demo through a channel whose calls are an operator's, unless there is another event; a
 * demo that was cut off before its sale opened is opened. From a fiber. Returns 0; an err code
 * after having logged what went wrong. */
int demo_create(struct channel *channel);

/* demo_sales.c: where there is no sale yet, two in the first hall: one open behind a short line,
 * and one whose draw runs. Through a channel to TicketService and WaitroomService. As above. */
int demo_create_sales(struct channel *channel);

#endif
