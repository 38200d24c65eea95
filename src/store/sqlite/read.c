/* What was committed, read back; and the outbox. */
#include "store/sqlite/body.h"

/* A read: what is asked for, and the rows that answer. Each run uses what it needs of it. */
struct gather {
    struct sqlite_job job;
    uint32_t performance_id;
    uint64_t from_seq;
    struct id id; /* an order or an account */
    struct id after;
    size_t max;
    size_t bytes; /* of bodies so far */
    struct rows rows;
};

static struct gather *gather_of(struct rows *rows)
{
    return list_of(rows, struct gather, rows);
}

static void bind_max(sqlite3_stmt *statement, int index, size_t max)
{
    bind_u64(statement, index, max > INT64_MAX ? INT64_MAX : max);
}

/* True once another body of `len` bytes would be too much for one answer. */
static bool is_enough(struct gather *gather, size_t len)
{
    gather->bytes += len;
    return gather->rows.count > 0 && gather->bytes > STORE_READ_BYTES_MAX;
}

/* Runs the job on a reader and gives what it has gathered. */
static int read_rows(struct store *store, struct gather *gather, void **ret_items,
                     size_t *ret_count, int64_t deadline_ns)
{
    int rc = sqlite_read(db_of(store), &gather->job, deadline_ns);
    if (rc < 0)
        return rc;
    *ret_items = gather->rows.items;
    *ret_count = gather->rows.count;
    return 0;
}

static int add_sale(struct rows *rows, sqlite3_stmt *s)
{
    struct store_sale *sale = rows_next(rows, sizeof(*sale));
    if (!sale)
        return ERR_NO_MEMORY;
    if (column_u32(s, 0, &sale->seat) < 0 || column_id(s, 1, &sale->order_id) < 0)
        return ERR_CORRUPT;
    rows->count++;
    return 0;
}

static int run_sold_list(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_SOLD_LIST, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, gather->performance_id);
    return rows_read(&gather->rows, statement, add_sale);
}

int sqlite_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                     struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns)
{
    struct gather gather = {
        .job.run = run_sold_list, .performance_id = performance_id, .rows.arena = arena};
    return read_rows(store, &gather, (void **)ret_sales, ret_count, deadline_ns);
}

static int add_block(struct rows *rows, sqlite3_stmt *s)
{
    struct store_block *block = rows_next(rows, sizeof(*block));
    if (!block)
        return ERR_NO_MEMORY;
    block->until_ms = sqlite3_column_int64(s, 3);
    if (column_u32(s, 0, &block->seat) < 0 || column_id(s, 1, &block->block_id) < 0 ||
        column_id(s, 2, &block->account_id) < 0)
        return ERR_CORRUPT;
    int rc = column_view(s, 4, rows->arena, &block->reason);
    rows->count += rc == 0;
    return rc;
}

static int run_block_list(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_BLOCK_LIST, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, gather->performance_id);
    return rows_read(&gather->rows, statement, add_block);
}

int sqlite_block_list(struct store *store, uint32_t performance_id, struct arena *arena,
                      struct store_block **ret_blocks, size_t *ret_count, int64_t deadline_ns)
{
    struct gather gather = {
        .job.run = run_block_list, .performance_id = performance_id, .rows.arena = arena};
    return read_rows(store, &gather, (void **)ret_blocks, ret_count, deadline_ns);
}

static int add_ledger_row(struct rows *rows, sqlite3_stmt *s)
{
    sqlite3_column_blob(s, 7); /* so that the length is of the blob */
    if (is_enough(gather_of(rows), (size_t)sqlite3_column_bytes(s, 7)))
        return 1;
    struct ledger_row *row = rows_next(rows, sizeof(*row));
    if (!row)
        return ERR_NO_MEMORY;
    row->seq = (uint64_t)sqlite3_column_int64(s, 0);
    row->epoch = (uint64_t)sqlite3_column_int64(s, 1);
    row->version_before = (uint64_t)sqlite3_column_int64(s, 2);
    row->version = (uint64_t)sqlite3_column_int64(s, 3);
    row->at_ms = sqlite3_column_int64(s, 4);
    if (column_hash(s, 5, row->prev_hash) < 0 || column_hash(s, 6, row->hash) < 0)
        return ERR_CORRUPT;
    int rc = column_view(s, 7, rows->arena, &row->body);
    rows->count += rc == 0;
    return rc;
}

