#include "store/notices.h"

#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "mem/utf8.h"

#define TRIES        3 /* a message to buyers may be another's at the same moment */
#define VERSION_STEP (INT64_C(1) << 20) /* more than there are performances */
#define ABOUT_MAX    1000

static const struct sql_step steps[] = {
    {"notice", "CREATE TABLE notice (notice_id {id}, performance_id {int} NOT NULL,"
               " stop {int} NOT NULL, subject_en {text} NOT NULL, text_en {text} NOT NULL,"
               " subject_ko {text} NOT NULL, text_ko {text} NOT NULL,"
               " created_at_ms {int} NOT NULL, ended_at_ms {int} NOT NULL)"},
    {"notice by end", "CREATE INDEX notice_standing ON notice (ended_at_ms, performance_id)"},
};

int notices_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "notices", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

/* ---- writing ---- */

struct notice_job {
    struct sql_job job;
    struct notice *notices;
    size_t count;
    const uint32_t *performance_ids; /* of an end */
    struct view nonce;
    const struct act *act;
    uint32_t mailed;
};

/* Ends what stands; *ret_stop is its stop, and stays where there is none. ERR_NOT_FOUND. */
static int end_one(struct sql_txn *txn, uint32_t performance_id, int64_t at_ms,
                   enum notice_stop *ret_stop)
{
    int64_t stop = 0;
    int err =
        sql_ask_int(txn, "SELECT stop FROM notice WHERE ended_at_ms = 0 AND performance_id = ?",
                    SQL(sql_int(performance_id)), &stop);
    if (err != 0)
        return err;
    if (stop != NOTICE_ONLY_WORDS)
        *ret_stop = (enum notice_stop)stop;
    return sql_run(txn,
                   "UPDATE notice SET ended_at_ms = ? WHERE ended_at_ms = 0 AND performance_id = ?",
                   SQL(sql_int(at_ms), sql_int(performance_id)), NULL);
}

static int mail(struct sql_txn *txn, struct notice_job *job, const struct notice *notice)
{
    const struct buyer_message message = {
        .performance_id = notice->performance_id,
        .category = MESSAGE_EVERY_CATEGORY,
        .subject = {notice->subject[0], notice->subject[1]},
        .text = {notice->text[0], notice->text[1]},
        .created_at_ms = notice->created_at_ms,
    };
    const int err = message_put(txn, &message, job->nonce);
    job->mailed += err == 0;
    return err == ERR_FULL ? 0 : err; /* a stop does not wait for the mail */
}

static int put_one(struct sql_txn *txn, struct notice_job *job, struct notice *notice)
{
    int err = end_one(txn, notice->performance_id, notice->created_at_ms, &notice->stop);
    if (err == ERR_NOT_FOUND)
        err = 0;
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO notice (performance_id, stop, subject_en, text_en, subject_ko,"
                      " text_ko, created_at_ms, ended_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                      SQL(sql_int(notice->performance_id), sql_int(notice->stop),
                          sql_text(notice->subject[0]), sql_text(notice->text[0]),
                          sql_text(notice->subject[1]), sql_text(notice->text[1]),
                          sql_int(notice->created_at_ms)),
                      NULL);
    if (err != 0)
        return err;
    notice->notice_id = (uint64_t)sql_last_id(txn);
    return job->nonce.len > 0 ? mail(txn, job, notice) : 0;
}

/* "performances 3, 4: WORDS" */
static int add_act(struct sql_txn *txn, const struct notice_job *job, struct view words)
{
    char about[ABOUT_MAX];
    struct act act = *job->act;
    int len = snprintf(about, sizeof(about), "performances");
    for (size_t i = 0; i < job->count && len < ABOUT_MAX - MESSAGE_SUBJECT_MAX - 32; i++)
        len += snprintf(about + len, sizeof(about) - (size_t)len, "%s%" PRIu32, i ? ", " : " ",
                        job->notices ? job->notices[i].performance_id : job->performance_ids[i]);
    if (words.len > 0)
        snprintf(about + len, sizeof(about) - (size_t)len, ": %.*s", VIEW_ARG(words));
    act.about = view_str(about);
    return act_add(txn, &act);
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct notice_job *job = (struct notice_job *)base;
    int err = 0;
    job->mailed = 0;
    for (size_t i = 0; err == 0 && i < job->count; i++)
        err = put_one(txn, job, &job->notices[i]);
    return err == 0 ? add_act(txn, job, job->notices[0].subject[0]) : err;
}

static bool is_notice(const struct notice *n)
{
    bool is = true;
    for (int i = 0; i < 2; i++)
        is = is && n->subject[i].len <= MESSAGE_SUBJECT_MAX && utf8_line(n->subject[i]) &&
             utf8_text(n->subject[i], MESSAGE_SUBJECT_CHARS_MAX) &&
             utf8_text(n->text[i], NOTICE_TEXT_CHARS_MAX);
    return is;
}

