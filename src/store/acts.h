/*
 * acts: who did what to accounts and rights: sign-ins, failures, changes. Rows are only added,
 * in the transaction of what they tell of. Where it changed how one signs in, the account's owner
 * is told by mail, in the same transaction: it may have been somebody else.
 */
#ifndef USHER_STORE_ACTS_H
#define USHER_STORE_ACTS_H

#include "db/sql.h"

#define ACT_PAGE_MAX 100

struct act {
    uint64_t act_id; /* given by act_add; grows */
    int64_t at_ms;
    struct view what;     /* "login", "login.failed", "member.set", …: docs/operations.md */
    struct id account_id; /* who did it; zero: nobody known, or the operator's key */
    struct view address;  /* where from; empty: not known */
    struct view about;    /* whom or what it concerns; cut at 200 bytes */
};

/* Adds a row, and its mail; act_id is not read. ERR_NO_MEMORY; as sql_run. */
int act_add(struct sql_txn *txn, const struct act *act);
/* The same as a job of its own. As sql_write. */
int act_put(struct sql *sql, const struct act *act, int64_t deadline_ns);

/* The acts before before_act_id (0: all), of one account (zero: of all), the newest first, at most
 * rows_max and ACT_PAGE_MAX. As sql_read. */
int act_list(struct sql *sql, uint64_t before_act_id, struct id account_id, size_t rows_max,
             struct arena *arena, struct act **ret_acts, size_t *ret_count, int64_t deadline_ns);

/* What is searched for; a part that is empty, or 0, leaves nothing out. */
struct act_query {
    uint64_t before_act_id;
    struct id account_id; /* who did it */
    struct view what;     /* begins so: "member.", "bar" */
    struct view text;     /* stands in what it concerns, or is the address */
    int64_t from_ms, to_ms;
};
#define ACT_LOOKED_MAX 100000 /* acts that one search looks at */
/* The acts that fit, the newest first, at most rows_max and ACT_PAGE_MAX, of the next
 * ACT_LOOKED_MAX; *ret_more: the act that it looked at last, from which one may go on; 0: it has
 * looked at all. As sql_read. */
int act_find(struct sql *sql, const struct act_query *query, size_t rows_max, struct arena *arena,
             struct act **ret_acts, size_t *ret_count, uint64_t *ret_more, int64_t deadline_ns);

#endif
