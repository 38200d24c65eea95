#include "store/payments.h"

#include <string.h>

#include "codec/sha256.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "sale/ledger.h"
#include "store/began.h"
#include "store/hooks.h"
#include "store/payments_heard.h"
#include "store/payments_rows.h"
#include "store/receipts.h"
#include "store/scans.h"
#include "store/tills.h"

/* live: the hold while the attempt may sell it, then the attempt itself: so a hold has only one. */
static const struct sql_step steps[] = {
    {"payment",
     "CREATE TABLE payment (payment_id {bytes} NOT NULL PRIMARY KEY, hold_id {bytes} NOT NULL,"
     " live {bytes} NOT NULL UNIQUE, order_id {bytes}, account_id {bytes} NOT NULL,"
     " performance_id {int} NOT NULL, state {int} NOT NULL, amount {int} NOT NULL,"
     " captured {int} NOT NULL, sold {int} NOT NULL, kept {int} NOT NULL, refunded {int} NOT NULL,"
     " pending {int} NOT NULL, currency {text} NOT NULL, provider {text} NOT NULL,"
     " ref {text} NOT NULL, charge_ref {text} NOT NULL, reason {text} NOT NULL,"
     " return_path {text} NOT NULL, seats {bytes} NOT NULL, created_at_ms {int} NOT NULL,"
     " must_finish_by_ms {int} NOT NULL, next_at_ms {int} NOT NULL, tries {int} NOT NULL,"
     " version {int} NOT NULL, extended {bool} NOT NULL, key_hash {bytes} NOT NULL UNIQUE,"
     " request_hash {bytes} NOT NULL);"
     "CREATE INDEX payment_due ON payment (next_at_ms);"
     "CREATE INDEX payment_hold ON payment (hold_id);"
     "CREATE INDEX payment_order ON payment (order_id);"
     "CREATE INDEX payment_ref ON payment (provider, ref);"
     "CREATE INDEX payment_charge ON payment (provider, charge_ref);"
     "CREATE INDEX payment_performance ON payment (performance_id, payment_id);"
     "CREATE TABLE refund (refund_id {bytes} NOT NULL PRIMARY KEY, payment_id {bytes} NOT NULL,"
     " order_id {bytes}, state {int} NOT NULL, amount {int} NOT NULL, charge {int} NOT NULL,"
     " reason {text} NOT NULL, created_at_ms {int} NOT NULL, next_at_ms {int} NOT NULL,"
     " tries {int} NOT NULL, version {int} NOT NULL);"
     "CREATE INDEX refund_due ON refund (next_at_ms);"
     "CREATE INDEX refund_payment ON refund (payment_id, refund_id);"
     "CREATE TABLE payment_event (event_id {id}, payment_id {bytes} NOT NULL, at_ms {int} NOT NULL,"
     " what {text} NOT NULL, text {long} NOT NULL, amount {int} NOT NULL);"
     "CREATE INDEX payment_event_of ON payment_event (payment_id, event_id);"
     "CREATE TABLE payment_webhook (provider {text} NOT NULL, heard {text} NOT NULL,"
     " at_ms {int} NOT NULL, PRIMARY KEY (provider, heard))"},
    {"refund of seats", "ALTER TABLE refund ADD COLUMN seats {bytes};"
                        "ALTER TABLE refund ADD COLUMN round {int}"},
    {"refund jobs",
     "CREATE TABLE refund_job (job_id {bytes} NOT NULL PRIMARY KEY, performance_id {int} NOT NULL,"
     " running {int} UNIQUE, state {int} NOT NULL, reason {text} NOT NULL,"
     " created_at_ms {int} NOT NULL, finished_at_ms {int} NOT NULL);"
     "CREATE INDEX refund_job_of ON refund_job (performance_id, job_id);"
     "CREATE TABLE refund_item (job_id {bytes} NOT NULL, payment_id {bytes} NOT NULL,"
     " order_id {bytes} NOT NULL, state {int} NOT NULL, amount {int} NOT NULL,"
     " next_at_ms {int} NOT NULL, PRIMARY KEY (job_id, payment_id));"
     "CREATE INDEX refund_item_due ON refund_item (next_at_ms);"
     "CREATE INDEX refund_item_state ON refund_item (job_id, state)"},
    {"equal places", "ALTER TABLE payment ADD COLUMN equal_in {int}"},
    {"selling terms",
     "CREATE TABLE selling_terms (terms_id {id}, organiser_id {int} NOT NULL,"
     " performance_id {int} NOT NULL, account_id {bytes} NOT NULL, since_ms {int} NOT NULL,"
     " fee_ticket {int} NOT NULL, fee_permille {int} NOT NULL, fee_order {int} NOT NULL,"
     " fee_back {int} NOT NULL, price_vat {int} NOT NULL, fee_vat {int} NOT NULL,"
     " seller {text} NOT NULL, registration {text} NOT NULL, mail_order {text} NOT NULL,"
     " representative {text} NOT NULL, address {text} NOT NULL, telephone {text} NOT NULL,"
     " fee_currency {text} NOT NULL, refund_rule {text} NOT NULL);"
     "CREATE INDEX selling_terms_of ON selling_terms (organiser_id, performance_id, terms_id);"
     "ALTER TABLE payment ADD COLUMN organiser_id {int};"
     "ALTER TABLE payment ADD COLUMN terms_id {int};"
     "ALTER TABLE payment ADD COLUMN fee {int};"
     "ALTER TABLE payment ADD COLUMN fee_sold {int};"
     "ALTER TABLE refund ADD COLUMN fee {int};"
     "ALTER TABLE refund ADD COLUMN fee_kept {int}"},
    {"receipts",
     "CREATE TABLE receipt_counter (organiser_id {int} NOT NULL PRIMARY KEY,"
     " last_number {int} NOT NULL);"
     "CREATE TABLE receipt (organiser_id {int} NOT NULL, number {int} NOT NULL,"
     " kind {int} NOT NULL, payment_id {bytes} NOT NULL, about {bytes} NOT NULL UNIQUE,"
     " at_ms {int} NOT NULL, total {int} NOT NULL, fee {int} NOT NULL, vat {int} NOT NULL,"
     " terms_id {int} NOT NULL, currency {text} NOT NULL, PRIMARY KEY (organiser_id, number));"
     "CREATE INDEX receipt_payment ON receipt (payment_id, number)"},
    {"provider accounts", "ALTER TABLE payment ADD COLUMN provider_of {int}"},
    {"paying later",
     "ALTER TABLE payment ADD COLUMN later {int};"
     "ALTER TABLE payment ADD COLUMN tax_free {int};"
     "CREATE TABLE deposit (payment_id {bytes} NOT NULL PRIMARY KEY, bank {text} NOT NULL,"
     " number {text} NOT NULL, secret {text} NOT NULL, account {bytes} NOT NULL,"
     " cash {bytes} NOT NULL, cash_kind {int} NOT NULL, cash_hint {text} NOT NULL,"
     " forget_at_ms {int} NOT NULL);"
     "CREATE INDEX deposit_forget ON deposit (forget_at_ms)"},
    {"a buyer's own", "CREATE INDEX payment_account ON payment (account_id, payment_id)"},
    {"contradictions", "ALTER TABLE payment ADD COLUMN contradiction {text};"
                       "ALTER TABLE payment ADD COLUMN contradicted {int};"
                       "CREATE INDEX payment_contradicted ON payment (contradiction)"},
    {"the rule it is sold by", "ALTER TABLE payment ADD COLUMN refund_rule {text}"},
    {"price types", "ALTER TABLE payment ADD COLUMN types {bytes}"},
    {"traces", "ALTER TABLE payment ADD COLUMN trace {text}"},
    {"codes", "ALTER TABLE payment ADD COLUMN code {int};"
              "ALTER TABLE payment ADD COLUMN code_index {int}"},
    {"tills",
     "CREATE TABLE till (till_id {bytes} NOT NULL PRIMARY KEY, organiser_id {int} NOT NULL,"
     " account_id {bytes} NOT NULL, open_key {bytes} NOT NULL UNIQUE, currency {text} NOT NULL,"
     " opening {int} NOT NULL, opened_at_ms {int} NOT NULL, closed_at_ms {int} NOT NULL,"
     " closed_by {bytes} NOT NULL, counted {int} NOT NULL, expected {int} NOT NULL,"
     " entries {int} NOT NULL, note {text} NOT NULL);"
     "CREATE INDEX till_of ON till (organiser_id, till_id);"
     "CREATE TABLE till_entry (till_id {bytes} NOT NULL, number {int} NOT NULL,"
     " at_ms {int} NOT NULL, kind {int} NOT NULL, means {int} NOT NULL, state {int} NOT NULL,"
     " about {bytes} NOT NULL UNIQUE, order_id {bytes} NOT NULL, performance_id {int} NOT NULL,"
     " places {int} NOT NULL, amount {int} NOT NULL, tendered {int} NOT NULL, note {text} NOT NULL,"
     " next_at_ms {int} NOT NULL, PRIMARY KEY (till_id, number));"
     "CREATE INDEX till_entry_due ON till_entry (next_at_ms);"
     "CREATE TABLE till_rule (organiser_id {int} NOT NULL PRIMARY KEY, comps {bool} NOT NULL)"},
    {"webhooks by age", "CREATE INDEX payment_webhook_age ON payment_webhook (at_ms)"},
    {"keys of refunds", "ALTER TABLE refund ADD COLUMN key_hash {bytes};"
                        "ALTER TABLE refund ADD COLUMN request_hash {bytes};"
                        "CREATE UNIQUE INDEX refund_key ON refund (key_hash)"},
    {"taken back by hand", "ALTER TABLE refund ADD COLUMN taken {int};"
                           "UPDATE refund SET taken = amount WHERE reason = 'TAKEN_BACK'"},
};

