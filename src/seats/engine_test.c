#include "seats/seats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seats/fixture_test.h"

#define ANN 101
#define BEN 102

struct fixture {
    struct hall hall;
    struct seats *s;
};

/* Twelve seats; three places an account, two accounts. */
static int set_up(void **state)
{
    static struct fixture fixture;
    static const char *const rows[] = {"......", "......"};
    fixture_init(&fixture.hall);
    fixture_rows(&fixture.hall, rows, 2);
    assert_int_equal(seats_new(&fixture.hall, &(struct seats_limits){3, 2}, &fixture.s), 0);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    seats_check(f->s);
    seats_free(f->s);
    fixture_release(&f->hall);
    return 0;
}

static struct seats_hold ask_for(uint64_t hold, uint64_t account, uint32_t first, uint32_t count)
{
    struct seats_hold ask = {
        .hold_id = fixture_id(hold),
        .account_id = fixture_id(account),
        .expires_at_ms = 1000,
        .count = count,
    };
    for (uint32_t i = 0; i < count && i < SEATS_PARTY_MAX; i++)
        ask.seats[i] = first + i;
    return ask;
}

static int hold(struct seats *s, uint64_t hold_number, uint64_t account, uint32_t first,
                uint32_t count)
{
    struct seats_hold ask = ask_for(hold_number, account, first, count);
    return seats_hold(s, &ask, 0, NULL);
}

/* --- every move in every state --- */

enum move {
    HOLD,
    SELL,
    SELL_LATE,
    RELEASE,
    EXPIRE_EARLY,
    EXPIRE,
    UNSELL,
    UNSELL_OTHERS,
    RESTORE,
    REST
};

/* Makes the move for seat 0, hold 1 and account ANN. */
static int make_move(struct seats *s, enum move move)
{
    static const uint32_t seat = 0;
    struct seats_hold ended;
    switch (move) {
    case HOLD:
        return hold(s, 2, ANN, seat, 1);
    case SELL:
        return seats_sell(s, fixture_id(1), 999, NULL);
    case SELL_LATE:
        return seats_sell(s, fixture_id(1), 1000, NULL);
    case RELEASE:
        return seats_release(s, fixture_id(1), NULL);
    case EXPIRE_EARLY:
        return seats_expire(s, 999, &ended, 1) == 1 ? 0 : ERR_NOT_FOUND;
    case EXPIRE:
        return seats_expire(s, 1000, &ended, 1) == 1 ? 0 : ERR_NOT_FOUND;
    case UNSELL:
        return seats_unsell(s, fixture_id(ANN), &seat, 1);
    case UNSELL_OTHERS:
        return seats_unsell(s, fixture_id(BEN), &seat, 1);
    case RESTORE:
        return seats_restore_sold(s, fixture_id(ANN), &seat, 1);
    case REST:
        return seats_rest(s, &seat, 1, 1000);
    }
    return ERR_INVALID;
}

