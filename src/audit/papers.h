/*
 * papers: receipts and tickets that changed hands.
 *
 * Every capture has one receipt and every refund that is done one credit note, of its amount; an
 * organiser's numbers have no gap. Fees are sold, given back or kept. Each ticket's generation,
 * which revokes the ones before, is what its moves make (store/generations.h).
 */
#ifndef USHER_AUDIT_PAPERS_H
#define USHER_AUDIT_PAPERS_H

#include "audit/audit.h"

struct audit_papers {
    uint64_t receipts, credit_notes;
};

/* Findings go into report. As audit_run. performance_id 0: all, and the numbers' sequence too. */
int audit_papers(struct store *store, uint32_t performance_id, struct audit_report *report,
                 struct audit_papers *ret_papers);

#endif
