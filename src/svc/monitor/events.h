/*
 * events: sale events out of the ledger: one record for each entry of a row.
 *
 * Its id is "PERFORMANCE-VERSION", which is the entry's for ever: whoever reads the ledger again
 * makes the same records. Personal data are left out: an account is a hash of its id.
 */
#ifndef USHER_SVC_MONITOR_EVENTS_H
#define USHER_SVC_MONITOR_EVENTS_H

#include "sale/ledger.h"
#include "svc/monitor/window.h"

/* The records of one row, at most LEDGER_ENTRIES_MAX, in the arena. ERR_CORRUPT: the row cannot be
 * read; ERR_NO_MEMORY. */
int events_of_row(uint32_t performance_id, const struct ledger_row *row, struct arena *arena,
                  struct record **ret_records, size_t *ret_count);

#endif