static void test_every_move_in_every_state(void **state)
{
    static const struct {
        enum seats_state from;
        enum move move;
        int code;
        enum seats_state to;
    } table[] = {
        {SEATS_FREE, HOLD, 0, SEATS_HELD},
        {SEATS_FREE, SELL, ERR_NOT_FOUND, SEATS_FREE},
        {SEATS_FREE, SELL_LATE, ERR_NOT_FOUND, SEATS_FREE},
        {SEATS_FREE, RELEASE, ERR_NOT_FOUND, SEATS_FREE},
        {SEATS_FREE, EXPIRE_EARLY, ERR_NOT_FOUND, SEATS_FREE},
        {SEATS_FREE, EXPIRE, ERR_NOT_FOUND, SEATS_FREE},
        {SEATS_FREE, UNSELL, ERR_INVALID, SEATS_FREE},
        {SEATS_FREE, UNSELL_OTHERS, ERR_INVALID, SEATS_FREE},
        {SEATS_FREE, RESTORE, 0, SEATS_SOLD},
        {SEATS_FREE, REST, 0, SEATS_RESTING},
        {SEATS_HELD, HOLD, ERR_CONFLICT, SEATS_HELD},
        {SEATS_HELD, SELL, 0, SEATS_SOLD},
        {SEATS_HELD, SELL_LATE, ERR_TIMEOUT, SEATS_HELD},
        {SEATS_HELD, RELEASE, 0, SEATS_FREE},
        {SEATS_HELD, EXPIRE_EARLY, ERR_NOT_FOUND, SEATS_HELD},
        {SEATS_HELD, EXPIRE, 0, SEATS_FREE},
        {SEATS_HELD, UNSELL, ERR_INVALID, SEATS_HELD},
        {SEATS_HELD, UNSELL_OTHERS, ERR_INVALID, SEATS_HELD},
        {SEATS_HELD, RESTORE, ERR_CONFLICT, SEATS_HELD},
        {SEATS_HELD, REST, ERR_INVALID, SEATS_HELD},
        {SEATS_SOLD, REST, ERR_INVALID, SEATS_SOLD},
        {SEATS_RESTING, HOLD, ERR_CONFLICT, SEATS_RESTING},
        {SEATS_RESTING, SELL, ERR_NOT_FOUND, SEATS_RESTING},
        {SEATS_RESTING, SELL_LATE, ERR_NOT_FOUND, SEATS_RESTING},
        {SEATS_RESTING, RELEASE, ERR_NOT_FOUND, SEATS_RESTING},
        {SEATS_RESTING, EXPIRE_EARLY, ERR_NOT_FOUND, SEATS_RESTING},
        {SEATS_RESTING, EXPIRE, 0, SEATS_FREE},
        {SEATS_RESTING, UNSELL, ERR_INVALID, SEATS_RESTING},
        {SEATS_RESTING, UNSELL_OTHERS, ERR_INVALID, SEATS_RESTING},
        {SEATS_RESTING, RESTORE, ERR_CONFLICT, SEATS_RESTING},
        {SEATS_RESTING, REST, ERR_INVALID, SEATS_RESTING},
        {SEATS_SOLD, HOLD, ERR_CONFLICT, SEATS_SOLD},
        {SEATS_SOLD, SELL, ERR_NOT_FOUND, SEATS_SOLD},
        {SEATS_SOLD, SELL_LATE, ERR_NOT_FOUND, SEATS_SOLD},
        {SEATS_SOLD, RELEASE, ERR_NOT_FOUND, SEATS_SOLD},
        {SEATS_SOLD, EXPIRE_EARLY, ERR_NOT_FOUND, SEATS_SOLD},
        {SEATS_SOLD, EXPIRE, ERR_NOT_FOUND, SEATS_SOLD},
        {SEATS_SOLD, UNSELL, 0, SEATS_FREE},
        {SEATS_SOLD, UNSELL_OTHERS, ERR_INVALID, SEATS_SOLD},
        {SEATS_SOLD, RESTORE, ERR_CONFLICT, SEATS_SOLD},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct seats *s;
        assert_int_equal(seats_new(&f->hall, &(struct seats_limits){3, 2}, &s), 0);
        assert_int_equal(hold(s, 9, BEN, 6, 1), 0); /* so that the other account exists */
        assert_int_equal(seats_sell(s, fixture_id(9), 0, NULL), 0);
        if (table[i].from == SEATS_HELD || table[i].from == SEATS_SOLD)
            assert_int_equal(hold(s, 1, ANN, 0, 1), 0);
        if (table[i].from == SEATS_SOLD)
            assert_int_equal(seats_sell(s, fixture_id(1), 0, NULL), 0);
        if (table[i].from == SEATS_RESTING)
            assert_int_equal(make_move(s, REST), 0);
        assert_int_equal(seats_state(s, 0), table[i].from);
        assert_int_equal(make_move(s, table[i].move), table[i].code);
        assert_int_equal(seats_state(s, 0), table[i].to);
        assert_int_equal(seats_of_account(s, fixture_id(ANN)),
                         table[i].to == SEATS_HELD || table[i].to == SEATS_SOLD);
        assert_int_equal(seats_of_account(s, fixture_id(BEN)), 1);
        seats_check(s);
        seats_free(s);
    }
}

