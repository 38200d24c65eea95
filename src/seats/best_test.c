#include "seats/seats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "err/err.h"
#include "seats/fixture_test.h"

/* --- brute force: written from the words of seats.h alone --- */

struct placement {
    bool found;
    uint32_t orphans;
    uint64_t remoteness;
    uint32_t first;
    uint32_t seats[SEATS_PARTY_MAX];
};

static bool is_alone(const struct hall *hall, const bool *vacant, uint32_t seat)
{
    const struct hall_row *row = &hall->rows[hall->seats[seat].row];
    const uint32_t next = fixture_next(hall, seat);
    bool neighbour = next != UINT32_MAX && vacant[next];
    for (uint32_t i = row->first_seat; i < row->first_seat + row->seat_count; i++)
        neighbour |= fixture_next(hall, i) == seat && vacant[i];
    return vacant[seat] && !neighbour;
}

/* Seats of the row that are alone once these are taken and were not before. */
static uint32_t orphans_made(const struct hall *hall, bool *vacant, const struct placement *p,
                             uint32_t party)
{
    const struct hall_row *row = &hall->rows[hall->seats[p->first].row];
    bool was_alone[256];
    uint32_t made = 0;
    assert_true(row->seat_count <= 256);
    for (uint32_t i = 0; i < row->seat_count; i++)
        was_alone[i] = is_alone(hall, vacant, row->first_seat + i);
    for (uint32_t i = 0; i < party; i++)
        vacant[p->seats[i]] = false;
    for (uint32_t i = 0; i < row->seat_count; i++)
        made += is_alone(hall, vacant, row->first_seat + i) && !was_alone[i];
    for (uint32_t i = 0; i < party; i++)
        vacant[p->seats[i]] = true;
    return made;
}

static bool kind_suits(const struct seats_best *best, uint8_t kind)
{
    return kind == HALL_ORDINARY || (kind == HALL_RESTRICTED_VIEW && best->restricted_view) ||
           (kind != HALL_RESTRICTED_VIEW && best->wheelchairs > 0);
}

static bool suits(const struct hall *hall, const bool *vacant, const struct seats_best *best,
                  uint32_t seat)
{
    const struct hall_seat *place = &hall->seats[seat];
    return vacant[seat] && (best->category < 0 || place->category == best->category) &&
           (best->section < 0 || place->section == (uint32_t)best->section) &&
           kind_suits(best, place->kind) && (place->row != HALL_NO_ROW || best->wheelchairs == 0);
}

/* The lowest places of a standing area from there on. */
static bool stand_at(const struct hall *hall, const bool *vacant, const struct seats_best *best,
                     uint32_t first, struct placement *ret)
{
    uint32_t count = 0;
    for (uint32_t i = first; i < hall->place_count && count < best->party; i++)
        if (hall->seats[i].section == hall->seats[first].section && suits(hall, vacant, best, i))
            ret->seats[count++] = i;
    return count == best->party;
}

