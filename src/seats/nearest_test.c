#include "seats/seats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "seats/fixture_test.h"

/* --- the rule at the top of nearest.c, by looking at everything --- */

struct answer {
    uint32_t count;
    uint32_t seats[SEATS_PARTY_MAX];
};

struct ask {
    uint32_t count;
    uint32_t seats[SEATS_PARTY_MAX];
};

static bool is_free(const struct seats *s, uint32_t seat)
{
    return seats_state(s, seat) == SEATS_FREE;
}

static bool is_standing(const struct hall *hall, uint32_t seat)
{
    return hall->seats[seat].row == HALL_NO_ROW;
}

/* Whether the seat is of a kind that was asked for. */
static bool is_asked(const struct hall *hall, const struct ask *ask, uint32_t seat)
{
    bool asked = false;
    for (uint32_t i = 0; i < ask->count; i++)
        asked |= hall->seats[ask->seats[i]].kind == hall->seats[seat].kind;
    return asked;
}

static bool is_run(const struct seats *s, const struct hall *hall, const struct ask *ask,
                   uint32_t first, uint32_t *ret_seats)
{
    uint32_t seat = first;
    for (uint32_t i = 0; i < ask->count; i++, seat = fixture_next(hall, seat)) {
        if (seat == UINT32_MAX || (i > 0 && seat == first) || !is_free(s, seat) ||
            is_standing(hall, seat) || !is_asked(hall, ask, seat))
            return false;
        ret_seats[i] = seat;
    }
    return true;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Doubled, from the hall's lowest x and y. */
static void centroid(const struct hall *hall, const struct ask *ask, int64_t ret_xy[2])
{
    int64_t x_min = INT64_MAX, y_min = INT64_MAX, x = 0, y = 0;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        x_min = hall->seats[i].x < x_min ? hall->seats[i].x : x_min;
        y_min = hall->seats[i].y < y_min ? hall->seats[i].y : y_min;
    }
    for (uint32_t i = 0; i < ask->count; i++) {
        x += 2 * (hall->seats[ask->seats[i]].x - x_min);
        y += 2 * (hall->seats[ask->seats[i]].y - y_min);
    }
    ret_xy[0] = x / ask->count + 2 * x_min;
    ret_xy[1] = y / ask->count + 2 * y_min;
}

static int64_t distance(const struct hall *hall, uint32_t a, uint32_t b, const int64_t xy[2])
{
    int64_t dx = (int64_t)hall->seats[a].x + hall->seats[b].x - xy[0];
    int64_t dy = (int64_t)hall->seats[a].y + hall->seats[b].y - xy[1];
    return dx * dx + dy * dy;
}

static bool same_area(const struct seats *s, const struct hall *hall, const struct ask *ask,
                      struct answer *ret)
{
    const struct hall_section *area = &hall->sections[hall->seats[ask->seats[0]].section];
    ret->count = 0;
    for (uint32_t i = 0; i < ask->count; i++)
        if (area->kind != HALL_STANDING ||
            &hall->sections[hall->seats[ask->seats[i]].section] != area)
            return false;
    for (uint32_t i = 0; i < area->place_count && ret->count < ask->count; i++)
        if (is_free(s, area->first_seat + i))
            ret->seats[ret->count++] = area->first_seat + i;
    return ret->count == ask->count;
}

static bool nearest_run(const struct seats *s, const struct hall *hall, const struct ask *ask,
                        struct answer *ret)
{
    int64_t nearest = INT64_MAX, xy[2];
    uint32_t seats[SEATS_PARTY_MAX];
    centroid(hall, ask, xy);
    for (uint32_t i = 0; i < hall->place_count && ask->count > 1; i++) {
        if (!is_run(s, hall, ask, i, seats))
            continue;
        int64_t far = distance(hall, i, seats[ask->count - 1], xy);
        if (far < nearest) {
            nearest = far;
            memcpy(ret->seats, seats, sizeof(seats));
        }
    }
    qsort(ret->seats, ask->count, sizeof(ret->seats[0]), compare_u32);
    ret->count = ask->count;
    return nearest < INT64_MAX;
}

static bool nearest_singles(const struct seats *s, const struct hall *hall, const struct ask *ask,
                            struct answer *ret)
{
    bool left[FIXTURE_PLACES];
    int64_t xy[2];
    centroid(hall, ask, xy);
    for (uint32_t i = 0; i < hall->place_count; i++)
        left[i] = is_free(s, i) && !is_standing(hall, i) && is_asked(hall, ask, i);
    for (ret->count = 0; ret->count < ask->count; ret->count++) {
        int64_t nearest = INT64_MAX;
        uint32_t best = HALL_PLACES_MAX, at = ret->count;
        for (uint32_t i = 0; i < hall->place_count; i++)
            if (left[i] && distance(hall, i, i, xy) < nearest)
                nearest = distance(hall, i, i, xy), best = i;
        if (best == HALL_PLACES_MAX) {
            ret->count = 0;
            return false;
        }
        left[best] = false;
        for (; at > 0 && ret->seats[at - 1] > best; at--)
            ret->seats[at] = ret->seats[at - 1];
        ret->seats[at] = best;
    }
    return true;
}

