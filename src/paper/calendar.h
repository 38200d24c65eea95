/*
 * calendar: an order's performance as an entry for a calendar (RFC 5545).
 */
#ifndef USHER_PAPER_CALENDAR_H
#define USHER_PAPER_CALENDAR_H

#include "paper/paper.h"

/* Appends the file. The start stands in the hall's clock with a time zone of that offset, or in
 * UTC where the offset is not known. The entry's id is the order's, so that a calendar finds it
 * again; cancelled: it goes away there (METHOD:CANCEL). ERR_FULL, ERR_NO_MEMORY. */
int calendar_write(const struct paper_order *order, bool cancelled, struct buf *out);

#endif
