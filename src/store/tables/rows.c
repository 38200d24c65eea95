#include <string.h>

#include "store/tables/tables.h"

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

int rows_read(struct rows *rows, struct sql_txn *txn, const char *text,
              const struct sql_value *values, size_t count, rows_add add)
{
    struct sql_rows *answer;
    int rc = sql_query(txn, text, values, count, &answer);
    if (rc != 0)
        return rc;
    while ((rc = sql_next(answer)) == 1) {
        rc = add(rows, answer);
        if (rc != 0) {
            sql_done(answer);
            return rc < 0 ? rc : 0;
        }
        rows->count++;
    }
    return rc;
}

int column_u32(struct sql_rows *row, int column, uint32_t *ret_value)
{
    const int64_t value = sql_get_int(row, column);
    if (value < 0 || value > UINT32_MAX)
        return ERR_CORRUPT;
    *ret_value = (uint32_t)value;
    return 0;
}

int column_hash(struct sql_rows *row, int column, uint8_t ret_hash[STORE_HASH_BYTES])
{
    const struct view bytes = sql_get_view(row, column);
    if (bytes.len != STORE_HASH_BYTES)
        return ERR_CORRUPT;
    memcpy(ret_hash, bytes.at, STORE_HASH_BYTES);
    return 0;
}

static int run_list(struct sql_job *job, struct sql_txn *txn)
{
    struct tables_list *list = (struct tables_list *)job;
    list->rows = (struct rows){.arena = list->rows.arena};
    return rows_read(&list->rows, txn, list->text, list->values, list->value_count, list->add);
}

int tables_read(struct store *store, struct tables_list *list, void **ret_items, size_t *ret_count,
                int64_t deadline_ns)
{
    list->job = (struct sql_job){.run = run_list, .loose = true};
    int err = sql_read(store->sql, &list->job, deadline_ns);
    if (err != 0)
        return err;
    *ret_items = list->rows.items;
    *ret_count = list->rows.count;
    return 0;
}

int tables_read_one(struct store *store, struct tables_list *list, void *ret_item, size_t size,
                    int64_t deadline_ns)
{
    void *items;
    size_t count;
    int err = tables_read(store, list, &items, &count, deadline_ns);
    if (err == 0 && count == 0)
        return ERR_NOT_FOUND;
    if (err == 0)
        memcpy(ret_item, items, size);
    return err;
}
