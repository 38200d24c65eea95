#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "line/draw.h"
#include "sale/after.h"

#define START_MS INT64_C(1800000000000)

static struct after after;
static struct buf body;

static struct id account(uint64_t number)
{
    return (struct id){7, number};
}

/* Writes an entry into the body of the next row. */
static void entry(struct line_entry e, int64_t at_ms)
{
    e.at_ms = START_MS + at_ms;
    assert_int_equal(line_entry_write(&e, &body), 0);
}

static int add(void)
{
    const int err = after_add_line(&after, buf_view(&body));
    buf_clear(&body);
    return err;
}

static int begin(void **state)
{
    const struct line_rules rules = {.sale_id = 1, .claim_ms = 60000, .pass_ms = 600000};
    buf_init(&body, LINE_BODY_MAX);
    after_init(&after, &rules);
    entry((struct line_entry){.kind = LINE_LIMITS, .number = 2, .other = 100}, 0);
    entry((struct line_entry){.kind = LINE_CAPACITY, .number = 2, .how = LINE_WHY_START}, 0);
    return 0;
}

static int end(void **state)
{
    after_release(&after);
    buf_release(&body);
    return 0;
}

static void people_are_counted_as_far_as_they_came(void **state)
{
    struct after_funnel f;
    entry((struct line_entry){.kind = LINE_OPENED}, 1000);
    for (uint32_t i = 1; i <= 3; i++)
        entry((struct line_entry){.kind = LINE_JOINED, .account_id = account(i), .number = i},
              2000);
    entry((struct line_entry){.kind = LINE_CALLED_UP_TO, .number = 2}, 3000);
    entry((struct line_entry){.kind = LINE_CAME_IN, .number = 1, .other = 1}, 4000);
    entry((struct line_entry){.kind = LINE_CAME_IN, .number = 1, .other = 2}, 5000);
    assert_int_equal(add(), 0);
    struct change hold = {
        .kind = CHANGE_HOLD, .hold_id = account(50), .account_id = account(1), .seat_count = 3};
    struct change sale = {.kind = CHANGE_SALE, .account_id = account(1), .seat_count = 3};
    struct change other = {.kind = CHANGE_SALE, .account_id = account(9), .seat_count = 1};
    struct change back = {.kind = CHANGE_GIVE_BACK, .account_id = account(1), .seat_count = 1};
    assert_int_equal(after_add_change(&after, &hold, START_MS + 4000), 0);
    assert_int_equal(after_add_change(&after, &sale, START_MS + 5000), 0);
    assert_int_equal(after_add_change(&after, &other, START_MS - 5000), 0);
    assert_int_equal(after_add_change(&after, &back, START_MS + 6000), 0);
    after_count(&after, &f);
    assert_true(f.joined == 3 && f.called == 2 && f.came_in == 1 && f.held == 1 && f.ordered == 1);
    assert_true(f.ordered_otherwise == 1 && f.buyers == 2 && f.most_places == 3);
    assert_true(after.orders == 2 && after.places_sold == 4 && after.places_given_back == 1);
    /* Steps are of a second, from the line's first entry; what was before is in the first. */
    assert_true(after.step_count == 7 && after.steps[0].sold == 1 && after.steps[2].joined == 3);
    assert_true(after.steps[3].called == 2 && after.steps[4].came_in == 1 &&
                after.steps[5].came_in == 0 && after.steps[5].sold == 3);
}

static void a_long_sale_has_longer_steps(void **state)
{
    uint32_t joined = 0;
    entry((struct line_entry){.kind = LINE_OPENED}, 0);
    for (uint32_t i = 1; i <= 1000; i++)
        entry((struct line_entry){.kind = LINE_JOINED, .account_id = account(i), .number = i},
              i * INT64_C(1000));
    assert_int_equal(add(), 0);
    assert_true(after.step_ms == 8000 && after.step_count == 126);
    for (uint32_t i = 0; i < after.step_count; i++)
        joined += after.steps[i].joined;
    assert_int_equal(joined, 1000);
    assert_int_equal(after.steps[1].joined, 8);
}

/* Before ten were called, who is next of two is told a tenth of a pass's time at best. */
static void what_was_told_is_compared_with_what_came(void **state)
{
    entry((struct line_entry){.kind = LINE_OPENED}, 0);
    for (uint32_t i = 1; i <= 4; i++)
        entry((struct line_entry){.kind = LINE_JOINED, .account_id = account(i), .number = i}, 1);
    entry((struct line_entry){.kind = LINE_CALLED_UP_TO, .number = 2}, 2);
    entry((struct line_entry){.kind = LINE_ENDED, .number = 1, .how = LINE_END_LEFT}, 10000);
    entry((struct line_entry){.kind = LINE_CALLED_UP_TO, .number = 3}, 10000);
    entry((struct line_entry){.kind = LINE_ENDED, .number = 2, .how = LINE_END_SKIPPED}, 70000);
    entry((struct line_entry){.kind = LINE_CALLED_UP_TO, .number = 4}, 70000);
    assert_int_equal(add(), 0);
    /* Told (ahead / 2) × 60 s at best: 0, 30, 60 and 90 s; they waited 0, 0, 10 and 70 s. */
    assert_true(after.told == 4 && after.within == 1 && after.shorter == 3 && after.longer == 0);
    assert_int_equal(after.longest_ms, 69999);
}

