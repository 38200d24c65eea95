#include "store/accounts.h"

#include "err/err.h"
#include "store/reminders.h"

/* Numbers of steps are for ever: a change is a further step. */
static const struct sql_step steps[] = {
    {"accounts",
     "CREATE TABLE account (account_id {bytes} NOT NULL PRIMARY KEY, email {text} NOT NULL UNIQUE,"
     " name {text} NOT NULL, language {text} NOT NULL, password {text} NOT NULL,"
     " password_chars {int} NOT NULL, roles {int} NOT NULL, totp {bytes} NOT NULL,"
     " totp_step {int} NOT NULL, created_at_ms {int} NOT NULL, terms_at_ms {int} NOT NULL);"
     "CREATE TABLE session (session_id {bytes} NOT NULL PRIMARY KEY, account_id {bytes} NOT NULL,"
     " generation {int} NOT NULL, strong {bool} NOT NULL, device {text} NOT NULL,"
     " address {text} NOT NULL, created_at_ms {int} NOT NULL, used_at_ms {int} NOT NULL,"
     " ends_at_ms {int} NOT NULL);"
     "CREATE INDEX session_account ON session (account_id, used_at_ms);"
     "CREATE INDEX session_end ON session (ends_at_ms);"
     "CREATE TABLE proof (proof_id {bytes} NOT NULL PRIMARY KEY, kind {int} NOT NULL,"
     " email {text} NOT NULL, code_hash {bytes} NOT NULL, tries {int} NOT NULL,"
     " account_id {bytes} NOT NULL, name {text} NOT NULL, language {text} NOT NULL,"
     " password {text} NOT NULL, password_chars {int} NOT NULL, created_at_ms {int} NOT NULL,"
     " ends_at_ms {int} NOT NULL);"
     "CREATE INDEX proof_email ON proof (email, created_at_ms);"
     "CREATE INDEX proof_end ON proof (ends_at_ms);"
     "CREATE TABLE act (act_id {id}, at_ms {int} NOT NULL, what {text} NOT NULL,"
     " account_id {bytes} NOT NULL, address {text} NOT NULL, about {text} NOT NULL)"},
    {"organisers",
     "CREATE TABLE organiser (organiser_id {id}, name {text} NOT NULL UNIQUE,"
     " created_at_ms {int} NOT NULL);"
     "INSERT INTO organiser (organiser_id, name, created_at_ms) VALUES (1, 'First organiser', 0);"
     "CREATE TABLE member (organiser_id {int} NOT NULL, email {text} NOT NULL,"
     " account_id {bytes}, roles {int} NOT NULL, created_at_ms {int} NOT NULL,"
     " PRIMARY KEY (organiser_id, email));"
     "CREATE INDEX member_account ON member (account_id);"
     "CREATE INDEX member_email ON member (email)"},
    {"grants",
     "CREATE TABLE api_token (token_id {bytes} NOT NULL PRIMARY KEY, organiser_id {int} NOT NULL,"
     " name {text} NOT NULL, roles {int} NOT NULL, created_at_ms {int} NOT NULL,"
     " expires_at_ms {int} NOT NULL);"
     "CREATE TABLE block (block_id {id}, kind {int} NOT NULL, subject {text} NOT NULL,"
     " reason {text} NOT NULL, created_at_ms {int} NOT NULL, ends_at_ms {int} NOT NULL)"},
    {"kept", "CREATE TABLE kept (kept_id {id}, account_id {bytes} NOT NULL, sealed {blob} NOT NULL,"
             " kept_at_ms {int} NOT NULL, ends_at_ms {int} NOT NULL);"
             "CREATE INDEX kept_end ON kept (ends_at_ms);"
             "CREATE INDEX act_account ON act (account_id, act_id)"},
    {"externals",
     "CREATE TABLE external (provider {text} NOT NULL, subject {text} NOT NULL,"
     " account_id {bytes} NOT NULL, email {text} NOT NULL, linked_at_ms {int} NOT NULL,"
     " PRIMARY KEY (provider, subject));"
     "CREATE INDEX external_account ON external (account_id);"
     "ALTER TABLE session ADD COLUMN provider {text} NOT NULL DEFAULT '';"
     "ALTER TABLE proof ADD COLUMN provider {text} NOT NULL DEFAULT '';"
     "ALTER TABLE proof ADD COLUMN subject {text} NOT NULL DEFAULT '';"
     "ALTER TABLE proof ADD COLUMN external_email {text} NOT NULL DEFAULT ''"},
    {"consents", "CREATE TABLE consent (account_id {bytes} NOT NULL, what {text} NOT NULL,"
                 " version {text} NOT NULL, at_ms {int} NOT NULL, address {text} NOT NULL,"
                 " PRIMARY KEY (account_id, what, version));"
                 "ALTER TABLE kept ADD COLUMN kind {text} NOT NULL DEFAULT 'account';"
                 "CREATE INDEX kept_account ON kept (account_id)"},
    {"persons",
     "CREATE TABLE person (account_id {bytes} NOT NULL, kind {int} NOT NULL,"
     " person_id {bytes} NOT NULL, proved_at_ms {int} NOT NULL, PRIMARY KEY (account_id, kind));"
     "CREATE TABLE person_place (sale_id {int} NOT NULL, person_id {bytes} NOT NULL,"
     " account_id {bytes} NOT NULL, taken_at_ms {int} NOT NULL,"
     " PRIMARY KEY (sale_id, person_id))"},
    {"recovery", "ALTER TABLE account ADD COLUMN recovery_used {int} NOT NULL DEFAULT 0"},
    {"acts by what", "CREATE INDEX act_what ON act (what, at_ms)"},
    /* Nobody knows of accounts of before which were a guest's: it may be said of all of them. */
    {"ended guests",
     "CREATE TABLE ended_guest (number {id}, account_id {bytes} NOT NULL UNIQUE,"
     " ended_at_ms {int} NOT NULL);"
     "CREATE INDEX ended_guest_at ON ended_guest (ended_at_ms);"
     "INSERT INTO ended_guest (account_id, ended_at_ms) SELECT account_id, max(at_ms) FROM act"
     " WHERE what = 'register' GROUP BY account_id"},
    {"devices",
     "CREATE TABLE device (device_id {id}, organiser_id {int} NOT NULL, serial {bytes} NOT NULL,"
     " name {text} NOT NULL, gate {text} NOT NULL, setup_hash {bytes} NOT NULL UNIQUE,"
     " token_id {bytes} NOT NULL, created_at_ms {int} NOT NULL, initialized_at_ms {int} NOT NULL,"
     " revoked {bool} NOT NULL, hardware_brand {text} NOT NULL, hardware_model {text} NOT NULL,"
     " os_name {text} NOT NULL, os_version {text} NOT NULL, software_brand {text} NOT NULL,"
     " software_version {text} NOT NULL);"
     "CREATE INDEX device_token ON device (token_id);"
     "CREATE INDEX device_organiser ON device (organiser_id, device_id)"},
    {"sites", "CREATE TABLE organiser_site (organiser_id {int} NOT NULL, origin {text} NOT NULL,"
              " PRIMARY KEY (organiser_id, origin))"},
};

