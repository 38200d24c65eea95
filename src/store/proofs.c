#include "store/proofs.h"

#include <sodium.h>

#include "err/err.h"
#include "store/consents.h"
#include "store/ended_guests.h"

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

int proof_begin(struct sql_txn *txn, const struct proof *p, bool can_be_shown)
{
    const struct view hash = view_of(p->code_hash, can_be_shown ? PROOF_HASH_BYTES : 0);
    int64_t lately;
    int err = count_lately(txn, p, &lately);
    if (err != 0)
        return err;
    if (lately >= PROOFS_AN_HOUR)
        return ERR_FULL;
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
    int64_t accounts;
    int err = sql_ask_int(txn, "SELECT count(*) FROM account WHERE email = ?",
                          SQL(sql_text(proof->email)), &accounts);
    if (err != 0)
        return err;
    const bool known = accounts != 0;
    const struct mail *mail = known ? job->known : job->fresh;
    err = proof_begin(txn, proof,
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
    struct id guest_id;       /* that has become the account */
};

/* A live proof: its row stands in *ret_rows. */
static int find(struct sql_txn *txn, const struct proof *shown, int64_t now_ms,
                struct sql_rows **ret_rows)
{
    int err = sql_query(txn,
                        "SELECT code_hash, account_id, name, language, password, password_chars,"
                        " created_at_ms, provider, subject, external_email, email FROM proof"
                        " WHERE proof_id = ? AND kind = ? AND ends_at_ms > ? AND tries < ?",
                        SQL(sql_id(shown->proof_id), sql_int(shown->kind), sql_int(now_ms),
                            sql_int(PROOF_TRIES_MAX)),
                        ret_rows);
    if (err == 0)
        err = sql_next(*ret_rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    if (shown->email.len == 0 || view_eq(sql_get_view(*ret_rows, 10), shown->email))
        return 0;
    sql_done(*ret_rows);
    return ERR_NOT_FOUND;
}

static int copy_row(struct sql_rows *rows, struct arena *arena, struct proof *proof)
{
    proof->password_chars = (uint32_t)sql_get_int(rows, 5);
    proof->created_at_ms = sql_get_int(rows, 6);
    int err = sql_get_id(rows, 1, &proof->account_id);
    const struct {
        int column;
        struct view *text;
    } texts[] = {{2, &proof->name},
                 {3, &proof->language},
                 {4, &proof->password},
                 {7, &proof->external.provider},
                 {8, &proof->external.subject},
                 {9, &proof->external.email},
                 {10, &proof->email}};
    for (size_t i = 0; err == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        err = sql_get_copy(rows, texts[i].column, arena, texts[i].text);
    return err;
}

int proof_take(struct sql_txn *txn, const struct proof *shown, int64_t now_ms, struct arena *arena,
               struct proof *ret_proof, bool *ret_right)
{
    struct sql_rows *rows;
    struct proof proof = {.proof_id = shown->proof_id, .kind = shown->kind};
    int err = find(txn, shown, now_ms, &rows);
    if (err != 0)
        return err;
    const struct view hash = sql_get_view(rows, 0);
    const bool right = hash.len == PROOF_HASH_BYTES &&
                       sodium_memcmp(hash.at, shown->code_hash, PROOF_HASH_BYTES) == 0;
    err = copy_row(rows, arena, &proof);
    sql_done(rows);
    if (err == 0)
        err = sql_run(txn,
                      right ? "DELETE FROM proof WHERE proof_id = ?"
                            : "UPDATE proof SET tries = tries + 1 WHERE proof_id = ?",
                      SQL(sql_id(shown->proof_id)), NULL);
    if (err != 0)
        return err;
    *ret_proof = proof;
    *ret_right = right;
    return 0;
}

/* Whether the code was shown; the account of a proof of registration, and what connects to it. */
static int take(struct sql_txn *txn, struct show_job *job, bool *ret_right)
{
    const struct proof_showing *showing = job->showing;
    const int64_t now_ms = showing->session->created_at_ms;
    struct proof proof,
        shown = {.proof_id = showing->proof_id, .kind = showing->kind, .email = showing->email};
    memcpy(shown.code_hash, showing->code_hash, sizeof(shown.code_hash));
    assert(showing->email.len > 0); /* empty: any */
    int err = proof_take(txn, &shown, now_ms, job->arena, &proof, ret_right);
    if (err != 0)
        return err;
    job->account = (struct account){.account_id = proof.account_id,
                                    .email = showing->email,
                                    .name = proof.name,
                                    .language = proof.language,
                                    .password = proof.password,
                                    .password_chars = proof.password_chars,
                                    .terms_at_ms = proof.created_at_ms,
                                    .created_at_ms = now_ms};
    job->external = proof.external;
    job->external.linked_at_ms = now_ms;
    return 0;
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

/* The account's id: that of the guest it goes on from, unless there is none or it has become an
 * account already, which may have been deleted since: then a fresh one. */
static int choose_id(struct sql_txn *txn, struct show_job *job)
{
    const struct id guest_id = job->account.account_id;
    struct account other;
    bool ended = true;
    int err = id_is_zero(guest_id) ? 0 : account_read(txn, guest_id, job->arena, &other);
    if (err == ERR_NOT_FOUND)
        err = ended_guest_has(txn, guest_id, &ended);
    if (err == 0 && ended)
        job->account.account_id = job->showing->fresh_account_id;
    else if (err == 0)
        job->guest_id = guest_id;
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
    err = choose_id(txn, job);
    if (err == 0)
        err = account_add(txn, account);
    if (err == 0 && !id_is_zero(job->guest_id))
        err = ended_guest_add(txn, job->guest_id, account->created_at_ms);
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
    job->guest_id = (struct id){0};
    int err = take(txn, job, &right);
    if (err != 0)
        return err;
    job->outcome = right ? 0 : ERR_DENIED;
    if (!right)
        return 0;
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
    if (err == 0 && showing->ret_guest_id)
        *showing->ret_guest_id = job.guest_id;
    return err;
}
