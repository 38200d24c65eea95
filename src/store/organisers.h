/*
 * organisers: the tenants, and their teams.
 *
 * Organiser 1 is there from the beginning: what an earlier store holds is its. A member is named by
 * an e-mail address, and waits until that address has an account.
 */
#ifndef USHER_STORE_ORGANISERS_H
#define USHER_STORE_ORGANISERS_H

#include "store/accounts.h"
#include "store/acts.h"

#define ORGANISERS_MAX     1000
#define ORGANISER_NAME_MAX 200 /* bytes */
#define MEMBERS_MAX        500 /* an organiser */

struct organiser {
    uint32_t organiser_id; /* given by organiser_put */
    struct view name;      /* unique */
    int64_t created_at_ms;
};

/* Adds an organiser with its first owner, whose address must not be empty. ERR_EXISTS: the name is
 * taken; ERR_FULL: there are ORGANISERS_MAX, or the owner acts for ACCOUNT_MEMBERSHIPS_MAX already;
 * otherwise as sql_write. */
int organiser_put(struct sql *sql, const struct organiser *organiser, struct view owner_email,
                  uint32_t owner_roles, const struct act *act, uint32_t *ret_organiser_id,
                  int64_t deadline_ns);
/* ERR_NOT_FOUND: there is none of that id; as sql_read. */
int organiser_known(struct sql *sql, uint32_t organiser_id, int64_t deadline_ns);
/* All of them, by id. As sql_read. */
int organiser_list(struct sql *sql, struct arena *arena, struct organiser **ret_organisers,
                   size_t *ret_count, int64_t deadline_ns);

struct member {
    uint32_t organiser_id;
    struct view email;
    struct id account_id; /* zero: the address has no account yet */
    uint32_t roles;       /* 0: no longer a member */
    int64_t created_at_ms;
};

/* Makes, changes or (roles 0) ends a membership; fills in account_id. owner_role is the bit of
 * which an organiser keeps at least one member, except where may_orphan. may_change are the roles
 * that the one it is set for may have had before: others are not the caller's to change.
 * ERR_NOT_FOUND: there is no such organiser, or no such member to end; ERR_BUSY: it is the last
 * owner; ERR_DENIED: the member has roles beyond may_change; ERR_FULL: MEMBERS_MAX or
 * ACCOUNT_MEMBERSHIPS_MAX is reached; otherwise as sql_write. */
int member_set(struct sql *sql, struct member *member, uint32_t owner_role, uint32_t may_change,
               bool may_orphan, const struct act *act, int64_t deadline_ns);
/* An organiser's members, by address. As sql_read. */
int member_list(struct sql *sql, uint32_t organiser_id, struct arena *arena,
                struct member **ret_members, size_t *ret_count, int64_t deadline_ns);

#endif
