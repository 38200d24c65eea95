#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "token/totp.h"

/* RFC 6238, appendix B, SHA-1. */
static void writes_the_rfc_s_vectors(void **state)
{
    static const struct {
        int64_t at_s;
        const char *digits;
    } vectors[] = {{59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
                   {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
    uint8_t key[TOTP_KEY_BYTES];
    char text[TOTP_DIGITS + 1];
    memcpy(key, "12345678901234567890", TOTP_KEY_BYTES);
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        totp_write(key, vectors[i].at_s, text);
        assert_string_equal(text, vectors[i].digits);
    }
}

static void turns_every_thirty_seconds(void **state)
{
    const uint8_t key[TOTP_KEY_BYTES] = {1};
    char first[TOTP_DIGITS + 1], last[TOTP_DIGITS + 1], next[TOTP_DIGITS + 1];
    totp_write(key, 300, first);
    totp_write(key, 329, last);
    totp_write(key, 330, next);
    assert_string_equal(first, last);
    assert_string_not_equal(first, next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_rfc_s_vectors),
        cmocka_unit_test(turns_every_thirty_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
