/* The list of changes against the contract, and every kind there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "sale/change.h"

static const enum change_kind kinds[] = {
#define X(NAME, ...) CHANGE_##NAME,
    CHANGE_LIST(X)
#undef X
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    return 0;
}

/* Every field of every kind is set, each to something else. */
static struct change full(enum change_kind kind)
{
    struct change change = {.kind = kind,
                            .state = 2,
                            .payment_method = 3,
                            .seat_count = 3,
                            .at_ms = -7,
                            .hold_id = {1, 2},
                            .order_id = {3, 4},
                            .account_id = {5, 6},
                            .payment_id = {7, 8},
                            .expires_at_ms = INT64_MAX,
                            .total = -9,
                            .before_ms = -11,
                            .rest_until_ms = 13,
                            .seats = {0, 7, UINT32_MAX},
                            .left = {3, 8, 9},
                            .left_count = 3,
                            .to = {9, 3, 8},
                            .difference = -29,
                            .record = VIEW_LIT("record"),
                            .key_len = 2,
                            .key = "k1",
                            .block_id = {9, 10},
                            .plan_id = {11, 12},
                            .from_ms = 17,
                            .by_time = 1,
                            .reason_len = 5,
                            .reason = "press",
                            .amounts = {0, 1, INT64_MAX},
                            .amount_count = 3,
                            .types = {0, 31, 2},
                            .type_count = 3,
                            .code = 18,
                            .code_index = 19,
                            .wish_id = {20, 21},
                            .offer_ms = 22,
                            .category = 23,
                            .section = 24,
                            .party = 25,
                            .fewest = 26,
                            .lapses = 27,
                            .wheelchairs = 28,
                            .price_list = 15,
                            .number = 16,
                            .list = VIEW_LIT("list")};
    memset(change.request_hash, 0xab, sizeof(change.request_hash));
    return change;
}

/* What a member is after reading: as written where the kind has it, else zero. */
static void every_kind_comes_back(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct change change = full(kinds[i]), expected = {.kind = kinds[i], .at_ms = -7}, got;
        Usher__V1__LedgerEntry entry;
        assert_int_equal(change_write(&change, &arena, &entry), 0);
        assert_int_equal(change_read(&entry, &got), 0);
        switch (kinds[i]) {
#define KEEP_id(name)     expected.name = change.name;
#define KEEP_id_may(name) expected.name = change.name;
#define KEEP_i64(name)    expected.name = change.name;
#define KEEP_u32(name)    expected.name = change.name;
#define KEEP_seats(name)                                                                           \
    expected.seat_count = change.seat_count,                                                       \
    memcpy(expected.seats, change.seats, sizeof(change.seats));
#define KEEP_key_may(name)                                                                         \
    expected.key_len = change.key_len;                                                             \
    memcpy(expected.key, change.key, sizeof(change.key));                                          \
    memcpy(expected.request_hash, change.request_hash, sizeof(change.request_hash));
#define KEEP_key_must(name) KEEP_key_may(name)
#define KEEP_text(name)                                                                            \
    expected.name##_len = change.name##_len;                                                       \
    memcpy(expected.name, change.name, sizeof(change.name));
#define KEEP_bytes(name) expected.name = change.name;
#define KEEP_amounts(name)                                                                         \
    expected.amount_count = change.amount_count,                                                   \
    memcpy(expected.amounts, change.amounts, sizeof(change.amounts));
#define KEEP_types(name)                                                                           \
    expected.type_count = change.type_count,                                                       \
    memcpy(expected.types, change.types, sizeof(change.types));
#define KEEP_left(name)                                                                            \
    expected.left_count = change.left_count;                                                       \
    memcpy(expected.left, change.left, sizeof(change.left));
#define KEEP_to(name)    memcpy(expected.to, change.to, sizeof(change.to));
#define KEEP(type, name) KEEP_##type(name)
#define X(NAME, ...)                                                                               \
    case CHANGE_##NAME:                                                                            \
        CHANGE_FIELDS_##NAME(KEEP) break;
            CHANGE_LIST(X)
#undef X
        }
        assert_memory_equal(&got, &expected, sizeof(got));
    }
}

