#include "observe/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"

static void what_is_logged_can_be_taken(void **state)
{
    struct tap_line lines[4];
    log_event(LOG_INFO, "tap.before");
    assert_int_equal(tap_open(), 0);
    log_event(LOG_WARN, "tap.first", log_int("usher.number", 7));
    log_event(LOG_DEBUG, "tap.unwanted");
    log_event(LOG_INFO, "tap.second");
    assert_int_equal(tap_take(lines, 1), 1);
    assert_true(lines[0].sequence == 1 && lines[0].level == LOG_WARN && lines[0].at_ms > 0);
    assert_true(view_starts(lines[0].json, VIEW_LIT("{\"@timestamp\":\"")));
    assert_true(lines[0].json.at[lines[0].json.len - 1] == '}');
    char text[1024];
    snprintf(text, sizeof(text), "%.*s", VIEW_ARG(lines[0].json));
    assert_non_null(strstr(text, "\"event.action\":\"tap.first\""));
    assert_non_null(strstr(text, "\"usher.number\":7"));
    assert_int_equal(tap_take(lines, 4), 1);
    assert_int_equal(lines[0].sequence, 2);
    assert_int_equal(tap_take(lines, 4), 0);
    tap_close();
    log_event(LOG_INFO, "tap.after");
}

static void what_nobody_takes_is_bounded_and_counted(void **state)
{
    static char text[1000];
    struct tap_line lines[2];
    memset(text, 'x', sizeof(text));
    assert_int_equal(tap_open(), 0);
    const uint64_t before = tap_lost();
    for (int i = 0; i < 2000; i++)
        tap_put(LOG_INFO, i, view_of(text, sizeof(text)));
    const uint64_t lost = tap_lost() - before;
    assert_true(lost > 1000 && lost < 2000);
    size_t taken = 0, n;
    uint64_t last = 0;
    while ((n = tap_take(lines, 2)) > 0) {
        taken += n;
        last = lines[n - 1].sequence;
    }
    assert_true(taken == 2000 - lost &&
                last == taken); /* the newest were lost, and show as a gap */
    tap_put(LOG_INFO, 1, VIEW_LIT("{}"));
    assert_int_equal(tap_take(lines, 2), 1);
    assert_int_equal(lines[0].sequence, 2001);
    tap_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_logged_can_be_taken),
        cmocka_unit_test(what_nobody_takes_is_bounded_and_counted),
    };
    log_setup(&(struct log_options){
        .level = LOG_INFO, .form = LOG_TEXT, .fd = 2, .clock = clock_system()});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
