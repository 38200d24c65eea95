/* store_commit: all or nothing, behind the fence. */
#include "sale/price_list.h"
#include "suite.h"

/* Everything a batch could have changed, read back: to show that it changed nothing. */
struct everything {
    struct store_performance head;
    struct store_sale *sales;
    size_t sale_count;
    struct ledger_row *rows;
    size_t row_count;
    struct store_order *orders;
    size_t order_count;
    struct store_outbox_row *outbox;
    size_t outbox_count;
};

static struct everything read_all(struct fixture *f, uint32_t performance_id)
{
    const struct store_ops *ops = f->store->ops;
    struct everything e = {0};
    struct store *store = f->store;
    const int64_t never = DEADLINE_NEVER;
    assert_int_equal(ops->performance_get(store, performance_id, &f->arena, &e.head, never), 0);
    assert_int_equal(
        ops->sold_list(store, performance_id, &f->arena, &e.sales, &e.sale_count, never), 0);
    assert_int_equal(
        ops->ledger_read(store, performance_id, 1, 1000, &f->arena, &e.rows, &e.row_count, never),
        0);
    assert_int_equal(ops->order_scan(store, performance_id, (struct id){0}, 1000, &f->arena,
                                     &e.orders, &e.order_count, never),
                     0);
    assert_int_equal(ops->outbox_read(store, 1000, &f->arena, &e.outbox, &e.outbox_count, never),
                     0);
    return e;
}

static void assert_same(const struct everything *a, const struct everything *b)
{
    assert_int_equal(a->head.epoch, b->head.epoch);
    assert_int_equal(a->head.seq, b->head.seq);
    assert_int_equal(a->head.version, b->head.version);
    assert_int_equal(a->head.sale_state, b->head.sale_state);
    assert_memory_equal(a->head.head_hash, b->head.head_hash, STORE_HASH_BYTES);
    assert_int_equal(a->sale_count, b->sale_count);
    for (size_t i = 0; i < a->sale_count; i++) {
        assert_int_equal(a->sales[i].seat, b->sales[i].seat);
        assert_true(id_eq(a->sales[i].order_id, b->sales[i].order_id));
    }
    assert_int_equal(a->row_count, b->row_count);
    for (size_t i = 0; i < a->row_count; i++)
        assert_memory_equal(a->rows[i].hash, b->rows[i].hash, STORE_HASH_BYTES);
    assert_int_equal(a->order_count, b->order_count);
    for (size_t i = 0; i < a->order_count; i++) {
        assert_true(id_eq(a->orders[i].order_id, b->orders[i].order_id));
        assert_int_equal(a->orders[i].state, b->orders[i].state);
    }
    assert_int_equal(a->outbox_count, b->outbox_count);
}

static void a_commit_writes_all_of_it(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    struct everything e = read_all(f, s->performance_id);
    assert_head(f, s);
    assert_int_equal(s->head.seq, 2);
    assert_int_equal(s->head.version, 6);
    assert_int_equal(s->head.sale_state, OPEN);
    assert_sold(f, s->performance_id, 3,
                (struct store_sale[]){{0, script_id(1)}, {1, script_id(1)}, {5, script_id(2)}});

    assert_int_equal(e.row_count, 2);
    struct ledger_tail tail = {0};
    memcpy(tail.hash, e.rows[0].prev_hash, STORE_HASH_BYTES);
    for (size_t i = 0; i < 2; i++) {
        struct change *changes;
        size_t count;
        assert_int_equal(ledger_follow(s->performance_id, &e.rows[i], &tail), LEDGER_OK);
        assert_int_equal(ledger_unpack(e.rows[i].body, &f->arena, &changes, &count), 0);
        assert_int_equal(count, e.rows[i].version - e.rows[i].version_before);
    }
    assert_memory_equal(tail.hash, s->head.head_hash, STORE_HASH_BYTES);
    assert_int_equal(e.rows[1].at_ms, SCRIPT_START_MS + 1000);

    assert_int_equal(e.order_count, 2);
    struct store_order *order = &e.orders[0];
    assert_true(id_eq(order->order_id, script_id(1)));
    assert_true(id_eq(order->account_id, script_id(11)));
    assert_true(id_eq(order->hold_id, script_id(101)));
    assert_int_equal(order->performance_id, s->performance_id);
    assert_int_equal(order->state, CONFIRMED);
    assert_int_equal(order->payment_method, 1);
    assert_int_equal(order->placed_at_ms, SCRIPT_START_MS);
    assert_int_equal(order->total, 2000);
    assert_true(view_eq(order->seats, VIEW_LIT("\0\0\0\0\1\0\0\0")));
    assert_int_equal(e.outbox_count, 2);
    assert_int_equal(e.outbox[0].performance_id, s->performance_id);
    assert_true(view_eq(e.outbox[0].body, VIEW_LIT("outbox of a batch")));
    script_free(s);
}

