#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "mem/id.h"

static struct id parsed(const char *text)
{
    struct id id = {0};
    assert_int_equal(id_parse(view_str(text), &id), 0);
    return id;
}

static void text_is_crockfords(void **state)
{
    char text[ID_TEXT_CHARS + 1];
    id_format((struct id){0, 0}, text);
    assert_string_equal(text, "00000000000000000000000000");
    id_format((struct id){0, 1}, text);
    assert_string_equal(text, "00000000000000000000000001");
    id_format((struct id){UINT64_MAX, UINT64_MAX}, text);
    assert_string_equal(text, "7zzzzzzzzzzzzzzzzzzzzzzzzz");
    id_format((struct id){1, 0}, text); /* 2^64 = 16 * 32^12 */
    assert_string_equal(text, "0000000000000g000000000000");
}

static void every_digit_is_written_at_every_place(void **state)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    for (size_t at = 0; at < ID_TEXT_CHARS; at++) {
        for (size_t digit = 0; digit < (at == 0 ? 8 : 32); digit++) {
            char want[] = "7zzzzzzzzzzzzzzzzzzzzzzzzz", text[ID_TEXT_CHARS + 1];
            want[at] = digits[digit];
            id_format(parsed(want), text);
            assert_string_equal(text, want);
        }
    }
}

static void every_bit_comes_back(void **state)
{
    for (int bit = 0; bit < 128; bit++) {
        struct id id = {bit < 64 ? 0 : UINT64_C(1) << (bit - 64),
                        bit < 64 ? UINT64_C(1) << bit : 0};
        char text[ID_TEXT_CHARS + 1];
        id_format(id, text);
        assert_true(id_eq(parsed(text), id));
        uint8_t bytes[ID_BYTES];
        id_to_bytes(id, bytes);
        assert_int_equal(bytes[15 - bit / 8], 1 << bit % 8);
        struct id back = {0};
        assert_int_equal(id_from_bytes(view_of(bytes, sizeof(bytes)), &back), 0);
        assert_true(id_eq(back, id));
    }
}

static void reads_what_people_write(void **state)
{
    struct id want = parsed("0000000000000000000000110z");
    assert_true(id_eq(parsed("OoOoOoOoOoOoOoOoOoOoOoIL0Z"), want));
    assert_true(id_eq(parsed("00000000000000000000001ioZ"), want));
}

static void refuses_the_rest(void **state)
{
    struct id id = {1, 2};
    const char *bad[] = {
        "",
        "0000000000000000000000000",
        "000000000000000000000000000",
        "80000000000000000000000000",
        "zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "u0000000000000000000000000",
        "0000000000000-000000000000",
        "0000000000000000000000000 ",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(id_parse(view_str(bad[i]), &id), ERR_INVALID);
    assert_int_equal(id_parse(VIEW_LIT("0000000000000000000000000\0"), &id), ERR_INVALID);
    assert_int_equal(id_from_bytes(VIEW_LIT("0123456789abcde"), &id), ERR_INVALID);
    assert_int_equal(id_from_bytes(VIEW_LIT("0123456789abcdefg"), &id), ERR_INVALID);
    assert_true(id_eq(id, (struct id){1, 2}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_crockfords),
        cmocka_unit_test(every_digit_is_written_at_every_place),
        cmocka_unit_test(every_bit_comes_back),
        cmocka_unit_test(reads_what_people_write),
        cmocka_unit_test(refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
