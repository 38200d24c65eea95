/* Prices that change: what is held keeps its price, over extensions and restarts, and who changes
 * them at the same moment does not undo another's change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"

#define TTL_MS 600000

static struct stage stage;
static struct owner *owner;
static uint32_t told[PRICE_LISTS_MAX + 1]; /* how often, by number */

static void priced(void *state, const struct price_list *list)
{
    assert_ptr_equal(state, told);
    assert_int_equal(list->category_count, STAGE_CATEGORIES);
    told[list->number]++;
}

static void start(void)
{
    const struct owner_listener listener = {.priced = priced, .prices_state = told};
    owner = stage_owner(&stage, stage.mem, &listener);
    assert_true(stage_serving(owner));
}

static void restart(void)
{
    owner_stop(owner);
    start();
}

/* The first category costs that; base: the list it follows. */
static struct owner_ask set(uint32_t base, int64_t amount)
{
    static struct arena arena;
    struct price_list list = {.category_count = STAGE_CATEGORIES, .amounts = {amount, 20, 30}};
    struct owner_ask ask = {.verb = OWNER_PRICES, .price_list = base};
    arena_init(&arena, 65536);
    assert_int_equal(price_list_write(&list, &arena, &ask.list), 0);
    (void)owner_ask(owner, &ask);
    arena_release(&arena);
    return ask;
}

static struct owner_ask hold(uint64_t account, uint32_t seat, const char *key)
{
    struct owner_ask ask = {.verb = OWNER_HOLD,
                            .account_id = stage_id(account),
                            .seat_count = 2,
                            .seats = {seat, seat + 1},
                            .key = view_str(key)};
    assert_int_equal(owner_ask(owner, &ask), 0);
    return ask;
}

static struct owner_ask order(const struct owner_ask *held)
{
    struct owner_ask ask = {.verb = OWNER_ORDER,
                            .account_id = held->account_id,
                            .hold_id = held->hold.hold_id,
                            .payment_method = 1};
    assert_int_equal(owner_ask(owner, &ask), 0);
    return ask;
}

static struct owner_figures figures(void)
{
    struct owner_figures f;
    owner_figures(owner, &f);
    return f;
}

/* Adults pay 100; a child 40, one a hold; a companion nothing. */
static struct owner_ask set_types(uint32_t base, int64_t child)
{
    static struct arena arena;
    struct price_list list = {
        .category_count = STAGE_CATEGORIES,
        .amounts = {100, 200, 300},
        .type_count = 3,
        .types = {{.korean = "어른", .english = "Adult"},
                  {.number = 1,
                   .most = 1,
                   .korean = "어린이",
                   .english = "Child",
                   .amounts = {child, PRICE_NONE, PRICE_NONE}},
                  {.number = 2, .companion = true, .korean = "동반자", .english = "Companion"}}};
    struct owner_ask ask = {.verb = OWNER_PRICES, .price_list = base};
    arena_init(&arena, 65536);
    assert_int_equal(price_list_write(&list, &arena, &ask.list), 0);
    (void)owner_ask(owner, &ask);
    arena_release(&arena);
    return ask;
}

static struct owner_ask choose(const struct owner_ask *held, uint32_t first, uint32_t second)
{
    struct owner_ask ask = {.verb = OWNER_CHOOSE,
                            .account_id = held->account_id,
                            .hold_id = held->hold.hold_id,
                            .seat_count = 2,
                            .seats = {held->hold.seats[1], held->hold.seats[0]},
                            .type_count = 2,
                            .types = {second, first}};
    (void)owner_ask(owner, &ask);
    return ask;
}

/* Who the places are for is said after they are held, by the prices of then, and is what is paid,
 * given back and counted. */
