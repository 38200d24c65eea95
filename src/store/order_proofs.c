#include "store/order_proofs.h"

#include <sodium.h>

#include "err/err.h"
#include "store/contacts.h"

#define HOUR_MS INT64_C(3600000)

struct put_job {
    struct sql_job job;
    const struct order_proof *proof;
    const struct mail *code, *sign_in;
};

/* The order's contact, if it is that one. */
static int find_contact(struct sql_txn *txn, const struct order_proof *proof, struct arena *arena,
                        struct contact *ret_contact)
{
    struct contact *contacts;
    size_t count;
    int err = contact_find(txn, proof->number, proof->email, 1, arena, &contacts, &count);
    if (err == 0 && count == 0)
        return ERR_NOT_FOUND;
    if (err == 0)
        *ret_contact = contacts[0];
    return err;
}

static int insert(struct sql_txn *txn, const struct order_proof *p, const struct contact *contact,
                  bool shows)
{
    char order[ID_TEXT_CHARS + 1];
    id_format(contact->order_id, order);
    return sql_run(
        txn,
        "INSERT INTO proof (proof_id, kind, email, code_hash, tries, account_id, name, language,"
        " password, password_chars, created_at_ms, ends_at_ms)"
        " VALUES (?, ?, ?, ?, 0, ?, ?, '', '', 0, ?, ?)",
        SQL(sql_id(p->proof_id), sql_int(PROOF_OF_ORDER), sql_text(p->email),
            sql_bytes(view_of(p->code_hash, shows ? PROOF_HASH_BYTES : 0)),
            sql_id(contact->account_id), sql_text(view_str(order)), sql_int(p->created_at_ms),
            sql_int(p->created_at_ms + PROOF_LIFE_MS)),
        NULL);
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    const struct order_proof *proof = job->proof;
    struct arena arena;
    struct contact contact = {0};
    int64_t lately = 0, accounts = 0;
    arena_init(&arena, 65536);
    int err =
        sql_ask_int(txn, "SELECT count(*) FROM proof WHERE email = ? AND created_at_ms > ?",
                    SQL(sql_text(proof->email), sql_int(proof->created_at_ms - HOUR_MS)), &lately);
    if (err == 0 && lately >= PROOFS_AN_HOUR)
        err = ERR_FULL;
    if (err == 0)
        err = find_contact(txn, proof, &arena, &contact);
    const bool found = err == 0;
    if (err == ERR_NOT_FOUND)
        err = 0;
    if (err == 0 && found)
        err = sql_ask_int(txn, "SELECT count(*) FROM account WHERE account_id = ?",
                          SQL(sql_id(contact.account_id)), &accounts);
    const bool guest = found && accounts == 0;
    if (err == 0)
        err = insert(txn, proof, &contact, guest);
    if (err == 0 && found) {
        struct mail mail = guest ? *job->code : *job->sign_in;
        mail.to = contact.email;
        mail.language = contact.language;
        err = mail_put(txn, &mail);
    }
    arena_release(&arena);
    return err;
}

int order_proof_put(struct sql *sql, const struct order_proof *proof, const struct mail *code,
                    const struct mail *sign_in, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .proof = proof, .code = code, .sign_in = sign_in};
    return sql_write(sql, &job.job, deadline_ns);
}

struct show_job {
    struct sql_job job;
    struct id proof_id;
    const uint8_t *code_hash;
    int64_t now_ms;
    int outcome; /* an error that is nevertheless to be committed */
    struct id account_id, order_id;
};

static int read_proof(struct sql_txn *txn, struct show_job *job)
{
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT code_hash, account_id, name FROM proof WHERE proof_id = ?"
                        " AND kind = ? AND ends_at_ms > ? AND tries < ?",
                        SQL(sql_id(job->proof_id), sql_int(PROOF_OF_ORDER), sql_int(job->now_ms),
                            sql_int(PROOF_TRIES_MAX)),
                        &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    const struct view hash = sql_get_view(rows, 0);
    job->outcome = hash.len == PROOF_HASH_BYTES &&
                           sodium_memcmp(hash.at, job->code_hash, PROOF_HASH_BYTES) == 0
                       ? 0
                       : ERR_DENIED;
    err = sql_get_id(rows, 1, &job->account_id);
    if (err == 0 && job->outcome == 0 && id_parse(sql_get_view(rows, 2), &job->order_id) != 0)
        err = ERR_CORRUPT;
    sql_done(rows);
    return err;
}

static int run_show(struct sql_job *base, struct sql_txn *txn)
{
    struct show_job *job = (struct show_job *)base;
    int err = read_proof(txn, job);
    if (err != 0)
        return err;
    return job->outcome == 0 ? sql_run(txn, "DELETE FROM proof WHERE proof_id = ?",
                                       SQL(sql_id(job->proof_id)), NULL)
                             : sql_run(txn, "UPDATE proof SET tries = tries + 1 WHERE proof_id = ?",
                                       SQL(sql_id(job->proof_id)), NULL);
}

int order_proof_show(struct sql *sql, struct id proof_id, const uint8_t code_hash[PROOF_HASH_BYTES],
                     int64_t now_ms, struct id *ret_account_id, struct id *ret_order_id,
                     int64_t deadline_ns)
{
    struct show_job job = {
        .job.run = run_show, .proof_id = proof_id, .code_hash = code_hash, .now_ms = now_ms};
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        err = job.outcome;
    if (err == 0) {
        *ret_account_id = job.account_id;
        *ret_order_id = job.order_id;
    }
    return err;
}
