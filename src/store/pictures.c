#include "store/pictures.h"

#include <stdio.h>

#include "err/err.h"
#include "store/playbill.h"

#define PICTURES_LOOKED_AT 16 /* of an event, at each change */

static const struct sql_step steps[] = {
    {"pictures",
     "CREATE TABLE picture (hash {text} NOT NULL, width {int} NOT NULL, event_id {int} NOT NULL,"
     " made_at_ms {int} NOT NULL, bytes {blob} NOT NULL, PRIMARY KEY (hash, width));"
     "CREATE INDEX picture_event ON picture (event_id)"},
};

int pictures_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "pictures", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

struct put_job {
    struct sql_job job;
    uint32_t event_id;
    struct view hash;
    const struct stored_picture *pictures;
    size_t count;
    int64_t now_ms;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct put_job *job = (const struct put_job *)base;
    int64_t there = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM picture WHERE hash = ?",
                          SQL(sql_text(job->hash)), &there);
    for (size_t i = 0; err == 0 && there == 0 && i < job->count; i++)
        err = sql_run(txn,
                      "INSERT INTO picture (hash, width, event_id, made_at_ms, bytes)"
                      " VALUES (?, ?, ?, ?, ?)",
                      SQL(sql_text(job->hash), sql_int(job->pictures[i].width),
                          sql_int(job->event_id), sql_int(job->now_ms),
                          sql_bytes(job->pictures[i].bytes)),
                      NULL);
    return err;
}

int pictures_put(struct sql *sql, uint32_t event_id, struct view hash,
                 const struct stored_picture *pictures, size_t count, int64_t now_ms,
                 int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put,
                          .event_id = event_id,
                          .hash = hash,
                          .pictures = pictures,
                          .count = count,
                          .now_ms = now_ms};
    for (size_t i = 0; i < count; i++) {
        if (pictures[i].bytes.len == 0 || pictures[i].bytes.len > PICTURE_BYTES_MAX)
            return ERR_INVALID;
    }
    return hash.len == PICTURE_HASH_CHARS ? sql_write(sql, &job.job, deadline_ns) : ERR_INVALID;
}

struct forget_job {
    struct sql_job job;
    uint32_t event_id;
    size_t count;
    char hashes[PICTURES_LOOKED_AT][PICTURE_HASH_CHARS + 1];
};

/* Deletes a hash's pictures, unless an event shows them: this one, or a copy of it. */
static int drop(struct sql_txn *txn, const char *hash)
{
    char poster[80];
    int64_t shown = 0;
    snprintf(poster, sizeof(poster), "/posters/%s-600.jpg", hash);
    int err = sql_ask_int(txn, "SELECT count(*) FROM playbill WHERE poster = ? AND state <> ?",
                          SQL(sql_text(view_str(poster)), sql_int(PLAYBILL_DELETED)), &shown);
    return err == 0 && shown == 0 ? sql_run(txn, "DELETE FROM picture WHERE hash = ?",
                                            SQL(sql_text(view_str(hash))), NULL)
                                  : err;
}

static int run_forget(struct sql_job *base, struct sql_txn *txn)
{
    struct forget_job *job = (struct forget_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT hash FROM picture WHERE event_id = ?"
                        " GROUP BY hash ORDER BY hash LIMIT ?",
                        SQL(sql_int(job->event_id), sql_int(PICTURES_LOOKED_AT)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        snprintf(job->hashes[job->count++], PICTURE_HASH_CHARS + 1, "%.*s",
                 VIEW_ARG(sql_get_view(rows, 0)));
        err = 0;
    }
    for (size_t i = 0; err == 0 && i < job->count; i++)
        err = drop(txn, job->hashes[i]);
    return err;
}

int pictures_forget(struct sql *sql, uint32_t event_id, int64_t deadline_ns)
{
    struct forget_job job = {.job.run = run_forget, .event_id = event_id};
    return sql_write(sql, &job.job, deadline_ns);
}

struct get_job {
    struct sql_job job;
    struct view hash;
    uint32_t width;
    struct arena *arena;
    struct view bytes;
};

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct get_job *job = (struct get_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT bytes FROM picture WHERE hash = ? AND width = ?",
                        SQL(sql_text(job->hash), sql_int(job->width)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err != 1)
        return err == 0 ? ERR_NOT_FOUND : err;
    err = sql_get_copy(rows, 0, job->arena, &job->bytes);
    sql_done(rows);
    return err;
}

int picture_get(struct sql *sql, struct view hash, uint32_t width, struct arena *arena,
                struct view *ret_bytes, int64_t deadline_ns)
{
    struct get_job job = {
        .job = {.run = run_get, .loose = true}, .hash = hash, .width = width, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_bytes = job.bytes;
    return err;
}
