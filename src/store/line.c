#include "store/line.h"

#include "err/err.h"
#include "store/hooks.h"

static const struct sql_step steps[] = {
    {"lines",
     "CREATE TABLE sale (sale_id {id}, name {text} NOT NULL, performance_ids {bytes} NOT NULL,"
     " draw_opens_at_ms {int} NOT NULL, opens_at_ms {int} NOT NULL, closes_at_ms {int} NOT NULL,"
     " time_zone {text} NOT NULL, guests {bool} NOT NULL, capacity_min {int} NOT NULL,"
     " capacity_max {int} NOT NULL, claim_ms {int} NOT NULL, pass_ms {int} NOT NULL,"
     " secret {bytes} NOT NULL, commitment {bytes} NOT NULL, created_at_ms {int} NOT NULL,"
     " epoch {int} NOT NULL, seq {int} NOT NULL);"
     "CREATE TABLE sale_performance (performance_id {int} NOT NULL, sale_id {int} NOT NULL,"
     " UNIQUE (performance_id));"
     "CREATE TABLE line_row (sale_id {int} NOT NULL, seq {int} NOT NULL, epoch {int} NOT NULL,"
     " at_ms {int} NOT NULL, prev_hash {bytes} NOT NULL, hash {bytes} NOT NULL,"
     " body {blob} NOT NULL, UNIQUE (sale_id, seq))"},
};

int lines_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    const int err = read_only ? 0 : hooks_migrate(sql, false, now_ms);
    return err != 0 ? err
                    : sql_migrate(sql, "lines", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                                  now_ms);
}

/* ---- sales ---- */

struct put_job {
    struct sql_job job;
    const struct line_sale *sale;
    uint32_t sale_id;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    const struct line_sale *sale = job->sale;
    uint8_t ids[4 * LINE_PERFORMANCES_MAX];
    for (uint32_t i = 0; i < 4 * sale->performance_count; i++)
        ids[i] = (uint8_t)(sale->performance_ids[i / 4] >> (24 - 8 * (i % 4)));
    int err = sql_run(
        txn,
        "INSERT INTO sale (name, performance_ids, draw_opens_at_ms, opens_at_ms, closes_at_ms,"
        " time_zone, guests, capacity_min, capacity_max, claim_ms, pass_ms, secret, commitment,"
        " created_at_ms, epoch, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
        SQL(sql_text(sale->name), sql_bytes(view_of(ids, 4 * sale->performance_count)),
            sql_int(sale->draw_opens_at_ms), sql_int(sale->opens_at_ms),
            sql_int(sale->closes_at_ms), sql_text(sale->time_zone), sql_int(sale->guests),
            sql_int(sale->capacity_min), sql_int(sale->capacity_max), sql_int(sale->claim_ms),
            sql_int(sale->pass_ms), sql_bytes(view_of(sale->secret, LINE_HASH_BYTES)),
            sql_bytes(view_of(sale->commitment, LINE_HASH_BYTES)), sql_int(sale->created_at_ms)),
        NULL);
    job->sale_id = err == 0 ? (uint32_t)sql_last_id(txn) : 0;
    for (uint32_t i = 0; err == 0 && i < sale->performance_count; i++)
        err = sql_run(txn, "INSERT INTO sale_performance (performance_id, sale_id) VALUES (?, ?)",
                      SQL(sql_int(sale->performance_ids[i]), sql_int(job->sale_id)), NULL);
    return err;
}

int line_sale_put(struct sql *sql, const struct line_sale *sale, uint32_t *ret_sale_id,
                  int64_t deadline_ns)
{
    if (sale->name.len == 0 || sale->name.len > LINE_NAME_MAX ||
        sale->time_zone.len > LINE_ZONE_MAX || sale->performance_count == 0 ||
        sale->performance_count > LINE_PERFORMANCES_MAX)
        return ERR_INVALID;
    struct put_job job = {.job.run = run_put, .sale = sale};
    const int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_sale_id = job.sale_id;
    return err;
}

struct list_job {
    struct sql_job job;
    struct arena *arena;
    struct line_sale *sales;
    size_t count;
};

static int get_hash(struct sql_rows *rows, int column, uint8_t ret_hash[LINE_HASH_BYTES])
{
    const struct view bytes = sql_get_view(rows, column);
    if (bytes.len != LINE_HASH_BYTES)
        return ERR_CORRUPT;
    memcpy(ret_hash, bytes.at, LINE_HASH_BYTES);
    return 0;
}