static void play_types(void *arg)
{
    start();
    const struct owner_ask before = hold(1, 0, "a");
    assert_int_equal(choose(&before, 1, 0).result, ERR_UNSUPPORTED);
    assert_int_equal(set_types(0, 40).result, 0);
    const struct owner_ask held = hold(2, 2, "b");
    assert_int_equal(held.total, 200);
    assert_int_equal(choose(&before, 1, 0).result, ERR_UNSUPPORTED); /* not of its list */
    struct owner_ask chosen = choose(&held, 1, 0);
    assert_int_equal(chosen.result, 0);
    assert_int_equal(chosen.total, 140);
    assert_true(chosen.amounts[0] == 40 && chosen.amounts[1] == 100);
    assert_true(chosen.hold.types[0] == 1 && chosen.hold.types[1] == 0);
    assert_int_equal(chosen.hold.expires_at_ms, held.hold.expires_at_ms);
    assert_int_equal(choose(&held, 1, 1).result, ERR_UNSUPPORTED); /* one child a hold */
    assert_int_equal(choose(&held, 2, 0).result, ERR_UNSUPPORTED); /* companion of nobody */
    assert_int_equal(choose(&held, 3, 0).result, ERR_UNSUPPORTED); /* no such type */
    assert_int_equal(choose(&held, 32, 0).result, ERR_INVALID);
    chosen.account_id = stage_id(3);
    assert_int_equal(choose(&chosen, 0, 0).result, ERR_NOT_FOUND);
    assert_int_equal(set_types(1, 50).result, 0); /* the child of now is dearer */
    restart();
    assert_int_equal(choose(&held, 1, 0).total, 140); /* again: nothing changes */
    assert_int_equal(choose(&held, 0, 1).total, 140);
    struct owner_ask extend = {.verb = OWNER_EXTEND,
                               .account_id = stage_id(2),
                               .hold_id = held.hold.hold_id,
                               .until_ms = held.hold.expires_at_ms + 1000};
    assert_int_equal(owner_ask(owner, &extend), 0);
    assert_int_equal(extend.total, 140);
    assert_int_equal(choose(&held, 0, 0).result, ERR_BUSY); /* its buyer pays */
    restart();
    const struct owner_ask sold = order(&held);
    assert_true(sold.total == 140 && sold.amounts[0] == 100 && sold.amounts[1] == 40);
    assert_int_equal(figures().type_totals[1], 40);
    assert_int_equal(figures().type_counts[1], 1);
    restart();
    assert_int_equal(figures().type_totals[1], 40);
    assert_int_equal(figures().type_totals[0], 100);
    struct owner_ask back = {.verb = OWNER_CANCEL,
                             .account_id = stage_id(2),
                             .hold_id = held.hold.hold_id,
                             .seat_count = 2,
                             .seats = {2, 3},
                             .left_count = 1,
                             .left = {2}};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_int_equal(figures().type_totals[1], 0);
    assert_int_equal(figures().type_counts[1], 0);
    assert_int_equal(figures().type_counts[0], 1);
    owner_check(owner);
    owner_stop(owner);
}

/* They may be named with the hold, too. */
static void play_held_with_types(void *arg)
{
    start();
    assert_int_equal(set_types(0, 40).result, 0);
    struct owner_ask ask = {.verb = OWNER_HOLD,
                            .account_id = stage_id(1),
                            .seat_count = 2,
                            .seats = {5, 4},
                            .type_count = 2,
                            .types = {1, 0},
                            .key = VIEW_LIT("a")};
    const struct owner_ask wish = ask;
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_true(ask.total == 140 && ask.hold.seats[1] == 5 && ask.hold.types[1] == 1);
    assert_int_equal(choose(&ask, 0, 0).total, 200);
    restart();
    ask = wish;
    assert_int_equal(owner_ask(owner, &ask), 0); /* the same key: the same answer */
    assert_true(ask.total == 140 && ask.amounts[1] == 40);
    assert_int_equal(order(&ask).total, 200);
    ask = (struct owner_ask){.verb = OWNER_HOLD,
                             .account_id = stage_id(2),
                             .seat_count = 2,
                             .seats = {0, 1},
                             .type_count = 2,
                             .types = {1, 1}};
    assert_int_equal(owner_ask(owner, &ask), ERR_UNSUPPORTED);
    ask.types[0] = ask.types[1] = 0;
    assert_int_equal(owner_ask(owner, &ask), 0); /* nothing was held before */
    owner_stop(owner);
}

