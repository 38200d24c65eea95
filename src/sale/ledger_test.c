#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/sha256.h"
#include "sale/ledger.h"

static void to_hex(const uint8_t *bytes, size_t len, char *ret_text)
{
    for (size_t i = 0; i < len; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

/* The values were computed by another program (Python's hashlib) from the documented layout. */
static void hashes_are_the_documented_ones(void **state)
{
    char hex[2 * LEDGER_HASH_BYTES + 1];
    const uint8_t prices[16] = {0xe8, 3, 0, 0, 0, 0, 0, 0, 0xc4, 9};
    struct ledger_genesis genesis = {.performance_id = 7,
                                     .event_id = 2,
                                     .hall_id = 3,
                                     .starts_at_ms = 1790000000000,
                                     .hold_ttl_ms = 300000,
                                     .places_max = 4,
                                     .first_sale_state = 1,
                                     .currency = VIEW_LIT("KRW"),
                                     .prices = view_of(prices, sizeof(prices))};
    sha256(VIEW_LIT("layout"), genesis.layout_hash);
    struct ledger_row row = {
        .seq = 1, .epoch = 5, .version = 2, .at_ms = -1, .body = VIEW_LIT("body")};
    ledger_genesis_hash(&genesis, row.prev_hash);
    to_hex(row.prev_hash, LEDGER_HASH_BYTES, hex);
    assert_string_equal(hex, "6854c84931c48bdc3d7ca06cc080c6cef721908ca2d9fa4772337fb78d222d14");
    uint8_t second[LEDGER_HASH_BYTES]; /* the page's second form */
    genesis.covers_names = genesis.utc_offset_known = true;
    genesis.utc_offset_minutes = 540;
    genesis.section_count = 2;
    genesis.rest_ms = 3000;
    genesis.event_name = VIEW_LIT("Night");
    genesis.hall_name = VIEW_LIT("Hall");
    ledger_genesis_hash(&genesis, second);
    to_hex(second, LEDGER_HASH_BYTES, hex);
    assert_string_equal(hex, "021cd4cedb537e4f996edb98dd9d9cb9db9c601b52649f7388c6e6909b022305");
    ledger_seal(7, &row);
    to_hex(row.hash, LEDGER_HASH_BYTES, hex);
    assert_string_equal(hex, "fc81be8dae98fde9a155ea988bb7341bb66ebd2d69394c65d0f748c524e62d93");
}

/* The worked example of docs/internals/ledger.md; the values are of Python's hashlib again. */
static void the_page_s_example_is_true(void **state)
{
    char hex[2 * LEDGER_HASH_BYTES + 1];
    uint8_t ids[32];
    for (uint8_t i = 0; i < 32; i++)
        ids[i] = i;
    struct change hold = {.kind = CHANGE_HOLD,
                          .at_ms = 1790000000123,
                          .seat_count = 2,
                          .seats = {120, 121},
                          .expires_at_ms = 1790000300123,
                          .key_len = 2,
                          .key = "k1"};
    assert_int_equal(id_from_bytes(view_of(ids, 16), &hold.hold_id), 0);
    assert_int_equal(id_from_bytes(view_of(ids + 16, 16), &hold.account_id), 0);
    memset(hold.request_hash, 0xab, sizeof(hold.request_hash));
    struct arena arena;
    arena_init(&arena, 4096);
    struct ledger_row row = {.seq = 1,
                             .epoch = 5,
                             .version = 1,
                             .at_ms = 1790000000123,
                             .prev_hash = {0x68, 0x54, 0xc8, 0x49, 0x31, 0xc4, 0x8b, 0xdc,
                                           0x3d, 0x7c, 0xa0, 0x6c, 0xc0, 0x80, 0xc6, 0xce,
                                           0xf7, 0x21, 0x90, 0x8c, 0xa2, 0xd9, 0xfa, 0x47,
                                           0x72, 0x33, 0x7f, 0xb7, 0x8d, 0x22, 0x2d, 0x14}};
    assert_int_equal(ledger_pack(&hold, 1, &arena, &row.body), 0);
    assert_int_equal(row.body.len, 98);
    ledger_seal(7, &row);
    to_hex(row.hash, LEDGER_HASH_BYTES, hex);
    assert_string_equal(hex, "0f33888abc7a8281e16b70eb6825ed08702e47e7294786039bad2694379946b5");
    arena_release(&arena);
}

static enum ledger_break broken(const struct ledger_row *row, struct ledger_tail tail)
{
    const enum ledger_break found = ledger_follow(9, row, &tail);
    assert_true(tail.seq == row->seq && tail.version == row->version); /* moved on in any case */
    assert_memory_equal(tail.hash, row->hash, LEDGER_HASH_BYTES);
    return found;
}

static void every_field_is_covered(void **state)
{
    struct ledger_tail tail = {
        .seq = 4, .epoch = 2, .version = 10, .at_ms = 100, .hash = {1, 2, 3}};
    struct ledger_row row = {.seq = 5,
                             .epoch = 2,
                             .version_before = 10,
                             .version = 13,
                             .at_ms = 100,
                             .prev_hash = {1, 2, 3},
                             .body = VIEW_LIT("some body")};
    ledger_seal(9, &row);
    assert_int_equal(broken(&row, tail), LEDGER_OK);

    struct ledger_row bad = row;
    bad.seq = 6;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_SEQ);
    bad = row, bad.version_before = 11;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_VERSION);
    bad = row, bad.version = 10;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_VERSION);
    bad = row, bad.epoch = 1;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_EPOCH);
    bad = row, bad.at_ms = 99;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_TIME);
    bad = row, bad.prev_hash[31] = 1;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_PREV_HASH);

    /* what could still follow must be caught by the hash */
    bad = row, bad.version = 14;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_HASH);
    bad = row, bad.epoch = 3;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_HASH);
    bad = row, bad.at_ms = 101;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_HASH);
    bad = row, bad.body = VIEW_LIT("some bodz");
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_HASH);
    bad = row, bad.hash[0] ^= 1;
    assert_int_equal(broken(&bad, tail), LEDGER_BREAK_HASH);
    const enum ledger_break found = ledger_follow(8, &row, &tail); /* another performance's row */
    assert_int_equal(found, LEDGER_BREAK_HASH);
}

