#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "err/err.h"
#include "token/refresh.h"

static const uint8_t key[KEY_BYTES] = {1, 2, 3};
static const struct id session = {UINT64_C(0x0123456789abcdef), 42};

static void is_read_as_it_was_written(void **state)
{
    char text[REFRESH_TOKEN_CHARS + 1];
    struct id session_id;
    uint32_t generation;
    refresh_token_write(key, session, UINT32_MAX - 1, text);
    assert_int_equal(refresh_token_check(key, view_str(text), &session_id, &generation), 0);
    assert_true(id_eq(session_id, session));
    assert_int_equal(generation, UINT32_MAX - 1);
}

static void nothing_else_passes(void **state)
{
    const uint8_t other[KEY_BYTES] = {1, 2, 4};
    char text[REFRESH_TOKEN_CHARS + 2] = {0}, next[REFRESH_TOKEN_CHARS + 1];
    struct id session_id;
    uint32_t generation;
    refresh_token_write(key, session, 1, text);
    for (size_t i = 0; i < REFRESH_TOKEN_CHARS; i++) {
        const char was = text[i];
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            int err = refresh_token_check(key, view_str(text), &session_id, &generation);
            assert_int_equal(err, text[i] == was ? 0 : ERR_DENIED);
        }
        text[i] = was;
    }
    for (size_t len = 0; len <= sizeof(text); len++)
        assert_int_equal(refresh_token_check(key, view_of(text, len), &session_id, &generation),
                         len == REFRESH_TOKEN_CHARS ? 0 : ERR_DENIED);
    assert_int_equal(refresh_token_check(other, view_str(text), &session_id, &generation),
                     ERR_DENIED);
    refresh_token_write(key, session, 2, next);
    assert_string_not_equal(text, next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_it_was_written),
        cmocka_unit_test(nothing_else_passes),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
