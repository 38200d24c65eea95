/* A hall's layout, in pieces that fit into a packet. */
#include <string.h>

#include "store/mariadb/body.h"

int mariadb_add_hall(struct sql_txn *txn, const struct store_hall *hall)
{
    struct view layout = hall->layout;
    const size_t parts = (layout.len + MARIADB_LAYOUT_PART - 1) / MARIADB_LAYOUT_PART;
    int err = sql_run(txn,
                      "INSERT INTO hall (hall_id, name, layout_hash, place_count, section_count,"
                      " layout_parts) VALUES (?, ?, ?, ?, ?, ?)",
                      SQL(sql_int(hall->hall_id), sql_text(hall->name),
                          sql_bytes(view_of(hall->layout_hash, STORE_HASH_BYTES)),
                          sql_int(hall->place_count), sql_int(hall->section_count),
                          sql_int((int64_t)parts)),
                      NULL);
    for (int64_t part = 0; err == 0 && layout.len > 0; part++) {
        const size_t len = layout.len < MARIADB_LAYOUT_PART ? layout.len : MARIADB_LAYOUT_PART;
        err = sql_run(
            txn, "INSERT INTO hall_layout (hall_id, part, bytes) VALUES (?, ?, ?)",
            SQL(sql_int(hall->hall_id), sql_int(part), sql_bytes(view_of(layout.at, len))), NULL);
        layout = view_of(layout.at + len, layout.len - len);
    }
    return err;
}

/* Parts are joined as they come. */
struct layout {
    struct rows rows;
    char *bytes;
    size_t len;
    size_t room;
};

static int add_part(struct rows *rows, struct sql_rows *row)
{
    struct layout *layout = list_of(rows, struct layout, rows);
    const struct view part = sql_get_view(row, 0);
    if (part.len > layout->room - layout->len)
        return ERR_CORRUPT;
    if (part.len > 0)
        memcpy(layout->bytes + layout->len, part.at, part.len);
    layout->len += part.len;
    return 0;
}

int mariadb_read_layout(struct sql_txn *txn, uint32_t hall_id, struct arena *arena,
                        struct view *ret_layout)
{
    struct layout layout = {0};
    int64_t total = 0;
    int err = sql_ask_int(
        txn, "SELECT coalesce(sum(length(bytes)), 0) FROM hall_layout WHERE hall_id = ?",
        SQL(sql_int(hall_id)), &total);
    if (err)
        return err;
    layout.room = (size_t)total;
    layout.bytes = arena_alloc(arena, layout.room);
    if (!layout.bytes)
        return ERR_NO_MEMORY;
    err = rows_read(&layout.rows, txn,
                    "SELECT bytes FROM hall_layout WHERE hall_id = ? ORDER BY part",
                    SQL(sql_int(hall_id)), add_part);
    if (err == 0 && layout.len != layout.room)
        err = ERR_CORRUPT;
    *ret_layout = view_of(layout.bytes, layout.len);
    return err;
}
