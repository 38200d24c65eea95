#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "paper/csv.h"

static void assert_cell(const char *text, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(csv_text(&out, true, view_str(text)), 0);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(buf_view(&out).at, wanted, out.len);
    buf_release(&out);
}

static void cells_are_text_and_nothing_else(void **state)
{
    assert_cell("Kim", "Kim");
    assert_cell("김민지", "김민지");
    assert_cell("Kim, Minji", "\"Kim, Minji\"");
    assert_cell("\"Kim\"", "\"\"\"Kim\"\"\"");
    assert_cell("two\nlines", "\"two\nlines\"");
    assert_cell(" blank ", "\" blank \"");
    static const char *const formulas[] = {"=1+1", "+82 10", "-2", "@SUM(A1)"};
    static const char *const wanted[] = {"'=1+1", "'+82 10", "'-2", "'@SUM(A1)"};
    for (size_t i = 0; i < 4; i++)
        assert_cell(formulas[i], wanted[i]);
    assert_cell("\t=1", "\"'\t=1\"");
    assert_cell("\r=1", "\"'\r=1\"");
    assert_cell("=HYPERLINK(\"http://a\",\"b\")", "\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\"");
}

static void a_row_is_commas_and_crlf(void **state)
{
    static const char wanted[] = "a,165000,12.05,-0.01,0.00\r\n";
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(csv_text(&out, true, VIEW_LIT("a")), 0);
    assert_int_equal(csv_amount(&out, false, 165000, 0), 0);
    assert_int_equal(csv_amount(&out, false, 1205, 2), 0);
    assert_int_equal(csv_amount(&out, false, -1, 2), 0);
    assert_int_equal(csv_amount(&out, false, 0, 2), 0);
    assert_int_equal(csv_end(&out), 0);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(buf_view(&out).at, wanted, out.len);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells_are_text_and_nothing_else),
                                       cmocka_unit_test(a_row_is_commas_and_crlf)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
