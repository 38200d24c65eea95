#include "svc/monitor/intake.h"

#include "codec/be.h"
#include "codec/squeeze.h"
#include "err/err.h"

/* Of a packed record: stream, level, time, and the lengths of its id and body, which follow. */
#define HEAD_BYTES (1 + 1 + 8 + 1 + 2)
#define ROW_MAX    ((size_t)RECORDS_PUT_MAX * (HEAD_BYTES + RECORD_ID_MAX + RECORD_BODY_MAX))

static_assert(RECORD_ID_MAX <= UINT8_MAX && RECORD_BODY_MAX <= UINT16_MAX, "lengths have room");

static int put_records(const struct record *records, size_t count, struct buf *out)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += HEAD_BYTES + records[i].id.len + records[i].body.len;
    uint8_t *at = buf_reserve(out, len);
    if (!at)
        return ERR_NO_MEMORY;
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

int intake_put(struct sql_txn *txn, const struct record *records, size_t count, uint64_t *ret_bytes)
{
    struct buf plain, packed;
    buf_init(&plain, ROW_MAX);
    buf_init(&packed, 2 * ROW_MAX);
    int err = put_records(records, count, &plain);
    if (err == 0)
        err = squeeze_pack_fast(buf_view(&plain), &packed);
    *ret_bytes = packed.len;
    if (err == 0)
        err = sql_run(txn, "INSERT INTO intake (records, bytes, body) VALUES (?, ?, ?)",
                      SQL(sql_int((int64_t)count), sql_int((int64_t)packed.len),
                          sql_bytes(buf_view(&packed))),
                      NULL);
    buf_release(&plain);
    buf_release(&packed);
    return err;
}

static uint64_t number_at(const char *at, unsigned width)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < width; i++)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

/* Takes a record off the front. */
static int take_one(struct view *plain, struct record *ret_record)
{
    if (plain->len < HEAD_BYTES)
        return ERR_CORRUPT;
    const char *at = plain->at;
    const size_t id_len = number_at(at + 10, 1), body_len = number_at(at + 11, 2);
    if (plain->len - HEAD_BYTES < id_len + body_len)
        return ERR_CORRUPT;
    *ret_record = (struct record){.stream = (enum record_stream)number_at(at, 1),
                                  .level = (enum log_level)number_at(at + 1, 1),
                                  .at_ms = (int64_t)number_at(at + 2, 8),
                                  .id = view_of(at + HEAD_BYTES, id_len),
                                  .body = view_of(at + HEAD_BYTES + id_len, body_len)};
    view_skip(plain, HEAD_BYTES + id_len + body_len);
    return 0;
}

static int sort_row(struct sql_txn *txn, struct view packed, intake_sort_fn *sort, void *state,
                    size_t *count)
{
    struct buf bytes;
    struct record record;
    buf_init(&bytes, ROW_MAX);
    int err = squeeze_unpack(SQUEEZE_ZSTD, packed, &bytes);
    err = err == 0 || err == ERR_NO_MEMORY ? err : ERR_CORRUPT;
    struct view plain = buf_view(&bytes);
    while (err == 0 && plain.len > 0) {
        err = take_one(&plain, &record);
        if (err == 0)
            err = sort(state, txn, &record);
        (*count)++;
    }
    buf_release(&bytes);
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
