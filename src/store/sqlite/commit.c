/* One batch, in the writer's transaction; an error takes all of it back. */
#include "store/sqlite/body.h"
#include "usher/v1/ticket.pb-c.h"

struct commit {
    struct sqlite_job job;
    const struct store_batch *batch;
};

/* Why the head did not move. */
static int explain_fence(struct sqlite_conn *conn, uint32_t performance_id)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_PERFORMANCE_GET, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, performance_id);
    rc = sqlite_step(statement);
    sqlite3_reset(statement);
    if (rc < 0)
        return rc;
    return rc == 1 ? ERR_FENCED : ERR_NOT_FOUND;
}

static int move_head(struct sqlite_conn *conn, const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    sqlite3_stmt *statement;
    int changes = 0;
    int rc = sqlite_statement(conn, STATEMENT_HEAD_MOVE, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, batch->performance_id);
    bind_u64(statement, 2, batch->epoch);
    bind_u64(statement, 3, row->seq - 1);
    bind_u64(statement, 4, row->version_before);
    bind_view(statement, 5, view_of(row->prev_hash, STORE_HASH_BYTES));
    bind_u64(statement, 6, batch->sale_state);
    bind_u64(statement, 7, row->version);
    bind_view(statement, 8, view_of(row->hash, STORE_HASH_BYTES));
    rc = sqlite_run(conn, statement, &changes);
    if (rc < 0)
        return rc;
    return changes == 1 ? 0 : explain_fence(conn, batch->performance_id);
}

static int add_row(struct sqlite_conn *conn, const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_LEDGER_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, batch->performance_id);
    bind_u64(statement, 2, row->seq);
    bind_u64(statement, 3, row->epoch);
    bind_u64(statement, 4, row->version_before);
    bind_u64(statement, 5, row->version);
    sqlite3_bind_int64(statement, 6, row->at_ms);
    bind_view(statement, 7, view_of(row->prev_hash, STORE_HASH_BYTES));
    bind_view(statement, 8, view_of(row->hash, STORE_HASH_BYTES));
    bind_view(statement, 9, row->body);
    rc = sqlite_run(conn, statement, NULL);
    return rc == ERR_CONFLICT ? ERR_CORRUPT : rc; /* a row beyond the head is none of ours */
}

/* The number an order is kept under. ERR_CONFLICT: there is none of that id. */
static int find_order_no(struct sqlite_conn *conn, struct id order_id, uint64_t *ret_order_no)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_ORDER_PLACE, &statement);
    if (rc < 0)
        return rc;
    bind_id(statement, 1, order_id);
    rc = sqlite_step(statement);
    if (rc == 1)
        *ret_order_no = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (rc < 0)
        return rc;
    return rc == 1 ? 0 : ERR_CONFLICT;
}

static int cancel(struct sqlite_conn *conn, uint32_t performance_id,
                  const struct store_cancel *cancel)
{
    sqlite3_stmt *statement;
    uint64_t order_no = 0;
    int changes = 0;
    const bool all = cancel->left.len == 0;
    int rc = find_order_no(conn, cancel->order_id, &order_no);
    if (rc == 0)
        rc = sqlite_statement(conn, STATEMENT_ORDER_CANCEL, &statement);
    if (rc < 0)
        return rc;
    bind_id(statement, 1, cancel->order_id);
    bind_u64(statement, 2, performance_id);
    bind_view(statement, 3, cancel->seats);
    bind_u64(statement, 4, USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED);
    bind_u64(statement, 5,
             all ? USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED
                 : USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED);
    bind_view(statement, 6, all ? cancel->seats : cancel->left);
    rc = sqlite_run(conn, statement, &changes);
    if (rc == 0 && changes != 1)
        rc = ERR_CONFLICT;
    for (size_t i = 0; rc == 0 && i < store_seat_count(cancel->seats); i++) {
        const uint32_t seat = store_seat_at(cancel->seats, i);
        if (store_seats_have(cancel->left, seat))
            continue;
        rc = sqlite_statement(conn, STATEMENT_SOLD_REMOVE, &statement);
        if (rc < 0)
            return rc;
        bind_u64(statement, 1, performance_id);
        bind_u64(statement, 2, seat);
        bind_u64(statement, 3, order_no);
        rc = sqlite_run(conn, statement, &changes);
        if (rc == 0 && changes != 1)
            rc = ERR_CONFLICT;
    }
    return rc;
}

