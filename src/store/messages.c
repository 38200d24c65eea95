#include "store/messages.h"

#include "err/err.h"
#include "mem/utf8.h"

#define TRIES  3 /* of two of a day at the same moment, one gets the next number */
#define DAY_MS INT64_C(86400000)

/* ---- writing ---- */

struct add_job {
    struct sql_job job;
    const struct buyer_message *message;
    struct view nonce;
    const struct act *act;
    uint64_t message_id;
    bool is_new;
};

static int insert(struct sql_txn *txn, const struct add_job *job, int64_t ordinal)
{
    const struct buyer_message *m = job->message;
    return sql_run(txn,
                   "INSERT INTO buyer_message (performance_id, day, ordinal, nonce, category,"
                   " absent, subject_en, text_en, subject_ko, text_ko, created_at_ms, addresses,"
                   " mails, told_to, done) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0)",
                   SQL(sql_int(m->performance_id), sql_int(m->created_at_ms / DAY_MS),
                       sql_int(ordinal), sql_text(job->nonce), sql_int(m->category),
                       sql_int(m->absent), sql_text(m->subject[0]), sql_text(m->text[0]),
                       sql_text(m->subject[1]), sql_text(m->text[1]), sql_int(m->created_at_ms),
                       sql_int(m->addresses)),
                   NULL);
}

static int put(struct sql_txn *txn, struct add_job *job)
{
    const struct sql_value performance = sql_int(job->message->performance_id);
    int64_t number = 0;
    int err = sql_ask_int(
        txn, "SELECT message_id FROM buyer_message WHERE performance_id = ? AND nonce = ?",
        SQL(performance, sql_text(job->nonce)), &number);
    job->message_id = (uint64_t)number;
    if (err != ERR_NOT_FOUND)
        return err;
    job->is_new = true;
    err =
        sql_ask_int(txn, "SELECT count(*) FROM buyer_message WHERE performance_id = ? AND day = ?",
                    SQL(performance, sql_int(job->message->created_at_ms / DAY_MS)), &number);
    if (err == 0 && number >= MESSAGES_A_DAY)
        err = ERR_FULL;
    if (err == 0)
        err = insert(txn, job, number + 1);
    if (err != 0)
        return err;
    job->message_id = (uint64_t)sql_last_id(txn);
    return 0;
}

static int run_add(struct sql_job *base, struct sql_txn *txn)
{
    struct add_job *job = (struct add_job *)base;
    int err = put(txn, job);
    return err == 0 && job->is_new ? act_add(txn, job->act) : err;
}

int message_put(struct sql_txn *txn, const struct buyer_message *message, struct view nonce)
{
    struct add_job job = {.message = message, .nonce = nonce};
    return put(txn, &job);
}

static bool is_message(const struct buyer_message *m)
{
    bool is = true;
    for (int i = 0; i < 2; i++)
        is = is && m->subject[i].len <= MESSAGE_SUBJECT_MAX && utf8_line(m->subject[i]) &&
             utf8_text(m->subject[i], MESSAGE_SUBJECT_CHARS_MAX) &&
             utf8_text(m->text[i], MESSAGE_TEXT_CHARS_MAX);
    return is;
}

int message_add(struct sql *sql, const struct buyer_message *message, struct view nonce,
                const struct act *act, uint64_t *ret_message_id, int64_t deadline_ns)
{
    struct add_job job = {.job.run = run_add, .message = message, .nonce = nonce, .act = act};
    int err = ERR_CONFLICT;
    if (!is_message(message) || nonce.len == 0 || nonce.len > MESSAGE_NONCE_MAX)
        return ERR_INVALID;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++)
        err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_message_id = job.message_id;
    return err;
}

int message_told(struct sql_txn *txn, const struct buyer_message *message, struct view to,
                 size_t mails)
{
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE buyer_message SET told_to = ?, done = ?, mails = mails + ?"
                      " WHERE message_id = ? AND told_to = ? AND done = 0",
                      SQL(sql_text(to), sql_int(to.len == 0), sql_int((int64_t)mails),
                          sql_int((int64_t)message->message_id), sql_text(message->told_to)),
                      &changes);
    return err == 0 && changes != 1 ? ERR_CONFLICT : err;
}