static int read_sale(struct sql_rows *rows, struct arena *arena, struct line_sale *ret_sale)
{
    *ret_sale = (struct line_sale){
        .sale_id = (uint32_t)sql_get_int(rows, 0),
        .draw_opens_at_ms = sql_get_int(rows, 3),
        .opens_at_ms = sql_get_int(rows, 4),
        .closes_at_ms = sql_get_int(rows, 5),
        .guests = sql_get_int(rows, 7) != 0,
        .capacity_min = (uint32_t)sql_get_int(rows, 8),
        .capacity_max = (uint32_t)sql_get_int(rows, 9),
        .claim_ms = (uint32_t)sql_get_int(rows, 10),
        .pass_ms = (uint32_t)sql_get_int(rows, 11),
        .created_at_ms = sql_get_int(rows, 14),
    };
    const struct view ids = sql_get_view(rows, 2);
    if (ids.len == 0 || ids.len % 4 != 0 || ids.len / 4 > LINE_PERFORMANCES_MAX)
        return ERR_CORRUPT;
    ret_sale->performance_count = (uint32_t)(ids.len / 4);
    for (size_t i = 0; i < ids.len; i++)
        ret_sale->performance_ids[i / 4] =
            ret_sale->performance_ids[i / 4] << 8 | (uint8_t)ids.at[i];
    int err = get_hash(rows, 12, ret_sale->secret);
    if (err == 0)
        err = get_hash(rows, 13, ret_sale->commitment);
    if (err == 0)
        err = sql_get_copy(rows, 1, arena, &ret_sale->name);
    return err == 0 ? sql_get_copy(rows, 6, arena, &ret_sale->time_zone) : err;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT sale_id, name, performance_ids, draw_opens_at_ms, opens_at_ms,"
                        " closes_at_ms, time_zone, guests, capacity_min, capacity_max, claim_ms,"
                        " pass_ms, secret, commitment, created_at_ms FROM sale ORDER BY sale_id"
                        " LIMIT ?",
                        SQL(sql_int(LINE_SALES_MAX)), &rows);
    if (err != 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        err = read_sale(rows, job->arena, &job->sales[job->count++]);
        if (err != 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

int line_sale_list(struct sql *sql, struct arena *arena, struct line_sale **ret_sales,
                   size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.job.run = run_list,
                           .arena = arena,
                           .sales = arena_alloc(arena, LINE_SALES_MAX * sizeof(*job.sales))};
    if (!job.sales)
        return ERR_NO_MEMORY;
    const int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_sales = job.sales;
        *ret_count = job.count;
    }
    return err;
}

/* ---- the ledger ---- */

struct claim_job {
    struct sql_job job;
    uint32_t sale_id;
    int64_t epoch;
};

static int run_claim(struct sql_job *base, struct sql_txn *txn)
{
    struct claim_job *job = (struct claim_job *)base;
    uint64_t changes;
    int err = sql_run(txn, "UPDATE sale SET epoch = epoch + 1 WHERE sale_id = ?",
                      SQL(sql_int(job->sale_id)), &changes);
    if (err == 0 && changes != 1)
        err = ERR_NOT_FOUND;
    return err == 0 ? sql_ask_int(txn, "SELECT epoch FROM sale WHERE sale_id = ?",
                                  SQL(sql_int(job->sale_id)), &job->epoch)
                    : err;
}

int line_claim(struct sql *sql, uint32_t sale_id, uint64_t *ret_epoch, int64_t deadline_ns)
{
    struct claim_job job = {.job.run = run_claim, .sale_id = sale_id};
    const int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_epoch = (uint64_t)job.epoch;
    return err;
}

struct commit_job {
    struct sql_job job;
    uint32_t sale_id;
    const struct line_row *row;
};

/* That a line opened, or is over, is told for each of its performances. */
static int note_entry(struct sql_txn *txn, uint32_t sale_id, const struct line_entry *entry)
{
    struct hook_event event = {.type =
                                   entry->kind == LINE_OPENED ? HOOK_LINE_OPENED : HOOK_SALE_CLOSED,
                               .at_ms = entry->at_ms,
                               .seat = -1};
    uint32_t ids[LINE_PERFORMANCES_MAX] = {0};
    size_t count = 0;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT performance_id FROM sale_performance WHERE sale_id = ?"
                        " ORDER BY performance_id LIMIT ?",
                        SQL(sql_int(sale_id), sql_int(LINE_PERFORMANCES_MAX)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        ids[count++] = (uint32_t)sql_get_int(rows, 0);
        err = 0;
    }
    for (size_t i = 0; err == 0 && i < count; i++) {
        event.performance_id = ids[i];
        err = hook_note(txn, &event);
    }
    return err;
}