static void the_fence_holds(void **state)
{
    struct fixture *f = *state;
    struct script *old = fixture_small_sale(f);
    struct script *owner = script_new(f->store, old->performance_id);
    struct everything before = read_all(f, old->performance_id), after;
    assert_int_equal(owner->head.epoch, old->head.epoch + 1);

    script_sell(old, 3, 103, 13, SEATS(9), NULL);
    assert_int_equal(script_commit(old), ERR_FENCED);
    after = read_all(f, old->performance_id);
    assert_same(&before, &after);

    /* each part of the head counts */
    for (int part = 0; part < 4; part++) {
        script_sell(owner, 3, 103, 13, SEATS(9), NULL);
        struct store_batch batch = script_batch(owner);
        if (part == 0)
            batch.row.seq++;
        if (part == 1)
            batch.row.version_before++, batch.row.version++;
        if (part == 2)
            batch.row.prev_hash[5] ^= 1;
        if (part == 3)
            batch.epoch++, batch.row.epoch++;
        ledger_seal(owner->performance_id, &batch.row);
        assert_int_equal(f->store->ops->commit(f->store, &batch, DEADLINE_NEVER), ERR_FENCED);
        after = read_all(f, old->performance_id);
        assert_same(&before, &after);
        script_drop(owner);
    }
    script_sell(owner, 3, 103, 13, SEATS(9), NULL);
    struct store_batch batch = script_batch(owner);
    assert_int_equal(f->store->ops->commit(f->store, &batch, DEADLINE_NEVER), 0);
    /* the very same batch again: it is in the past now */
    assert_int_equal(f->store->ops->commit(f->store, &batch, DEADLINE_NEVER), ERR_FENCED);
    script_free(owner);
    script_free(old);
}

static void an_unknown_performance_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    script_release(s, 103);
    struct store_batch batch = script_batch(s);
    batch.performance_id++;
    assert_int_equal(f->store->ops->commit(f->store, &batch, DEADLINE_NEVER), ERR_NOT_FOUND);
    script_free(s);
}

/* A batch that is good but for its last part must leave no trace of the good parts. */
static void assert_conflict(struct fixture *f, struct script *s)
{
    struct everything before = read_all(f, s->performance_id);
    assert_int_equal(script_commit(s), ERR_CONFLICT);
    struct everything after = read_all(f, s->performance_id);
    assert_same(&before, &after);
}

static void a_sold_seat_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    script_state(s, PAUSED);
    script_cancel(s, 1, 11, SEATS(0, 1));
    script_sell(s, 3, 103, 13, SEATS(9), NULL);
    script_sell(s, 4, 104, 14, SEATS(3, 5), NULL); /* 5 is sold to order 2 */
    assert_conflict(f, s);
    script_sell(s, 3, 103, 13, SEATS(9), NULL); /* the same without the culprit */
    assert_int_equal(script_commit(s), 0);
    assert_head(f, s);
    script_free(s);
}

static void an_order_exists_once(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    script_sell(s, 3, 103, 13, SEATS(9), NULL);
    script_sell(s, 1, 104, 14, SEATS(12), NULL);
    assert_conflict(f, s);
    /* not even in another performance */
    struct script *other = script_new(f->store, script_performance(f->store, 20, 4));
    script_sell(other, 1, 105, 15, SEATS(0), NULL);
    assert_conflict(f, other);
    /* nor twice in a batch */
    script_sell(s, 3, 103, 13, SEATS(9), NULL);
    script_sell(s, 3, 104, 14, SEATS(12), NULL);
    assert_conflict(f, s);
    script_free(other);
    script_free(s);
}