int accounts_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    int err = mails_migrate(sql, read_only, now_ms);
    if (err == 0)
        err = reminders_migrate(sql, read_only, now_ms);
    return err == 0 ? sql_migrate(sql, "accounts", steps, sizeof(steps) / sizeof(steps[0]),
                                  read_only, now_ms)
                    : err;
}

/* ---- reading ---- */

#define COLUMNS                                                                                    \
    "account_id, email, name, language, password, password_chars, roles, totp, totp_step,"         \
    " created_at_ms, terms_at_ms"

static int copy_row(struct sql_rows *rows, struct arena *arena, struct account *ret_account)
{
    *ret_account = (struct account){
        .password_chars = (uint32_t)sql_get_int(rows, 5),
        .roles = (uint32_t)sql_get_int(rows, 6),
        .totp_step = sql_get_int(rows, 8),
        .created_at_ms = sql_get_int(rows, 9),
        .terms_at_ms = sql_get_int(rows, 10),
    };
    int err = sql_get_id(rows, 0, &ret_account->account_id);
    if (err == 0)
        err = sql_get_copy(rows, 1, arena, &ret_account->email);
    if (err == 0)
        err = sql_get_copy(rows, 2, arena, &ret_account->name);
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &ret_account->language);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &ret_account->password);
    return err == 0 ? sql_get_copy(rows, 7, arena, &ret_account->totp) : err;
}

