#include "store/tills.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/payments.h"

static struct arena arena;
static struct sql *sql;

static const struct act act = {.at_ms = 1, .what = {"till", 4}};

static struct till till_of(uint64_t number, uint64_t account)
{
    return (struct till){.till_id = {number, 1},
                         .organiser_id = 3,
                         .account_id = {account, 9},
                         .currency = VIEW_LIT("KRW"),
                         .opening = 50000,
                         .opened_at_ms = 10};
}

static struct payment captured(uint64_t number, int64_t amount, const struct payment_till *till,
                               int expected)
{
    struct payment p = {.payment_id = {number, 5},
                        .hold_id = {number, 6},
                        .account_id = {number, 7},
                        .performance_id = 4,
                        .state = PAYMENT_CONFIRMING,
                        .books.amount = amount,
                        .currency = VIEW_LIT("KRW"),
                        .provider = VIEW_LIT(PAYMENT_BOX_OFFICE),
                        .return_path = VIEW_LIT("/"),
                        .seats = {1, 2},
                        .seat_count = 2};
    const struct payment_event event = {.at_ms = 20, .payment_id = p.payment_id, .what = "state"};
    const uint8_t hash[32] = {1};
    assert_int_equal(payment_put(sql, &p, VIEW_LIT("till"), view_of(hash, 32), DEADLINE_NEVER), 0);
    p.version = 1;
    p.state = PAYMENT_CAPTURED;
    p.books.captured = amount;
    p.till = till;
    assert_int_equal(payment_save(sql, &p, &event, NULL, DEADLINE_NEVER), expected);
    return p;
}

static struct till_sums sums_of(struct id till_id)
{
    struct till_sums sums;
    assert_int_equal(till_sum(sql, till_id, &arena, &sums, DEADLINE_NEVER), 0);
    return sums;
}

