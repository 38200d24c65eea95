/*
 * claims: who was told that a seat is theirs, and from when to when: finds seats given to two.
 *
 * A claim comes from an acknowledged hold. It begins with the version the hold's answer names and
 * ends with the version the release's answer names; a sale never ends. Versions are the server's
 * own order of events, so two claims of one seat whose versions overlap are a seat given to two,
 * however late the answers came. What ended without an answer (a hold left to expire, a release
 * whose answer was lost) has no last version: it surely stood until a time, and conflicts only with
 * a claim that was acknowledged before that time. So what is reported is proved, and what cannot be
 * proved from outside is not reported; usher audit sees all.
 */
#ifndef USHER_CROWD_CLAIMS_H
#define USHER_CROWD_CLAIMS_H

#include <stddef.h>
#include <stdint.h>

#define CLAIM_OPEN_VERSION UINT64_MAX /* no answer named the end */
#define CLAIM_FOREVER_MS   INT64_MAX  /* sold */

struct claim {
    uint32_t seat;
    uint32_t person;
    uint64_t from_version;
    uint64_t to_version; /* CLAIM_OPEN_VERSION: see until_ms */
    int64_t acked_ms;    /* wall time when the answer was there */
    int64_t until_ms;    /* it surely stood until then, unless to_version came first */
};

struct claims_conflict {
    struct claim first, second; /* in the server's order */
};

/* Sorts claims by seat and version, counts the claims that overlap an earlier one of another
 * person, and copies the first conflicts_max of them. ERR_NO_MEMORY. */
int claims_check(struct claim *claims, size_t count, struct claims_conflict *conflicts,
                 size_t conflicts_max, size_t *ret_conflict_count);

#endif
