#include "store/sqlite/body.h"

void bind_u64(sqlite3_stmt *statement, int index, uint64_t value)
{
    assert(value <= INT64_MAX); /* SQLite's integers are signed */
    sqlite3_bind_int64(statement, index, (int64_t)value);
}

void bind_view(sqlite3_stmt *statement, int index, struct view bytes)
{
    if (bytes.len == 0)
        sqlite3_bind_zeroblob(statement, index, 0); /* a NULL pointer would bind NULL */
    else
        sqlite3_bind_blob64(statement, index, bytes.at, bytes.len, SQLITE_STATIC);
}

void bind_text(sqlite3_stmt *statement, int index, struct view text)
{
    sqlite3_bind_text64(statement, index, text.len ? text.at : "", text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

void bind_id(sqlite3_stmt *statement, int index, struct id id)
{
    uint8_t bytes[ID_BYTES];
    id_to_bytes(id, bytes);
    sqlite3_bind_blob(statement, index, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

int column_view(sqlite3_stmt *statement, int column, struct arena *arena, struct view *ret_bytes)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    char *copy = arena_copy(arena, view_of(bytes, len));
    if (!copy)
        return ERR_NO_MEMORY;
    *ret_bytes = view_of(copy, len);
    return 0;
}

int column_id(sqlite3_stmt *statement, int column, struct id *ret_id)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    return id_from_bytes(view_of(bytes, len), ret_id) == 0 ? 0 : ERR_CORRUPT;
}

int column_hash(sqlite3_stmt *statement, int column, uint8_t ret_hash[STORE_HASH_BYTES])
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (sqlite3_column_bytes(statement, column) != STORE_HASH_BYTES)
        return ERR_CORRUPT;
    memcpy(ret_hash, bytes, STORE_HASH_BYTES);
    return 0;
}

int column_u32(sqlite3_stmt *statement, int column, uint32_t *ret_value)
{
    int64_t value = sqlite3_column_int64(statement, column);
    if (value < 0 || value > UINT32_MAX)
        return ERR_CORRUPT;
    *ret_value = (uint32_t)value;
    return 0;
}

void *rows_next(struct rows *rows, size_t size)
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

int rows_read(struct rows *rows, sqlite3_stmt *statement,
              int (*add)(struct rows *rows, sqlite3_stmt *statement))
{
    int rc;
    while ((rc = sqlite_step(statement)) == 1) {
        rc = add(rows, statement);
        if (rc != 0) {
            sqlite3_reset(statement);
            break;
        }
    }
    return rc < 0 ? rc : 0;
}
