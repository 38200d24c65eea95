/*
 * One batch, in one transaction: the fence, the ledger's row, the orders and the places that they
 * get, the outbox. A small one is one block (blocks.c), one round trip. Of a large one the block
 * begins the transaction, and what is large goes by itself: orders and places as arrays, one
 * message for all of each, and bodies, which within a block the server would copy as text.
 *
 * What is rare (cancels, blocks, prices, wishes) goes as a text between: a block too, which ends
 * itself with a number of ours where what it names is not as the batch says.
 */
#include <inttypes.h>

#include "mem/buf.h"
#include "store/mariadb/body.h"
#include "usher/v1/ticket.pb-c.h"

#define BLOCK_TEXT_MAX (12u << 20) /* the largest, escaped, is less */
#define ROWS_ARENA_MAX (16u << 20) /* values of the largest batch */

#define BODIES_SMALL 8192 /* bytes, both together */

/* The number of the error that the rare raise; MariaDB leaves those from 50000 on to us. */
enum { NO_SUCH_SALE = 50004 };

#define SIGNAL "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = %d, MESSAGE_TEXT = '%s';"

/* x'…' */
static int put_hex(struct buf *text, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *at = buf_reserve(text, 2 * len + 3);
    if (!at)
        return ERR_NO_MEMORY;
    *at++ = 'x';
    *at++ = '\'';
    for (size_t i = 0; i < len; i++) {
        *at++ = (uint8_t)digits[bytes[i] >> 4];
        *at++ = (uint8_t)digits[bytes[i] & 15];
    }
    *at = '\'';
    buf_commit(text, 2 * len + 3);
    return 0;
}

static int put_id(struct buf *text, struct id id)
{
    uint8_t bytes[ID_BYTES];
    id_to_bytes(id, bytes);
    return put_hex(text, bytes, sizeof(bytes));
}

/* What an order costs from now on, and the places that it gets. */
static int put_moved(struct buf *text, uint32_t performance_id, const struct store_cancel *cancel)
{
    size_t count = 0;
    int err = buf_append_view(text, VIEW_LIT("UPDATE orders SET amounts = "));
    err = err ? err : put_hex(text, (const uint8_t *)cancel->amounts.at, cancel->amounts.len);
    err = err ? err : buf_append_view(text, VIEW_LIT(" WHERE order_id = "));
    err = err ? err : put_id(text, cancel->order_id);
    for (size_t i = 0; err == 0 && i < store_seat_count(cancel->left); i++) {
        const uint32_t seat = store_seat_at(cancel->left, i);
        if (store_seats_have(cancel->seats, seat))
            continue;
        err =
            buf_printf(text, "%s(%" PRIu32 ",%" PRIu32 ",",
                       count++ == 0 ? ";\nINSERT INTO sold VALUES\n" : ",\n", performance_id, seat);
        err = err ? err : put_id(text, cancel->order_id);
        err = err ? err : buf_append_byte(text, ')');
    }
    return err ? err : buf_append_view(text, VIEW_LIT(";\n"));
}

static int put_cancel(struct buf *text, uint32_t performance_id, const struct store_cancel *cancel)
{
    const struct view kept = cancel->left.len > 0 ? cancel->left : cancel->seats;
    size_t count = 0;
    int err = buf_printf(text, "UPDATE orders SET state = %d, seats = ",
                         cancel->left.len > 0 ? USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED
                                              : USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED);
    err = err ? err : put_hex(text, (const uint8_t *)kept.at, kept.len);
    err = err ? err : buf_append_view(text, VIEW_LIT(" WHERE order_id = "));
    err = err ? err : put_id(text, cancel->order_id);
    err = err ? err
              : buf_printf(text, " AND performance_id = %" PRIu32 " AND state = %d AND seats = ",
                           performance_id, USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED);
    err = err ? err : put_hex(text, (const uint8_t *)cancel->seats.at, cancel->seats.len);
    err = err ? err
              : buf_printf(text, ";\nIF ROW_COUNT() <> 1 THEN " SIGNAL " END IF;\n", NO_SUCH_SALE,
                           "no such order");
    err = err ? err
              : buf_printf(text,
                           "DELETE FROM sold WHERE performance_id = %" PRIu32 " AND order_id = ",
                           performance_id);
    err = err ? err : put_id(text, cancel->order_id);
    for (size_t i = 0; err == 0 && i < store_seat_count(cancel->seats); i++) {
        const uint32_t seat = store_seat_at(cancel->seats, i);
        if (!store_seats_have(cancel->left, seat))
            err = buf_printf(text, "%s%" PRIu32, count++ == 0 ? " AND seat IN (" : ",", seat);
    }
    err = err ? err
              : buf_printf(text, "%s;\nIF ROW_COUNT() <> %zu THEN " SIGNAL " END IF;\n",
                           count > 0 ? ")" : "", count, NO_SUCH_SALE, "its seats are not sold");
    return err == 0 && cancel->amounts.len > 0 ? put_moved(text, performance_id, cancel) : err;
}