static void test_what_is_left_is_told_of_category_and_section(void **state)
{
    struct fixture *f = *state;
    struct seats *s;
    struct hall *hall = &f->hall;
    hall->seats[11].category = 1; /* one place of its own */
    assert_int_equal(seats_new(hall, &(struct seats_limits){12, 2}, &s), 0);
    assert_int_equal(seats_left(s, 1, 0), SEATS_LEFT_FREE);
    assert_int_equal(hold(s, 1, ANN, 11, 1), 0);
    assert_int_equal(seats_left(s, 1, -1), SEATS_LEFT_SOON);
    assert_int_equal(seats_left(s, 1, 0), SEATS_LEFT_SOON);
    assert_int_equal(seats_left(s, 0, -1), SEATS_LEFT_FREE);
    assert_int_equal(seats_left(s, -1, 0), SEATS_LEFT_FREE);
    assert_int_equal(seats_sell(s, fixture_id(1), 999, NULL), 0);
    assert_int_equal(seats_left(s, 1, -1), SEATS_LEFT_NONE);
    assert_int_equal(hold(s, 2, BEN, 0, 8), 0);
    assert_int_equal(seats_block(s, (uint32_t[]){8, 9, 10}, 3), 0);
    assert_int_equal(seats_left(s, -1, -1), SEATS_LEFT_SOON);
    assert_int_equal(seats_left(s, 1, 0), SEATS_LEFT_NONE);
    assert_int_equal(seats_left(s, 0, 0), SEATS_LEFT_SOON);
    seats_check(s);
    seats_free(s);
    hall->seats[11].category = 0;
}

static void test_what_is_kept_back_is_nobodys(void **state)
{
    struct fixture *f = *state;
    const uint32_t seats[] = {2, 0};
    struct seats *s;
    uint8_t told[8];
    assert_int_equal(seats_new(&f->hall, &(struct seats_limits){3, 2}, &s), 0);
    assert_int_equal(seats_block(s, seats, 2), 0);
    assert_int_equal(seats_counts(s).blocked, 2);
    assert_int_equal(seats_counts(s).free, f->hall.place_count - 2);
    for (enum move move = 0; move <= REST; move++) {
        const int code = make_move(s, move);
        assert_true(code == ERR_CONFLICT || code == ERR_NOT_FOUND || code == ERR_INVALID);
        assert_int_equal(seats_state(s, 0), SEATS_BLOCKED);
        seats_check(s);
    }
    assert_int_equal(seats_block(s, (uint32_t[]){1, 2}, 2), ERR_INVALID); /* all or none */
    assert_int_equal(seats_state(s, 1), SEATS_FREE);
    assert_true(f->hall.place_count <= 4 * sizeof(told));
    seats_snapshot(s, told);
    assert_int_equal(told[0] & 3, SEATS_SOLD); /* to everybody else */
    assert_int_equal(seats_unblock(s, (uint32_t[]){0, 1}, 2), ERR_INVALID);
    assert_int_equal(seats_unblock(s, seats, 2), 0);
    assert_int_equal(seats_counts(s).blocked, 0);
    seats_check(s);
    seats_free(s);
}

/* --- one by one --- */

static void test_hold_is_all_or_none(void **state)
{
    struct fixture *f = *state;
    struct seats_refusal refusal;
    assert_int_equal(hold(f->s, 1, ANN, 2, 1), 0);
    struct seats_hold ask = ask_for(2, BEN, 1, 3);
    assert_int_equal(seats_hold(f->s, &ask, 0, &refusal), ERR_CONFLICT);
    assert_int_equal(refusal.taken_count, 1);
    assert_int_equal(refusal.taken[0], 2);
    assert_int_equal(refusal.nearest_count, 3);
    assert_int_equal(seats_counts(f->s).held, 1);
    assert_int_equal(seats_of_account(f->s, fixture_id(BEN)), 0);
    assert_null(seats_find_hold(f->s, fixture_id(2)));
}

static void test_hold_keeps_what_was_asked(void **state)
{
    struct fixture *f = *state;
    struct seats_hold ask = ask_for(1, ANN, 0, 3), ended;
    ask.seats[0] = 11, ask.seats[1] = 4, ask.seats[2] = 7;
    assert_int_equal(seats_hold(f->s, &ask, 0, NULL), 0);
    const struct seats_hold *held = seats_find_hold(f->s, fixture_id(1));
    assert_non_null(held);
    assert_int_equal(held->count, 3);
    assert_int_equal(held->seats[0], 4);
    assert_int_equal(held->seats[1], 7);
    assert_int_equal(held->seats[2], 11);
    assert_int_equal(seats_next_expiry_ms(f->s), 1000);
    assert_int_equal(seats_sell(f->s, fixture_id(1), 0, &ended), 0);
    assert_true(id_eq(ended.account_id, fixture_id(ANN)));
    assert_int_equal(ended.seats[2], 11);
    assert_int_equal(seats_next_expiry_ms(f->s), INT64_MAX);
    assert_null(seats_find_hold(f->s, fixture_id(1)));
}

