/*
 * proofs: e-mail addresses whose owner is asked to show a code that was mailed.
 *
 *     proof_put ──mail with a code──▶ proof_show: an account and a session begin, or a password
 *                                     is changed; wrong PROOF_TRIES_MAX times, or late: nothing
 *
 * Whoever began a proof gets its id, and nobody else; the owner of the address gets the code. Both
 * are needed. So nobody can have an owner confirm a password that is not the owner's: the code of a
 * stranger's registration is of no use to the owner's own.
 */
#ifndef USHER_STORE_PROOFS_H
#define USHER_STORE_PROOFS_H

#include "store/externals.h"
#include "store/sessions.h"

#define PROOF_LIFE_MS    INT64_C(600000)
#define PROOF_TRIES_MAX  5
#define PROOFS_AN_HOUR   5 /* an address: so many mails, each with PROOF_TRIES_MAX guesses */
#define PROOF_HASH_BYTES 32

enum proof_kind {
    PROOF_OF_REGISTRATION = 1,
    PROOF_OF_RESET = 2,
    PROOF_OF_ORDER = 3,   /* store/order_proofs.h */
    PROOF_OF_REMINDER = 4 /* store/reminders.h */
};

struct proof {
    struct id proof_id;
    enum proof_kind kind;
    struct view email;
    uint8_t code_hash[PROOF_HASH_BYTES]; /* of the code and proof_id, with a secret key */
    int64_t created_at_ms;
    /* Of a registration: */
    struct id account_id; /* the guest's that it goes on from; zero: a fresh one */
    struct view name, language, password;
    uint32_t password_chars;
    /* What is to be connected to the account; no subject: nothing. With one, and only then, the
     * proof can be shown for an address that has an account, which is connected then. */
    struct external external;
};

/* Begins a proof and mails: known where the address has an account, fresh where it has none; NULL:
 * nothing. It can be shown only where it makes sense: a registration of a fresh address, a reset of
 * a known one; the caller cannot tell. ERR_FULL: PROOFS_AN_HOUR were begun for this address within
 * the last hour; otherwise as sql_write. */
int proof_put(struct sql *sql, const struct proof *proof, const struct mail *known,
              const struct mail *fresh, int64_t deadline_ns);

/* What is shown, and what is to come of it. */
struct proof_showing {
    struct id proof_id;
    enum proof_kind kind;
    struct view email;
    uint8_t code_hash[PROOF_HASH_BYTES];
    struct id fresh_account_id; /* for a registration that goes on from no guest */
    struct view password;       /* the new one, of a reset */
    uint32_t password_chars;
    struct view terms;       /* which version of the terms was shown to who registers */
    bool strong;             /* the account's second factor was shown, and taken */
    struct session *session; /* begins; its account_id and more is filled in */
    /* The guest's who has become the account, and whose tokens have ended (store/ended_guests.h);
     * zero: nobody's. NULL: who shows it does not ask. */
    struct id *ret_guest_id;
};

/* Ends the proof: a registration makes the account, and ends the guest that it goes on from (one
 * who has ended already gives it nothing: its id is fresh_account_id); a reset sets the password
 * and ends the account's sessions; and the session begins. ERR_DENIED: the code is wrong;
 * ERR_NOT_FOUND: there is no such proof of this address, or none any more; ERR_EXISTS: the address
 * has had an account since; ERR_BUSY: the code is right, but the account has a second factor, and
 * showing->strong says that it was not shown: nothing was done; ERR_CONFLICT: what was to be
 * connected is another account's; otherwise as sql_write. */
int proof_show(struct sql *sql, const struct proof_showing *showing, struct arena *arena,
               struct account *ret_account, int64_t deadline_ns);

/* ---- what every kind is made of, within a job ---- */

/* Keeps a proof; one that cannot be shown has no code. ERR_FULL: as proof_put. */
int proof_begin(struct sql_txn *txn, const struct proof *proof, bool can_be_shown);

/* Shows what shown has: proof_id, kind, code_hash, and email (empty: whatever it is). *ret_right:
 * the code is right, the proof was as *ret_proof says (texts in the arena), and has ended; where it
 * is wrong a try is counted, which the job must commit. ERR_NOT_FOUND: there is none (any more). */
int proof_take(struct sql_txn *txn, const struct proof *shown, int64_t now_ms, struct arena *arena,
               struct proof *ret_proof, bool *ret_right);

#endif
