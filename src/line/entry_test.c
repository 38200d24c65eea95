#include "line/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"

static const struct line_entry samples[] = {
    {.kind = LINE_DRAW_OPENED, .at_ms = 1},
    {.kind = LINE_ENTERED_DRAW, .at_ms = INT64_C(0xffffffffffff), .account_id = {1, 2}},
    {.kind = LINE_LEFT_DRAW, .at_ms = 3, .account_id = {UINT64_MAX, 0}},
    {.kind = LINE_DRAWN, .at_ms = 4, .number = 7, .secret = {1, 2}, .root = {3, [31] = 9}},
    {.kind = LINE_OPENED, .at_ms = 5},
    {.kind = LINE_JOINED, .at_ms = 6, .account_id = {5, 6}, .number = UINT32_MAX},
    {.kind = LINE_CALLED_UP_TO, .at_ms = 7, .number = 8},
    {.kind = LINE_CAME_IN, .at_ms = 8, .number = 8, .other = 2},
    {.kind = LINE_ENDED, .at_ms = 9, .number = 8, .how = LINE_END_PAID},
    {.kind = LINE_LIMITS, .at_ms = 10, .number = 1, .other = 2},
    {.kind = LINE_CAPACITY, .at_ms = 11, .number = 1, .other = 2, .how = LINE_WHY_SLOW},
    {.kind = LINE_HALTED, .at_ms = 12},
    {.kind = LINE_RESUMED, .at_ms = 13},
    {.kind = LINE_STOPPED, .at_ms = 13},
    {.kind = LINE_CLOSED, .at_ms = 14, .how = LINE_OVER_TIME},
    {.kind = LINE_BEACON_NAMED, .at_ms = 15, .number = UINT32_MAX, .root = {5, [31] = 6}},
    {.kind = LINE_BEACON_GIVEN, .at_ms = 16, .number = 1, .root = {7, [31] = 8}},
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void what_is_written_is_read(void **state)
{
    struct buf body;
    buf_init(&body, LINE_BODY_MAX);
    static_assert(SAMPLES == LINE_KIND_LAST, "every kind has a sample");
    for (size_t i = 0; i < SAMPLES; i++)
        assert_int_equal(line_entry_write(&samples[i], &body), 0);
    struct view left = buf_view(&body);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct line_entry entry = {0};
        assert_int_equal(line_entry_read(&left, &entry), 0);
        assert_int_equal(entry.kind, samples[i].kind);
        assert_true(entry.at_ms == samples[i].at_ms && entry.number == samples[i].number);
        assert_true(entry.how == samples[i].how && entry.other == samples[i].other);
        assert_true(id_eq(entry.account_id, samples[i].account_id));
        assert_memory_equal(entry.secret, samples[i].secret, LINE_HASH_BYTES);
        assert_memory_equal(entry.root, samples[i].root, LINE_HASH_BYTES);
    }
    assert_int_equal(left.len, 0);
    buf_release(&body);
}

static void what_is_cut_or_unknown_is_refused(void **state)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        struct buf body;
        struct line_entry entry;
        buf_init(&body, LINE_ENTRY_MAX);
        assert_int_equal(line_entry_write(&samples[i], &body), 0);
        for (size_t len = 0; len < body.len; len++) {
            struct view cut = view_of(body.bytes, len);
            assert_int_equal(line_entry_read(&cut, &entry), ERR_CORRUPT);
            assert_int_equal(cut.len, len);
        }
        buf_release(&body);
    }
    static const char *const bad[] = {
        "\0\0\0\0\0\0\1", "\17\0\0\0\0\0\1", /* no such kind */
        "\16\0\0\0\0\0\1\3",                 /* over, why? */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct view body = view_of(bad[i], i == 2 ? 8 : 7);
        struct line_entry entry;
        assert_int_equal(line_entry_read(&body, &entry), ERR_CORRUPT);
    }
    /* Nobody's account. */
    uint8_t nobody[7 + ID_BYTES] = {LINE_ENTERED_DRAW};
    struct view body = view_of(nobody, sizeof(nobody));
    struct line_entry entry;
    assert_int_equal(line_entry_read(&body, &entry), ERR_CORRUPT);
}

static void a_hash_covers_everything(void **state)
{
    const struct line_row row = {.seq = 1, .epoch = 2, .at_ms = 3, .body = VIEW_LIT("abc")};
    struct line_row rows[7];
    uint32_t sales[7] = {9, 9, 9, 9, 9, 9, 10};
    for (int i = 0; i < 7; i++)
        rows[i] = row;
    rows[1].seq = 2;
    rows[2].epoch = 3;
    rows[3].at_ms = 4;
    rows[4].prev_hash[31] = 1;
    rows[5].body = VIEW_LIT("abd");
    for (int i = 0; i < 7; i++) {
        line_seal(sales[i], &rows[i]);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(rows[i].hash, rows[k].hash, LINE_HASH_BYTES);
    }
    uint8_t commitment[LINE_HASH_BYTES] = {1}, a[LINE_HASH_BYTES], b[LINE_HASH_BYTES];
    line_genesis_hash(1, commitment, a);
    line_genesis_hash(2, commitment, b);
    assert_memory_not_equal(a, b, sizeof(a));
    commitment[0] = 2;
    line_genesis_hash(1, commitment, b);
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_cut_or_unknown_is_refused),
        cmocka_unit_test(a_hash_covers_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