int payments_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    const int err = read_only ? 0 : scans_migrate(sql, false, now_ms);
    return err != 0 ? err
                    : sql_migrate(sql, "payments", steps, sizeof(steps) / sizeof(steps[0]),
                                  read_only, now_ms);
}

/* ---- writing ---- */

int payments_add_event(struct sql_txn *txn, const struct payment_event *event)
{
    struct view text = event->text;
    if (text.len > PAYMENT_EVENT_MAX)
        for (text.len = PAYMENT_EVENT_MAX; text.len > 0 && (text.at[text.len] & 0xc0) == 0x80;)
            text.len--; /* no part of a character */
    if (!utf8_line(text))
        text = VIEW_LIT(PAYMENT_EVENT_ODD);
    return sql_run(txn,
                   "INSERT INTO payment_event (payment_id, at_ms, what, text, amount)"
                   " VALUES (?, ?, ?, ?, ?)",
                   SQL(sql_id(event->payment_id), sql_int(event->at_ms),
                       sql_text(view_str(event->what)), sql_text(text), sql_int(event->amount)),
                   NULL);
}

struct put_job {
    struct sql_job job;
    const struct payment *payment;
    uint8_t key_hash[32];
    struct view request_hash;
};

/* A key belongs to its account. */
static int hash_key(struct id account_id, struct view key, uint8_t ret_hash[32])
{
    uint8_t bytes[ID_BYTES + 64];
    if (key.len == 0 || key.len > 64)
        return ERR_INVALID;
    id_to_bytes(account_id, bytes);
    memcpy(bytes + ID_BYTES, key.at, key.len);
    sha256(view_of(bytes, ID_BYTES + key.len), ret_hash);
    return 0;
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    const struct payment *p = job->payment;
    uint8_t seats[4 * PAYMENT_SEATS_MAX];
    char trace[TRACE_PARENT_CHARS + 1];
    int64_t same;
    int err = sql_ask_int(txn, "SELECT count(*) FROM payment WHERE key_hash = ?",
                          SQL(sql_bytes(view_of(job->key_hash, 32))), &same);
    if (err != 0 || same > 0)
        return err != 0 ? err : ERR_EXISTS;
    err = sql_run(
        txn,
        "INSERT INTO payment (payment_id, hold_id, live, account_id, performance_id,"
        " state, amount, captured, sold, kept, refunded, pending, currency, provider, ref,"
        " charge_ref, reason, return_path, seats, created_at_ms, must_finish_by_ms,"
        " next_at_ms, tries, version, extended, key_hash, request_hash, equal_in, organiser_id,"
        " terms_id, fee, fee_sold, provider_of, later, tax_free, refund_rule, types, trace,"
        " code, code_index)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?, ?, ?, ?, '', ?, ?, ?, ?, ?,"
        " 0, 1, 0, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)",
        SQL(sql_id(p->payment_id), sql_id(p->hold_id), sql_id(p->hold_id), sql_id(p->account_id),
            sql_int(p->performance_id), sql_int(p->state), sql_int(p->books.amount),
            sql_text(p->currency), sql_text(p->provider), sql_text(p->ref), sql_text(p->charge),
            sql_text(p->return_path),
            sql_bytes(payments_seats_write(p->seats, p->seat_count, seats)),
            sql_int(p->created_at_ms), sql_int(p->must_finish_by_ms), sql_int(p->next_at_ms),
            sql_bytes(view_of(job->key_hash, 32)), sql_bytes(job->request_hash), sql_int(p->equal),
            sql_int(p->organiser_id), sql_int(p->terms_id), sql_int(p->fee),
            sql_int(p->provider_of), sql_int(p->later), sql_int(p->tax_free),
            sql_text(p->refund_rule), sql_bytes(view_of(p->types, p->seat_count)),
            began_value(txn, p->trace, trace), sql_int(p->code), sql_int(p->code_index)),
        NULL);
    const struct payment_event event = {.at_ms = p->created_at_ms,
                                        .payment_id = p->payment_id,
                                        .what = "attempt",
                                        .text = p->provider,
                                        .amount = p->books.amount};
    return err == 0 ? payments_add_event(txn, &event) : err;
}

