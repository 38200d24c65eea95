#include "line/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define START INT64_C(1790000000000)

static void the_rate_is_that_of_the_last_minutes(void **state)
{
    struct pace pace = {0};
    assert_int_equal(pace_per_minute(&pace, START), 0);
    for (int i = 0; i < 600; i++) /* ten minutes, one a second */
        pace_note(&pace, START + 1000 * i, 1);
    assert_in_range(pace_per_minute(&pace, START + 600000), 57, 63);
    assert_in_range(pace_per_minute(&pace, START + 750000), 25, 35);
    assert_int_equal(pace_per_minute(&pace, START + 1000000), 0);
    pace_note(&pace, START + 100000000, 30);
    assert_int_equal(pace_per_minute(&pace, START + 100000000), 6);
}

static void a_steady_line_keeps_its_estimate(void **state)
{
    struct pace pace = {0};
    int64_t min_ms, max_ms;
    for (int i = 0; i <= 300; i++)
        pace_note(&pace, START + 1000 * i, 2);
    for (uint32_t ahead = 0; ahead < 100000; ahead += 997) {
        pace_estimate(&pace, START + 300000, ahead, 50, 600000, &min_ms, &max_ms);
        const int64_t true_ms = (int64_t)ahead * 500;
        assert_true(min_ms <= true_ms && true_ms <= max_ms);
        assert_true(max_ms <= 2 * true_ms + 5000);
    }
}

static void without_experience_the_rules_speak(void **state)
{
    struct pace pace = {0};
    int64_t min_ms, max_ms;
    pace_estimate(&pace, START, 100, 0, 600000, &min_ms, &max_ms);
    assert_true(min_ms == 0 && max_ms == 0);
    pace_estimate(&pace, START, 100, 50, 600000, &min_ms, &max_ms);
    assert_int_equal(min_ms, 120000);
    assert_int_equal(max_ms, 1800000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_that_of_the_last_minutes),
        cmocka_unit_test(a_steady_line_keeps_its_estimate),
        cmocka_unit_test(without_experience_the_rules_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