/* Category 0 is hidden; code 1 opens it at half the price, for three places, two an account. */
static struct owner_ask set_codes(uint32_t base, uint64_t hidden, int64_t until_ms)
{
    static struct arena arena;
    struct price_list list = {.category_count = STAGE_CATEGORIES,
                              .amounts = {100, 200, 300},
                              .hidden = hidden,
                              .code_count = 2,
                              .codes = {{.number = 1,
                                         .word = "FANCLUB",
                                         .opens = 1,
                                         .off_permille = 500,
                                         .until_ms = until_ms,
                                         .places = 3,
                                         .places_account = 2},
                                        {.number = 2, .count = 5, .opens = 1, .places = 1}}};
    struct owner_ask ask = {.verb = OWNER_PRICES, .price_list = base};
    arena_init(&arena, 65536);
    assert_int_equal(price_list_write(&list, &arena, &ask.list), 0);
    (void)owner_ask(owner, &ask);
    arena_release(&arena);
    return ask;
}

static struct owner_ask hold_coded(uint64_t account, uint32_t seat, uint32_t count, uint32_t code,
                                   uint32_t index)
{
    struct owner_ask ask = {.verb = OWNER_HOLD,
                            .account_id = stage_id(account),
                            .seat_count = count,
                            .seats = {seat, seat + 1},
                            .code = code,
                            .code_index = index};
    (void)owner_ask(owner, &ask);
    return ask;
}

static void refused(struct owner_ask ask, enum owner_why why)
{
    assert_int_equal(ask.result, ERR_UNSUPPORTED);
    assert_int_equal(ask.why, why);
}

static uint32_t used(uint32_t place)
{
    struct owner_ask ask = {.verb = OWNER_USES};
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_int_equal(ask.use_count, 2);
    return ask.uses[place].places;
}

/* Nobody gets more of a code than it has, nor after its time; what comes back may be had again. */
static void play_codes(void *arg)
{
    start();
    assert_int_equal(set_codes(0, 1, owner_now_ms(owner) + 5000).result, 0);
    refused(hold_coded(1, 0, 1, 0, 0), OWNER_WHY_HIDDEN);
    refused(hold_coded(1, 0, 1, 3, 0), OWNER_WHY_CODE);
    const struct owner_ask two = hold_coded(1, 0, 2, 1, 0);
    assert_true(two.result == 0 && two.total == 100 && two.hold.code == 1);
    refused(hold_coded(1, 2, 1, 1, 0), OWNER_WHY_ACCOUNT);
    refused(hold_coded(2, 2, 2, 1, 0), OWNER_WHY_USED);
    const struct owner_ask one = hold_coded(2, 2, 1, 1, 0);
    assert_int_equal(one.result, 0);
    assert_int_equal(used(0), 3);
    refused(hold_coded(2, 3, 1, 2, 5), OWNER_WHY_CODE); /* five were generated */
    assert_int_equal(hold_coded(2, 3, 1, 2, 4).result, 0);
    refused(hold_coded(3, 4, 1, 2, 4), OWNER_WHY_USED);
    restart();
    assert_true(used(0) == 3 && used(1) == 1);
    struct owner_ask back = {
        .verb = OWNER_RELEASE, .account_id = stage_id(2), .hold_id = one.hold.hold_id};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_int_equal(used(0), 2);
    const struct owner_ask sold = order(&two);
    assert_true(sold.total == 100 && sold.amounts[1] == 50);
    restart();
    assert_int_equal(used(0), 2);
    refused(hold_coded(1, 2, 1, 1, 0), OWNER_WHY_ACCOUNT);
    struct owner_ask give = {.verb = OWNER_CANCEL,
                             .account_id = stage_id(1),
                             .hold_id = two.hold.hold_id,
                             .seat_count = 2,
                             .seats = {0, 1},
                             .left_count = 1,
                             .left = {0}};
    assert_int_equal(owner_ask(owner, &give), 0);
    assert_int_equal(used(0), 1);
    struct owner_ask best = {.verb = OWNER_HOLD_BEST,
                             .account_id = stage_id(5),
                             .best = {.party = 1, .category = -1, .section = -1}};
    assert_int_equal(owner_ask(owner, &best), 0); /* of no hidden category */
    assert_int_not_equal(stage.hall->seats[best.hold.seats[0]].category, 0);
    assert_int_equal(fiber_sleep_until(deadline_after_ms(fiber_now_ns(), 6000)), 0);
    refused(hold_coded(4, 2, 1, 1, 0), OWNER_WHY_CODE); /* its time is over */
    owner_check(owner);
    owner_stop(owner);
}