int payment_put(struct sql *sql, const struct payment *payment, struct view key,
                struct view request_hash, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .payment = payment, .request_hash = request_hash};
    if (payment->return_path.len > PAYMENT_TEXT_MAX || payment->ref.len > PAYMENT_TEXT_MAX ||
        payment->charge.len > PAYMENT_TEXT_MAX || payment->seat_count > PAYMENT_SEATS_MAX ||
        request_hash.len != 32)
        return ERR_INVALID;
    int err = hash_key(payment->account_id, key, job.key_hash);
    return err == 0 ? sql_write(sql, &job.job, deadline_ns) : err;
}

struct save_job {
    struct sql_job job;
    const struct payment *payment;
    const struct payment_event *event;
    const struct refund *added;
    const struct refund *changed;
    const struct mail *mail;
};

static struct sql_value bytes_or_null(struct view bytes)
{
    return bytes.len > 0 ? sql_bytes(bytes) : sql_null();
}

static int add_refund(struct sql_txn *txn, const struct refund *r)
{
    uint8_t seats[4 * PAYMENT_SEATS_MAX];
    int64_t same = 0;
    int err = r->key_hash.len > 0
                  ? sql_ask_int(txn, "SELECT count(*) FROM refund WHERE key_hash = ?",
                                SQL(sql_bytes(r->key_hash)), &same)
                  : 0;
    if (err != 0 || same > 0)
        return err != 0 ? err : ERR_EXISTS;
    return sql_run(txn,
                   "INSERT INTO refund (refund_id, payment_id, order_id, state, amount, charge,"
                   " reason, created_at_ms, next_at_ms, tries, version, seats, fee, fee_kept,"
                   " key_hash, request_hash, taken)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1, ?, ?, ?, ?, ?, ?)",
                   SQL(sql_id(r->refund_id), sql_id(r->payment_id),
                       payments_id_or_null(r->order_id), sql_int(r->state), sql_int(r->amount),
                       sql_int(r->charge), sql_text(r->reason), sql_int(r->created_at_ms),
                       sql_int(r->next_at_ms),
                       sql_bytes(payments_seats_write(r->seats, r->seat_count, seats)),
                       sql_int(r->fee), sql_int(r->fee_kept), bytes_or_null(r->key_hash),
                       bytes_or_null(r->request_hash), sql_int(r->taken)),
                   NULL);
}

