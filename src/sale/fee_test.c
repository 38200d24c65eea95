#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "sale/fee.h"

static void a_fee_is_of_tickets_and_of_the_order(void **state)
{
    const struct fee_rule rule = {.ticket = 2000, .permille = 33, .order = 500};
    const int64_t prices[] = {165000, 99, 0};
    assert_int_equal(fee_of_ticket(&rule, 165000), 2000 + 5445);
    assert_int_equal(fee_of_ticket(&rule, 99), 2000 + 3); /* rounded down */
    assert_int_equal(fee_of_order(&rule, prices, 3), 500 + 7445 + 2003 + 2000);
    assert_int_equal(fee_of_order(&rule, prices, 0), 0);
    const struct fee_rule none = {0};
    assert_int_equal(fee_of_order(&none, prices, 3), 0);
}

static void a_fee_does_not_overflow(void **state)
{
    const struct fee_rule rule = {.permille = FEE_PERMILLE_MAX};
    assert_int_equal(fee_of_ticket(&rule, INT64_MAX / 2), INT64_MAX / 4);
}

static void tax_is_contained(void **state)
{
    assert_int_equal(fee_vat_within(11000, 100), 1000);
    assert_int_equal(fee_vat_within(165000, 100), 15000);
    assert_int_equal(fee_vat_within(100, 100), 9); /* 90.9 and 9.09 */
    assert_int_equal(fee_vat_within(5, 100), 0);   /* 4.5454 is 5 */
    assert_int_equal(fee_vat_within(6, 100), 1);   /* 5.4545 is 5 */
    assert_int_equal(fee_vat_within(1000, 0), 0);
    assert_int_equal(fee_vat_within(0, 100), 0);
}

/* The amount without tax is the nearest whole one to amount × 1000 / (1000 + permille). */
static void tax_is_rounded_to_the_nearest(void **state)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 9);
    struct chance *chance = &seeded.chance;
    for (int i = 0; i < 100000; i++) {
        const int64_t amount = (int64_t)chance_below(chance, UINT64_C(1) << 50);
        const int64_t permille = (int64_t)chance_below(chance, VAT_PERMILLE_MAX + 1);
        const int64_t net = amount - fee_vat_within(amount, (uint32_t)permille);
        const __int128 off = (__int128)net * (1000 + permille) - (__int128)amount * 1000;
        assert_true(2 * off <= 1000 + permille && 2 * off > -(1000 + permille) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fee_is_of_tickets_and_of_the_order),
        cmocka_unit_test(a_fee_does_not_overflow),
        cmocka_unit_test(tax_is_contained),
        cmocka_unit_test(tax_is_rounded_to_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
