#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "observe/log_line.h"

static void expect(const struct log_line *line, const char *text)
{
    assert_int_equal(line->len, strlen(text));
    assert_memory_equal(line->bytes, text, line->len);
}

static void quotes_as_json_asks(void **state)
{
    char bytes[512];
    struct log_line line;
    log_line_init(&line, bytes, sizeof(bytes));
    log_line_put_json(&line, VIEW_LIT("a\"b\\c\nd\te\x7f 서울 \xF0\x9F\x8E\xAB"));
    expect(&line, "\"a\\\"b\\\\c\\nd\\u0009e\\u007f 서울 \xF0\x9F\x8E\xAB\"");
}

/* What other servers answer stands in the log, and a terminal shows it. */
static void controls_beyond_ascii_are_escaped(void **state)
{
    char bytes[256];
    struct log_line line;
    log_line_init(&line, bytes, sizeof(bytes));
    log_line_put_json(&line, VIEW_LIT("\xC2\x9B"
                                      "2J \xE2\x80\xAE"
                                      "abc"));
    log_line_put_plain(&line, VIEW_LIT("\xC2\x9B"
                                       "2J"));
    expect(&line, "\"\\u009b2J \\u202eabc\"\"\\u009b2J\"");
}

static void replaces_what_is_no_utf8(void **state)
{
    /* lone continuation, overlong slash, surrogate, beyond U+10FFFF, cut short: RFC 3629, 3 and 10
     */
    static const char *const wrong[] = {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                        "\xE2\x82"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char bytes[256];
        struct log_line line;
        log_line_init(&line, bytes, sizeof(bytes));
        log_line_put_json(&line, view_str(wrong[i]));
        assert_int_equal(line.len, 2 + 3 * strlen(wrong[i]));
        assert_memory_equal(line.bytes + 1, "\xEF\xBF\xBD", 3);
    }
}

static void plain_words_go_without_quotes(void **state)
{
    char bytes[256];
    struct log_line line;
    log_line_init(&line, bytes, sizeof(bytes));
    log_line_put_plain(&line, VIEW_LIT("127.0.0.1:80"));
    log_line_put_plain(&line, VIEW_LIT("서울"));
    log_line_put_plain(&line, VIEW_LIT("two words"));
    log_line_put_plain(&line, VIEW_LIT(""));
    expect(&line, "127.0.0.1:80서울\"two words\"\"\"");
}

static void a_cut_drops_the_whole_piece_and_keeps_the_tail(void **state)
{
    char bytes[LOG_LINE_TAIL + 8];
    struct log_line line;
    log_line_init(&line, bytes, sizeof(bytes));
    log_line_put(&line, VIEW_LIT("12345"));
    size_t mark = log_line_mark(&line);
    log_line_put(&line, VIEW_LIT("67"));
    log_line_put(&line, VIEW_LIT("89"));
    assert_true(line.cut);
    log_line_keep_whole(&line, mark);
    log_line_put(&line, VIEW_LIT("6"));
    log_line_printf_tail(&line, "%s", "end");
    expect(&line, "12345end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_as_json_asks),
        cmocka_unit_test(controls_beyond_ascii_are_escaped),
        cmocka_unit_test(replaces_what_is_no_utf8),
        cmocka_unit_test(plain_words_go_without_quotes),
        cmocka_unit_test(a_cut_drops_the_whole_piece_and_keeps_the_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