/* Which rule answered, 1 … 4. */
static int expect(const struct seats *s, const struct hall *hall, const struct ask *ask,
                  struct answer *ret)
{
    *ret = (struct answer){0};
    if (seats_counts(s).free < ask->count)
        return 4;
    if (same_area(s, hall, ask, ret))
        return 1;
    if (nearest_run(s, hall, ask, ret))
        return 2;
    return nearest_singles(s, hall, ask, ret) ? 3 : 4;
}

static bool random_ask(const struct seats *s, const struct hall *hall, struct chance *chance,
                       struct ask *ret)
{
    uint32_t first = (uint32_t)chance_below(chance, hall->place_count);
    bool taken = false;
    ret->count = 1 + (uint32_t)chance_below(chance, SEATS_PARTY_MAX);
    if (first + ret->count > hall->place_count)
        return false;
    for (uint32_t i = 0; i < ret->count; i++) {
        ret->seats[i] = first + i;
        taken |= !is_free(s, first + i);
    }
    return taken;
}

static struct seats_refusal refusal_of(struct seats *s, const struct ask *ask)
{
    struct seats_hold hold = {.hold_id = fixture_id(5),
                              .account_id = fixture_id(5),
                              .expires_at_ms = 1,
                              .count = ask->count};
    struct seats_refusal refusal = {0};
    memcpy(hold.seats, ask->seats, sizeof(hold.seats));
    assert_int_equal(seats_hold(s, &hold, 0, &refusal), ERR_CONFLICT);
    return refusal;
}

static void test_agrees_with_brute_force(void **state)
{
    unsigned rules[5] = {0};
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct chance_seeded seeded;
        struct hall hall;
        chance_seed(&seeded, seed);
        fixture_random(&hall, &seeded.chance);
        if (seed % 2)
            fixture_kinds(&hall, &seeded.chance);
        struct seats *s = fixture_engine(&hall);
        fixture_fill(s, &hall, &seeded.chance, 20 + (unsigned)chance_below(&seeded.chance, 81));
        for (int round = 0; round < 12; round++) {
            struct ask ask;
            struct answer expected;
            if (!random_ask(s, &hall, &seeded.chance, &ask))
                continue;
            rules[expect(s, &hall, &ask, &expected)]++;
            struct seats_refusal got = refusal_of(s, &ask);
            if (got.nearest_count != expected.count ||
                memcmp(got.nearest, expected.seats, expected.count * sizeof(*got.nearest)) != 0)
                fail_msg("seed %llu, round %d: %u places near %u (%u asked): first %u, not %u",
                         (unsigned long long)seed, round, got.nearest_count, ask.seats[0],
                         ask.count, got.nearest[0], expected.seats[0]);
        }
        seats_free(s);
        fixture_release(&hall);
    }
    for (int rule = 1; rule <= 4; rule++)
        assert_true(rules[rule] > 200); /* every rule was tried */
}

/* Coordinates as far apart as they can be: measured coarsely, but without overflow. */
static void test_measures_the_widest_hall(void **state)
{
    struct hall hall;
    fixture_init(&hall);
    fixture_section(&hall, HALL_SEATED);
    fixture_row(&hall);
    fixture_seat(&hall, INT32_MIN, INT32_MIN, 1, 0);
    fixture_seat(&hall, INT32_MIN + 4096, INT32_MIN, 1, 0);
    fixture_row(&hall);
    fixture_seat(&hall, INT32_MAX, INT32_MAX, UINT32_MAX, 0);
    hall.seats[1].break_after = hall.seats[2].break_after = true;
    struct seats *s = fixture_engine(&hall);
    assert_int_equal(seats_restore_sold(s, fixture_id(1), (uint32_t[]){1}, 1), 0);
    struct seats_refusal refusal = refusal_of(s, &(struct ask){.count = 1, .seats = {1}});
    assert_int_equal(refusal.nearest_count, 1);
    assert_int_equal(refusal.nearest[0], 0);
    refusal = refusal_of(s, &(struct ask){.count = 3, .seats = {0, 1, 2}});
    assert_int_equal(refusal.nearest_count, 0);
    seats_free(s);
    fixture_release(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_brute_force),
        cmocka_unit_test(test_measures_the_widest_hall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
