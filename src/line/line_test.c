#include "line/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "err/err.h"
#include "line/decide.h"
#include "line/draw.h"

#define START INT64_C(1790000000000)
#define CLAIM 120000
#define PASS  600000

static struct line line;
static int64_t now_ms;
static uint8_t secret[LINE_HASH_BYTES] = {9, 8, 7};

static struct id account(uint64_t n)
{
    return (struct id){1, n};
}

static void begin(uint32_t capacity)
{
    struct line_rules rules = {.sale_id = 1, .claim_ms = CLAIM, .pass_ms = PASS};
    draw_commit(secret, rules.commitment);
    line_release(&line);
    line_init(&line, &rules);
    now_ms = START;
    assert_int_equal(
        line_apply(
            &line,
            &(struct line_entry){.kind = LINE_LIMITS, .at_ms = now_ms, .number = 1, .other = 1000}),
        0);
    assert_int_equal(line_apply(&line, &(struct line_entry){.kind = LINE_CAPACITY,
                                                            .how = LINE_WHY_START,
                                                            .at_ms = now_ms,
                                                            .number = capacity}),
                     0);
}

static int apply(struct line_entry entry)
{
    entry.at_ms = now_ms;
    const int err = line_apply(&line, &entry);
    line_check(&line);
    return err;
}

/* Applies what was decided; returns what the decision said. */
static int done(int decided, const struct line_entry *entry)
{
    if (decided == 1)
        assert_int_equal(apply(*entry), 0);
    return decided;
}

static int join(uint64_t n)
{
    struct line_entry entry;
    return done(line_decide_join(&line, account(n), now_ms, &entry), &entry);
}

static int enter(uint64_t n)
{
    struct line_entry entry;
    return done(line_decide_enter(&line, account(n), now_ms, &entry), &entry);
}

static int leave(uint64_t n)
{
    struct line_entry entry;
    return done(line_decide_leave(&line, account(n), now_ms, &entry), &entry);
}

static int paid(uint64_t n)
{
    struct line_entry entry;
    return done(line_decide_paid(&line, account(n), now_ms, &entry), &entry);
}

static void due(uint32_t places_left)
{
    struct line_entry entry;
    while (done(line_decide_due(&line, places_left, now_ms, &entry), &entry) == 1)
        ;
}

static enum person_state state_of(uint64_t n)
{
    return (enum person_state)line_person(&line, line_find(&line, account(n)))->state;
}

static void people_come_in_by_number(void **state)
{
    begin(2);
    assert_int_equal(join(1), ERR_BUSY); /* not open */
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    for (uint64_t i = 1; i <= 5; i++) {
        assert_int_equal(join(i), 1);
        assert_int_equal(join(i), 0); /* asked again */
        assert_int_equal(line_find(&line, account(i)), i);
    }
    assert_int_equal(enter(1), ERR_BUSY);
    due(1);
    assert_int_equal(line.serving, 2);
    assert_int_equal(enter(1), 1);
    assert_int_equal(enter(3), ERR_BUSY);
    assert_int_equal(enter(6), ERR_NOT_FOUND);
    assert_true(line_pass_good(&line, account(1), 1, 1, now_ms));
    assert_int_equal(paid(2), 0); /* never came in */
    assert_int_equal(paid(1), 1);
    assert_false(line_pass_good(&line, account(1), 1, 1, now_ms));
    due(1);
    assert_int_equal(line.serving, 3);
    assert_int_equal(leave(2), 1);
    assert_int_equal(leave(2), 0);
    assert_int_equal(leave(4), 1); /* who waits and leaves takes no room later */
    due(1);
    assert_int_equal(line.serving, 5);
    assert_int_equal(enter(1), ERR_TIMEOUT);
    assert_int_equal(join(1), 1); /* again: behind all others */
    assert_int_equal(line_find(&line, account(1)), 6);
    assert_int_equal(line.admitted, 4);
}

