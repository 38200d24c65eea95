#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mem/view.h"

static void compares(void **state)
{
    assert_true(view_eq(view_str(NULL), view_of("", 0)));
    assert_true(view_eq(VIEW_LIT("a\0b"), view_of("a\0b", 3)));
    assert_false(view_eq(VIEW_LIT("a"), VIEW_LIT("b")));
    assert_false(view_eq(VIEW_LIT("a"), VIEW_LIT("ab")));
    assert_true(view_starts(VIEW_LIT("abc"), VIEW_LIT("ab")));
    assert_true(view_starts(VIEW_LIT("abc"), view_str(NULL)));
    assert_false(view_starts(VIEW_LIT("a"), VIEW_LIT("ab")));
    assert_true(view_eq_nocase(VIEW_LIT("Content-LENGTH"), VIEW_LIT("content-length")));
    assert_false(view_eq_nocase(VIEW_LIT("a"), VIEW_LIT("ab")));
    assert_false(view_eq_nocase(VIEW_LIT("@["), VIEW_LIT("`{"))); /* letters only */
    assert_false(view_eq_nocase(VIEW_LIT("\xc4"), VIEW_LIT("\xe4")));
}

static void refuses(const char *text, uint64_t max)
{
    uint64_t value = 77;
    assert_false(view_to_u64(view_str(text), max, &value));
    assert_int_equal(value, 77);
}

static void numbers(void **state)
{
    uint64_t value;
    assert_true(view_to_u64(VIEW_LIT("0"), 0, &value));
    assert_int_equal(value, 0);
    assert_true(view_to_u64(VIEW_LIT("007"), 7, &value));
    assert_int_equal(value, 7);
    assert_true(view_to_u64(VIEW_LIT("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    refuses("18446744073709551616", UINT64_MAX);
    refuses("99999999999999999999", UINT64_MAX);
    refuses("8", 7);
    refuses("", 7);
    refuses("+1", 7);
    refuses("-1", 7);
    refuses(" 1", 7);
    refuses("1 ", 7);
    refuses("0x1", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(compares), cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