static int put_collect(struct buf *text, uint32_t performance_id, const struct store_order *collect)
{
    int err = buf_printf(text,
                         "UPDATE orders SET payment_method = %" PRIu32 ", total = %" PRId64
                         " WHERE performance_id = %" PRIu32
                         " AND state = %d AND payment_method = %d AND order_id = ",
                         collect->payment_method, collect->total, performance_id,
                         USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED,
                         USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE);
    err = err ? err : put_id(text, collect->order_id);
    return err ? err
               : buf_printf(text, ";\nIF ROW_COUNT() <> 1 THEN " SIGNAL " END IF;\n", NO_SUCH_SALE,
                            "no such unpaid order");
}

/* Blocks that end, then those that begin, in order of their seats within each entry. */
static int put_blocks(struct buf *text, const struct store_batch *batch)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < batch->unblock_count; i++) {
        err = buf_printf(text,
                         "DELETE FROM blocked WHERE performance_id = %" PRIu32
                         " AND seat = %" PRIu32 " AND block_id = ",
                         batch->performance_id, batch->unblocks[i].seat);
        err = err ? err : put_id(text, batch->unblocks[i].block_id);
        err = err ? err
                  : buf_printf(text, ";\nIF ROW_COUNT() <> 1 THEN " SIGNAL " END IF;\n",
                               NO_SUCH_SALE, "no such block");
    }
    for (size_t i = 0; err == 0 && i < batch->block_count; i++) {
        const struct store_block *block = &batch->blocks[i];
        err = buf_printf(text, "%s(%" PRIu32 ",%" PRIu32 ",",
                         i == 0 ? "INSERT INTO blocked VALUES\n" : ",\n", batch->performance_id,
                         block->seat);
        err = err ? err : put_id(text, block->block_id);
        err = err ? err : buf_append_byte(text, ',');
        err = err ? err : put_id(text, block->account_id);
        err = err ? err : buf_printf(text, ",%" PRId64 ",", block->until_ms);
        err = err ? err : put_hex(text, (const uint8_t *)block->reason.at, block->reason.len);
        err = err ? err : buf_append_byte(text, ')');
    }
    return err == 0 && batch->block_count > 0 ? buf_append_view(text, VIEW_LIT(";\n")) : err;
}

static int put_prices(struct buf *text, const struct store_batch *batch)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < batch->prices_count; i++) {
        const struct store_prices *prices = &batch->prices[i];
        err = buf_printf(text, "%s(%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",",
                         i == 0 ? "INSERT INTO price_list VALUES\n" : ",\n", batch->performance_id,
                         prices->number, prices->begun);
        err = err ? err : put_hex(text, (const uint8_t *)prices->list.at, prices->list.len);
        err = err ? err : buf_append_byte(text, ')');
    }
    return err == 0 && batch->prices_count > 0 ? buf_append_view(text, VIEW_LIT(";\n")) : err;
}

