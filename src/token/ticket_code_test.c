#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "err/err.h"
#include "token/ticket_code.h"

static uint8_t key[KEY_BYTES];
static const struct id order = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};
/* Computed apart from this code (Python) for the key 00 01 … 1f and seat 1,234,567. */
static const char vector[] = "ASNFZ4mrze_-3LqYdlQyEAAS1ochE9dCrtKIoN6NyPjakAtD";

static void writes_the_vector_and_reads_it(void **state)
{
    char text[TICKET_CODE_CHARS + 1];
    struct id order_read;
    uint32_t seat;
    ticket_code_write(key, order, 1234567, text);
    assert_string_equal(text, vector);
    assert_int_equal(ticket_code_check(key, view_str(vector), &order_read, &seat), 0);
    assert_true(id_eq(order_read, order));
    assert_int_equal(seat, 1234567);
    ticket_code_write(key, order, UINT32_MAX, text);
    assert_int_equal(ticket_code_check(key, view_str(text), &order_read, &seat), 0);
    assert_int_equal(seat, UINT32_MAX);
}

static void nothing_else_passes(void **state)
{
    char text[sizeof(vector) + 1] = {0};
    struct id order_read;
    uint32_t seat = 7;
    for (size_t i = 0; i < TICKET_CODE_CHARS; i++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, vector, sizeof(vector));
            text[i] = (char)byte;
            int err = ticket_code_check(key, view_of(text, TICKET_CODE_CHARS), &order_read, &seat);
            assert_int_equal(err, text[i] == vector[i] ? 0 : ERR_DENIED);
        }
    }
    memcpy(text, vector, sizeof(vector));
    for (size_t len = 0; len <= sizeof(text); len++) {
        int err = ticket_code_check(key, view_of(text, len), &order_read, &seat);
        assert_int_equal(err, len == TICKET_CODE_CHARS ? 0 : ERR_DENIED);
    }
    uint8_t other[KEY_BYTES] = {1};
    seat = 7;
    assert_int_equal(ticket_code_check(other, view_str(vector), &order_read, &seat), ERR_DENIED);
    assert_int_equal(seat, 7);
}

static int setup(void **state)
{
    for (int i = 0; i < KEY_BYTES; i++)
        key[i] = (uint8_t)i;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_vector_and_reads_it),
        cmocka_unit_test(nothing_else_passes),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
