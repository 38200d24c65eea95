/* A ledger that is right, and every way in which it can be wrong that the proof is to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "svc/monitor/proof.h"

struct story {
    struct arena arena;
    struct proof proof;
    struct ledger_row row; /* the last one */
};

static struct id id_of(uint8_t n)
{
    uint8_t bytes[ID_BYTES] = {0};
    bytes[ID_BYTES - 1] = n;
    struct id id;
    assert_int_equal(id_from_bytes(view_of(bytes, sizeof(bytes)), &id), 0);
    return id;
}

static struct change a_hold(uint8_t hold, uint32_t seat)
{
    return (struct change){.kind = CHANGE_HOLD,
                           .at_ms = 1000,
                           .hold_id = id_of(hold),
                           .account_id = id_of(99),
                           .expires_at_ms = 90000,
                           .seat_count = 2,
                           .seats = {seat, seat + 1}};
}

static struct change a_sale(uint8_t hold, uint32_t seat)
{
    struct change sale = a_hold(hold, seat);
    sale.kind = CHANGE_SALE;
    sale.order_id = sale.hold_id;
    sale.total = 500;
    return sale;
}

static struct change an_end(uint8_t hold, int64_t rest_until_ms)
{
    return (struct change){.kind = CHANGE_EXPIRY,
                           .at_ms = 1000,
                           .hold_id = id_of(hold),
                           .rest_until_ms = rest_until_ms};
}

static void next_row(struct story *story, struct change *changes, size_t count)
{
    struct ledger_row *row = &story->row;
    memcpy(row->prev_hash, row->hash, sizeof(row->hash));
    row->seq++;
    row->epoch = 1;
    row->version_before = row->version;
    row->version += count;
    row->at_ms = 1000;
    assert_int_equal(ledger_pack(changes, count, &story->arena, &row->body), 0);
    ledger_seal(5, row);
}

static void add(struct story *story, struct change *changes, size_t count)
{
    next_row(story, changes, count);
    assert_int_equal(proof_row(&story->proof, &story->row, &story->arena, 7000), 0);
}

static void begin(struct story *story)
{
    *story = (struct story){0};
    arena_init(&story->arena, 8u << 20);
    proof_init(&story->proof, 5);
}

static void end(struct story *story)
{
    proof_release(&story->proof);
    arena_release(&story->arena);
}

static bool all_hold(const struct proof *proof)
{
    for (int k = 0; k < PROOF_KINDS; k++)
        if (proof->findings[k].found)
            return false;
    return true;
}

static void a_right_ledger_holds(void **state)
{
    struct story story;
    begin(&story);
    struct change first[] = {a_hold(1, 10), a_hold(2, 2000)};
    struct change second[] = {a_sale(1, 10), an_end(2, 5000)};
    struct change rested = {
        .kind = CHANGE_RESTED, .at_ms = 1000, .seat_count = 2, .seats = {2000, 2001}};
    struct change cancel = a_sale(1, 10);
    cancel.kind = CHANGE_CANCEL;
    struct change again = a_hold(3, 10);
    add(&story, first, 2);
    assert_int_equal(story.proof.held, 4);
    add(&story, second, 2);
    assert_true(story.proof.held == 0 && story.proof.sold == 2 && story.proof.resting == 2);
    add(&story, &rested, 1);
    add(&story, &cancel, 1);
    add(&story, &again, 1);
    assert_true(story.proof.held == 2 && story.proof.sold == 0 && story.proof.resting == 0);
    assert_true(all_hold(&story.proof));
    assert_int_equal(story.proof.entries, 7);
    end(&story);
}

