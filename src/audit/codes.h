/*
 * audit_codes: codes with which places are held: that each was good when it was used, and that no
 * more places were held and sold with it at once than its list allows.
 */
#ifndef USHER_AUDIT_CODES_H
#define USHER_AUDIT_CODES_H

#include "audit/replay.h"

/* A hold is made with the change's code, or gets it (hold: as it was before; NULL: it is new): its
 * list has the code, which is good now and has places left. Counts nothing. */
void audit_check_code(struct audit_replay *r, const struct change *change, uint32_t account,
                      const struct audit_hold *hold);
/* So many places more, or less, are held or sold with a code by an account, or person
 * (as audit_hold has it); nothing without a code. ERR_NO_MEMORY. */
int audit_use_code(struct audit_replay *r, struct price_use use, uint32_t account, int64_t places);

#endif
