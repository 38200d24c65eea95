/*
 * contacts: whom an order's tickets go to: personal data, in a table of its own, apart from ledger,
 * orders and outbox, so that it can be looked up, corrected and deleted alone.
 *
 * A contact is kept by the order's id, which is the hold's, before the order is placed, and by the
 * account that said it: nobody can name a contact for another's hold. One whose order never came is
 * swept away. Beside them: where a guest who waits for places is mailed what it is offered.
 */
#ifndef USHER_STORE_CONTACTS_H
#define USHER_STORE_CONTACTS_H

#include "db/sql.h"
#include "store/acts.h"

#define CONTACT_NAME_MAX  100 /* bytes */
#define CONTACT_EMAIL_MAX 254
#define CONTACT_PHONE_MAX 32
#define CONTACT_KEEP_MS   INT64_C(172800000) /* two days: longer than any hold */
/* Guests and performances for which one address waits: an address that is not proved could be
 * anybody's. */
#define CONTACT_WISHES_MAX 20

struct contact {
    struct id order_id;
    struct id account_id;
    struct view name;
    struct view email;
    struct view phone;
    struct view language; /* "ko" or "en" */
    int64_t created_at_ms;
    bool ordered;
};

/* Makes the table, or brings it to this program's form: as sql_migrate. */
int contacts_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Keeps the account's contact for that order, in place of the one before; `ordered` is not read. As
 * sql_write; ERR_INVALID beyond the maxima above. */
int contact_put(struct sql *sql, const struct contact *contact, int64_t deadline_ns);
/* ERR_NOT_FOUND; as sql_read. */
int contact_get(struct sql *sql, struct id order_id, struct id account_id, struct arena *arena,
                struct contact *ret_contact, int64_t deadline_ns);
struct contact_edit {
    struct id order_id, account_id;
    const struct view *name, *phone; /* NULL: it stays */
    const struct act *act;
};
/* Sets the name and the telephone number of a contact that is there, and writes the act down; where
 * both are so already, nothing is written. ret_contact has the new ones, borrowed from the edit,
 * and all else in the arena. ERR_NOT_FOUND; ERR_INVALID beyond the maxima; as sql_write. */
int contact_edit(struct sql *sql, const struct contact_edit *edit, struct arena *arena,
                 struct contact *ret_contact, int64_t deadline_ns);
/* Contacts of placed orders, or, where ordered is false, of those of which that is not known yet
 * and perhaps never: by the order's number ("T4813620975"; empty: any) and the address (empty: any,
 * but not both), the last first. In a job, as sql_query; and alone, as sql_read. */
int contact_find(struct sql_txn *txn, struct view number, struct view email, bool ordered,
                 size_t max, struct arena *arena, struct contact **ret_contacts, size_t *ret_count);
int contacts_search(struct sql *sql, struct view number, struct view email, bool ordered,
                    size_t max, struct arena *arena, struct contact **ret_contacts,
                    size_t *ret_count, int64_t deadline_ns);
/* Contacts of an account's placed orders, the last first. As sql_read. */
int contacts_of(struct sql *sql, struct id account_id, size_t max, struct arena *arena,
                struct contact **ret_contacts, size_t *ret_count, int64_t deadline_ns);
/* The same as contact_get inside a job. */
int contact_read(struct sql_txn *txn, struct id order_id, struct id account_id, struct arena *arena,
                 struct contact *ret_contact);
/* 1: there are contacts; 0: there is none, of any order. As sql_query. */
int contact_any(struct sql_txn *txn);
/* Its order was placed: it is kept from now on. As sql_run. */
int contact_order(struct sql_txn *txn, struct id order_id, struct id account_id);
/* Forgets contacts older than CONTACT_KEEP_MS whose orders never came, and those of wishes whose
 * time is over. As sql_run. */
int contact_sweep(struct sql_txn *txn, int64_t now_ms);

/* Keeps where the account, a guest's, is mailed what it is offered at a performance, in place of
 * the address before, until the performance begins (until_ms); email and language are read. As
 * sql_write; ERR_INVALID beyond the maxima; ERR_FULL: CONTACT_WISHES_MAX others have this address.
 */
int contact_put_wish(struct sql *sql, uint32_t performance_id, const struct contact *contact,
                     int64_t until_ms, int64_t deadline_ns);
/* As sql_write; one that is not there is forgotten already. */
int contact_forget_wish(struct sql *sql, uint32_t performance_id, struct id account_id,
                        int64_t deadline_ns);
/* In a job: ERR_NOT_FOUND; as sql_query. */
int contact_read_wish(struct sql_txn *txn, uint32_t performance_id, struct id account_id,
                      struct arena *arena, struct contact *ret_contact);

#endif