/* ---- reading ---- */

struct read_job {
    struct sql_job job;
    int64_t number; /* a message's, or a performance's */
    struct arena *arena;
    struct buyer_message *messages;
    size_t max;
    size_t count;
};

#define COLUMNS                                                                                    \
    "message_id, performance_id, category, absent, created_at_ms, addresses, mails, done,"         \
    " subject_en, subject_ko, text_en, text_ko, told_to"

static int copy_row(struct sql_rows *rows, struct arena *arena, struct buyer_message *m)
{
    *m = (struct buyer_message){.message_id = (uint64_t)sql_get_int(rows, 0),
                                .performance_id = (uint32_t)sql_get_int(rows, 1),
                                .category = sql_get_int(rows, 2),
                                .absent = sql_get_int(rows, 3) != 0,
                                .created_at_ms = sql_get_int(rows, 4),
                                .addresses = (uint32_t)sql_get_int(rows, 5),
                                .mails = (uint32_t)sql_get_int(rows, 6),
                                .done = sql_get_int(rows, 7) != 0};
    struct view *const texts[] = {&m->subject[0], &m->subject[1], &m->text[0], &m->text[1],
                                  &m->told_to};
    int err = 0;
    for (int i = 0; err == 0 && i < 5; i++)
        err = sql_get_copy(rows, 8 + i, arena, texts[i]);
    return err;
}

static int copy_rows(struct sql_rows *rows, struct read_job *job)
{
    int err = 0;
    job->count = 0;
    while (job->count < job->max && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->messages[job->count++]);
        if (err < 0)
            break;
    }
    if (err < 0 || job->count == job->max)
        sql_done(rows);
    return err < 0 ? err : 0;
}

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT " COLUMNS " FROM buyer_message WHERE message_id = ?",
                        SQL(sql_int(job->number)), &rows);
    return err == 0 ? copy_rows(rows, job) : err;
}

static int run_next(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT " COLUMNS " FROM buyer_message WHERE done = ?"
                        " ORDER BY message_id LIMIT 1",
                        SQL(sql_int(0)), &rows);
    return err == 0 ? copy_rows(rows, job) : err;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT " COLUMNS " FROM buyer_message WHERE performance_id = ?"
                        " ORDER BY message_id DESC LIMIT ?",
                        SQL(sql_int(job->number), sql_int(MESSAGES_PAGE_MAX)), &rows);
    return err == 0 ? copy_rows(rows, job) : err;
}

static int read_one(struct sql *sql, struct read_job *job, struct buyer_message *ret_message,
                    int64_t deadline_ns)
{
    job->messages = ret_message;
    job->max = 1;
    int err = sql_read(sql, &job->job, deadline_ns);
    return err == 0 && job->count == 0 ? ERR_NOT_FOUND : err;
}

int message_get(struct sql *sql, uint64_t message_id, struct arena *arena,
                struct buyer_message *ret_message, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_get, .number = (int64_t)message_id, .arena = arena};
    return read_one(sql, &job, ret_message, deadline_ns);
}

int message_next(struct sql *sql, struct arena *arena, struct buyer_message *ret_message,
                 int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_next, .arena = arena};
    return read_one(sql, &job, ret_message, deadline_ns);
}

int message_list(struct sql *sql, uint32_t performance_id, struct arena *arena,
                 struct buyer_message **ret_messages, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_list,
                           .number = performance_id,
                           .arena = arena,
                           .messages =
                               arena_alloc(arena, MESSAGES_PAGE_MAX * sizeof(*job.messages)),
                           .max = MESSAGES_PAGE_MAX};
    int err = job.messages ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_messages = job.messages;
        *ret_count = job.count;
    }
    return err;
}
