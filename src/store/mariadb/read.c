/* What was committed, read back; and the outbox. */
#include <inttypes.h>

#include "mem/buf.h"
#include "store/mariadb/body.h"

#define PAGE_FIRST 16 /* rows of bodies asked for before it is known how large they are */
#define PAGE_MAX   1000

static int64_t limit_of(size_t max)
{
    return max > INT64_MAX ? INT64_MAX : (int64_t)max;
}

/* ---- sold ---- */

static int add_sale(struct rows *rows, struct mariadb_statement *s)
{
    struct store_sale *sale = mariadb_rows_next(rows, sizeof(*sale));
    if (!sale)
        return ERR_NO_MEMORY;
    return mariadb_column_u32(s, 0, &sale->seat) < 0 || mariadb_column_id(s, 1, &sale->order_id) < 0
               ? ERR_CORRUPT
               : 0;
}

int mariadb_store_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                            struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask(
        store, &rows, "SELECT seat, order_id FROM sold WHERE performance_id = ? ORDER BY seat",
        SQL(sql_int(performance_id)), add_sale, deadline_ns);
    if (err)
        return err;
    *ret_sales = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* ---- what is kept back ---- */

static int add_block(struct rows *rows, struct mariadb_statement *s)
{
    struct store_block *block = mariadb_rows_next(rows, sizeof(*block));
    if (!block)
        return ERR_NO_MEMORY;
    block->until_ms = mariadb_column_i64(s, 3);
    if (mariadb_column_u32(s, 0, &block->seat) < 0 ||
        mariadb_column_id(s, 1, &block->block_id) < 0 ||
        mariadb_column_id(s, 2, &block->account_id) < 0)
        return ERR_CORRUPT;
    return mariadb_column_bytes(s, 4, rows->arena, &block->reason);
}

int mariadb_store_block_list(struct store *store, uint32_t performance_id, struct arena *arena,
                             struct store_block **ret_blocks, size_t *ret_count,
                             int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask(store, &rows,
                               "SELECT seat, block_id, account_id, until_ms, reason FROM blocked"
                               " WHERE performance_id = ? ORDER BY seat",
                               SQL(sql_int(performance_id)), add_block, deadline_ns);
    if (err)
        return err;
    *ret_blocks = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* ---- bodies: in pages, whose answers the driver holds in memory ---- */

struct bodies {
    struct rows rows;
    size_t bytes;
    size_t largest;
    bool enough; /* one more would be too much for one answer */
};

/* ERR_FULL: no more; the page ends here. */
static int count_body(struct rows *rows, size_t len)
{
    struct bodies *bodies = list_of(rows, struct bodies, rows);
    if (rows->count > 0 && bodies->bytes + len > STORE_READ_BYTES_MAX) {
        bodies->enough = true;
        return ERR_FULL;
    }
    bodies->bytes += len;
    if (len > bodies->largest)
        bodies->largest = len;
    return 0;
}

/* Rows of the next page. */
static size_t next_page(const struct bodies *bodies, size_t rows_max)
{
    size_t page = PAGE_FIRST;
    if (bodies->rows.count > 0)
        page = (STORE_READ_BYTES_MAX - bodies->bytes) / (bodies->largest + 1) + 1;
    if (page > PAGE_MAX)
        page = PAGE_MAX;
    const size_t left = rows_max - bodies->rows.count;
    return page < left ? page : left;
}

static int add_ledger_row(struct rows *rows, struct mariadb_statement *s)
{
    int err = count_body(rows, mariadb_column_len(s, 7));
    if (err)
        return err;
    struct ledger_row *row = mariadb_rows_next(rows, sizeof(*row));
    if (!row)
        return ERR_NO_MEMORY;
    row->seq = mariadb_column_u64(s, 0);
    row->epoch = mariadb_column_u64(s, 1);
    row->version_before = mariadb_column_u64(s, 2);
    row->version = mariadb_column_u64(s, 3);
    row->at_ms = mariadb_column_i64(s, 4);
    if (mariadb_column_hash(s, 5, row->prev_hash) < 0 || mariadb_column_hash(s, 6, row->hash) < 0)
        return ERR_CORRUPT;
    return mariadb_column_bytes(s, 7, rows->arena, &row->body);
}

/* Rows of the ledger never change, so pages need no snapshot. */
static int read_ledger(struct mariadb_conn *conn, struct bodies *bodies, uint32_t performance_id,
                       uint64_t from_seq, size_t rows_max)
{
    size_t before, page = 0;
    int err = 0;
    do {
        before = bodies->rows.count;
        page = next_page(bodies, rows_max);
        err = mariadb_rows_read(
            &bodies->rows, conn,
            "SELECT seq, epoch, version_before, version, at_ms, prev_hash, hash, body"
            " FROM ledger WHERE performance_id = ? AND seq >= ? ORDER BY seq LIMIT ?",
            SQL(sql_int(performance_id), sql_int((int64_t)from_seq), sql_int(limit_of(page))),
            add_ledger_row);
        if (bodies->rows.count > 0)
            from_seq = ((struct ledger_row *)bodies->rows.items)[bodies->rows.count - 1].seq + 1;
    } while (err == 0 && bodies->rows.count - before == page && bodies->rows.count < rows_max);
    return err == ERR_FULL && bodies->enough ? 0 : err;
}

int mariadb_store_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                              size_t rows_max, struct arena *arena, struct ledger_row **ret_rows,
                              size_t *ret_count, int64_t deadline_ns)
{
    struct bodies bodies = {.rows.arena = arena};
    struct mariadb_conn *conn;
    if (from_seq <= INT64_MAX && rows_max > 0) { /* no row has a larger number */
        int err = reading_begin(store, deadline_ns, &conn);
        if (err)
            return err;
        err = read_ledger(conn, &bodies, performance_id, from_seq, rows_max);
        err = reading_end(store, conn, err);
        if (err)
            return err;
    }
    *ret_rows = bodies.rows.items;
    *ret_count = bodies.rows.count;
    return 0;
}

