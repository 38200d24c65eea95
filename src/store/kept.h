/*
 * kept: the retention store: what the law wants kept of people who have left, sealed by the caller
 * with a key of its own, each piece with its end; and how an account leaves.
 *
 *     account_delete ──▶ account, sessions, consents, contacts, mails are gone;
 *                        kept: "account", and an "order" for each contact ──end──▶ kept_sweep
 */
#ifndef USHER_STORE_KEPT_H
#define USHER_STORE_KEPT_H

#include "store/contacts.h"
#include "store/sessions.h"

/* Contracts and payments: five years (전자상거래법 시행령 제6조). */
#define KEPT_MS        (5 * 366 * INT64_C(86400000))
#define KEPT_BYTES_MAX 4096
#define KEPT_ROWS_MAX  1001 /* an account: itself and the contacts of its orders */

struct kept {
    struct view kind; /* "account", "order" */
    struct view sealed;
    int64_t kept_at_ms, ends_at_ms;
};

struct account_leaving {
    struct id account_id;
    const struct kept *kept; /* borrowed; sealed and kind are read */
    size_t kept_count;       /* one for the account, and one for each of its contacts */
    uint32_t owner_role;     /* as in member_set */
    const struct act *act;
};

/* Deletes the account and all that names the person, and keeps the sealed rows until KEPT_MS have
 * passed. ERR_NOT_FOUND; ERR_BUSY: it is the last owner of an organiser; ERR_CONFLICT: it has other
 * contacts than rows were given for: read them again; otherwise as sql_write. */
int account_delete(struct sql *sql, const struct account_leaving *leaving, int64_t deadline_ns);

/* What is kept of an account, at most KEPT_ROWS_MAX; and writes the act down. As sql_write. */
int kept_open(struct sql *sql, struct id account_id, const struct act *act, struct arena *arena,
              struct kept **ret_kept, size_t *ret_count, int64_t deadline_ns);
/* Deletes what has ended. As sql_write. */
int kept_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns);

#endif
