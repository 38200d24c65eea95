#include "store/reminders.h"

#include <sodium.h>
#include <stdio.h>

#include "err/err.h"
#include "store/playbill.h"
#include "store/proofs.h"

#define HOUR_MS INT64_C(3600000)

static const struct sql_step steps[] = {
    {"reminders",
     "CREATE TABLE reminder (reminder_id {bytes} NOT NULL PRIMARY KEY, event_id {int} NOT NULL,"
     " email {text} NOT NULL, language {text} NOT NULL, account_id {bytes} NOT NULL,"
     " created_at_ms {int} NOT NULL);"
     "CREATE UNIQUE INDEX reminder_address ON reminder (email, event_id);"
     "CREATE INDEX reminder_event ON reminder (event_id, reminder_id);"
     "CREATE INDEX reminder_account ON reminder (account_id, event_id);"
     "CREATE INDEX reminder_age ON reminder (created_at_ms);"
     "CREATE TABLE reminder_count (event_id {int} NOT NULL PRIMARY KEY, reminders {int} NOT NULL)"},
};

int reminders_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "reminders", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                       now_ms);
}

/* ---- within a job ---- */

/* Whether the public sees the event. ERR_NOT_FOUND where not. */
static int check_event(struct sql_txn *txn, uint32_t event_id)
{
    int64_t state = 0;
    int err = event_id == 0 ? ERR_NOT_FOUND
                            : sql_ask_int(txn, "SELECT state FROM playbill WHERE event_id = ?",
                                          SQL(sql_int(event_id)), &state);
    return err == 0 && state != PLAYBILL_PUBLISHED ? ERR_NOT_FOUND : err;
}

/* Counts one of the event up or down. */
static int count_one(struct sql_txn *txn, uint32_t event_id, int by)
{
    uint64_t changes;
    int err = sql_run(txn, "UPDATE reminder_count SET reminders = reminders + ? WHERE event_id = ?",
                      SQL(sql_int(by), sql_int(event_id)), &changes);
    return err == 0 && changes == 0
               ? sql_run_first(txn,
                               "INSERT INTO reminder_count (event_id, reminders) VALUES (?, ?)",
                               SQL(sql_int(event_id), sql_int(by)))
               : err;
}

