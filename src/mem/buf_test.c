#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "mem/buf.h"

static void appends_up_to_the_maximum(void **state)
{
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(buf_view(&b).len, 0);
    assert_int_equal(buf_append(&b, "hello", 5), 0);
    assert_int_equal(buf_append_view(&b, VIEW_LIT(", you")), 0);
    assert_int_equal(buf_append_byte(&b, '!'), ERR_FULL);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("hello, you")));
    buf_consume(&b, 7);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("you")));
    assert_int_equal(buf_append(&b, "12345678", 8), ERR_FULL);
    assert_int_equal(buf_append(&b, "1234567", 7), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("you1234567")));
    buf_clear(&b);
    assert_int_equal(buf_append_byte(&b, 'x'), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("x")));
    buf_release(&b);
    assert_int_equal(buf_view(&b).len, 0);
}

static void zeroed_takes_nothing(void **state)
{
    struct buf b = {0};
    assert_int_equal(buf_append_byte(&b, 1), ERR_FULL);
    assert_int_equal(buf_printf(&b, "%d", 1), ERR_FULL);
    assert_null(buf_reserve(&b, 1));
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    buf_release(&b);
}

static void reserve_then_commit(void **state)
{
    struct buf b;
    buf_init(&b, 1000);
    uint8_t *at = buf_reserve(&b, 600);
    assert_non_null(at);
    memset(at, 'a', 600);
    buf_commit(&b, 500);
    assert_int_equal(buf_view(&b).len, 500);
    assert_null(buf_reserve(&b, 501));
    at = buf_reserve(&b, 500);
    assert_non_null(at);
    memset(at, 'b', 500);
    buf_commit(&b, 500);
    struct view v = buf_view(&b);
    assert_int_equal(v.len, 1000);
    assert_int_equal(v.at[499], 'a');
    assert_int_equal(v.at[500], 'b');
    buf_release(&b);
}

static void prints(void **state)
{
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(buf_printf(&b, "%s-%d", "seat", 12), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("seat-12")));
    assert_int_equal(buf_printf(&b, "%093d", 7), 0); /* exactly the rest */
    assert_int_equal(buf_view(&b).len, 100);
    assert_int_equal(buf_view(&b).at[99], '7');
    assert_int_equal(buf_printf(&b, "x"), ERR_FULL);
    buf_consume(&b, 99);
    assert_int_equal(buf_printf(&b, "%0100d", 1), ERR_FULL);
    assert_int_equal(buf_printf(&b, "%099d", 1), 0);
    assert_int_equal(buf_view(&b).at[0], '7');
    assert_int_equal(buf_view(&b).len, 100);
    buf_release(&b);
}

/* A queue of bytes against counting: what comes out is what went in, and memory stays bounded. */
static void queues(void **state)
{
    struct buf b;
    buf_init(&b, 300);
    uint8_t in = 0, out = 0;
    for (unsigned round = 1; round < 5000; round++) {
        for (unsigned i = 0; i < round % 97 && b.len < b.max; i++)
            assert_int_equal(buf_append_byte(&b, in++), 0);
        size_t take = round % 89 < b.len ? round % 89 : b.len;
        struct view v = buf_view(&b);
        for (size_t i = 0; i < take; i++)
            assert_int_equal((uint8_t)v.at[i], out++);
        buf_consume(&b, take);
        assert_true(b.cap <= 301);
    }
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_up_to_the_maximum),
        cmocka_unit_test(zeroed_takes_nothing),
        cmocka_unit_test(reserve_then_commit),
        cmocka_unit_test(prints),
        cmocka_unit_test(queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