static int read_memberships(struct sql_txn *txn, struct arena *arena, struct account *account)
{
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT m.organiser_id, m.roles, o.name FROM member m"
                        " JOIN organiser o ON o.organiser_id = m.organiser_id"
                        " WHERE m.account_id = ? ORDER BY m.organiser_id LIMIT ?",
                        SQL(sql_id(account->account_id), sql_int(ACCOUNT_MEMBERSHIPS_MAX)), &rows);
    account->membership_count = 0;
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        struct membership *membership = &account->memberships[account->membership_count++];
        membership->organiser_id = (uint32_t)sql_get_int(rows, 0);
        membership->roles = (uint32_t)sql_get_int(rows, 1);
        err = sql_get_copy(rows, 2, arena, &membership->organiser_name);
        if (err < 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

/* The account in the only row of an answer, which is closed. */
static int take_account(struct sql_txn *txn, struct sql_rows *rows, struct arena *arena,
                        struct account *ret_account)
{
    struct account account;
    int err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = copy_row(rows, arena, &account);
    sql_done(rows);
    if (err == 0)
        err = read_memberships(txn, arena, &account);
    if (err == 0)
        *ret_account = account;
    return err;
}

int account_read(struct sql_txn *txn, struct id account_id, struct arena *arena,
                 struct account *ret_account)
{
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT " COLUMNS " FROM account WHERE account_id = ?",
                        SQL(sql_id(account_id)), &rows);
    return err == 0 ? take_account(txn, rows, arena, ret_account) : err;
}

int account_read_by_email(struct sql_txn *txn, struct view email, struct arena *arena,
                          struct account *ret_account)
{
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT " COLUMNS " FROM account WHERE email = ?",
                        SQL(sql_text(email)), &rows);
    return err == 0 ? take_account(txn, rows, arena, ret_account) : err;
}

struct get_job {
    struct sql_job job;
    struct id account_id; /* zero: by email */
    struct view email;
    struct arena *arena;
    struct account account;
};

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct get_job *job = (struct get_job *)base;
    return id_is_zero(job->account_id)
               ? account_read_by_email(txn, job->email, job->arena, &job->account)
               : account_read(txn, job->account_id, job->arena, &job->account);
}

static int get(struct sql *sql, struct get_job *job, struct account *ret_account,
               int64_t deadline_ns)
{
    job->job.run = run_get;
    int err = sql_read(sql, &job->job, deadline_ns);
    if (err == 0)
        *ret_account = job->account;
    return err;
}

int account_get(struct sql *sql, struct id account_id, struct arena *arena,
                struct account *ret_account, int64_t deadline_ns)
{
    struct get_job job = {.account_id = account_id, .arena = arena};
    return id_is_zero(account_id) ? ERR_NOT_FOUND : get(sql, &job, ret_account, deadline_ns);
}

int account_find(struct sql *sql, struct view email, struct arena *arena,
                 struct account *ret_account, int64_t deadline_ns)
{
    struct get_job job = {.email = email, .arena = arena};
    return get(sql, &job, ret_account, deadline_ns);
}

struct page_job {
    struct sql_job job;
    struct id before;
    size_t max;
    struct arena *arena;
    struct account *accounts;
    size_t count;
};

