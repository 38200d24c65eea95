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

static void is_read_as_people_type_it(void **state)
{
    static const struct {
        const char *typed;
        const char *read; /* NULL: it is none */
    } cases[] = {
        {"7K2MQ-9XF3A", "7K2MQ-9XF3A"},
        {"7k2mq9xf3a", "7K2MQ-9XF3A"},
        {" 7k2 mq-9xf 3a ", "7K2MQ-9XF3A"},
        {"", NULL},
        {"7K2MQ-9XF3", NULL},
        {"7K2MQ-9XF3AB", NULL},
        {"7K2MQ_9XF3A", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char number[ORDER_NUMBER_CHARS + 1] = "";
        const bool is = order_number_read(view_str(cases[i].typed), number);
        assert_int_equal(is, cases[i].read != NULL);
        if (is)
            assert_string_equal(number, cases[i].read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_end_of_the_id_in_capitals),
                                       cmocka_unit_test(is_read_as_people_type_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