/* A code may come after the hold, of the list that it was promised by, and go again. */
static void play_code_later(void *arg)
{
    start();
    assert_int_equal(set_codes(0, 0, 0).result, 0);
    const struct owner_ask held = hold(1, 0, "a");
    assert_int_equal(held.total, 200);
    struct owner_ask with = {
        .verb = OWNER_CHOOSE, .account_id = stage_id(1), .hold_id = held.hold.hold_id, .code = 1};
    assert_int_equal(owner_ask(owner, &with), 0);
    assert_true(with.total == 100 && used(0) == 2);
    struct owner_ask keeps = {.verb = OWNER_CHOOSE,
                              .account_id = stage_id(1),
                              .hold_id = held.hold.hold_id,
                              .keeps_code = true};
    assert_int_equal(owner_ask(owner, &keeps), 0);
    assert_int_equal(keeps.total, 100);
    restart();
    with.code = 2;
    assert_int_equal(owner_ask(owner, &with), ERR_UNSUPPORTED); /* one place each */
    with.code = 0;
    assert_int_equal(owner_ask(owner, &with), 0);
    assert_true(with.total == 200 && used(0) == 0);
    owner_stop(owner);
}

static void play_promise(void *arg)
{
    start();
    const struct owner_ask first = hold(1, 0, "a");
    const int64_t was = stage.prices[0];
    assert_int_equal(first.total, 2 * was);
    assert_int_equal(set(0, was + 7).hold.price_list, 1);
    assert_int_equal(told[1], 1);
    assert_int_equal(figures().price_list, 1);
    const struct owner_ask second = hold(2, 2, "b");
    assert_int_equal(second.total, 2 * (was + 7));
    assert_int_equal(second.amounts[1], was + 7);
    /* Extended, and loaded anew: each costs what was promised. */
    struct owner_ask extend = {.verb = OWNER_EXTEND,
                               .account_id = stage_id(1),
                               .hold_id = first.hold.hold_id,
                               .until_ms = first.hold.expires_at_ms + 1000};
    assert_int_equal(owner_ask(owner, &extend), 0);
    assert_int_equal(extend.total, 2 * was);
    restart();
    assert_int_equal(told[1], 2);
    assert_int_equal(figures().price_list, 1);
    assert_int_equal(set(1, was + 9).hold.price_list, 2);
    restart();
    struct owner_ask again = {.verb = OWNER_HOLD,
                              .account_id = stage_id(2),
                              .seat_count = 2,
                              .seats = {2, 3},
                              .key = VIEW_LIT("b")};
    assert_int_equal(owner_ask(owner, &again), 0);
    assert_int_equal(again.total, second.total);
    assert_int_equal(again.amounts[0], was + 7);
    struct owner_ask card = {.verb = OWNER_ORDER,
                             .account_id = stage_id(2),
                             .hold_id = second.hold.hold_id,
                             .payment_method = 2,
                             .payment_id = stage_id(9),
                             .paid = 2 * (was + 9)};
    assert_int_equal(owner_ask(owner, &card), ERR_INVALID); /* not what was promised */
    assert_int_equal(order(&first).total, 2 * was);
    assert_int_equal(order(&second).total, 2 * (was + 7));
    assert_int_equal(figures().sold_totals[0], 4 * was + 14);
    restart();
    assert_int_equal(figures().sold_totals[0], 4 * was + 14);
    struct owner_ask back = {.verb = OWNER_CANCEL,
                             .account_id = stage_id(2),
                             .hold_id = second.hold.hold_id,
                             .seat_count = 2,
                             .seats = {2, 3},
                             .left_count = 1,
                             .left = {3}};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_int_equal(figures().sold_totals[0], 3 * was + 7);
    owner_check(owner);
    owner_stop(owner);
}