static int put_plans(struct buf *text, const struct store_batch *batch)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < batch->plan_end_count; i++) {
        err = buf_printf(text,
                         "DELETE FROM price_plan WHERE performance_id = %" PRIu32 " AND plan_id = ",
                         batch->performance_id);
        err = err ? err : put_id(text, batch->plan_ends[i]);
        err = err ? err
                  : buf_printf(text, ";\nIF ROW_COUNT() <> 1 THEN " SIGNAL " END IF;\n",
                               NO_SUCH_SALE, "no such plan");
    }
    for (size_t i = 0; err == 0 && i < batch->plan_count; i++) {
        const struct store_plan *plan = &batch->plans[i];
        err =
            buf_printf(text, "INSERT INTO price_plan VALUES\n(%" PRIu32 ",", batch->performance_id);
        err = err ? err : put_id(text, plan->plan_id);
        err = err ? err : buf_printf(text, ",%" PRId64 ",", plan->from_ms);
        err = err ? err : put_hex(text, (const uint8_t *)plan->list.at, plan->list.len);
        err = err ? err : buf_append_view(text, VIEW_LIT(");\n"));
    }
    return err;
}

static int put_wishes(struct buf *text, const struct store_batch *batch)
{
    int err = 0;
    if (batch->waiting_set)
        err = buf_printf(text, "REPLACE INTO waiting VALUES (%" PRIu32 ",%" PRIu32 ");\n",
                         batch->performance_id, batch->offer_ms);
    for (size_t i = 0; err == 0 && i < batch->wish_count; i++) {
        const struct store_wish *wish = &batch->wishes[i];
        err = buf_printf(text,
                         wish->gone ? "DELETE FROM wish WHERE performance_id = %" PRIu32
                                      " AND wish_id = "
                                    : "REPLACE INTO wish VALUES (%" PRIu32 ",",
                         batch->performance_id);
        err = err ? err : put_id(text, wish->wish_id);
        if (err == 0 && wish->gone) {
            err = buf_printf(text, ";\nIF ROW_COUNT() <> 1 THEN " SIGNAL " END IF;\n", NO_SUCH_SALE,
                             "no such wish");
            continue;
        }
        err = err ? err : buf_printf(text, ",%" PRIu64 ",", wish->position);
        err = err ? err : put_id(text, wish->account_id);
        err = err ? err : buf_append_byte(text, ',');
        err = err                           ? err
              : id_is_zero(wish->person_id) ? put_hex(text, NULL, 0)
                                            : put_id(text, wish->person_id);
        err = err ? err
                  : buf_printf(text,
                               ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32
                               ",%" PRIu32 ");\n",
                               wish->category, wish->section, wish->party, wish->fewest,
                               wish->lapses, wish->wheelchairs);
    }
    return err;
}

/* ---- the rare ---- */

/* Nothing where the batch has none of it. */
static int put_rare(struct buf *text, const struct store_batch *batch)
{
    static const struct view head = VIEW_LIT("BEGIN NOT ATOMIC\n");
    int err = buf_append_view(text, head);
    for (size_t i = 0; err == 0 && i < batch->cancel_count; i++)
        err = put_cancel(text, batch->performance_id, &batch->cancels[i]);
    for (size_t i = 0; err == 0 && i < batch->collect_count; i++)
        err = put_collect(text, batch->performance_id, &batch->collects[i]);
    err = err ? err : put_blocks(text, batch);
    err = err ? err : put_prices(text, batch);
    err = err ? err : put_plans(text, batch);
    err = err ? err : put_wishes(text, batch);
    if (err == 0 && text->len == head.len)
        buf_clear(text);
    else if (err == 0)
        err = buf_append_view(text, VIEW_LIT("END"));
    assert(err != ERR_FULL);
    return err;
}

static int write_rare(struct mariadb_conn *conn, struct view rare)
{
    const int err = rare.len > 0 ? mariadb_exec(conn, rare, NULL) : 0;
    return err && mariadb_errno(conn) == NO_SUCH_SALE ? ERR_CONFLICT : err;
}

/* ---- what every batch has ---- */

static int run(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
               size_t count)
{
    struct mariadb_statement *s;
    const int err = mariadb_statement(conn, text, values, count, &s);
    return err ? err : mariadb_run(s, NULL, NULL);
}

