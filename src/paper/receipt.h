/*
 * receipt: a receipt or a credit note as a PDF file of one page.
 */
#ifndef USHER_PAPER_RECEIPT_H
#define USHER_PAPER_RECEIPT_H

#include "paper/paper.h"

struct paper_receipt {
    enum paper_language language;
    bool credit;              /* money went back */
    struct view number;       /* "12" */
    struct view about_number; /* of a credit note: of its receipt */
    struct view order_number;
    struct view event;
    struct view paid_by; /* "Toss Payments" */
    int64_t at_ms;
    int32_t utc_offset_minutes;
    struct view currency;
    int64_t price, fee, vat, total; /* vat is contained in the total, which is price and fee */
    /* Empty lines are left out. */
    struct view seller, registration, mail_order, representative, address, telephone;
};

/* Appends the file; as page_write. */
int paper_receipt_write(const struct paper_receipt *receipt, struct buf *out, int *ret_missing);

#endif
