/*
 * unusual: whether a sign-in is one that the account's owner should hear of (OWASP ASVS 5.0,
 * 6.3.5).
 */
#ifndef USHER_SVC_AUTH_UNUSUAL_H
#define USHER_SVC_AUTH_UNUSUAL_H

#include "store/acts.h"

#define UNUSUAL_ACTS      40                   /* of an account, that are enough to judge by */
#define UNUSUAL_FAILURES  3                    /* since the last sign-in, within … */
#define UNUSUAL_WITHIN_MS INT64_C(86400000)    /* a day */
#define UNUSUAL_LONG_MS   INT64_C(15552000000) /* 180 days without a sign-in */

/* Judges by the account's latest acts, the newest first. address and device are where the sign-in
 * comes from. True where it comes from a network (a /24, of IPv6 a /48) and a device of which no
 * sign-in among the acts came, or after UNUSUAL_FAILURES refused ones, or after UNUSUAL_LONG_MS.
 * The first sign-in of all is not unusual. */
bool sign_in_is_unusual(const struct act *acts, size_t count, struct view address,
                        struct view device, int64_t now_ms);

#endif