static void only_an_order_of_its_own_is_cancelled(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    struct script *other = script_new(f->store, script_performance(f->store, 20, 4));
    script_cancel(s, 7, 11, SEATS(0)); /* no such order */
    assert_conflict(f, s);
    script_cancel(s, 1, 11, SEATS(0)); /* not all of its seats */
    assert_conflict(f, s);
    script_cancel(s, 1, 11, SEATS(0, 5)); /* not its seats */
    assert_conflict(f, s);
    script_cancel(s, 2, 12, SEATS(5));
    script_cancel(s, 2, 12, SEATS(5)); /* twice */
    assert_conflict(f, s);
    script_cancel(other, 1, 11, SEATS(0, 1)); /* of another performance */
    assert_conflict(f, other);
    script_cancel(s, 2, 12, SEATS(5));
    assert_int_equal(script_commit(s), 0);
    script_cancel(s, 2, 12, SEATS(5)); /* again */
    assert_conflict(f, s);
    script_free(other);
    script_free(s);
}

static void a_part_of_an_order_is_given_back(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    struct store_order order;
    script_give_back(s, 1, 11, SEATS(0), SEATS(7)); /* not its seats */
    assert_conflict(f, s);
    script_give_back(s, 1, 11, SEATS(0), SEATS(1));
    script_sell(s, 3, 103, 13, SEATS(9), NULL);
    script_sell(s, 4, 104, 14, SEATS(5), NULL); /* is sold: nothing is given back either */
    assert_conflict(f, s);
    script_give_back(s, 1, 11, SEATS(0), SEATS(1));
    assert_int_equal(script_commit(s), 0);
    assert_sold(f, s->performance_id, 2,
                (struct store_sale[]){{1, script_id(1)}, {5, script_id(2)}});
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_int_equal(order.state, CONFIRMED);
    assert_int_equal(order.total, 2000);
    assert_int_equal(order.seats.len, 4);
    assert_int_equal(store_seat_at(order.seats, 0), 1);
    script_give_back(s, 1, 11, SEATS(0), SEATS(1)); /* again */
    assert_conflict(f, s);
    script_cancel(s, 1, 11, SEATS(0, 1)); /* it has one seat only */
    assert_conflict(f, s);
    script_cancel(s, 1, 11, SEATS(1));
    assert_int_equal(script_commit(s), 0);
    assert_sold(f, s->performance_id, 1, (struct store_sale[]){{5, script_id(2)}});
    script_free(s);
}

static void tickets_of_an_order_move(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f); /* order 1 has 0 and 1, order 2 has 5 */
    struct store_order order;
    uint32_t from, to;
    int64_t amount;
    script_move(s, 1, 11, SEATS(7), SEATS(20), SEATS(0, 20),
                script_amounts_of(s, 0, SEATS(0, 7), 1000)); /* not its seats */
    assert_conflict(f, s);
    script_move(s, 1, 11, SEATS(0), SEATS(5), SEATS(1, 5),
                script_amounts_of(s, 0, SEATS(0, 1), 1000)); /* another order has it */
    assert_conflict(f, s);
    script_move(s, 1, 11, SEATS(0), SEATS(20), SEATS(1, 20),
                script_amounts_of(s, 0, SEATS(0, 1), 1000));
    script_hold(s, 110, 14, SEATS(1), NULL);
    script_sell(s, 3, 110, 14, SEATS(1), NULL); /* that is not: nothing of it is done */
    assert_conflict(f, s);
    assert_sold(f, s->performance_id, 3,
                (struct store_sale[]){{0, script_id(1)}, {1, script_id(1)}, {5, script_id(2)}});
    script_move(s, 1, 11, SEATS(0), SEATS(20), SEATS(1, 20),
                script_amounts_of(s, 0, SEATS(0, 1), 1000));
    script_hold(s, 110, 14, SEATS(0), NULL);
    script_sell(s, 3, 110, 14, SEATS(0), NULL); /* in the same batch */
    assert_int_equal(script_commit(s), 0);
    assert_sold(f, s->performance_id, 4,
                (struct store_sale[]){
                    {0, script_id(3)}, {1, script_id(1)}, {5, script_id(2)}, {20, script_id(1)}});
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_true(order.state == CONFIRMED && order.total == 2000 && order.seats.len == 8);
    assert_true(store_seat_at(order.seats, 0) == 1 && store_seat_at(order.seats, 1) == 20);
    assert_true(store_amounts_find(order.amounts, 20, &amount) && amount == 1000);
    assert_true(store_amounts_find(order.amounts, 0, &amount) && amount == 1000);
    assert_int_equal(store_amounts_follow(order.amounts, 0), 20);
    assert_int_equal(store_amounts_follow(order.amounts, 1), 1);
    assert_int_equal(store_amounts_follow(order.amounts, 99), 99);
    assert_true(store_amounts_moved(order.amounts, 0, &from, &to) && from == 0 && to == 20);
    assert_false(store_amounts_moved(order.amounts, 1, &from, &to));
    script_cancel(s, 1, 11, SEATS(1, 20));
    assert_int_equal(script_commit(s), 0);
    script_free(s);
}

