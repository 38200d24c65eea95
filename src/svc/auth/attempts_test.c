#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <sodium.h>

#include "svc/auth/attempts.h"

#define NOW_MS INT64_C(1800000000000)

static struct attempts attempts;
static const struct view kim = {.at = "kim", .len = 3}, lee = {.at = "lee", .len = 3};

static void a_burst_then_one_at_a_time(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS), 0);
    assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS), 30000);
    assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS + 29999), 1);
    assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS + 30000), 0);
    assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS + 30000), 30000);
}

static void keys_and_kinds_do_not_mix(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS), 0);
    assert_int_not_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS), 0);
    assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, lee, NOW_MS), 0);
    assert_int_equal(attempts_take(&attempts, ATTEMPT_ACCOUNT, kim, NOW_MS), 0);
}

static void what_was_right_is_given_back(void **state)
{
    for (int i = 0; i < 100; i++) {
        assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS), 0);
        attempts_give(&attempts, ATTEMPT_PAIR, kim);
    }
    attempts_give(&attempts, ATTEMPT_PAIR, lee); /* was never taken */
    for (int i = 0; i < 5; i++)
        assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, lee, NOW_MS), 0);
    assert_int_not_equal(attempts_take(&attempts, ATTEMPT_PAIR, lee, NOW_MS), 0);
}

static void nobody_in_particular_is_not_limited(void **state)
{
    for (int i = 0; i < 1000; i++)
        assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, (struct view){0}, NOW_MS), 0);
}

/* However many come, who is at the limit stays there before those who tried once. */
static void a_crowd_does_not_free_who_tries_much(void **state)
{
    char key[32];
    for (int i = 0; i < 5; i++)
        attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS);
    for (int i = 0; i < 4 * QUOTA_SLOTS; i++) {
        const int len = snprintf(key, sizeof(key), "crowd %d", i);
        assert_int_equal(attempts_take(&attempts, ATTEMPT_PAIR, view_of(key, (size_t)len), NOW_MS),
                         0);
    }
    assert_int_not_equal(attempts_take(&attempts, ATTEMPT_PAIR, kim, NOW_MS), 0);
}

static int set_up(void **state)
{
    static struct chance_seeded seeded;
    chance_seed(&seeded, 1);
    attempts_init(&attempts, &seeded.chance);
    return sodium_init() < 0;
}

static int tear_down(void **state)
{
    attempts_release(&attempts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_then_one_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_and_kinds_do_not_mix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_right_is_given_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_in_particular_is_not_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crowd_does_not_free_who_tries_much, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
