#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/envelope.h"
#include "err/err.h"

/* Three messages: "abc" with flags 0, an empty one with END, 300 bytes with flags 0. */
static size_t three_messages(uint8_t *ret)
{
    envelope_write(0, 3, ret);
    memcpy(ret + 5, "abc", 3);
    envelope_write(ENVELOPE_END, 0, ret + 8);
    envelope_write(0, 300, ret + 13);
    memset(ret + 18, 'z', 300);
    return 318;
}

static void check_message(unsigned i, uint8_t flags, struct view message)
{
    static const size_t lens[] = {3, 0, 300};
    assert_true(i < 3);
    assert_int_equal(flags, i == 1 ? ENVELOPE_END : 0);
    assert_int_equal(message.len, lens[i]);
    for (size_t k = 0; i == 2 && k < message.len; k++)
        assert_int_equal(message.at[k], 'z');
    if (i == 0)
        assert_memory_equal(message.at, "abc", 3);
}

static void reads_messages_however_they_are_cut(void **state)
{
    uint8_t bytes[512];
    size_t len = three_messages(bytes);
    for (size_t piece = 1; piece <= len; piece++) {
        struct envelope_reader r;
        unsigned found = 0;
        envelope_init(&r, 300);
        for (size_t at = 0; at < len; at += piece) {
            struct view v = view_of(bytes + at, at + piece < len ? piece : len - at);
            uint8_t flags;
            struct view message;
            enum envelope_found what;
            while ((what = envelope_next(&r, &v, &flags, &message)) == ENVELOPE_MESSAGE)
                check_message(found++, flags, message);
            assert_int_equal(what, ENVELOPE_MORE);
        }
        assert_int_equal(found, 3);
        assert_false(envelope_is_half(&r));
        envelope_release(&r);
    }
}

static void a_whole_message_is_not_copied(void **state)
{
    uint8_t bytes[512], flags;
    struct view v = view_of(bytes, three_messages(bytes)), message;
    struct envelope_reader r;
    envelope_init(&r, 300);
    assert_int_equal(envelope_next(&r, &v, &flags, &message), ENVELOPE_MESSAGE);
    assert_ptr_equal(message.at, bytes + 5);
    assert_null(r.message.bytes);
    envelope_release(&r);
}

static void a_promise_of_too_much_is_refused_at_its_head(void **state)
{
    uint8_t bytes[5], flags;
    struct envelope_reader r;
    struct view v = view_of(bytes, 5), message;
    envelope_init(&r, 300);
    envelope_write(0, 301, bytes);
    assert_int_equal(envelope_next(&r, &v, &flags, &message), ENVELOPE_TOO_LARGE);
    assert_null(r.message.bytes);
    envelope_release(&r);
    envelope_init(&r, 300);
    envelope_write(0, UINT32_MAX, bytes);
    v = view_of(bytes, 5);
    assert_int_equal(envelope_next(&r, &v, &flags, &message), ENVELOPE_TOO_LARGE);
    envelope_release(&r);
}

static void knows_when_a_message_is_half(void **state)
{
    uint8_t bytes[512], flags;
    size_t len = three_messages(bytes);
    struct envelope_reader r;
    envelope_init(&r, 300);
    assert_false(envelope_is_half(&r));
    struct view v = view_of(bytes, len - 1), message;
    while (envelope_next(&r, &v, &flags, &message) == ENVELOPE_MESSAGE)
        assert_true(message.len <= 3);
    assert_true(envelope_is_half(&r));
    envelope_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_messages_however_they_are_cut),
        cmocka_unit_test(a_whole_message_is_not_copied),
        cmocka_unit_test(a_promise_of_too_much_is_refused_at_its_head),
        cmocka_unit_test(knows_when_a_message_is_half),
    };
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
