/* Tickets that move: all or none, to what is free, for what the places cost, and never back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"

static struct stage stage;
static struct owner *owner;
static uint8_t record[STORE_MOVED_MAX];

static void start(void)
{
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
}

static struct owner_ask hold(uint64_t account, uint32_t seat)
{
    struct owner_ask ask = {.verb = OWNER_HOLD,
                            .account_id = stage_id(account),
                            .seat_count = 2,
                            .seats = {seat, seat + 1}};
    assert_int_equal(owner_ask(owner, &ask), 0);
    return ask;
}

static struct id buy(uint64_t account, uint32_t seat)
{
    const struct owner_ask held = hold(account, seat);
    struct owner_ask ask = {.verb = OWNER_ORDER,
                            .account_id = held.account_id,
                            .hold_id = held.hold.hold_id,
                            .payment_method = 1};
    assert_int_equal(owner_ask(owner, &ask), 0);
    return held.hold.hold_id;
}

/* The order's row; it lives until the next. */
static struct store_order stored(struct id order_id)
{
    static struct arena arena;
    struct store_order order;
    arena_release(&arena);
    arena_init(&arena, 1 << 20);
    assert_int_equal(stage.mem->ops->order_get(stage.mem, order_id, &arena, &order, DEADLINE_NEVER),
                     0);
    return order;
}

/* The first ticket goes there, the second there; the difference is waived. */
static struct owner_ask move(uint64_t account, struct id order_id, uint32_t first, uint32_t second,
                             int64_t waived)
{
    const struct store_order order = stored(order_id);
    struct owner_ask ask = {.verb = OWNER_MOVE,
                            .account_id = stage_id(account),
                            .hold_id = order_id,
                            .seat_count = 2,
                            .seats = {store_seat_at(order.seats, 0), store_seat_at(order.seats, 1)},
                            .left_count = 2,
                            .left = {first, second},
                            .list = order.amounts,
                            .record = record,
                            .paid = waived};
    (void)owner_ask(owner, &ask);
    return ask;
}

static struct owner_figures figures(void)
{
    struct owner_figures f;
    owner_figures(owner, &f);
    return f;
}

static void assert_seats(struct id order_id, uint32_t first, uint32_t second)
{
    const struct store_order order = stored(order_id);
    assert_int_equal(store_seat_count(order.seats), 2);
    assert_int_equal(store_seat_at(order.seats, 0), first);
    assert_int_equal(store_seat_at(order.seats, 1), second);
}

/* Rows of ten: the first costs 1000, the second 700, the third 500, the fourth 1000 again. */
static void play_moves(void *arg)
{
    start();
    const struct id order_id = buy(1, 2);
    assert_int_equal(move(2, order_id, 30, 31, 0).result, ERR_NOT_FOUND); /* not his */
    assert_int_equal(move(1, order_id, 2, 3, 0).result, ERR_INVALID);     /* nowhere */
    assert_int_equal(move(1, order_id, 3, 2, 0).result, ERR_INVALID);     /* among themselves */
    assert_int_equal(move(1, order_id, 5, 5, 0).result, ERR_INVALID);
    assert_int_equal(move(1, order_id, 5, 40, 0).result, ERR_INVALID); /* outside */
    hold(3, 34);
    struct owner_ask ask = move(1, order_id, 33, 34, 0);
    assert_int_equal(ask.result, ERR_CONFLICT);
    assert_true(ask.refusal.taken_count == 1 && ask.refusal.taken[0] == 34);
    ask = move(1, order_id, 2, 12, 0); /* cheaper, and nobody said that he knows */
    assert_int_equal(ask.result, ERR_UNSUPPORTED);
    assert_int_equal(ask.why, OWNER_WHY_DIFFERENCE);
    assert_int_equal(ask.total, -300);
    assert_seats(order_id, 2, 3);
    ask = move(1, order_id, 31, 30, 0);
    assert_int_equal(ask.result, 0);
    assert_true(ask.to[0] == 31 && ask.to[1] == 30 && ask.left[0] == 30 && ask.left[1] == 31);
    assert_seats(order_id, 30, 31);
    assert_int_equal(move(1, order_id, 2, 30, 0).result, ERR_INVALID); /* its own */
    assert_int_equal(move(1, order_id, 30, 2, 0).result, ERR_DENIED);  /* it had that */
    assert_int_equal(move(1, order_id, 12, 31, -300).result, 0);
    assert_seats(order_id, 12, 31);
    assert_int_equal(figures().sold_totals[0], 2000 - 1000);
    assert_int_equal(figures().sold_totals[1], 1000); /* what was paid for it */
    assert_int_equal(figures().type_counts[0], 2);
    assert_int_equal(figures().counts.sold, 2);
    buy(4, 2); /* what was left is for sale */
    owner_check(owner);
    owner_stop(owner);
    start();
    assert_int_equal(figures().sold_totals[1], 1000);
    assert_int_equal(figures().orders_confirmed, 2);
    struct owner_ask back = {.verb = OWNER_CANCEL,
                             .account_id = stage_id(1),
                             .hold_id = order_id,
                             .seat_count = 2,
                             .seats = {12, 31}};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_int_equal(move(1, order_id, 5, 6, 0).result, ERR_NOT_FOUND);
    assert_int_equal(figures().sold_totals[1], 0);
    owner_check(owner);
    owner_stop(owner);
}

