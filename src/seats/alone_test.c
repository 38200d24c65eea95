/* Which places a hold would leave alone, and whether another choice in the row leaves fewer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seats/alone.h"
#include "seats/fixture_test.h"

static struct hall hall;
static struct seats *s;

/* One row as text: '.' is free, 'x' sold, '?' asked for, '|' an aisle. Gives the places that are
 * left alone, as numbers of seats of the row from 0, as a set of bits. */
static uint32_t alone(const char *row, bool ring)
{
    char drawn[64];
    const char *rows[] = {drawn};
    uint32_t asked[SEATS_PARTY_MAX], left[SEATS_PARTY_MAX], count = 0, seat = 0, set = 0;
    size_t i = 0;
    for (; row[i]; i++)
        drawn[i] = row[i] == '|' ? '|' : '.';
    drawn[i] = '\0';
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    hall.rows[0].ring = ring;
    s = fixture_engine(&hall);
    for (i = 0; row[i]; i++) {
        if (row[i] == '|')
            continue;
        if (row[i] == 'x')
            assert_int_equal(seats_restore_sold(s, fixture_id(7), &seat, 1), 0);
        if (row[i] == '?')
            asked[count++] = seat;
        seat++;
    }
    const uint32_t found = seats_left_alone(s, asked, count, left);
    for (uint32_t k = 0; k < found; k++)
        set |= 1u << left[k];
    seats_free(s);
    fixture_release(&hall);
    return set;
}

static void a_single_place_is_left(void **state)
{
    assert_int_equal(alone(".?......", false), 1u << 0);
    assert_int_equal(alone("......?.", false), 1u << 7);
    assert_int_equal(alone("x.??....", false), 1u << 1);
    assert_int_equal(alone("x.??.x....", false), 1u << 1 | 1u << 4);
    assert_int_equal(alone("..?.|....", false), 1u << 3);
    assert_int_equal(alone("?.?.....", false), 1u << 1); /* between two of one's own */
}

static void none_is_left(void **state)
{
    assert_int_equal(alone("?.......", false), 0);
    assert_int_equal(alone("..?.....", false), 0);
    assert_int_equal(alone("??..|....", false), 0);
    assert_int_equal(alone("x??x", false), 0);
    assert_int_equal(alone("x.x?....", false), 0); /* it was alone before */
}

static void the_row_leaves_no_other_choice(void **state)
{
    assert_int_equal(alone("x??.x", false), 0); /* two of three */
    assert_int_equal(alone("x.?x", false), 0);
    assert_int_equal(alone("x??.x..", false), 1u << 3);         /* but here */
    assert_int_equal(alone("x??.x|..", false), 0);              /* and not across an aisle */
    assert_int_equal(alone("x.?.x", false), 1u << 1 | 1u << 3); /* one would have left a pair */
    assert_int_equal(alone("x?.?x", false), 0);                 /* any two of three leave one */
}

static void around_a_table(void **state)
{
    assert_int_equal(alone("?.?...", true), 1u << 1);
    assert_int_equal(alone("?.....", true), 0);
    assert_int_equal(alone("?.xxxx", true), 0);
    assert_int_equal(alone("?x...x", true), 0);
    assert_int_equal(alone("....?.", true), 0);
    assert_int_equal(alone("x...?.", true), 1u << 5); /* its last is the first one's neighbour */
}

/* The best places leave none where it can be avoided, by the same rule. */
static void the_best_places_keep_the_rule(void **state)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 5);
    for (int round = 0; round < 300; round++) {
        fixture_random(&hall, &seeded.chance);
        s = fixture_engine(&hall);
        fixture_fill(s, &hall, &seeded.chance, 60);
        for (uint32_t party = 1; party <= SEATS_PARTY_MAX; party++) {
            const struct seats_best best = {.party = party, .category = -1, .section = -1};
            uint32_t picked[SEATS_PARTY_MAX], left[SEATS_PARTY_MAX];
            if (seats_pick_best(s, &best, picked) == 0)
                assert_int_equal(seats_left_alone(s, picked, party, left), 0);
        }
        seats_free(s);
        fixture_release(&hall);
    }
}

static void places_of_a_category_are_counted(void **state)
{
    const char *rows[] = {"......"};
    const uint32_t sold = 4;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    hall.seats[5].category = 1;
    s = fixture_engine(&hall);
    const struct seats_hold hold = {.hold_id = fixture_id(1),
                                    .account_id = fixture_id(7),
                                    .expires_at_ms = 10,
                                    .count = 2,
                                    .seats = {0, 5}};
    assert_int_equal(seats_of_category(s, fixture_id(7), 0), 0);
    assert_int_equal(seats_hold(s, &hold, 1, NULL), 0);
    assert_int_equal(seats_restore_sold(s, fixture_id(7), &sold, 1), 0);
    assert_int_equal(seats_of_category(s, fixture_id(7), 0), 2);
    assert_int_equal(seats_of_category(s, fixture_id(7), 1), 1);
    assert_int_equal(seats_of_category(s, fixture_id(8), 0), 0);
    seats_free(s);
    fixture_release(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_place_is_left),
        cmocka_unit_test(none_is_left),
        cmocka_unit_test(the_row_leaves_no_other_choice),
        cmocka_unit_test(around_a_table),
        cmocka_unit_test(the_best_places_keep_the_rule),
        cmocka_unit_test(places_of_a_category_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
