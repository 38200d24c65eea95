/*
 * papers: receipts, tickets that changed hands, and what tickets show of their event.
 *
 * Every capture has one receipt and every refund that is done one credit note, of its amount; an
 * organiser's numbers have no gap. Fees are sold, given back or kept. Each ticket's generation,
 * which revokes the ones before, is what its moves make (store/generations.h). A ticket that a door
 * let in and that was given back was so by explicit wish, or the door had not heard of it. Names,
 * dates and time zones as they are told now are those of the playbill's chain
 * (store/playbill_chain.h).
 */
#ifndef USHER_AUDIT_PAPERS_H
#define USHER_AUDIT_PAPERS_H

#include "audit/audit.h"
#include "store/playbill_chain.h"

struct audit_papers {
    uint64_t receipts, credit_notes;
    uint64_t
        used_back; /* tickets that were let in, and given back by wish or unknown to the door */
    struct playbill_chain playbill; /* no rows: of before there was a chain, or not looked at */
};

/* Findings go into report. As audit_run. performance_id 0: all, and the numbers' sequence too. */
int audit_papers(struct store *store, uint32_t performance_id, struct audit_report *report,
                 struct audit_papers *ret_papers);

#endif
