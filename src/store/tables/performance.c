/* A performance begins, and changes hands. */
#include "store/tables/tables.h"

#define PERFORMANCE_COLUMNS                                                                        \
    "performance_id, event_id, hall_id, starts_at_ms, hold_ttl_ms, places_max, currency, prices, " \
    "first_sale_state, sale_state, epoch, version, seq, head_hash, utc_offset_minutes, "           \
    "covers_names, rest_ms, person_rule"
#define NAMES_ARENA_MAX (64u << 10) /* two names */

/* Where a performance is, as far as its genesis hash covers it: the hall, and the event's name, in
 * the arena. ERR_NOT_FOUND where one of them is missing. */
static int find_places(struct sql_txn *txn, const struct store_performance *p, struct arena *arena,
                       struct store_hall *ret_hall, struct view *ret_event_name)
{
    struct sql_rows *row;
    int err = sql_query(txn,
                        "SELECT layout_hash, section_count, hall.name, event.name FROM hall, event"
                        " WHERE hall_id = ? AND event_id = ?",
                        SQL(sql_int(p->hall_id), sql_int(p->event_id)), &row);
    if (err == 0)
        err = sql_next(row);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = column_hash(row, 0, ret_hall->layout_hash);
    if (err == 0)
        err = column_u32(row, 1, &ret_hall->section_count);
    if (err == 0)
        err = sql_get_copy(row, 2, arena, &ret_hall->name);
    if (err == 0)
        err = sql_get_copy(row, 3, arena, ret_event_name);
    sql_done(row);
    return err;
}

static int insert(struct sql_txn *txn, const struct store_performance *p)
{
    return sql_run(txn,
                   "INSERT INTO performance (" PERFORMANCE_COLUMNS ")"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?)",
                   SQL(sql_int(p->performance_id), sql_int(p->event_id), sql_int(p->hall_id),
                       sql_int(p->starts_at_ms), sql_int(p->hold_ttl_ms), sql_int(p->places_max),
                       sql_text(p->currency), sql_bytes(p->prices), sql_int(p->sale_state),
                       sql_int(p->sale_state), sql_bytes(view_of(p->head_hash, STORE_HASH_BYTES)),
                       p->utc_offset_known ? sql_int(p->utc_offset_minutes) : sql_null(),
                       sql_int(p->covers_names), sql_int(p->rest_ms), sql_int(p->person_rule)),
                   NULL);
}

int tables_add_performance(const struct tables_kind *kind, struct sql_txn *txn,
                           struct store_performance *p)
{
    struct arena names;
    struct store_hall hall = {0};
    struct view event_name = {0};
    p->first_sale_state = p->sale_state;
    arena_init(&names, NAMES_ARENA_MAX);
    int err = find_places(txn, p, &names, &hall, &event_name);
    if (err == 0)
        err = tables_next_number(kind, txn,
                                 "SELECT coalesce(max(performance_id), 0) FROM performance",
                                 STORE_PERFORMANCES_MAX, &p->performance_id);
    if (err == 0)
        store_genesis_hash(p, &hall, event_name, p->head_hash);
    arena_release(&names);
    return err == 0 ? insert(txn, p) : err;
}

struct performance_put {
    struct sql_job job;
    const struct tables_kind *kind;
    struct store_performance performance;
};

static int run_put(struct sql_job *job, struct sql_txn *txn)
{
    struct performance_put *put = (struct performance_put *)job;
    return tables_add_performance(put->kind, txn, &put->performance);
}

int tables_performance_put(struct store *store, const struct store_performance *performance,
                           uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct performance_put put = {
        .job.run = run_put, .kind = tables_kind_of(store), .performance = *performance};
    int err = store_performance_check(performance);
    if (err == 0)
        err = sql_write(store->sql, &put.job, deadline_ns);
    if (err == 0)
        *ret_performance_id = put.performance.performance_id;
    return err;
}

