#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "observe/log.h"
#include "svc/gateway/reports.h"

static FILE *log_file;

static int send_as(const char *method, const char *body)
{
    const struct plain_request ask = {
        .method = view_str(method), .path = VIEW_LIT(REPORTS_PATH), .body = view_str(body)};
    struct page page = {0};
    reports_page(NULL, &ask, &page);
    return page.status;
}

/* What was logged since the last question. */
static const char *logged(void)
{
    static char text[65536];
    static off_t from;
    log_flush();
    const ssize_t len = pread(fileno(log_file), text, sizeof(text) - 1, from);
    assert_true(len >= 0);
    text[len] = '\0';
    from += len;
    return text;
}

static void both_forms_are_understood(void **state)
{
    assert_int_equal(send_as("POST",
                             "{\"csp-report\":{\"document-uri\":\"https://a.example/e/1?t=x\","
                             "\"effective-directive\":\"script-src-elem\","
                             "\"blocked-uri\":\"https://evil.example/x.js#y\"}}"),
                     204);
    const char *text = logged();
    assert_non_null(strstr(text, "page.violation"));
    assert_non_null(strstr(text, "script-src-elem"));
    assert_non_null(strstr(text, "https://evil.example/x.js"));
    assert_non_null(strstr(text, "https://a.example/e/1"));
    assert_null(strstr(text, "t=x")); /* what stands in a query is somebody's */
    assert_null(strstr(text, "#y"));
    assert_int_equal(send_as("POST",
                             "[{\"type\":\"csp-violation\",\"body\":{\"documentURL\":\"https://"
                             "a.example/\",\"effectiveDirective\":\"img-src\","
                             "\"blockedURL\":\"inline\"}}]"),
                     204);
    assert_non_null(strstr(logged(), "img-src"));
}

static void what_is_no_report_is_not_kept(void **state)
{
    static const char *const bodies[] = {"",
                                         "nothing",
                                         "{}",
                                         "[]",
                                         "[1,{},{\"body\":7}]",
                                         "{\"csp-report\":{}}",
                                         "{\"csp-report\":{\"effective-directive\":\"\\u0001\"}}",
                                         "{\"csp-report\":{\"effective-directive\":[\"a\"]}}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(send_as("POST", bodies[i]), 204);
    assert_int_equal(send_as("GET", ""), 405);
    assert_string_equal(logged(), "");
}

/* jansson would follow it for 2,048 levels, on a fiber's stack. */
static void what_is_nested_too_deep_is_not_read(void **state)
{
    static char deep[REPORTS_MAX];
    memset(deep, '[', sizeof(deep) - 1);
    assert_int_equal(send_as("POST", deep), 204);
    assert_string_equal(logged(), "");
}

static int count(const char *text, const char *word)
{
    int found = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        found++;
    return found;
}

static void a_flood_does_not_fill_the_log(void **state)
{
    static const char report[] = "{\"csp-report\":{\"effective-directive\":\"img-src\"}}";
    for (int i = 0; i < 1000; i++)
        assert_int_equal(send_as("POST", report), 204);
    /* All within a second, or two on a very slow machine. */
    assert_in_range(count(logged(), "page.violation"), 1, 3 * LOG_BURST);
}

static int setup(void **state)
{
    log_file = tmpfile();
    if (!log_file)
        return 1;
    log_setup(
        &(struct log_options){.level = LOG_INFO, .fd = fileno(log_file), .clock = clock_system()});
    return 0;
}

static int teardown(void **state)
{
    return fclose(log_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_understood),
        cmocka_unit_test(what_is_no_report_is_not_kept),
        cmocka_unit_test(what_is_nested_too_deep_is_not_read),
        cmocka_unit_test(a_flood_does_not_fill_the_log),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
