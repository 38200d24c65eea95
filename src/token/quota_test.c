#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <sodium.h>

#include "token/quota.h"

#define NOW_MS INT64_C(1800000000000)

static struct quota quota;
static const struct quota_rule fifty = {.every_us = 20000, .burst = 500}; /* a second */

static int64_t take(uint32_t kind, const char *key, int64_t now_ms)
{
    return quota_take(&quota, kind, &fifty, view_str(key), now_ms);
}

static void a_burst_then_at_its_rate(void **state)
{
    for (int i = 0; i < 500; i++)
        assert_int_equal(take(0, "kim", NOW_MS), 0);
    assert_int_equal(take(0, "kim", NOW_MS), 20);
    assert_int_equal(take(0, "kim", NOW_MS + 19), 1);
    /* A second brings fifty back, and no more. */
    for (int i = 0; i < 50; i++)
        assert_int_equal(take(0, "kim", NOW_MS + 1000), 0);
    assert_int_equal(take(0, "kim", NOW_MS + 1000), 20);
    /* Nobody saves more than the burst. */
    for (int i = 0; i < 500; i++)
        assert_int_equal(take(0, "kim", NOW_MS + 3600000), 0);
    assert_int_equal(take(0, "kim", NOW_MS + 3600000), 20);
}

static void who_uses_most_is_refused_alone(void **state)
{
    char key[16];
    for (int i = 0; i < 500; i++)
        take(0, "kim", NOW_MS);
    for (int i = 0; i < 2 * QUOTA_SLOTS; i++) {
        snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(take(0, key, NOW_MS), 0);
    }
    assert_int_equal(take(0, "kim", NOW_MS), 20); /* the crowd has not pushed it out */
    assert_int_equal(take(1, "kim", NOW_MS), 0);
}

/* Nobody waits an hour because a clock was set back by one. */
static void a_clock_that_is_set_back_locks_nobody_out(void **state)
{
    for (int i = 0; i < 500; i++)
        assert_int_equal(take(0, "kim", NOW_MS), 0);
    assert_int_equal(take(0, "kim", NOW_MS - 3600000), 0);
    assert_int_equal(quota_used(&quota, 0, &fifty, VIEW_LIT("kim"), NOW_MS - 3600000), 1);
    for (int i = 0; i < 499; i++)
        assert_int_equal(take(0, "kim", NOW_MS - 3600000), 0);
    assert_int_equal(take(0, "kim", NOW_MS - 3600000), 20);
}

static void no_key_and_no_burst_are_no_limit(void **state)
{
    const struct quota_rule off = {0};
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(take(0, "", NOW_MS), 0);
        assert_int_equal(quota_take(&quota, 2, &off, VIEW_LIT("kim"), NOW_MS), 0);
    }
}

static void what_is_given_back_can_be_taken(void **state)
{
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(take(0, "kim", NOW_MS), 0);
        quota_give(&quota, 0, &fifty, VIEW_LIT("kim"));
    }
}

static int set_up(void **state)
{
    static const uint8_t key[QUOTA_KEY_BYTES] = {1};
    quota_init(&quota, key);
    return sodium_init() < 0;
}

static int tear_down(void **state)
{
    quota_release(&quota);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_then_at_its_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_uses_most_is_refused_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_is_set_back_locks_nobody_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_key_and_no_burst_are_no_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_given_back_can_be_taken, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