static void test_refuses_malformed_asks(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(hold(f->s, 1, ANN, 0, 0), ERR_INVALID);
    assert_int_equal(hold(f->s, 1, ANN, 0, 9), ERR_INVALID);
    assert_int_equal(hold(f->s, 1, ANN, 11, 2), ERR_INVALID);
    struct seats_hold twice = ask_for(1, ANN, 0, 3);
    twice.seats[2] = 0;
    assert_int_equal(seats_hold(f->s, &twice, 0, NULL), ERR_INVALID);
    twice.seats[0] = UINT32_MAX;
    assert_int_equal(seats_hold(f->s, &twice, 0, NULL), ERR_INVALID);
    assert_int_equal(seats_restore_sold(f->s, fixture_id(ANN), (uint32_t[]){3, 3}, 2), ERR_INVALID);
    assert_int_equal(seats_restore_sold(f->s, (struct id){0}, (uint32_t[]){3}, 1), ERR_INVALID);
    assert_int_equal(seats_restore_sold(f->s, fixture_id(ANN), (uint32_t[]){12}, 1), ERR_INVALID);
    assert_int_equal(seats_unsell(f->s, fixture_id(ANN), (uint32_t[]){3}, 1), ERR_INVALID);
    assert_int_equal(seats_restore_sold(f->s, fixture_id(ANN), (uint32_t[]){3}, 1), 0);
    assert_int_equal(seats_unsell(f->s, fixture_id(ANN), (uint32_t[]){3, 3}, 2), ERR_INVALID);
    assert_int_equal(seats_unsell(f->s, fixture_id(ANN), (uint32_t[]){3, 4}, 2), ERR_INVALID);
    assert_int_equal(seats_counts(f->s).sold, 1);
}

static void test_new_refuses_nothing_to_do(void **state)
{
    struct fixture *f = *state;
    struct hall none = {0};
    struct seats *s = NULL;
    assert_int_equal(seats_new(&f->hall, &(struct seats_limits){0, 1}, &s), ERR_INVALID);
    assert_int_equal(seats_new(&f->hall, &(struct seats_limits){1, 0}, &s), ERR_INVALID);
    assert_int_equal(seats_new(&none, &(struct seats_limits){1, 1}, &s), ERR_INVALID);
    assert_null(s);
    seats_free(NULL);
}

static void test_limits_of_accounts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(hold(f->s, 1, ANN, 0, 2), 0);
    assert_int_equal(seats_sell(f->s, fixture_id(1), 0, NULL), 0);
    assert_int_equal(hold(f->s, 2, ANN, 2, 2), ERR_FULL); /* sold ones count */
    assert_int_equal(hold(f->s, 2, ANN, 2, 1), 0);
    assert_int_equal(hold(f->s, 3, ANN, 3, 1), ERR_FULL);
    assert_int_equal(hold(f->s, 3, BEN, 3, 1), 0);
    assert_int_equal(hold(f->s, 4, 103, 4, 1), ERR_FULL); /* a third account */
    assert_int_equal(seats_restore_sold(f->s, fixture_id(103), (uint32_t[]){4}, 1), ERR_FULL);
    assert_int_equal(seats_state(f->s, 4), SEATS_FREE);
    assert_int_equal(seats_restore_sold(f->s, fixture_id(ANN), (uint32_t[]){8, 9}, 2),
                     0); /* not asked */
    assert_int_equal(seats_of_account(f->s, fixture_id(ANN)), 5);
    assert_int_equal(seats_release(f->s, fixture_id(3), NULL), 0);
    assert_int_equal(hold(f->s, 4, 103, 4, 1), 0); /* the place of an account that has left */
    assert_int_equal(seats_unsell(f->s, fixture_id(ANN), (uint32_t[]){0, 1, 8}, 3), 0);
    assert_int_equal(hold(f->s, 5, ANN, 0, 1), 0);
}