/* ---- orders ---- */

#define ORDER_COLUMNS                                                                              \
    "order_id, account_id, hold_id, performance_id, state, payment_method, placed_at_ms, total, "  \
    "seats"

static int add_order(struct rows *rows, struct mariadb_statement *s)
{
    struct store_order *order = mariadb_rows_next(rows, sizeof(*order));
    if (!order)
        return ERR_NO_MEMORY;
    if (mariadb_column_id(s, 0, &order->order_id) < 0 ||
        mariadb_column_id(s, 1, &order->account_id) < 0 ||
        mariadb_column_id(s, 2, &order->hold_id) < 0 ||
        mariadb_column_u32(s, 3, &order->performance_id) < 0 ||
        mariadb_column_u32(s, 4, &order->state) < 0 ||
        mariadb_column_u32(s, 5, &order->payment_method) < 0)
        return ERR_CORRUPT;
    order->placed_at_ms = mariadb_column_i64(s, 6);
    order->total = mariadb_column_i64(s, 7);
    return mariadb_column_bytes(s, 8, rows->arena, &order->seats);
}

int mariadb_store_order_get(struct store *store, struct id order_id, struct arena *arena,
                            struct store_order *ret_order, int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask_one(store, &rows,
                                   "SELECT " ORDER_COLUMNS " FROM orders WHERE order_id = ?",
                                   SQL(sql_id(order_id)), add_order, deadline_ns);
    if (err == 0)
        *ret_order = *(struct store_order *)rows.items;
    return err;
}

/* The number of the order `after`, which must be found by the text; a zero id gives `without`.
 * ERR_NOT_FOUND. */
static int find_place(struct mariadb_conn *conn, const char *text, struct sql_value owner,
                      struct id after, int64_t without, int64_t *ret_order_no)
{
    if (id_is_zero(after)) {
        *ret_order_no = without;
        return 0;
    }
    return ask_number(conn, text, SQL(sql_id(after), owner), ret_order_no);
}

static int read_orders(struct store *store, struct rows *rows, const char *place, const char *page,
                       struct sql_value owner, struct id after, int64_t without, size_t max,
                       int64_t deadline_ns)
{
    struct mariadb_conn *conn;
    int64_t order_no = 0;
    int err = reading_begin(store, deadline_ns, &conn);
    if (err)
        return err;
    err = find_place(conn, place, owner, after, without, &order_no);
    if (err == 0)
        err = mariadb_rows_read(rows, conn, page,
                                SQL(owner, sql_int(order_no), sql_int(limit_of(max))), add_order);
    return reading_end(store, conn, err);
}

