#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "clock/clock.h"

static void system_clock_moves(void **state)
{
    const struct clock *clock = clock_system();
    int64_t first = clock_mono_ns(clock);
    int64_t last = first;
    while (last == first) {
        int64_t now = clock_mono_ns(clock);
        assert_true(now >= last);
        last = now;
    }
    /* 2020-01-01: a wall clock that reads seconds or microseconds would fail. */
    assert_in_range(clock_wall_ms(clock), INT64_C(1577836800000), INT64_C(15778368000000));
}

static void virtual_clock_stands_until_moved(void **state)
{
    struct clock_virtual v;
    clock_virtual_init(&v, 5000);
    assert_int_equal(clock_mono_ns(&v.clock), 0);
    assert_int_equal(clock_wall_ms(&v.clock), 5000);
    clock_virtual_advance(&v, 1500 * NS_PER_MS + 999999);
    assert_int_equal(clock_mono_ns(&v.clock), 1500 * NS_PER_MS + 999999);
    assert_int_equal(clock_wall_ms(&v.clock), 6500);
    v.wall_ms_at_zero -= 10000;
    assert_int_equal(clock_wall_ms(&v.clock), -3500);
    assert_int_equal(clock_mono_ns(&v.clock), 1500 * NS_PER_MS + 999999);
}

static void deadlines_do_not_overflow(void **state)
{
    assert_int_equal(deadline_after_ms(7, 3), 7 + 3 * NS_PER_MS);
    assert_int_equal(deadline_after_ms(7, INT64_MAX), DEADLINE_NEVER);
    assert_int_equal(deadline_after_ms(DEADLINE_NEVER, 0), DEADLINE_NEVER);
    assert_int_equal(deadline_after_ms(DEADLINE_NEVER - 5, 1), DEADLINE_NEVER);
    assert_int_equal(deadline_after_ms(0, -1), -NS_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_clock_moves),
        cmocka_unit_test(virtual_clock_stands_until_moved),
        cmocka_unit_test(deadlines_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
