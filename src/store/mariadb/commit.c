/*
 * One batch, in one round trip: a block of statements that the server runs as one transaction. Its
 * first statement is the fence; the block ends itself with a number of ours where the fence, or
 * what a cancel names, is not as the batch says. Any error rolls all of it back before it is told.
 */
#include <inttypes.h>

#include "mem/buf.h"
#include "store/mariadb/body.h"
#include "usher/v1/ticket.pb-c.h"

#define BATCH_TEXT_MAX (12u << 20) /* the largest batch, escaped, is less */

/* Numbers of errors that the block raises; MariaDB leaves those from 50000 on to us. */
enum { FENCED = 50001, UNKNOWN_PERFORMANCE = 50002, ROW_BEYOND = 50003, NO_SUCH_SALE = 50004 };

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

static int put_fence(struct buf *text, const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    int err = buf_printf(text,
                         "BEGIN NOT ATOMIC\n"
                         "DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;\n"
                         "START TRANSACTION;\n"
                         "UPDATE performance SET sale_state = %" PRIu32 ", version = %" PRIu64
                         ", seq = %" PRIu64 ", head_hash = ",
                         batch->sale_state, row->version, row->seq);
    err = err ? err : put_hex(text, row->hash, STORE_HASH_BYTES);
    err = err ? err
              : buf_printf(text,
                           " WHERE performance_id = %" PRIu32 " AND epoch = %" PRIu64
                           " AND seq = %" PRIu64 " AND version = %" PRIu64 " AND head_hash = ",
                           batch->performance_id, batch->epoch, row->seq - 1, row->version_before);
    err = err ? err : put_hex(text, row->prev_hash, STORE_HASH_BYTES);
    return err ? err
               : buf_printf(text,
                            ";\nIF ROW_COUNT() <> 1 THEN\n"
                            "IF EXISTS (SELECT 1 FROM performance WHERE performance_id = %" PRIu32
                            ") THEN " SIGNAL " END IF;\n" SIGNAL "\nEND IF;\n",
                            batch->performance_id, FENCED, "fenced", UNKNOWN_PERFORMANCE,
                            "no such performance");
}

/* A row beyond the head is none of ours. */
static int put_row(struct buf *text, const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    int err = buf_printf(text,
                         "BEGIN DECLARE EXIT HANDLER FOR 1062 " SIGNAL "\n"
                         "INSERT INTO ledger VALUES (%" PRIu32 ", %" PRIu64 ", %" PRIu64
                         ", %" PRIu64 ", %" PRIu64 ", %" PRId64 ", ",
                         ROW_BEYOND, "a ledger row beyond the head", batch->performance_id,
                         row->seq, row->epoch, row->version_before, row->version, row->at_ms);
    err = err ? err : put_hex(text, row->prev_hash, STORE_HASH_BYTES);
    err = err ? err : buf_append_view(text, VIEW_LIT(", "));
    err = err ? err : put_hex(text, row->hash, STORE_HASH_BYTES);
    err = err ? err : buf_append_view(text, VIEW_LIT(", "));
    err = err ? err : mariadb_quote(text, row->body);
    return err ? err : buf_append_view(text, VIEW_LIT("); END;\n"));
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

static int put_order(struct buf *text, const struct store_order *order, bool first)
{
    int err = buf_append_view(
        text,
        first ? VIEW_LIT("INSERT INTO orders (order_id, account_id, hold_id, performance_id,"
                         " state, payment_method, placed_at_ms, total, seats, amounts, person_id)"
                         " VALUES\n(")
              : VIEW_LIT(",\n("));
    err = err ? err : put_id(text, order->order_id);
    err = err ? err : buf_append_byte(text, ',');
    err = err ? err : put_id(text, order->account_id);
    err = err ? err : buf_append_byte(text, ',');
    err = err ? err : put_id(text, order->hold_id);
    err = err ? err
              : buf_printf(text, ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRId64 ",%" PRId64 ",",
                           order->performance_id, order->state, order->payment_method,
                           order->placed_at_ms, order->total);
    err = err ? err : put_hex(text, (const uint8_t *)order->seats.at, order->seats.len);
    err = err ? err : buf_append_byte(text, ',');
    err = err ? err : put_hex(text, (const uint8_t *)order->amounts.at, order->amounts.len);
    err = err ? err : buf_append_byte(text, ',');
    if (err == 0 && id_is_zero(order->person_id))
        err = put_hex(text, NULL, 0);
    else if (err == 0)
        err = put_id(text, order->person_id);
    return err ? err : buf_append_byte(text, ')');
}

/* In order of their seats, so that two batches that are both wrong do not wait for each other. */
static int put_sales(struct buf *text, const struct store_batch *batch)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < batch->order_count; i++)
        err = put_order(text, &batch->orders[i], i == 0);
    for (size_t i = 0; err == 0 && i < batch->sale_count; i++) {
        err = buf_printf(text, "%s(%" PRIu32 ",%" PRIu32 ",",
                         i == 0 ? ";\nINSERT INTO sold VALUES\n" : ",\n", batch->performance_id,
                         batch->sales[i].seat);
        err = err ? err : put_id(text, batch->sales[i].order_id);
        err = err ? err : buf_append_byte(text, ')');
    }
    return err == 0 && batch->order_count > 0 ? buf_append_view(text, VIEW_LIT(";\n")) : err;
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

