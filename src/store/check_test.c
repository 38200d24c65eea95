/* What is more than a store keeps is refused before it is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"
#include "store/store.h"

static char bytes[STORE_DESCRIPTION_MAX + 1];

static struct view of(size_t len)
{
    return view_of(bytes, len);
}

static void halls_and_events(void **state)
{
    assert_int_equal(store_hall_check(&(struct store_hall){.name = of(STORE_NAME_MAX)}), 0);
    assert_int_equal(store_hall_check(&(struct store_hall){.name = of(STORE_NAME_MAX + 1)}),
                     ERR_INVALID);
    assert_int_equal(
        store_hall_check(&(struct store_hall){.layout = view_of(bytes, STORE_LAYOUT_MAX + 1)}),
        ERR_INVALID);
    assert_int_equal(
        store_event_check(&(struct store_event){.description = of(STORE_DESCRIPTION_MAX)}), 0);
    assert_int_equal(store_event_check(&(struct store_event){.name = of(STORE_NAME_MAX + 1)}),
                     ERR_INVALID);
    assert_int_equal(
        store_event_check(&(struct store_event){.description = of(STORE_DESCRIPTION_MAX + 1)}),
        ERR_INVALID);
}

static void performances(void **state)
{
    const struct store_performance right = {.covers_names = true,
                                            .rest_ms = LEDGER_REST_MAX_MS,
                                            .utc_offset_known = true,
                                            .utc_offset_minutes = STORE_UTC_OFFSET_MAX,
                                            .currency = of(STORE_NAME_MAX),
                                            .prices = of(STORE_PRICES_MAX)};
    assert_int_equal(store_performance_check(&right), 0);
    assert_int_equal(store_performance_check(&(struct store_performance){0}), 0);
    struct store_performance wrong[] = {right, right, right, right, right, right, right, right};
    wrong[0].covers_names = false; /* and a rest */
    wrong[1].rest_ms++;
    wrong[2].utc_offset_minutes++;
    wrong[3].utc_offset_minutes = -STORE_UTC_OFFSET_MAX - 1;
    wrong[4].utc_offset_known = false;
    wrong[5].currency.len++;
    wrong[6].prices.len += 8;
    wrong[7].prices.len -= 1;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(store_performance_check(&wrong[i]), ERR_INVALID);
    store_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halls_and_events),
        cmocka_unit_test(performances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