static int run_page(struct sql_job *base, struct sql_txn *txn)
{
    struct page_job *job = (struct page_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT " COLUMNS " FROM account WHERE account_id < ?"
                        " ORDER BY account_id DESC LIMIT ?",
                        SQL(sql_id(job->before), sql_int((int64_t)job->max)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->accounts[job->count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

int account_list(struct sql *sql, struct id before, size_t rows_max, struct arena *arena,
                 struct account **ret_accounts, size_t *ret_count, int64_t deadline_ns)
{
    struct page_job job = {.job.run = run_page, .before = before, .max = rows_max, .arena = arena};
    assert(rows_max <= ACCOUNT_PAGE_MAX);
    if (id_is_zero(before))
        memset(&job.before, 0xff, sizeof(job.before));
    job.accounts = arena_alloc(arena, rows_max * sizeof(*job.accounts));
    if (!job.accounts)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_accounts = job.accounts;
        *ret_count = job.count;
    }
    return err;
}

/* ---- the second factor ---- */

struct take_job {
    struct sql_job job;
    struct id account_id;
    int64_t step;
};

static int run_take(struct sql_job *base, struct sql_txn *txn)
{
    struct take_job *job = (struct take_job *)base;
    uint64_t changes;
    int err =
        sql_run(txn, "UPDATE account SET totp_step = ? WHERE account_id = ? AND totp_step < ?",
                SQL(sql_int(job->step), sql_id(job->account_id), sql_int(job->step)), &changes);
    if (err < 0)
        return err;
    return changes == 1 ? 0 : ERR_DENIED;
}

int account_take_totp(struct sql *sql, struct id account_id, int64_t step, int64_t deadline_ns)
{
    struct take_job job = {.job.run = run_take, .account_id = account_id, .step = step};
    return sql_write(sql, &job.job, deadline_ns);
}

struct recovery_job {
    struct sql_job job;
    uint32_t code;
    const struct act *act;
};

static int run_recovery(struct sql_job *base, struct sql_txn *txn)
{
    struct recovery_job *job = (struct recovery_job *)base;
    const struct sql_value bit = sql_int(INT64_C(1) << job->code);
    uint64_t changes;
    int err = sql_run(txn,
                      "UPDATE account SET recovery_used = recovery_used + ? WHERE account_id = ?"
                      " AND (recovery_used & ?) = 0",
                      SQL(bit, sql_id(job->act->account_id), bit), &changes);
    if (err == 0 && changes != 1)
        err = ERR_DENIED;
    return err == 0 ? act_add(txn, job->act) : err;
}

int account_take_recovery(struct sql *sql, uint32_t code, const struct act *act,
                          int64_t deadline_ns)
{
    struct recovery_job job = {.job.run = run_recovery, .code = code, .act = act};
    assert(code < ACCOUNT_RECOVERY_CODES);
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- writing ---- */

int account_add(struct sql_txn *txn, const struct account *account)
{
    assert(!id_is_zero(account->account_id) && account->email.len <= ACCOUNT_EMAIL_MAX &&
           account->name.len <= ACCOUNT_NAME_MAX && account->password.len < ACCOUNT_PASSWORD_MAX);
    int err = sql_run(
        txn, "INSERT INTO account (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        SQL(sql_id(account->account_id), sql_text(account->email), sql_text(account->name),
            sql_text(account->language), sql_text(account->password),
            sql_int(account->password_chars), sql_int(account->roles), sql_bytes(account->totp),
            sql_int(0), sql_int(account->created_at_ms), sql_int(account->terms_at_ms)),
        NULL);
    if (err < 0)
        return err;
    return sql_run(txn, "UPDATE member SET account_id = ? WHERE email = ? AND account_id IS NULL",
                   SQL(sql_id(account->account_id), sql_text(account->email)), NULL);
}

int account_set_password(struct sql_txn *txn, struct id account_id, struct view password,
                         uint32_t password_chars)
{
    uint64_t changes;
    assert(password.len < ACCOUNT_PASSWORD_MAX);
    int err =
        sql_run(txn, "UPDATE account SET password = ?, password_chars = ? WHERE account_id = ?",
                SQL(sql_text(password), sql_int(password_chars), sql_id(account_id)), &changes);
    if (err < 0)
        return err;
    return changes == 1 ? 0 : ERR_NOT_FOUND;
}
