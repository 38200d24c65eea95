/* Halls and events. */
#include "store/tables/tables.h"

#define HALL_COLUMNS "hall_id, name, layout_hash, place_count, section_count"

static int lock_catalog(const struct tables_kind *kind, struct sql_txn *txn)
{
    int64_t one;
    if (!kind->lock_catalog)
        return 0;
    int err = sql_ask_int(txn, kind->lock_catalog, SQL_NONE, &one);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

int tables_next_number(const struct tables_kind *kind, struct sql_txn *txn, const char *last,
                       int64_t max, uint32_t *ret_number)
{
    int64_t number = 0;
    int err = lock_catalog(kind, txn);
    if (err == 0)
        err = sql_ask_int(txn, last, SQL_NONE, &number);
    if (err == 0 && number >= max)
        err = ERR_FULL;
    *ret_number = (uint32_t)number + 1;
    return err;
}

/* ---- halls: what is written of one never changes ---- */

struct hall_put {
    struct sql_job job;
    const struct tables_kind *kind;
    struct store_hall hall;
};

static int run_hall_put(struct sql_job *job, struct sql_txn *txn)
{
    struct hall_put *put = (struct hall_put *)job;
    struct store_hall *hall = &put->hall;
    int64_t number = 0;
    int err = lock_catalog(put->kind, txn);
    if (err == 0)
        err = sql_ask_int(
            txn, "SELECT hall_id FROM hall WHERE name = ? AND layout_hash = ?",
            SQL(sql_text(hall->name), sql_bytes(view_of(hall->layout_hash, STORE_HASH_BYTES))),
            &number);
    hall->hall_id = (uint32_t)number;
    if (err != ERR_NOT_FOUND)
        return err;
    err = tables_next_number(put->kind, txn, "SELECT coalesce(max(hall_id), 0) FROM hall",
                             STORE_HALLS_MAX, &hall->hall_id);
    return err == 0 ? put->kind->add_hall(txn, hall) : err;
}

int tables_hall_put(struct store *store, const struct store_hall *hall, uint32_t *ret_hall_id,
                    int64_t deadline_ns)
{
    struct hall_put put = {.job.run = run_hall_put, .kind = tables_kind_of(store), .hall = *hall};
    int err = store_hall_check(hall);
    if (err == 0)
        err = sql_write(store->sql, &put.job, deadline_ns);
    if (err == 0)
        *ret_hall_id = put.hall.hall_id;
    return err;
}

static int add_hall(struct rows *rows, struct sql_rows *row)
{
    struct store_hall *hall = rows_next(rows, sizeof(*hall));
    if (!hall)
        return ERR_NO_MEMORY;
    if (column_u32(row, 0, &hall->hall_id) < 0 || column_hash(row, 2, hall->layout_hash) < 0 ||
        column_u32(row, 3, &hall->place_count) < 0 || column_u32(row, 4, &hall->section_count) < 0)
        return ERR_CORRUPT;
    return sql_get_copy(row, 1, rows->arena, &hall->name);
}

struct hall_get {
    struct sql_job job;
    const struct tables_kind *kind;
    uint32_t hall_id;
    struct rows rows;
};

static int run_hall_get(struct sql_job *job, struct sql_txn *txn)
{
    struct hall_get *get = (struct hall_get *)job;
    get->rows = (struct rows){.arena = get->rows.arena};
    int err = rows_read(&get->rows, txn, "SELECT " HALL_COLUMNS " FROM hall WHERE hall_id = ?",
                        SQL(sql_int(get->hall_id)), add_hall);
    if (err == 0 && get->rows.count == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        return err;
    struct store_hall *hall = get->rows.items;
    return get->kind->read_layout(txn, get->hall_id, get->rows.arena, &hall->layout);
}

int tables_hall_get(struct store *store, uint32_t hall_id, struct arena *arena,
                    struct store_hall *ret_hall, int64_t deadline_ns)
{
    struct hall_get get = {.job = {.run = run_hall_get, .loose = true},
                           .kind = tables_kind_of(store),
                           .hall_id = hall_id,
                           .rows.arena = arena};
    int err = sql_read(store->sql, &get.job, deadline_ns);
    if (err == 0)
        *ret_hall = *(struct store_hall *)get.rows.items;
    return err;
}

int tables_hall_list(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                     size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {.text = "SELECT " HALL_COLUMNS " FROM hall ORDER BY hall_id",
                               .add = add_hall,
                               .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_halls, ret_count, deadline_ns);
}

/* ---- events ---- */

struct event_put {
    struct sql_job job;
    const struct tables_kind *kind;
    const struct store_event *event;
    uint32_t event_id;
    bool with_first;
    struct store_performance first;
};

static int run_event_put(struct sql_job *job, struct sql_txn *txn)
{
    struct event_put *put = (struct event_put *)job;
    const struct store_event *event = put->event;
    int err = tables_next_number(put->kind, txn, "SELECT coalesce(max(event_id), 0) FROM event",
                                 STORE_EVENTS_MAX, &put->event_id);
    if (err == 0)
        err =
            sql_run(txn,
                    "INSERT INTO event (event_id, name, description, created_at_ms,"
                    " organiser_id) VALUES (?, ?, ?, ?, ?)",
                    SQL(sql_int(put->event_id), sql_text(event->name), sql_text(event->description),
                        sql_int(event->created_at_ms), sql_int(event->organiser_id)),
                    NULL);
    put->first.event_id = put->event_id;
    return err == 0 && put->with_first ? tables_add_performance(put->kind, txn, &put->first) : err;
}

int tables_event_put(struct store *store, const struct store_event *event,
                     const struct store_performance *first, uint32_t *ret_event_id,
                     uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct event_put put = {.job.run = run_event_put,
                            .kind = tables_kind_of(store),
                            .event = event,
                            .with_first = first};
    int err = store_event_check(event);
    if (err == 0 && first) {
        put.first = *first;
        err = store_performance_check(first);
    }
    if (err == 0)
        err = sql_write(store->sql, &put.job, deadline_ns);
    if (err != 0)
        return err;
    *ret_event_id = put.event_id;
    if (first)
        *ret_performance_id = put.first.performance_id;
    return 0;
}

static int add_event(struct rows *rows, struct sql_rows *row)
{
    struct store_event *event = rows_next(rows, sizeof(*event));
    if (!event)
        return ERR_NO_MEMORY;
    if (column_u32(row, 0, &event->event_id) < 0 || column_u32(row, 4, &event->organiser_id) < 0)
        return ERR_CORRUPT;
    event->created_at_ms = sql_get_int(row, 3);
    int err = sql_get_copy(row, 1, rows->arena, &event->name);
    return err ? err : sql_get_copy(row, 2, rows->arena, &event->description);
}

int tables_event_list(struct store *store, struct arena *arena, struct store_event **ret_events,
                      size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {
        .text = "SELECT event_id, name, description, created_at_ms, organiser_id FROM event"
                " ORDER BY event_id",
        .add = add_event,
        .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_events, ret_count, deadline_ns);
}
