#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "err/err.h"
#include "token/api.h"

static const uint8_t key[KEY_BYTES] = {1, 2, 3};

static void is_read_as_it_was_written_and_nothing_else(void **state)
{
    const uint8_t other[KEY_BYTES] = {1, 2, 4};
    const struct id id = {UINT64_MAX, 7};
    char text[API_TOKEN_CHARS + 2] = {0};
    struct id found;
    api_token_write(key, id, text);
    assert_true(api_token_looks(view_str(text)));
    assert_int_equal(api_token_check(key, view_str(text), &found), 0);
    assert_true(id_eq(found, id));
    assert_int_equal(api_token_check(other, view_str(text), &found), ERR_DENIED);
    for (size_t i = 0; i < API_TOKEN_CHARS; i++) {
        const char was = text[i];
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            int err = api_token_check(key, view_str(text), &found);
            assert_int_equal(err, text[i] == was ? 0 : ERR_DENIED);
        }
        text[i] = was;
    }
    for (size_t len = 0; len <= sizeof(text); len++)
        assert_int_equal(api_token_check(key, view_of(text, len), &found),
                         len == API_TOKEN_CHARS ? 0 : ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_it_was_written_and_nothing_else),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