static struct sql_value hash_value(const uint8_t hash[STORE_HASH_BYTES])
{
    return sql_bytes(view_of(hash, STORE_HASH_BYTES));
}

/* The head moves on, if it is still the batch's own. */
static void fill_fence(const struct store_batch *batch, struct sql_value *ret_values)
{
    const struct ledger_row *row = &batch->row;
    const struct sql_value values[MARIADB_FENCE_VALUES] = {
        sql_int(batch->sale_state),     sql_int((int64_t)row->version),
        sql_int((int64_t)row->seq),     hash_value(row->hash),
        sql_int(batch->performance_id), sql_int((int64_t)batch->epoch),
        sql_int((int64_t)row->seq - 1), sql_int((int64_t)row->version_before),
        hash_value(row->prev_hash),     sql_int(batch->performance_id),
    };
    memcpy(ret_values, values, sizeof(values));
}

static void fill_row(const struct store_batch *batch, struct sql_value *ret_values)
{
    const struct ledger_row *row = &batch->row;
    const struct sql_value values[MARIADB_LEDGER_VALUES] = {
        sql_int(batch->performance_id), sql_int((int64_t)row->seq),
        sql_int((int64_t)row->epoch),   sql_int((int64_t)row->version_before),
        sql_int((int64_t)row->version), sql_int(row->at_ms),
        hash_value(row->prev_hash),     hash_value(row->hash),
        sql_bytes(row->body),
    };
    memcpy(ret_values, values, sizeof(values));
}

static void fill_order(const struct store_order *order, struct sql_value *ret_values)
{
    const struct sql_value values[MARIADB_ORDER_VALUES] = {
        sql_id(order->order_id),
        sql_id(order->account_id),
        sql_id(order->hold_id),
        sql_int(order->performance_id),
        sql_int(order->state),
        sql_int(order->payment_method),
        sql_int(order->placed_at_ms),
        sql_int(order->total),
        sql_bytes(order->seats),
        sql_bytes(order->amounts),
        id_is_zero(order->person_id) ? sql_bytes((struct view){0}) : sql_id(order->person_id),
    };
    memcpy(ret_values, values, sizeof(values));
}

static void fill_place(const struct store_batch *batch, size_t i, struct sql_value *ret_values)
{
    ret_values[0] = sql_int(batch->performance_id);
    ret_values[1] = sql_int(batch->sales[i].seat);
    ret_values[2] = sql_id(batch->sales[i].order_id);
}

/* The values of a block of that shape, in the order of its text; returns how many. */
static size_t fill_block(const struct store_batch *batch, const struct mariadb_shape *shape,
                         struct sql_value *ret_values)
{
    size_t count = MARIADB_FENCE_VALUES;
    fill_fence(batch, ret_values);
    if (shape->row)
        fill_row(batch, ret_values + count);
    count += shape->row ? MARIADB_LEDGER_VALUES : 0;
    for (size_t i = 0; i < shape->orders; i++, count += MARIADB_ORDER_VALUES)
        fill_order(&batch->orders[i], ret_values + count);
    for (size_t i = 0; i < shape->places; i++, count += MARIADB_SOLD_VALUES)
        fill_place(batch, i, ret_values + count);
    if (shape->outbox) {
        ret_values[count++] = sql_int(batch->performance_id);
        ret_values[count++] = sql_bytes(batch->outbox);
    }
    assert(count <= MARIADB_VALUES_MAX);
    return count;
}

/* Begins the transaction with all that the shape says. */
static int run_block(struct mariadb_store *store, struct mariadb_conn *conn,
                     const struct store_batch *batch, const struct mariadb_shape *shape)
{
    struct mariadb_statement *s;
    const char *text;
    struct arena arena;
    arena_init(&arena, ROWS_ARENA_MAX);
    struct sql_value *values = arena_alloc(&arena, MARIADB_VALUES_MAX * sizeof(*values));
    int err = values ? mariadb_block_text(store, shape, &text) : ERR_NO_MEMORY;
    if (err == 0)
        err = mariadb_statement(conn, text, values, fill_block(batch, shape, values), &s);
    if (err == 0) {
        err = shape->commit ? mariadb_run(s, NULL, NULL) : mariadb_begin_by(s);
        err = mariadb_block_meaning(conn, err);
    }
    arena_release(&arena);
    return err;
}

