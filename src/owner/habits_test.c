#include "owner/habits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TTL_MS  480000
#define KEEP_MS (TTL_MS + 600000)

static const struct id here = {.lo = 0xffff01020304}, nowhere;

static struct habits *fresh(uint32_t holds_max)
{
    struct habits *h;
    assert_int_equal(habits_new(TTL_MS, holds_max, KEEP_MS, 7, &h), 0);
    return h;
}

static struct id number(uint64_t n)
{
    return (struct id){.hi = 1, .lo = n};
}

static void expire(struct habits *h, uint64_t account, struct id origin, int64_t now_ms)
{
    static uint64_t holds = 1000;
    habits_begin(h, number(++holds), origin);
    habits_unused(h, number(holds), number(account), true, TTL_MS, now_ms);
}

static void each_strike_is_shorter_and_later(void **state)
{
    static const int64_t eighths[] = {8, 6, 4, 2, 1, 1, 1, 1};
    static const int64_t pauses_ms[] = {0, 30000, 60000, 120000, 240000, 480000, 900000, 900000};
    struct habits *h = fresh(10);
    for (int i = 0; i < 8; i++) {
        const int64_t now_ms = 1000000 * i;
        const struct habits_next next = habits_next(h, number(1), nowhere, now_ms);
        assert_int_equal(next.hold_ms, TTL_MS / 8 * eighths[i]);
        assert_int_equal(next.from_ms, i == 0 ? 0 : now_ms - 1000000 + pauses_ms[i]);
        assert_int_equal(habits_next(h, number(2), nowhere, now_ms).hold_ms, TTL_MS);
        expire(h, 1, nowhere, now_ms);
    }
    habits_free(h);
}

static void buying_and_time_forgive(void **state)
{
    struct habits *h = fresh(10);
    expire(h, 1, nowhere, 5000);
    expire(h, 1, nowhere, 5000);
    assert_int_equal(habits_next(h, number(1), nowhere, 5000 + KEEP_MS - 1).hold_ms, TTL_MS / 2);
    assert_int_equal(habits_next(h, number(1), nowhere, 5000 + KEEP_MS).hold_ms, TTL_MS);
    habits_used(h, number(9), number(1));
    assert_int_equal(habits_next(h, number(1), nowhere, 5000).hold_ms, TTL_MS);
    assert_int_equal(habits_next(h, number(1), nowhere, 5000).from_ms, 0);
    habits_free(h);
}

static void a_change_of_mind_is_free_and_a_habit_of_it_is_not(void **state)
{
    struct habits *h = fresh(10);
    for (int i = 1; i < HABITS_WHOLE; i++)
        habits_unused(h, number(5), number(1), false, 1, 100);
    assert_int_equal(habits_next(h, number(1), nowhere, 100).hold_ms, TTL_MS);
    habits_unused(h, number(5), number(1), false, 1, 100);
    assert_int_equal(habits_next(h, number(1), nowhere, 100).hold_ms, TTL_MS / 4 * 3);
    habits_unused(h, number(5), number(2), false, TTL_MS / 4, 100);
    assert_int_equal(habits_next(h, number(2), nowhere, 100).hold_ms, TTL_MS / 4 * 3);
    /* With time a change of mind is a hold that others could not have. */
    habits_unused(h, number(5), number(3), false, TTL_MS / 8, 100);
    assert_int_equal(habits_next(h, number(3), nowhere, 100).hold_ms, TTL_MS);
    habits_unused(h, number(5), number(3), false, TTL_MS / 8, 100);
    assert_int_equal(habits_next(h, number(3), nowhere, 100).hold_ms, TTL_MS / 4 * 3);
    habits_free(h);
}

/* A new account for each hold: the address is remembered. */
static void an_address_has_strikes_of_its_own(void **state)
{
    struct habits *h = fresh(2);
    for (uint64_t i = 1; i < HABITS_ADDRESS; i++)
        expire(h, i, here, 100);
    assert_int_equal(habits_next(h, number(99), here, 100).hold_ms, TTL_MS);
    expire(h, 98, here, 100);
    assert_int_equal(habits_next(h, number(99), here, 100).hold_ms, TTL_MS / 4 * 3);
    assert_int_equal(habits_next(h, number(99), nowhere, 100).hold_ms, TTL_MS);
    habits_clear(h); /* a reload: accounts are learnt anew */
    assert_int_equal(habits_next(h, number(98), nowhere, 100).hold_ms, TTL_MS);
    assert_int_equal(habits_next(h, number(99), here, 100).hold_ms, TTL_MS / 4 * 3);
    habits_begin(h, number(50), here);
    habits_used(h, number(50), number(99));
    assert_int_equal(habits_next(h, number(99), here, 100).hold_ms, TTL_MS);
    habits_free(h);
}

/* Bounded: the oldest goes, and what there is stays right. */
static void memory_is_bounded(void **state)
{
    struct habits *h = fresh(4);
    for (uint64_t i = 1; i <= HABITS_REMEMBERED + 10; i++)
        expire(h, i, number(i), 100);
    assert_int_equal(habits_next(h, number(10), nowhere, 100).hold_ms, TTL_MS);
    assert_int_equal(habits_next(h, number(11), nowhere, 100).hold_ms, TTL_MS / 4 * 3);
    assert_int_equal(habits_next(h, number(HABITS_REMEMBERED + 10), nowhere, 100).hold_ms,
                     TTL_MS / 4 * 3);
    for (uint64_t i = 0; i < 9; i++) /* more live holds than may be: not remembered, no harm */
        habits_begin(h, number(i + 500000), here);
    for (uint64_t i = 0; i < 9; i++)
        habits_unused(h, number(i + 500000), number(7), false, 0, 100);
    habits_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_strike_is_shorter_and_later),
        cmocka_unit_test(buying_and_time_forgive),
        cmocka_unit_test(a_change_of_mind_is_free_and_a_habit_of_it_is_not),
        cmocka_unit_test(an_address_has_strikes_of_its_own),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