/* Whoever is to have his money is not let in any more, or was never. */
static int end_tickets(struct sql_txn *txn, const struct payment *p, const struct refund *r)
{
    const struct scan_back back = {
        .order_id = r->order_id,
        .performance_id = p->performance_id,
        .seats = r->seat_count > 0 ? r->seats : p->seats,
        .seat_count = r->seat_count > 0 ? r->seat_count : p->seat_count,
        .even_used = r->even_used,
        .at_ms = r->created_at_ms,
    };
    return scan_give_back(txn, &back);
}

static int change_refund(struct sql_txn *txn, const struct refund *r)
{
    uint64_t changes = 0;
    int err =
        sql_run(txn,
                "UPDATE refund SET state = ?, next_at_ms = ?, tries = ?, round = ?,"
                " taken = ?, version = version + 1 WHERE refund_id = ? AND version = ?",
                SQL(sql_int(r->state), sql_int(r->next_at_ms), sql_int(r->tries), sql_int(r->round),
                    sql_int(r->taken), sql_id(r->refund_id), sql_int(r->version)),
                &changes);
    return err == 0 && changes != 1 ? ERR_CONFLICT : err;
}

/* The refund that is done from now on, or NULL. */
static const struct refund *refund_done(const struct save_job *job)
{
    const struct refund *r = job->changed ? job->changed : job->added;
    return r && r->state == REFUND_DONE ? r : NULL;
}

