/*
 * page: tickets as a PDF file, one page each, for a printer or a phone (cairo, pango).
 *
 * Text is shaped by pango with the fonts of the machine: Nanum Gothic or Noto Sans CJK KR for
 * Korean. The file of one order is the same every time on one machine: its date is the order's.
 */
#ifndef USHER_PAPER_PAGE_H
#define USHER_PAPER_PAGE_H

#include "paper/paper.h"

/* Appends the file: a page for each of the order's tickets, 1 to PAPER_TICKETS_MAX. Sets
 * *ret_missing to how many characters no font of this machine has: boxes stand in their place.
 * ERR_INVALID: no ticket, too many, or a code that is none; ERR_FULL; ERR_NO_MEMORY. */
int page_write(const struct paper_order *order, struct buf *out, int *ret_missing);

#endif