static int put_outbox(struct buf *text, const struct store_batch *batch)
{
    int err = buf_printf(text, "INSERT INTO outbox (performance_id, body) VALUES (%" PRIu32 ", ",
                         batch->performance_id);
    err = err ? err : mariadb_quote(text, batch->outbox);
    return err ? err : buf_append_view(text, VIEW_LIT(");\n"));
}

static int put_batch(struct buf *text, const struct store_batch *batch, const char *after)
{
    int err = put_fence(text, batch);
    err = err ? err : put_row(text, batch);
    for (size_t i = 0; err == 0 && i < batch->cancel_count; i++)
        err = put_cancel(text, batch->performance_id, &batch->cancels[i]);
    for (size_t i = 0; err == 0 && i < batch->collect_count; i++)
        err = put_collect(text, batch->performance_id, &batch->collects[i]);
    err = err ? err : put_sales(text, batch);
    err = err ? err : put_blocks(text, batch);
    err = err ? err : put_prices(text, batch);
    err = err ? err : put_plans(text, batch);
    err = err ? err : put_wishes(text, batch);
    if (err == 0 && batch->outbox.len > 0)
        err = put_outbox(text, batch);
    return err ? err : buf_printf(text, "COMMIT;\n%sEND", after);
}

/* What the block's end means. */
static int meaning(const struct mariadb_conn *conn, int err)
{
    switch (err ? mariadb_errno(conn) : 0) {
    case FENCED:
        return ERR_FENCED;
    case UNKNOWN_PERFORMANCE:
        return ERR_NOT_FOUND;
    case ROW_BEYOND:
        return ERR_CORRUPT;
    case NO_SUCH_SALE:
        return ERR_CONFLICT;
    default:
        return err;
    }
}

int mariadb_store_exec(struct mariadb_store *s, struct view text,
                       int (*meaning_of)(const struct mariadb_conn *conn, int err),
                       int64_t deadline_ns)
{
    struct mariadb_conn *conn;
    int err = s->read_only ? ERR_DENIED : mariadb_take(s->db, deadline_ns, &conn);
    if (err)
        return err;
    int tries = 0;
    do { /* ERR_BUSY: the server took it back: a deadlock, or a lock that did not come */
        err = mariadb_exec(conn, text, NULL);
        if (meaning_of)
            err = meaning_of(conn, err);
    } while (err == ERR_BUSY && ++tries < 2);
    mariadb_give(conn);
    return err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}

int mariadb_commit_batch(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct buf text;
    buf_init(&text, BATCH_TEXT_MAX);
    int err = put_batch(&text, batch, mariadb_after_commit(body_of(store)->db));
    assert(err != ERR_FULL);
    if (err == 0)
        err = mariadb_store_exec(body_of(store), buf_view(&text), meaning, deadline_ns);
    buf_release(&text);
    return err;
}