static void a_person_has_one_open_till(void **state)
{
    struct till till = till_of(1, 1), other = till_of(2, 1), read;
    assert_int_equal(till_open(sql, &till, &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_open(sql, &other, &act, DEADLINE_NEVER), ERR_EXISTS);
    other.organiser_id = 4; /* at another organiser it may be */
    assert_int_equal(till_open(sql, &other, &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_open_of(sql, 3, till.account_id, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(id_eq(read.till_id, till.till_id) && read.opening == 50000);
    assert_int_equal(till_open_of(sql, 3, (struct id){8, 8}, &arena, &read, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
}

/* The capture and its entry are one; what a closed till would take is not taken. */
static void money_is_in_a_till_or_nowhere(void **state)
{
    struct till till = till_of(11, 11), read;
    struct payment_till hand = {.till_id = till.till_id, .means = TILL_CASH, .tendered = 50000};
    struct till_entry *entries;
    size_t count;
    assert_int_equal(till_open(sql, &till, &act, DEADLINE_NEVER), 0);
    struct payment p = captured(21, 30000, &hand, 0);
    assert_null(p.till); /* written once */
    hand.means = TILL_CARD;
    hand.note = VIEW_LIT("0042");
    captured(22, 7000, &hand, 0);
    p.state = PAYMENT_DONE;
    p.books.sold = 30000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    /* A half of it goes back in cash. */
    const struct refund back = {.refund_id = {31, 1},
                                .payment_id = p.payment_id,
                                .state = REFUND_PENDING,
                                .seats = {1},
                                .seat_count = 1,
                                .amount = 15000};
    const struct payment_event event = {.at_ms = 30, .payment_id = p.payment_id, .what = "state"};
    const struct payment_till out = {.till_id = till.till_id, .means = TILL_CASH};
    p.state = PAYMENT_REFUNDING;
    p.books.sold = p.books.pending = 15000;
    p.till = &out;
    assert_int_equal(payment_save(sql, &p, &event, &back, DEADLINE_NEVER), 0);
    const struct till_sums sums = sums_of(till.till_id);
    assert_true(sums.taken[TILL_CASH] == 30000 && sums.returned[TILL_CASH] == 15000);
    assert_true(sums.taken[TILL_CARD] == 7000 && sums.sales == 2 && sums.refunds == 1);
    assert_int_equal(till_expected(&till, &sums), 65000);
    assert_int_equal(
        till_entries(sql, till.till_id, 1, 10, &arena, &entries, &count, DEADLINE_NEVER), 0);
    assert_true(count == 2 && entries[0].number == 2 && entries[1].number == 3);
    assert_true(entries[1].kind == TILL_REFUND && entries[1].places == 1);
    till.closed_at_ms = 40;
    till.counted = 64000;
    till.note = VIEW_LIT("a thousand is missing");
    assert_int_equal(till_close(sql, &till, &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_close(sql, &till, &act, DEADLINE_NEVER), ERR_CONFLICT);
    assert_int_equal(till_get(sql, till.till_id, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(read.expected == 65000 && read.counted == 64000 && read.entries == 3);
    p = captured(23, 100, &hand, ERR_DENIED);
    struct payment now;
    assert_int_equal(payment_get(sql, p.payment_id, &arena, &now, DEADLINE_NEVER), 0);
    assert_int_equal(now.state, PAYMENT_CONFIRMING);
    assert_int_equal(till_open(sql,
                               &(struct till){.till_id = {12, 1},
                                              .organiser_id = 3,
                                              .account_id = till.account_id,
                                              .currency = VIEW_LIT("EUR")},
                               &act, DEADLINE_NEVER),
                     0);
    hand.till_id = (struct id){12, 1}; /* it counts in another currency */
    captured(24, 100, &hand, ERR_DENIED);
}

static void a_comp_is_begun_and_ended(void **state)
{
    struct till till = till_of(41, 41);
    struct till_entry comp = {.till_id = till.till_id,
                              .at_ms = 20,
                              .kind = TILL_GIVEN,
                              .means = TILL_COMP,
                              .state = TILL_BEGUN,
                              .about = {51, 1},
                              .order_id = {51, 1},
                              .performance_id = 4,
                              .places = 2,
                              .note = VIEW_LIT("press"),
                              .next_at_ms = 100},
                      read, *due;
    size_t count;
    assert_int_equal(till_open(sql, &till, &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_begin_comp(sql, &comp, VIEW_LIT("KRW"), &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_begin_comp(sql, &comp, VIEW_LIT("KRW"), &act, DEADLINE_NEVER),
                     ERR_EXISTS);
    till.closed_at_ms = 40;
    assert_int_equal(till_close(sql, &till, &act, DEADLINE_NEVER), ERR_BUSY);
    assert_int_equal(till_due(sql, 99, 10, &arena, &due, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(till_due(sql, 100, 10, &arena, &due, &count, DEADLINE_NEVER), 0);
    assert_true(count == 1 && view_eq(due[0].note, VIEW_LIT("press")));
    assert_int_equal(sums_of(till.till_id).comps, 0);
    assert_int_equal(till_end_comp(sql, comp.about, TILL_DONE, DEADLINE_NEVER), 0);
    assert_int_equal(till_end_comp(sql, comp.about, TILL_VOID, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(till_entry_about(sql, comp.about, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(read.state == TILL_DONE && read.number == 1 && read.next_at_ms == 0);
    const struct till_sums sums = sums_of(till.till_id);
    assert_true(sums.comps == 1 && sums.comp_places == 2 && till_expected(&till, &sums) == 50000);
    assert_int_equal(till_close(sql, &till, &act, DEADLINE_NEVER), 0);
}

static void who_gives_comps_is_said_for_an_organiser(void **state)
{
    bool comps = true;
    assert_int_equal(till_rule_get(sql, 3, &comps, DEADLINE_NEVER), 0);
    assert_false(comps);
    assert_int_equal(till_rule_set(sql, 3, true, &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_rule_set(sql, 3, true, &act, DEADLINE_NEVER), 0);
    assert_int_equal(till_rule_get(sql, 3, &comps, DEADLINE_NEVER), 0);
    assert_true(comps);
    assert_int_equal(till_rule_get(sql, 4, &comps, DEADLINE_NEVER), 0);
    assert_false(comps);
}

static void tills_are_listed_newest_first(void **state)
{
    struct till *tills;
    size_t count;
    const struct id whose = {11, 9};
    assert_int_equal(
        till_list(sql, 3, NULL, (struct id){0}, 2, &arena, &tills, &count, DEADLINE_NEVER), 0);
    assert_true(count == 2 && tills[0].till_id.hi == 41 && tills[1].till_id.hi == 12);
    assert_int_equal(
        till_list(sql, 3, &whose, tills[0].till_id, 9, &arena, &tills, &count, DEADLINE_NEVER), 0);
    assert_true(count == 2 && tills[1].till_id.hi == 11);
    assert_int_equal(
        till_list(sql, 0, NULL, (struct id){0}, 99, &arena, &tills, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 5);
}

static int set_up(void **state)
{
    arena_init(&arena, 1u << 20);
    return sql_faulty_new(&arena, &sql) == 0 && accounts_migrate(sql, false, 0) == 0 &&
                   payments_migrate(sql, false, 0) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_has_one_open_till),
        cmocka_unit_test(money_is_in_a_till_or_nowhere),
        cmocka_unit_test(a_comp_is_begun_and_ended),
        cmocka_unit_test(who_gives_comps_is_said_for_an_organiser),
        cmocka_unit_test(tills_are_listed_newest_first),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