static bool sit_at(const struct hall *hall, const bool *vacant, const struct seats_best *best,
                   uint32_t first, struct placement *ret)
{
    uint32_t wheelchairs = 0;
    for (uint32_t i = 0, seat = first; i < best->party; i++, seat = fixture_next(hall, seat)) {
        if (seat == UINT32_MAX || (i > 0 && seat == first) || !suits(hall, vacant, best, seat))
            return false;
        ret->seats[i] = seat;
        wheelchairs += hall->seats[seat].kind == HALL_WHEELCHAIR;
    }
    return wheelchairs == best->wheelchairs;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The placement that starts at a seat. */
static bool place_at(const struct hall *hall, const bool *vacant, const struct seats_best *best,
                     uint32_t first, struct placement *ret)
{
    *ret = (struct placement){.found = true, .first = first};
    if (!(hall->seats[first].row == HALL_NO_ROW ? stand_at : sit_at)(hall, vacant, best, first,
                                                                     ret))
        return false;
    for (uint32_t i = 0; i < best->party; i++)
        ret->remoteness += hall->seats[ret->seats[i]].remoteness;
    qsort(ret->seats, best->party, sizeof(ret->seats[0]), compare_u32);
    return true;
}

static bool is_better(const struct placement *a, const struct placement *b)
{
    if (!b->found || a->orphans != b->orphans)
        return !b->found || a->orphans < b->orphans;
    if (a->remoteness != b->remoteness)
        return a->remoteness < b->remoteness;
    return a->first < b->first;
}

static struct placement brute_best(const struct hall *hall, bool *vacant,
                                   const struct seats_best *best)
{
    struct placement found = {0}, p;
    uint32_t area = UINT32_MAX; /* a standing area is one run: that of its lowest places */
    for (uint32_t first = 0; first < hall->place_count; first++) {
        bool standing = hall->seats[first].row == HALL_NO_ROW;
        if (!suits(hall, vacant, best, first) || (standing && hall->seats[first].section == area))
            continue;
        if (standing)
            area = hall->seats[first].section;
        if (!place_at(hall, vacant, best, first, &p))
            continue;
        p.orphans = standing ? 0 : orphans_made(hall, vacant, &p, best->party);
        if (is_better(&p, &found))
            found = p;
    }
    return found;
}

static int64_t square(int64_t a)
{
    return a * a;
}

/* Takes the nearest to a seat, one after the other, itself first if it is wanted: seats of the
 * kinds that a party without wheelchairs takes, or wheelchairs' places alone. */
static bool brute_around(const struct hall *hall, const bool *vacant, const struct seats_best *best,
                         bool wheelchairs, uint32_t first, uint32_t wanted, uint32_t *ret_seats)
{
    bool left[FIXTURE_PLACES];
    uint32_t offered[FIXTURE_SECTIONS] = {0};
    for (uint32_t i = 0; i < hall->place_count; i++) {
        const bool standing = hall->seats[i].row == HALL_NO_ROW;
        struct seats_best filter = *best;
        filter.wheelchairs = standing ? 0 : best->wheelchairs;
        left[i] =
            suits(hall, vacant, &filter, i) && !(standing && wheelchairs) &&
            (best->wheelchairs == 0 || (hall->seats[i].kind == HALL_WHEELCHAIR) == wheelchairs) &&
            (!standing || offered[hall->seats[i].section]++ < wanted);
    }
    for (uint32_t count = 0; count < wanted; count++) {
        int64_t nearest = INT64_MAX;
        uint32_t at = 0;
        for (uint32_t i = 0; i < hall->place_count; i++) {
            int64_t far = square(hall->seats[i].x - hall->seats[first].x) +
                          square(hall->seats[i].y - hall->seats[first].y) - (i == first);
            if (left[i] && far < nearest)
                nearest = far, at = i;
        }
        if (nearest == INT64_MAX)
            return false;
        left[at] = false;
        ret_seats[count] = at;
    }
    return true;
}

static struct placement brute_apart(const struct hall *hall, bool *vacant,
                                    const struct seats_best *best)
{
    struct seats_best one = *best;
    one.party = 1;
    one.wheelchairs = best->wheelchairs > 0;
    struct placement found = brute_best(hall, vacant, &one);
    const uint32_t wheelchairs = best->wheelchairs;
    found.found = found.found &&
                  brute_around(hall, vacant, best, true, found.first, wheelchairs, found.seats) &&
                  brute_around(hall, vacant, best, false, found.first, best->party - wheelchairs,
                               found.seats + wheelchairs);
    if (found.found)
        qsort(found.seats, best->party, sizeof(found.seats[0]), compare_u32);
    return found;
}

/* --- comparing --- */

static uint32_t below(struct chance *chance, uint32_t limit)
{
    return (uint32_t)chance_below(chance, limit);
}

static void look(const struct seats *s, const struct hall *hall, bool *vacant)
{
    for (uint32_t i = 0; i < hall->place_count; i++)
        vacant[i] = seats_state(s, i) == SEATS_FREE;
}

/* Returns whether a run was found. */
static bool compare(const struct seats *s, const struct hall *hall, const struct seats_best *best,
                    uint64_t seed)
{
    bool vacant[FIXTURE_PLACES];
    uint32_t seats[SEATS_PARTY_MAX];
    look(s, hall, vacant);
    struct placement run = brute_best(hall, vacant, best), expected = run;
    if (!run.found && best->apart)
        expected = brute_apart(hall, vacant, best);
    int code = seats_pick_best(s, best, seats);
    bool same = code == (expected.found ? 0 : ERR_CONFLICT);
    for (uint32_t i = 0; same && expected.found && i < best->party; i++)
        same = seats[i] == expected.seats[i];
    if (!same)
        fail_msg("seed %llu: party %u (%u wheelchairs), category %d, section %d, apart %d: code "
                 "%d, first "
                 "%u, not %u",
                 (unsigned long long)seed, best->party, best->wheelchairs, best->category,
                 best->section, best->apart, code, code ? 0 : seats[0],
                 expected.found ? expected.seats[0] : 0);
    return run.found;
}

static struct seats_best random_best(const struct hall *hall, struct chance *chance)
{
    return (struct seats_best){
        .party = 1 + below(chance, SEATS_PARTY_MAX),
        .category = below(chance, 2) ? -1 : (int32_t)below(chance, hall->category_count),
        .section = below(chance, 3) ? -1 : (int32_t)below(chance, hall->section_count),
        .apart = below(chance, 2),
        .restricted_view = below(chance, 4) == 0,
    };
}

/* Some holds and releases, so that the cache has something to miss. */
static void disturb(struct seats *s, const struct hall *hall, struct chance *chance,
                    uint64_t *next_hold)
{
    for (uint32_t i = below(chance, 6); i > 0; i--) {
        struct seats_hold ask = {
            .hold_id = fixture_id(*next_hold),
            .account_id = fixture_id(2),
            .expires_at_ms = 1,
            .count = 1,
            .seats = {below(chance, hall->place_count)},
        };
        if (seats_hold(s, &ask, 0, NULL) == 0)
            ++*next_hold;
        if (below(chance, 2))
            seats_release(s, fixture_id(3 + below(chance, (uint32_t)*next_hold)), NULL);
    }
}

static void test_agrees_with_brute_force(void **state)
{
    unsigned found = 0, refused = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct chance_seeded seeded;
        struct hall hall;
        uint64_t next_hold = 3;
        chance_seed(&seeded, seed);
        fixture_random(&hall, &seeded.chance);
        if (seed % 2)
            fixture_kinds(&hall, &seeded.chance);
        struct seats *s = fixture_engine(&hall);
        fixture_fill(s, &hall, &seeded.chance, below(&seeded.chance, 100));
        for (int round = 0; round < 10; round++) {
            struct seats_best best = random_best(&hall, &seeded.chance);
            if (below(&seeded.chance, 3) == 0)
                best.wheelchairs = below(&seeded.chance, best.party + 1);
            if (compare(s, &hall, &best, seed))
                found++;
            else
                refused++;
            disturb(s, &hall, &seeded.chance, &next_hold);
        }
        seats_check(s);
        seats_free(s);
        fixture_release(&hall);
    }
    assert_true(found > 3000 && refused > 3000); /* both sides were tried */
}

