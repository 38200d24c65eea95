#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "err/err.h"
#include "sale/currency.h"

static void the_list_is_in_order_and_each_is_found(void **state)
{
    size_t count = 0;
    for (const struct currency *c; (c = currency_at(count)); count++) {
        assert_ptr_equal(currency_find(view_str(c->code)), c);
        assert_true(c->digits == 0 || (c->digits >= 2 && c->digits <= 4));
        assert_true(c->number > 0 && c->number < 1000);
        if (count > 0)
            assert_true(memcmp(currency_at(count - 1)->code, c->code, 3) < 0);
    }
    assert_true(count > 150);
}

static void known_digits(void **state)
{
    static const struct {
        const char *code;
        unsigned digits;
    } known[] = {{"KRW", 0}, {"JPY", 0}, {"VND", 0}, {"EUR", 2}, {"USD", 2},
                 {"HUF", 2}, {"TWD", 2}, {"KWD", 3}, {"BHD", 3}, {"CLF", 4}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        assert_int_equal(currency_find(view_str(known[i].code))->digits, known[i].digits);
    assert_null(currency_find(VIEW_LIT("XAU"))); /* gold */
    assert_null(currency_find(VIEW_LIT("krw")));
    assert_null(currency_find(VIEW_LIT("KR")));
    assert_null(currency_find(VIEW_LIT("")));
}

/* No amount is changed by being written and read, in any currency. */
static void text_and_back_in_all_currencies(void **state)
{
    static const int64_t amounts[] = {0, 1, 9, 10, 99, 100, 101, 12345, 165000, 999999999999};
    char text[CURRENCY_TEXT_MAX];
    int64_t back;
    for (size_t i = 0; currency_at(i); i++) {
        for (size_t k = 0; k < sizeof(amounts) / sizeof(amounts[0]); k++) {
            currency_format(currency_at(i), amounts[k], text);
            assert_int_equal(currency_parse(currency_at(i), view_str(text), &back), 0);
            assert_int_equal(back, amounts[k]);
        }
    }
}

static void what_is_written(void **state)
{
    char text[CURRENCY_TEXT_MAX];
    currency_format(currency_find(VIEW_LIT("KRW")), 165000, text);
    assert_string_equal(text, "165000");
    currency_format(currency_find(VIEW_LIT("USD")), -350, text);
    assert_string_equal(text, "-3.50");
    currency_format(currency_find(VIEW_LIT("KWD")), 5, text);
    assert_string_equal(text, "0.005");
    currency_format(currency_find(VIEW_LIT("USD")), INT64_MIN, text);
    assert_string_equal(text, "-92233720368547758.08");
}

static void what_is_no_amount(void **state)
{
    static const char *const bad[] = {"",      "1.",   ".5",    "-1",
                                      "1.005", "1,00", "1.0.0", " 1",
                                      "1e3",   "0x1",  "+1",    "92233720368547758.09",
                                      "1.-1",  "abc",  "1 00",  "99999999999999999999"};
    const struct currency *usd = currency_find(VIEW_LIT("USD"));
    int64_t minor = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(currency_parse(usd, view_str(bad[i]), &minor), ERR_INVALID);
    assert_int_equal(currency_parse(currency_find(VIEW_LIT("KRW")), VIEW_LIT("1.0"), &minor),
                     ERR_INVALID);
    assert_int_equal(minor, 7);
    assert_int_equal(currency_parse(usd, VIEW_LIT("3.5"), &minor), 0);
    assert_int_equal(minor, 350);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_in_order_and_each_is_found),
        cmocka_unit_test(known_digits),
        cmocka_unit_test(text_and_back_in_all_currencies),
        cmocka_unit_test(what_is_written),
        cmocka_unit_test(what_is_no_amount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
