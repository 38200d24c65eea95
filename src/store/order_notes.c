#include "store/order_notes.h"

#include "err/err.h"
#include "mem/utf8.h"

#define TRIES 3 /* of two who write on one order at the same moment, one gets the next number */

bool order_note_is(struct view text)
{
    return utf8_text(text, ORDER_NOTE_CHARS_MAX);
}

/* ---- writing ---- */

struct add_job {
    struct sql_job job;
    const struct order_note_wish *wish;
};

/* 0: there is such a row. ERR_NOT_FOUND, or as sql_query. */
static int count_rows(struct sql_txn *txn, const char *text, const struct sql_value *values,
                      size_t count)
{
    int64_t rows = 0;
    const int err = sql_ask_int(txn, text, values, count, &rows);
    return err != 0 ? err : rows > 0 ? 0 : ERR_NOT_FOUND;
}

static int run_add(struct sql_job *base, struct sql_txn *txn)
{
    const struct order_note_wish *w = ((const struct add_job *)base)->wish;
    const struct order_note *note = &w->note;
    const struct sql_value order = sql_id(note->order_id), account = sql_id(w->account_id);
    int64_t count = 0;
    int err = count_rows(txn, "SELECT count(*) FROM order_note WHERE order_id = ? AND nonce = ?",
                         SQL(order, sql_text(w->nonce)));
    if (err != ERR_NOT_FOUND)
        return err;
    err = count_rows(txn, "SELECT count(*) FROM contact WHERE order_id = ? AND account_id = ?",
                     SQL(order, account));
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM order_note WHERE order_id = ?", SQL(order),
                          &count);
    if (err == 0 && count >= ORDER_NOTES_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO order_note (order_id, number, account_id, author_id, nonce,"
                      " created_at_ms, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      SQL(order, sql_int(count + 1), account, sql_id(note->author_id),
                          sql_text(w->nonce), sql_int(note->created_at_ms), sql_text(note->text)),
                      NULL);
    return err == 0 ? act_add(txn, w->act) : err;
}

int order_note_add(struct sql *sql, const struct order_note_wish *wish, int64_t deadline_ns)
{
    struct add_job job = {.job.run = run_add, .wish = wish};
    int err = ERR_CONFLICT;
    if (!order_note_is(wish->note.text) || wish->nonce.len == 0 ||
        wish->nonce.len > ORDER_NOTE_NONCE_MAX)
        return ERR_INVALID;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++)
        err = sql_write(sql, &job.job, deadline_ns);
    return err;
}

/* ---- reading ---- */

struct list_job {
    struct sql_job job;
    struct id id; /* an order's, or an account's */
    size_t max;
    struct arena *arena;
    struct order_note *notes;
    size_t count;
};

static int copy_row(struct sql_rows *rows, struct arena *arena, struct order_note *note)
{
    *note = (struct order_note){.number = (uint32_t)sql_get_int(rows, 1),
                                .created_at_ms = sql_get_int(rows, 3)};
    int err = sql_get_id(rows, 0, &note->order_id);
    if (err == 0)
        err = sql_get_id(rows, 2, &note->author_id);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &note->text);
    return err == 0 ? sql_get_copy(rows, 5, arena, &note->author_email) : err;
}

static int copy_rows(struct sql_rows *rows, struct list_job *job)
{
    int err = 0;
    job->count = 0;
    while (job->count < job->max && (err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->notes[job->count++]);
        if (err < 0)
            break;
    }
    if (err < 0 || job->count == job->max)
        sql_done(rows);
    return err < 0 ? err : 0;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT n.order_id, n.number, n.author_id, n.created_at_ms, n.note,"
                        " COALESCE(a.email, '') FROM order_note n"
                        " LEFT JOIN account a ON a.account_id = n.author_id"
                        " WHERE n.order_id = ? ORDER BY n.number LIMIT ?",
                        SQL(sql_id(job->id), sql_int((int64_t)job->max)), &rows);
    return err == 0 ? copy_rows(rows, job) : err;
}

static int run_of(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT order_id, number, author_id, created_at_ms, note, ''"
                        " FROM order_note WHERE account_id = ?"
                        " ORDER BY created_at_ms DESC, number DESC LIMIT ?",
                        SQL(sql_id(job->id), sql_int((int64_t)job->max)), &rows);
    return err == 0 ? copy_rows(rows, job) : err;
}

static int list(struct sql *sql, struct list_job *job, struct order_note **ret_notes,
                size_t *ret_count, int64_t deadline_ns)
{
    job->notes = arena_alloc(job->arena, job->max * sizeof(*job->notes));
    int err = job->notes ? sql_read(sql, &job->job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_notes = job->notes;
        *ret_count = job->count;
    }
    return err;
}

int order_notes(struct sql *sql, struct id order_id, struct arena *arena,
                struct order_note **ret_notes, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {
        .job.run = run_list, .id = order_id, .max = ORDER_NOTES_MAX, .arena = arena};
    return list(sql, &job, ret_notes, ret_count, deadline_ns);
}

int order_notes_of(struct sql *sql, struct id account_id, size_t max, struct arena *arena,
                   struct order_note **ret_notes, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.job.run = run_of, .id = account_id, .max = max, .arena = arena};
    return list(sql, &job, ret_notes, ret_count, deadline_ns);
}