/* What is given costs nothing, whatever the list says; the figures count it, also after a load. */
static void play_comp(void *arg)
{
    start();
    struct owner_ask held = hold(1, 0, "a");
    struct owner_ask give = {.verb = OWNER_ORDER,
                             .account_id = held.account_id,
                             .hold_id = held.hold.hold_id,
                             .payment_method = 5};
    assert_true(held.total > 0);
    assert_int_equal(owner_ask(owner, &give), 0);
    assert_true(give.total == 0 && give.amounts[0] == 0 && give.amounts[1] == 0);
    assert_int_equal(figures().comps, 2);
    restart();
    assert_true(figures().comps == 2 && figures().sold_totals[0] == 0);
    struct owner_ask back = {.verb = OWNER_CANCEL,
                             .account_id = held.account_id,
                             .hold_id = held.hold.hold_id,
                             .seat_count = 2,
                             .seats = {0, 1},
                             .left_count = 1,
                             .left = {1}};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_true(figures().comps == 1 && figures().sold_totals[0] == 0);
    back = (struct owner_ask){.verb = OWNER_CANCEL,
                              .account_id = held.account_id,
                              .hold_id = held.hold.hold_id,
                              .seat_count = 1,
                              .seats = {1}};
    assert_int_equal(owner_ask(owner, &back), 0);
    assert_int_equal(figures().comps, 0);
    owner_check(owner);
    owner_stop(owner);
}

static void play_others(void *arg)
{
    start();
    assert_int_equal(set(0, 100).result, 0);
    assert_int_equal(set(0, 200).result, ERR_EXISTS); /* another list is valid by now */
    assert_int_equal(set(0, 100).result, 0);          /* it says the same: nothing is written */
    assert_int_equal(figures().price_list, 1);
    assert_int_equal(set(1, PRICE_MAX + 1).result, ERR_INVALID);
    assert_int_equal(set(1, -1).result, ERR_INVALID);
    struct owner_ask none = {.verb = OWNER_PRICES, .price_list = 1};
    assert_int_equal(owner_ask(owner, &none), ERR_INVALID);
    none.list = VIEW_LIT("\x0a\x01\x05"); /* of another hall */
    assert_int_equal(owner_ask(owner, &none), ERR_INVALID);
    for (uint32_t i = 1; i < PRICE_LISTS_MAX; i++)
        assert_int_equal(set(i, 1000 + i).hold.price_list, i + 1);
    assert_int_equal(set(PRICE_LISTS_MAX, 1).result, ERR_CONFLICT);
    restart();
    assert_int_equal(figures().price_list, PRICE_LISTS_MAX);
    assert_int_equal(hold(1, 0, "a").total, 2 * (999 + PRICE_LISTS_MAX));
    owner_stop(owner);
}

static struct owner_ask plan(uint64_t id, int64_t from_ms, int64_t amount)
{
    static struct arena arena;
    struct price_list list = {.category_count = STAGE_CATEGORIES,
                              .amounts = {amount, PRICE_STAYS, PRICE_STAYS}};
    struct owner_ask ask = {
        .verb = OWNER_PLAN_PRICES, .hold_id = stage_id(id), .until_ms = from_ms};
    arena_init(&arena, 65536);
    assert_int_equal(price_list_write(&list, &arena, &ask.list), 0);
    (void)owner_ask(owner, &ask);
    arena_release(&arena);
    return ask;
}

static int end_plan(uint64_t id)
{
    struct owner_ask ask = {.verb = OWNER_END_PLAN, .hold_id = stage_id(id)};
    return owner_ask(owner, &ask);
}