/* A batch with one hold of these seats, right or wrong: as another program might write it. */
static struct view pack_hold(struct arena *arena, size_t id_bytes, uint32_t *seats,
                             size_t seat_count, size_t key_bytes, size_t request_hash_bytes)
{
    static uint8_t bytes[128] = {1};
    Usher__V1__LedgerKey key = USHER__V1__LEDGER_KEY__INIT;
    key.key = (ProtobufCBinaryData){key_bytes, bytes};
    key.request_hash = (ProtobufCBinaryData){request_hash_bytes, bytes};
    Usher__V1__LedgerHold hold = USHER__V1__LEDGER_HOLD__INIT;
    hold.hold_id = hold.account_id = (ProtobufCBinaryData){id_bytes, bytes};
    hold.seats = seats;
    hold.n_seats = seat_count;
    hold.expires_at_ms = 5000;
    hold.key = key_bytes + request_hash_bytes > 0 ? &key : NULL;
    Usher__V1__LedgerEntry entry = USHER__V1__LEDGER_ENTRY__INIT, *entries[] = {&entry};
    entry.change_case = USHER__V1__LEDGER_ENTRY__CHANGE_HOLD;
    entry.hold = &hold;
    Usher__V1__LedgerBatch batch = USHER__V1__LEDGER_BATCH__INIT;
    batch.entries = entries;
    batch.n_entries = 1;
    const size_t len = usher__v1__ledger_batch__get_packed_size(&batch);
    uint8_t *packed = arena_alloc(arena, len);
    usher__v1__ledger_batch__pack(&batch, packed);
    return view_of(packed, len);
}

static void bodies_come_back(void **state)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct change *changes = NULL;
    size_t count = 0;
    struct view body = pack_hold(&arena, 16, (uint32_t[]){3, 70000}, 2, 4, 32);
    assert_int_equal(ledger_unpack(body, &arena, &changes, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].kind, CHANGE_HOLD);
    assert_int_equal(changes[0].seats[1], 70000);
    assert_int_equal(changes[0].key_len, 4);
    body = pack_hold(&arena, 16, (uint32_t[]){0}, 1, 0, 0);
    assert_int_equal(ledger_unpack(body, &arena, &changes, &count), 0);
    assert_int_equal(changes[0].key_len, 0);
    arena_release(&arena);
}

