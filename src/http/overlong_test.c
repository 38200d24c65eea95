/* Header values longer than libnghttp2 decodes: alone, and in front of the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/h2_recorder.h"
#include "http/overlong.h"
#include "http/preface.h"

enum { DATA, HEADERS, SETTINGS = 4, CONTINUATION = 9 };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, PRIORITISED = 32 };
enum { PLAIN = 0, HUFFMAN = 0x80 };
enum { NOT_INDEXED = 0, INDEXED = 0x40 };

#define FRAME_MAX 16384

static struct buf bytes, passed;

/* A field named "long" with a value of so many zeroes, or zero bytes of Huffman's code. */
static void put_long(struct buf *block, uint8_t how, uint8_t coding, uint32_t len)
{
    const uint32_t more = len - 127;
    const uint8_t head[] = {how,
                            4,
                            'l',
                            'o',
                            'n',
                            'g',
                            coding | 127,
                            (uint8_t)(0x80 | (more & 127)),
                            (uint8_t)(0x80 | (more >> 7 & 127)),
                            (uint8_t)(more >> 14)};
    buf_append(block, head, sizeof(head));
    for (uint32_t i = 0; i < len; i++)
        buf_append_byte(block, coding == HUFFMAN ? 0 : '0');
}

/* As HEADERS and CONTINUATIONs of that many bytes. */
static void put_block(uint32_t id, const struct buf *block, size_t frame_max)
{
    struct view v = buf_view(block);
    int type = HEADERS, flags = END_STREAM;

    do {
        size_t n = v.len < frame_max ? v.len : frame_max;
        put_frame(&bytes, type, flags | (n == v.len ? END_HEADERS : 0), id, v.at, n);
        v = view_of(v.at + n, v.len - n);
        type = CONTINUATION;
        flags = 0;
    } while (v.len > 0);
}

static void begin(void)
{
    buf_init(&bytes, 4 << 20);
    buf_init(&passed, 4 << 20);
    buf_append_view(&bytes, VIEW_LIT(PREFACE));
    put_frame(&bytes, SETTINGS, 0, 0, NULL, 0);
}

static void end(void)
{
    buf_release(&bytes);
    buf_release(&passed);
}

static int keep(void *user, struct view piece)
{
    assert(piece.len > 0);
    return buf_append_view(&passed, piece);
}

/* Through the filter, cut by step. */
static void pass(size_t step)
{
    struct overlong o;
    struct view v = buf_view(&bytes);

    overlong_init(&o);
    buf_clear(&passed);
    while (v.len > 0) {
        size_t n = v.len < step ? v.len : step;
        assert_int_equal(overlong_feed(&o, view_of(v.at, n), keep, NULL), 0);
        v = view_of(v.at + n, v.len - n);
    }
    assert_int_equal(passed.len, bytes.len);
}

/* Every kind of entry, short and long numbers, in frames of every size. */
static void what_is_not_too_long_stays_as_it_is(void **state)
{
    struct buf block;

    buf_init(&block, 1 << 20);
    put_pseudo(&block, false);
    buf_append(&block, "\x3f\xe1\x1f\x20\xbf\xff\x80\x01", 8); /* sizes, indexes */
    buf_append(&block, "\x7f\x01\x02yz\x1f\x03\x01y\x0f\x01\x00", 12);
    put_long(&block, NOT_INDEXED, PLAIN, 200);
    put_long(&block, INDEXED, HUFFMAN, OVERLONG_MIN - 1);
    put_field(&block, "last", "");
    for (size_t frame_max = 1; frame_max <= 40000; frame_max = frame_max * 3 + 1) {
        begin();
        put_block(1, &block, frame_max);
        put_frame(&bytes, DATA, END_STREAM, 1, "\x40\x01", 2);
        for (size_t step = 1; step < bytes.len; step = step * 7 + 2) {
            pass(step);
            assert_memory_equal(buf_view(&passed).at, buf_view(&bytes).at, bytes.len);
        }
        end();
    }
    buf_release(&block);
}

/* Only a block that goes on can have such a value; padding and priority are no part of it. */
static void what_stands_around_a_block_stays_as_it_is(void **state)
{
    struct buf payload;

    begin();
    buf_init(&payload, 1 << 20);
    buf_append(&payload, "\x07\0\0\0\0\x10", 6);
    buf_append(&payload, "\x82\0\x01x\x01", 5); /* the value's byte comes with the next frame */
    buf_append(&payload, "\0\0\x01x\x7f\xff\xff", 7); /* padding that looks like a long value */
    put_frame(&bytes, HEADERS, PADDED | PRIORITISED, 1, buf_view(&payload).at, payload.len);
    put_frame(&bytes, CONTINUATION, END_HEADERS, 1, "v\x84", 2);
    put_frame(&bytes, HEADERS, END_HEADERS, 3, "\0\x01x\x7f\xff\xff\x7f", 7);
    put_frame(&bytes, DATA, 0, 1, "\0\x01x\x7f\xff\xff\x7f", 7);
    for (size_t step = 1; step < bytes.len; step++) {
        pass(step);
        assert_memory_equal(buf_view(&passed).at, buf_view(&bytes).at, bytes.len);
    }
    buf_release(&payload);
    end();
}

