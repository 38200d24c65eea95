/* Halls, events and performances. */
#include "store/sqlite/body.h"

/* ERR_FULL where the table that a count is asked of has `max` rows. */
static int check_room(struct sqlite_conn *conn, enum statement count, int64_t max)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, count, &statement);
    if (rc < 0)
        return rc;
    rc = sqlite_step(statement);
    if (rc == 1)
        rc = sqlite3_column_int64(statement, 0) < max ? 0 : ERR_FULL;
    sqlite3_reset(statement);
    return rc;
}

static uint32_t last_id(struct sqlite_conn *conn)
{
    return (uint32_t)sqlite3_last_insert_rowid(sqlite_handle(conn));
}

struct hall_put {
    struct sqlite_job job;
    const struct store_hall *hall;
    uint32_t hall_id;
};

/* 1: hall_id is set. */
static int find_hall(struct hall_put *put, struct sqlite_conn *conn)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_HALL_FIND, &statement);
    if (rc < 0)
        return rc;
    bind_text(statement, 1, put->hall->name);
    bind_view(statement, 2, view_of(put->hall->layout_hash, STORE_HASH_BYTES));
    rc = sqlite_step(statement);
    if (rc == 1 && column_u32(statement, 0, &put->hall_id) < 0)
        rc = ERR_CORRUPT;
    sqlite3_reset(statement);
    return rc;
}

static int run_hall_put(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct hall_put *put = list_of(job, struct hall_put, job);
    sqlite3_stmt *statement;
    int rc = find_hall(put, conn);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = check_room(conn, STATEMENT_HALL_COUNT, STORE_HALLS_MAX);
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_HALL_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_text(statement, 1, put->hall->name);
    bind_view(statement, 2, view_of(put->hall->layout_hash, STORE_HASH_BYTES));
    bind_u64(statement, 3, put->hall->place_count);
    bind_u64(statement, 4, put->hall->section_count);
    bind_view(statement, 5, put->hall->layout);
    rc = sqlite_run(conn, statement, NULL);
    if (rc == 0)
        put->hall_id = last_id(conn);
    return rc;
}

int sqlite_hall_put(struct store *store, const struct store_hall *hall, uint32_t *ret_hall_id,
                    int64_t deadline_ns)
{
    struct hall_put put = {.job.run = run_hall_put, .hall = hall};
    int rc = store_hall_check(hall);
    if (rc == 0)
        rc = sqlite_write(db_of(store), &put.job, deadline_ns);
    if (rc == 0)
        *ret_hall_id = put.hall_id;
    return rc;
}

/* A list of anything, or the one row of a number. */
struct list_get {
    struct sqlite_job job;
    enum statement statement;
    int (*add)(struct rows *rows, sqlite3_stmt *statement);
    uint32_t id; /* 0: the statement has no parameter */
    struct rows rows;
};

static int run_list_get(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct list_get *get = list_of(job, struct list_get, job);
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, get->statement, &statement);
    if (rc < 0)
        return rc;
    if (get->id > 0)
        bind_u64(statement, 1, get->id);
    return rows_read(&get->rows, statement, get->add);
}

/* The rows are in the arena even where there are none. */
static int read_list(struct store *store, struct list_get *get, void **ret_items, size_t *ret_count,
                     int64_t deadline_ns)
{
    get->job.run = run_list_get;
    int rc = sqlite_read(db_of(store), &get->job, deadline_ns);
    if (rc < 0)
        return rc;
    *ret_items = get->rows.items;
    *ret_count = get->rows.count;
    return 0;
}

static int add_hall(struct rows *rows, sqlite3_stmt *s)
{
    struct store_hall *hall = rows_next(rows, sizeof(*hall));
    if (!hall)
        return ERR_NO_MEMORY;
    if (column_u32(s, 0, &hall->hall_id) < 0 || column_hash(s, 2, hall->layout_hash) < 0 ||
        column_u32(s, 3, &hall->place_count) < 0 || column_u32(s, 4, &hall->section_count) < 0)
        return ERR_CORRUPT;
    int rc = column_view(s, 1, rows->arena, &hall->name);
    if (rc == 0 && sqlite3_column_count(s) > 5)
        rc = column_view(s, 5, rows->arena, &hall->layout);
    rows->count += rc == 0;
    return rc;
}

int sqlite_hall_get(struct store *store, uint32_t hall_id, struct arena *arena,
                    struct store_hall *ret_hall, int64_t deadline_ns)
{
    struct list_get get = {
        .statement = STATEMENT_HALL_GET, .add = add_hall, .id = hall_id, .rows.arena = arena};
    void *items;
    size_t count;
    if (hall_id == 0)
        return ERR_NOT_FOUND;
    int rc = read_list(store, &get, &items, &count, deadline_ns);
    if (rc < 0)
        return rc;
    if (count == 0)
        return ERR_NOT_FOUND;
    *ret_hall = *(struct store_hall *)items;
    return 0;
}

int sqlite_hall_list(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                     size_t *ret_count, int64_t deadline_ns)
{
    struct list_get get = {.statement = STATEMENT_HALL_LIST, .add = add_hall, .rows.arena = arena};
    return read_list(store, &get, (void **)ret_halls, ret_count, deadline_ns);
}

struct event_put {
    struct sqlite_job job;
    const struct store_event *event;
    uint32_t event_id;
    bool with_first;
    struct store_performance first;
};

