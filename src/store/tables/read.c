/* What was committed, read back; and the outbox. */
#include "store/tables/tables.h"

#define PAGE_FIRST 16 /* rows of bodies asked for before it is known how large they are */
#define PAGE_MAX   1000

static int64_t limit_of(size_t max)
{
    return max > INT64_MAX ? INT64_MAX : (int64_t)max;
}

/* ---- sold, what is kept back, and prices ---- */

static int add_sale(struct rows *rows, struct sql_rows *row)
{
    struct store_sale *sale = rows_next(rows, sizeof(*sale));
    if (!sale)
        return ERR_NO_MEMORY;
    int err = column_u32(row, 0, &sale->seat);
    return err ? err : sql_get_id(row, 1, &sale->order_id);
}

int tables_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                     struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {.text = tables_kind_of(store)->sold_list,
                               .values = {sql_int(performance_id)},
                               .value_count = 1,
                               .add = add_sale,
                               .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_sales, ret_count, deadline_ns);
}

static int add_block(struct rows *rows, struct sql_rows *row)
{
    struct store_block *block = rows_next(rows, sizeof(*block));
    if (!block)
        return ERR_NO_MEMORY;
    block->until_ms = sql_get_int(row, 3);
    if (column_u32(row, 0, &block->seat) < 0 || sql_get_id(row, 1, &block->block_id) < 0 ||
        sql_get_id(row, 2, &block->account_id) < 0)
        return ERR_CORRUPT;
    return sql_get_copy(row, 4, rows->arena, &block->reason);
}

int tables_block_list(struct store *store, uint32_t performance_id, struct arena *arena,
                      struct store_block **ret_blocks, size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {
        .text = "SELECT seat, block_id, account_id, until_ms, reason FROM blocked"
                " WHERE performance_id = ? ORDER BY seat",
        .values = {sql_int(performance_id)},
        .value_count = 1,
        .add = add_block,
        .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_blocks, ret_count, deadline_ns);
}

static int add_prices(struct rows *rows, struct sql_rows *row)
{
    struct store_prices *prices = rows_next(rows, sizeof(*prices));
    if (!prices)
        return ERR_NO_MEMORY;
    prices->begun = (uint64_t)sql_get_int(row, 1);
    int err = column_u32(row, 0, &prices->number);
    return err ? err : sql_get_copy(row, 2, rows->arena, &prices->list);
}

int tables_price_lists(struct store *store, uint32_t performance_id, struct arena *arena,
                       struct store_prices **ret_lists, size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {.text = "SELECT number, begun, list FROM price_list"
                                       " WHERE performance_id = ? ORDER BY number",
                               .values = {sql_int(performance_id)},
                               .value_count = 1,
                               .add = add_prices,
                               .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_lists, ret_count, deadline_ns);
}

static int add_plan(struct rows *rows, struct sql_rows *row)
{
    struct store_plan *plan = rows_next(rows, sizeof(*plan));
    if (!plan)
        return ERR_NO_MEMORY;
    plan->from_ms = sql_get_int(row, 1);
    int err = sql_get_id(row, 0, &plan->plan_id);
    return err ? err : sql_get_copy(row, 2, rows->arena, &plan->list);
}

int tables_price_plans(struct store *store, uint32_t performance_id, struct arena *arena,
                       struct store_plan **ret_plans, size_t *ret_count, int64_t deadline_ns)
{
    struct tables_list list = {.text = "SELECT plan_id, from_ms, list FROM price_plan"
                                       " WHERE performance_id = ? ORDER BY from_ms, plan_id",
                               .values = {sql_int(performance_id)},
                               .value_count = 1,
                               .add = add_plan,
                               .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_plans, ret_count, deadline_ns);
}

static int add_wish(struct rows *rows, struct sql_rows *row)
{
    struct store_wish *wish = rows_next(rows, sizeof(*wish));
    if (!wish)
        return ERR_NO_MEMORY;
    wish->position = (uint64_t)sql_get_int(row, 1);
    if (sql_get_id(row, 0, &wish->wish_id) < 0 || sql_get_id(row, 2, &wish->account_id) < 0 ||
        (sql_get_view(row, 3).len > 0 && sql_get_id(row, 3, &wish->person_id) < 0) ||
        column_u32(row, 4, &wish->category) < 0 || column_u32(row, 5, &wish->section) < 0 ||
        column_u32(row, 6, &wish->party) < 0 || column_u32(row, 7, &wish->fewest) < 0 ||
        column_u32(row, 8, &wish->lapses) < 0 || column_u32(row, 9, &wish->wheelchairs) < 0)
        return ERR_CORRUPT;
    return 0;
}

static int add_number(struct rows *rows, struct sql_rows *row)
{
    uint32_t *number = rows_next(rows, sizeof(*number));
    return number ? column_u32(row, 0, number) : ERR_NO_MEMORY;
}

