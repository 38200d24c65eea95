/*
 * csv: rows of text for a spreadsheet (RFC 4180), such that Excel shows Korean and runs nothing.
 *
 * The first bytes are UTF-8's mark, by which Excel knows the encoding; lines end with CRLF. A cell
 * that a spreadsheet would take for a formula (it begins with = + - @, a tab or a CR) gets an
 * apostrophe in front, which spreadsheets take for "this is text" (OWASP, "CSV Injection").
 */
#ifndef USHER_PAPER_CSV_H
#define USHER_PAPER_CSV_H

#include "mem/buf.h"

#define CSV_MARK "\xEF\xBB\xBF"

/* Appends a cell of text, with a comma before it unless it is the row's first. ERR_FULL,
 * ERR_NO_MEMORY. */
int csv_text(struct buf *out, bool first, struct view text);
/* The same of an amount in the smallest unit, of so many decimals: "1650.00", "165000". A number is
 * a number, with its sign. */
int csv_amount(struct buf *out, bool first, int64_t amount, uint32_t digits);
/* Ends the row. */
int csv_end(struct buf *out);

#endif