static int run_event_put(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct event_put *put = list_of(job, struct event_put, job);
    sqlite3_stmt *statement;
    int rc = check_room(conn, STATEMENT_EVENT_COUNT, STORE_EVENTS_MAX);
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_EVENT_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_text(statement, 1, put->event->name);
    bind_text(statement, 2, put->event->description);
    sqlite3_bind_int64(statement, 3, put->event->created_at_ms);
    bind_u64(statement, 4, put->event->organiser_id);
    rc = sqlite_run(conn, statement, NULL);
    if (rc == 0)
        put->event_id = put->first.event_id = last_id(conn);
    if (rc == 0 && put->with_first)
        rc = add_performance(conn, &put->first); /* a job that fails takes the event back too */
    return rc;
}

int sqlite_event_put(struct store *store, const struct store_event *event,
                     const struct store_performance *first, uint32_t *ret_event_id,
                     uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct event_put put = {.job.run = run_event_put, .event = event, .with_first = first};
    int rc = store_event_check(event);
    if (rc == 0 && first) {
        put.first = *first;
        rc = store_performance_check(first);
    }
    if (rc == 0)
        rc = sqlite_write(db_of(store), &put.job, deadline_ns);
    if (rc < 0)
        return rc;
    *ret_event_id = put.event_id;
    if (first)
        *ret_performance_id = put.first.performance_id;
    return 0;
}

static int add_event(struct rows *rows, sqlite3_stmt *s)
{
    struct store_event *event = rows_next(rows, sizeof(*event));
    if (!event)
        return ERR_NO_MEMORY;
    if (column_u32(s, 0, &event->event_id) < 0 || column_u32(s, 4, &event->organiser_id) < 0)
        return ERR_CORRUPT;
    event->created_at_ms = sqlite3_column_int64(s, 3);
    int rc = column_view(s, 1, rows->arena, &event->name);
    if (rc == 0)
        rc = column_view(s, 2, rows->arena, &event->description);
    rows->count += rc == 0;
    return rc;
}

int sqlite_event_list(struct store *store, struct arena *arena, struct store_event **ret_events,
                      size_t *ret_count, int64_t deadline_ns)
{
    struct list_get get = {
        .statement = STATEMENT_EVENT_LIST, .add = add_event, .rows.arena = arena};
    return read_list(store, &get, (void **)ret_events, ret_count, deadline_ns);
}

int rows_add_performance(struct rows *rows, sqlite3_stmt *s)
{
    struct store_performance *p = rows_next(rows, sizeof(*p));
    if (!p)
        return ERR_NO_MEMORY;
    if (column_u32(s, 0, &p->performance_id) < 0 || column_u32(s, 1, &p->event_id) < 0 ||
        column_u32(s, 2, &p->hall_id) < 0 || column_u32(s, 4, &p->hold_ttl_ms) < 0 ||
        column_u32(s, 5, &p->places_max) < 0 || column_u32(s, 8, &p->first_sale_state) < 0 ||
        column_u32(s, 9, &p->sale_state) < 0 || column_hash(s, 13, p->head_hash) < 0)
        return ERR_CORRUPT;
    p->starts_at_ms = sqlite3_column_int64(s, 3);
    p->utc_offset_known = sqlite3_column_type(s, 14) != SQLITE_NULL;
    p->utc_offset_minutes = sqlite3_column_int(s, 14);
    p->covers_names = sqlite3_column_int(s, 15) != 0;
    if (column_u32(s, 16, &p->rest_ms) < 0)
        return ERR_CORRUPT;
    p->epoch = (uint64_t)sqlite3_column_int64(s, 10);
    p->version = (uint64_t)sqlite3_column_int64(s, 11);
    p->seq = (uint64_t)sqlite3_column_int64(s, 12);
    int rc = column_view(s, 6, rows->arena, &p->currency);
    if (rc == 0)
        rc = column_view(s, 7, rows->arena, &p->prices);
    rows->count += rc == 0;
    return rc;
}

int sqlite_performance_list(struct store *store, struct arena *arena,
                            struct store_performance **ret_performances, size_t *ret_count,
                            int64_t deadline_ns)
{
    struct list_get get = {
        .statement = STATEMENT_PERFORMANCE_LIST, .add = rows_add_performance, .rows.arena = arena};
    return read_list(store, &get, (void **)ret_performances, ret_count, deadline_ns);
}

int sqlite_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                           struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct list_get get = {.statement = STATEMENT_PERFORMANCE_GET,
                           .add = rows_add_performance,
                           .id = performance_id,
                           .rows.arena = arena};
    void *items;
    size_t count;
    if (performance_id == 0)
        return ERR_NOT_FOUND;
    int rc = read_list(store, &get, &items, &count, deadline_ns);
    if (rc < 0)
        return rc;
    if (count == 0)
        return ERR_NOT_FOUND;
    *ret_performance = *(struct store_performance *)items;
    return 0;
}

static int add_performance_id(struct rows *rows, sqlite3_stmt *s)
{
    uint32_t *id = rows_next(rows, sizeof(*id));
    if (!id)
        return ERR_NO_MEMORY;
    if (column_u32(s, 0, id) < 0)
        return ERR_CORRUPT;
    rows->count++;
    return 0;
}

int sqlite_performance_ids(struct store *store, struct arena *arena, uint32_t **ret_ids,
                           size_t *ret_count, int64_t deadline_ns)
{
    struct list_get get = {
        .statement = STATEMENT_PERFORMANCE_IDS, .add = add_performance_id, .rows.arena = arena};
    return read_list(store, &get, (void **)ret_ids, ret_count, deadline_ns);
}
