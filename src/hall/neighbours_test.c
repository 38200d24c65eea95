/* Rows as people draw them, and rows by chance: any order of the list is the same line. */
#include "hall/neighbours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "chance/chance.h"

#define SEATS_MAX 600
#define STEP      2500

struct row {
    struct draft_seat seats[SEATS_MAX];
    uint32_t count;
    uint32_t order[SEATS_MAX];
    bool breaks[SEATS_MAX];
    struct neighbours n;
};

static void add(struct row *row, int32_t x, int32_t y)
{
    assert_true(row->count < SEATS_MAX);
    row->seats[row->count++] = (struct draft_seat){.x = x, .y = y};
}

static void find(struct row *row)
{
    row->n = (struct neighbours){.order = row->order, .break_after = row->breaks};
    assert_int_equal(neighbours_find(row->seats, row->count, &row->n), 0);
}

/* "0 2 4|1 3": positions in the list, with the aisles. */
static void assert_line(const struct row *row, const char *wanted)
{
    char seen[4096] = "";
    size_t at = 0;
    for (uint32_t i = 0; i < row->count; i++)
        at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%u%s", row->order[i],
                               i + 1 == row->count ? ""
                               : row->breaks[i]    ? "|"
                                                   : " ");
    assert_string_equal(seen, wanted);
}

static void odd_numbers_first(void **state)
{
    struct row row = {0};
    for (int32_t i = 0; i < 4; i++)
        add(&row, 2 * i * STEP, 0); /* 1 3 5 7 */
    for (int32_t i = 0; i < 4; i++)
        add(&row, (2 * i + 1) * STEP, 0); /* 2 4 6 8 */
    find(&row);
    assert_line(&row, "0 4 1 5 2 6 3 7");
    assert_true(row.n.changed);
    assert_false(row.n.ring);
}

static void two_pieces_have_an_aisle_between_them(void **state)
{
    struct row row = {0};
    for (int32_t i = 0; i < 4; i++)
        add(&row, i * STEP, 0);
    for (int32_t i = 0; i < 4; i++)
        add(&row, 20000 + i * STEP, 300 * i);
    find(&row);
    assert_line(&row, "0 1 2 3|4 5 6 7");
    assert_false(row.n.changed);
}

/* The list begins on the right side; the right piece's end nearest to the left one joins. */
static void the_right_piece_first(void **state)
{
    struct row row = {0};
    for (int32_t i = 0; i < 3; i++)
        add(&row, 20000 + i * STEP, 0);
    for (int32_t i = 0; i < 3; i++)
        add(&row, i * STEP, 0);
    find(&row);
    assert_line(&row, "2 1 0|5 4 3");
}

static void a_round_table(void **state)
{
    for (uint32_t count = 3; count <= 12; count++) {
        struct row row = {0};
        const double radius = STEP / 2.0 / sin(M_PI / count);
        for (uint32_t i = 0; i < count; i++)
            add(&row, (int32_t)(radius * cos(2 * M_PI * i / count)),
                (int32_t)(radius * sin(2 * M_PI * i / count)));
        find(&row);
        assert_true(row.n.ring);
        assert_false(row.n.changed);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(row.order[i], i);
            assert_false(row.breaks[i]);
        }
    }
}

/* A hexagon whose list goes across it: 0 3 1 4 2 5. */
static void a_hexagon_in_any_order(void **state)
{
    static const int corners[] = {0, 3, 1, 4, 2, 5};
    struct row row = {0};
    for (uint32_t i = 0; i < 6; i++)
        add(&row, (int32_t)(STEP * cos(M_PI * corners[i] / 3)),
            (int32_t)(STEP * sin(M_PI * corners[i] / 3)));
    find(&row);
    assert_true(row.n.ring);
    assert_line(&row, "0 2 4 1 3 5");
}

/* Beer benches: four on either side of a table as wide as three chairs. */
static void benches_along_a_table(void **state)
{
    struct row row = {0};
    for (int32_t i = 0; i < 4; i++)
        add(&row, i * STEP, 0);
    for (int32_t i = 0; i < 4; i++)
        add(&row, i * STEP, 3 * STEP);
    find(&row);
    assert_line(&row, "3 2 1 0|4 5 6 7");
    assert_false(row.n.ring);
}

static void nobody_is_lonely_in_few(void **state)
{
    struct row row = {0};
    add(&row, 0, 0);
    find(&row);
    assert_line(&row, "0");
    add(&row, 90000, 0);
    find(&row);
    assert_line(&row, "0 1");
}

/* All at one place: the order of the list, and no ring. */
static void seats_without_positions(void **state)
{
    struct row row = {0};
    for (uint32_t i = 0; i < 512; i++)
        add(&row, 0, 0);
    find(&row);
    assert_false(row.n.changed);
    assert_false(row.n.ring);
}

static void a_long_row_keeps_its_list(void **state)
{
    struct row row = {0};
    for (uint32_t i = 0; i < 513; i++)
        add(&row, (int32_t)((i * 7 % 513) * STEP), 0);
    find(&row);
    assert_false(row.n.changed);
}

/* Arcs with aisles, shaken a little, listed in any order: who was drawn beside whom is. */
static void any_order_of_the_list(void **state)
{
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    chance_seed(&seeded, 0x4e16);
    for (uint32_t plan = 0; plan < 500; plan++) {
        struct row row = {0};
        const uint32_t count = 3 + (uint32_t)chance_below(chance, 60);
        uint32_t place[64];
        const double bend = 1e5 + (double)chance_below(chance, 1000000);
        double along = 0;
        bool aisle[64] = {false};
        struct draft_seat drawn[64];
        for (uint32_t i = 0; i < count; i++) {
            drawn[i] = (struct draft_seat){
                .x = (int32_t)(bend * sin(along / bend)) + (int32_t)chance_below(chance, 200),
                .y = (int32_t)(bend * cos(along / bend)) + (int32_t)chance_below(chance, 200)};
            place[i] = i;
            aisle[i] = i + 1 < count && i % 7 == 6;
            along += aisle[i] ? 3 * STEP : STEP;
        }
        for (uint32_t i = count - 1; i > 0; i--) {
            const uint32_t k = (uint32_t)chance_below(chance, i + 1), kept = place[i];
            place[i] = place[k];
            place[k] = kept;
        }
        for (uint32_t i = 0; i < count; i++)
            add(&row, drawn[place[i]].x, drawn[place[i]].y);
        find(&row);
        const bool forth = place[row.order[0]] == 0;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t seat = place[row.order[i]];
            assert_int_equal(seat, forth ? i : count - 1 - i);
            if (i + 1 < count)
                assert_int_equal(row.breaks[i], aisle[forth ? seat : seat - 1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_numbers_first),
        cmocka_unit_test(two_pieces_have_an_aisle_between_them),
        cmocka_unit_test(the_right_piece_first),
        cmocka_unit_test(a_round_table),
        cmocka_unit_test(a_hexagon_in_any_order),
        cmocka_unit_test(benches_along_a_table),
        cmocka_unit_test(nobody_is_lonely_in_few),
        cmocka_unit_test(seats_without_positions),
        cmocka_unit_test(a_long_row_keeps_its_list),
        cmocka_unit_test(any_order_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
