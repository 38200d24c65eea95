/* A performance begins, and changes hands. */
#include "store/mariadb/body.h"

#define NAMES_ARENA_MAX (64u << 10) /* two names */

/* Where a performance is, as far as its genesis hash covers it: the hall, and the event's name, in
 * the arena. ERR_NOT_FOUND where one of them is missing. */
static int find_places(struct mariadb_conn *conn, const struct store_performance *p,
                       struct arena *arena, struct store_hall *ret_hall,
                       struct view *ret_event_name)
{
    struct mariadb_statement *s;
    int err = mariadb_statement(
        conn,
        "SELECT layout_hash, section_count, hall.name, event.name FROM hall, event"
        " WHERE hall_id = ? AND event_id = ?",
        SQL(sql_int(p->hall_id), sql_int(p->event_id)), &s);
    if (err == 0)
        err = mariadb_step(s);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = mariadb_column_hash(s, 0, ret_hall->layout_hash);
    if (err == 0)
        err = mariadb_column_u32(s, 1, &ret_hall->section_count);
    if (err == 0)
        err = mariadb_column_bytes(s, 2, arena, &ret_hall->name);
    if (err == 0)
        err = mariadb_column_bytes(s, 3, arena, ret_event_name);
    mariadb_reset(s);
    return err;
}

int mariadb_add_performance(struct mariadb_conn *conn, struct store_performance *p)
{
    struct arena names;
    struct store_hall hall = {0};
    struct view event_name = {0};
    int64_t last = 0;
    p->first_sale_state = p->sale_state;
    arena_init(&names, NAMES_ARENA_MAX);
    int err = find_places(conn, p, &names, &hall, &event_name);
    if (err == 0)
        err = ask_number(conn, "SELECT coalesce(max(performance_id), 0) FROM performance", SQL_NONE,
                         &last);
    if (err == 0 && last >= STORE_PERFORMANCES_MAX)
        err = ERR_FULL;
    p->performance_id = (uint32_t)last + 1;
    if (err == 0)
        store_genesis_hash(p, &hall, event_name, p->head_hash);
    arena_release(&names);
    if (err)
        return err;
    return change_rows(conn,
                       "INSERT INTO performance (" MARIADB_PERFORMANCE_COLUMNS ")"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?)",
                       SQL(sql_int(p->performance_id), sql_int(p->event_id), sql_int(p->hall_id),
                           sql_int(p->starts_at_ms), sql_int(p->hold_ttl_ms),
                           sql_int(p->places_max), sql_bytes(p->currency), sql_bytes(p->prices),
                           sql_int(p->sale_state), sql_int(p->sale_state),
                           sql_bytes(view_of(p->head_hash, STORE_HASH_BYTES)),
                           p->utc_offset_known ? sql_int(p->utc_offset_minutes) : sql_null(),
                           sql_int(p->covers_names), sql_int(p->rest_ms)),
                       NULL);
}

static int put_performance(struct mariadb_conn *conn, void *state)
{
    int err = mariadb_lock_catalog(conn);
    return err == 0 ? mariadb_add_performance(conn, state) : err;
}

int mariadb_store_performance_put(struct store *store, const struct store_performance *performance,
                                  uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct store_performance put = *performance;
    int err = store_performance_check(performance);
    if (err == 0)
        err = writing(store, put_performance, &put, deadline_ns);
    if (err == 0)
        *ret_performance_id = put.performance_id;
    return err;
}

int mariadb_rows_add_performance(struct rows *rows, struct mariadb_statement *s)
{
    struct store_performance *p = mariadb_rows_next(rows, sizeof(*p));
    if (!p)
        return ERR_NO_MEMORY;
    if (mariadb_column_u32(s, 0, &p->performance_id) < 0 ||
        mariadb_column_u32(s, 1, &p->event_id) < 0 || mariadb_column_u32(s, 2, &p->hall_id) < 0 ||
        mariadb_column_u32(s, 4, &p->hold_ttl_ms) < 0 ||
        mariadb_column_u32(s, 5, &p->places_max) < 0 ||
        mariadb_column_u32(s, 8, &p->first_sale_state) < 0 ||
        mariadb_column_u32(s, 9, &p->sale_state) < 0 ||
        mariadb_column_hash(s, 13, p->head_hash) < 0)
        return ERR_CORRUPT;
    p->starts_at_ms = mariadb_column_i64(s, 3);
    p->epoch = mariadb_column_u64(s, 10);
    p->version = mariadb_column_u64(s, 11);
    p->seq = mariadb_column_u64(s, 12);
    p->utc_offset_known = !mariadb_column_is_null(s, 14);
    p->utc_offset_minutes = (int32_t)mariadb_column_i64(s, 14);
    p->covers_names = mariadb_column_i64(s, 15) != 0;
    if (mariadb_column_u32(s, 16, &p->rest_ms) < 0)
        return ERR_CORRUPT;
    int err = mariadb_column_bytes(s, 6, rows->arena, &p->currency);
    return err ? err : mariadb_column_bytes(s, 7, rows->arena, &p->prices);
}

static const char one_performance[] =
    "SELECT " MARIADB_PERFORMANCE_COLUMNS " FROM performance WHERE performance_id = ?";

int mariadb_store_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                                  struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask_one(store, &rows, one_performance, SQL(sql_int(performance_id)),
                                   mariadb_rows_add_performance, deadline_ns);
    if (err == 0)
        *ret_performance = *(struct store_performance *)rows.items;
    return err;
}

int mariadb_store_performance_list(struct store *store, struct arena *arena,
                                   struct store_performance **ret_performances, size_t *ret_count,
                                   int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask(store, &rows,
                               "SELECT " MARIADB_PERFORMANCE_COLUMNS
                               " FROM performance ORDER BY performance_id",
                               SQL_NONE, mariadb_rows_add_performance, deadline_ns);
    if (err)
        return err;
    *ret_performances = rows.items;
    *ret_count = rows.count;
    return 0;
}

struct claim {
    uint32_t performance_id;
    struct arena *arena;
    struct rows rows;
};

/* The row's lock is waited for: a batch that is under way is over before the claim, or is fenced by
 * it. */
static int take_over(struct mariadb_conn *conn, void *state)
{
    struct claim *claim = state;
    const struct sql_value key = sql_int(claim->performance_id);
    uint64_t changes = 0;
    claim->rows = (struct rows){.arena = claim->arena};
    int err = change_rows(conn, "UPDATE performance SET epoch = epoch + 1 WHERE performance_id = ?",
                          &key, 1, &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    return err ? err
               : mariadb_rows_read(&claim->rows, conn, one_performance, &key, 1,
                                   mariadb_rows_add_performance);
}

int mariadb_store_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                        struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct claim claim = {.performance_id = performance_id, .arena = arena};
    int err = writing(store, take_over, &claim, deadline_ns);
    if (err)
        return err;
    assert(claim.rows.count == 1);
    *ret_performance = *(struct store_performance *)claim.rows.items;
    return 0;
}