/* Party after party until nothing is left: every choice the best of what is left. */
static void test_sells_out_by_best(void **state)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct chance_seeded seeded;
        struct hall hall;
        uint32_t seats[SEATS_PARTY_MAX];
        chance_seed(&seeded, seed);
        fixture_random(&hall, &seeded.chance);
        struct seats *s = fixture_engine(&hall);
        struct seats_best best = {.category = -1, .section = -1, .apart = true, .party = 3};
        for (uint64_t hold = 1; seats_counts(s).free > 0; hold++) {
            if (best.party > seats_counts(s).free)
                best.party = seats_counts(s).free;
            compare(s, &hall, &best, seed);
            assert_int_equal(seats_pick_best(s, &best, seats), 0);
            assert_int_equal(seats_restore_sold(s, fixture_id(hold), seats, best.party), 0);
        }
        assert_int_equal(seats_pick_best(s, &best, seats), ERR_CONFLICT);
        seats_free(s);
        fixture_release(&hall);
    }
}

static void compare_parties(const struct seats *s, const struct hall *hall)
{
    for (uint32_t party = 1; party <= SEATS_PARTY_MAX; party++)
        compare(s, hall, &(struct seats_best){.party = party, .category = -1, .section = -1}, 0);
    seats_check(s);
}