/* An order moves as often as its amounts have room. */
static void play_often(void *arg)
{
    start();
    const struct id order_id = buy(1, 0);
    uint32_t moves = 0;
    while (move(1, order_id, 0, 2 + moves, 0).result == 0)
        moves++;
    assert_int_equal(moves, STORE_MOVED_SEATS_MAX - 2);
    assert_int_equal(move(1, order_id, 0, 2 + moves, 0).result, ERR_FULL);
    assert_seats(order_id, 0, 1 + moves);
    owner_check(owner);
    owner_stop(owner);
}

/* Of an order of so many from that seat on; left: the one that stays with it, or 0. */
static int give_back(struct id order_id, uint32_t seat, uint32_t count, uint32_t left)
{
    struct owner_ask ask = {.verb = OWNER_CANCEL,
                            .account_id = stage_id(1),
                            .hold_id = order_id,
                            .seat_count = count,
                            .seats = {seat, seat + 1},
                            .left_count = left > 0,
                            .left = {left}};
    return owner_ask(owner, &ask);
}

/* Another owner gave back one of the two, and this one does not know it yet: its commit is refused,
 * and what it then loads has one of them sold still. So not all of it was done. */
static void play_half_gone(void *arg)
{
    start();
    struct owner *old = owner;
    const struct id order_id = buy(1, 2);
    start();
    assert_int_equal(give_back(order_id, 2, 2, 3), 0);
    struct owner *younger = owner;
    owner = old;
    assert_int_equal(give_back(order_id, 2, 2, 0), ERR_UNAVAILABLE);
    assert_int_equal(figures().counts.sold, 1);
    assert_int_equal(give_back(order_id, 3, 1, 0), 0);
    assert_int_equal(figures().counts.sold, 0);
    owner_stop(younger);
    owner_stop(old);
}

static void play(void (*body)(void *arg), const char *const *rows)
{
    const struct stage_options options = {
        .seed = 5, .rows = rows, .hold_ttl_ms = 600000, .places_max = 4, .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, body, NULL);
    stage_close(&stage);
}

static void tickets_move(void **state)
{
    static const char *const rows[] = {"..........", "..........", "..........", "..........",
                                       NULL};
    play(play_moves, rows);
}

static void not_for_ever(void **state)
{
    static const char *const rows[] = {"............................................", NULL};
    play(play_often, rows);
}

static void half_of_it_is_not_all(void **state)
{
    static const char *const rows[] = {"..........", NULL};
    play(play_half_gone, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tickets_move),
        cmocka_unit_test(not_for_ever),
        cmocka_unit_test(half_of_it_is_not_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