static int add_performance(struct rows *rows, struct sql_rows *row)
{
    struct store_performance *p = rows_next(rows, sizeof(*p));
    if (!p)
        return ERR_NO_MEMORY;
    if (column_u32(row, 0, &p->performance_id) < 0 || column_u32(row, 1, &p->event_id) < 0 ||
        column_u32(row, 2, &p->hall_id) < 0 || column_u32(row, 4, &p->hold_ttl_ms) < 0 ||
        column_u32(row, 5, &p->places_max) < 0 || column_u32(row, 8, &p->first_sale_state) < 0 ||
        column_u32(row, 9, &p->sale_state) < 0 || column_hash(row, 13, p->head_hash) < 0 ||
        column_u32(row, 16, &p->rest_ms) < 0 || column_u32(row, 17, &p->person_rule) < 0)
        return ERR_CORRUPT;
    p->starts_at_ms = sql_get_int(row, 3);
    p->epoch = (uint64_t)sql_get_int(row, 10);
    p->version = (uint64_t)sql_get_int(row, 11);
    p->seq = (uint64_t)sql_get_int(row, 12);
    p->utc_offset_known = !sql_is_null(row, 14);
    p->utc_offset_minutes = (int32_t)sql_get_int(row, 14);
    p->covers_names = sql_get_int(row, 15) != 0;
    int err = sql_get_copy(row, 6, rows->arena, &p->currency);
    return err ? err : sql_get_copy(row, 7, rows->arena, &p->prices);
}

static const char one_performance[] =
    "SELECT " PERFORMANCE_COLUMNS " FROM performance WHERE performance_id = ?";

int tables_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                           struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct tables_list list = {.text = one_performance,
                               .values = {sql_int(performance_id)},
                               .value_count = 1,
                               .add = add_performance,
                               .rows.arena = arena};
    return tables_read_one(store, &list, ret_performance, sizeof(*ret_performance), deadline_ns);
}

int tables_performance_list(struct store *store, struct arena *arena,
                            struct store_performance **ret_performances, size_t *ret_count,
                            int64_t deadline_ns)
{
    struct tables_list list = {.text = "SELECT " PERFORMANCE_COLUMNS
                                       " FROM performance ORDER BY performance_id",
                               .add = add_performance,
                               .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_performances, ret_count, deadline_ns);
}

static int add_id(struct rows *rows, struct sql_rows *row)
{
    uint32_t *id = rows_next(rows, sizeof(*id));
    return id ? column_u32(row, 0, id) : ERR_NO_MEMORY;
}

int tables_performance_ids(struct store *store, struct arena *arena, uint32_t **ret_ids,
                           size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {
        .text = tables_kind_of(store)->performance_ids, .add = add_id, .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_ids, ret_count, deadline_ns);
}

struct claim {
    struct sql_job job;
    uint32_t performance_id;
    struct rows rows;
};

/* The row's lock is waited for: a batch that is under way is over before the claim, or is fenced by
 * it. */
static int run_claim(struct sql_job *job, struct sql_txn *txn)
{
    struct claim *claim = (struct claim *)job;
    uint64_t changes = 0;
    claim->rows = (struct rows){.arena = claim->rows.arena};
    int err = sql_run(txn, "UPDATE performance SET epoch = epoch + 1 WHERE performance_id = ?",
                      SQL(sql_int(claim->performance_id)), &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = rows_read(&claim->rows, txn, one_performance, SQL(sql_int(claim->performance_id)),
                        add_performance);
    assert(err != 0 || claim->rows.count == 1);
    return err;
}

int tables_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                 struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct claim claim = {
        .job.run = run_claim, .performance_id = performance_id, .rows.arena = arena};
    int err = sql_write(store->sql, &claim.job, deadline_ns);
    if (err == 0)
        *ret_performance = *(struct store_performance *)claim.rows.items;
    return err;
}
