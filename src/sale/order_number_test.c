#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sale/order_number.h"

static void is_ten_digits_of_the_end_of_the_id(void **state)
{
    struct id id;
    char number[ORDER_NUMBER_CHARS + 1], again[ORDER_NUMBER_CHARS + 1];
    assert_int_equal(id_parse(view_str("06f4k2m7q0v8x1z37k2mq9xf3a"), &id), 0);
    order_number_write(id, number);
    assert_int_equal(strlen(number), ORDER_NUMBER_CHARS);
    assert_int_equal(number[0], 'T');
    assert_int_equal(strspn(number + 1, "0123456789"), 10);
    assert_true(order_number_read(view_str(number), again));
    assert_string_equal(number, again);
    /* Who has a number of before on paper. */
    assert_true(order_number_read(view_str("7k2mq-9XF3A"), again));
    assert_string_equal(number, again);
    order_number_write((struct id){0, 1}, number);
    assert_string_equal(number, "T0000000001");
    assert_true(order_number_read(view_str(" t 0000-000-001"), again));
    assert_string_equal(number, again);
}

static void anything_else_is_none(void **state)
{
    char number[ORDER_NUMBER_CHARS + 1];
    static const char *const wrong[] = {"",           "T",           "T12345678901", "X1234567890",
                                        "7K2MQ-9XF3", "7K2MQ-9XFUU", "T12345678é0",  "12345678901",
                                        "T123456789A"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(order_number_read(view_str(wrong[i]), number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_ten_digits_of_the_end_of_the_id),
                                       cmocka_unit_test(anything_else_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
