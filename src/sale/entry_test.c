#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sale/entry.h"

#define MINUTE INT64_C(60000)
#define START  (INT64_C(1000000) * MINUTE)
#define DOORS  (START - 60 * MINUTE)

static void what_nobody_said_is_no_limit(void **state)
{
    const struct entry_rule rule = entry_rule_default();
    const struct entry_times times = entry_times_of(&rule, START, 0);
    assert_int_equal(times.from_ms, 0);
    assert_int_equal(times.until_ms, 0);
    assert_true(entry_is_open(&times, 1));
    assert_true(entry_is_open(&times, INT64_MAX));
}

static void doors_that_were_told_begin_it(void **state)
{
    const struct entry_rule rule = entry_rule_default();
    const struct entry_times times = entry_times_of(&rule, START, DOORS);
    assert_false(entry_is_open(&times, DOORS - 30 * MINUTE - 1));
    assert_true(entry_is_open(&times, DOORS - 30 * MINUTE));
    assert_true(entry_is_open(&times, START + 100000 * MINUTE));
}

static void an_organiser_s_rule_moves_with_the_evening(void **state)
{
    const struct entry_rule rule = {.said = true, .early_minutes = 0, .late_minutes = 90};
    for (int64_t shift = 0; shift <= 7 * MINUTE; shift += 7 * MINUTE) {
        const struct entry_times times = entry_times_of(&rule, START + shift, DOORS + shift);
        assert_int_equal(times.from_ms, DOORS + shift);
        assert_int_equal(times.until_ms, START + shift + 90 * MINUTE);
        assert_true(entry_is_open(&times, times.until_ms - 1));
        assert_false(entry_is_open(&times, times.until_ms));
    }
    const struct entry_times without = entry_times_of(&rule, START, 0);
    assert_int_equal(without.from_ms, START);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_said_is_no_limit),
        cmocka_unit_test(doors_that_were_told_begin_it),
        cmocka_unit_test(an_organiser_s_rule_moves_with_the_evening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