int tables_waiting_get(struct store *store, uint32_t performance_id, struct arena *arena,
                       struct store_waiting *ret_waiting, int64_t deadline_ns)
{
    uint32_t *offers;
    size_t count;
    struct tables_list rule = {.text = "SELECT offer_ms FROM waiting WHERE performance_id = ?",
                               .values = {sql_int(performance_id)},
                               .value_count = 1,
                               .add = add_number,
                               .rows.arena = arena};
    struct tables_list list = {
        .text = "SELECT wish_id, position, account_id, person_id, category, section, party,"
                " fewest, lapses, wheelchairs FROM wish WHERE performance_id = ? ORDER BY position",
        .values = {sql_int(performance_id)},
        .value_count = 1,
        .add = add_wish,
        .rows.arena = arena};
    *ret_waiting = (struct store_waiting){0};
    int err = tables_read(store, &rule, (void **)&offers, &count, deadline_ns);
    if (err == 0 && count > 0)
        *ret_waiting = (struct store_waiting){.known = true, .offer_ms = offers[0]};
    return err ? err
               : tables_read(store, &list, (void **)&ret_waiting->wishes, &ret_waiting->wish_count,
                             deadline_ns);
}

int tables_waiting_of(struct store *store, struct id account_id, size_t ids_max,
                      struct arena *arena, uint32_t **ret_ids, size_t *ret_count,
                      int64_t deadline_ns)
{
    struct tables_list list = {.text = "SELECT DISTINCT performance_id FROM wish"
                                       " WHERE account_id = ? ORDER BY performance_id LIMIT ?",
                               .values = {sql_id(account_id), sql_int(limit_of(ids_max))},
                               .value_count = 2,
                               .add = add_number,
                               .rows.arena = arena};
    return tables_read(store, &list, (void **)ret_ids, ret_count, deadline_ns);
}

/* ---- bodies: in pages, for a database may hold all rows of an answer in memory ---- */

struct bodies {
    struct sql_job job;
    const char *text;        /* …, of a performance, from a number on, so many */
    int64_t performance_id;  /* 0: of all */
    int64_t from, next_from; /* numbers: asked for, and of the next page */
    size_t max;
    rows_add add;
    struct rows rows;
    size_t bytes, largest;
    bool enough; /* one more would be too much for one answer */
};

/* False: the answer ends here. */
static bool has_room(struct rows *rows, int64_t number, size_t len)
{
    struct bodies *bodies = list_of(rows, struct bodies, rows);
    if (rows->count > 0 && bodies->bytes + len > STORE_READ_BYTES_MAX) {
        bodies->enough = true;
        return false;
    }
    bodies->enough = number == INT64_MAX; /* none can follow */
    bodies->next_from = bodies->enough ? number : number + 1;
    bodies->bytes += len;
    if (len > bodies->largest)
        bodies->largest = len;
    return true;
}

/* Rows of the next page. */
static size_t next_page(const struct bodies *bodies)
{
    size_t page = PAGE_FIRST;
    if (bodies->rows.count > 0)
        page = (STORE_READ_BYTES_MAX - bodies->bytes) / (bodies->largest + 1) + 1;
    if (page > PAGE_MAX)
        page = PAGE_MAX;
    const size_t left = bodies->max - bodies->rows.count;
    return page < left ? page : left;
}

static int run_bodies(struct sql_job *job, struct sql_txn *txn)
{
    struct bodies *b = (struct bodies *)job;
    size_t before, page;
    int err;
    b->rows = (struct rows){.arena = b->rows.arena};
    b->next_from = b->from;
    b->bytes = b->largest = 0;
    b->enough = false;
    do {
        before = b->rows.count;
        page = next_page(b);
        const struct sql_value values[] = {sql_int(b->performance_id), sql_int(b->next_from),
                                           sql_int(limit_of(page))};
        const size_t skip = b->performance_id == 0;
        err = rows_read(&b->rows, txn, b->text, values + skip, 3 - skip, b->add);
    } while (err == 0 && !b->enough && b->rows.count - before == page && b->rows.count < b->max);
    return err;
}

static int read_bodies(struct store *store, struct bodies *bodies, void **ret_items,
                       size_t *ret_count, int64_t deadline_ns)
{
    bodies->job = (struct sql_job){.run = run_bodies, .loose = true};
    int err = sql_read(store->sql, &bodies->job, deadline_ns);
    if (err != 0)
        return err;
    *ret_items = bodies->rows.items;
    *ret_count = bodies->rows.count;
    return 0;
}

