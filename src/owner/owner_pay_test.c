/* A hold whose buyer pays: it is extended, and not for ever; what was paid is compared; and the
 * start ends it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "sale/ledger.h"

#define TTL_MS 1000

static struct stage stage;
static struct owner *owner;

static struct owner_figures figures(void)
{
    struct owner_figures f;
    owner_figures(owner, &f);
    return f;
}

static struct id held(uint64_t account)
{
    struct owner_ask ask = {
        .verb = OWNER_HOLD, .account_id = stage_id(account), .seat_count = 2, .seats = {0, 1}};
    assert_int_equal(owner_ask(owner, &ask), 0);
    return ask.hold.hold_id;
}

static int extend(uint64_t account, struct id hold_id, int64_t until_ms, struct owner_ask *ret_ask)
{
    *ret_ask = (struct owner_ask){.verb = OWNER_EXTEND,
                                  .account_id = stage_id(account),
                                  .hold_id = hold_id,
                                  .until_ms = until_ms};
    return owner_ask(owner, ret_ask);
}

static void start_paying(struct id hold_id, struct owner_ask *ret_ask)
{
    *ret_ask = (struct owner_ask){.verb = OWNER_EXTEND,
                                  .account_id = stage_id(1),
                                  .hold_id = hold_id,
                                  .starting = true,
                                  .until_ms = INT64_MAX};
    assert_int_equal(owner_ask(owner, ret_ask), 0);
}

static void start(void)
{
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
}

static void extend_again_and_again(void)
{
    struct owner_ask ask;
    const struct id hold = held(1);
    const int64_t now_ms = owner_now_ms(owner);
    assert_int_equal(extend(1, hold, 0, &ask), 0); /* as it is */
    const int64_t ends_ms = ask.hold.expires_at_ms;
    assert_int_equal(ask.hold.count, 2);
    assert_int_equal(extend(2, hold, ends_ms + 1000, &ask), ERR_NOT_FOUND);
    assert_int_equal(extend(1, hold, ends_ms + 60000, &ask), 0);
    assert_int_equal(ask.hold.expires_at_ms, ends_ms + 60000);
    owner_stop(owner);
    start();
    assert_int_equal(extend(1, hold, 0, &ask), 0);
    assert_int_equal(ask.hold.expires_at_ms, ends_ms + 60000);
    stage_sleep(ends_ms + 1000 - now_ms);
    assert_int_equal(figures().counts.held, 2);
    assert_int_equal(extend(1, hold, INT64_MAX, &ask), 0); /* once more: as it is */
    assert_int_equal(ask.hold.expires_at_ms, ends_ms + 60000);
    assert_true(ask.hold.expires_at_ms <= now_ms + TTL_MS + LEDGER_EXTEND_MAX_MS);
    stage_sleep(ask.hold.expires_at_ms - owner_now_ms(owner) - 1);
    assert_int_equal(figures().counts.held, 2);
    stage_sleep(OWNER_EXPIRE_TICK_MS + 2);
    assert_int_equal(figures().counts.held, 0);
    assert_int_equal(extend(1, hold, INT64_MAX, &ask), ERR_NOT_FOUND);
}

/* However often a payment is begun, and its buyer says yes. */
static void extend_for_attempts(void)
{
    struct owner_ask ask;
    const struct id hold = held(1);
    const int64_t made_ms = owner_now_ms(owner);
    const int64_t start_ms = made_ms + TTL_MS + LEDGER_START_MAX_MS;
    for (int i = 0; i < 3; i++) {
        start_paying(hold, &ask);
        assert_int_equal(ask.hold.expires_at_ms, start_ms);
    }
    stage_sleep(start_ms - 10000 - owner_now_ms(owner));
    const int64_t yes_ms = owner_now_ms(owner) + 60000;
    assert_int_equal(extend(1, hold, start_ms - 1, &ask), 0); /* which is not later, and not once */
    assert_int_equal(extend(1, hold, yes_ms, &ask), 0);
    assert_int_equal(ask.hold.expires_at_ms, yes_ms);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(extend(1, hold, yes_ms + 60000, &ask), 0);
        assert_int_equal(ask.hold.expires_at_ms, yes_ms);
        start_paying(hold, &ask);
        assert_int_equal(ask.hold.expires_at_ms, yes_ms);
        owner_stop(owner); /* what another owner reads in the ledger */
        start();
    }
}

static void pay_too_little_then_all(void)
{
    struct owner_ask ask = {.verb = OWNER_EXTEND, .account_id = stage_id(1), .hold_id = held(1)};
    assert_int_equal(owner_ask(owner, &ask), 0);
    const int64_t total = ask.total;
    ask.verb = OWNER_ORDER;
    ask.payment_method = 2;
    ask.payment_id = stage_id(77);
    ask.paid = total - 1;
    assert_int_equal(owner_ask(owner, &ask), ERR_INVALID);
    assert_int_equal(figures().counts.sold, 0);
    ask.paid = total;
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_int_equal(figures().counts.sold, 2);
}