/* Ten places; two each were told to be enough, or not, as each came. */
static void chances_are_compared_with_what_came(void **state)
{
    struct after_odds odds;
    after.places = 10;
    entry((struct line_entry){.kind = LINE_OPENED}, 0);
    for (uint32_t i = 1; i <= 8; i++)
        entry((struct line_entry){.kind = LINE_JOINED, .account_id = account(i), .number = i},
              1000 * i);
    entry((struct line_entry){.kind = LINE_ENDED, .number = 8, .how = LINE_END_LEFT}, 9000);
    entry((struct line_entry){.kind = LINE_CALLED_UP_TO, .number = 2}, 20000);
    entry((struct line_entry){.kind = LINE_ENDED, .number = 1, .how = LINE_END_SKIPPED}, 90000);
    entry((struct line_entry){.kind = LINE_ENDED, .number = 2, .how = LINE_END_SKIPPED}, 90000);
    entry((struct line_entry){.kind = LINE_CALLED_UP_TO, .number = 4}, 90000);
    entry((struct line_entry){.kind = LINE_CLOSED, .how = LINE_OVER_SOLD_OUT}, 95000);
    assert_int_equal(add(), 0);
    /* Four are held before the line, two come back at 2.5 s; the rest goes at 6.5 s. */
    struct change hold = {
        .kind = CHANGE_HOLD, .hold_id = account(101), .account_id = account(9), .seat_count = 2};
    struct change kept = {
        .kind = CHANGE_HOLD, .hold_id = account(102), .account_id = account(9), .seat_count = 2};
    struct change end = {.kind = CHANGE_EXPIRY, .hold_id = account(101)};
    struct change sale = {
        .kind = CHANGE_SALE, .hold_id = account(102), .account_id = account(9), .seat_count = 2};
    struct change block = {.kind = CHANGE_BLOCK, .seat_count = 8};
    assert_int_equal(after_add_change(&after, &hold, START_MS - 1), 0);
    assert_int_equal(after_add_change(&after, &kept, START_MS - 1), 0);
    assert_int_equal(after_add_change(&after, &sale, START_MS + 1500), 0);
    assert_int_equal(after_add_change(&after, &end, START_MS + 2500), 0);
    assert_int_equal(after_add_change(&after, &block, START_MS + 6500), 0);
    after_judge_odds(&after, &odds);
    /* 6 places for 0 and 1 ahead, 8 for 2 to 5, none for 6; who left is not counted. */
    assert_true(odds.likely == 5 && odds.likely_called == 4);
    assert_true(odds.unlikely == 1 && odds.unlikely_called == 0);
    assert_true(odds.none == 1 && odds.none_called == 0);
}

static void a_draw_without_eyes_has_no_correlation(void **state)
{
    enum { PEOPLE = 2000 };
    struct line_entry drawn = {.kind = LINE_DRAWN, .number = PEOPLE};
    memset(drawn.secret, 5, sizeof(drawn.secret));
    draw_commit(drawn.secret, after.line.rules.commitment);
    entry((struct line_entry){.kind = LINE_DRAW_OPENED}, 0);
    for (uint32_t i = 1; i <= PEOPLE; i++)
        entry((struct line_entry){.kind = LINE_ENTERED_DRAW, .account_id = account(i)}, i);
    assert_int_equal(add(), 0);
    struct id order[PEOPLE];
    struct draw_tree tree;
    line_entrants(&after.line, order);
    assert_int_equal(draw_order(drawn.secret, order, PEOPLE), 0);
    assert_int_equal(draw_tree_init(&tree, drawn.secret, order, PEOPLE), 0);
    memcpy(drawn.root, tree.root, sizeof(drawn.root));
    draw_tree_release(&tree);
    entry(drawn, 5000);
    assert_int_equal(add(), 0);
    assert_true(after.drawn && after.entrants == PEOPLE);
    assert_int_equal(after.by_chance, 44);
    assert_in_range(after.correlation + 100, 0, 200);
    assert_in_range(after.first_half, 450, 550);
}

static void what_the_rules_forbid_is_refused(void **state)
{
    entry((struct line_entry){.kind = LINE_JOINED, .account_id = account(1), .number = 1}, 1);
    assert_int_equal(add(), ERR_CORRUPT);
}

static void slowness_is_told(void **state)
{
    entry((struct line_entry){.kind = LINE_OPENED}, 0);
    entry((struct line_entry){.kind = LINE_CAPACITY, .number = 50, .how = LINE_WHY_FAST}, 1);
    entry(
        (struct line_entry){
            .kind = LINE_CAPACITY, .number = 37, .how = LINE_WHY_SLOW, .other = 400},
        2);
    entry((struct line_entry){.kind = LINE_HALTED}, 3);
    assert_int_equal(add(), 0);
    assert_true(after.slow_count == 2 && after.slow[0].number == 37 && after.slow[0].other == 400 &&
                after.slow[1].kind == LINE_HALTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(people_are_counted_as_far_as_they_came),
        TEST(a_long_sale_has_longer_steps),
        TEST(what_was_told_is_compared_with_what_came),
        TEST(chances_are_compared_with_what_came),
        TEST(a_draw_without_eyes_has_no_correlation),
        TEST(what_the_rules_forbid_is_refused),
        TEST(slowness_is_told),
    };
    return cmocka_run_group_tests_name("sale/after", tests, NULL, NULL);
}
