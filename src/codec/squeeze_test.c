#include "codec/squeeze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "err/err.h"

static const enum squeeze kinds[] = {SQUEEZE_GZIP, SQUEEZE_ZSTD};

static struct buf packed_of(enum squeeze how, struct view bytes)
{
    struct buf packed;
    buf_init(&packed, 8 << 20);
    assert_int_equal(squeeze_pack(how, bytes, &packed), 0);
    return packed;
}

static int unpack(enum squeeze how, struct view bytes, size_t max, size_t *ret_len)
{
    struct buf out;
    buf_init(&out, max);
    int err = squeeze_unpack(how, bytes, &out);
    *ret_len = out.len;
    assert_true(out.len <= max);
    buf_release(&out);
    return err;
}

static void what_is_packed_comes_back(void **state)
{
    static const size_t sizes[] = {1, 100, 16383, 16384, 16385, 300000};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            char *bytes = malloc(sizes[i]);
            struct buf out;
            for (size_t n = 0; n < sizes[i]; n++)
                bytes[n] = (char)(n % 7 * (n / 1000));
            struct buf packed = packed_of(kinds[k], view_of(bytes, sizes[i]));
            buf_init(&out, sizes[i]); /* exactly as much as it may be */
            assert_int_equal(squeeze_unpack(kinds[k], buf_view(&packed), &out), 0);
            assert_true(view_eq(buf_view(&out), view_of(bytes, sizes[i])));
            buf_release(&out);
            buf_release(&packed);
            free(bytes);
        }
    }
}

/* A gigabyte of zeros is a megabyte of gzip: no more is unfolded than may be. */
static void a_bomb_does_not_go_off(void **state)
{
    static char zeros[4 << 20];
    for (size_t k = 0; k < 2; k++) {
        size_t len;
        struct buf packed = packed_of(kinds[k], view_of(zeros, sizeof(zeros)));
        assert_true(packed.len < 8192);
        assert_int_equal(unpack(kinds[k], buf_view(&packed), 65536, &len), ERR_FULL);
        assert_int_equal(unpack(kinds[k], buf_view(&packed), sizeof(zeros) - 1, &len), ERR_FULL);
        assert_int_equal(unpack(kinds[k], buf_view(&packed), sizeof(zeros), &len), 0);
        buf_release(&packed);
    }
}

static void damage_is_seen(void **state)
{
    char text[3000];
    size_t len;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * i / 7);
    for (size_t k = 0; k < 2; k++) {
        struct buf packed = packed_of(kinds[k], view_of(text, sizeof(text)));
        const struct view whole = buf_view(&packed);
        for (size_t cut = 0; cut < whole.len; cut++)
            assert_int_equal(unpack(kinds[k], view_of(whole.at, cut), 1 << 20, &len), ERR_INVALID);
        assert_int_equal(buf_append_byte(&packed, 0), 0);
        assert_int_equal(unpack(kinds[k], buf_view(&packed), 1 << 20, &len), ERR_INVALID);
        assert_int_equal(unpack(kinds[k], VIEW_LIT("no such thing"), 1 << 20, &len), ERR_INVALID);
        buf_release(&packed);
    }
}

static void kinds_have_names(void **state)
{
    enum squeeze how;
    assert_true(squeeze_find(VIEW_LIT("GZIP"), &how) && how == SQUEEZE_GZIP);
    assert_true(squeeze_find(VIEW_LIT("zstd"), &how) && how == SQUEEZE_ZSTD);
    assert_true(squeeze_find(VIEW_LIT("identity"), &how) && how == SQUEEZE_NONE);
    assert_true(squeeze_find(VIEW_LIT(""), &how) && how == SQUEEZE_NONE);
    assert_false(squeeze_find(VIEW_LIT("br"), &how));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(a_bomb_does_not_go_off),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