/* In order of their seats, so that two batches that are both wrong do not wait for each other. */
static int write_sales(struct mariadb_conn *conn, const struct store_batch *batch)
{
    struct arena arena;
    const size_t orders = batch->order_count, places = batch->sale_count;
    if (orders == 0)
        return 0;
    arena_init(&arena, ROWS_ARENA_MAX);
    struct sql_value *order = arena_alloc(&arena, orders * MARIADB_ORDER_VALUES * sizeof(*order));
    struct sql_value *sold =
        arena_alloc(&arena, (places + 1) * MARIADB_SOLD_VALUES * sizeof(*sold));
    int err = order && sold ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < orders; i++)
        fill_order(&batch->orders[i], &order[i * MARIADB_ORDER_VALUES]);
    for (size_t i = 0; err == 0 && i < places; i++)
        fill_place(batch, i, &sold[i * MARIADB_SOLD_VALUES]);
    if (err == 0)
        err = mariadb_run_rows(conn,
                               "INSERT INTO orders (" MARIADB_ORDER_COLUMNS
                               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                               order, MARIADB_ORDER_VALUES, orders);
    if (err == 0 && places > 0)
        err = mariadb_run_rows(conn, "INSERT INTO sold VALUES (?, ?, ?)", sold, MARIADB_SOLD_VALUES,
                               places);
    arena_release(&arena);
    return err;
}

/* A row beyond the head is none of ours. */
static int write_row(struct mariadb_conn *conn, const struct store_batch *batch)
{
    struct sql_value values[MARIADB_LEDGER_VALUES];
    fill_row(batch, values);
    const int err = run(conn, "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values,
                        MARIADB_LEDGER_VALUES);
    return err == ERR_CONFLICT ? ERR_CORRUPT : err;
}

static int write_outbox(struct mariadb_conn *conn, const struct store_batch *batch)
{
    return run(conn, "INSERT INTO outbox (performance_id, body) VALUES (?, ?)",
               SQL(sql_int(batch->performance_id), sql_bytes(batch->outbox)));
}

static int commit_once(struct mariadb_store *store, struct mariadb_conn *conn,
                       const struct store_batch *batch, struct view rare)
{
    const bool few = batch->row.body.len + batch->outbox.len <= BODIES_SMALL;
    const bool told = batch->outbox.len > 0;
    struct mariadb_shape shape = {.row = few, .outbox = few && told};
    shape.commit =
        few && rare.len == 0 && MARIADB_BLOCK_FITS(batch->order_count, batch->sale_count);
    if (shape.commit) {
        shape.orders = (uint8_t)batch->order_count;
        shape.places = (uint8_t)batch->sale_count;
        return run_block(store, conn, batch, &shape);
    }
    int err = run_block(store, conn, batch, &shape);
    if (err)
        return err;
    err = few ? 0 : write_row(conn, batch);
    /* Before the sales: a place that is given back may be sold again in the same batch. */
    err = err ? err : write_rare(conn, rare);
    err = err ? err : write_sales(conn, batch);
    err = err || few || !told ? err : write_outbox(conn, batch);
    if (err == 0)
        return mariadb_commit(conn);
    mariadb_rollback(conn);
    return err;
}

int mariadb_commit_batch(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct mariadb_store *s = body_of(store);
    struct mariadb_conn *conn;
    struct buf rare;
    buf_init(&rare, BLOCK_TEXT_MAX);
    int tries = 0, err = s->read_only ? ERR_DENIED : put_rare(&rare, batch);
    err = err ? err : mariadb_take(s->db, deadline_ns, &conn);
    if (err == 0) {
        do { /* ERR_BUSY: the server took it back: a deadlock, or a lock that did not come */
            err = commit_once(s, conn, batch, buf_view(&rare));
        } while (err == ERR_BUSY && ++tries < 2);
        mariadb_give(conn);
    }
    buf_release(&rare);
    return err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}
