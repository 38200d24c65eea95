#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIELD(n, v)                                                                                \
    {                                                                                              \
        VIEW_LIT(n), VIEW_LIT(v)                                                                   \
    }

static const struct head head = {
    .field_count = 5,
    .fields = {FIELD("Accept-Encoding", "gzip;q=0.5 , br;q=0, deflate; Q=0.00"),
               FIELD("te", "Trailers"), FIELD("X", ""), FIELD("accept-encoding", "zstd,,"),
               FIELD("x", "second")},
};

static void finds(void **state)
{
    struct view value = VIEW_LIT("as it was");

    assert_true(head_find(&head, VIEW_LIT("TE"), &value));
    assert_true(view_eq(value, VIEW_LIT("Trailers")));
    assert_false(head_find(&head, VIEW_LIT("t"), &value));
    assert_true(view_eq(value, VIEW_LIT("Trailers")));
    assert_true(head_find(&head, VIEW_LIT("x"), &value));
    assert_int_equal(value.len, 0);
    assert_null(head_get(&head, VIEW_LIT("none")).at);
    assert_non_null(head_get(&head, VIEW_LIT("x")).at);
}

static void lists(void **state)
{
    const struct view name = VIEW_LIT("accept-encoding");

    assert_true(head_lists(&head, name, VIEW_LIT("gzip")));
    assert_true(head_lists(&head, name, VIEW_LIT("GZIP")));
    assert_true(head_lists(&head, name, VIEW_LIT("zstd")));
    assert_false(head_lists(&head, name, VIEW_LIT("br")));
    assert_false(head_lists(&head, name, VIEW_LIT("deflate")));
    assert_false(head_lists(&head, name, VIEW_LIT("gz")));
    assert_true(head_lists(&head, VIEW_LIT("te"), VIEW_LIT("trailers")));
    assert_false(head_lists(&head, VIEW_LIT("x"), VIEW_LIT("trailers")));
}

static void methods(void **state)
{
    assert_int_equal(head_method_of(VIEW_LIT("GET")), HEAD_METHOD_GET);
    assert_int_equal(head_method_of(VIEW_LIT("PATCH")), HEAD_METHOD_PATCH);
    assert_int_equal(head_method_of(VIEW_LIT("get")), HEAD_METHOD_OTHER);
    assert_int_equal(head_method_of(VIEW_LIT("")), HEAD_METHOD_OTHER);
}

static void clean(void **state)
{
    static const struct head_field good[] = {FIELD("a-b_1.c~!#$%&'*+^`|", "\x01 \xff ok"),
                                             FIELD("z", "")};
    static const struct head_field bad[] = {
        FIELD("", "a"),    FIELD("A", "a"),      FIELD("a b", "a"),  FIELD("a:", "a"),
        FIELD("a\0", "a"), FIELD("a", "b\r\nc"), FIELD("a", "b\nc"), FIELD("a", "b\0c"),
        FIELD("(", "a"),   FIELD("\x7f", "a"),   FIELD("\xe4", "a"), FIELD("a\"", "a"),
    };

    assert_true(head_fields_clean(good, 2));
    assert_true(head_fields_clean(NULL, 0));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(head_fields_clean(&bad[i], 1));
}

/* RFC 3986, 3.2.2 and 3.2.3. */
static void hosts(void **state)
{
    static const char *const good[] = {
        "h",      "h:",      "h:80",          "a.b-c_d~e",    "192.0.2.1:8080",  "[::1]",
        "[::1]:", "[::1]:1", "[2001:db8::7]", "[v1.fe:80]:1", "%EC%A2%8C:65535", ""};
    static const char *const bad[] = {
        "[zz]",  "[::1]x", "[::1]80", "%zz",    "%e",  "a%",    "[::1",      "::1",
        "h:1:2", "[]",     "[::g]",   "a[::1]", "]",   "h:80x", "h:65536",   "a b",
        "u@h",   "[v.a]",  "[vg.a]",  "[v1.]",  "a/b", "a?b",   "[1.2.3.4]", "[::1%25eth0]"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const struct head one = {.authority = view_str(good[i])};
        if (!head_names_one(&one))
            fail_msg("%s is a host", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct head one = {.authority = view_str(bad[i])};
        if (head_names_one(&one))
            fail_msg("%s is no host", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds), cmocka_unit_test(lists), cmocka_unit_test(methods),
        cmocka_unit_test(clean), cmocka_unit_test(hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
