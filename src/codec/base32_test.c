#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "codec/base32.h"
#include "err/err.h"

/* Computed apart from this code: Python's base64.b32encode, letters exchanged. */
static void writes_vectors(void **state)
{
    static const struct {
        const char *bytes, *text;
    } vectors[] = {{"", ""},
                   {"f", "CR"},
                   {"fo", "CSQG"},
                   {"foo", "CSQPY"},
                   {"foob", "CSQPYRG"},
                   {"fooba", "CSQPYRK1"},
                   {"\xff\xff", "ZZZG"},
                   {"foobar", "CSQPYRK1E8"}};
    char text[32];
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        base32_write(view_str(vectors[i].bytes), text);
        assert_string_equal(text, vectors[i].text);
    }
}

static void reads_what_it_wrote(void **state)
{
    struct chance_seeded seeded;
    uint8_t bytes[100], again[100];
    char text[BASE32_CHARS(100) + 1];
    chance_seed(&seeded, 1);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        seeded.chance.fill(&seeded.chance, bytes, len);
        base32_write(view_of(bytes, len), text);
        assert_int_equal(strlen(text), BASE32_CHARS(len));
        assert_int_equal(base32_read(view_str(text), again, len), 0);
        assert_memory_equal(again, bytes, len);
    }
}

static void reads_nothing_else(void **state)
{
    uint8_t bytes[8];
    static const char *const wrong[] = {"CSQPYRK",  "CSQPYRK11", "csqpyrk1", "CSQPYRKI",
                                        "CSQPYRKO", "CSQPYRKU",  "CSQP RK1", "CSQP\xc3\xa4K1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(base32_read(view_str(wrong[i]), bytes, 5), ERR_INVALID);
    assert_int_equal(base32_read(view_of("CSQPYRK\0", 8), bytes, 5), ERR_INVALID);
    assert_int_equal(base32_read(view_str("CS"), bytes, 1), ERR_INVALID); /* a stray bit */
    assert_int_equal(base32_read(view_str("CR"), bytes, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_vectors),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(reads_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
