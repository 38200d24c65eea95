#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/zone.h"
#include "err/err.h"

#define WINTER_2026 INT64_C(1797000000000) /* December */
#define SUMMER_2026 INT64_C(1783000000000) /* July */
#define FAR         INT64_C(4000000000000) /* 2096 */

static int32_t at(const char *name, int64_t at_ms)
{
    int32_t minutes = 12345;
    assert_int_equal(zone_offset(view_str(name), at_ms, &minutes), 0);
    return minutes;
}

static void a_zone_has_its_offset_at_a_moment(void **state)
{
    assert_int_equal(at("Asia/Seoul", WINTER_2026), 540);
    assert_int_equal(at("Asia/Seoul", FAR), 540);
    assert_int_equal(at("Asia/Seoul", INT64_C(580000000000)), 600); /* summer time of 1988 */
    assert_int_equal(at("Asia/Kolkata", FAR), 330);
    assert_int_equal(at("America/New_York", WINTER_2026), -300);
    assert_int_equal(at("America/New_York", SUMMER_2026), -240);
    assert_int_equal(at("America/St_Johns", SUMMER_2026), -150);
    assert_int_equal(at("UTC", SUMMER_2026), 0);
}

static void what_is_no_zone_is_refused(void **state)
{
    static const char *const names[] = {
        "",         "Asia",        "Asia/Nowhere", "../../etc/passwd", "/etc/passwd",
        "zone.tab", "Asia/Seoul/", "tzdata.zi"};
    int32_t minutes;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(zone_offset(view_str(names[i]), 0, &minutes), ERR_NOT_FOUND);
    assert_int_equal(zone_offset_in(VIEW_LIT("TZif2"), 0, &minutes), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_zone_has_its_offset_at_a_moment),
                                       cmocka_unit_test(what_is_no_zone_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
