/*
 * consents: to what somebody has agreed, in which version, when, and from where.
 */
#ifndef USHER_STORE_CONSENTS_H
#define USHER_STORE_CONSENTS_H

#include "store/accounts.h"

#define CONSENT_VERSION_MAX 40 /* bytes */
#define CONSENTS_MAX        64 /* an account's that are read */

struct consent {
    struct view what;    /* "terms", "privacy", "age" */
    struct view version; /* of the text that was shown */
    int64_t at_ms;
    struct view address;
};

/* Writes one down; one of the same version stays as it is. Part of a job. As sql_run. */
int consent_add(struct sql_txn *txn, struct id account_id, const struct consent *consent);
/* All of an account, the first first. As sql_read. */
int consent_list(struct sql *sql, struct id account_id, struct arena *arena,
                 struct consent **ret_consents, size_t *ret_count, int64_t deadline_ns);

#endif
