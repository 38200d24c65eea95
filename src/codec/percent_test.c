#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/percent.h"
#include "err/err.h"

static void assert_percent(const char *text, const char *coded)
{
    struct buf b;
    char back[128];
    buf_init(&b, 128);
    assert_int_equal(percent_append(&b, view_str(text)), 0);
    assert_true(view_eq(buf_view(&b), view_str(coded)));
    size_t len = percent_read(view_str(coded), back);
    assert_true(view_eq(view_of(back, len), view_str(text)));
    buf_release(&b);
}

static void a_message_survives_as_a_trailer(void **state)
{
    assert_percent("", "");
    assert_percent("seats 3, 4 are taken ~!", "seats 3, 4 are taken ~!");
    assert_percent("100 %", "100 %25");
    assert_percent("two\r\nlines\t\x7f", "two%0D%0Alines%09%7F");
    assert_percent("\xec\xa2\x8c\xec\x84\x9d", "%EC%A2%8C%EC%84%9D");
}

static void a_broken_escape_stays(void **state)
{
    char back[16];
    size_t len = percent_read(VIEW_LIT("50% of %4 %zz%41"), back);
    assert_true(view_eq(view_of(back, len), VIEW_LIT("50% of %4 %zzA")));
    len = percent_read(VIEW_LIT("%"), back);
    assert_true(view_eq(view_of(back, len), VIEW_LIT("%")));
}

static void stops_at_the_maximum(void **state)
{
    struct buf b;
    buf_init(&b, 3);
    assert_int_equal(percent_append(&b, VIEW_LIT("ab\n")), ERR_FULL);
    buf_release(&b);
}

static void finds_parts_of_a_query(void **state)
{
    struct view q = VIEW_LIT("connect=v1&encoding=json&message=%7B%7D&base64=&mess=1&&x");
    struct view v = VIEW_LIT("same");
    assert_true(query_find(q, VIEW_LIT("connect"), &v));
    assert_true(view_eq(v, VIEW_LIT("v1")));
    assert_true(query_find(q, VIEW_LIT("message"), &v));
    assert_true(view_eq(v, VIEW_LIT("%7B%7D")));
    assert_true(query_find(q, VIEW_LIT("base64"), &v));
    assert_int_equal(v.len, 0);
    assert_true(query_find(q, VIEW_LIT("mess"), &v));
    assert_true(view_eq(v, VIEW_LIT("1")));
    assert_false(query_find(q, VIEW_LIT("x"), &v));
    assert_false(query_find(q, VIEW_LIT("onnect"), &v));
    assert_false(query_find(VIEW_LIT(""), VIEW_LIT("connect"), &v));
}

static void reads_a_value_of_a_query(void **state)
{
    char back[32];
    size_t len = 0;
    assert_int_equal(query_read(VIEW_LIT("%7B%22a%22:+1%7D"), back, &len), 0);
    assert_true(view_eq(view_of(back, len), VIEW_LIT("{\"a\": 1}")));
    assert_int_equal(query_read(VIEW_LIT("%7"), back, &len), ERR_INVALID);
    assert_int_equal(query_read(VIEW_LIT("a%g0"), back, &len), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_survives_as_a_trailer),
        cmocka_unit_test(a_broken_escape_stays),
        cmocka_unit_test(stops_at_the_maximum),
        cmocka_unit_test(finds_parts_of_a_query),
        cmocka_unit_test(reads_a_value_of_a_query),
    };
    return cmocka_run_group_tests_name("percent", tests, NULL, NULL);
}
