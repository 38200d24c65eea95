/* One batch, in the writer's transaction; an error takes all of it back. */
#include "store/sqlite/body.h"
#include "usher/v1/ticket.pb-c.h"

struct commit {
    struct sql_job job;
    const struct store_batch *batch;
};

/* A statement that must change one row. ERR_CONFLICT: it does not. */
static int change_one(struct sql_txn *txn, const char *text, const struct sql_value *values,
                      size_t count)
{
    uint64_t changes = 0;
    int err = sql_run(txn, text, values, count, &changes);
    return err == 0 && changes != 1 ? ERR_CONFLICT : err;
}

/* Why the head did not move. */
static int explain_fence(struct sql_txn *txn, uint32_t performance_id)
{
    int64_t count = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM performance WHERE performance_id = ?",
                          SQL(sql_int(performance_id)), &count);
    return err ? err : count == 1 ? ERR_FENCED : ERR_NOT_FOUND;
}

static int move_head(struct sql_txn *txn, const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    int err = change_one(
        txn,
        "UPDATE performance SET sale_state = ?, version = ?, seq = ?, head_hash = ?"
        " WHERE performance_id = ? AND epoch = ? AND seq = ? AND version = ? AND head_hash = ?",
        SQL(sql_int(batch->sale_state), sql_int((int64_t)row->version), sql_int((int64_t)row->seq),
            sql_bytes(view_of(row->hash, STORE_HASH_BYTES)), sql_int(batch->performance_id),
            sql_int((int64_t)batch->epoch), sql_int((int64_t)row->seq - 1),
            sql_int((int64_t)row->version_before),
            sql_bytes(view_of(row->prev_hash, STORE_HASH_BYTES))));
    return err == ERR_CONFLICT ? explain_fence(txn, batch->performance_id) : err;
}

static int add_row(struct sql_txn *txn, const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    int err = sql_run(txn,
                      "INSERT INTO ledger (performance_id, seq, epoch, version_before, version,"
                      " at_ms, prev_hash, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      SQL(sql_int(batch->performance_id), sql_int((int64_t)row->seq),
                          sql_int((int64_t)row->epoch), sql_int((int64_t)row->version_before),
                          sql_int((int64_t)row->version), sql_int(row->at_ms),
                          sql_bytes(view_of(row->prev_hash, STORE_HASH_BYTES)),
                          sql_bytes(view_of(row->hash, STORE_HASH_BYTES)), sql_bytes(row->body)),
                      NULL);
    return err == ERR_CONFLICT ? ERR_CORRUPT : err; /* a row beyond the head is none of ours */
}

/* ERR_CONFLICT: it is sold. */
static int add_sold(struct sql_txn *txn, uint32_t performance_id, uint32_t seat, int64_t order_no)
{
    return sql_run(txn, "INSERT INTO sold (performance_id, seat, order_no) VALUES (?, ?, ?)",
                   SQL(sql_int(performance_id), sql_int(seat), sql_int(order_no)), NULL);
}

static int cancel(struct sql_txn *txn, uint32_t performance_id, const struct store_cancel *cancel)
{
    const bool all = cancel->left.len == 0;
    int64_t order_no = 0;
    int err = sql_ask_int(txn, "SELECT order_no FROM orders WHERE order_id = ?",
                          SQL(sql_id(cancel->order_id)), &order_no);
    if (err != 0)
        return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
    err = change_one(txn,
                     "UPDATE orders SET state = ?, seats = ? WHERE order_id = ?"
                     " AND performance_id = ? AND seats = ? AND state = ?",
                     SQL(sql_int(all ? USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED
                                     : USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED),
                         sql_bytes(all ? cancel->seats : cancel->left), sql_id(cancel->order_id),
                         sql_int(performance_id), sql_bytes(cancel->seats),
                         sql_int(USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)));
    if (err == 0 && cancel->amounts.len > 0)
        err = change_one(txn, "UPDATE orders SET amounts = ? WHERE order_no = ?",
                         SQL(sql_bytes(cancel->amounts), sql_int(order_no)));
    for (size_t i = 0; err == 0 && i < store_seat_count(cancel->seats); i++) {
        const uint32_t seat = store_seat_at(cancel->seats, i);
        if (!store_seats_have(cancel->left, seat))
            err = change_one(
                txn, "DELETE FROM sold WHERE performance_id = ? AND seat = ? AND order_no = ?",
                SQL(sql_int(performance_id), sql_int(seat), sql_int(order_no)));
    }
    for (size_t i = 0; err == 0 && i < store_seat_count(cancel->left); i++) {
        const uint32_t seat = store_seat_at(cancel->left, i);
        if (!store_seats_have(cancel->seats, seat))
            err = add_sold(txn, performance_id, seat, order_no);
    }
    return err;
}

