#include "http/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock/clock.h"

static unsigned take_all(struct rate *r, int64_t now_ns)
{
    unsigned count = 0;

    while (rate_take(r, now_ns))
        count++;
    return count;
}

static void refills(void **state)
{
    struct rate r;

    rate_init(&r, 5, 10, 1000);
    assert_int_equal(take_all(&r, 1000), 5);
    assert_int_equal(take_all(&r, 1000 + NS_PER_S / 10 - 1), 0);
    assert_int_equal(take_all(&r, 1000 + NS_PER_S / 10), 1);
    assert_int_equal(take_all(&r, 1000 + NS_PER_S * 4 / 10), 3);
    assert_int_equal(take_all(&r, 1000 + NS_PER_S * 100), 5);
    assert_int_equal(take_all(&r, INT64_MAX - 1), 5);
}

/* Asked often, it does not lose the parts of a token. */
static void keeps_parts(void **state)
{
    struct rate r;
    unsigned count = 0;

    rate_init(&r, 1, 10, 0);
    for (int64_t now = 0; now < 10 * NS_PER_S; now += NS_PER_MS)
        count += rate_take(&r, now);
    assert_int_equal(count, 100);
}

static void never_refills(void **state)
{
    struct rate r;

    rate_init(&r, 2, 0, 0);
    assert_int_equal(take_all(&r, INT64_MAX), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refills),
        cmocka_unit_test(keeps_parts),
        cmocka_unit_test(never_refills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
