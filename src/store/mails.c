#include "store/mails.h"

#include "err/err.h"

static const struct sql_step steps[] = {
    {"mail", "CREATE TABLE mail (mail_id {id}, recipient {text} NOT NULL, template {text} NOT NULL,"
             " language {text} NOT NULL, params {long} NOT NULL, state {int} NOT NULL,"
             " tries {int} NOT NULL, created_at_ms {int} NOT NULL);"
             "CREATE INDEX mail_recipient ON mail (recipient, mail_id)"},
};

int mails_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "mails", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

int mail_put(struct sql_txn *txn, const struct mail *mail)
{
    if (mail->to.len == 0 || mail->to.len > MAIL_ADDRESS_MAX || mail->template.len == 0 ||
        mail->template.len > MAIL_TEMPLATE_MAX || mail->params.len > MAIL_PARAMS_MAX)
        return ERR_INVALID;
    return sql_run(txn,
                   "INSERT INTO mail (recipient, template, language, params, state, tries,"
                   " created_at_ms) VALUES (?, ?, ?, ?, ?, 0, ?)",
                   SQL(sql_text(mail->to), sql_text(mail->template), sql_text(mail->language),
                       sql_text(mail->params), sql_int(MAIL_WAITING), sql_int(mail->created_at_ms)),
                   NULL);
}

struct list_job {
    struct sql_job job;
    uint64_t before_mail_id;
    struct view to;
    size_t rows_max;
    struct arena *arena;
    struct mail *mails;
    size_t count;
};

static int read_mail(struct sql_rows *rows, struct arena *arena, struct mail *ret_mail)
{
    *ret_mail = (struct mail){
        .mail_id = (uint64_t)sql_get_int(rows, 0),
        .state = (enum mail_state)sql_get_int(rows, 5),
        .tries = (uint32_t)sql_get_int(rows, 6),
        .created_at_ms = sql_get_int(rows, 7),
    };
    int err = sql_get_copy(rows, 1, arena, &ret_mail->to);
    if (err == 0)
        err = sql_get_copy(rows, 2, arena, &ret_mail->template);
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &ret_mail->language);
    return err == 0 ? sql_get_copy(rows, 4, arena, &ret_mail->params) : err;
}

#define COLUMNS "mail_id, recipient, template, language, params, state, tries, created_at_ms"

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    const struct sql_value before =
        sql_int(job->before_mail_id ? (int64_t)job->before_mail_id : INT64_MAX);
    const struct sql_value limit = sql_int((int64_t)job->rows_max);
    int err = job->to.len
                  ? sql_query(txn,
                              "SELECT " COLUMNS " FROM mail WHERE recipient = ? AND mail_id < ?"
                              " ORDER BY mail_id DESC LIMIT ?",
                              SQL(sql_text(job->to), before, limit), &rows)
                  : sql_query(txn,
                              "SELECT " COLUMNS " FROM mail WHERE mail_id < ?"
                              " ORDER BY mail_id DESC LIMIT ?",
                              SQL(before, limit), &rows);
    job->count = 0;
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        err = read_mail(rows, job->arena, &job->mails[job->count++]);
        if (err < 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

int mail_list(struct sql *sql, uint64_t before_mail_id, struct view to, size_t rows_max,
              struct arena *arena, struct mail **ret_mails, size_t *ret_count, int64_t deadline_ns)
{
    if (rows_max > MAIL_PAGE_MAX)
        rows_max = MAIL_PAGE_MAX;
    struct list_job job = {
        .job.run = run_list,
        .before_mail_id = before_mail_id,
        .to = to,
        .rows_max = rows_max,
        .arena = arena,
        .mails = arena_alloc(arena, rows_max * sizeof(struct mail)),
    };
    if (!job.mails)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_mails = job.mails;
        *ret_count = job.count;
    }
    return err;
}