static int find_id(struct sql_txn *txn, const struct reminder *r, struct id *ret_id)
{
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT reminder_id FROM reminder WHERE email = ? AND event_id = ?",
                        SQL(sql_text(r->email), sql_int(r->event_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = sql_get_id(rows, 0, ret_id);
    sql_done(rows);
    return err;
}

static int check_room(struct sql_txn *txn, const struct reminder *r)
{
    int64_t count = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM reminder WHERE email = ?",
                          SQL(sql_text(r->email)), &count);
    if (err == 0 && count >= REMINDERS_ADDRESS_MAX)
        return ERR_BUSY;
    if (err == 0)
        err = sql_ask_int(txn, "SELECT reminders FROM reminder_count WHERE event_id = ?",
                          SQL(sql_int(r->event_id)), &count);
    if (err == ERR_NOT_FOUND)
        return 0;
    return err == 0 && count >= REMINDERS_EVENT_MAX ? ERR_FULL : err;
}

static int add(struct sql_txn *txn, const struct reminder *r, struct id *ret_id)
{
    int err = check_event(txn, r->event_id);
    if (err != 0)
        return err;
    err = find_id(txn, r, ret_id);
    if (err == 0 && !id_is_zero(r->account_id)) /* asked for once more, signed in by now */
        return sql_run(txn, "UPDATE reminder SET account_id = ? WHERE reminder_id = ?",
                       SQL(sql_id(r->account_id), sql_id(*ret_id)), NULL);
    if (err != ERR_NOT_FOUND)
        return err;
    err = check_room(txn, r);
    if (err == 0)
        err = sql_run_first(
            txn,
            "INSERT INTO reminder (reminder_id, event_id, email, language, account_id,"
            " created_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
            SQL(sql_id(r->reminder_id), sql_int(r->event_id), sql_text(r->email),
                sql_text(r->language), sql_id(r->account_id), sql_int(r->created_at_ms)));
    *ret_id = r->reminder_id;
    return err == 0 ? count_one(txn, r->event_id, 1) : err;
}

/* Ends one; *ret_gone: it was gone already. */
static int end(struct sql_txn *txn, const struct reminder *r, bool *ret_gone)
{
    uint64_t changes = 0;
    int err = sql_run(txn, "DELETE FROM reminder WHERE reminder_id = ?",
                      SQL(sql_id(r->reminder_id)), &changes);
    *ret_gone = changes == 0;
    return err == 0 && changes > 0 ? count_one(txn, r->event_id, -1) : err;
}

/* ---- beginning ---- */

struct add_job {
    struct sql_job job;
    const struct reminder *reminder;
    struct id id;
    const uint8_t *code_hash;
    const struct mail *code;
};

static int run_add(struct sql_job *base, struct sql_txn *txn)
{
    struct add_job *job = (struct add_job *)base;
    return add(txn, job->reminder, &job->id);
}

int reminder_add(struct sql *sql, const struct reminder *reminder, struct id *ret_id,
                 int64_t deadline_ns)
{
    struct add_job job = {.job.run = run_add, .reminder = reminder};
    assert(!id_is_zero(reminder->reminder_id) && reminder->email.len <= MAIL_ADDRESS_MAX);
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_id = job.id;
    return err;
}

/* The number of the event stands where a proof of an account has its name. */
static int run_ask(struct sql_job *base, struct sql_txn *txn)
{
    const struct add_job *job = (const struct add_job *)base;
    const struct reminder *r = job->reminder;
    char event[16];
    snprintf(event, sizeof(event), "%u", r->event_id);
    struct proof proof = {.proof_id = r->reminder_id,
                          .kind = PROOF_OF_REMINDER,
                          .email = r->email,
                          .account_id = r->account_id,
                          .name = view_str(event),
                          .language = r->language,
                          .created_at_ms = r->created_at_ms};
    memcpy(proof.code_hash, job->code_hash, sizeof(proof.code_hash));
    int err = check_event(txn, r->event_id);
    if (err == 0)
        err = proof_begin(txn, &proof, true);
    return err == 0 ? mail_put(txn, job->code) : err;
}

int reminder_ask(struct sql *sql, const struct reminder *reminder,
                 const uint8_t code_hash[PROOF_HASH_BYTES], const struct mail *code,
                 int64_t deadline_ns)
{
    struct add_job job = {
        .job.run = run_ask, .reminder = reminder, .code_hash = code_hash, .code = code};
    assert(!id_is_zero(reminder->reminder_id) && reminder->email.len <= MAIL_ADDRESS_MAX);
    return sql_write(sql, &job.job, deadline_ns);
}

struct show_job {
    struct sql_job job;
    struct id proof_id, fresh_id;
    const uint8_t *code_hash;
    int64_t now_ms;
    struct arena *arena;
    struct reminder reminder;
    bool right; /* false is committed too: a try was counted */
};

static int run_show(struct sql_job *base, struct sql_txn *txn)
{
    struct show_job *job = (struct show_job *)base;
    struct proof proof, shown = {.proof_id = job->proof_id, .kind = PROOF_OF_REMINDER};
    uint64_t event_id;
    memcpy(shown.code_hash, job->code_hash, sizeof(shown.code_hash));
    int err = proof_take(txn, &shown, job->now_ms, job->arena, &proof, &job->right);
    if (err != 0 || !job->right)
        return err;
    if (!view_to_u64(proof.name, UINT32_MAX, &event_id))
        return ERR_CORRUPT;
    job->reminder = (struct reminder){.reminder_id = job->fresh_id,
                                      .event_id = (uint32_t)event_id,
                                      .email = proof.email,
                                      .language = proof.language,
                                      .account_id = proof.account_id,
                                      .created_at_ms = job->now_ms};
    return add(txn, &job->reminder, &job->reminder.reminder_id);
}

int reminder_show(struct sql *sql, struct id proof_id, const uint8_t code_hash[PROOF_HASH_BYTES],
                  struct id fresh_id, int64_t now_ms, struct arena *arena,
                  struct reminder *ret_reminder, int64_t deadline_ns)
{
    struct show_job job = {.job.run = run_show,
                           .proof_id = proof_id,
                           .fresh_id = fresh_id,
                           .code_hash = code_hash,
                           .now_ms = now_ms,
                           .arena = arena};
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0 && !job.right)
        err = ERR_DENIED;
    if (err == 0)
        *ret_reminder = job.reminder;
    return err;
}