static int add_ledger_row(struct rows *rows, struct sql_rows *row)
{
    const int64_t seq = sql_get_int(row, 0);
    if (!has_room(rows, seq, sql_get_view(row, 7).len))
        return 1;
    struct ledger_row *ledger = rows_next(rows, sizeof(*ledger));
    if (!ledger)
        return ERR_NO_MEMORY;
    ledger->seq = (uint64_t)seq;
    ledger->epoch = (uint64_t)sql_get_int(row, 1);
    ledger->version_before = (uint64_t)sql_get_int(row, 2);
    ledger->version = (uint64_t)sql_get_int(row, 3);
    ledger->at_ms = sql_get_int(row, 4);
    if (column_hash(row, 5, ledger->prev_hash) < 0 || column_hash(row, 6, ledger->hash) < 0)
        return ERR_CORRUPT;
    return sql_get_copy(row, 7, rows->arena, &ledger->body);
}

int tables_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                       size_t rows_max, struct arena *arena, struct ledger_row **ret_rows,
                       size_t *ret_count, int64_t deadline_ns)
{
    struct bodies bodies = {
        .text = "SELECT seq, epoch, version_before, version, at_ms, prev_hash, hash, body"
                " FROM ledger WHERE performance_id = ? AND seq >= ? ORDER BY seq LIMIT ?",
        .performance_id = performance_id,
        .from = (int64_t)from_seq,
        .max = rows_max,
        .add = add_ledger_row,
        .rows.arena = arena};
    if (performance_id > 0 && from_seq <= INT64_MAX)
        return read_bodies(store, &bodies, (void **)ret_rows, ret_count, deadline_ns);
    *ret_rows = NULL; /* no row has such a number */
    *ret_count = 0;
    return 0;
}

static int add_outbox_row(struct rows *rows, struct sql_rows *row)
{
    const int64_t number = sql_get_int(row, 0);
    if (!has_room(rows, number, sql_get_view(row, 2).len))
        return 1;
    struct store_outbox_row *out = rows_next(rows, sizeof(*out));
    if (!out)
        return ERR_NO_MEMORY;
    out->outbox_id = (uint64_t)number;
    int err = column_u32(row, 1, &out->performance_id);
    return err ? err : sql_get_copy(row, 2, rows->arena, &out->body);
}

int tables_outbox_read(struct store *store, size_t rows_max, struct arena *arena,
                       struct store_outbox_row **ret_rows, size_t *ret_count, int64_t deadline_ns)
{
    const struct tables_kind *kind = tables_kind_of(store);
    struct bodies bodies = {.text = "SELECT outbox_id, performance_id, body FROM outbox"
                                    " WHERE outbox_id >= ? ORDER BY outbox_id LIMIT ?",
                            .max = rows_max < TABLES_OUTBOX_ROWS_MAX ? rows_max
                                                                     : TABLES_OUTBOX_ROWS_MAX,
                            .add = add_outbox_row,
                            .rows.arena = arena};
    int err = read_bodies(store, &bodies, (void **)ret_rows, ret_count, deadline_ns);
    if (err == 0 && kind->outbox_was_read)
        kind->outbox_was_read(store, *ret_rows, *ret_count);
    return err;
}

/* ---- orders ---- */

#define ORDER_COLUMNS                                                                              \
    "order_id, account_id, hold_id, performance_id, state, payment_method, placed_at_ms, total, "  \
    "seats, amounts, person_id"

static int add_order(struct rows *rows, struct sql_rows *row)
{
    struct store_order *order = rows_next(rows, sizeof(*order));
    if (!order)
        return ERR_NO_MEMORY;
    if (sql_get_id(row, 0, &order->order_id) < 0 || sql_get_id(row, 1, &order->account_id) < 0 ||
        sql_get_id(row, 2, &order->hold_id) < 0 ||
        (sql_get_view(row, 10).len > 0 && sql_get_id(row, 10, &order->person_id) < 0) ||
        column_u32(row, 3, &order->performance_id) < 0 || column_u32(row, 4, &order->state) < 0 ||
        column_u32(row, 5, &order->payment_method) < 0)
        return ERR_CORRUPT;
    order->placed_at_ms = sql_get_int(row, 6);
    order->total = sql_get_int(row, 7);
    int err = sql_get_copy(row, 8, rows->arena, &order->seats);
    return err ? err : sql_get_copy(row, 9, rows->arena, &order->amounts);
}

int tables_order_get(struct store *store, struct id order_id, struct arena *arena,
                     struct store_order *ret_order, int64_t deadline_ns)
{
    struct tables_list list = {.text = "SELECT " ORDER_COLUMNS " FROM orders WHERE order_id = ?",
                               .values = {sql_id(order_id)},
                               .value_count = 1,
                               .add = add_order,
                               .rows.arena = arena};
    return tables_read_one(store, &list, ret_order, sizeof(*ret_order), deadline_ns);
}

