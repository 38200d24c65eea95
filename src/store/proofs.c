#include "store/proofs.h"

#include <sodium.h>

#include "err/err.h"
#include "store/consents.h"

#define HOUR_MS INT64_C(3600000)

/* ---- beginning ---- */

struct put_job {
    struct sql_job job;
    const struct proof *proof;
    const struct mail *known, *fresh;
};

static int count_lately(struct sql_txn *txn, const struct proof *proof, int64_t *ret_count)
{
    const int64_t hour_ago = proof->created_at_ms - HOUR_MS;
    int err = sql_run(txn, "DELETE FROM proof WHERE ends_at_ms <= ?", SQL(sql_int(hour_ago)), NULL);
    return err == 0 ? sql_ask_int(txn,
                                  "SELECT count(*) FROM proof WHERE email = ?"
                                  " AND created_at_ms > ?",
                                  SQL(sql_text(proof->email), sql_int(hour_ago)), ret_count)
                    : err;
}

static int insert(struct sql_txn *txn, const struct proof *p, bool can_be_shown)
{
    const struct view hash = view_of(p->code_hash, can_be_shown ? PROOF_HASH_BYTES : 0);
    return sql_run(txn,
                   "INSERT INTO proof (proof_id, kind, email, code_hash, tries, account_id, name,"
                   " language, password, password_chars, created_at_ms, ends_at_ms,"
                   " provider, subject, external_email)"
                   " VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   SQL(sql_id(p->proof_id), sql_int(p->kind), sql_text(p->email), sql_bytes(hash),
                       sql_id(p->account_id), sql_text(p->name), sql_text(p->language),
                       sql_text(p->password), sql_int(p->password_chars), sql_int(p->created_at_ms),
                       sql_int(p->created_at_ms + PROOF_LIFE_MS), sql_text(p->external.provider),
                       sql_text(p->external.subject), sql_text(p->external.email)),
                   NULL);
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    const struct proof *proof = job->proof;
    int64_t lately, accounts;
    int err = count_lately(txn, proof, &lately);
    if (err == 0 && lately >= PROOFS_AN_HOUR)
        err = ERR_FULL;
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM account WHERE email = ?",
                          SQL(sql_text(proof->email)), &accounts);
    if (err != 0)
        return err;
    const bool known = accounts != 0;
    const struct mail *mail = known ? job->known : job->fresh;
    err = insert(txn, proof,
                 proof->external.subject.len > 0 || known == (proof->kind == PROOF_OF_RESET));
    return err == 0 && mail ? mail_put(txn, mail) : err;
}

int proof_put(struct sql *sql, const struct proof *proof, const struct mail *known,
              const struct mail *fresh, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .proof = proof, .known = known, .fresh = fresh};
    assert(proof->email.len <= ACCOUNT_EMAIL_MAX && proof->name.len <= ACCOUNT_NAME_MAX &&
           proof->password.len < ACCOUNT_PASSWORD_MAX);
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- showing ---- */

struct show_job {
    struct sql_job job;
    const struct proof_showing *showing;
    struct arena *arena;
    int outcome; /* an error that is nevertheless to be committed */
    struct account account;
    struct external external; /* of the proof; no subject: none */
    bool connects;            /* an account that is there already */
};

/* The account of a proof of registration; and whether it is that proof that was shown. */
static int read_proof(struct sql_txn *txn, struct show_job *job, bool *ret_right)
{
    const struct proof_showing *showing = job->showing;
    struct account *account = &job->account;
    struct sql_rows *rows;
    int err =
        sql_query(txn,
                  "SELECT code_hash, account_id, name, language, password, password_chars,"
                  " created_at_ms, provider, subject, external_email FROM proof WHERE proof_id = ? "
                  "AND kind = ? AND email = ?"
                  " AND ends_at_ms > ? AND tries < ?",
                  SQL(sql_id(showing->proof_id), sql_int(showing->kind), sql_text(showing->email),
                      sql_int(showing->session->created_at_ms), sql_int(PROOF_TRIES_MAX)),
                  &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    const struct view hash = sql_get_view(rows, 0);
    *ret_right = hash.len == PROOF_HASH_BYTES &&
                 sodium_memcmp(hash.at, showing->code_hash, PROOF_HASH_BYTES) == 0;
    *account = (struct account){
        .email = showing->email,
        .password_chars = (uint32_t)sql_get_int(rows, 5),
        .terms_at_ms = sql_get_int(rows, 6),
        .created_at_ms = showing->session->created_at_ms,
    };
    err = sql_get_id(rows, 1, &account->account_id);
    if (err == 0)
        err = sql_get_copy(rows, 2, job->arena, &account->name);
    if (err == 0)
        err = sql_get_copy(rows, 3, job->arena, &account->language);
    if (err == 0)
        err = sql_get_copy(rows, 4, job->arena, &account->password);
    job->external = (struct external){.linked_at_ms = showing->session->created_at_ms};
    if (err == 0)
        err = sql_get_copy(rows, 7, job->arena, &job->external.provider);
    if (err == 0)
        err = sql_get_copy(rows, 8, job->arena, &job->external.subject);
    if (err == 0)
        err = sql_get_copy(rows, 9, job->arena, &job->external.email);
    sql_done(rows);
    return err;
}

/* What one tick on the form says. */
static int write_consents(struct sql_txn *txn, const struct show_job *job)
{
    static const char *const whats[] = {"terms", "privacy", "age"};
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof(whats) / sizeof(whats[0]); i++) {
        const struct consent consent = {.what = view_str(whats[i]),
                                        .version = job->showing->terms,
                                        .at_ms = job->account.terms_at_ms,
                                        .address = job->showing->session->address};
        err = consent_add(txn, job->account.account_id, &consent);
    }
    return err;
}