/* Of money that came, or is back: the number it gets is locked until the transaction ends. */
static int add_receipt(struct sql_txn *txn, const struct save_job *job, uint32_t before)
{
    const struct payment *p = job->payment;
    const bool paid = p->state == PAYMENT_CAPTURED && before != PAYMENT_CAPTURED;
    const struct refund *done = refund_done(job);
    if (p->organiser_id == 0 || (!paid && !done)) /* begun before there were receipts */
        return 0;
    assert(job->event);
    return paid ? receipts_add_paid(txn, p, job->event->at_ms)
                : receipts_add_credit(txn, p, done, job->event->at_ms);
}

/* What a till took with it, or handed out. */
static int add_till_entry(struct sql_txn *txn, const struct save_job *job)
{
    const struct payment *p = job->payment;
    const struct refund *r = job->changed ? job->changed : job->added;
    const struct payment_till *till = p->till;
    if (!till)
        return 0;
    assert(job->event);
    const struct till_entry entry = {
        .till_id = till->till_id,
        .at_ms = job->event->at_ms,
        .kind = r ? TILL_REFUND : TILL_SALE,
        .means = till->means,
        .state = TILL_DONE,
        .about = r ? r->refund_id : p->payment_id,
        .order_id = id_is_zero(p->order_id) ? p->hold_id : p->order_id,
        .performance_id = p->performance_id,
        .places = r && r->seat_count > 0 ? r->seat_count : p->seat_count,
        .amount = r ? r->amount : p->books.captured,
        .tendered = r ? 0 : till->tendered,
        .note = till->note,
    };
    return till_add(txn, &entry, p->currency);
}

/* Money that is back is told to those who want to know. */
static int note_refund(struct sql_txn *txn, const struct save_job *job)
{
    const struct refund *r = refund_done(job);
    if (!r || id_is_zero(r->order_id) || !job->event)
        return 0;
    const struct hook_event event = {.type = HOOK_ORDER_REFUNDED,
                                     .at_ms = job->event->at_ms,
                                     .performance_id = job->payment->performance_id,
                                     .order_id = r->order_id,
                                     .seat = -1,
                                     .places = r->seat_count,
                                     .amount = r->amount,
                                     .kept = r->charge};
    return hook_note(txn, &event);
}

/* It sells nothing: it is dead, or all of its money goes back without an order. */
static bool leaves_hold(const struct payment *p)
{
    return payment_is_dead(p->state) ||
           (id_is_zero(p->order_id) &&
            (p->state == PAYMENT_REFUNDING || p->state == PAYMENT_REFUNDED));
}