/* What nobody has paid is sold where that is allowed, and owed until it is given back; what costs
 * nothing always is. */
static void order_unpaid(void)
{
    struct owner_ask ask = {.verb = OWNER_EXTEND, .account_id = stage_id(1), .hold_id = held(1)};
    assert_int_equal(owner_ask(owner, &ask), 0);
    const int64_t total = ask.total;
    assert_true(total > 0);
    ask.verb = OWNER_ORDER;
    ask.payment_method = 1;
    ask.payment_required = true;
    assert_int_equal(owner_ask(owner, &ask), ERR_UNSUPPORTED);
    assert_int_equal(ask.why, OWNER_WHY_UNPAID);
    assert_true(figures().counts.sold == 0 && figures().to_collect == 0);
    ask.payment_required = false;
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_true(figures().counts.sold == 2 && figures().to_collect == total);
    owner_stop(owner); /* what another owner reads */
    start();
    assert_true(figures().to_collect == total);
    struct owner_ask back = {.verb = OWNER_CANCEL,
                             .account_id = stage_id(1),
                             .hold_id = ask.hold.hold_id,
                             .seat_count = 2,
                             .seats = {0, 1},
                             .left_count = 1,
                             .left = {1}};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_true(figures().counts.sold == 1 && figures().to_collect == total / 2);
}

static void order_for_nothing(void)
{
    owner_stop(owner);
    memset(stage.prices, 0, sizeof(stage.prices));
    start();
    struct owner_ask ask = {.verb = OWNER_ORDER,
                            .account_id = stage_id(1),
                            .hold_id = held(1),
                            .payment_method = 1,
                            .payment_required = true};
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_true(figures().counts.sold == 2 && figures().to_collect == 0);
}

static void run_one(void *arg)
{
    void (*body)(void) = *(void (**)(void))arg;
    start();
    body();
    owner_check(owner);
    owner_stop(owner);
}

/* To the millisecond; what was answered before is answered still. */
static void until_it_begins(void)
{
    struct owner_ask first = {.verb = OWNER_HOLD,
                              .account_id = stage_id(1),
                              .seat_count = 1,
                              .seats = {0},
                              .key = VIEW_LIT("k"),
                              .begins_ms = owner_now_ms(owner) + 500};
    struct owner_ask other = first, again = first, ask;
    other.account_id = stage_id(2);
    other.seats[0] = 1;
    stage_sleep(first.begins_ms - 1 - owner_now_ms(owner));
    assert_int_equal(owner_ask(owner, &first), 0);
    stage_sleep(first.begins_ms - owner_now_ms(owner));
    assert_int_equal(owner_ask(owner, &other), ERR_LATE);
    assert_int_equal(owner_ask(owner, &again), 0);
    assert_true(id_eq(again.hold.hold_id, first.hold.hold_id));
    ask = (struct owner_ask){.verb = OWNER_EXTEND,
                             .account_id = stage_id(1),
                             .hold_id = first.hold.hold_id,
                             .until_ms = first.hold.expires_at_ms + 1,
                             .begins_ms = first.begins_ms};
    assert_int_equal(owner_ask(owner, &ask), ERR_LATE);
    ask.verb = OWNER_ORDER;
    ask.payment_method = 1;
    assert_int_equal(owner_ask(owner, &ask), ERR_LATE);
    ask.begins_ms = 0;
    assert_int_equal(owner_ask(owner, &ask), 0);
    ask.verb = OWNER_CANCEL;
    ask.seat_count = 1;
    ask.begins_ms = first.begins_ms;
    assert_int_equal(owner_ask(owner, &ask), ERR_LATE);
    ask.begins_ms++; /* the start was moved */
    assert_int_equal(owner_ask(owner, &ask), 0);
}

static void play(void (*body)(void))
{
    static const char *const rows[] = {"....", NULL};
    const struct stage_options options = {
        .seed = 7, .rows = rows, .hold_ttl_ms = TTL_MS, .places_max = 4, .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, run_one, &body);
    stage_close(&stage);
}

static void a_hold_is_extended_for_its_buyer_and_not_for_ever(void **state)
{
    play(extend_again_and_again);
}

static void a_hold_is_extended_once_however_often_it_is_paid_for(void **state)
{
    play(extend_for_attempts);
}

static void what_was_paid_is_what_the_places_cost(void **state)
{
    play(pay_too_little_then_all);
}

static void what_nobody_paid_is_owed_where_it_may_be(void **state)
{
    play(order_unpaid);
    play(order_for_nothing);
}

static void nothing_is_sold_or_given_back_after_the_start(void **state)
{
    play(until_it_begins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_extended_for_its_buyer_and_not_for_ever),
        cmocka_unit_test(a_hold_is_extended_once_however_often_it_is_paid_for),
        cmocka_unit_test(what_was_paid_is_what_the_places_cost),
        cmocka_unit_test(what_nobody_paid_is_owed_where_it_may_be),
        cmocka_unit_test(nothing_is_sold_or_given_back_after_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
