/*
 * ended_guests: guests who have become accounts. Their tokens, which hold for --guest-ttl, have
 * ended: whoever identifies callers keeps those of that long in memory (svc/auth/ended.h). A row
 * stays when its account is deleted.
 */
#ifndef USHER_STORE_ENDED_GUESTS_H
#define USHER_STORE_ENDED_GUESTS_H

#include "db/sql.h"

#define ENDED_GUESTS_PAGE    8192                 /* rows in one answer */
#define ENDED_GUESTS_KEPT_MS INT64_C(31708800000) /* 367 days: no guest's token holds longer */

struct ended_guest {
    uint64_t number; /* given by ended_guest_add; over MariaDB one may come behind a higher one */
    struct id account_id;
    int64_t ended_at_ms; /* no token of it was given out later */
};

/* Rows with a higher number than `after` that ended later than `since_ms`, in order of numbers, at
 * most ENDED_GUESTS_PAGE, into the arena. ERR_NO_MEMORY; as sql_read. */
int ended_guest_read(struct sql *sql, uint64_t after, int64_t since_ms, struct arena *arena,
                     struct ended_guest **ret_list, size_t *ret_count, int64_t deadline_ns);
/* Deletes what ended ENDED_GUESTS_KEPT_MS ago. As sql_write. */
int ended_guest_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns);

/* ---- parts of jobs: as sql_run ---- */

/* ERR_CONFLICT: that one has ended already. */
int ended_guest_add(struct sql_txn *txn, struct id account_id, int64_t now_ms);
int ended_guest_has(struct sql_txn *txn, struct id account_id, bool *ret_has);

#endif
