#include "store/mails.h"

#include "err/err.h"
#include "mem/utf8.h"
#include "store/began.h"

static const struct sql_step steps[] = {
    {"mail", "CREATE TABLE mail (mail_id {id}, recipient {text} NOT NULL, template {text} NOT NULL,"
             " language {text} NOT NULL, params {long} NOT NULL, state {int} NOT NULL,"
             " tries {int} NOT NULL, created_at_ms {int} NOT NULL);"
             "CREATE INDEX mail_recipient ON mail (recipient, mail_id)"},
    {"mail sending", "ALTER TABLE mail ADD COLUMN mail_key {text};"
                     "ALTER TABLE mail ADD COLUMN unclear {int};"
                     "ALTER TABLE mail ADD COLUMN next_try_at_ms {int};"
                     "ALTER TABLE mail ADD COLUMN sent_at_ms {int};"
                     "ALTER TABLE mail ADD COLUMN message_id {text};"
                     "ALTER TABLE mail ADD COLUMN last_error {text};"
                     "UPDATE mail SET unclear = 0, next_try_at_ms = created_at_ms;"
                     "CREATE UNIQUE INDEX mail_by_key ON mail (mail_key);"
                     "CREATE INDEX mail_due ON mail (state, next_try_at_ms)"},
    {"traces", "ALTER TABLE mail ADD COLUMN trace {text}"},
    /* messages.h */
    {"messages",
     "CREATE TABLE buyer_message (message_id {id}, performance_id {int} NOT NULL,"
     " day {int} NOT NULL, ordinal {int} NOT NULL, nonce {text} NOT NULL, category {int} NOT NULL,"
     " absent {bool} NOT NULL, subject_en {text} NOT NULL, text_en {long} NOT NULL,"
     " subject_ko {text} NOT NULL, text_ko {long} NOT NULL, created_at_ms {int} NOT NULL,"
     " addresses {int} NOT NULL, mails {int} NOT NULL, told_to {text} NOT NULL,"
     " done {bool} NOT NULL);"
     "CREATE UNIQUE INDEX buyer_message_day ON buyer_message (performance_id, day, ordinal);"
     "CREATE UNIQUE INDEX buyer_message_nonce ON buyer_message (performance_id, nonce);"
     "CREATE INDEX buyer_message_open ON buyer_message (done, message_id)"},
};

int mails_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "mails", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

int mail_put(struct sql_txn *txn, const struct mail *mail)
{
    if (mail->to.len == 0 || mail->to.len > MAIL_ADDRESS_MAX || mail->template.len == 0 ||
        mail->template.len > MAIL_TEMPLATE_MAX || mail->params.len > MAIL_PARAMS_MAX ||
        mail->key.len > MAIL_KEY_MAX)
        return ERR_INVALID;
    char trace[TRACE_PARENT_CHARS + 1];
    return sql_run(txn,
                   "INSERT INTO mail (recipient, template, language, params, state, tries,"
                   " created_at_ms, mail_key, unclear, next_try_at_ms, trace)"
                   " VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, ?, ?)",
                   SQL(sql_text(mail->to), sql_text(mail->template), sql_text(mail->language),
                       sql_text(mail->params), sql_int(MAIL_WAITING), sql_int(mail->created_at_ms),
                       mail->key.len ? sql_text(mail->key) : sql_null(),
                       sql_int(mail->created_at_ms), began_value(txn, mail->trace, trace)),
                   NULL);
}

int mail_count(struct sql_txn *txn, struct view prefix, int64_t *ret_count)
{
    char after[MAIL_KEY_MAX];
    assert(prefix.len > 0 && prefix.len <= sizeof(after) && prefix.at[prefix.len - 1] == ':');
    memcpy(after, prefix.at, prefix.len);
    after[prefix.len - 1]++;
    return sql_ask_int(txn, "SELECT count(*) FROM mail WHERE mail_key >= ? AND mail_key < ?",
                       SQL(sql_text(prefix), sql_text(view_of(after, prefix.len))), ret_count);
}

/* ---- reading ---- */

#define COLUMNS                                                                                    \
    "mail_id, recipient, template, language, params, mail_key, state, tries, unclear,"             \
    " created_at_ms, next_try_at_ms, sent_at_ms, message_id, last_error, trace"

static int read_mail(struct sql_rows *rows, struct arena *arena, struct mail *ret_mail)
{
    struct view *const texts[] = {&ret_mail->to,         &ret_mail->template, &ret_mail->language,
                                  &ret_mail->params,     &ret_mail->key,      &ret_mail->message_id,
                                  &ret_mail->last_error, &ret_mail->trace};
    static const int columns[] = {1, 2, 3, 4, 5, 12, 13, 14};
    *ret_mail = (struct mail){
        .mail_id = (uint64_t)sql_get_int(rows, 0),
        .state = (enum mail_state)sql_get_int(rows, 6),
        .tries = (uint32_t)sql_get_int(rows, 7),
        .unclear = (uint32_t)sql_get_int(rows, 8),
        .created_at_ms = sql_get_int(rows, 9),
        .next_try_at_ms = sql_get_int(rows, 10),
        .sent_at_ms = sql_get_int(rows, 11),
    };
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof(columns) / sizeof(columns[0]); i++)
        err = sql_get_copy(rows, columns[i], arena, texts[i]);
    return err;
}

