/*
 * persons: that an account has proved whose it is: a telephone number, or a person by law.
 *
 * Of either a keyed hash alone is kept (HMAC-SHA256, made by the auth role), as the key of a limit:
 * places of a performance, one place of a line. Who has several accounts has the same one in each.
 */
#ifndef USHER_STORE_PERSONS_H
#define USHER_STORE_PERSONS_H

#include "store/acts.h"

/* Numbers are for ever, and those of usher.v1.PersonRule. */
enum person_kind { PERSON_BY_PHONE = 1, PERSON_BY_IDENTITY = 2 };
#define PERSON_KINDS 2

struct person_proof {
    enum person_kind kind;
    struct id person_id;
    int64_t proved_at_ms;
};

/* What the account has proved, by kind: PERSON_KINDS at most. As sql_read. */
int person_list(struct sql *sql, struct id account_id,
                struct person_proof ret_persons[PERSON_KINDS], size_t *ret_count,
                int64_t deadline_ns);
/* The person that the account is. ERR_NOT_FOUND: it has not proved that; otherwise as sql_read. */
int person_get(struct sql *sql, struct id account_id, enum person_kind kind,
               struct id *ret_person_id, int64_t deadline_ns);
/* The account has proved it, and the act is written down. Another number takes the place of the one
 * before. ERR_CONFLICT: it is another person's, by law, already; otherwise as sql_write. */
int person_put(struct sql *sql, struct id account_id, const struct person_proof *person,
               const struct act *act, int64_t deadline_ns);
/* Takes what the account has proved away from it; part of a job. As sql_run. */
int person_forget(struct sql_txn *txn, struct id account_id);

/* A place of a line, as a person has it: one, by whichever account. */
struct person_place {
    uint32_t sale_id;
    struct id person_id;
    struct id account_id; /* by which it is wanted */
};
/* Longer than any call: whoever took a place so long ago has joined by now. */
#define PERSON_PLACE_MS 60000

/* Takes the place: who takes it first has it. *ret_account_id is whose it is now, perhaps
 * another's; but where that is `over` (whose place in the line has ended), and it was taken
 * PERSON_PLACE_MS ago, it passes to this account. As sql_write. */
int person_place_take(struct sql *sql, const struct person_place *place, struct id over,
                      int64_t now_ms, struct id *ret_account_id, int64_t deadline_ns);

#endif
