/* Halls and events. */
#include "store/mariadb/body.h"

int mariadb_lock_catalog(struct mariadb_conn *conn)
{
    int64_t one = 0;
    int err = ask_number(conn, "SELECT catalogue_id FROM catalogue FOR UPDATE", SQL_NONE, &one);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

/* The number after the last; ERR_FULL where there are max of them. A number is for ever: rows of
 * the catalog never go. */
static int next_number(struct mariadb_conn *conn, const char *last, int64_t max,
                       uint32_t *ret_number)
{
    int64_t number = 0;
    int err = ask_number(conn, last, SQL_NONE, &number);
    if (err == 0 && number >= max)
        err = ERR_FULL;
    if (err == 0)
        *ret_number = (uint32_t)number + 1;
    return err;
}

/* ---- halls ---- */

struct hall_put {
    const struct store_hall *hall;
    uint32_t hall_id;
};

/* 0: hall_id is set. ERR_NOT_FOUND. */
static int find_hall(struct mariadb_conn *conn, struct hall_put *put)
{
    const struct store_hall *hall = put->hall;
    int64_t number = 0;
    int err = ask_number(
        conn, "SELECT hall_id FROM hall WHERE name = ? AND layout_hash = ?",
        SQL(sql_bytes(hall->name), sql_bytes(view_of(hall->layout_hash, STORE_HASH_BYTES))),
        &number);
    put->hall_id = (uint32_t)number;
    return err;
}

static int add_layout(struct mariadb_conn *conn, uint32_t hall_id, struct view layout)
{
    int err = 0;
    for (int64_t part = 0; err == 0 && layout.len > 0; part++) {
        const size_t len = layout.len < MARIADB_LAYOUT_PART ? layout.len : MARIADB_LAYOUT_PART;
        err = change_rows(conn, "INSERT INTO hall_layout (hall_id, part, bytes) VALUES (?, ?, ?)",
                          SQL(sql_int(hall_id), sql_int(part), sql_bytes(view_of(layout.at, len))),
                          NULL);
        layout = view_of(layout.at + len, layout.len - len);
    }
    return err;
}

static int put_hall(struct mariadb_conn *conn, void *state)
{
    struct hall_put *put = state;
    const struct store_hall *hall = put->hall;
    const size_t parts = (hall->layout.len + MARIADB_LAYOUT_PART - 1) / MARIADB_LAYOUT_PART;
    int err = mariadb_lock_catalog(conn);
    if (err == 0)
        err = find_hall(conn, put);
    if (err != ERR_NOT_FOUND)
        return err;
    err = next_number(conn, "SELECT coalesce(max(hall_id), 0) FROM hall", STORE_HALLS_MAX,
                      &put->hall_id);
    if (err == 0)
        err = change_rows(conn,
                          "INSERT INTO hall (hall_id, name, layout_hash, place_count,"
                          " section_count, layout_parts) VALUES (?, ?, ?, ?, ?, ?)",
                          SQL(sql_int(put->hall_id), sql_bytes(hall->name),
                              sql_bytes(view_of(hall->layout_hash, STORE_HASH_BYTES)),
                              sql_int(hall->place_count), sql_int(hall->section_count),
                              sql_int((int64_t)parts)),
                          NULL);
    return err == 0 ? add_layout(conn, put->hall_id, hall->layout) : err;
}

int mariadb_store_hall_put(struct store *store, const struct store_hall *hall,
                           uint32_t *ret_hall_id, int64_t deadline_ns)
{
    struct hall_put put = {.hall = hall};
    int err = store_hall_check(hall);
    if (err == 0)
        err = writing(store, put_hall, &put, deadline_ns);
    if (err == 0)
        *ret_hall_id = put.hall_id;
    return err;
}

#define HALL_COLUMNS "hall_id, name, layout_hash, place_count, section_count"

static int add_hall(struct rows *rows, struct mariadb_statement *s)
{
    struct store_hall *hall = mariadb_rows_next(rows, sizeof(*hall));
    if (!hall)
        return ERR_NO_MEMORY;
    if (mariadb_column_u32(s, 0, &hall->hall_id) < 0 ||
        mariadb_column_hash(s, 2, hall->layout_hash) < 0 ||
        mariadb_column_u32(s, 3, &hall->place_count) < 0 ||
        mariadb_column_u32(s, 4, &hall->section_count) < 0)
        return ERR_CORRUPT;
    return mariadb_column_bytes(s, 1, rows->arena, &hall->name);
}

/* Parts are joined as they come. */
struct layout {
    struct rows rows;
    char *bytes;
    size_t len;
    size_t room;
};

static int add_part(struct rows *rows, struct mariadb_statement *s)
{
    struct layout *layout = list_of(rows, struct layout, rows);
    const size_t len = mariadb_column_len(s, 0);
    if (len > layout->room - layout->len)
        return ERR_CORRUPT;
    mariadb_column_copy(s, 0, layout->bytes + layout->len, len);
    layout->len += len;
    return 0;
}

static int read_hall(struct mariadb_conn *conn, struct rows *rows, uint32_t hall_id)
{
    const struct sql_value key = sql_int(hall_id);
    int64_t total = 0;
    int err = mariadb_rows_read(rows, conn, "SELECT " HALL_COLUMNS " FROM hall WHERE hall_id = ?",
                                &key, 1, add_hall);
    if (err == 0 && rows->count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = ask_number(conn,
                         "SELECT coalesce(sum(length(bytes)), 0) FROM hall_layout"
                         " WHERE hall_id = ?",
                         &key, 1, &total);
    if (err)
        return err;
    struct layout layout = {.room = (size_t)total,
                            .bytes = arena_alloc(rows->arena, (size_t)total + 1)};
    if (!layout.bytes)
        return ERR_NO_MEMORY;
    err = mariadb_rows_read(&layout.rows, conn,
                            "SELECT bytes FROM hall_layout WHERE hall_id = ? ORDER BY part", &key,
                            1, add_part);
    if (err == 0 && layout.len != layout.room)
        err = ERR_CORRUPT;
    ((struct store_hall *)rows->items)->layout = view_of(layout.bytes, layout.len);
    return err;
}

int mariadb_store_hall_get(struct store *store, uint32_t hall_id, struct arena *arena,
                           struct store_hall *ret_hall, int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    struct mariadb_conn *conn;
    int err = reading_begin(store, deadline_ns, &conn);
    if (err)
        return err;
    err = reading_end(store, conn, read_hall(conn, &rows, hall_id));
    if (err == 0)
        *ret_hall = *(struct store_hall *)rows.items;
    return err;
}

int mariadb_store_hall_list(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                            size_t *ret_count, int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask(store, &rows, "SELECT " HALL_COLUMNS " FROM hall ORDER BY hall_id",
                               SQL_NONE, add_hall, deadline_ns);
    if (err)
        return err;
    *ret_halls = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* ---- events ---- */

struct event_put {
    const struct store_event *event;
    uint32_t event_id;
    bool with_first;
    struct store_performance first;
};

static int put_event(struct mariadb_conn *conn, void *state)
{
    struct event_put *put = state;
    const struct store_event *event = put->event;
    int err = mariadb_lock_catalog(conn);
    if (err == 0)
        err = next_number(conn, "SELECT coalesce(max(event_id), 0) FROM event", STORE_EVENTS_MAX,
                          &put->event_id);
    if (err == 0)
        err = change_rows(conn,
                          "INSERT INTO event (event_id, name, description, created_at_ms,"
                          " organiser_id) VALUES (?, ?, ?, ?, ?)",
                          SQL(sql_int(put->event_id), sql_bytes(event->name),
                              sql_bytes(event->description), sql_int(event->created_at_ms),
                              sql_int(event->organiser_id)),
                          NULL);
    put->first.event_id = put->event_id;
    return err == 0 && put->with_first ? mariadb_add_performance(conn, &put->first) : err;
}

int mariadb_store_event_put(struct store *store, const struct store_event *event,
                            const struct store_performance *first, uint32_t *ret_event_id,
                            uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct event_put put = {.event = event, .with_first = first};
    int err = store_event_check(event);
    if (err == 0 && first) {
        put.first = *first;
        err = store_performance_check(first);
    }
    if (err == 0)
        err = writing(store, put_event, &put, deadline_ns);
    if (err)
        return err;
    *ret_event_id = put.event_id;
    if (first)
        *ret_performance_id = put.first.performance_id;
    return 0;
}

static int add_event(struct rows *rows, struct mariadb_statement *s)
{
    struct store_event *event = mariadb_rows_next(rows, sizeof(*event));
    if (!event)
        return ERR_NO_MEMORY;
    if (mariadb_column_u32(s, 0, &event->event_id) < 0 ||
        mariadb_column_u32(s, 4, &event->organiser_id) < 0)
        return ERR_CORRUPT;
    event->created_at_ms = mariadb_column_i64(s, 3);
    int err = mariadb_column_bytes(s, 1, rows->arena, &event->name);
    return err ? err : mariadb_column_bytes(s, 2, rows->arena, &event->description);
}

int mariadb_store_event_list(struct store *store, struct arena *arena,
                             struct store_event **ret_events, size_t *ret_count,
                             int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask(store, &rows,
                               "SELECT event_id, name, description, created_at_ms, organiser_id"
                               " FROM event ORDER BY event_id",
                               SQL_NONE, add_event, deadline_ns);
    if (err)
        return err;
    *ret_events = rows.items;
    *ret_count = rows.count;
    return 0;
}