static void wrong_bodies_are_refused(void **state)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct change *changes = NULL;
    size_t count = 0;
    uint32_t nine[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    const struct view bodies[] = {
        pack_hold(&arena, 15, (uint32_t[]){1}, 1, 0, 0),
        pack_hold(&arena, 17, (uint32_t[]){1}, 1, 0, 0),
        pack_hold(&arena, 16, NULL, 0, 0, 0),
        pack_hold(&arena, 16, (uint32_t[]){1, 1}, 2, 0, 0),
        pack_hold(&arena, 16, (uint32_t[]){2, 1}, 2, 0, 0),
        pack_hold(&arena, 16, nine, 9, 0, 0),
        pack_hold(&arena, 16, (uint32_t[]){1}, 1, 65, 32),
        pack_hold(&arena, 16, (uint32_t[]){1}, 1, 0, 32),
        pack_hold(&arena, 16, (uint32_t[]){1}, 1, 4, 31),
        VIEW_LIT(""),
        VIEW_LIT("\x0a\x00"),     /* an entry without a change */
        VIEW_LIT("\x0a\x02\x08"), /* cut short */
        VIEW_LIT("\xff\xff\xff"),
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(ledger_unpack(bodies[i], &arena, &changes, &count), ERR_CORRUPT);
    assert_null(changes);
    arena_release(&arena);
}

static void a_full_arena_is_no_corruption(void **state)
{
    struct arena arena, small;
    arena_init(&arena, 1 << 20);
    struct view body = pack_hold(&arena, 16, (uint32_t[]){3, 70000}, 2, 4, 32);
    struct change *changes = NULL;
    size_t max = 0, count = 0;
    int rc = ERR_NO_MEMORY;
    for (; max < 4096 && rc < 0; max += 16) {
        arena_init(&small, max);
        rc = ledger_unpack(body, &small, &changes, &count);
        assert_true(rc == 0 || rc == ERR_NO_MEMORY);
        arena_release(&small);
    }
    assert_int_equal(rc, 0);
    assert_true(max > 64);
    arena_release(&arena);
}

/* Of every kind: one that is cut short anywhere is refused, and never read as another. */
static void packing_needs_all_of_its_memory(void **state)
{
    static struct change changes[3];
    for (size_t i = 0; i < 3; i++)
        changes[i] = (struct change){.kind = CHANGE_SALE_STATE, .state = 2};
    struct arena small;
    struct view body;
    int rc = ERR_NO_MEMORY;
    size_t max = 0;
    for (; max < 8192 && rc < 0; max += 16) {
        arena_init(&small, max);
        rc = ledger_pack(changes, 3, &small, &body);
        assert_true(rc == 0 || rc == ERR_NO_MEMORY);
        arena_release(&small);
    }
    assert_int_equal(rc, 0);
    assert_true(max > 64);
}

static void each_break_has_its_sentence(void **state)
{
    static const enum ledger_break breaks[] = {
        LEDGER_OK,         LEDGER_BREAK_SEQ,       LEDGER_BREAK_VERSION, LEDGER_BREAK_EPOCH,
        LEDGER_BREAK_TIME, LEDGER_BREAK_PREV_HASH, LEDGER_BREAK_HASH,    (enum ledger_break)99};
    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ledger_break_text(breaks[i]), ledger_break_text(breaks[k]));
}

static void bodies_of_too_much_are_refused(void **state)
{
    static char bytes[2 * (LEDGER_ENTRIES_MAX + 1)];
    static char large[LEDGER_BODY_MAX + 1];
    struct arena arena;
    struct change *changes = NULL;
    size_t count = 0;
    arena_init(&arena, 16 << 20);
    for (size_t i = 0; i < sizeof(bytes); i += 2)
        bytes[i] = 0x0a; /* empty entries */
    assert_int_equal(ledger_unpack(view_of(bytes, sizeof(bytes)), &arena, &changes, &count),
                     ERR_CORRUPT);
    assert_int_equal(ledger_unpack(view_of(large, sizeof(large)), &arena, &changes, &count),
                     ERR_CORRUPT);
    /* a batch that has a field of another number only */
    assert_int_equal(ledger_unpack(VIEW_LIT("\x78\x01"), &arena, &changes, &count), ERR_CORRUPT);
    arena_release(&arena);
}

static void a_row_has_a_maximum(void **state)
{
    struct arena arena;
    arena_init(&arena, 64);
    static struct change changes[LEDGER_ENTRIES_MAX + 1];
    for (size_t i = 0; i <= LEDGER_ENTRIES_MAX; i++)
        changes[i].kind = CHANGE_SALE_STATE;
    struct view body = {0};
    assert_int_equal(ledger_pack(changes, LEDGER_ENTRIES_MAX + 1, &arena, &body), ERR_FULL);
    assert_int_equal(ledger_pack(changes, LEDGER_ENTRIES_MAX, &arena, &body), ERR_NO_MEMORY);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_the_documented_ones),
        cmocka_unit_test(the_page_s_example_is_true),
        cmocka_unit_test(every_field_is_covered),
        cmocka_unit_test(bodies_come_back),
        cmocka_unit_test(wrong_bodies_are_refused),
        cmocka_unit_test(a_full_arena_is_no_corruption),
        cmocka_unit_test(a_row_has_a_maximum),
        cmocka_unit_test(packing_needs_all_of_its_memory),
        cmocka_unit_test(each_break_has_its_sentence),
        cmocka_unit_test(bodies_of_too_much_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
