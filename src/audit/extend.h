/*
 * extend: how long a hold may live that is extended for a payment. For this folder alone.
 */
#ifndef USHER_AUDIT_EXTEND_H
#define USHER_AUDIT_EXTEND_H

#include "audit/replay.h"

/* At most so many ms from when it was made: five minutes more than its own time while a payment
 * only begins, and once as long as a provider may be told to charge. Finds an extension that is one
 * too many, or at no stage that there is; *hold remembers it. */
int64_t audit_longest_ms(struct audit_replay *r, const struct change *change,
                         struct audit_hold *hold);

#endif
