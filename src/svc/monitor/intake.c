#include "svc/monitor/intake.h"

#include "codec/be.h"
#include "err/err.h"

/* Of a packed record: stream, level, time, and the lengths of its id and body, which follow. */
#define HEAD_BYTES (1 + 1 + 8 + 1 + 2)

static_assert(RECORD_ID_MAX <= UINT8_MAX && RECORD_BODY_MAX <= UINT16_MAX, "lengths have room");

int intake_pack(const struct record *records, size_t count, struct buf *out)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += HEAD_BYTES + records[i].id.len + records[i].body.len;
    uint8_t *at = buf_reserve(out, len);
    if (!at)
        return len > out->max - out->len ? ERR_FULL : ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct record *record = &records[i];
        at = be_put(at, record->stream, 1);
        at = be_put(at, record->level, 1);
        at = be_put(at, (uint64_t)record->at_ms, 8);
        at = be_put(at, record->id.len, 1);
        at = be_put(at, record->body.len, 2);
        at = be_put_bytes(at, record->id.at, record->id.len);
        at = be_put_bytes(at, record->body.at, record->body.len);
    }
    buf_commit(out, len);
    return 0;
}

int intake_put(struct sql_txn *txn, struct view packed, size_t count)
{
    return sql_run(txn, "INSERT INTO intake (records, bytes, body) VALUES (?, ?, ?)",
                   SQL(sql_int((int64_t)count), sql_int((int64_t)packed.len), sql_bytes(packed)),
                   NULL);
}

static uint64_t number_at(const char *at, unsigned width)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < width; i++)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

/* Takes a record off the front. */
static int unpack_one(struct view *packed, struct record *ret_record)
{
    if (packed->len < HEAD_BYTES)
        return ERR_CORRUPT;
    const char *at = packed->at;
    const size_t id_len = number_at(at + 10, 1), body_len = number_at(at + 11, 2);
    if (packed->len - HEAD_BYTES < id_len + body_len)
        return ERR_CORRUPT;
    *ret_record = (struct record){.stream = (enum record_stream)number_at(at, 1),
                                  .level = (enum log_level)number_at(at + 1, 1),
                                  .at_ms = (int64_t)number_at(at + 2, 8),
                                  .id = view_of(at + HEAD_BYTES, id_len),
                                  .body = view_of(at + HEAD_BYTES + id_len, body_len)};
    view_skip(packed, HEAD_BYTES + id_len + body_len);
    return 0;
}

static int sort_row(struct sql_txn *txn, struct view packed, intake_sort_fn *sort, void *state,
                    size_t *count)
{
    struct record record;
    int err = 0;
    while (err == 0 && packed.len > 0) {
        err = unpack_one(&packed, &record);
        if (err == 0)
            err = sort(state, txn, &record);
        (*count)++;
    }
    return err;
}

int intake_take(struct sql_txn *txn, size_t records_max, intake_sort_fn *sort, void *state,
                bool *ret_more)
{
    struct sql_rows *rows;
    size_t sorted = 0;
    int64_t last = 0;
    int err = sql_query(txn, "SELECT number, body FROM intake ORDER BY number", SQL_NONE, &rows);
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1 && sorted < records_max) {
        last = sql_get_int(rows, 0);
        err = sort_row(txn, sql_get_view(rows, 1), sort, state, &sorted);
        if (err != 0)
            break;
    }
    *ret_more = err == 1;
    if (err != 0)
        sql_done(rows);
    if (err < 0)
        return err;
    return sql_run(txn, "DELETE FROM intake WHERE number <= ?", SQL(sql_int(last)), NULL);
}

int intake_count(struct sql_txn *txn, uint64_t *ret_records, uint64_t *ret_bytes)
{
    int64_t records = 0, bytes = 0;
    int err = sql_ask_int(txn, "SELECT coalesce(sum(records), 0) FROM intake", SQL_NONE, &records);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT coalesce(sum(bytes), 0) FROM intake", SQL_NONE, &bytes);
    *ret_records = (uint64_t)records;
    *ret_bytes = (uint64_t)bytes;
    return err;
}
