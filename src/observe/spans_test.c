#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "observe/spans.h"

#define SLOW_NS 1000

static void nothing_is_wanted_while_it_is_closed(void **state)
{
    assert_false(spans_want(true, true, INT64_MAX));
    spans_put(&(struct span){.id = 1});
    struct span span;
    assert_int_equal(spans_take(SPANS_FOR_COLLECTOR, &span, 1), 0);
}

static void what_failed_or_was_slow_is_wanted_whatever_the_share(void **state)
{
    assert_int_equal(spans_open(0, SLOW_NS, 1u << SPANS_FOR_COLLECTOR), 0);
    assert_false(spans_choose(0));
    assert_false(spans_want(false, false, SLOW_NS - 1));
    assert_true(spans_want(false, false, SLOW_NS));
    assert_true(spans_want(false, true, 0));
    assert_true(spans_want(true, false, 0));
    spans_close();
}

static void the_share_is_that_of_the_numbers(void **state)
{
    static const uint32_t shares[] = {0, 100, 5000, SPANS_SHARE_ALL};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        uint32_t chosen = 0;
        assert_int_equal(spans_open(shares[i], SLOW_NS, 1u << SPANS_FOR_COLLECTOR), 0);
        for (uint32_t number = 0; number < SPANS_SHARE_ALL; number++) {
            /* Evenly over 32 bits; what stands above them does not matter. */
            const uint64_t even = (uint64_t)number * (UINT32_MAX / SPANS_SHARE_ALL);
            chosen += spans_choose(even | UINT64_C(7) << 40);
        }
        assert_in_range(chosen, shares[i], shares[i] + 1);
        spans_close();
    }
}

static void they_come_out_in_order_and_beyond_the_end_are_lost(void **state)
{
    struct span taken[100];
    const uint64_t before = spans_lost(SPANS_FOR_COLLECTOR);
    uint64_t next = 1, seen = 1;
    assert_int_equal(spans_open(0, SLOW_NS, 1u << SPANS_FOR_COLLECTOR), 0);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < SPANS_MAX - 50; i++)
            spans_put(&(struct span){.id = next++});
        size_t count;
        while ((count = spans_take(SPANS_FOR_COLLECTOR, taken, 100)) > 0) {
            for (size_t i = 0; i < count; i++)
                assert_int_equal(taken[i].id, seen++);
        }
        assert_int_equal(seen, next);
    }
    for (size_t i = 0; i < SPANS_MAX + 7; i++)
        spans_put(&(struct span){.id = 1});
    assert_int_equal(spans_lost(SPANS_FOR_COLLECTOR), before + 7);
    spans_close();
}

static void each_taker_gets_all_of_them(void **state)
{
    struct span taken[2];
    const uint64_t before = spans_lost(SPANS_FOR_MONITOR);
    assert_int_equal(spans_open(0, SLOW_NS, 1u << SPANS_FOR_COLLECTOR | 1u << SPANS_FOR_MONITOR),
                     0);
    spans_put(&(struct span){.id = 1});
    assert_int_equal(spans_take(SPANS_FOR_COLLECTOR, taken, 2), 1);
    for (size_t i = 0; i < SPANS_MAX; i++)
        spans_put(&(struct span){.id = 2});
    assert_int_equal(spans_lost(SPANS_FOR_MONITOR), before + 1); /* one was waiting there still */
    assert_int_equal(spans_take(SPANS_FOR_MONITOR, taken, 2), 2);
    assert_true(taken[0].id == 1 && taken[1].id == 2);
    spans_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_wanted_while_it_is_closed),
        cmocka_unit_test(what_failed_or_was_slow_is_wanted_whatever_the_share),
        cmocka_unit_test(the_share_is_that_of_the_numbers),
        cmocka_unit_test(they_come_out_in_order_and_beyond_the_end_are_lost),
        cmocka_unit_test(each_taker_gets_all_of_them),
    };
    return cmocka_run_group_tests_name("observe/spans", tests, NULL, NULL);
}