static int run_ledger_read(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    sqlite3_stmt *statement;
    if (gather->from_seq > INT64_MAX)
        return 0; /* no row has such a number */
    int rc = sqlite_statement(conn, STATEMENT_LEDGER_READ, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, gather->performance_id);
    bind_u64(statement, 2, gather->from_seq);
    bind_max(statement, 3, gather->max);
    return rows_read(&gather->rows, statement, add_ledger_row);
}

int sqlite_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                       size_t rows_max, struct arena *arena, struct ledger_row **ret_rows,
                       size_t *ret_count, int64_t deadline_ns)
{
    struct gather gather = {.job.run = run_ledger_read,
                            .performance_id = performance_id,
                            .from_seq = from_seq,
                            .max = rows_max,
                            .rows.arena = arena};
    return read_rows(store, &gather, (void **)ret_rows, ret_count, deadline_ns);
}

static int add_order(struct rows *rows, sqlite3_stmt *s)
{
    struct store_order *order = rows_next(rows, sizeof(*order));
    if (!order)
        return ERR_NO_MEMORY;
    if (column_id(s, 0, &order->order_id) < 0 || column_id(s, 1, &order->account_id) < 0 ||
        column_id(s, 2, &order->hold_id) < 0 || column_u32(s, 3, &order->performance_id) < 0 ||
        column_u32(s, 4, &order->state) < 0 || column_u32(s, 5, &order->payment_method) < 0)
        return ERR_CORRUPT;
    order->placed_at_ms = sqlite3_column_int64(s, 6);
    order->total = sqlite3_column_int64(s, 7);
    int rc = column_view(s, 8, rows->arena, &order->seats);
    rows->count += rc == 0;
    return rc;
}

static int run_order_get(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_ORDER_GET, &statement);
    if (rc < 0)
        return rc;
    bind_id(statement, 1, gather->id);
    return rows_read(&gather->rows, statement, add_order);
}

int sqlite_order_get(struct store *store, struct id order_id, struct arena *arena,
                     struct store_order *ret_order, int64_t deadline_ns)
{
    struct gather gather = {.job.run = run_order_get, .id = order_id, .rows.arena = arena};
    void *items;
    size_t count;
    int rc = read_rows(store, &gather, &items, &count, deadline_ns);
    if (rc < 0)
        return rc;
    if (count == 0)
        return ERR_NOT_FOUND;
    *ret_order = *(struct store_order *)items;
    return 0;
}

/* Where a page begins: what is known of the order `after`. */
struct place {
    int64_t order_no;
    struct id account_id;
    uint32_t performance_id;
};

/* ERR_NOT_FOUND. A zero id gives the place before the first. */
static int find_place(struct sqlite_conn *conn, struct id order_id, struct place *ret_place)
{
    sqlite3_stmt *statement;
    if (id_is_zero(order_id)) {
        *ret_place = (struct place){0};
        return 0;
    }
    int rc = sqlite_statement(conn, STATEMENT_ORDER_PLACE, &statement);
    if (rc < 0)
        return rc;
    bind_id(statement, 1, order_id);
    rc = sqlite_step(statement);
    if (rc == 1) {
        ret_place->order_no = sqlite3_column_int64(statement, 0);
        rc = column_id(statement, 1, &ret_place->account_id);
        if (rc == 0)
            rc = column_u32(statement, 2, &ret_place->performance_id);
    } else if (rc == 0) {
        rc = ERR_NOT_FOUND;
    }
    sqlite3_reset(statement);
    return rc;
}

