#include "http/chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Feeds the whole text cut at every step; body is what comes out, rest what is left behind the end.
 */
static void decodes(const char *text, const char *body, const char *rest)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        struct view all = view_str(text), data;
        char got[100];
        size_t len = 0;
        struct chunk c;
        enum chunk_found found = CHUNK_MORE;
        chunk_init(&c);
        while (found != CHUNK_END) {
            struct view piece = view_of(all.at, all.len < step ? all.len : step);
            size_t before = piece.len;
            found = chunk_next(&c, &piece, &data);
            assert_int_not_equal(found, CHUNK_BAD);
            assert_true(before > 0 || found == CHUNK_END);
            all.at += before - piece.len;
            all.len -= before - piece.len;
            if (found == CHUNK_DATA) {
                memcpy(got + len, data.at, data.len);
                len += data.len;
            }
        }
        assert_int_equal(len, strlen(body));
        assert_memory_equal(got, body, len);
        assert_true(view_eq(all, view_str(rest)));
    }
}

static void good_bodies(void **state)
{
    decodes("0\r\n\r\n", "", "");
    decodes("1\r\na\r\n0\r\n\r\nGET", "a", "GET");
    decodes("00000003\r\nabc\r\n2;x=y;z;q=\"a;\\\"\"\r\nde\r\n000\r\n\r\n", "abcde", "");
    decodes("1\r\na\r\n0;last\r\nA: b\r\nC: d\r\n\r\nrest", "a", "rest");
}

static void framing_has_a_price(void **state)
{
    struct chunk c;
    struct view data;
    size_t used = 0;

    /* An extension without end. */
    chunk_init(&c);
    struct view bytes = VIEW_LIT("1;");
    assert_int_equal(chunk_next(&c, &bytes, &data), CHUNK_MORE);
    for (;; used++) {
        bytes = VIEW_LIT("x");
        if (chunk_next(&c, &bytes, &data) == CHUNK_BAD)
            break;
    }
    assert_int_equal(used, CHUNK_SLACK - 2);

    /* Honest chunks of one byte go on for ever. */
    chunk_init(&c);
    for (int i = 0; i < 100000; i++) {
        bytes = VIEW_LIT("1\r\na\r\n");
        while (bytes.len)
            assert_int_not_equal(chunk_next(&c, &bytes, &data), CHUNK_BAD);
    }
}

static void heads(void **state)
{
    static const struct {
        size_t len;
        const char *head;
    } cases[] = {{1, "1\r\n"},     {15, "f\r\n"},        {16, "10\r\n"},
                 {280, "118\r\n"}, {65536, "10000\r\n"}, {UINT32_MAX, "ffffffff\r\n"}};
    char head[CHUNK_HEAD_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = chunk_head(cases[i].len, head);
        assert_int_equal(len, strlen(cases[i].head));
        assert_memory_equal(head, cases[i].head, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_bodies),
        cmocka_unit_test(framing_has_a_price),
        cmocka_unit_test(heads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
