#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mem/bits.h"

static void sets_one_and_only_one(void **state)
{
    uint64_t words[BITS_WORDS(130)] = {0};
    assert_int_equal(sizeof(words) / sizeof(words[0]), 3);
    assert_int_equal(BITS_WORDS(0), 0);
    assert_int_equal(BITS_WORDS(64), 1);
    for (size_t i = 0; i < 130; i++) {
        bits_set(words, i);
        for (size_t k = 0; k < 130; k++)
            assert_int_equal(bits_get(words, k), k == i);
        bits_clear(words, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sets_one_and_only_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