/* By the clock, once, also where nobody served then; over what is valid by that time. */
static void play_plans(void *arg)
{
    start();
    const int64_t now_ms = owner_now_ms(owner);
    assert_int_equal(plan(1, now_ms, 100).result, ERR_INVALID); /* over already */
    assert_int_equal(plan(1, now_ms + 5000, PRICE_STAYS).result, ERR_INVALID);
    assert_int_equal(plan(1, now_ms + 5000, 100).result, 0);
    assert_int_equal(plan(1, now_ms + 5000, 100).result, 0); /* asked again */
    assert_int_equal(plan(2, now_ms + 60000, 200).result, 0);
    assert_int_equal(plan(3, now_ms + 70000, 300).result, 0);
    assert_int_equal(end_plan(4), ERR_NOT_FOUND);
    assert_int_equal(end_plan(3), 0);
    assert_int_equal(end_plan(3), ERR_NOT_FOUND);
    const struct owner_ask early = hold(1, 0, "a");
    stage_sleep(4999);
    assert_int_equal(figures().price_list, 0);
    stage_sleep(1 + OWNER_EXPIRE_TICK_MS);
    assert_int_equal(figures().price_list, 1); /* nobody asked */
    assert_int_equal(told[1], 1);
    const struct owner_ask late = hold(2, 2, "b");
    assert_int_equal(late.total, 200);
    assert_int_equal(set(1, 150).hold.price_list, 2); /* by hand, between two plans */
    restart();
    assert_int_equal(end_plan(1), ERR_NOT_FOUND);
    owner_stop(owner);
    stage_sleep(120000);
    start();
    assert_int_equal(figures().price_list, 3);
    assert_int_equal(hold(3, 4, "c").total, 400);
    assert_int_equal(order(&early).total, 2 * stage.prices[0]);
    assert_int_equal(order(&late).total, 200);
    restart();
    assert_int_equal(figures().price_list, 3); /* once */
    for (uint32_t i = 0; i < PRICE_PLANS_MAX; i++)
        assert_int_equal(plan(100 + i, owner_now_ms(owner) + 10000, i).result, 0);
    assert_int_equal(plan(200, owner_now_ms(owner) + 10000, 5).result, ERR_CONFLICT);
    stage_sleep(11000);
    assert_int_equal(figures().price_list, 3 + PRICE_PLANS_MAX); /* all at one moment, in order */
    owner_check(owner);
    owner_stop(owner);
}

/* The store knows from which version on it is valid. */
static void play_version(void *arg)
{
    start();
    assert_int_equal(set(0, 100).result, 0);
    owner_stop(owner);
    struct store_prices *lists;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, 65536);
    assert_int_equal(stage.mem->ops->price_lists(stage.mem, stage.performance_id, &arena, &lists,
                                                 &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(lists[0].begun, 1);
    arena_release(&arena);
    start();
    owner_stop(owner);
}

static void play(void (*body)(void *arg))
{
    static const char *const rows[] = {"......", "......", NULL};
    const struct stage_options options = {
        .seed = 5, .rows = rows, .hold_ttl_ms = TTL_MS, .places_max = 4, .sale_state = STAGE_OPEN};
    memset(told, 0, sizeof(told));
    stage_open(&stage, &options);
    stage_run(&stage, body, NULL);
    stage_close(&stage);
}

static void what_was_promised_is_paid(void **state)
{
    play(play_promise);
}

static void types_are_chosen_and_paid(void **state)
{
    play(play_types);
}

static void codes_are_not_overdrawn(void **state)
{
    play(play_codes);
}

static void a_code_may_come_later(void **state)
{
    play(play_code_later);
}

static void types_may_be_held(void **state)
{
    play(play_held_with_types);
}

static void comps_cost_nothing(void **state)
{
    play(play_comp);
}

static void changes_follow_one_another(void **state)
{
    play(play_others);
}

static void lists_are_kept_with_their_version(void **state)
{
    play(play_version);
}

static void what_waits_begins_by_the_clock_once(void **state)
{
    play(play_plans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_promised_is_paid),
        cmocka_unit_test(types_are_chosen_and_paid),
        cmocka_unit_test(types_may_be_held),
        cmocka_unit_test(codes_are_not_overdrawn),
        cmocka_unit_test(a_code_may_come_later),
        cmocka_unit_test(comps_cost_nothing),
        cmocka_unit_test(changes_follow_one_another),
        cmocka_unit_test(lists_are_kept_with_their_version),
        cmocka_unit_test(what_waits_begins_by_the_clock_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