static void test_expires_in_order_and_in_portions(void **state)
{
    static const int64_t ends[] = {500, 300, 400, 300, 301};
    static const uint64_t order[] = {2, 4, 5, 3, 1};
    struct fixture *f = *state;
    struct seats *s;
    struct seats_hold ended[5];
    assert_int_equal(seats_new(&f->hall, &(struct seats_limits){12, 2}, &s), 0);
    for (uint32_t i = 0; i < 5; i++) {
        struct seats_hold ask = ask_for(i + 1, ANN, i, 1);
        ask.expires_at_ms = ends[i];
        assert_int_equal(seats_hold(s, &ask, 0, NULL), 0);
    }
    assert_int_equal(seats_next_expiry_ms(s), 300);
    assert_int_equal(seats_expire(s, 299, ended, 5), 0);
    assert_int_equal(seats_expire(s, 300, ended, 1), 1);
    assert_int_equal(seats_expire(s, 500, ended + 1, 2), 2);
    assert_int_equal(seats_next_expiry_ms(s), 400);
    assert_int_equal(seats_expire(s, 499, ended + 3, 5), 1);
    assert_int_equal(seats_expire(s, 500, ended + 4, 1), 1);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(id_eq(ended[i].hold_id, fixture_id(order[i])));
    assert_int_equal(seats_next_expiry_ms(s), INT64_MAX);
    assert_int_equal(seats_counts(s).free, 12);
    seats_free(s);
}

static void test_a_hold_that_is_extended_ends_later(void **state)
{
    struct fixture *f = *state;
    struct seats_hold ended;
    struct seats_hold first = ask_for(1, ANN, 0, 1), second = ask_for(2, ANN, 1, 1);
    first.expires_at_ms = 300;
    second.expires_at_ms = 400;
    assert_int_equal(seats_hold(f->s, &first, 0, NULL), 0);
    assert_int_equal(seats_hold(f->s, &second, 0, NULL), 0);
    assert_int_equal(seats_extend(f->s, fixture_id(1), 300, false, 0), ERR_INVALID);
    assert_int_equal(seats_extend(f->s, fixture_id(3), 500, false, 0), ERR_NOT_FOUND);
    assert_int_equal(seats_extend(f->s, fixture_id(1), 500, false, 299), 0);
    assert_int_equal(seats_find_hold(f->s, fixture_id(1))->expires_at_ms, 500);
    assert_int_equal(seats_next_expiry_ms(f->s), 400);
    assert_int_equal(seats_extend(f->s, fixture_id(2), 600, false, 400), ERR_TIMEOUT);
    assert_int_equal(seats_expire(f->s, 499, &ended, 1), 1);
    assert_true(id_eq(ended.hold_id, fixture_id(2)));
    assert_int_equal(seats_expire(f->s, 499, &ended, 1), 0);
    assert_int_equal(seats_expire(f->s, 500, &ended, 1), 1);
    seats_check(f->s);
}

static void test_snapshot_is_two_bits_a_place(void **state)
{
    struct fixture *f = *state;
    uint8_t states[3];
    assert_int_equal(hold(f->s, 1, ANN, 1, 2), 0);
    assert_int_equal(seats_restore_sold(f->s, fixture_id(BEN), (uint32_t[]){0, 7}, 2), 0);
    seats_snapshot(f->s, states);
    assert_int_equal(states[0], 2 | 1 << 2 | 1 << 4);
    assert_int_equal(states[1], 2 << 6);
    assert_int_equal(states[2], 0);
}

static void what_is_wrong_changes_nothing(void **state)
{
    struct seats *s = ((struct fixture *)*state)->s;
    static const struct {
        uint32_t seats[SEATS_PARTY_MAX + 1];
        uint32_t count;
    } wrong[] = {{{0}, 0}, {{1, 1}, 2}, {{12}, 1}, {{0, 1, 2, 3, 4, 5, 6, 7, 8}, 9}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(seats_rest(s, wrong[i].seats, wrong[i].count, 1000), ERR_INVALID);
        assert_int_equal(seats_block(s, wrong[i].seats, wrong[i].count), ERR_INVALID);
        assert_int_equal(seats_unblock(s, wrong[i].seats, wrong[i].count), ERR_INVALID);
    }
    assert_int_equal(seats_counts(s).free, 12);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_wrong_changes_nothing),
        TEST(test_every_move_in_every_state),
        TEST(test_hold_is_all_or_none),
        TEST(test_what_is_kept_back_is_nobodys),
        TEST(test_what_is_left_is_told_of_category_and_section),
        TEST(test_hold_keeps_what_was_asked),
        TEST(test_refuses_malformed_asks),
        TEST(test_new_refuses_nothing_to_do),
        TEST(test_limits_of_accounts),
        TEST(test_expires_in_order_and_in_portions),
        TEST(test_a_hold_that_is_extended_ends_later),
        TEST(test_snapshot_is_two_bits_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