static int collect(struct sql_txn *txn, uint32_t performance_id, const struct store_order *collect)
{
    return change_one(txn,
                      "UPDATE orders SET payment_method = ?, total = ? WHERE order_id = ?"
                      " AND performance_id = ? AND state = ? AND payment_method = ?",
                      SQL(sql_int(collect->payment_method), sql_int(collect->total),
                          sql_id(collect->order_id), sql_int(performance_id),
                          sql_int(USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED),
                          sql_int(USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE)));
}

/* An order and its seats. The batch's sales say the same by seat; going by order, the number that
 * the order has just got is at hand. */
static int add_order(struct sql_txn *txn, const struct store_order *order)
{
    int err = sql_run(
        txn,
        "INSERT INTO orders (order_id, account_id, hold_id, performance_id, state,"
        " payment_method, placed_at_ms, total, seats, amounts, person_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        SQL(sql_id(order->order_id), sql_id(order->account_id), sql_id(order->hold_id),
            sql_int(order->performance_id), sql_int(order->state), sql_int(order->payment_method),
            sql_int(order->placed_at_ms), sql_int(order->total), sql_bytes(order->seats),
            sql_bytes(order->amounts),
            id_is_zero(order->person_id) ? sql_bytes(VIEW_LIT("")) : sql_id(order->person_id)),
        NULL);
    const int64_t order_no = sql_last_id(txn);
    for (size_t i = 0; err == 0 && i < store_seat_count(order->seats); i++)
        err = add_sold(txn, order->performance_id, store_seat_at(order->seats, i), order_no);
    return err;
}

static int begin_block(struct sql_txn *txn, uint32_t performance_id,
                       const struct store_block *block)
{
    return sql_run(txn,
                   "INSERT INTO blocked (performance_id, seat, block_id, account_id, until_ms,"
                   " reason) VALUES (?, ?, ?, ?, ?, ?)",
                   SQL(sql_int(performance_id), sql_int(block->seat), sql_id(block->block_id),
                       sql_id(block->account_id), sql_int(block->until_ms),
                       sql_text(block->reason)),
                   NULL);
}

static int add_prices(struct sql_txn *txn, uint32_t performance_id,
                      const struct store_prices *prices)
{
    return sql_run(
        txn, "INSERT INTO price_list (performance_id, number, begun, list) VALUES (?, ?, ?, ?)",
        SQL(sql_int(performance_id), sql_int(prices->number), sql_int((int64_t)prices->begun),
            sql_bytes(prices->list)),
        NULL);
}

static int change_plans(struct sql_txn *txn, const struct store_batch *batch)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < batch->plan_end_count; i++)
        err = change_one(txn, "DELETE FROM price_plan WHERE performance_id = ? AND plan_id = ?",
                         SQL(sql_int(batch->performance_id), sql_id(batch->plan_ends[i])));
    for (size_t i = 0; err == 0 && i < batch->plan_count; i++)
        err = sql_run(txn,
                      "INSERT INTO price_plan (performance_id, plan_id, from_ms, list)"
                      " VALUES (?, ?, ?, ?)",
                      SQL(sql_int(batch->performance_id), sql_id(batch->plans[i].plan_id),
                          sql_int(batch->plans[i].from_ms), sql_bytes(batch->plans[i].list)),
                      NULL);
    return err;
}