static int note_row(struct sql_txn *txn, const struct commit_job *job)
{
    struct view body = job->row->body;
    struct line_entry entry;
    int err = 0;
    while (err == 0 && body.len > 0 && line_entry_read(&body, &entry) == 0) {
        if (entry.kind == LINE_OPENED || entry.kind == LINE_CLOSED)
            err = note_entry(txn, job->sale_id, &entry);
    }
    return err;
}

static int run_commit(struct sql_job *base, struct sql_txn *txn)
{
    struct commit_job *job = (struct commit_job *)base;
    const struct line_row *row = job->row;
    uint64_t changes;
    int err = sql_run(txn, "UPDATE sale SET seq = ? WHERE sale_id = ? AND epoch = ? AND seq = ?",
                      SQL(sql_int((int64_t)row->seq), sql_int(job->sale_id),
                          sql_int((int64_t)row->epoch), sql_int((int64_t)row->seq - 1)),
                      &changes);
    if (err == 0 && changes != 1)
        err = ERR_FENCED;
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO line_row (sale_id, seq, epoch, at_ms, prev_hash, hash,"
                      " body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      SQL(sql_int(job->sale_id), sql_int((int64_t)row->seq),
                          sql_int((int64_t)row->epoch), sql_int(row->at_ms),
                          sql_bytes(view_of(row->prev_hash, LINE_HASH_BYTES)),
                          sql_bytes(view_of(row->hash, LINE_HASH_BYTES)), sql_bytes(row->body)),
                      NULL);
    return err == 0 ? note_row(txn, job) : err;
}

int line_commit(struct sql *sql, uint32_t sale_id, const struct line_row *row, int64_t deadline_ns)
{
    struct commit_job job = {.job.run = run_commit, .sale_id = sale_id, .row = row};
    assert(row->body.len > 0 && row->body.len <= LINE_BODY_MAX);
    return sql_write(sql, &job.job, deadline_ns);
}

struct read_job {
    struct sql_job job;
    uint32_t sale_id;
    uint64_t from_seq;
    size_t rows_max, bytes_max;
    struct arena *arena;
    struct line_row *rows;
    size_t count;
};

static int read_row(struct sql_rows *rows, struct arena *arena, struct line_row *ret_row)
{
    *ret_row = (struct line_row){.seq = (uint64_t)sql_get_int(rows, 0),
                                 .epoch = (uint64_t)sql_get_int(rows, 1),
                                 .at_ms = sql_get_int(rows, 2)};
    int err = get_hash(rows, 3, ret_row->prev_hash);
    if (err == 0)
        err = get_hash(rows, 4, ret_row->hash);
    return err == 0 ? sql_get_copy(rows, 5, arena, &ret_row->body) : err;
}

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    size_t bytes = 0;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT seq, epoch, at_ms, prev_hash, hash, body FROM line_row"
                        " WHERE sale_id = ? AND seq >= ? ORDER BY seq LIMIT ?",
                        SQL(sql_int(job->sale_id), sql_int((int64_t)job->from_seq),
                            sql_int((int64_t)job->rows_max)),
                        &rows);
    if (err != 0)
        return err;
    int got = 1;
    while (bytes < job->bytes_max && (got = sql_next(rows)) == 1) {
        struct line_row *row = &job->rows[job->count];
        err = read_row(rows, job->arena, row);
        if (err != 0) {
            sql_done(rows);
            return err;
        }
        bytes += row->body.len;
        job->count++;
    }
    if (got == 1)
        sql_done(rows); /* there is more, for the next question */
    return got < 0 ? got : 0;
}

int line_read_some(struct sql *sql, uint32_t sale_id, uint64_t from_seq, size_t rows_max,
                   size_t bytes_max, struct arena *arena, struct line_row **ret_rows,
                   size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_read,
                           .sale_id = sale_id,
                           .from_seq = from_seq,
                           .rows_max = rows_max,
                           .bytes_max = bytes_max,
                           .arena = arena,
                           .rows = arena_alloc(arena, rows_max * sizeof(*job.rows))};
    assert(rows_max >= 1 && rows_max <= LINE_ROWS_MAX);
    if (!job.rows)
        return ERR_NO_MEMORY;
    const int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_rows = job.rows;
        *ret_count = job.count;
    }
    return err;
}

int line_read(struct sql *sql, uint32_t sale_id, uint64_t from_seq, struct arena *arena,
              struct line_row **ret_rows, size_t *ret_count, int64_t deadline_ns)
{
    return line_read_some(sql, sale_id, from_seq, LINE_ROWS_MAX, LINE_READ_MAX, arena, ret_rows,
                          ret_count, deadline_ns);
}
