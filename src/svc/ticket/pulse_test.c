#include "svc/ticket/pulse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_slowest_twentieth_does_not_count(void **state)
{
    struct pulse pulse = {0};
    assert_int_equal(pulse_take(&pulse), 0);
    for (int i = 0; i < 95; i++)
        pulse_note(&pulse, 5000000);
    for (int i = 0; i < 5; i++)
        pulse_note(&pulse, 900000000);
    assert_int_equal(pulse_take(&pulse), 8);
    assert_int_equal(pulse_take(&pulse), 0); /* it begins anew */
    for (int i = 0; i < 90; i++)
        pulse_note(&pulse, 100);
    for (int i = 0; i < 10; i++)
        pulse_note(&pulse, INT64_MAX);
    assert_int_equal(pulse_take(&pulse), 1u << (PULSE_CLASSES - 1));
    pulse_note(&pulse, 0);
    assert_int_equal(pulse_take(&pulse), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_slowest_twentieth_does_not_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