/* Once, of an order that was not paid, and only with all of its batch. */
static void an_unpaid_order_is_paid(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f); /* order 1 has 0 and 1 */
    struct store_order order;
    script_collect(s, 77, 11, 2000); /* there is none */
    assert_conflict(f, s);
    script_collect(s, 1, 11, 1999);
    script_hold(s, 110, 14, SEATS(1), NULL);
    script_sell(s, 3, 110, 14, SEATS(1), NULL); /* that is not free */
    assert_conflict(f, s);
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_true(order.payment_method == 1 && order.total == 2000);
    script_collect(s, 1, 11, 1999);
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_true(order.payment_method == 3 && order.total == 1999 && order.state == CONFIRMED);
    script_collect(s, 1, 11, 1999); /* again */
    assert_conflict(f, s);
    script_cancel(s, 2, 12, SEATS(5));
    assert_int_equal(script_commit(s), 0);
    script_collect(s, 2, 12, 1000); /* it is cancelled */
    assert_conflict(f, s);
    script_free(s);
}

/* What an order's amounts say of its tickets, however often they move. */
static void amounts_follow_tickets(void **state)
{
    struct fixture *f = *state;
    uint8_t first[64], bytes[2][STORE_MOVED_MAX];
    const uint32_t types[] = {0, 3}, seats[] = {4, 9};
    const int64_t costs[] = {100, 70};
    struct view amounts = store_amounts_write(5, seats, costs, types, 2, 8, 2, first);
    uint32_t from = 9, index;
    int64_t amount;
    for (uint32_t i = 0; i < STORE_MOVED_SEATS_MAX - 2; i++, from = 99 + i) {
        assert_int_equal(
            store_amounts_move(amounts, &from, (const uint32_t[]){4}, 1, bytes[i % 2], &amounts),
            ERR_EXISTS);
        assert_int_equal(store_amounts_move(amounts, &from, (const uint32_t[]){100 + i}, 1,
                                            bytes[i % 2], &amounts),
                         0);
        assert_int_equal(store_amounts_follow(amounts, 9), 100 + i);
        assert_true(store_amounts_find(amounts, 100 + i, &amount) && amount == 70);
        assert_int_equal(store_amounts_type(amounts, 100 + i), 3);
        assert_true(store_amounts_find(amounts, 4, &amount) && amount == 100);
        assert_int_equal(store_amounts_type(amounts, 4), 0);
        assert_int_equal(store_amounts_follow(amounts, 4), 4);
        assert_int_equal(store_amounts_list(amounts), 5);
        assert_true(store_amounts_code(amounts, &index) == 8 && index == 2);
    }
    assert_int_equal(store_amounts_move(amounts, (const uint32_t[]){4}, (const uint32_t[]){999}, 1,
                                        bytes[0], &amounts),
                     ERR_FULL);
    amounts = store_amounts_write(0, seats, costs, NULL, 2, 0, 0, first);
    assert_int_equal(store_amounts_move(amounts, (const uint32_t[]){5}, (const uint32_t[]){999}, 1,
                                        bytes[0], &amounts),
                     ERR_NOT_FOUND);
    (void)f;
}

