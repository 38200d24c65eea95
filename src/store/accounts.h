/*
 * accounts: who is known: accounts, and the organisers they act for.
 *
 * Only a verified address has an account. Its e-mail address is kept, and compared, with its ASCII
 * letters in lower case. Functions that take a transaction are parts of a job of a module beside
 * this one; the others are jobs of their own, and return what sql_write and sql_read return besides
 * what their comment says. Texts are copied into the caller's arena.
 */
#ifndef USHER_STORE_ACCOUNTS_H
#define USHER_STORE_ACCOUNTS_H

#include "db/sql.h"
#include "store/acts.h"
#include "store/mails.h"

#define ACCOUNT_EMAIL_MAX       MAIL_ADDRESS_MAX
#define ACCOUNT_NAME_MAX        200 /* bytes */
#define ACCOUNT_PASSWORD_MAX    128 /* bytes of its Argon2id text, with the NUL */
#define ACCOUNT_TOTP_BYTES      60  /* of a second factor's secret, sealed */
#define ACCOUNT_RECOVERY_CODES  10  /* of a second factor */
#define ACCOUNT_MEMBERSHIPS_MAX 8   /* organisers that one account acts for */

struct membership {
    uint32_t organiser_id;
    uint32_t roles; /* bits of Usher__V1__Role */
    struct view organiser_name;
};

struct account {
    struct id account_id;
    struct view email;
    struct view name;
    struct view language;    /* "ko" or "en" */
    struct view password;    /* its Argon2id text; empty: none */
    uint32_t password_chars; /* how long it is: a short one alone does not act for an organiser */
    uint32_t roles;          /* bits it has besides BUYER, for no organiser: OPERATOR */
    struct view totp;        /* the second factor's secret, sealed by the caller; empty: none */
    int64_t totp_step;       /* of the last code that was taken: a code is taken once */
    int64_t created_at_ms;
    int64_t terms_at_ms; /* when the terms were accepted */
    struct membership memberships[ACCOUNT_MEMBERSHIPS_MAX];
    size_t membership_count;
};

/* Makes the tables of accounts, sessions, proofs, organisers, members, API tokens, blocks, acts and
 * ended guests, and those of mails: as sql_migrate. */
int accounts_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* ERR_NOT_FOUND. */
int account_get(struct sql *sql, struct id account_id, struct arena *arena,
                struct account *ret_account, int64_t deadline_ns);
int account_find(struct sql *sql, struct view email, struct arena *arena,
                 struct account *ret_account, int64_t deadline_ns);

#define ACCOUNT_PAGE_MAX 100
/* Accounts, memberships aside, the newest first, from before `before` on (zero: all); at most
 * rows_max and ACCOUNT_PAGE_MAX. As sql_read. */
int account_list(struct sql *sql, struct id before, size_t rows_max, struct arena *arena,
                 struct account **ret_accounts, size_t *ret_count, int64_t deadline_ns);

/* Uses up the codes of a step, and of those before it. ERR_DENIED: they are used up; otherwise as
 * sql_write. */
int account_take_totp(struct sql *sql, struct id account_id, int64_t step, int64_t deadline_ns);

/* Uses up the recovery code of that number, below ACCOUNT_RECOVERY_CODES, of the act's account.
 * ERR_DENIED: it is used up; otherwise as sql_write. */
int account_take_recovery(struct sql *sql, uint32_t code, const struct act *act,
                          int64_t deadline_ns);

/* ---- parts of jobs ---- */

/* ERR_NOT_FOUND. */
int account_read(struct sql_txn *txn, struct id account_id, struct arena *arena,
                 struct account *ret_account);
int account_read_by_email(struct sql_txn *txn, struct view email, struct arena *arena,
                          struct account *ret_account);
/* Adds the account, memberships aside, and gives it those that wait for its address.
 * ERR_CONFLICT: the address, or the id, has an account already. */
int account_add(struct sql_txn *txn, const struct account *account);
/* ERR_NOT_FOUND. */
int account_set_password(struct sql_txn *txn, struct id account_id, struct view password,
                         uint32_t password_chars);

#endif
