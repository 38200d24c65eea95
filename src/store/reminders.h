/*
 * reminders: who is to be mailed shortly before the sale of an event opens.
 *
 *     reminder_add (an account's address), or reminder_ask ──mail with a code──▶ reminder_show
 *         └──▶ a reminder ──reminder_done, with the mail──▶ gone
 *                        └─ reminder_cancel, or its account is deleted ──▶ gone, without a mail
 *
 * An address has one reminder of an event. It ends in the transaction that writes its mail, so
 * there is one mail of it at most, whoever dies when. How many an event has is counted beside them.
 */
#ifndef USHER_STORE_REMINDERS_H
#define USHER_STORE_REMINDERS_H

#include "db/sql.h"
#include "mem/arena.h"
#include "store/mails.h"
#include "store/proofs.h"

#define REMINDERS_ADDRESS_MAX 50     /* an address has at a time */
#define REMINDERS_EVENT_MAX   500000 /* of one event */
#define REMINDERS_PAGE_MAX    500
#define REMINDER_KEEP_MS      INT64_C(34560000000) /* 400 days; then it is forgotten */

struct reminder {
    struct id reminder_id; /* who knows it may cancel it */
    uint32_t event_id;
    struct view email;
    struct view language; /* "ko" or "en" */
    struct id account_id; /* zero: of nobody who signed in */
    int64_t created_at_ms;
};

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int reminders_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds it, or finds that of the same address and event: *ret_id is its id. ERR_NOT_FOUND: there is
 * no such event that the public sees; ERR_BUSY: the address has REMINDERS_ADDRESS_MAX; ERR_FULL:
 * the event has REMINDERS_EVENT_MAX; otherwise as sql_write. */
int reminder_add(struct sql *sql, const struct reminder *reminder, struct id *ret_id,
                 int64_t deadline_ns);

/* Begins a proof of its address (store/proofs.h has the table), with reminder_id as the proof's id,
 * and mails the code. ERR_FULL: PROOFS_AN_HOUR were begun for this address within the last hour;
 * ERR_NOT_FOUND: as reminder_add; otherwise as sql_write. */
int reminder_ask(struct sql *sql, const struct reminder *reminder,
                 const uint8_t code_hash[PROOF_HASH_BYTES], const struct mail *code,
                 int64_t deadline_ns);
/* Ends the proof and adds the reminder, with the id fresh_id, as reminder_add; texts go into the
 * arena. ERR_DENIED: the code is wrong; ERR_NOT_FOUND: there is no such proof, or none any more. */
int reminder_show(struct sql *sql, struct id proof_id, const uint8_t code_hash[PROOF_HASH_BYTES],
                  struct id fresh_id, int64_t now_ms, struct arena *arena,
                  struct reminder *ret_reminder, int64_t deadline_ns);

/* Takes it back, by its id; or, where that is zero, the account's of that event. One that is not
 * there is taken back already. As sql_write. */
int reminder_cancel(struct sql *sql, struct id reminder_id, struct id account_id, uint32_t event_id,
                    int64_t deadline_ns);
/* An account's, by event. As sql_read. */
int reminder_list(struct sql *sql, struct id account_id, struct arena *arena,
                  struct reminder **ret_reminders, size_t *ret_count, int64_t deadline_ns);
/* All of an account, and of its address. In a job, as sql_run. */
int reminder_forget(struct sql_txn *txn, struct id account_id);

/* Which events have reminders, and how many there are of each; in the arena. As sql_read. */
struct reminder_count {
    uint32_t event_id;
    uint64_t count;
};
int reminder_counts(struct sql *sql, struct arena *arena, struct reminder_count **ret_counts,
                    size_t *ret_count, int64_t deadline_ns);
/* Some of an event's, at most rows_max and REMINDERS_PAGE_MAX. As sql_read. */
int reminder_page(struct sql *sql, uint32_t event_id, size_t rows_max, struct arena *arena,
                  struct reminder **ret_reminders, size_t *ret_count, int64_t deadline_ns);
/* Ends them, and writes their mails, of which those are passed over whose reminder is gone already;
 * mails NULL: it writes none. *ret_written (may be NULL) is how many. As sql_write. */
int reminder_done(struct sql *sql, const struct reminder *reminders, const struct mail *mails,
                  size_t count, size_t *ret_written, int64_t deadline_ns);
/* Forgets some that are older than REMINDER_KEEP_MS, at most REMINDERS_PAGE_MAX. As sql_write. */
int reminder_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns);

#endif
