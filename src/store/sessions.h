/*
 * sessions: where an account is signed in.
 *
 *     sign-in ──▶ generation 0 ──refresh──▶ 1 ──refresh──▶ 2 …      ends: logged out, out of time,
 *                                                                  or a generation was shown twice
 *
 * A session's refresh token names the session and a generation, and is not kept here: it is signed
 * (token/refresh.h). Each is good once. The generation before is answered again for
 * SESSION_GRACE_MS, because an answer may be lost; showing an older one means that two have the
 * token, and ends the session for both (RFC 9700, 4.14.2).
 */
#ifndef USHER_STORE_SESSIONS_H
#define USHER_STORE_SESSIONS_H

#include "store/accounts.h"
#include "store/acts.h"

#define SESSION_GRACE_MS    INT64_C(30000)
#define SESSION_IDLE_MS     (30 * INT64_C(86400000)) /* ends when it is not refreshed for so long */
#define SESSION_LIFE_MS     (180 * INT64_C(86400000)) /* and then in any case */
#define SESSIONS_MAX        50  /* an account; beyond: the one unused longest ends */
#define SESSION_DEVICE_MAX  200 /* bytes */
#define SESSION_ADDRESS_MAX 64  /* bytes */

struct session {
    struct id session_id;
    struct id account_id;
    uint32_t generation;
    bool strong; /* a second factor was shown */
    struct view device;
    struct view address;  /* of its last refresh */
    struct view provider; /* the service it began with (store/externals.h); empty: none */
    int64_t created_at_ms;
    int64_t used_at_ms; /* its last refresh */
    int64_t ends_at_ms;
};

/* Begins a session at session->created_at_ms, generation 0; fills in used_at_ms and ends_at_ms.
 * Part of a job. As sql_run. */
int session_add(struct sql_txn *txn, struct session *session);
/* Ends an account's sessions, but `but` (zero: all). Part of a job. As sql_run. */
int session_end_others(struct sql_txn *txn, struct id account_id, struct id but);

/* Begins a session and writes the act down, in one. As sql_write. */
int session_put(struct sql *sql, struct session *session, const struct act *act,
                int64_t deadline_ns);
/* Goes to the next generation, from the one that is shown. Gives the session as it is then, and its
 * account. ERR_NOT_FOUND: there is no such session any more; ERR_CONFLICT: the generation was used
 * long before: the session has been ended now; otherwise as sql_write. */
int session_refresh(struct sql *sql, struct id session_id, uint32_t generation, struct view address,
                    int64_t now_ms, struct arena *arena, struct session *ret_session,
                    struct account *ret_account, int64_t deadline_ns);
/* Ends one session of the account (zero: of whose it is), and writes the act down as that
 * account's. ERR_NOT_FOUND; otherwise as sql_write. */
int session_end(struct sql *sql, struct id account_id, struct id session_id, const struct act *act,
                int64_t deadline_ns);
/* Sets the account's password, ends all its sessions, and begins one. ERR_NOT_FOUND: there is no
 * such account any more; otherwise as sql_write. */
int session_change_password(struct sql *sql, struct view password, uint32_t password_chars,
                            struct session *session, const struct act *act, int64_t deadline_ns);

/* Sets the account's second factor (empty: none) of which the codes up to step are used up, and
 * makes the session a strong one (zero: none). ERR_NOT_FOUND; ERR_EXISTS: there is one already;
 * otherwise as sql_write. */
int account_set_totp(struct sql *sql, struct id account_id, struct view sealed, int64_t step,
                     struct id session_id, const struct act *act, int64_t deadline_ns);

/* The account's sessions that have not ended, the one used last first; at most SESSIONS_MAX. As
 * sql_read. */
int session_list(struct sql *sql, struct id account_id, int64_t now_ms, struct arena *arena,
                 struct session **ret_sessions, size_t *ret_count, int64_t deadline_ns);

#endif