/* ---- reading ---- */

#define COLUMNS "reminder_id, event_id, email, language, account_id, created_at_ms"

static int copy_row(struct sql_rows *rows, struct arena *arena, struct reminder *r)
{
    int err = sql_get_id(rows, 0, &r->reminder_id);
    r->event_id = (uint32_t)sql_get_int(rows, 1);
    r->created_at_ms = sql_get_int(rows, 5);
    if (err == 0)
        err = sql_get_copy(rows, 2, arena, &r->email);
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &r->language);
    return err == 0 ? sql_get_id(rows, 4, &r->account_id) : err;
}

enum page_kind { PAGE_EVENT, PAGE_ACCOUNT, PAGE_OLD };

struct page_job {
    struct sql_job job;
    enum page_kind kind;
    struct sql_value key;
    size_t max;
    struct arena *arena;
    struct reminder *reminders;
    size_t count;
};

static int read_page(struct sql_txn *txn, struct page_job *job)
{
    static const char *const texts[] = {
        [PAGE_EVENT] = "SELECT " COLUMNS " FROM reminder WHERE event_id = ?"
                       " ORDER BY reminder_id LIMIT ?",
        [PAGE_ACCOUNT] = "SELECT " COLUMNS " FROM reminder WHERE account_id = ?"
                         " ORDER BY event_id LIMIT ?",
        [PAGE_OLD] = "SELECT " COLUMNS " FROM reminder WHERE created_at_ms < ?"
                     " ORDER BY created_at_ms LIMIT ?",
    };
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn, texts[job->kind], SQL(job->key, sql_int((int64_t)job->max)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->reminders[job->count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

static int run_page(struct sql_job *base, struct sql_txn *txn)
{
    return read_page(txn, (struct page_job *)base);
}

static int page(struct sql *sql, struct page_job *job, struct reminder **ret_reminders,
                size_t *ret_count, int64_t deadline_ns)
{
    job->job.run = run_page;
    if (job->max > REMINDERS_PAGE_MAX)
        job->max = REMINDERS_PAGE_MAX;
    job->reminders = arena_alloc(job->arena, job->max * sizeof(*job->reminders));
    if (!job->reminders)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job->job, deadline_ns);
    if (err == 0) {
        *ret_reminders = job->reminders;
        *ret_count = job->count;
    }
    return err;
}

int reminder_list(struct sql *sql, struct id account_id, struct arena *arena,
                  struct reminder **ret_reminders, size_t *ret_count, int64_t deadline_ns)
{
    struct page_job job = {
        .kind = PAGE_ACCOUNT, .key = sql_id(account_id), .max = REMINDERS_PAGE_MAX, .arena = arena};
    if (id_is_zero(account_id)) { /* those of nobody are nobody's to see */
        *ret_count = 0;
        return 0;
    }
    return page(sql, &job, ret_reminders, ret_count, deadline_ns);
}

int reminder_page(struct sql *sql, uint32_t event_id, size_t rows_max, struct arena *arena,
                  struct reminder **ret_reminders, size_t *ret_count, int64_t deadline_ns)
{
    struct page_job job = {
        .kind = PAGE_EVENT, .key = sql_int(event_id), .max = rows_max, .arena = arena};
    return page(sql, &job, ret_reminders, ret_count, deadline_ns);
}

struct counts_job {
    struct sql_job job;
    struct reminder_count *counts;
    size_t count;
};

static int run_counts(struct sql_job *base, struct sql_txn *txn)
{
    struct counts_job *job = (struct counts_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT event_id, reminders FROM reminder_count WHERE reminders > 0"
                        " ORDER BY event_id LIMIT ?",
                        SQL(sql_int(STORE_EVENTS_MAX)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        job->counts[job->count++] = (struct reminder_count){
            .event_id = (uint32_t)sql_get_int(rows, 0), .count = (uint64_t)sql_get_int(rows, 1)};
        err = 0;
    }
    return err;
}

int reminder_counts(struct sql *sql, struct arena *arena, struct reminder_count **ret_counts,
                    size_t *ret_count, int64_t deadline_ns)
{
    struct counts_job job = {.job.run = run_counts,
                             .counts = arena_alloc(arena, STORE_EVENTS_MAX * sizeof(*job.counts))};
    if (!job.counts)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_counts = job.counts;
        *ret_count = job.count;
    }
    return err;
}

/* ---- ending ---- */

struct end_job {
    struct sql_job job;
    struct id reminder_id, account_id;
    uint32_t event_id;
    const struct reminder *reminders;
    const struct mail *mails; /* or NULL */
    size_t count, written;
};

static int run_cancel(struct sql_job *base, struct sql_txn *txn)
{
    const struct end_job *job = (const struct end_job *)base;
    struct reminder r = {.reminder_id = job->reminder_id};
    struct sql_rows *rows;
    bool gone;
    int err = id_is_zero(job->reminder_id)
                  ? sql_query(txn,
                              "SELECT reminder_id, event_id FROM reminder WHERE account_id = ?"
                              " AND event_id = ?",
                              SQL(sql_id(job->account_id), sql_int(job->event_id)), &rows)
                  : sql_query(txn,
                              "SELECT reminder_id, event_id FROM reminder"
                              " WHERE reminder_id = ?",
                              SQL(sql_id(job->reminder_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err;
    err = sql_get_id(rows, 0, &r.reminder_id);
    r.event_id = (uint32_t)sql_get_int(rows, 1);
    sql_done(rows);
    return err == 0 ? end(txn, &r, &gone) : err;
}

int reminder_cancel(struct sql *sql, struct id reminder_id, struct id account_id, uint32_t event_id,
                    int64_t deadline_ns)
{
    struct end_job job = {.job.run = run_cancel,
                          .reminder_id = reminder_id,
                          .account_id = account_id,
                          .event_id = event_id};
    assert(!id_is_zero(reminder_id) || !id_is_zero(account_id));
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_done(struct sql_job *base, struct sql_txn *txn)
{
    struct end_job *job = (struct end_job *)base;
    int err = 0;
    job->written = 0;
    for (size_t i = 0; err == 0 && i < job->count; i++) {
        bool gone = false;
        err = end(txn, &job->reminders[i], &gone);
        if (err != 0 || gone || !job->mails)
            continue;
        err = mail_put(txn, &job->mails[i]);
        job->written += err == 0;
    }
    return err;
}

int reminder_done(struct sql *sql, const struct reminder *reminders, const struct mail *mails,
                  size_t count, size_t *ret_written, int64_t deadline_ns)
{
    struct end_job job = {
        .job.run = run_done, .reminders = reminders, .mails = mails, .count = count};
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0 && ret_written)
        *ret_written = job.written;
    return err;
}

/* At most REMINDERS_ADDRESS_MAX of the account's own, and as many that its address asked for
 * without it. */
int reminder_forget(struct sql_txn *txn, struct id account_id)
{
    struct sql_rows *rows;
    struct reminder found[2 * REMINDERS_ADDRESS_MAX];
    size_t count = 0;
    bool gone;
    int err = sql_query(
        txn,
        "SELECT reminder_id, event_id FROM reminder WHERE account_id = ?"
        " OR email IN (SELECT email FROM account WHERE account_id = ?) LIMIT ?",
        SQL(sql_id(account_id), sql_id(account_id), sql_int(sizeof(found) / sizeof(found[0]))),
        &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        found[count] = (struct reminder){.event_id = (uint32_t)sql_get_int(rows, 1)};
        err = sql_get_id(rows, 0, &found[count++].reminder_id);
        if (err < 0)
            sql_done(rows);
    }
    for (size_t i = 0; err == 0 && i < count; i++)
        err = end(txn, &found[i], &gone);
    return err;
}

int reminder_sweep(struct sql *sql, int64_t now_ms, int64_t deadline_ns)
{
    struct arena arena;
    struct reminder *old;
    size_t count = 0;
    arena_init(&arena, 1u << 20);
    struct page_job job = {.kind = PAGE_OLD,
                           .key = sql_int(now_ms - REMINDER_KEEP_MS),
                           .max = REMINDERS_PAGE_MAX,
                           .arena = &arena};
    int err = page(sql, &job, &old, &count, deadline_ns);
    if (err == 0 && count > 0)
        err = reminder_done(sql, old, NULL, count, NULL, deadline_ns);
    arena_release(&arena);
    return err;
}