static void cancelled_seats_are_sold_again(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    struct store_order order;
    script_cancel(s, 1, 11, SEATS(0, 1));
    script_hold(s, 110, 14, SEATS(1), NULL);
    script_sell(s, 3, 110, 14, SEATS(1), NULL); /* in the same batch */
    assert_int_equal(script_commit(s), 0);
    assert_sold(f, s->performance_id, 2,
                (struct store_sale[]){{1, script_id(3)}, {5, script_id(2)}});
    script_hold(s, 111, 15, SEATS(0), NULL);
    script_sell(s, 4, 111, 15, SEATS(0), NULL); /* in a later one */
    assert_int_equal(script_commit(s), 0);
    assert_sold(f, s->performance_id, 3,
                (struct store_sale[]){{0, script_id(4)}, {1, script_id(3)}, {5, script_id(2)}});
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_int_equal(order.state, CANCELLED);
    assert_int_equal(order.total, 2000);
    assert_int_equal(order.seats.len, 8);
    script_free(s);
}

static void places_are_kept_back_once(void **state)
{
    struct fixture *f = *state;
    const uint32_t id = script_performance(f->store, 100, 8);
    struct script *s = script_new(f->store, id);
    struct store_block *blocks;
    size_t count;
    script_block(s, 701, SEATS(3, 7), 0);
    script_block(s, 702, SEATS(90), s->now_ms + 5000);
    assert_int_equal(script_commit(s), 0);
    script_block(s, 703, SEATS(6, 7), 0); /* 7 is kept back: nothing of it is written */
    assert_conflict(f, s);
    script_unblock(s, 702, SEATS(3), false); /* not its seat */
    assert_conflict(f, s);
    script_unblock(s, 701, SEATS(7), false);
    script_block(s, 704, SEATS(7), 0); /* ends are done before beginnings */
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(
        f->store->ops->block_list(f->store, id, &f->arena, &blocks, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 3);
    const uint32_t seats[] = {3, 7, 90};
    const uint64_t owners[] = {701, 704, 702};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(blocks[i].seat, seats[i]);
        assert_true(id_eq(blocks[i].block_id, script_id(owners[i])));
        assert_true(id_eq(blocks[i].account_id, script_id(90)));
        assert_true(view_eq(blocks[i].reason, VIEW_LIT("Presse \xed\x95\x9c")));
        assert_int_equal(blocks[i].until_ms, seats[i] == 90 ? SCRIPT_START_MS + 5000 : 0);
    }
    script_free(s);
}

/* Whose the limit of places is, and whose an order's places are. */
static void persons_are_kept(void **state)
{
    struct fixture *f = *state;
    const uint32_t id = script_performance_by(f->store, 100, 8, 2);
    struct script *s = script_new(f->store, id);
    struct store_performance performance;
    struct store_order order;
    assert_int_equal(
        f->store->ops->performance_get(f->store, id, &f->arena, &performance, DEADLINE_NEVER), 0);
    assert_int_equal(performance.person_rule, 2);
    script_state(s, OPEN);
    script_hold(s, 101, 11, SEATS(3), NULL);
    script_last(s)->person_id = script_id(91);
    script_sell(s, 1, 101, 11, SEATS(3), NULL);
    script_last(s)->person_id = s->orders[0].person_id = script_id(91);
    script_hold(s, 102, 12, SEATS(4), NULL);
    script_sell(s, 2, 102, 12, SEATS(4), NULL);
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_true(id_eq(order.person_id, script_id(91)));
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(2), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_true(id_is_zero(order.person_id));
    script_free(s);
}

