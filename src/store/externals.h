/*
 * externals: who an account is at other services: a service's name and the subject that it calls
 * the person by, which is all that signs in. An e-mail address that a service tells is kept to be
 * shown and is never looked up.
 */
#ifndef USHER_STORE_EXTERNALS_H
#define USHER_STORE_EXTERNALS_H

#include "store/accounts.h"
#include "store/acts.h"

#define EXTERNAL_PROVIDER_MAX 32  /* bytes of a service's name */
#define EXTERNAL_SUBJECT_MAX  255 /* bytes */
#define EXTERNALS_MAX         8   /* an account */

struct external {
    struct view provider;
    struct view subject;
    struct view email; /* as the service says it; empty: it does not */
    int64_t linked_at_ms;
};

/* The account that is known there so. ERR_NOT_FOUND; otherwise as sql_read. */
int external_find(struct sql *sql, struct view provider, struct view subject, struct arena *arena,
                  struct account *ret_account, int64_t deadline_ns);
/* All of an account, by name. As sql_read. */
int external_list(struct sql *sql, struct id account_id, struct arena *arena,
                  struct external **ret_externals, size_t *ret_count, int64_t deadline_ns);
/* Connects the account, and writes the act down. ERR_CONFLICT: it is another account's;
 * ERR_NOT_FOUND: there is no such account; ERR_FULL: EXTERNALS_MAX; otherwise as sql_write. One
 * that is the account's already stays, and is a success. */
int external_link(struct sql *sql, struct id account_id, const struct external *external,
                  const struct act *act, int64_t deadline_ns);
/* Disconnects all of that service, and writes the act down. ERR_NOT_FOUND: there is none;
 * otherwise as sql_write. */
int external_unlink(struct sql *sql, struct id account_id, struct view provider,
                    const struct act *act, int64_t deadline_ns);

/* external_link as a part of a job: without the act, and for an account that is there. */
int external_add(struct sql_txn *txn, struct id account_id, const struct external *external);

#endif