static void holds_come_and_go_by_thousands(void **state)
{
    struct story story;
    begin(&story);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 600; i++) {
            struct change hold = a_hold(0, 2 * i);
            uint8_t bytes[ID_BYTES] = {1, (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(round + 1)};
            assert_int_equal(id_from_bytes(view_of(bytes, sizeof(bytes)), &hold.hold_id), 0);
            add(&story, &hold, 1);
        }
        assert_int_equal(story.proof.held, 1200);
        for (uint32_t i = 0; i < 600; i++) {
            struct change over = an_end(0, 0);
            uint8_t bytes[ID_BYTES] = {1, (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(round + 1)};
            assert_int_equal(id_from_bytes(view_of(bytes, sizeof(bytes)), &over.hold_id), 0);
            add(&story, &over, 1);
        }
        assert_int_equal(story.proof.held, 0);
    }
    assert_int_equal(story.proof.hold_count, 600); /* places are used again */
    assert_true(all_hold(&story.proof));
    end(&story);
}

static void two_claims_on_a_place_are_found(void **state)
{
    struct story story;
    begin(&story);
    struct change first = a_hold(1, 10), second = a_hold(2, 11);
    add(&story, &first, 1);
    add(&story, &second, 1);
    assert_true(story.proof.findings[PROOF_CLAIMS].found);
    assert_int_equal(story.proof.findings[PROOF_CLAIMS].since_ms, 7000);
    assert_string_equal(story.proof.findings[PROOF_CLAIMS].text,
                        "row 2, hold: place 11 is held, not free");
    assert_false(story.proof.findings[PROOF_CHAIN].found);
    end(&story);
}

static void a_sale_of_what_another_holds_is_found(void **state)
{
    struct story story;
    begin(&story);
    struct change holds[] = {a_hold(1, 10), a_hold(2, 20)};
    struct change sale = a_sale(2, 10);
    add(&story, holds, 2);
    add(&story, &sale, 1);
    assert_string_equal(story.proof.findings[PROOF_CLAIMS].text,
                        "row 2, sale: place 10 is another's");
    end(&story);
    begin(&story);
    struct change none = a_sale(3, 10);
    add(&story, &none, 1);
    assert_string_equal(story.proof.findings[PROOF_CLAIMS].text,
                        "row 1, sale: there is no such hold");
    end(&story);
}

static void an_altered_row_breaks_the_chain(void **state)
{
    struct story story;
    begin(&story);
    struct change first = a_hold(1, 10), second = a_hold(2, 20);
    add(&story, &first, 1);
    next_row(&story, &second, 1);
    ((uint8_t *)story.row.body.at)[story.row.body.len - 1] ^= 1;
    assert_int_equal(proof_row(&story.proof, &story.row, &story.arena, 8000), 0);
    assert_true(story.proof.findings[PROOF_CHAIN].found);
    assert_int_equal(story.proof.findings[PROOF_CHAIN].since_ms, 8000);
    end(&story);
}

static void counts_that_differ_are_found_where_they_stay_so(void **state)
{
    struct story story;
    begin(&story);
    struct change first = a_hold(1, 10);
    add(&story, &first, 1);
    struct proof_counts counts = {.version = 1, .held = 2};
    proof_compare(&story.proof, &counts, 1, 1);
    proof_compare(&story.proof, &counts, 1 + PROOF_ODD_NS, 2);
    assert_true(all_hold(&story.proof));
    counts.held = 1;
    counts.version = 2; /* another version says nothing */
    proof_compare(&story.proof, &counts, 1, 1);
    proof_compare(&story.proof, &counts, 1 + PROOF_ODD_NS, 2);
    assert_true(all_hold(&story.proof));
    counts.version = 1;
    proof_compare(&story.proof, &counts, 1, 1);
    assert_true(all_hold(&story.proof)); /* once may be between two looks */
    proof_compare(&story.proof, &counts, 1 + PROOF_ODD_NS, 9000);
    assert_true(story.proof.findings[PROOF_COUNTS].found);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_ledger_holds),
        cmocka_unit_test(holds_come_and_go_by_thousands),
        cmocka_unit_test(two_claims_on_a_place_are_found),
        cmocka_unit_test(a_sale_of_what_another_holds_is_found),
        cmocka_unit_test(an_altered_row_breaks_the_chain),
        cmocka_unit_test(counts_that_differ_are_found_where_they_stay_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