enum list_kind { LIST_ALL, LIST_TO, LIST_DUE, LIST_ONE };

struct list_job {
    struct sql_job job;
    enum list_kind kind;
    int64_t number; /* before this id; due at this time; the id */
    struct view to;
    size_t rows_max;
    struct arena *arena;
    struct mail *mails;
    size_t count;
};

static const char *const texts[] = {
    [LIST_ALL] = "SELECT " COLUMNS " FROM mail WHERE mail_id < ? ORDER BY mail_id DESC LIMIT ?",
    [LIST_TO] = "SELECT " COLUMNS " FROM mail WHERE recipient = ? AND mail_id < ?"
                " ORDER BY mail_id DESC LIMIT ?",
    [LIST_DUE] = "SELECT " COLUMNS " FROM mail WHERE state = ? AND next_try_at_ms <= ?"
                 " ORDER BY next_try_at_ms LIMIT ?",
    [LIST_ONE] = "SELECT " COLUMNS " FROM mail WHERE mail_id = ? LIMIT ?",
};

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_value values[3];
    size_t count = 0;
    struct sql_rows *rows;
    if (job->kind == LIST_TO)
        values[count++] = sql_text(job->to);
    if (job->kind == LIST_DUE)
        values[count++] = sql_int(MAIL_WAITING);
    values[count++] = sql_int(job->number);
    values[count++] = sql_int((int64_t)job->rows_max);
    int err = sql_query(txn, texts[job->kind], values, count, &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = read_mail(rows, job->arena, &job->mails[job->count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

static int list(struct sql *sql, struct list_job *job, struct mail **ret_mails, size_t *ret_count,
                int64_t deadline_ns)
{
    job->job.run = run_list;
    if (job->rows_max > MAIL_PAGE_MAX)
        job->rows_max = MAIL_PAGE_MAX;
    job->mails = arena_alloc(job->arena, job->rows_max * sizeof(struct mail));
    if (!job->mails)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job->job, deadline_ns);
    if (err == 0) {
        *ret_mails = job->mails;
        *ret_count = job->count;
    }
    return err;
}

int mail_list(struct sql *sql, uint64_t before_mail_id, struct view to, size_t rows_max,
              struct arena *arena, struct mail **ret_mails, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {
        .kind = to.len ? LIST_TO : LIST_ALL,
        .number = before_mail_id ? (int64_t)before_mail_id : INT64_MAX,
        .to = to,
        .rows_max = rows_max,
        .arena = arena,
    };
    return list(sql, &job, ret_mails, ret_count, deadline_ns);
}

int mail_due(struct sql *sql, int64_t now_ms, size_t rows_max, struct arena *arena,
             struct mail **ret_mails, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {
        .kind = LIST_DUE, .number = now_ms, .rows_max = rows_max, .arena = arena};
    return list(sql, &job, ret_mails, ret_count, deadline_ns);
}

int mail_get(struct sql *sql, uint64_t mail_id, struct arena *arena, struct mail *ret_mail,
             int64_t deadline_ns)
{
    struct list_job job = {
        .kind = LIST_ONE, .number = (int64_t)mail_id, .rows_max = 1, .arena = arena};
    struct mail *mails;
    size_t count;
    int err = list(sql, &job, &mails, &count, deadline_ns);
    if (err == 0 && count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        *ret_mail = mails[0];
    return err;
}

/* ---- tries ---- */

struct move_job {
    struct sql_job job;
    uint64_t mail_id;
    struct view message_id;
    int64_t now_ms, until_ms;
    const struct mail_outcome *outcome;
};

static int run_begin(struct sql_job *base, struct sql_txn *txn)
{
    const struct move_job *job = (const struct move_job *)base;
    const struct sql_value id = sql_int((int64_t)job->mail_id);
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE mail SET tries = tries + 1, next_try_at_ms = ? WHERE mail_id = ?"
                      " AND state = ? AND next_try_at_ms <= ?",
                      SQL(sql_int(job->until_ms), id, sql_int(MAIL_WAITING), sql_int(job->now_ms)),
                      &changes);
    if (err == 0 && changes == 0)
        err = ERR_BUSY;
    return err == 0 ? sql_run(txn,
                              "UPDATE mail SET message_id = ? WHERE mail_id = ?"
                              " AND message_id IS NULL",
                              SQL(sql_text(job->message_id), id), NULL)
                    : err;
}

int mail_begin(struct sql *sql, uint64_t mail_id, struct view message_id, int64_t now_ms,
               int64_t until_ms, int64_t deadline_ns)
{
    struct move_job job = {.job.run = run_begin,
                           .mail_id = mail_id,
                           .message_id = message_id,
                           .now_ms = now_ms,
                           .until_ms = until_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

/* At most MAIL_ERROR_MAX bytes, whole characters. */
static struct view cut(struct view text)
{
    size_t len = 0, next;
    while (len < text.len && (next = utf8_char(view_of(text.at + len, text.len - len))) > 0 &&
           len + next <= MAIL_ERROR_MAX)
        len += next;
    return view_of(text.at, len);
}

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    const struct move_job *job = (const struct move_job *)base;
    const struct mail_outcome *o = job->outcome;
    const struct sql_value id = sql_int((int64_t)job->mail_id);
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE mail SET state = ?, unclear = unclear + ?, next_try_at_ms = ?,"
                      " sent_at_ms = ?, last_error = ? WHERE mail_id = ?",
                      SQL(sql_int(o->state), sql_int(o->unclear), sql_int(o->next_try_at_ms),
                          o->state == MAIL_SENT ? sql_int(o->at_ms) : sql_null(),
                          o->error.len ? sql_text(cut(o->error)) : sql_null(), id),
                      &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    if (err == 0 && o->forget)
        err = sql_run(txn, "UPDATE mail SET params = ? WHERE mail_id = ?",
                      SQL(sql_text(VIEW_LIT("{}")), id), NULL);
    return err;
}

int mail_end(struct sql *sql, uint64_t mail_id, const struct mail_outcome *outcome,
             int64_t deadline_ns)
{
    struct move_job job = {.job.run = run_end, .mail_id = mail_id, .outcome = outcome};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_bounce(struct sql_job *base, struct sql_txn *txn)
{
    const struct move_job *job = (const struct move_job *)base;
    uint64_t changes = 0;
    int err =
        sql_run(txn,
                "UPDATE mail SET state = ?, last_error = ? WHERE mail_id = ? AND state = ?"
                " AND message_id = ?",
                SQL(sql_int(MAIL_FAILED), sql_text(cut(job->outcome->error)),
                    sql_int((int64_t)job->mail_id), sql_int(MAIL_SENT), sql_text(job->message_id)),
                &changes);
    return err == 0 && changes == 0 ? ERR_BUSY : err;
}

int mail_bounce(struct sql *sql, uint64_t mail_id, struct view message_id, struct view error,
                int64_t deadline_ns)
{
    const struct mail_outcome outcome = {.error = error};
    struct move_job job = {
        .job.run = run_bounce, .mail_id = mail_id, .message_id = message_id, .outcome = &outcome};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_again(struct sql_job *base, struct sql_txn *txn)
{
    const struct move_job *job = (const struct move_job *)base;
    const struct sql_value id = sql_int((int64_t)job->mail_id);
    uint64_t changes = 0;
    int64_t sent = 0;
    int err = sql_ask_int(
        txn, "SELECT CASE WHEN sent_at_ms IS NULL THEN 0 ELSE 1 END FROM mail WHERE mail_id = ?",
        SQL(id), &sent);
    if (err == 0 && sent > 0)
        err = sql_run(txn, "UPDATE mail SET message_id = NULL WHERE mail_id = ?", SQL(id), NULL);
    if (err == 0)
        err = sql_run(txn,
                      "UPDATE mail SET state = ?, tries = 0, next_try_at_ms = ?, sent_at_ms = NULL"
                      " WHERE mail_id = ? AND state <> ?",
                      SQL(sql_int(MAIL_WAITING), sql_int(job->now_ms), id, sql_int(MAIL_WAITING)),
                      &changes);
    return err == 0 && changes == 0 ? ERR_BUSY : err;
}

int mail_again(struct sql *sql, uint64_t mail_id, int64_t now_ms, int64_t deadline_ns)
{
    struct move_job job = {.job.run = run_again, .mail_id = mail_id, .now_ms = now_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

struct figures_job {
    struct sql_job job;
    uint64_t *counts;
    int first, last; /* states */
};

static int run_figures(struct sql_job *base, struct sql_txn *txn)
{
    struct figures_job *job = (struct figures_job *)base;
    for (int state = job->first; state <= job->last; state++) {
        int64_t count = 0;
        int err = sql_ask_int(txn, "SELECT count(*) FROM mail WHERE state = ?", SQL(sql_int(state)),
                              &count);
        if (err != 0)
            return err;
        job->counts[state - job->first] = (uint64_t)count;
    }
    return 0;
}

int mail_figures(struct sql *sql, uint64_t ret_counts[MAIL_VOID + 1], int64_t deadline_ns)
{
    struct figures_job job = {.job.run = run_figures, .counts = ret_counts, .last = MAIL_VOID};
    return sql_read(sql, &job.job, deadline_ns);
}

int mail_waiting(struct sql *sql, uint64_t *ret_count, int64_t deadline_ns)
{
    struct figures_job job = {
        .job.run = run_figures, .counts = ret_count, .first = MAIL_WAITING, .last = MAIL_WAITING};
    return sql_read(sql, &job.job, deadline_ns);
}
