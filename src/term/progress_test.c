#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/progress.h"

static void shows_after_two_seconds_and_wipes(void **state)
{
    struct clock_virtual now;
    struct progress p;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    clock_virtual_init(&now, 0);
    progress_start_on(&p, "auditing rows", 400, &now.clock, out);
    for (int i = 1; i <= 100; i++) {
        clock_virtual_advance(&now, 20 * NS_PER_MS - 1);
        progress_at(&p, (uint64_t)i);
    }
    fflush(out);
    assert_int_equal(len, 0);
    clock_virtual_advance(&now, 100);
    progress_at(&p, 100);
    assert_string_equal(text, "\r\033[Kauditing rows  100 of 400  25 %  6 s left");
    progress_at(&p, 101); /* within a tenth of a second: not again */
    fflush(out);
    assert_int_equal(len, strlen(text));
    size_t once = len;
    clock_virtual_advance(&now, PROGRESS_EVERY_NS);
    progress_at(&p, 200);
    assert_true(len > once);
    progress_end(&p);
    assert_string_equal(text + len - 4, "\r\033[K");
    fclose(out);
    free(text);
}

static void an_unknown_total_is_a_count(void **state)
{
    struct clock_virtual now;
    struct progress p;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    clock_virtual_init(&now, 0);
    progress_start_on(&p, "waiting", 0, &now.clock, out);
    clock_virtual_advance(&now, PROGRESS_AFTER_NS);
    progress_at(&p, 0);
    assert_string_equal(text, "\r\033[Kwaiting  0");
    fclose(out);
    free(text);
}

static void where_nobody_looks_nothing_is_said(void **state)
{
    struct clock_virtual now;
    struct progress p;
    clock_virtual_init(&now, 0);
    progress_start_on(&p, "waiting", 10, &now.clock, NULL);
    clock_virtual_advance(&now, PROGRESS_AFTER_NS);
    progress_at(&p, 5);
    progress_end(&p);
    assert_null(p.out);
    assert_int_equal(p.shown_ns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_after_two_seconds_and_wipes),
        cmocka_unit_test(an_unknown_total_is_a_count),
        cmocka_unit_test(where_nobody_looks_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