int notice_put(struct sql *sql, struct notice *notices, size_t count, struct view nonce,
               const struct act *act, uint32_t *ret_mailed, int64_t deadline_ns)
{
    struct notice_job job = {
        .job.run = run_put, .notices = notices, .count = count, .nonce = nonce, .act = act};
    int err = ERR_CONFLICT;
    if (count == 0 || count > NOTICE_DATES_MAX || nonce.len > MESSAGE_NONCE_MAX ||
        !is_notice(&notices[0]))
        return ERR_INVALID;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++)
        err = sql_write(sql, &job.job, deadline_ns);
    *ret_mailed = job.mailed;
    return err;
}

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    const struct notice_job *job = (struct notice_job *)base;
    size_t ended = 0;
    int err = 0;
    for (size_t i = 0; err == 0 && i < job->count; i++) {
        enum notice_stop stop = NOTICE_ONLY_WORDS;
        err = end_one(txn, job->performance_ids[i], job->act->at_ms, &stop);
        ended += err == 0;
        err = err == ERR_NOT_FOUND ? 0 : err;
    }
    if (err == 0 && ended == 0)
        err = ERR_NOT_FOUND;
    return err == 0 ? add_act(txn, job, (struct view){0}) : err;
}

int notice_end(struct sql *sql, const uint32_t *performance_ids, size_t count,
               const struct act *act, int64_t deadline_ns)
{
    struct notice_job job = {
        .job.run = run_end, .performance_ids = performance_ids, .count = count, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- reading ---- */

struct read_job {
    struct sql_job job;
    uint64_t notice_id;
    int64_t known, version; /* what was read before, and now */
    struct arena *arena;
    struct notice *notices;
    size_t count;
};

static void copy_numbers(struct sql_rows *rows, struct notice *n)
{
    *n = (struct notice){.notice_id = (uint64_t)sql_get_int(rows, 0),
                         .performance_id = (uint32_t)sql_get_int(rows, 1),
                         .stop = (enum notice_stop)sql_get_int(rows, 2),
                         .created_at_ms = sql_get_int(rows, 3),
                         .ended_at_ms = sql_get_int(rows, 4)};
}

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT notice_id, performance_id, stop, created_at_ms, ended_at_ms,"
                        " subject_en, subject_ko, text_en, text_ko FROM notice"
                        " WHERE notice_id = ?",
                        SQL(sql_int((int64_t)job->notice_id)), &rows);
    if (err != 0)
        return err;
    err = sql_next(rows);
    if (err != 1)
        return err == 0 ? ERR_NOT_FOUND : err;
    struct notice *n = job->notices;
    struct view *const texts[] = {&n->subject[0], &n->subject[1], &n->text[0], &n->text[1]};
    copy_numbers(rows, n);
    err = 0;
    for (int i = 0; err == 0 && i < 4; i++)
        err = sql_get_copy(rows, 5 + i, job->arena, texts[i]);
    sql_done(rows);
    return err;
}

int notice_get(struct sql *sql, uint64_t notice_id, struct arena *arena, struct notice *ret_notice,
               int64_t deadline_ns)
{
    struct read_job job = {
        .job.run = run_get, .notice_id = notice_id, .arena = arena, .notices = ret_notice};
    return sql_read(sql, &job.job, deadline_ns);
}

/* Numbers are never given twice, so the highest and how many stand tell of every change. */
static int run_standing(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int64_t highest, count;
    int more = 0;
    int err =
        sql_ask_int(txn, "SELECT coalesce(max(notice_id), 0) FROM notice", SQL_NONE, &highest);
    if (err == 0)
        err =
            sql_ask_int(txn, "SELECT count(*) FROM notice WHERE ended_at_ms = 0", SQL_NONE, &count);
    if (err != 0)
        return err;
    job->version = highest * VERSION_STEP + count;
    job->count = 0;
    job->notices = NULL;
    if (job->version == job->known)
        return 0;
    job->notices = arena_alloc(job->arena, ((size_t)count + 1) * sizeof(*job->notices));
    if (!job->notices)
        return ERR_NO_MEMORY;
    err = sql_query(txn,
                    "SELECT notice_id, performance_id, stop, created_at_ms, ended_at_ms FROM notice"
                    " WHERE ended_at_ms = ? ORDER BY performance_id",
                    SQL(sql_int(0)), &rows);
    while (err == 0 && (more = sql_next(rows)) == 1 && (int64_t)job->count < count)
        copy_numbers(rows, &job->notices[job->count++]);
    if (more == 1)
        sql_done(rows);
    return err != 0 ? err : more < 0 ? more : 0;
}

int notice_standing(struct sql *sql, int64_t *version, struct arena *arena,
                    struct notice **ret_notices, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_standing, .known = *version, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *version = job.version;
        *ret_notices = job.notices;
        *ret_count = job.count;
    }
    return err;
}
