#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "paper/report.h"

#define HEAD                                                                                       \
    "Return-Path: <>\r\nDelivered-To: bounces+17-ABC@example.org\r\n"                              \
    "To: \"x\" <bounces+17-abc@example.org>, other@example.org\r\n"                                \
    "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"b\"\r\n\r\n"
#define STATUS "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
#define ALL    "Reporting-MTA: dns; mx.example.org\r\n\r\n"

static bool reads(const char *text, struct report *report)
{
    return report_read(view_str(text), report);
}

static void a_failure_is_read(void **state)
{
    struct report report;
    assert_true(reads(
        HEAD "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\nAction: delivered\r\n\r\n" STATUS ALL
             "Final-Recipient: rfc822; kim@example.com\r\nAction: failed\r\n"
             "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n"
             "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n",
        &report));
    assert_int_equal(report.action, REPORT_FAILED);
    assert_string_equal(report.reason, "5.1.1 550 no such user");
    assert_int_equal(report.address_count, 3);
    assert_true(view_eq(report.addresses[0], VIEW_LIT("bounces+17-ABC@example.org")));
    assert_true(view_eq(report.addresses[1], VIEW_LIT("bounces+17-abc@example.org")));
}

static void the_worst_of_several_counts(void **state)
{
    struct report report;
    assert_true(reads(HEAD STATUS ALL
                      "Action: relayed\nStatus: 2.0.0\n\n"
                      "Action: FAILED\nStatus: 5.2.2\n\nAction: delayed\nStatus: 4.4.1\n",
                      &report));
    assert_int_equal(report.action, REPORT_FAILED);
    assert_string_equal(report.reason, "5.2.2");
    assert_true(reads(HEAD STATUS ALL "Action: delayed\r\nStatus: 4.4.1\r\n", &report));
    assert_int_equal(report.action, REPORT_DELAYED);
    assert_true(reads(HEAD STATUS ALL "Action: delivered\r\n", &report));
    assert_int_equal(report.action, REPORT_OTHER);
}

static void what_is_no_report(void **state)
{
    struct report report;
    assert_false(reads("", &report));
    assert_false(reads("Subject: hello\r\n\r\nAction: failed\r\n", &report));
    assert_false(reads(HEAD "Action: failed\r\n", &report));
    assert_false(reads(HEAD STATUS ALL, &report));
    assert_false(
        reads("Content-Type: multipart/mixed\r\nX: report-type=delivery-status\r\n\r\n" STATUS ALL
              "Action: failed\r\n",
              &report));
}

/* Anything may stand in it, and it may end anywhere. */
static void strange_bytes_harm_nobody(void **state)
{
    struct report report;
    const char *whole = HEAD STATUS ALL "Action: failed\r\nDiagnostic-Code: smtp; \x01\xff"
                                        "55\r\n\r\n--b--\r\n";
    assert_true(reads(whole, &report));
    assert_string_equal(report.reason, "??55");
    for (size_t len = 0; len < strlen(whole); len++) {
        char *copy = malloc(len + 1); /* of its own, so that reading behind it is noticed */
        assert_non_null(copy);
        memcpy(copy, whole, len);
        (void)report_read(view_of(copy, len), &report);
        free(copy);
    }
    char *many = malloc(REPORT_MAX + 100);
    assert_non_null(many);
    memset(many, '\n', REPORT_MAX + 100);
    memcpy(many, "To: ", 4);
    memset(many + 4, '@', 5000);
    assert_false(report_read(view_of(many, REPORT_MAX + 100), &report));
    free(many);
    char longest[2000];
    snprintf(longest, sizeof(longest), HEAD STATUS ALL "Action: failed\r\nStatus: %0900d\r\n", 7);
    assert_true(reads(longest, &report));
    assert_int_equal(strlen(report.reason), REPORT_REASON_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_read), cmocka_unit_test(the_worst_of_several_counts),
        cmocka_unit_test(what_is_no_report), cmocka_unit_test(strange_bytes_harm_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
