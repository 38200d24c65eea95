#include "store/order_proofs.h"

#include <sodium.h>

#include "err/err.h"
#include "store/contacts.h"
#include "store/ended_guests.h"

#define ARENA_BYTES 65536

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
    int err = contact_find(txn, proof->number, proof->email, true, 1, arena, &contacts, &count);
    if (err == 0 && count == 0)
        return ERR_NOT_FOUND;
    if (err == 0)
        *ret_contact = contacts[0];
    return err;
}

static int begin(struct sql_txn *txn, const struct order_proof *p, const struct contact *contact,
                 bool shows)
{
    char order[ID_TEXT_CHARS + 1];
    id_format(contact->order_id, order);
    struct proof proof = {.proof_id = p->proof_id,
                          .kind = PROOF_OF_ORDER,
                          .email = p->email,
                          .account_id = contact->account_id,
                          .name = view_str(order),
                          .created_at_ms = p->created_at_ms};
    memcpy(proof.code_hash, p->code_hash, sizeof(proof.code_hash));
    return proof_begin(txn, &proof, shows);
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    const struct order_proof *proof = job->proof;
    struct arena arena;
    struct contact contact = {0};
    int64_t accounts = 0;
    arena_init(&arena, ARENA_BYTES);
    int err = find_contact(txn, proof, &arena, &contact);
    const bool found = err == 0;
    if (err == ERR_NOT_FOUND)
        err = 0;
    if (err == 0 && found)
        err = sql_ask_int(txn, "SELECT count(*) FROM account WHERE account_id = ?",
                          SQL(sql_id(contact.account_id)), &accounts);
    const bool guest = found && accounts == 0;
    if (err == 0)
        err = begin(txn, proof, &contact, guest);
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
    bool right; /* false is committed too: a try was counted */
    struct id account_id, order_id;
};

/* ERR_NOT_FOUND: the guest has become an account since, whose owner signs in. */
static int check_guest(struct sql_txn *txn, struct id account_id)
{
    bool ended = false;
    const int err = ended_guest_has(txn, account_id, &ended);
    return err == 0 && ended ? ERR_NOT_FOUND : err;
}

static int run_show(struct sql_job *base, struct sql_txn *txn)
{
    struct show_job *job = (struct show_job *)base;
    struct proof proof = {0}, shown = {.proof_id = job->proof_id, .kind = PROOF_OF_ORDER};
    struct arena arena;
    memcpy(shown.code_hash, job->code_hash, sizeof(shown.code_hash));
    arena_init(&arena, ARENA_BYTES);
    int err = proof_take(txn, &shown, job->now_ms, &arena, &proof, &job->right);
    job->account_id = proof.account_id;
    if (err == 0 && job->right && id_parse(proof.name, &job->order_id) != 0)
        err = ERR_CORRUPT;
    if (err == 0 && job->right)
        err = check_guest(txn, proof.account_id);
    arena_release(&arena);
    return err;
}

int order_proof_show(struct sql *sql, struct id proof_id, const uint8_t code_hash[PROOF_HASH_BYTES],
                     int64_t now_ms, struct id *ret_account_id, struct id *ret_order_id,
                     int64_t deadline_ns)
{
    struct show_job job = {
        .job.run = run_show, .proof_id = proof_id, .code_hash = code_hash, .now_ms = now_ms};
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0 && !job.right)
        err = ERR_DENIED;
    if (err == 0) {
        *ret_account_id = job.account_id;
        *ret_order_id = job.order_id;
    }
    return err;
}
