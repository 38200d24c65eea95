#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mem/utf8.h"

/* RFC 3629, 4, as a number: what four bytes stand for, and how many of them. 0: nothing. */
static size_t by_number(const uint8_t *b, size_t len)
{
    static const struct {
        uint32_t mask, lead, min, max;
    } forms[] = {
        {0x80, 0x00, 0, 0x7f},
        {0xe0, 0xc0, 0x80, 0x7ff},
        {0xf0, 0xe0, 0x800, 0xffff},
        {0xf8, 0xf0, 0x10000, 0x10ffff},
    };
    for (size_t n = 1; n <= 4; n++) {
        if ((b[0] & forms[n - 1].mask) != forms[n - 1].lead || n > len)
            continue;
        uint32_t number = b[0] & ~forms[n - 1].mask & 0xff;
        for (size_t i = 1; i < n; i++) {
            if ((b[i] & 0xc0) != 0x80)
                return 0;
            number = number << 6 | (b[i] & 0x3f);
        }
        bool surrogate = number >= 0xd800 && number <= 0xdfff;
        return number >= forms[n - 1].min && number <= forms[n - 1].max && !surrogate ? n : 0;
    }
    return 0;
}

/* Every first pair of bytes, with what may and may not follow, cut at every length. */
static void characters_are_those_of_the_rfc(void **state)
{
    static const uint8_t more[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
    for (uint32_t pair = 0; pair < 65536; pair++) {
        for (size_t k = 0; k < sizeof(more) * sizeof(more); k++) {
            uint8_t b[] = {(uint8_t)(pair >> 8), (uint8_t)pair, more[k / sizeof(more)],
                           more[k % sizeof(more)]};
            for (size_t len = 1; len <= sizeof(b); len++) {
                if (utf8_char(view_of(b, len)) != by_number(b, len))
                    fail_msg("%02x %02x %02x %02x, %zu bytes of them", b[0], b[1], b[2], b[3], len);
            }
        }
    }
    assert_int_equal(utf8_char(view_of(NULL, 0)), 0);
}

static void a_text_is_characters_to_its_end(void **state)
{
    assert_true(utf8_valid(view_str("")));
    assert_true(utf8_valid(view_str("seat, \xec\xa2\x8c\xec\x84\x9d, \xf0\x9f\x8e\x9f")));
    assert_false(utf8_valid(view_str("seat \xec\xa2")));
    assert_false(utf8_valid(view_str("\xff")));
    for (size_t at = 0; at < 20; at++) { /* wherever it stands in the eight bytes of a step */
        char text[] = "seats and more seats, 22";
        text[at] = (char)0xff;
        assert_false(utf8_valid(view_str(text)));
        memcpy(text + at, "\xc3\xa9", 2);
        assert_true(utf8_valid(view_str(text)));
        assert_false(utf8_valid(view_of(text, at + 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_those_of_the_rfc),
        cmocka_unit_test(a_text_is_characters_to_its_end),
    };
    return cmocka_run_group_tests_name("mem/utf8", tests, NULL, NULL);
}
