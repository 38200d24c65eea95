#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"

static const int codes[] = {ERR_OK,
#define X(name, value, text) name,
                            ERR_LIST(X)
#undef X
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static void every_code_has_a_name_and_a_text_of_its_own(void **state)
{
    for (size_t i = 0; i < CODES; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(codes[i], codes[k]);
            assert_string_not_equal(err_name(codes[i]), err_name(codes[k]));
            assert_string_not_equal(err_text(codes[i]), err_text(codes[k]));
        }
        assert_string_not_equal(err_text(codes[i]), err_text(12345));
    }
    assert_int_equal(ERR_OK, 0);
    assert_non_null(err_name(12345));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_text_of_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
