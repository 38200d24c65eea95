/*
 * words: what organisers said, stopped and noted, against the rules of each.
 *
 * One notice stands a performance at most, and what is stopped with it is not on sale. The mails of
 * a message are as many as it says, and of a day there are no more than there may be. Notes stand
 * beside a contact and are numbered without a gap: those of who deleted his account are gone.
 */
#ifndef USHER_AUDIT_WORDS_H
#define USHER_AUDIT_WORDS_H

#include "audit/audit.h"

struct audit_words {
    uint64_t notices, messages, notes;
};

/* Findings go into report. As audit_run; performance_id 0: all. Of one alone nothing is looked at.
 */
int audit_words(struct store *store, uint32_t performance_id, struct audit_report *report,
                struct audit_words *ret_words);

#endif