static void who_does_not_come_is_skipped(void **state)
{
    begin(1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    join(1);
    join(2);
    due(1);
    now_ms += CLAIM - 1;
    assert_int_equal(line_due_at_ms(&line), START + CLAIM);
    due(1);
    assert_int_equal(state_of(1), PERSON_CALLED);
    now_ms++;
    assert_int_equal(enter(1), ERR_TIMEOUT);
    due(1);
    assert_int_equal(line_person(&line, 1)->how, LINE_END_SKIPPED);
    assert_int_equal(state_of(2), PERSON_CALLED);
    assert_int_equal(enter(2), 1);
    now_ms += PASS;
    due(1);
    assert_int_equal(line_person(&line, 2)->how, LINE_END_TIME);
    assert_int_equal(line_due_at_ms(&line), INT64_MAX);
}

static void a_newer_sign_in_takes_the_place_over(void **state)
{
    begin(1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    join(1);
    due(1);
    assert_int_equal(enter(1), 1);
    now_ms += 1000;
    assert_int_equal(enter(1), 1);
    assert_false(line_pass_good(&line, account(1), 1, 1, now_ms));
    assert_true(line_pass_good(&line, account(1), 1, 2, now_ms));
    assert_false(line_pass_good(&line, account(1), 1, 3, now_ms));
    assert_false(line_pass_good(&line, account(2), 1, 2, now_ms)); /* lent */
    assert_int_equal(line_pass_end_ms(&line, line_person(&line, 1), 0), START + PASS);
    assert_false(line_pass_good(&line, account(1), 1, 2, START + PASS));
}

static void nothing_left_calls_nobody(void **state)
{
    begin(3);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    join(1);
    due(0);
    assert_int_equal(line.serving, 0);
    assert_int_equal(apply((struct line_entry){.kind = LINE_CLOSED, .how = LINE_OVER_SOLD_OUT}), 0);
    assert_int_equal(join(2), ERR_BUSY);
    due(1);
    assert_int_equal(line.serving, 0);
    assert_int_equal(apply((struct line_entry){.kind = LINE_RESUMED}), 0); /* a cancelled order */
    due(1);
    assert_int_equal(line.serving, 1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_CLOSED, .how = LINE_OVER_TIME}), 0);
    assert_int_equal(apply((struct line_entry){.kind = LINE_RESUMED}), ERR_CORRUPT);
}

/* One is inside, one was called, one waits: a day later each has what he had. */
static void a_stop_takes_no_time_from_anybody(void **state)
{
    begin(2);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    join(1);
    join(2);
    join(3);
    due(1);
    assert_int_equal(enter(1), 1);
    now_ms += 100000;
    assert_int_equal(apply((struct line_entry){.kind = LINE_STOPPED}), 0);
    assert_int_equal(apply((struct line_entry){.kind = LINE_STOPPED}), ERR_CORRUPT);
    assert_true(line_due_at_ms(&line) == INT64_MAX);
    now_ms += 86400000;
    due(1);
    assert_true(line.inside == 1 && line.called == 1 && line.serving == 2);
    assert_true(line_pass_good(&line, account(1), 1, 1, now_ms));
    assert_int_equal(line_pass_end_ms(&line, line_person(&line, 1), now_ms),
                     now_ms + PASS - 100000);
    assert_int_equal(line_claim_end_ms(&line, line_person(&line, 2), now_ms),
                     now_ms + CLAIM - 100000);
    assert_int_equal(
        apply((struct line_entry){.kind = LINE_ENDED, .number = 1, .how = LINE_END_TIME}),
        ERR_CORRUPT);
    assert_int_equal(apply((struct line_entry){.kind = LINE_RESUMED}), 0);
    assert_int_equal(line_due_at_ms(&line), now_ms + CLAIM - 100000);
    now_ms += CLAIM - 100001;
    due(1);
    assert_int_equal(line.called, 1);
    now_ms += 1;
    due(1); /* the second did not come: the third is called */
    assert_true(line.called == 1 && line.serving == 3);
    assert_int_equal(enter(2), ERR_TIMEOUT);
    /* A pause may become a stop, and its beginning is that of the stop. */
    assert_int_equal(apply((struct line_entry){.kind = LINE_HALTED}), 0);
    now_ms += 1000;
    assert_int_equal(apply((struct line_entry){.kind = LINE_STOPPED}), 0);
    assert_int_equal(line_run_ms(&line, now_ms + 5000), now_ms - 86400000);
}

