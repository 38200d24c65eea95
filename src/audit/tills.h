/*
 * tills: does what tills took and handed out agree with the payments, the refunds and the comps?
 *
 * Each entry of money is of one capture or refund of the box office, of its amount, and each such
 * capture and what went back of it has one entry; each comp's order has one. A till's entries have
 * no gap, and what it should have had when it was closed is what they say. So the sum of all tills
 * is that of the books.
 */
#ifndef USHER_AUDIT_TILLS_H
#define USHER_AUDIT_TILLS_H

#include "audit/audit.h"

struct audit_tills {
    uint64_t tills, open, entries, comps;
};

/* Findings go into report. As audit_run; performance_id 0: all. Of one alone nothing is looked at,
 * for a till sells many. */
int audit_tills(struct store *store, uint32_t performance_id, struct audit_report *report,
                struct audit_tills *ret_tills);

#endif