static int run_order_list(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    bool first = id_is_zero(gather->after);
    struct place place;
    sqlite3_stmt *statement;
    int rc = find_place(conn, gather->after, &place);
    if (rc == 0 && !first && !id_eq(place.account_id, gather->id))
        rc = ERR_NOT_FOUND;
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_ORDER_LIST, &statement);
    if (rc < 0)
        return rc;
    bind_id(statement, 1, gather->id);
    bind_max(statement, 2, gather->max);
    sqlite3_bind_int64(statement, 3, first ? INT64_MAX : place.order_no);
    return rows_read(&gather->rows, statement, add_order);
}

int sqlite_order_list(struct store *store, struct id account_id, struct id after, size_t orders_max,
                      struct arena *arena, struct store_order **ret_orders, size_t *ret_count,
                      int64_t deadline_ns)
{
    struct gather gather = {.job.run = run_order_list,
                            .id = account_id,
                            .after = after,
                            .max = orders_max,
                            .rows.arena = arena};
    return read_rows(store, &gather, (void **)ret_orders, ret_count, deadline_ns);
}

static int run_order_scan(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    struct place place;
    sqlite3_stmt *statement;
    int rc = find_place(conn, gather->after, &place);
    if (rc == 0 && !id_is_zero(gather->after) && place.performance_id != gather->performance_id)
        rc = ERR_NOT_FOUND;
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_ORDER_SCAN, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, gather->performance_id);
    sqlite3_bind_int64(statement, 2, place.order_no);
    bind_max(statement, 3, gather->max);
    return rows_read(&gather->rows, statement, add_order);
}

int sqlite_order_scan(struct store *store, uint32_t performance_id, struct id after,
                      size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                      size_t *ret_count, int64_t deadline_ns)
{
    struct gather gather = {.job.run = run_order_scan,
                            .performance_id = performance_id,
                            .after = after,
                            .max = orders_max,
                            .rows.arena = arena};
    return read_rows(store, &gather, (void **)ret_orders, ret_count, deadline_ns);
}

static int add_outbox_row(struct rows *rows, sqlite3_stmt *s)
{
    sqlite3_column_blob(s, 2);
    if (is_enough(gather_of(rows), (size_t)sqlite3_column_bytes(s, 2)))
        return 1;
    struct store_outbox_row *row = rows_next(rows, sizeof(*row));
    if (!row)
        return ERR_NO_MEMORY;
    row->outbox_id = (uint64_t)sqlite3_column_int64(s, 0);
    if (column_u32(s, 1, &row->performance_id) < 0)
        return ERR_CORRUPT;
    int rc = column_view(s, 2, rows->arena, &row->body);
    rows->count += rc == 0;
    return rc;
}

static int run_outbox_read(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct gather *gather = list_of(job, struct gather, job);
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_OUTBOX_READ, &statement);
    if (rc < 0)
        return rc;
    bind_max(statement, 1, gather->max);
    return rows_read(&gather->rows, statement, add_outbox_row);
}

int sqlite_outbox_read(struct store *store, size_t rows_max, struct arena *arena,
                       struct store_outbox_row **ret_rows, size_t *ret_count, int64_t deadline_ns)
{
    struct gather gather = {.job.run = run_outbox_read, .max = rows_max, .rows.arena = arena};
    return read_rows(store, &gather, (void **)ret_rows, ret_count, deadline_ns);
}

struct outbox_remove {
    struct sqlite_job job;
    uint64_t up_to;
};

static int run_outbox_remove(struct sqlite_job *job, struct sqlite_conn *conn)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_OUTBOX_REMOVE, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, list_of(job, struct outbox_remove, job)->up_to);
    return sqlite_run(conn, statement, NULL);
}

int sqlite_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    struct outbox_remove remove = {.job.run = run_outbox_remove, .up_to = up_to_outbox_id};
    return sqlite_write(db_of(store), &remove.job, deadline_ns);
}
