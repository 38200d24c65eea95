/* The rules of a sale: no single place left alone, and limits of categories; set, refused by name,
 * loaded, and lifted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"

static struct stage stage;
static struct owner *owner;

static void set_rules(uint32_t base, bool no_orphans, uint32_t most_of_0)
{
    struct arena arena;
    struct price_list list = {.category_count = STAGE_CATEGORIES,
                              .amounts = {1000, 700, 500},
                              .no_orphans = no_orphans,
                              .category_places = {most_of_0}};
    struct owner_ask ask = {.verb = OWNER_PRICES, .price_list = base};
    arena_init(&arena, 65536);
    assert_int_equal(price_list_write(&list, &arena, &ask.list), 0);
    assert_int_equal(owner_ask(owner, &ask), 0);
    arena_release(&arena);
}

static struct owner_ask hold(uint64_t account, uint32_t first, uint32_t count)
{
    struct owner_ask ask = {
        .verb = OWNER_HOLD, .account_id = stage_id(account), .seat_count = count};
    for (uint32_t i = 0; i < count; i++)
        ask.seats[i] = first + i;
    (void)owner_ask(owner, &ask);
    return ask;
}

static struct owner_ask best(uint64_t account, uint32_t party)
{
    struct owner_ask ask = {.verb = OWNER_HOLD_BEST,
                            .account_id = stage_id(account),
                            .best = {.party = party, .category = -1, .section = -1}};
    (void)owner_ask(owner, &ask);
    return ask;
}

static void refused(const struct owner_ask *ask, enum owner_why why)
{
    assert_int_equal(ask->result, ERR_UNSUPPORTED);
    assert_int_equal(ask->why, why);
}

static void restart(void)
{
    if (owner)
        owner_stop(owner);
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
}

/* Rows of six, of categories 0, 1, 2. */
static void play_single(void)
{
    assert_int_equal(hold(1, 1, 1).result, 0); /* there is no such rule yet */
    set_rules(0, true, 0);
    struct owner_ask ask = hold(2, 7, 1);
    refused(&ask, OWNER_WHY_ALONE);
    assert_int_equal(ask.refusal.taken_count, 1);
    assert_int_equal(ask.refusal.taken[0], 6);
    restart(); /* the rule is durable */
    ask = hold(2, 7, 1);
    refused(&ask, OWNER_WHY_ALONE);
    assert_int_equal(hold(2, 6, 2).result, 0);
    assert_int_equal(hold(3, 1, 1).result, ERR_CONFLICT); /* taken goes before the rule */
    ask = hold(3, 9, 1);
    refused(&ask, OWNER_WHY_ALONE);
    assert_int_equal(hold(3, 8, 3).result, 0); /* of four, any three leave one */
    ask = hold(4, 13, 1);                      /* whose money has come has what it had */
    refused(&ask, OWNER_WHY_ALONE);
    ask.paying = true;
    assert_int_equal(owner_ask(owner, &ask), 0);
    set_rules(1, false, 0);
    assert_int_equal(hold(5, 3, 1).result, 0);
}

static void play_limit(void)
{
    set_rules(0, false, 2);
    struct owner_ask ask = hold(1, 0, 3);
    refused(&ask, OWNER_WHY_CATEGORY);
    assert_int_equal(hold(1, 0, 2).result, 0);
    ask = hold(1, 2, 1);
    refused(&ask, OWNER_WHY_CATEGORY);
    assert_int_equal(hold(1, 6, 3).result, 0); /* of another */
    ask = best(2, 3);
    assert_int_equal(ask.result, 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(ask.hold.seats[i] >= 6); /* the best that it may have */
    ask = best(3, 2);
    assert_true(ask.result == 0 && ask.hold.seats[1] < 6);
    const uint32_t free = ask.hold.seats[0] == 2 ? 5 : 2;
    restart();
    ask = hold(1, free, 1);
    refused(&ask, OWNER_WHY_CATEGORY);
}

/* A wish of whom a limit keeps from what comes back is passed over, and not those behind it. */
static void play_waiting(void)
{
    struct owner_ask ask = {.verb = OWNER_SET_WAITING, .offer_ms = 60000};
    struct owner_wish wishes[2];
    struct id sold[18];
    assert_int_equal(owner_ask(owner, &ask), 0);
    for (uint32_t seat = 0; seat < 18; seat++) {
        ask = hold(100 + seat / 2, seat, 1);
        sold[seat] = ask.hold.hold_id;
        ask = (struct owner_ask){.verb = OWNER_ORDER,
                                 .account_id = stage_id(100 + seat / 2),
                                 .hold_id = sold[seat],
                                 .payment_method = 1};
        assert_int_equal(owner_ask(owner, &ask), 0);
    }
    set_rules(0, false, 2);
    for (uint64_t account = 100; account < 120; account += 19) { /* who has two of it, and nobody */
        ask = (struct owner_ask){.verb = OWNER_JOIN,
                                 .account_id = stage_id(account),
                                 .best = {.party = 1, .category = -1, .section = -1},
                                 .fewest = 1};
        assert_int_equal(owner_ask(owner, &ask), 0);
    }
    ask = (struct owner_ask){.verb = OWNER_CANCEL,
                             .account_id = stage_id(102),
                             .hold_id = sold[4],
                             .seat_count = 1,
                             .seats = {4}};
    assert_int_equal(owner_ask(owner, &ask), 0);
    stage_sleep(1000);
    for (uint64_t account = 100; account < 120; account += 19) {
        ask = (struct owner_ask){.verb = OWNER_WISHES,
                                 .account_id = stage_id(account),
                                 .wishes = wishes,
                                 .wishes_max = 2};
        assert_int_equal(owner_ask(owner, &ask), 0);
        assert_int_equal(id_is_zero(wishes[0].hold_id), account == 100);
    }
}

static void run_one(void *arg)
{
    owner = NULL;
    restart();
    (*(void (**)(void))arg)();
    owner_check(owner);
    owner_stop(owner);
}

static void play(void (*body)(void))
{
    static const char *const rows[] = {"......", "......", "......", NULL};
    const struct stage_options options = {
        .seed = 7, .rows = rows, .hold_ttl_ms = 60000, .places_max = 8, .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, run_one, &body);
    stage_close(&stage);
}

static void no_single_place_is_left_alone(void **state)
{
    play(play_single);
}

static void of_a_category_one_has_so_many(void **state)
{
    play(play_limit);
}

static void a_limit_holds_for_offers(void **state)
{
    play(play_waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_single_place_is_left_alone),
        cmocka_unit_test(of_a_category_one_has_so_many),
        cmocka_unit_test(a_limit_holds_for_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
