/*
 * Zones over one another are moved apart and nothing else is: by hand, and with zones by chance.
 */
#include "hall/levels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance/chance.h"

#define STEP      2500
#define ZONES_MAX 64
#define PLANS     300
#define SEED      0x1e7e15

struct plan {
    struct hall_draft draft;
    struct plan_zone zones[ZONES_MAX];
    uint32_t zone_count;
    struct hall_notes notes;
};

static void begin(struct plan *plan, int32_t stage_x, int32_t stage_y)
{
    *plan = (struct plan){0};
    hall_draft_init(&plan->draft);
    plan->draft.stage_x = stage_x;
    plan->draft.stage_y = stage_y;
}

/* A block of rows and columns, from x, y on. */
static void add_zone(struct plan *plan, int32_t x, int32_t y, uint32_t rows, uint32_t columns)
{
    const struct draft_section section = {.name = VIEW_LIT("Z"), .kind = HALL_SEATED};
    struct plan_zone *zone = &plan->zones[plan->zone_count++];
    *zone = (struct plan_zone){.name = VIEW_LIT("Z"),
                               .first_seat = plan->draft.seat_count,
                               .seat_count = rows * columns,
                               .first_row_seats = columns};
    assert_int_equal(hall_draft_section(&plan->draft, &section), 0);
    for (uint32_t r = 0; r < rows; r++) {
        assert_int_equal(hall_draft_row(&plan->draft, VIEW_LIT("A")), 0);
        for (uint32_t c = 0; c < columns; c++) {
            const struct draft_seat seat = {.x = x + (int32_t)c * STEP, .y = y + (int32_t)r * STEP};
            assert_int_equal(hall_draft_seat(&plan->draft, &seat), 0);
        }
    }
}

static void spread(struct plan *plan)
{
    assert_int_equal(levels_spread(&plan->draft, plan->zones, plan->zone_count, &plan->notes), 0);
}

static void assert_zone_at(const struct plan *plan, uint32_t zone, int32_t x, int32_t y)
{
    const struct draft_seat *seat = &plan->draft.seats[plan->zones[zone].first_seat];
    assert_int_equal(seat->x, x);
    assert_int_equal(seat->y, y);
}

/* --- by hand; a gap is four steps --- */

static void zones_beside_each_other_stay(void **state)
{
    struct plan plan;
    begin(&plan, 0, -10000);
    add_zone(&plan, 0, 0, 4, 10);
    add_zone(&plan, 10 * STEP, 0, 4, 10); /* as near as seats of a row */
    add_zone(&plan, 0, 4 * STEP, 4, 10);
    add_zone(&plan, STEP / 2 + 10 * STEP, 4 * STEP, 4, 10);
    spread(&plan);
    assert_zone_at(&plan, 0, 0, 0);
    assert_zone_at(&plan, 1, 10 * STEP, 0);
    assert_zone_at(&plan, 2, 0, 4 * STEP);
    assert_zone_at(&plan, 3, STEP / 2 + 10 * STEP, 4 * STEP);
    hall_draft_release(&plan.draft);
}

static void a_balcony_over_the_stalls_moves_behind_them(void **state)
{
    struct plan plan;
    begin(&plan, 12500, -10000);
    add_zone(&plan, 0, 0, 8, 11);
    add_zone(&plan, 100, 3 * STEP - 700, 3, 11); /* nearly in line with the seats below */
    spread(&plan);
    assert_zone_at(&plan, 0, 0, 0);
    assert_zone_at(&plan, 1, 100, 7 * STEP + 4 * STEP);
    hall_draft_release(&plan.draft);
}

