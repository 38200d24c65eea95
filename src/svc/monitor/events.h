/*
 * events: sale events out of what the roles keep for ever: one record for each entry of a
 * performance's ledger, for each entry of a line's, and for each event of a payment.
 *
 *     usher.sale     "PERFORMANCE-VERSION"       holds, sales, cancellations, …
 *     usher.line     "line-SALE-ROW-ENTRY"       who is let in, and how the line goes
 *     usher.payment  "payment-EVENT"             attempts, what providers said, refunds
 *
 * An id is its entry's for ever: whoever reads the source again makes the same records. Personal
 * data are left out: an account is a hash of its id.
 */
#ifndef USHER_SVC_MONITOR_EVENTS_H
#define USHER_SVC_MONITOR_EVENTS_H

#include "line/entry.h"
#include "sale/ledger.h"
#include "svc/monitor/window.h"
#include "usher/v1/payment.pb-c.h"

/* The records of one row, at most LEDGER_ENTRIES_MAX, in the arena. ERR_CORRUPT: the row cannot be
 * read; ERR_NO_MEMORY. */
int events_of_row(uint32_t performance_id, const struct ledger_row *row, struct arena *arena,
                  struct record **ret_records, size_t *ret_count);

/*
 * The records of one row of a line, one after the other, for there may be some ten thousand.
 * Whoever joins, enters the draw or leaves it is no record of his own: a row has one of each of
 * these kinds, at its first entry, with how many they are (usher.places) and the last number.
 */
struct line_events {
    uint32_t sale_id;
    const struct line_row *row; /* borrowed */
    struct view left;
    uint32_t index; /* of the next entry, from 0 */
    struct line_events_sum {
        uint32_t count; /* of a kind that is summed up, in this row */
        uint32_t number;
        bool told;
    } sums[LINE_KIND_LAST + 1];
};
/* ERR_CORRUPT: the row cannot be read. */
int line_events_init(struct line_events *events, uint32_t sale_id, const struct line_row *row);
/* 1: a record, in the arena; 0: there is no more; ERR_NO_MEMORY. */
int line_events_next(struct line_events *events, struct arena *arena, struct record *ret_record);

/* ERR_NO_MEMORY. */
int payment_event_record(const Usher__V1__PaymentEvent *event, struct arena *arena,
                         struct record *ret_record);

#endif