/* ---- the engine ---- */

/* 0, or what it failed with; *ret_431 is whether it answered so. */
static int receive(struct h2_recorder *server, size_t step, bool *ret_431)
{
    struct view v = buf_view(&bytes), out;
    int err = 0;

    *ret_431 = false;
    while (v.len > 0 && err == 0) {
        size_t n = v.len < step ? v.len : step;
        err = h2_receive(server->h2, view_of(v.at, n), 1);
        while (h2_output(server->h2, &out)) {
            *ret_431 = *ret_431 || memmem(out.at, out.len, "431: ", 5);
            h2_sent(server->h2, out.len);
        }
        v = view_of(v.at + n, v.len - n);
    }
    buf_clear(&bytes);
    return err;
}

static void check(uint8_t how, uint8_t coding, uint32_t len, size_t frame_max, size_t step)
{
    struct h2_recorder server;
    struct buf block;
    bool is_431;

    begin();
    recorder_init(&server, H2_SERVER, NULL);
    buf_init(&block, 1 << 20);
    put_pseudo(&block, false);
    buf_append(&block, "\x40\x03old\x01v", 7);
    put_long(&block, how, coding, len);
    put_field(&block, "behind", "it");
    put_block(1, &block, frame_max);
    assert_int_equal(receive(&server, step, &is_431), 0);
    assert_true(is_431);
    assert_true(recorder_logged(&server, ""));

    /* The connection goes on, with the table that the other side has. */
    buf_clear(&block);
    put_pseudo(&block, false);
    buf_append(&block, "\x40\x03new\x01v\xbe", 8);
    put_block(3, &block, frame_max);
    assert_int_equal(receive(&server, step, &is_431), 0);
    assert_true(recorder_logged(&server, "3:GET / 2|3.|"));
    /* Behind twice "new" and :authority, put_pseudo's: what was there before, "old" or nothing. */
    buf_append_byte(&block, 0xc2);
    put_block(5, &block, frame_max);
    int err = receive(&server, step, &is_431);
    assert_int_equal(err, how == INDEXED ? ERR_INVALID : 0);
    recorder_release(&server);
    buf_release(&block);
    end();
}

static void an_overlong_value_is_431_on_its_stream(void **state)
{
    static const uint32_t lens[] = {OVERLONG_MIN, 65540, 100000, 123456, 131071, 200000, 240000};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (size_t step = 13; step < 300000; step *= 31) {
            check(NOT_INDEXED, PLAIN, lens[i], FRAME_MAX, step);
            check(INDEXED, PLAIN, lens[i], FRAME_MAX, step);
        }
        /* So many zero bytes are whole symbols of five bits. */
        if (lens[i] % 5 == 0)
            check(INDEXED, HUFFMAN, lens[i], FRAME_MAX, 4096);
    }
    check(NOT_INDEXED, HUFFMAN, 100000, FRAME_MAX, 1);
}

/* Every length of a shortened value has its own end in Huffman's code. */
static void the_code_of_a_shortened_value_ends_rightly(void **state)
{
    for (uint32_t len = 70000; len < 70050; len += 5) {
        check(NOT_INDEXED, HUFFMAN, len, FRAME_MAX, SIZE_MAX);
        check(NOT_INDEXED, HUFFMAN, len + 5 * 16384, FRAME_MAX, SIZE_MAX);
    }
}

/* All of a block together has its limit, and beyond it the connection ends. */
static void what_is_far_too_long_ends_the_connection(void **state)
{
    static const uint32_t lens[] = {300000, 2000000, 2200000};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct h2_recorder server;
        struct buf block;
        bool is_431;
        begin();
        recorder_init(&server, H2_SERVER, NULL);
        buf_init(&block, 4 << 20);
        put_pseudo(&block, false);
        put_long(&block, NOT_INDEXED, PLAIN, lens[i]);
        put_block(1, &block, FRAME_MAX);
        assert_int_not_equal(receive(&server, SIZE_MAX, &is_431), 0);
        assert_false(is_431);
        assert_true(h2_wants_close(server.h2));
        recorder_release(&server);
        buf_release(&block);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_too_long_stays_as_it_is),
        cmocka_unit_test(what_stands_around_a_block_stays_as_it_is),
        cmocka_unit_test(an_overlong_value_is_431_on_its_stream),
        cmocka_unit_test(the_code_of_a_shortened_value_ends_rightly),
        cmocka_unit_test(what_is_far_too_long_ends_the_connection),
    };
    return cmocka_run_group_tests_name("http/overlong", tests, NULL, NULL);
}