/* The list is the oneof of LedgerEntry, and the fields of each are all that its message has. */
static void the_list_is_the_contract(void **state)
{
    const ProtobufCMessageDescriptor *entry = &usher__v1__ledger_entry__descriptor;
    assert_int_equal(entry->n_fields, KINDS + 1); /* and at_ms */
    for (size_t i = 0; i < KINDS; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(entry, (unsigned)kinds[i]);
        assert_non_null(field);
        assert_string_equal(field->name, change_rule(kinds[i])->name);
        const ProtobufCMessageDescriptor *message = field->descriptor;
        unsigned fields = 0;
        switch (kinds[i]) {
#define COUNT(type, name)                                                                          \
    fields++;                                                                                      \
    assert_non_null(protobuf_c_message_descriptor_get_field_by_name(message, #name));
#define X(NAME, ...)                                                                               \
    case CHANGE_##NAME:                                                                            \
        CHANGE_FIELDS_##NAME(COUNT) break;
            CHANGE_LIST(X)
#undef X
        }
        assert_int_equal(fields, message->n_fields);
    }
}

/* A rule that moves seats or an order moves them from somewhere to somewhere else. */
static void rules_make_sense(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        const struct change_rule *rule = change_rule(kinds[i]);
        assert_int_equal(rule->seats_from == CHANGE_SEATS_NONE,
                         rule->seats_to == CHANGE_SEATS_NONE);
        assert_true(rule->order_from == CHANGE_ORDER_NONE || rule->order_to != CHANGE_ORDER_NONE);
        assert_int_not_equal(rule->sale, 0);
    }
    assert_true(change_fits_sale(CHANGE_HOLD, 2) && !change_fits_sale(CHANGE_HOLD, 3));
    assert_true(change_fits_sale(CHANGE_SALE, 3) && !change_fits_sale(CHANGE_SALE, 1));
    assert_true(change_fits_sale(CHANGE_CANCEL, 1));
    assert_false(change_fits_sale(CHANGE_CANCEL, 0));
    assert_false(change_fits_sale(CHANGE_CANCEL, 4));
    assert_false(change_fits_sale(CHANGE_CANCEL, UINT32_MAX));
}

/* DRAFT ─▶ OPEN ◀─▶ PAUSED, and nothing else. */
static void a_sale_goes_its_ways_only(void **state)
{
    const uint32_t ways[][2] = {{1, 2}, {2, 3}, {3, 2}};
    uint32_t count = 0;
    for (uint32_t from = 0; from < 6; from++) {
        for (uint32_t to = 0; to < 6; to++)
            count += change_sale_may_go(from, to);
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(change_sale_may_go(ways[i][0], ways[i][1]));
    assert_int_equal(count, 3);
}

static void what_is_no_change_is_refused(void **state)
{
    struct change got;
    Usher__V1__LedgerEntry entry = USHER__V1__LEDGER_ENTRY__INIT;
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    struct change bad = full(CHANGE_ORDER_KEY);
    bad.key_len = 0;
    assert_int_equal(change_write(&bad, &arena, &entry), 0);
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    bad = full(CHANGE_SALE), bad.payment_id = (struct id){0};
    assert_int_equal(change_write(&bad, &arena, &entry), 0);
    assert_int_equal(entry.sale->payment_id.len, 0);
    assert_int_equal(change_read(&entry, &got), 0);
    entry.sale->payment_id = (ProtobufCBinaryData){15, (uint8_t[15]){1}};
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    bad = full(CHANGE_CANCEL), bad.order_id = (struct id){0};
    assert_int_equal(change_write(&bad, &arena, &entry), 0);
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    bad = full(CHANGE_SALE), bad.seats[2] = 7;
    assert_int_equal(change_write(&bad, &arena, &entry), 0);
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
}

static void every_kind_needs_all_of_its_memory(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct change change = full(kinds[i]);
        Usher__V1__LedgerEntry entry;
        int err = ERR_NO_MEMORY;
        size_t max = 0;
        for (; max < 4096 && err != 0; max += 16) {
            struct arena small;
            arena_init(&small, max);
            err = change_write(&change, &small, &entry);
            assert_true(err == 0 || err == ERR_NO_MEMORY);
            arena_release(&small);
        }
        assert_int_equal(err, 0);
    }
}

/* The key and the second id are there, or are not. */
static void what_may_be_missing_may_be_missing(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct change change = full(kinds[i]), got;
        Usher__V1__LedgerEntry entry;
        change.payment_id = change.account_id = change.plan_id = (struct id){0};
        change.key_len = 0;
        assert_int_equal(change_write(&change, &arena, &entry), 0);
        const int err = change_read(&entry, &got); /* an account must be there in most */
        assert_true(err == 0 || err == ERR_CORRUPT);
    }
}

static void a_reason_has_a_length(void **state)
{
    struct change change = full(CHANGE_BLOCK), got;
    Usher__V1__LedgerEntry entry;
    static char text[CHANGE_REASON_MAX + 1];
    assert_int_equal(change_write(&change, &arena, &entry), 0);
    entry.block->reason = (ProtobufCBinaryData){.len = 0};
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    entry.block->reason = (ProtobufCBinaryData){.len = sizeof(text), .data = (uint8_t *)text};
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
}

static void a_list_has_a_length_and_amounts_are_those_of_seats(void **state)
{
    struct change change = full(CHANGE_PRICES), got;
    Usher__V1__LedgerEntry entry;
    static char text[CHANGE_LIST_MAX + 1];
    assert_int_equal(change_write(&change, &arena, &entry), 0);
    entry.prices->list = (ProtobufCBinaryData){.len = 0};
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    entry.prices->list = (ProtobufCBinaryData){.len = sizeof(text), .data = (uint8_t *)text};
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    change = full(CHANGE_SALE);
    change.amount_count = 2;
    assert_int_equal(change_write(&change, &arena, &entry), 0);
    assert_int_equal(change_read(&entry, &got), ERR_CORRUPT);
    entry.sale->n_amounts = 0;
    assert_int_equal(change_read(&entry, &got), 0);
    assert_int_equal(got.amount_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_needs_all_of_its_memory),
        cmocka_unit_test_setup_teardown(what_may_be_missing_may_be_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reason_has_a_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_has_a_length_and_amounts_are_those_of_seats, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_kind_comes_back, set_up, tear_down),
        cmocka_unit_test(the_list_is_the_contract),
        cmocka_unit_test(rules_make_sense),
        cmocka_unit_test(a_sale_goes_its_ways_only),
        cmocka_unit_test_setup_teardown(what_is_no_change_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