static int make_account(struct sql_txn *txn, struct show_job *job)
{
    struct account other;
    struct account *account = &job->account;
    int err = account_read_by_email(txn, account->email, job->arena, &other);
    if (err == 0 && job->external.subject.len > 0) {
        *account = other;
        job->connects = true;
        return 0;
    }
    if (err != ERR_NOT_FOUND)
        return err == 0 ? ERR_EXISTS : err;
    /* A guest has become an account already: the second is another. */
    if (!id_is_zero(account->account_id))
        err = account_read(txn, account->account_id, job->arena, &other);
    if (id_is_zero(account->account_id) || err == 0)
        account->account_id = job->showing->fresh_account_id;
    else if (err != ERR_NOT_FOUND)
        return err;
    err = account_add(txn, account);
    if (err == 0)
        err = write_consents(txn, job);
    return err == 0 ? account_read(txn, account->account_id, job->arena, account) : err;
}

static int change_password(struct sql_txn *txn, struct show_job *job)
{
    const struct proof_showing *showing = job->showing;
    int err = account_read_by_email(txn, showing->email, job->arena, &job->account);
    if (err == 0 && job->account.totp.len > 0 && !showing->strong)
        err = ERR_BUSY;
    if (err == 0)
        err = account_set_password(txn, job->account.account_id, showing->password,
                                   showing->password_chars);
    if (err == 0)
        err = session_end_others(txn, job->account.account_id, (struct id){0});
    job->account.password_chars = showing->password_chars;
    return err;
}

static int connect_external(struct sql_txn *txn, struct show_job *job)
{
    if (job->connects && job->account.totp.len > 0 && !job->showing->strong)
        return ERR_BUSY;
    return external_add(txn, job->account.account_id, &job->external);
}

static int run_show(struct sql_job *base, struct sql_txn *txn)
{
    struct show_job *job = (struct show_job *)base;
    const struct proof_showing *showing = job->showing;
    const bool registers = showing->kind == PROOF_OF_REGISTRATION;
    bool right;
    job->connects = false;
    int err = read_proof(txn, job, &right);
    if (err < 0)
        return err;
    job->outcome = right ? 0 : ERR_DENIED;
    if (!right)
        return sql_run(txn, "UPDATE proof SET tries = tries + 1 WHERE proof_id = ?",
                       SQL(sql_id(showing->proof_id)), NULL);
    err =
        sql_run(txn, "DELETE FROM proof WHERE proof_id = ?", SQL(sql_id(showing->proof_id)), NULL);
    if (err == 0)
        err = registers ? make_account(txn, job) : change_password(txn, job);
    if (err == 0 && job->external.subject.len > 0)
        err = connect_external(txn, job);
    if (err < 0)
        return err;
    const struct act act = {.at_ms = showing->session->created_at_ms,
                            .what = job->connects ? VIEW_LIT("provider.link")
                                    : registers   ? VIEW_LIT("register")
                                                  : VIEW_LIT("password.reset"),
                            .account_id = job->account.account_id,
                            .address = showing->session->address,
                            .about = job->external.provider};
    showing->session->account_id = job->account.account_id;
    showing->session->provider = job->external.provider;
    showing->session->strong = showing->strong && job->account.totp.len > 0;
    err = session_add(txn, showing->session);
    return err == 0 ? act_add(txn, &act) : err;
}

int proof_show(struct sql *sql, const struct proof_showing *showing, struct arena *arena,
               struct account *ret_account, int64_t deadline_ns)
{
    struct show_job job = {.job.run = run_show, .showing = showing, .arena = arena};
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        err = job.outcome;
    if (err == 0)
        *ret_account = job.account;
    return err;
}