/* A row longer than one window, sold up to about where two windows meet, so that the best run lies
 * there; then every seat near it, sold and given back, is seen by all party sizes. */
static void test_windows_see_over_their_seam(void **state)
{
    static const char *const rows[] = {"..........................................................."
                                       "................................."};
    struct hall hall;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    struct seats *s = fixture_engine(&hall);
    for (uint32_t edge = 0; edge < 60; edge++) {
        compare_parties(s, &hall);
        for (uint32_t seat = edge; edge > 40 && seat < edge + 14; seat++) {
            assert_int_equal(seats_restore_sold(s, fixture_id(1), &seat, 1), 0);
            compare_parties(s, &hall);
            assert_int_equal(seats_unsell(s, fixture_id(1), &seat, 1), 0);
            compare_parties(s, &hall);
        }
        assert_int_equal(seats_restore_sold(s, fixture_id(1), &edge, 1), 0);
    }
    seats_free(s);
    fixture_release(&hall);
}

/* --- by hand --- */

static void expect_first(const struct seats *s, uint32_t party, uint32_t first)
{
    uint32_t seats[SEATS_PARTY_MAX];
    assert_int_equal(
        seats_pick_best(s, &(struct seats_best){.party = party, .category = -1, .section = -1},
                        seats),
        0);
    for (uint32_t i = 0; i < party; i++)
        assert_int_equal(seats[i], first + i);
}

static void test_worked_picture(void **state)
{
    /* The picture of docs/internals/seats.md: seats 0 … 8, an aisle, 9 … 11; behind, 12 … 20. */
    static const char *const rows[] = {".........|...", "........."};
    static const uint32_t taken[] = {0, 1, 2, 8};
    struct hall hall;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 2);
    struct seats *s = fixture_engine(&hall);
    assert_int_equal(seats_restore_sold(s, fixture_id(1), taken, 4), 0);
    expect_first(s, 1, 5);  /* 6 would leave 7 alone */
    expect_first(s, 2, 6);  /* 5 and 6 are as near, but would leave 7 alone */
    expect_first(s, 3, 5);  /* 4 to 6 would leave 3 and 7 alone */
    expect_first(s, 4, 14); /* in front every four leaves one alone */
    expect_first(s, 5, 3);
    expect_first(s, 6, 12); /* any but the ends would leave one */
    seats_free(s);
    fixture_release(&hall);
}

static void test_orphans_only_where_unavoidable(void **state)
{
    static const char *const rows[] = {"..."};
    struct hall hall;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    struct seats *s = fixture_engine(&hall);
    expect_first(s, 2, 0); /* either leaves one */
    expect_first(s, 1, 0); /* the middle one is nearer, but would leave two alone */
    expect_first(s, 3, 0);
    uint32_t seats[SEATS_PARTY_MAX];
    struct seats_best four = {.party = 4, .category = -1, .section = -1};
    assert_int_equal(seats_pick_best(s, &four, seats), ERR_CONFLICT);
    seats_free(s);
    fixture_release(&hall);
}

static void test_standing_gives_lowest(void **state)
{
    struct hall hall;
    uint32_t seats[SEATS_PARTY_MAX];
    static const char *const rows[] = {"....."};
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    fixture_standing(&hall, 10);
    struct seats *s = fixture_engine(&hall);
    assert_int_equal(seats_restore_sold(s, fixture_id(1), (uint32_t[]){5, 7}, 2), 0);
    assert_int_equal(seats_pick_standing(s, 1, 3, seats), 0);
    assert_int_equal(seats[0], 6);
    assert_int_equal(seats[1], 8);
    assert_int_equal(seats[2], 9);
    assert_int_equal(seats_unsell(s, fixture_id(1), (uint32_t[]){5}, 1), 0);
    assert_int_equal(seats_pick_standing(s, 1, 1, seats), 0);
    assert_int_equal(seats[0], 5);
    assert_int_equal(seats_pick_standing(s, 0, 1, seats), ERR_INVALID);
    assert_int_equal(seats_pick_standing(s, 2, 1, seats), ERR_INVALID);
    assert_int_equal(seats_pick_standing(s, 1, 0, seats), ERR_INVALID);
    assert_int_equal(seats_pick_standing(s, 1, 9, seats), ERR_INVALID);
    assert_int_equal(seats_restore_sold(s, fixture_id(1), (uint32_t[]){5, 6, 8, 9, 10, 11}, 6), 0);
    assert_int_equal(seats_pick_standing(s, 1, 4, seats), ERR_CONFLICT);
    assert_int_equal(seats_pick_standing(s, 1, 3, seats), 0);
    assert_int_equal(seats[2], 14);
    seats_free(s);
    fixture_release(&hall);
}