static int add_order(struct sqlite_conn *conn, const struct store_order *order)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_ORDER_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_id(statement, 1, order->order_id);
    bind_id(statement, 2, order->account_id);
    bind_id(statement, 3, order->hold_id);
    bind_u64(statement, 4, order->performance_id);
    bind_u64(statement, 5, order->state);
    bind_u64(statement, 6, order->payment_method);
    sqlite3_bind_int64(statement, 7, order->placed_at_ms);
    sqlite3_bind_int64(statement, 8, order->total);
    bind_view(statement, 9, order->seats);
    return sqlite_run(conn, statement, NULL);
}

static int sell(struct sqlite_conn *conn, uint32_t performance_id, uint32_t seat, uint64_t order_no)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_SOLD_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, performance_id);
    bind_u64(statement, 2, seat);
    bind_u64(statement, 3, order_no);
    return sqlite_run(conn, statement, NULL);
}

/* An order and its seats. The batch's sales say the same by seat; going by order, the number that
 * the order has just got is at hand. */
static int add_order_and_sales(struct sqlite_conn *conn, const struct store_order *order)
{
    int rc = add_order(conn, order);
    uint64_t order_no = (uint64_t)sqlite3_last_insert_rowid(sqlite_handle(conn));
    for (size_t i = 0; rc == 0 && i < store_seat_count(order->seats); i++)
        rc = sell(conn, order->performance_id, store_seat_at(order->seats, i), order_no);
    return rc;
}

static int begin_block(struct sqlite_conn *conn, uint32_t performance_id,
                       const struct store_block *block)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_BLOCK_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, performance_id);
    bind_u64(statement, 2, block->seat);
    bind_id(statement, 3, block->block_id);
    bind_id(statement, 4, block->account_id);
    sqlite3_bind_int64(statement, 5, block->until_ms);
    bind_text(statement, 6, block->reason);
    return sqlite_run(conn, statement, NULL);
}

static int end_block(struct sqlite_conn *conn, uint32_t performance_id,
                     const struct store_block *block)
{
    sqlite3_stmt *statement;
    int changes = 0;
    int rc = sqlite_statement(conn, STATEMENT_BLOCK_REMOVE, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, performance_id);
    bind_u64(statement, 2, block->seat);
    bind_id(statement, 3, block->block_id);
    rc = sqlite_run(conn, statement, &changes);
    return rc == 0 && changes != 1 ? ERR_CONFLICT : rc;
}

static int add_outbox(struct sqlite_conn *conn, const struct store_batch *batch)
{
    sqlite3_stmt *statement;
    int rc = sqlite_statement(conn, STATEMENT_OUTBOX_ADD, &statement);
    if (rc < 0)
        return rc;
    bind_u64(statement, 1, batch->performance_id);
    bind_view(statement, 2, batch->outbox);
    return sqlite_run(conn, statement, NULL);
}

static int run_commit(struct sqlite_job *job, struct sqlite_conn *conn)
{
    const struct store_batch *batch = list_of(job, struct commit, job)->batch;
    int rc = move_head(conn, batch); /* first: the fence */
    if (rc == 0)
        rc = add_row(conn, batch);
    for (size_t i = 0; rc == 0 && i < batch->cancel_count; i++)
        rc = cancel(conn, batch->performance_id, &batch->cancels[i]);
    for (size_t i = 0; rc == 0 && i < batch->order_count; i++)
        rc = add_order_and_sales(conn, &batch->orders[i]);
    for (size_t i = 0; rc == 0 && i < batch->unblock_count; i++)
        rc = end_block(conn, batch->performance_id, &batch->unblocks[i]);
    for (size_t i = 0; rc == 0 && i < batch->block_count; i++)
        rc = begin_block(conn, batch->performance_id, &batch->blocks[i]);
    if (rc == 0 && batch->outbox.len > 0)
        rc = add_outbox(conn, batch);
    return rc;
}

int sqlite_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct commit commit = {.job.run = run_commit, .batch = batch};
    store_batch_check(batch);
    return sqlite_write(db_of(store), &commit.job, deadline_ns);
}