/* A page of the orders of an owner: an account or a performance. An order's number and owner never
 * change. */
struct order_page {
    struct sql_job job;
    const char *place; /* the number of the order `after`, if it is the owner's */
    const char *page;  /* his orders from a number on, so many */
    bool in_runs;      /* of one run, the newest first */
    struct sql_value owner;
    struct id after;
    int64_t from; /* where the first page begins */
    size_t max;
    struct rows rows;
};

/* From the run of the newest order that may be on the page to the first one. An account has few
 * orders and a run costs one search, 1 µs; a million orders are 245 runs. */
static int read_runs(struct order_page *p, struct sql_txn *txn, int64_t below)
{
    int64_t last = 0;
    int err = sql_ask_int(txn, "SELECT coalesce(max(order_no), 0) FROM orders", NULL, 0, &last);
    if (err == 0 && last >= below)
        last = below - 1;
    for (int64_t run = last >> TABLES_RUN_BITS; err == 0 && run >= 0 && p->rows.count < p->max;
         run--)
        err = rows_read(
            &p->rows, txn, p->page,
            SQL(p->owner, sql_int(below), sql_int(limit_of(p->max - p->rows.count)), sql_int(run)),
            add_order);
    return err;
}

static int run_order_page(struct sql_job *job, struct sql_txn *txn)
{
    struct order_page *p = (struct order_page *)job;
    int64_t order_no = p->from;
    int err = 0;
    p->rows = (struct rows){.arena = p->rows.arena};
    if (!id_is_zero(p->after))
        err = sql_ask_int(txn, p->place, SQL(sql_id(p->after), p->owner), &order_no);
    if (err == 0 && p->in_runs)
        err = read_runs(p, txn, order_no);
    else if (err == 0)
        err = rows_read(&p->rows, txn, p->page,
                        SQL(p->owner, sql_int(order_no), sql_int(limit_of(p->max))), add_order);
    return err;
}

static int read_order_page(struct store *store, struct order_page *page,
                           struct store_order **ret_orders, size_t *ret_count, int64_t deadline_ns)
{
    page->job = (struct sql_job){.run = run_order_page, .loose = true};
    int err = sql_read(store->sql, &page->job, deadline_ns);
    if (err != 0)
        return err;
    *ret_orders = page->rows.items;
    *ret_count = page->rows.count;
    return 0;
}

static const char account_orders[] =
    "SELECT " ORDER_COLUMNS " FROM orders WHERE account_id = ? AND order_no < ?"
    " ORDER BY order_no DESC LIMIT ?";
const char tables_run_orders[] =
    "SELECT " ORDER_COLUMNS " FROM orders WHERE order_no >> 12 = ?4 AND account_id = ?1"
    " AND order_no < ?2 ORDER BY order_no DESC LIMIT ?3";

int tables_order_list(struct store *store, struct id account_id, struct id after, size_t orders_max,
                      struct arena *arena, struct store_order **ret_orders, size_t *ret_count,
                      int64_t deadline_ns)
{
    const bool in_runs = tables_kind_of(store)->orders_in_runs;
    struct order_page page = {
        .place = "SELECT order_no FROM orders WHERE order_id = ? AND account_id = ?",
        .page = in_runs ? tables_run_orders : account_orders,
        .in_runs = in_runs,
        .owner = sql_id(account_id),
        .after = after,
        .from = INT64_MAX,
        .max = orders_max,
        .rows.arena = arena};
    return read_order_page(store, &page, ret_orders, ret_count, deadline_ns);
}

/* One performance's batches commit one after the other, so their orders' numbers are in order. */
int tables_order_scan(struct store *store, uint32_t performance_id, struct id after,
                      size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                      size_t *ret_count, int64_t deadline_ns)
{
    struct order_page page = {
        .place = "SELECT order_no FROM orders WHERE order_id = ? AND performance_id = ?",
        .page = "SELECT " ORDER_COLUMNS " FROM orders WHERE performance_id = ? AND order_no > ?"
                " ORDER BY order_no LIMIT ?",
        .owner = sql_int(performance_id),
        .after = after,
        .max = orders_max,
        .rows.arena = arena};
    return read_order_page(store, &page, ret_orders, ret_count, deadline_ns);
}

/* ---- what each kind does in its own way ---- */

int tables_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    store_batch_check(batch);
    return tables_kind_of(store)->commit(store, batch, deadline_ns);
}

int tables_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    return tables_kind_of(store)->outbox_remove(store, up_to_outbox_id, deadline_ns);
}

int tables_self_check(struct store *store, struct arena *arena, struct view **ret_texts,
                      size_t *ret_count, int64_t deadline_ns)
{
    return tables_kind_of(store)->self_check(store, arena, ret_texts, ret_count, deadline_ns);
}