static int run_save(struct sql_job *base, struct sql_txn *txn)
{
    struct save_job *job = (struct save_job *)base;
    const struct payment *p = job->payment;
    const struct payment_books *b = &p->books;
    uint8_t seats[4 * PAYMENT_SEATS_MAX];
    const struct id live = leaves_hold(p) ? p->payment_id : p->hold_id;
    int64_t before = 0;
    uint64_t changes = 0;
    int err = sql_ask_int(txn, "SELECT state FROM payment WHERE payment_id = ? AND version = ?",
                          SQL(sql_id(p->payment_id), sql_int(p->version)), &before);
    if (err != 0)
        return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
    assert(before == p->state || payment_may((uint32_t)before, p->state));
    /* Money that turns up for a dead attempt leaves the hold to the one that lives. */
    const bool was_dead = payment_is_dead((uint32_t)before);
    err = sql_run(txn,
                  "UPDATE payment SET state = ?, live = ?, order_id = ?, captured = ?, sold = ?,"
                  " kept = ?, refunded = ?, pending = ?, ref = ?, charge_ref = ?, reason = ?,"
                  " must_finish_by_ms = ?, next_at_ms = ?, tries = ?, extended = ?, seats = ?,"
                  " fee_sold = ?, contradiction = ?, contradicted = ?,"
                  " version = version + 1 WHERE payment_id = ? AND version = ?",
                  SQL(sql_int(p->state), sql_id(was_dead ? p->payment_id : live),
                      payments_id_or_null(p->order_id), sql_int(b->captured), sql_int(b->sold),
                      sql_int(b->kept), sql_int(b->refunded), sql_int(b->pending), sql_text(p->ref),
                      sql_text(p->charge), sql_text(p->reason), sql_int(p->must_finish_by_ms),
                      sql_int(p->next_at_ms), sql_int(p->tries), sql_int(p->extended),
                      sql_bytes(payments_seats_write(p->seats, p->seat_count, seats)),
                      sql_int(p->fee_sold), sql_text(p->contradiction), sql_int(p->contradicted),
                      sql_id(p->payment_id), sql_int(p->version)),
                  &changes);
    if (err == 0 && changes != 1)
        err = ERR_CONFLICT;
    if (err == 0 && job->added)
        err = add_refund(txn, job->added);
    if (err == 0 && job->added && job->added->state == REFUND_PENDING &&
        !id_is_zero(job->added->order_id))
        err = end_tickets(txn, p, job->added);
    if (err == 0 && job->changed)
        err = change_refund(txn, job->changed);
    if (err == 0 && job->mail) {
        err = mail_put(txn, job->mail);
        if (err == ERR_CONFLICT)
            err = ERR_EXISTS; /* the mail, not the row */
    }
    if (err == 0 && job->event)
        err = payments_add_event(txn, job->event);
    if (err == 0)
        err = add_receipt(txn, job, (uint32_t)before);
    if (err == 0)
        err = add_till_entry(txn, job);
    return err == 0 ? note_refund(txn, job) : err;
}

static int save(struct sql *sql, struct save_job *job, struct payment *payment, int64_t deadline_ns)
{
    job->job.run = run_save;
    job->payment = payment;
    assert(payment_books_hold(payment->state, &payment->books));
    int err = sql_write(sql, &job->job, deadline_ns);
    payment->version += err == 0;
    if (err == 0)
        payment->till = NULL; /* it is written once */
    return err;
}

int payment_save(struct sql *sql, struct payment *payment, const struct payment_event *event,
                 const struct refund *refund, int64_t deadline_ns)
{
    struct save_job job = {.event = event, .added = refund};
    return save(sql, &job, payment, deadline_ns);
}

int payment_tell(struct sql *sql, struct payment *payment, const struct payment_event *event,
                 const struct mail *mail, int64_t deadline_ns)
{
    struct save_job job = {.event = event, .mail = mail};
    return save(sql, &job, payment, deadline_ns);
}

int refund_add(struct sql *sql, struct payment *payment, const struct refund *refund,
               const struct payment_event *event, const struct mail *mail, int64_t deadline_ns)
{
    struct save_job job = {.event = event, .added = refund, .mail = mail};
    return save(sql, &job, payment, deadline_ns);
}