static void a_pause_keeps_places(void **state)
{
    begin(1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    assert_int_equal(apply((struct line_entry){.kind = LINE_HALTED}), 0);
    assert_int_equal(join(1), 1);
    due(1);
    assert_int_equal(line.serving, 0);
    assert_int_equal(apply((struct line_entry){.kind = LINE_RESUMED}), 0);
    due(1);
    assert_int_equal(line.serving, 1);
}

static struct line_entry drawn(uint32_t count)
{
    struct line_entry entry = {.kind = LINE_DRAWN, .number = count};
    struct draw_tree tree;
    struct id order[16];
    line_entrants(&line, order);
    assert_int_equal(draw_order(secret, order, count), 0);
    assert_int_equal(draw_tree_init(&tree, secret, order, count), 0);
    memcpy(entry.secret, secret, LINE_HASH_BYTES);
    memcpy(entry.root, tree.root, LINE_HASH_BYTES);
    draw_tree_release(&tree);
    return entry;
}

static void the_draw_gives_the_first_numbers(void **state)
{
    uint8_t last[LINE_HASH_BYTES] = {0}, key[LINE_HASH_BYTES];
    begin(2);
    assert_int_equal(apply((struct line_entry){.kind = LINE_DRAW_OPENED}), 0);
    for (uint64_t i = 1; i <= 9; i++)
        assert_int_equal(join(i), 1);
    assert_int_equal(join(3), 0);
    assert_int_equal(leave(3), 1);
    assert_int_equal(leave(4), 1);
    assert_int_equal(join(4), 1); /* thought better of it */
    assert_int_equal(line.entrants, 8);
    assert_int_equal(enter(1), ERR_BUSY);
    const struct line_entry fair = drawn(8);
    struct line_entry entry = fair;
    entry.number = 7;
    assert_int_equal(apply(entry), ERR_CORRUPT);
    entry = fair;
    entry.secret[0]++;
    assert_int_equal(apply(entry), ERR_CORRUPT); /* not the secret that was committed to */
    entry = fair;
    entry.root[0]++;
    assert_int_equal(apply(entry), ERR_CORRUPT);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), ERR_CORRUPT);
    assert_int_equal(apply(fair), 0);
    assert_int_equal(apply(fair), ERR_CORRUPT); /* once */
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    assert_int_equal(line.count, 8);
    for (uint32_t i = 1; i <= 8; i++) {
        draw_key(secret, line_person(&line, i)->account_id, key);
        assert_true(memcmp(last, key, sizeof(key)) < 0);
        memcpy(last, key, sizeof(key));
        assert_int_equal(line_find(&line, line_person(&line, i)->account_id), i);
    }
    assert_int_equal(line_find(&line, account(3)), 0);
    assert_int_equal(join(3), 1);
    assert_int_equal(line_find(&line, account(3)), 9);
    due(1);
    assert_int_equal(line.serving, 2);
}

static void what_the_rules_forbid_is_refused(void **state)
{
    begin(2);
    assert_int_equal(
        apply((struct line_entry){.kind = LINE_JOINED, .account_id = {1, 1}, .number = 1}),
        ERR_CORRUPT);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    for (uint64_t i = 1; i <= 4; i++)
        join(i);
    const uint64_t before = line.entries;
    const struct line_entry bad[] = {
        {.kind = LINE_OPENED},
        {.kind = LINE_DRAW_OPENED},
        {.kind = LINE_RESUMED},
        {.kind = LINE_ENTERED_DRAW, .account_id = {1, 9}},
        {.kind = LINE_LEFT_DRAW, .account_id = {1, 1}},
        {.kind = LINE_JOINED, .account_id = {1, 9}, .number = 4}, /* a number twice */
        {.kind = LINE_JOINED, .account_id = {1, 9}, .number = 6}, /* one is left out */
        {.kind = LINE_JOINED, .account_id = {1, 1}, .number = 5}, /* two places */
        {.kind = LINE_CALLED_UP_TO, .number = 3},                 /* over-admission */
        {.kind = LINE_CALLED_UP_TO, .number = 0},
        {.kind = LINE_CALLED_UP_TO, .number = 5},        /* nobody's */
        {.kind = LINE_CAME_IN, .number = 1, .other = 1}, /* not called */
        {.kind = LINE_CAME_IN, .number = 0, .other = 1},
        {.kind = LINE_ENDED, .number = 1, .how = LINE_END_PAID},
        {.kind = LINE_ENDED, .number = 1, .how = LINE_END_SKIPPED},
        {.kind = LINE_ENDED, .number = 1, .how = LINE_END_TIME},
        {.kind = LINE_ENDED, .number = 5, .how = LINE_END_LEFT},
        {.kind = LINE_LIMITS, .number = 3, .other = 2},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(apply(bad[i]), ERR_CORRUPT);
    now_ms--; /* time does not go back */
    assert_int_equal(apply((struct line_entry){.kind = LINE_HALTED}), ERR_CORRUPT);
    now_ms++;
    assert_int_equal(line.entries, before);
    due(1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_CAME_IN, .number = 1, .other = 2}),
                     ERR_CORRUPT); /* a serial is left out */
    assert_int_equal(
        apply((struct line_entry){.kind = LINE_ENDED, .number = 1, .how = LINE_END_SKIPPED}),
        ERR_CORRUPT); /* too early */
    assert_int_equal(enter(1), 1);
    assert_int_equal(
        apply((struct line_entry){.kind = LINE_ENDED, .number = 1, .how = LINE_END_TIME}),
        ERR_CORRUPT);
}

