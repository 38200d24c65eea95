#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sale/order_number.h"

static void is_the_end_of_the_id_in_capitals(void **state)
{
    struct id id;
    char number[ORDER_NUMBER_CHARS + 1];
    assert_int_equal(id_parse(view_str("06f4k2m7q0v8x1z37k2mq9xf3a"), &id), 0);
    order_number_write(id, number);
    assert_string_equal(number, "7K2MQ-9XF3A");
    order_number_write((struct id){0, 1}, number);
    assert_string_equal(number, "00000-00001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_end_of_the_id_in_capitals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