int refund_save(struct sql *sql, struct payment *payment, struct refund *refund,
                const struct payment_event *event, const struct mail *mail, int64_t deadline_ns)
{
    struct save_job job = {.event = event, .changed = refund, .mail = mail};
    int err = save(sql, &job, payment, deadline_ns);
    refund->version += err == 0;
    return err;
}

struct note_job {
    struct sql_job job;
    const struct payment_event *event;
};

static int run_note(struct sql_job *base, struct sql_txn *txn)
{
    return payments_add_event(txn, ((struct note_job *)base)->event);
}

int payment_note(struct sql *sql, const struct payment_event *event, int64_t deadline_ns)
{
    struct note_job job = {.job.run = run_note, .event = event};
    return sql_write(sql, &job.job, deadline_ns);
}

struct webhook_job {
    struct sql_job job;
    struct view provider, event_id;
    int64_t now_ms;
};

static int run_webhook(struct sql_job *base, struct sql_txn *txn)
{
    struct webhook_job *job = (struct webhook_job *)base;
    int err =
        sql_run(txn, "INSERT INTO payment_webhook (provider, heard, at_ms) VALUES (?, ?, ?)",
                SQL(sql_text(job->provider), sql_text(job->event_id), sql_int(job->now_ms)), NULL);
    return err == ERR_CONFLICT ? ERR_EXISTS : err;
}

int webhook_put(struct sql *sql, struct view provider, struct view event_id, int64_t now_ms,
                int64_t deadline_ns)
{
    struct webhook_job job = {
        .job.run = run_webhook, .provider = provider, .event_id = event_id, .now_ms = now_ms};
    if (event_id.len == 0 || event_id.len > PAYMENT_TEXT_MAX)
        return ERR_INVALID;
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_forget(struct sql_job *base, struct sql_txn *txn)
{
    int64_t before_ms = ((struct webhook_job *)base)->now_ms, oldest_ms;
    int err = sql_ask_int(txn, "SELECT coalesce(min(at_ms), 0) FROM payment_webhook", NULL, 0,
                          &oldest_ms);
    if (err == 0 && before_ms > oldest_ms + WEBHOOKS_FORGET_MS)
        before_ms = oldest_ms + WEBHOOKS_FORGET_MS;
    return err != 0 ? err
                    : sql_run(txn, "DELETE FROM payment_webhook WHERE at_ms < ?",
                              SQL(sql_int(before_ms)), NULL);
}

int webhooks_forget(struct sql *sql, int64_t before_ms, int64_t deadline_ns)
{
    struct webhook_job job = {.job.run = run_forget, .now_ms = before_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- by key ---- */

struct key_job {
    struct sql_job job;
    uint8_t key_hash[32];
    struct view request_hash;
    struct arena *arena;
    struct payment payment;
    bool same;
};

static int run_key(struct sql_job *base, struct sql_txn *txn)
{
    struct key_job *job = (struct key_job *)base;
    int64_t same;
    int err =
        payments_read_one(txn, "SELECT " PAYMENT_COLUMNS " FROM payment WHERE key_hash = ?",
                          SQL(sql_bytes(view_of(job->key_hash, 32))), job->arena, &job->payment);
    if (err == 0)
        err = sql_ask_int(
            txn, "SELECT count(*) FROM payment WHERE key_hash = ? AND request_hash = ?",
            SQL(sql_bytes(view_of(job->key_hash, 32)), sql_bytes(job->request_hash)), &same);
    job->same = err == 0 && same == 1;
    return err;
}

int payment_by_key(struct sql *sql, struct id account_id, struct view key, struct view request_hash,
                   struct arena *arena, struct payment *ret_payment, bool *ret_same,
                   int64_t deadline_ns)
{
    struct key_job job = {.job.run = run_key, .request_hash = request_hash, .arena = arena};
    int err = hash_key(account_id, key, job.key_hash);
    if (err == 0)
        err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_payment = job.payment;
        *ret_same = job.same;
    }
    return err;
}
