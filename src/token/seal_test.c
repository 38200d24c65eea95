#include "token/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"

#define PLAIN "004\n110-123-456789\nHong"

static void opens_with_its_key_alone(void **state)
{
    struct chance_seeded chance;
    uint8_t key[KEY_BYTES] = {1}, other[KEY_BYTES] = {2};
    uint8_t sealed[sizeof(PLAIN) + SEAL_MORE], again[sizeof(sealed)], plain[sizeof(PLAIN)];
    const struct view all = view_of((const char *)sealed, sizeof(sealed));
    chance_seed(&chance, 7);
    seal_write(key, &chance.chance, view_of(PLAIN, sizeof(PLAIN)), sealed);
    assert_int_equal(seal_open(key, all, plain), 0);
    assert_memory_equal(plain, PLAIN, sizeof(PLAIN));
    assert_int_equal(seal_open(other, all, plain), ERR_CORRUPT);
    seal_write(key, &chance.chance, view_of(PLAIN, sizeof(PLAIN)), again);
    assert_memory_not_equal(again, sealed, sizeof(sealed));
    for (size_t i = 0; i < sizeof(sealed); i++) {
        sealed[i] ^= 1;
        assert_int_equal(seal_open(key, all, plain), ERR_CORRUPT);
        sealed[i] ^= 1;
    }
    for (size_t len = 0; len < sizeof(sealed); len++)
        assert_int_equal(seal_open(key, view_of((const char *)sealed, len), plain), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(opens_with_its_key_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