static int change_wishes(struct sql_txn *txn, const struct store_batch *batch)
{
    int err = 0;
    if (batch->waiting_set)
        err = sql_run(txn, "REPLACE INTO waiting (performance_id, offer_ms) VALUES (?, ?)",
                      SQL(sql_int(batch->performance_id), sql_int((int64_t)batch->offer_ms)), NULL);
    for (size_t i = 0; err == 0 && i < batch->wish_count; i++) {
        const struct store_wish *wish = &batch->wishes[i];
        if (wish->gone)
            err = change_one(txn, "DELETE FROM wish WHERE performance_id = ? AND wish_id = ?",
                             SQL(sql_int(batch->performance_id), sql_id(wish->wish_id)));
        else
            err = sql_run(
                txn,
                "REPLACE INTO wish (performance_id, wish_id, position, account_id,"
                " person_id, category, section, party, fewest, lapses, wheelchairs)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                SQL(sql_int(batch->performance_id), sql_id(wish->wish_id),
                    sql_int((int64_t)wish->position), sql_id(wish->account_id),
                    id_is_zero(wish->person_id) ? sql_bytes(VIEW_LIT("")) : sql_id(wish->person_id),
                    sql_int(wish->category), sql_int(wish->section), sql_int(wish->party),
                    sql_int(wish->fewest), sql_int(wish->lapses), sql_int(wish->wheelchairs)),
                NULL);
    }
    return err;
}

static int run_commit(struct sql_job *job, struct sql_txn *txn)
{
    const struct store_batch *batch = ((struct commit *)job)->batch;
    const uint32_t performance_id = batch->performance_id;
    int err = move_head(txn, batch); /* first: the fence */
    if (err == 0)
        err = add_row(txn, batch);
    for (size_t i = 0; err == 0 && i < batch->cancel_count; i++)
        err = cancel(txn, performance_id, &batch->cancels[i]);
    for (size_t i = 0; err == 0 && i < batch->collect_count; i++)
        err = collect(txn, performance_id, &batch->collects[i]);
    for (size_t i = 0; err == 0 && i < batch->order_count; i++)
        err = add_order(txn, &batch->orders[i]);
    for (size_t i = 0; err == 0 && i < batch->unblock_count; i++)
        err = change_one(
            txn, "DELETE FROM blocked WHERE performance_id = ? AND seat = ? AND block_id = ?",
            SQL(sql_int(performance_id), sql_int(batch->unblocks[i].seat),
                sql_id(batch->unblocks[i].block_id)));
    for (size_t i = 0; err == 0 && i < batch->block_count; i++)
        err = begin_block(txn, performance_id, &batch->blocks[i]);
    for (size_t i = 0; err == 0 && i < batch->prices_count; i++)
        err = add_prices(txn, performance_id, &batch->prices[i]);
    if (err == 0)
        err = change_plans(txn, batch);
    if (err == 0)
        err = change_wishes(txn, batch);
    if (err == 0 && batch->outbox.len > 0)
        err = sql_run(txn, "INSERT INTO outbox (performance_id, body) VALUES (?, ?)",
                      SQL(sql_int(performance_id), sql_bytes(batch->outbox)), NULL);
    return err;
}

int sqlite_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct commit commit = {.job.run = run_commit, .batch = batch};
    return sql_write(store->sql, &commit.job, deadline_ns);
}

struct outbox_remove {
    struct sql_job job;
    uint64_t up_to;
};

static int run_outbox_remove(struct sql_job *job, struct sql_txn *txn)
{
    const uint64_t up_to = ((struct outbox_remove *)job)->up_to;
    return sql_run(txn, "DELETE FROM outbox WHERE outbox_id <= ?",
                   SQL(sql_int(up_to > INT64_MAX ? INT64_MAX : (int64_t)up_to)), NULL);
}

int sqlite_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    struct outbox_remove remove = {.job.run = run_outbox_remove, .up_to = up_to_outbox_id};
    return sql_write(store->sql, &remove.job, deadline_ns);
}
