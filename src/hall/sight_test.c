/* Which places are better: front and centre first, in whatever shape the rows are. */
#include "hall/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PLACES_MAX 64

static struct hall_seat seats[PLACES_MAX];

/* A hall whose stage is at (0, 0). */
static struct hall draw(uint32_t count, const int32_t (*xy)[2])
{
    struct hall hall = {.seats = seats, .place_count = count};
    for (uint32_t i = 0; i < count; i++)
        seats[i] = (struct hall_seat){.x = xy[i][0], .y = xy[i][1]};
    sight_measure(&hall);
    return hall;
}

static uint32_t best_of(const struct hall *hall)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < hall->place_count; i++) {
        if (hall->seats[i].remoteness < hall->seats[best].remoteness)
            best = i;
    }
    return best;
}

/* The middle line is x = 0: distance and half of |x|, both rounded down. */
static void in_whole_numbers(void **state)
{
    static const int32_t xy[][2] = {{-4000, 500}, {4000, 500}, {-1500, 500}, {1500, 500},
                                    {0, 3900},    {2501, 9},   {-2501, 9}};
    draw(7, xy);
    assert_int_equal(seats[0].remoteness, 4031 + 2000); /* √(4000² + 500²) = 4031.1 */
    assert_int_equal(seats[2].remoteness, 1581 + 750);  /* √(1500² + 500²) = 1581.1 */
    assert_int_equal(seats[4].remoteness, 3900);
    assert_int_equal(seats[5].remoteness, 2501 + 1250);
    for (uint32_t i = 0; i < 7; i++) /* no side is better than the other */
        assert_int_equal(seats[i].remoteness, seats[i < 4    ? i ^ 1
                                                    : i == 4 ? 4
                                                             : 11 - i]
                                                  .remoteness);
}

/* All of a bent row are as near to the stage: its middle is best, and better than the ends even a
 * row further back. */
static void the_middle_of_a_bent_row_is_best(void **state)
{
    static const int32_t arc[][2] = {{-3000, 4000}, {-1400, 4800}, {0, 5000}, {1400, 4800},
                                     {3000, 4000},  {0, 6000},     {0, 7000}};
    struct hall hall = draw(7, arc);
    assert_int_equal(best_of(&hall), 2);
    assert_int_equal(seats[1].remoteness, seats[3].remoteness);
    assert_true(seats[1].remoteness < seats[0].remoteness);
    assert_true(seats[5].remoteness < seats[0].remoteness);
    assert_true(seats[0].remoteness < seats[6].remoteness);
}

/* Where people sit all around, nobody sits aside. */
static void around_a_stage_only_the_distance_counts(void **state)
{
    static const int32_t ring[][2] = {{5000, 0}, {0, 5000}, {-5000, 0}, {0, -5000}, {4000, 100}};
    draw(5, ring);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(seats[i].remoteness, 5000);
    assert_int_equal(seats[4].remoteness, 4001);
}

/* A single place is where its own middle line is; on the stage itself there is no line. */
static void one_place_and_the_stage_itself(void **state)
{
    static const int32_t there[][2] = {{300, 400}}, here[][2] = {{0, 0}};
    draw(1, there);
    assert_int_equal(seats[0].remoteness, 500);
    draw(1, here);
    assert_int_equal(seats[0].remoteness, 0);
}

static void the_ends_of_the_range(void **state)
{
    static const int32_t far[][2] = {{-HALL_SPAN_MAX, HALL_SPAN_MAX},
                                     {HALL_SPAN_MAX, HALL_SPAN_MAX}};
    draw(2, far);
    assert_int_equal(seats[0].remoteness, 282842712 + 100000000);
    assert_int_equal(seats[1].remoteness, seats[0].remoteness);
}

/* In generated halls the best place is in a first row, within two seats of the middle. */
static void generated_halls_are_best_in_front_and_centre(void **state)
{
    static const uint32_t capacities[] = {500, 2000, 5000, 20000, 100000};
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
        const struct hall_shape shape = {.name = VIEW_LIT("Hall"), .capacity = capacities[i]};
        struct hall_error error;
        struct hall *hall = NULL;
        assert_int_equal(hall_generate(&shape, &hall, &error), 0);
        const struct hall_seat *best = &hall->seats[best_of(hall)];
        const struct hall_section *section = &hall->sections[best->section];
        assert_int_equal(best->row, section->first_row);
        assert_true(abs(best->x - hall->stage_x) <= 5000);
        hall_free(hall);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_whole_numbers),
        cmocka_unit_test(the_middle_of_a_bent_row_is_best),
        cmocka_unit_test(around_a_stage_only_the_distance_counts),
        cmocka_unit_test(one_place_and_the_stage_itself),
        cmocka_unit_test(the_ends_of_the_range),
        cmocka_unit_test(generated_halls_are_best_in_front_and_centre),
    };
    return cmocka_run_group_tests_name("hall/sight", tests, NULL, NULL);
}
