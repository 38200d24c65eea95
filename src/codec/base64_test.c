#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "err/err.h"

static const struct vector {
    const char *bytes;
    const char *padded;
    const char *bare;
} vectors[] = {
    /* RFC 4648, 10 */
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

static void assert_reads(const char *text, const void *bytes, size_t len)
{
    uint8_t back[64];
    size_t back_len = 99;
    assert_true(BASE64_BYTES_MAX(strlen(text)) <= sizeof(back));
    assert_int_equal(base64_read(view_str(text), back, &back_len), 0);
    assert_int_equal(back_len, len);
    assert_memory_equal(back, bytes, len);
}

static void writes_and_reads_the_vectors_of_rfc_4648(void **state)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        char text[32];
        size_t len = base64_write(view_str(v->bytes), BASE64_PADDED, text);
        assert_true(view_eq(view_of(text, len), view_str(v->padded)));
        len = base64_write(view_str(v->bytes), BASE64_BARE, text);
        assert_true(view_eq(view_of(text, len), view_str(v->bare)));
        assert_reads(v->padded, v->bytes, strlen(v->bytes));
        assert_reads(v->bare, v->bytes, strlen(v->bytes));
    }
}

static void knows_both_alphabets(void **state)
{
    static const uint8_t bytes[] = {0xfb, 0xff, 0xbf, 0xfe};
    char text[16];
    size_t len = base64_write(view_of(bytes, 4), BASE64_PADDED, text);
    assert_true(view_eq(view_of(text, len), VIEW_LIT("+/+//g==")));
    len = base64_write(view_of(bytes, 4), BASE64_URL, text);
    assert_true(view_eq(view_of(text, len), VIEW_LIT("-_-__g")));
    assert_reads("+/+//g==", bytes, 4);
    assert_reads("-_-__g", bytes, 4);
    assert_reads("-_-__g==", bytes, 4);
}

static void refuses_what_is_not_base64(void **state)
{
    static const char *const bad[] = {
        "A",
        "Zg=",
        "Z===",
        "=",
        "====",
        "Zm9vY",
        "Zm9v=",
        "Zm 9",
        "Zm9v\n",
        "Zg==Zg==",
        "Zm9*",
        "Zh" /* stray bits */,
        "Zm9" /* stray bits: 'o' is 'Zm8' */,
        "\xc3\xa9Zg",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[32];
        size_t len = 77;
        assert_int_equal(base64_read(view_str(bad[i]), bytes, &len), ERR_INVALID);
        assert_int_equal(len, 77);
    }
}

static void appends_within_the_maximum(void **state)
{
    struct buf b;
    buf_init(&b, 8);
    assert_int_equal(base64_append(&b, VIEW_LIT("foo"), BASE64_PADDED), 0);
    assert_int_equal(base64_append(&b, VIEW_LIT(""), BASE64_PADDED), 0);
    assert_int_equal(base64_append(&b, VIEW_LIT("foobar"), BASE64_PADDED), ERR_FULL);
    assert_int_equal(base64_append(&b, VIEW_LIT("ba"), BASE64_BARE), 0);
    assert_true(view_eq(buf_view(&b), VIEW_LIT("Zm9vYmE")));
    buf_release(&b);
}

static void hexadecimal_goes_both_ways(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x1f, 0xab, 0xff};
    uint8_t back[4];
    char text[9];
    hex_write(view_of(bytes, 4), text);
    assert_string_equal(text, "001fabff");
    assert_int_equal(hex_read(VIEW_LIT("001FaBfF"), back, 4), 0);
    assert_memory_equal(back, bytes, 4);
    assert_int_equal(hex_read(VIEW_LIT("001fab"), back, 4), ERR_INVALID);
    assert_int_equal(hex_read(VIEW_LIT("001fabf"), back, 4), ERR_INVALID);
    assert_int_equal(hex_read(VIEW_LIT("001fabfg"), back, 4), ERR_INVALID);
    assert_int_equal(hex_read(VIEW_LIT("0x1fabff"), back, 4), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_the_vectors_of_rfc_4648),
        cmocka_unit_test(knows_both_alphabets),
        cmocka_unit_test(refuses_what_is_not_base64),
        cmocka_unit_test(appends_within_the_maximum),
        cmocka_unit_test(hexadecimal_goes_both_ways),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