static void a_level_moves_away_from_the_stage(void **state)
{
    static const struct {
        int32_t x, y, moved_x,
            moved_y; /* the first seat of six by six, about a stage in the middle */
    } sides[] = {
        {-2500, -60000, -2500, -60000 - 9 * STEP},
        {-2500, 60000, -2500, 60000 + 9 * STEP},
        {-60000, -2500, -60000 - 9 * STEP, -2500},
        {60000, -2500, 60000 + 9 * STEP, -2500},
    };
    for (uint32_t i = 0; i < 4; i++) {
        struct plan plan;
        begin(&plan, 0, 0);
        add_zone(&plan, sides[i].x, sides[i].y, 6, 6);
        add_zone(&plan, sides[i].x, sides[i].y, 6, 6);
        spread(&plan);
        assert_zone_at(&plan, 0, sides[i].x, sides[i].y);
        assert_zone_at(&plan, 1, sides[i].moved_x, sides[i].moved_y);
        hall_draft_release(&plan.draft);
    }
}

/* Corners that touch, a row too many: nothing is moved, and it is said. */
static void a_few_shared_places_move_nothing(void **state)
{
    struct plan plan;
    begin(&plan, 12500, -10000);
    add_zone(&plan, 0, 0, 8, 11);
    add_zone(&plan, 10 * STEP, 7 * STEP, 8, 11); /* one seat of 88 */
    add_zone(&plan, 0, -2 * STEP, 3, 4);         /* the last of three rows */
    spread(&plan);
    assert_zone_at(&plan, 0, 0, 0);
    assert_zone_at(&plan, 1, 10 * STEP, 7 * STEP);
    assert_int_equal(plan.notes.count, 2);
    assert_int_equal(plan.notes.list[0].kind, HALL_NOTE_OVERLAP);
    assert_int_equal(plan.notes.list[0].count, 1);
    assert_int_equal(plan.notes.list[1].kind, HALL_NOTE_MOVED); /* a third of it: as it was drawn */
    hall_draft_release(&plan.draft);
}

/* Two zones of the first floor over two of the ground floor move as one; the second floor is over
 * both floors and goes farther. */
static void a_floor_of_two_zones_moves_as_one(void **state)
{
    struct plan plan;
    begin(&plan, 15000, -10000);
    add_zone(&plan, 0, 0, 2, 5);
    add_zone(&plan, 20000, 0, 2, 5);
    add_zone(&plan, 0, 0, 2, 5);
    add_zone(&plan, 20000, 0, 2, 5);
    add_zone(&plan, 20000, 0, 2, 5);
    spread(&plan);
    assert_zone_at(&plan, 0, 0, 0);
    assert_zone_at(&plan, 1, 20000, 0);
    assert_zone_at(&plan, 2, 0, 5 * STEP);
    assert_zone_at(&plan, 3, 20000, 5 * STEP);
    assert_zone_at(&plan, 4, 20000, 10 * STEP);
    hall_draft_release(&plan.draft);
}

static void without_room_they_stay(void **state)
{
    struct plan plan;
    begin(&plan, 0, 0);
    add_zone(&plan, 0, HALL_DRAFT_SPAN_MAX - STEP, 2, 5);
    add_zone(&plan, 0, HALL_DRAFT_SPAN_MAX - STEP, 2, 5);
    spread(&plan);
    assert_zone_at(&plan, 1, 0, HALL_DRAFT_SPAN_MAX - STEP);
    hall_draft_release(&plan.draft);
}

/* One seat a row everywhere: there is no usual distance to tell "the same place" by. */
static void without_neighbours_they_stay(void **state)
{
    struct plan plan;
    begin(&plan, 0, 0);
    add_zone(&plan, 0, 0, 5, 1);
    add_zone(&plan, 0, 0, 5, 1);
    spread(&plan);
    assert_zone_at(&plan, 1, 0, 0);
    hall_draft_release(&plan.draft);
}

/* --- by chance --- */

/* Whether a third of the smaller zone's seats has a seat of the other nearer than 0.3 of a step. */
static bool over(const struct plan *plan, uint32_t a, uint32_t b)
{
    const bool a_small = plan->zones[a].seat_count <= plan->zones[b].seat_count;
    const struct plan_zone *small = &plan->zones[a_small ? a : b];
    const struct plan_zone *large = &plan->zones[a_small ? b : a];
    const struct draft_seat *seats = plan->draft.seats;
    uint32_t shared = 0;
    for (uint32_t i = 0; i < small->seat_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < large->seat_count; k++) {
            const struct draft_seat *x = &seats[small->first_seat + i];
            const struct draft_seat *y = &seats[large->first_seat + k];
            found = found || (abs(x->x - y->x) < STEP * 3 / 10 && abs(x->y - y->y) < STEP * 3 / 10);
        }
        shared += found;
    }
    return shared * 3 >= small->seat_count;
}

