/* A performance begins, and changes hands. */
#include "store/sqlite/body.h"

#define PLACES_ARENA_MAX (64u << 10) /* two names */

struct performance_put {
    struct sqlite_job job;
    struct store_performance performance;
};

/* Where a performance is, as far as its genesis hash covers it. */
struct places {
    struct arena arena; /* of the names */
    struct store_hall hall;
    struct view event_name;
};

/* ERR_NOT_FOUND where the event or the hall is missing. */
static int find_places(struct sqlite_conn *conn, const struct store_performance *performance,
                       struct places *ret_places)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_EVENT_FIND, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, performance->event_id);
    rc = sqlite_step(statement);
    if (rc == 1)
        rc = column_view(statement, 0, &ret_places->arena, &ret_places->event_name);
    else if (rc == 0)
        rc = ERR_NOT_FOUND;
    sqlite3_reset(statement);
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_HALL_HASH, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, performance->hall_id);
    rc = sqlite_step(statement);
    if (rc == 1)
        rc = column_hash(statement, 0, ret_places->hall.layout_hash);
    else if (rc == 0)
        rc = ERR_NOT_FOUND;
    if (rc == 0)
        rc = column_view(statement, 1, &ret_places->arena, &ret_places->hall.name);
    if (rc == 0)
        rc = column_u32(statement, 2, &ret_places->hall.section_count);
    sqlite3_reset(statement);
    return rc;
}

static int count_performances(struct sqlite_conn *conn, int64_t *ret_count)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_PERFORMANCE_COUNT, &statement);
    if (rc < 0)
        return rc;
    rc = sqlite_step(statement);
    if (rc == 1)
        *ret_count = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return rc < 0 ? rc : 0;
}

static int insert(struct sqlite_conn *conn, struct store_performance *p)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_PERFORMANCE_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, p->event_id);
    bind_u64(statement, 2, p->hall_id);
    sqlite3_bind_int64(statement, 3, p->starts_at_ms);
    bind_u64(statement, 4, p->hold_ttl_ms);
    bind_u64(statement, 5, p->places_max);
    bind_text(statement, 6, p->currency);
    bind_view(statement, 7, p->prices);
    bind_u64(statement, 8, p->sale_state);
    if (p->utc_offset_known)
        sqlite3_bind_int(statement, 9, p->utc_offset_minutes);
    else
        sqlite3_bind_null(statement, 9);
    sqlite3_bind_int(statement, 10, p->covers_names);
    bind_u64(statement, 11, p->rest_ms);
    rc = sqlite_run(conn, statement, NULL);
    if (rc == 0)
        p->performance_id = (uint32_t)sqlite3_last_insert_rowid(sqlite_handle(conn));
    return rc;
}

int add_performance(struct sqlite_conn *conn, struct store_performance *p)
{
    struct places places = {0};
    sqlite3_stmt *statement;
    int64_t count = 0;
    p->first_sale_state = p->sale_state;
    arena_init(&places.arena, PLACES_ARENA_MAX);
    int rc = find_places(conn, p, &places);
    if (rc == 0)
        rc = count_performances(conn, &count);
    if (rc == 0 && count >= STORE_PERFORMANCES_MAX)
        rc = ERR_FULL;
    if (rc == 0)
        rc = insert(conn, p);
    /* the genesis hash covers the id that was just given */
    if (rc == 0)
        store_genesis_hash(p, &places.hall, places.event_name, p->head_hash);
    arena_release(&places.arena);
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_PERFORMANCE_GENESIS, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, p->performance_id);
    bind_view(statement, 2, view_of(p->head_hash, STORE_HASH_BYTES));
    return sqlite_run(conn, statement, NULL);
}

static int run_performance_put(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return add_performance(conn, &list_of(job, struct performance_put, job)->performance);
}

int sqlite_performance_put(struct store *store, const struct store_performance *performance,
                           uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct performance_put put = {.job.run = run_performance_put, .performance = *performance};
    int rc = store_performance_check(performance);
    if (rc == 0)
        rc = sqlite_write(db_of(store), &put.job, deadline_ns);
    if (rc == 0)
        *ret_performance_id = put.performance.performance_id;
    return rc;
}

struct claim {
    struct sqlite_job job;
    uint32_t performance_id;
    struct rows rows;
};

static int run_claim(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct claim *claim = list_of(job, struct claim, job);
    sqlite3_stmt *statement;
    int changes = 0;
    int rc = sqlite_statement(conn, STATEMENT_CLAIM, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, claim->performance_id);
    rc = sqlite_run(conn, statement, &changes);
    if (rc == 0 && changes == 0)
        rc = ERR_NOT_FOUND;
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_PERFORMANCE_GET, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, claim->performance_id);
    return rows_read(&claim->rows, statement, rows_add_performance);
}

int sqlite_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                 struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct claim claim = {
        .job.run = run_claim, .performance_id = performance_id, .rows.arena = arena};
    int rc = sqlite_write(db_of(store), &claim.job, deadline_ns);
    if (rc < 0)
        return rc;
    assert(claim.rows.count == 1);
    *ret_performance = *(struct store_performance *)claim.rows.items;
    return 0;
}
