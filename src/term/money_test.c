#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sale/currency.h"
#include "term/money.h"

static void every_currency_has_the_digits_of_its_table(void **state)
{
    static const char *const written[] = {"1,234,567", NULL, "12,345.67", "1,234.567", "123.4567"};
    size_t count = 0;
    for (const struct currency *c; (c = currency_at(count)); count++) {
        char text[MONEY_TEXT_MAX], expected[MONEY_TEXT_MAX];
        assert_non_null(written[c->digits]);
        snprintf(expected, sizeof(expected), "%s %s", written[c->digits], c->code);
        money_format(1234567, c->code, text);
        assert_string_equal(text, expected);
        assert_int_equal(currency_digits(view_str(c->code)), c->digits);
    }
    assert_true(count > 150);
}

static void what_is_no_currency_is_shown_as_it_is(void **state)
{
    char text[MONEY_TEXT_MAX];
    money_format(1234567, "ZZZ", text);
    assert_string_equal(text, "1,234,567 ZZZ");
    assert_int_equal(currency_digits(VIEW_LIT("ZZZ")), 0);
}

static void less_than_one_keeps_its_sign(void **state)
{
    char text[MONEY_TEXT_MAX];
    money_format(-5, "KWD", text);
    assert_string_equal(text, "-0.005 KWD");
    money_format(-123456, "EUR", text);
    assert_string_equal(text, "-1,234.56 EUR");
    money_format(INT64_MIN, "CLF", text);
    assert_string_equal(text, "-922,337,203,685,477.5808 CLF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_currency_has_the_digits_of_its_table),
        cmocka_unit_test(what_is_no_currency_is_shown_as_it_is),
        cmocka_unit_test(less_than_one_keeps_its_sign),
    };
    return cmocka_run_group_tests_name("term/money", tests, NULL, NULL);
}