static void assert_spread(const struct plan *before, const struct plan *after)
{
    for (uint32_t z = 0; z < after->zone_count; z++) {
        const struct plan_zone *zone = &after->zones[z];
        const struct draft_seat *was = &before->draft.seats[zone->first_seat];
        const struct draft_seat *is = &after->draft.seats[zone->first_seat];
        bool had_to_move = false;
        for (uint32_t i = 1; i < zone->seat_count; i++) {
            assert_int_equal(is[i].x - is->x, was[i].x - was->x);
            assert_int_equal(is[i].y - is->y, was[i].y - was->y);
        }
        for (uint32_t other = 0; other < z; other++) {
            if (over(after, z, other))
                fail_msg("zones %u and %u are over one another", other, z);
            had_to_move = had_to_move || over(before, z, other);
        }
        if (!had_to_move && (was->x != is->x || was->y != is->y))
            fail_msg("zone %u was moved for nothing", z);
    }
}

static void zones_by_chance(void **state)
{
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    uint32_t moved = 0;
    chance_seed(&seeded, SEED);
    for (uint32_t i = 0; i < PLANS; i++) {
        struct plan before, after;
        const int32_t x = (int32_t)chance_below(chance, 80000);
        const int32_t y = (int32_t)chance_below(chance, 80000);
        begin(&before, x, y);
        begin(&after, x, y);
        for (uint64_t n = 1 + chance_below(chance, 7); n > 0; n--) {
            const int32_t zone_x = (int32_t)chance_below(chance, 80000);
            const int32_t zone_y = (int32_t)chance_below(chance, 80000);
            const uint32_t rows = 1 + (uint32_t)chance_below(chance, 5);
            const uint32_t columns = 2 + (uint32_t)chance_below(chance, 8);
            add_zone(&before, zone_x, zone_y, rows, columns);
            add_zone(&after, zone_x, zone_y, rows, columns);
        }
        spread(&after);
        assert_spread(&before, &after);
        for (uint32_t k = 0; k < after.draft.seat_count; k++) {
            if (after.draft.seats[k].x != before.draft.seats[k].x ||
                after.draft.seats[k].y != before.draft.seats[k].y) {
                moved++;
                break;
            }
        }
        hall_draft_release(&before.draft);
        hall_draft_release(&after.draft);
    }
    assert_in_range(moved, PLANS / 20, PLANS * 9 / 10); /* both happen */
}

/* No house has so many floors: it ends, and the first ones are apart. */
static void more_levels_than_a_house_has(void **state)
{
    struct plan plan;
    begin(&plan, 0, -10000);
    for (uint32_t i = 0; i < ZONES_MAX; i++)
        add_zone(&plan, 0, 0, 2, 5);
    spread(&plan);
    for (int32_t i = 0; i < 16; i++)
        assert_zone_at(&plan, (uint32_t)i, 0, i * 5 * STEP);
    assert_zone_at(&plan, ZONES_MAX - 1, 0, 15 * 5 * STEP);
    hall_draft_release(&plan.draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_beside_each_other_stay),
        cmocka_unit_test(a_balcony_over_the_stalls_moves_behind_them),
        cmocka_unit_test(a_level_moves_away_from_the_stage),
        cmocka_unit_test(a_few_shared_places_move_nothing),
        cmocka_unit_test(a_floor_of_two_zones_moves_as_one),
        cmocka_unit_test(without_room_they_stay),
        cmocka_unit_test(without_neighbours_they_stay),
        cmocka_unit_test(zones_by_chance),
        cmocka_unit_test(more_levels_than_a_house_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
