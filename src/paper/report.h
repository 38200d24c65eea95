/*
 * report: what a mail server writes of a mail that it could not deliver, or could (RFC 3464: a
 * multipart/report with a part of message/delivery-status).
 *
 * Only the fields that matter are read, of a text that anybody may have written, and that may be
 * cut off behind them. Pure.
 */
#ifndef USHER_PAPER_REPORT_H
#define USHER_PAPER_REPORT_H

#include "mem/view.h"

#define REPORT_MAX        (256u << 10) /* bytes that are looked at */
#define REPORT_ADDRESSES  8            /* that it may have come to */
#define REPORT_REASON_MAX 200          /* bytes */

enum report_action {
    REPORT_OTHER,   /* delivered, relayed, expanded, or nothing that is known */
    REPORT_DELAYED, /* its server goes on trying */
    REPORT_FAILED
};

struct report {
    enum report_action action; /* of the recipient that is worst off */
    /* "5.1.1 550 no such user", printable ASCII, NUL at the end; "" where nothing is said. */
    char reason[REPORT_REASON_MAX + 1];
    /* To which it came, by its head; in the text. */
    struct view addresses[REPORT_ADDRESSES];
    size_t address_count;
};

/* False: it is no such report. */
bool report_read(struct view text, struct report *ret_report);

#endif
