#include "seats/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"

#define TIMERS 300

static struct wheel wheel;

static void test_gives_order_of_time_then_of_adding(void **state)
{
    static const int64_t times[] = {500, 130, 130, 129, 500, 64, 63, 130};
    static const uint32_t order[] = {7, 6, 4, 2, 3, 8, 1, 5};
    assert_int_equal(wheel_init(&wheel, 8), 0);
    for (uint32_t i = 0; i < 8; i++)
        wheel_add(&wheel, i + 1, times[i]);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(wheel_first(&wheel), order[i]);
        wheel_remove(&wheel, order[i]);
    }
    assert_int_equal(wheel_first(&wheel), 0);
    wheel_release(&wheel);
}

static void test_is_due_at_its_millisecond(void **state)
{
    assert_int_equal(wheel_init(&wheel, 2), 0);
    wheel_add(&wheel, 1, 1000);
    assert_int_equal(wheel_due(&wheel, 999), 0);
    assert_int_equal(wheel_due(&wheel, 1000), 1);
    wheel_add(&wheel, 2, 10); /* earlier than the cursor has come */
    assert_int_equal(wheel_due(&wheel, 1000), 2);
    wheel_remove(&wheel, 2);
    assert_int_equal(wheel_due(&wheel, 5000), 1);
    wheel_release(&wheel);
}

static void test_keeps_times_beyond_the_ring(void **state)
{
    int64_t round = (int64_t)WHEEL_TICK_MS * WHEEL_SLOTS;
    assert_int_equal(wheel_init(&wheel, 4), 0);
    wheel_add(&wheel, 1, 100 + 3 * round);
    wheel_add(&wheel, 2, 100 + round);
    wheel_add(&wheel, 3, 100 + round - WHEEL_TICK_MS * 5);
    wheel_add(&wheel, 4, 100);
    static const uint32_t order[] = {4, 3, 2, 1};
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(wheel_due(&wheel, INT64_MAX), order[i]);
        wheel_remove(&wheel, order[i]);
    }
    wheel_release(&wheel);
}

/* The naive one: the earliest by a walk over all, of equal times the first added. */
static uint32_t naive_first(const int64_t *at, const uint64_t *added)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i <= TIMERS; i++)
        if (at[i] >= 0 &&
            (!first || at[i] < at[first] || (at[i] == at[first] && added[i] < added[first])))
            first = i;
    return first;
}

static void test_agrees_with_a_naive_list(void **state)
{
    static const uint64_t spans[] = {50, 1000, 600000, 9000000, 90000000};
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct chance_seeded seeded;
        chance_seed(&seeded, seed);
        struct chance *chance = &seeded.chance;
        int64_t at[TIMERS + 1], now = 1700000000000;
        uint64_t added[TIMERS + 1] = {0}, adds = 0;
        for (uint32_t i = 0; i <= TIMERS; i++)
            at[i] = -1;
        assert_int_equal(wheel_init(&wheel, TIMERS), 0);
        for (int step = 0; step < 5000; step++) {
            uint32_t timer = 1 + (uint32_t)chance_below(chance, TIMERS);
            if (at[timer] < 0) {
                at[timer] = now + (int64_t)chance_below(chance, spans[seed % 5]);
                added[timer] = adds++;
                wheel_add(&wheel, timer, at[timer]);
            } else if (chance_below(chance, 3) == 0) {
                at[timer] = -1;
                wheel_remove(&wheel, timer);
            }
            if (chance_below(chance, 20) == 0)
                now += (int64_t)chance_below(chance, spans[seed % 5] / 10);
            uint32_t first = naive_first(at, added);
            assert_int_equal(wheel_first(&wheel), first);
            bool due = first && at[first] <= now;
            assert_int_equal(wheel_due(&wheel, now), due ? first : 0);
            if (due) {
                wheel_remove(&wheel, first);
                at[first] = -1;
            }
        }
        wheel_release(&wheel);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_order_of_time_then_of_adding),
        cmocka_unit_test(test_is_due_at_its_millisecond),
        cmocka_unit_test(test_keeps_times_beyond_the_ring),
        cmocka_unit_test(test_agrees_with_a_naive_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
