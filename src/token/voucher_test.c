/* Vouchers there and back, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "token/voucher.h"

static const uint8_t key[KEY_BYTES] = {1, 2, 3}, other[KEY_BYTES] = {3, 2, 1};

static void it_comes_back(void **state)
{
    static const uint32_t cases[][2] = {{1, 0}, {999, 99999}, {0xffff, 0xffffff}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[VOUCHER_TEXT + 1];
        uint32_t number, index;
        voucher_write(key, 7, cases[i][0], cases[i][1], text);
        assert_int_equal(strlen(text), VOUCHER_TEXT);
        assert_int_equal(voucher_read(key, 7, view_str(text), &number, &index), 0);
        assert_true(number == cases[i][0] && index == cases[i][1]);
        assert_int_equal(voucher_read(key, 8, view_str(text), &number, &index), ERR_DENIED);
        assert_int_equal(voucher_read(other, 7, view_str(text), &number, &index), ERR_DENIED);
    }
}

static void one_sign_wrong_is_none(void **state)
{
    char text[VOUCHER_TEXT + 1];
    uint32_t number, index;
    voucher_write(key, 7, 12, 345, text);
    for (size_t i = 0; i < VOUCHER_TEXT; i++) {
        const char was = text[i];
        if (was == '-')
            continue;
        text[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(voucher_read(key, 7, view_str(text), &number, &index), ERR_DENIED);
        text[i] = was;
    }
    text[VOUCHER_TEXT - 1] = '\0';
    assert_int_equal(voucher_read(key, 7, view_str(text), &number, &index), ERR_DENIED);
    assert_int_equal(voucher_read(key, 7, VIEW_LIT("FANCLUB-2026"), &number, &index), ERR_DENIED);
    assert_int_equal(voucher_read(key, 7, VIEW_LIT("0000000000000000X"), &number, &index),
                     ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back),
        cmocka_unit_test(one_sign_wrong_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