static void test_refuses_what_is_out_of_range(void **state)
{
    static const struct seats_best wrong[] = {
        {.party = 0, .category = -1, .section = -1},
        {.party = 9, .category = -1, .section = -1},
        {.party = 1, .category = 4, .section = -1},
        {.party = 1, .category = -2, .section = -1},
        {.party = 1, .category = -1, .section = -1, .wheelchairs = 2},
        {.party = 1, .category = -1, .section = 1},
        {.party = 1, .category = -1, .section = -2},
    };
    static const char *const rows[] = {"....."};
    struct hall hall;
    uint32_t seats[SEATS_PARTY_MAX];
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    struct seats *s = fixture_engine(&hall);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(seats_pick_best(s, &wrong[i], seats), ERR_INVALID);
    seats_free(s);
    fixture_release(&hall);
}

/* Where no ordinary place is left, a refusal names what can be asked for. */
static void test_says_which_kinds_are_left(void **state)
{
    static const char *const rows[] = {"......"};
    const struct seats_best two = {.party = 2, .category = -1, .section = -1};
    struct seats_best wish = two;
    struct seats_refusal refusal;
    uint32_t found[SEATS_PARTY_MAX];
    struct hall hall;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 1);
    hall.seats[2].kind = HALL_RESTRICTED_VIEW;
    hall.seats[3].kind = HALL_COMPANION;
    hall.seats[1].kind = HALL_WHEELCHAIR;
    struct seats *s = fixture_engine(&hall);
    assert_int_equal(seats_pick_best(s, &two, found), 0);
    const struct seats_hold most = {.hold_id = fixture_id(1),
                                    .account_id = fixture_id(2),
                                    .expires_at_ms = 1000,
                                    .count = 3,
                                    .seats = {0, 4, 5}};
    assert_int_equal(seats_hold(s, &most, 1, NULL), 0);
    assert_int_equal(seats_pick_best(s, &two, found), ERR_CONFLICT);
    seats_explain_best(s, &two, &refusal);
    assert_int_equal(refusal.left, SEATS_LEFT_KINDS);
    assert_int_equal(refusal.nearest_count, 2);
    assert_true(refusal.nearest[0] == 1 && refusal.nearest[1] == 2);
    /* Whoever asks for them already is told no such thing. */
    wish.wheelchairs = 2;
    seats_explain_best(s, &wish, &refusal);
    assert_int_equal(refusal.left, SEATS_LEFT_FREE);
    assert_int_equal(refusal.nearest_count, 0);
    /* Companions' seats alone are nobody's to ask for. */
    const struct seats_hold rest = {.hold_id = fixture_id(3),
                                    .account_id = fixture_id(4),
                                    .expires_at_ms = 1000,
                                    .count = 2,
                                    .seats = {1, 2}};
    assert_int_equal(seats_hold(s, &rest, 1, NULL), 0);
    seats_explain_best(s, &two, &refusal);
    assert_int_equal(refusal.left, SEATS_LEFT_KINDS);
    assert_int_equal(refusal.nearest_count, 0);
    seats_free(s);
    fixture_release(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_which_kinds_are_left),
        cmocka_unit_test(test_agrees_with_brute_force),
        cmocka_unit_test(test_sells_out_by_best),
        cmocka_unit_test(test_windows_see_over_their_seam),
        cmocka_unit_test(test_worked_picture),
        cmocka_unit_test(test_orphans_only_where_unavoidable),
        cmocka_unit_test(test_standing_gives_lowest),
        cmocka_unit_test(test_refuses_what_is_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