static void a_million_people_are_small(void **state)
{
    begin(1000);
    struct line_entry entry = {.kind = LINE_OPENED, .at_ms = now_ms};
    assert_int_equal(line_apply(&line, &entry), 0);
    for (uint64_t i = 1; i <= 1000000; i++) {
        assert_int_equal(line_decide_join(&line, account(i), now_ms, &entry), 1);
        assert_int_equal(line_apply(&line, &entry), 0);
    }
    assert_in_range(line_bytes(&line), 0, 200 * 1000000);
    line_check(&line);
}

static void waits_have_percentiles(void **state)
{
    for (int64_t ms = 1; ms < INT64_C(1) << 31; ms = ms * 3 / 2 + 1) {
        const uint32_t class = line_wait_class(ms);
        assert_true(class < LINE_WAITS && line_wait_of(class) >= ms - 1);
        assert_true(class == 0 || line_wait_of(class - 1) < ms);
    }
    begin(1000);
    assert_int_equal(line_wait_percentile(&line, 0.5), 0);
    line.waits[line_wait_class(1000)] = 90;
    line.waits[line_wait_class(60000)] = 10;
    assert_in_range(line_wait_percentile(&line, 0.5), 1000, 1500);
    assert_in_range(line_wait_percentile(&line, 0.95), 60000, 90000);
}

/* Between the draw and the opening nobody comes: there is no draw any more, and no line yet. */
static void nobody_enters_a_draw_that_is_held(void **state)
{
    struct line_entry entry;
    begin(1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_DRAW_OPENED}), 0);
    assert_int_equal(done(line_decide_join(&line, account(1), now_ms, &entry), &entry), 1);
    assert_int_equal(apply(drawn(1)), 0);
    assert_int_equal(line_decide_join(&line, account(1), now_ms, &entry), 0);
    assert_int_equal(line_decide_join(&line, account(2), now_ms, &entry), ERR_BUSY);
    assert_int_equal(apply((struct line_entry){.kind = LINE_OPENED}), 0);
    assert_int_equal(done(line_decide_join(&line, account(2), now_ms, &entry), &entry), 1);
    assert_int_equal(line_find(&line, account(2)), 2);
}

/* A sale that closed before its draw: nothing is left to be left. */
static void who_is_in_a_draw_that_never_comes_has_nothing_to_leave(void **state)
{
    struct line_entry entry;
    begin(1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_DRAW_OPENED}), 0);
    assert_int_equal(done(line_decide_join(&line, account(1), now_ms, &entry), &entry), 1);
    assert_int_equal(apply((struct line_entry){.kind = LINE_CLOSED, .how = LINE_OVER_TIME}), 0);
    assert_int_equal(leave(1), 0);
}

static int teardown(void **state)
{
    line_release(&line);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_come_in_by_number),
        cmocka_unit_test(who_does_not_come_is_skipped),
        cmocka_unit_test(a_newer_sign_in_takes_the_place_over),
        cmocka_unit_test(nothing_left_calls_nobody),
        cmocka_unit_test(a_stop_takes_no_time_from_anybody),
        cmocka_unit_test(a_pause_keeps_places),
        cmocka_unit_test(the_draw_gives_the_first_numbers),
        cmocka_unit_test(what_the_rules_forbid_is_refused),
        cmocka_unit_test(a_million_people_are_small),
        cmocka_unit_test(waits_have_percentiles),
        cmocka_unit_test(who_is_in_a_draw_that_never_comes_has_nothing_to_leave),
        cmocka_unit_test(nobody_enters_a_draw_that_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
