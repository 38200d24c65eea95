#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/timeout.h"
#include "err/err.h"

static void assert_grpc(const char *text, int64_t ns)
{
    int64_t got = -1;
    assert_int_equal(timeout_read_grpc(view_str(text), &got), 0);
    assert_int_equal(got, ns);
}

static void reads_every_unit_of_grpc(void **state)
{
    assert_grpc("1H", INT64_C(3600000000000));
    assert_grpc("2M", INT64_C(120000000000));
    assert_grpc("3S", INT64_C(3000000000));
    assert_grpc("100m", INT64_C(100000000));
    assert_grpc("7u", 7000);
    assert_grpc("99999999n", 99999999);
    assert_grpc("0S", 0);
    assert_grpc("99999999H", INT64_MAX); /* more than 292 years: for ever */
}

static void refuses_other_texts(void **state)
{
    static const char *const bad[] = {"",    "S",   "1",    "1s", "123456789S",
                                      "-1S", "1 S", "1.5S", "1SS"};
    int64_t ns;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(timeout_read_grpc(view_str(bad[i]), &ns), ERR_INVALID);
    assert_int_equal(timeout_read_connect(VIEW_LIT(""), &ns), ERR_INVALID);
    assert_int_equal(timeout_read_connect(VIEW_LIT("12345678901"), &ns), ERR_INVALID);
    assert_int_equal(timeout_read_connect(VIEW_LIT("5s"), &ns), ERR_INVALID);
    assert_int_equal(timeout_read_connect(VIEW_LIT("+5"), &ns), ERR_INVALID);
}

static void reads_connect(void **state)
{
    int64_t ns;
    assert_int_equal(timeout_read_connect(VIEW_LIT("1500"), &ns), 0);
    assert_int_equal(ns, INT64_C(1500000000));
    assert_int_equal(timeout_read_connect(VIEW_LIT("9999999999"), &ns), 0);
    assert_int_equal(ns, INT64_C(9999999999000000));
}

static void writes_what_it_reads_never_less(void **state)
{
    static const int64_t spans[] = {0,         1,          99999998,        100000000,
                                    123456789, 5000000001, 360000000000001, INT64_MAX};
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        char text[TIMEOUT_TEXT_MAX];
        int64_t back = -1;
        size_t len = timeout_write_grpc(spans[i], text);
        assert_int_equal(timeout_read_grpc(view_of(text, len), &back), 0);
        assert_true(back >= spans[i]);
        /* Eight digits: at most one part in a million and more. */
        assert_true((double)back <= (double)spans[i] * (1 + 1e-5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_unit_of_grpc),
        cmocka_unit_test(refuses_other_texts),
        cmocka_unit_test(reads_connect),
        cmocka_unit_test(writes_what_it_reads_never_less),
    };
    return cmocka_run_group_tests_name("timeout", tests, NULL, NULL);
}
