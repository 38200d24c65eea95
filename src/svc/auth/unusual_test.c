#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "svc/auth/unusual.h"

#define NOW_MS INT64_C(1700000000000)
#define MINUTE INT64_C(60000)
#define PHONE  VIEW_LIT("Phone")
#define HOME   VIEW_LIT("192.0.2.7")

static bool judge(const struct act *acts, size_t count, const char *address, const char *device)
{
    return sign_in_is_unusual(acts, count, view_str(address), view_str(device), NOW_MS);
}

static struct act sign_in(int64_t ago_ms)
{
    return (struct act){
        .what = VIEW_LIT("login"), .at_ms = NOW_MS - ago_ms, .address = HOME, .about = PHONE};
}

static struct act refused(const char *what, int64_t ago_ms)
{
    return (struct act){.what = view_str(what), .at_ms = NOW_MS - ago_ms};
}

static void the_first_of_all_is_usual(void **state)
{
    const struct act failed[] = {refused("login.failed", 1), refused("login.failed", 2),
                                 refused("login.failed", 3)};
    assert_false(judge(NULL, 0, "192.0.2.7", "Phone"));
    assert_false(judge(failed, 3, "192.0.2.7", "Phone"));
}

static void a_new_network_and_a_new_device_together_are_not(void **state)
{
    const struct act acts[] = {sign_in(MINUTE)};
    assert_false(judge(acts, 1, "192.0.2.7", "Phone"));
    assert_false(judge(acts, 1, "192.0.2.200", "Laptop")); /* the same /24 */
    assert_false(judge(acts, 1, "198.51.100.1", "Phone"));
    assert_true(judge(acts, 1, "198.51.100.1", "Laptop"));
    assert_true(judge(acts, 1, "2001:db8::1", ""));
    assert_true(judge(acts, 1, "198.51.100.1", ""));
}

static void several_refusals_before_it_are_told(void **state)
{
    const struct act acts[] = {refused("login.failed", 1), refused("factor.refused", MINUTE),
                               refused("login.failed", 2 * MINUTE), sign_in(3 * MINUTE),
                               refused("login.failed", 4 * MINUTE)};
    assert_true(judge(acts, 5, "192.0.2.7", "Phone"));
    assert_false(judge(acts + 1, 4, "192.0.2.7", "Phone")); /* two */
    const struct act old[] = {
        refused("login.failed", 1), refused("login.failed", 2 * UNUSUAL_WITHIN_MS),
        refused("login.failed", 3 * UNUSUAL_WITHIN_MS), sign_in(4 * UNUSUAL_WITHIN_MS)};
    assert_false(judge(old, 4, "192.0.2.7", "Phone"));
}

static void so_is_one_after_half_a_year(void **state)
{
    const struct act recent[] = {sign_in(UNUSUAL_LONG_MS)}, old[] = {sign_in(UNUSUAL_LONG_MS + 1)};
    assert_false(judge(recent, 1, "192.0.2.7", "Phone"));
    assert_true(judge(old, 1, "192.0.2.7", "Phone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_all_is_usual),
        cmocka_unit_test(a_new_network_and_a_new_device_together_are_not),
        cmocka_unit_test(several_refusals_before_it_are_told),
        cmocka_unit_test(so_is_one_after_half_a_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
