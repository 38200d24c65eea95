#include "http/preface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Cut anywhere, the verdict is the same, and what was matched is what must be fed first. */
static void sniffs(const char *text, enum preface want, size_t want_matched_at_most)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        uint8_t matched = 0;
        size_t at = 0;
        enum preface got = PREFACE_MORE;
        while (got == PREFACE_MORE && at < strlen(text)) {
            size_t n = strlen(text) - at < step ? strlen(text) - at : step;
            got = preface_sniff(&matched, view_of(text + at, n));
            if (got == PREFACE_MORE)
                at += n;
        }
        assert_int_equal(got, want);
        assert_int_equal(matched, at);
        assert_true(at <= want_matched_at_most);
        assert_memory_equal(text, PREFACE, at);
    }
}

static void all(void **state)
{
    sniffs(PREFACE "more", PREFACE_H2, PREFACE_LEN);
    sniffs(PREFACE, PREFACE_H2, PREFACE_LEN);
    sniffs("PRI * HTTP/2.0\r\n", PREFACE_MORE, 16);
    sniffs("PRI * HTTP/1.1\r\n\r\n", PREFACE_H1, 11);
    sniffs("PROPFIND / HTTP/1.1\r\n", PREFACE_H1, 2);
    sniffs("POST / HTTP/1.1\r\n", PREFACE_H1, 1);
    sniffs("GET / HTTP/1.1\r\n", PREFACE_H1, 0);
    sniffs("\x16\x03\x01", PREFACE_H1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