static void prices_are_kept_with_what_was_sold(void **state)
{
    struct fixture *f = *state;
    const uint32_t id = script_performance(f->store, 100, 8);
    struct script *s = script_new(f->store, id);
    struct store_prices *lists;
    struct store_order order;
    size_t count;
    int64_t amount = 0;
    script_state(s, OPEN);
    script_prices(s, 1, 1500); /* the batch's second entry makes version 2 */
    script_hold(s, 101, 11, SEATS(3, 90), NULL);
    script_last(s)->price_list = 1;
    script_sell(s, 1, 101, 11, SEATS(3, 90), NULL);
    script_amounts(s, 1, 1500);
    assert_int_equal(script_commit(s), 0);
    script_prices(s, 1, 1400); /* a number is given once: nothing of it is written */
    assert_conflict(f, s);
    script_prices(s, 2, INT64_C(1000000000000));
    script_give_back(s, 1, 11, SEATS(3), SEATS(90));
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(
        f->store->ops->price_lists(f->store, id, &f->arena, &lists, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        struct price_list list;
        assert_int_equal(lists[i].number, i + 1);
        assert_int_equal(lists[i].begun, i == 0 ? 2 : 5);
        assert_int_equal(price_list_read(lists[i].list, 1, 2, &f->arena, &list), 0);
        assert_int_equal(list.amounts[0], i == 0 ? 1500 : INT64_C(1000000000000));
    }
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER), 0);
    assert_int_equal(order.seats.len, 4); /* one went, and what was paid is still known */
    assert_int_equal(order.amounts.len, STORE_AMOUNTS_HEAD + 2 * STORE_AMOUNTS_SEAT_BYTES);
    assert_true(store_amounts_find(order.amounts, 90, &amount) && amount == 1500);
    assert_true(store_amounts_find(order.amounts, 3, &amount) && amount == 1500);
    assert_false(store_amounts_find(order.amounts, 4, &amount));
    assert_int_equal(
        f->store->ops->price_lists(f->store, 99, &f->arena, &lists, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    script_free(s);
}

static void prices_wait_for_their_time_once(void **state)
{
    struct fixture *f = *state;
    const uint32_t id = script_performance(f->store, 100, 8);
    struct script *s = script_new(f->store, id);
    struct store_plan *plans;
    size_t count;
    script_plan(s, 72, s->now_ms + 5000, 1200);
    script_plan(s, 71, s->now_ms + 3000, 1300);
    script_plan(s, 73, s->now_ms + 3000, 1400);
    assert_int_equal(script_commit(s), 0);
    script_plan(s, 71, s->now_ms + 9000, 1); /* it waits already: nothing of it is written */
    assert_conflict(f, s);
    script_plan_end(s, 74);
    assert_conflict(f, s);
    script_prices(s, 1, 1200);
    script_last(s)->plan_id = script_id(72); /* over with it, once */
    script_plan_end(s, 73);
    assert_int_equal(script_commit(s), 0);
    script_prices(s, 2, 1200);
    script_last(s)->plan_id = script_id(72);
    assert_conflict(f, s);
    script_plan(s, 75, s->now_ms + 1, 1);
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(
        f->store->ops->price_plans(f->store, id, &f->arena, &plans, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_true(id_eq(plans[0].plan_id, script_id(75)) && id_eq(plans[1].plan_id, script_id(71)));
    assert_int_equal(plans[1].from_ms, SCRIPT_START_MS + 3000);
    assert_true(plans[1].list.len > 0);
    script_free(s);
}

static struct change *wishes(struct script *s, uint64_t id, uint64_t account, uint64_t person)
{
    return script_change(s, &(struct change){.kind = CHANGE_WISH,
                                             .wish_id = script_id(id),
                                             .account_id = script_id(account),
                                             .person_id = {0, person},
                                             .category = 1,
                                             .section = 2,
                                             .party = 3,
                                             .fewest = 2});
}

static void leaves(struct script *s, uint64_t id)
{
    script_change(s, &(struct change){.kind = CHANGE_WISH_END, .wish_id = script_id(id)});
}

static void wishes_wait_in_their_order(void **state)
{
    struct fixture *f = *state;
    const uint32_t id = script_performance(f->store, 100, 8);
    struct script *s = script_new(f->store, id);
    struct store_waiting waiting;
    uint32_t *ids;
    size_t count;
    const struct store_ops *ops = f->store->ops;
    assert_int_equal(ops->waiting_get(f->store, id, &f->arena, &waiting, DEADLINE_NEVER), 0);
    assert_true(!waiting.known && waiting.wish_count == 0 && waiting.offer_ms == 0);
    script_change(s, &(struct change){.kind = CHANGE_WAITING, .offer_ms = 60000});
    wishes(s, 71, 11, 0);
    wishes(s, 72, 12, 9);
    wishes(s, 73, 11, 0);
    wishes(s, 74, 13, 0); /* joins and leaves at once */
    leaves(s, 74);
    assert_int_equal(script_commit(s), 0);
    leaves(s, 74);
    assert_conflict(f, s);
    wishes(s, 71, 11, 0)->lapses = 1; /* behind the others */
    leaves(s, 73);
    script_change(s, &(struct change){.kind = CHANGE_WAITING, .offer_ms = 0});
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(ops->waiting_get(f->store, id, &f->arena, &waiting, DEADLINE_NEVER), 0);
    assert_true(waiting.known && waiting.offer_ms == 0 && waiting.wish_count == 2);
    const struct store_wish *first = &waiting.wishes[0], *last = &waiting.wishes[1];
    assert_true(id_eq(first->wish_id, script_id(72)) && id_eq(last->wish_id, script_id(71)));
    assert_true(first->person_id.lo == 9 && id_is_zero(last->person_id));
    assert_true(first->position == 3 && last->position == 7);
    assert_true(first->lapses == 0 && last->lapses == 1);
    assert_true(first->category == 1 && first->section == 2 && first->party == 3 &&
                first->fewest == 2 && id_eq(first->account_id, script_id(12)));
    assert_int_equal(
        ops->waiting_of(f->store, script_id(11), 9, &f->arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_true(count == 1 && ids[0] == id);
    assert_int_equal(
        ops->waiting_of(f->store, script_id(13), 9, &f->arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    script_free(s);
}

static void seats_of_two_performances_are_different_seats(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    struct script *other = script_new(f->store, script_performance(f->store, 20, 4));
    script_sell(other, 3, 103, 13, SEATS(0, 1, 5), NULL);
    assert_int_equal(script_commit(other), 0);
    assert_sold(f, other->performance_id, 3,
                (struct store_sale[]){{0, script_id(3)}, {1, script_id(3)}, {5, script_id(3)}});
    assert_head(f, s);
    script_free(other);
    script_free(s);
}

static void a_batch_as_large_as_they_get(void **state)
{
    struct fixture *f = *state;
    struct script *s = script_new(f->store, script_performance(f->store, 5000, 8));
    for (uint32_t i = 0; i < SCRIPT_ENTRIES_MAX / 2; i++) {
        uint32_t at = 8 * i;
        struct script_seats seats =
            SEATS(at, at + 1, at + 2, at + 3, at + 4, at + 5, at + 6, at + 7);
        script_hold(s, 1000 + i, 5000 + i, seats, "a key of some length that is not short at all");
        script_sell(s, 9000 + i, 1000 + i, 5000 + i, seats, "a key of some length too");
    }
    assert_int_equal(script_commit(s), 0);
    assert_head(f, s);
    struct store_sale *sales;
    size_t count;
    assert_int_equal(f->store->ops->sold_list(f->store, s->performance_id, &f->arena, &sales,
                                              &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 8 * (SCRIPT_ENTRIES_MAX / 2));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sales[i].seat, i);
        assert_true(id_eq(sales[i].order_id, script_id(9000 + i / 8)));
    }
    script_free(s);
}

static const struct CMUnitTest tests[] = {
    SUITE_TEST(a_commit_writes_all_of_it),
    SUITE_TEST(the_fence_holds),
    SUITE_TEST(an_unknown_performance_is_not_found),
    SUITE_TEST(a_sold_seat_is_a_conflict),
    SUITE_TEST(an_order_exists_once),
    SUITE_TEST(only_an_order_of_its_own_is_cancelled),
    SUITE_TEST(a_part_of_an_order_is_given_back),
    SUITE_TEST(tickets_of_an_order_move),
    SUITE_TEST(an_unpaid_order_is_paid),
    SUITE_TEST(amounts_follow_tickets),
    SUITE_TEST(cancelled_seats_are_sold_again),
    SUITE_TEST(places_are_kept_back_once),
    SUITE_TEST(persons_are_kept),
    SUITE_TEST(prices_are_kept_with_what_was_sold),
    SUITE_TEST(prices_wait_for_their_time_once),
    SUITE_TEST(wishes_wait_in_their_order),
    SUITE_TEST(seats_of_two_performances_are_different_seats),
    SUITE_TEST(a_batch_as_large_as_they_get),
};
const struct group commit_group = {"commit", tests, sizeof(tests) / sizeof(tests[0])};
