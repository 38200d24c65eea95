/* How the body reads and writes: connections, rows, columns. */
#include "store/mariadb/body.h"

/* ---- connections ---- */

int reading_begin(struct store *store, int64_t deadline_ns, struct mariadb_conn **ret_conn)
{
    struct mariadb_store *s = body_of(store);
    if (!s->snapshot)
        return mariadb_take(s->db, deadline_ns, ret_conn);
    pthread_mutex_lock(&s->lock);
    int err = mariadb_wake(s->snapshot, deadline_ns);
    if (err) {
        pthread_mutex_unlock(&s->lock);
        return err;
    }
    *ret_conn = s->snapshot;
    return 0;
}

int reading_end(struct store *store, struct mariadb_conn *conn, int err)
{
    struct mariadb_store *s = body_of(store);
    if (s->snapshot) {
        mariadb_rest(conn);
        pthread_mutex_unlock(&s->lock);
    } else {
        mariadb_give(conn);
    }
    return err == ERR_UNKNOWN || err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}

static int write_once(struct mariadb_conn *conn,
                      int (*change)(struct mariadb_conn *conn, void *state), void *state)
{
    int err = mariadb_begin(conn);
    if (err == 0)
        err = change(conn, state);
    if (err == 0)
        return mariadb_commit(conn);
    mariadb_rollback(conn);
    return err;
}

int writing(struct store *store, int (*change)(struct mariadb_conn *conn, void *state), void *state,
            int64_t deadline_ns)
{
    struct mariadb_store *s = body_of(store);
    struct mariadb_conn *conn;
    if (s->snapshot)
        return ERR_DENIED;
    int err = mariadb_take(s->db, deadline_ns, &conn);
    if (err)
        return err;
    err = write_once(conn, change, state);
    if (err == ERR_BUSY)
        err = write_once(conn, change, state);
    mariadb_give(conn);
    return err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}

int change_rows(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
                size_t count, uint64_t *ret_changes)
{
    struct mariadb_statement *s;
    int err = mariadb_statement(conn, text, values, count, &s);
    return err ? err : mariadb_run(s, ret_changes, NULL);
}

int ask_number(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
               size_t count, int64_t *ret_number)
{
    struct mariadb_statement *s;
    int err = mariadb_statement(conn, text, values, count, &s);
    if (err == 0)
        err = mariadb_step(s);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    *ret_number = mariadb_column_i64(s, 0);
    mariadb_reset(s);
    return 0;
}

/* ---- rows ---- */

void *mariadb_rows_next(struct rows *rows, size_t size)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? 2 * rows->cap : 16;
        void *items = arena_alloc(rows->arena, cap * size);
        if (!items)
            return NULL;
        if (rows->count > 0)
            memcpy(items, rows->items, rows->count * size);
        rows->items = items;
        rows->cap = cap;
    }
    return (char *)rows->items + rows->count * size;
}

int mariadb_rows_read(struct rows *rows, struct mariadb_conn *conn, const char *text,
                      const struct sql_value *values, size_t count, rows_add add)
{
    struct mariadb_statement *s;
    int rc = mariadb_statement(conn, text, values, count, &s);
    if (rc)
        return rc;
    while ((rc = mariadb_step(s)) == 1) {
        rc = add(rows, s);
        if (rc != 0) {
            mariadb_reset(s);
            return rc;
        }
        rows->count++;
    }
    return rc;
}

int mariadb_rows_ask(struct store *store, struct rows *rows, const char *text,
                     const struct sql_value *values, size_t count, rows_add add,
                     int64_t deadline_ns)
{
    struct mariadb_conn *conn;
    int err = reading_begin(store, deadline_ns, &conn);
    if (err)
        return err;
    return reading_end(store, conn, mariadb_rows_read(rows, conn, text, values, count, add));
}

int mariadb_rows_ask_one(struct store *store, struct rows *rows, const char *text,
                         const struct sql_value *values, size_t count, rows_add add,
                         int64_t deadline_ns)
{
    int err = mariadb_rows_ask(store, rows, text, values, count, add, deadline_ns);
    return err == 0 && rows->count == 0 ? ERR_NOT_FOUND : err;
}

/* ---- columns ---- */

int mariadb_column_u32(struct mariadb_statement *s, uint32_t column, uint32_t *ret_value)
{
    const int64_t value = mariadb_column_i64(s, column);
    if (value < 0 || value > UINT32_MAX)
        return ERR_CORRUPT;
    *ret_value = (uint32_t)value;
    return 0;
}

int mariadb_column_id(struct mariadb_statement *s, uint32_t column, struct id *ret_id)
{
    uint8_t bytes[ID_BYTES];
    if (mariadb_column_len(s, column) != sizeof(bytes))
        return ERR_CORRUPT;
    mariadb_column_copy(s, column, bytes, sizeof(bytes));
    return id_from_bytes(view_of(bytes, sizeof(bytes)), ret_id) == 0 ? 0 : ERR_CORRUPT;
}

int mariadb_column_hash(struct mariadb_statement *s, uint32_t column,
                        uint8_t ret_hash[STORE_HASH_BYTES])
{
    if (mariadb_column_len(s, column) != STORE_HASH_BYTES)
        return ERR_CORRUPT;
    mariadb_column_copy(s, column, ret_hash, STORE_HASH_BYTES);
    return 0;
}