int mariadb_store_order_list(struct store *store, struct id account_id, struct id after,
                             size_t orders_max, struct arena *arena,
                             struct store_order **ret_orders, size_t *ret_count,
                             int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = read_orders(store, &rows,
                          "SELECT order_no FROM orders WHERE order_id = ? AND account_id = ?",
                          "SELECT " ORDER_COLUMNS " FROM orders WHERE account_id = ?"
                          " AND order_no < ? ORDER BY order_no DESC LIMIT ?",
                          sql_id(account_id), after, INT64_MAX, orders_max, deadline_ns);
    if (err)
        return err;
    *ret_orders = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* One performance's batches commit one after the other, so their orders' numbers are in order. */
int mariadb_store_order_scan(struct store *store, uint32_t performance_id, struct id after,
                             size_t orders_max, struct arena *arena,
                             struct store_order **ret_orders, size_t *ret_count,
                             int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = read_orders(store, &rows,
                          "SELECT order_no FROM orders WHERE order_id = ? AND performance_id = ?",
                          "SELECT " ORDER_COLUMNS " FROM orders WHERE performance_id = ?"
                          " AND order_no > ? ORDER BY order_no LIMIT ?",
                          sql_int(performance_id), after, 0, orders_max, deadline_ns);
    if (err)
        return err;
    *ret_orders = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* ---- the outbox ----
 *
 * Batches of several performances commit side by side, so a row may become visible after one with a
 * higher number. "Up to this number" would then remove a row that nobody has read: what is removed
 * is what was read. */

static int add_outbox_row(struct rows *rows, struct mariadb_statement *s)
{
    int err = count_body(rows, mariadb_column_len(s, 2));
    if (err)
        return err;
    struct store_outbox_row *row = mariadb_rows_next(rows, sizeof(*row));
    if (!row)
        return ERR_NO_MEMORY;
    row->outbox_id = mariadb_column_u64(s, 0);
    if (mariadb_column_u32(s, 1, &row->performance_id) < 0)
        return ERR_CORRUPT;
    return mariadb_column_bytes(s, 2, rows->arena, &row->body);
}

static int read_outbox(struct mariadb_conn *conn, struct bodies *bodies, size_t rows_max)
{
    size_t before, page = 0;
    int64_t after = 0;
    int err = 0;
    do {
        before = bodies->rows.count;
        page = next_page(bodies, rows_max);
        err = mariadb_rows_read(
            &bodies->rows, conn,
            "SELECT outbox_id, performance_id, body FROM outbox WHERE outbox_id > ?"
            " ORDER BY outbox_id LIMIT ?",
            SQL(sql_int(after), sql_int(limit_of(page))), add_outbox_row);
        if (bodies->rows.count > 0)
            after = (int64_t)((struct store_outbox_row *)bodies->rows.items)[bodies->rows.count - 1]
                        .outbox_id;
    } while (err == 0 && bodies->rows.count - before == page && bodies->rows.count < rows_max);
    return err == ERR_FULL && bodies->enough ? 0 : err;
}

int mariadb_store_outbox_read(struct store *store, size_t rows_max, struct arena *arena,
                              struct store_outbox_row **ret_rows, size_t *ret_count,
                              int64_t deadline_ns)
{
    struct mariadb_store *s = body_of(store);
    struct bodies bodies = {.rows.arena = arena};
    struct mariadb_conn *conn;
    if (rows_max > MARIADB_OUTBOX_ROWS_MAX)
        rows_max = MARIADB_OUTBOX_ROWS_MAX;
    int err = reading_begin(store, deadline_ns, &conn);
    if (err)
        return err;
    err = reading_end(store, conn, read_outbox(conn, &bodies, rows_max));
    if (err)
        return err;
    const struct store_outbox_row *rows = bodies.rows.items;
    pthread_mutex_lock(&s->lock);
    s->outbox_count = bodies.rows.count;
    for (size_t i = 0; i < s->outbox_count; i++)
        s->outbox_ids[i] = rows[i].outbox_id;
    pthread_mutex_unlock(&s->lock);
    *ret_rows = bodies.rows.items;
    *ret_count = bodies.rows.count;
    return 0;
}

/* The statement for what was read and is at most up_to; empty where there is nothing of it. */
static int put_removal(struct mariadb_store *s, uint64_t up_to, struct buf *text)
{
    int err = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; err == 0 && i < s->outbox_count && s->outbox_ids[i] <= up_to; i++)
        err =
            buf_printf(text, "%s%" PRIu64, i == 0 ? "DELETE FROM outbox WHERE outbox_id IN (" : ",",
                       s->outbox_ids[i]);
    pthread_mutex_unlock(&s->lock);
    return err == 0 && text->len > 0 ? buf_append_byte(text, ')') : err;
}

static int remove_rows(struct mariadb_conn *conn, void *text)
{
    return mariadb_exec(conn, buf_view(text), NULL);
}

int mariadb_store_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    struct buf text;
    buf_init(&text, 64 + 24 * MARIADB_OUTBOX_ROWS_MAX);
    int err =
        body_of(store)->snapshot ? ERR_DENIED : put_removal(body_of(store), up_to_outbox_id, &text);
    if (err == 0 && text.len > 0)
        err = writing(store, remove_rows, &text, deadline_ns);
    buf_release(&text);
    return err;
}

/* ---- what there is ---- */

static int add_performance_id(struct rows *rows, struct mariadb_statement *s)
{
    uint32_t *id = mariadb_rows_next(rows, sizeof(*id));
    return id ? mariadb_column_u32(s, 0, id) : ERR_NO_MEMORY;
}

int mariadb_store_performance_ids(struct store *store, struct arena *arena, uint32_t **ret_ids,
                                  size_t *ret_count, int64_t deadline_ns)
{
    struct rows rows = {.arena = arena};
    int err = mariadb_rows_ask(store, &rows,
                               "SELECT performance_id AS p FROM performance"
                               " UNION SELECT DISTINCT performance_id FROM ledger"
                               " UNION SELECT DISTINCT performance_id FROM sold"
                               " UNION SELECT DISTINCT performance_id FROM blocked"
                               " UNION SELECT DISTINCT performance_id FROM orders ORDER BY p",
                               SQL_NONE, add_performance_id, deadline_ns);
    if (err)
        return err;
    *ret_ids = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* The server checks its tables by itself, and knows no value of another type than its column's. */
int mariadb_store_self_check(struct store *store, struct arena *arena, struct view **ret_texts,
                             size_t *ret_count, int64_t deadline_ns)
{
    *ret_texts = NULL;
    *ret_count = 0;
    return 0;
}
