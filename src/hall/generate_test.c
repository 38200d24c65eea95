/*
 * Every hall of the generator, whatever its shape, has the properties listed in look_over. Shapes
 * come from a seed; the shape is in the message where a property fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "hall/hall.h"

#define NEAREST 2000 /* hundredths of a unit: 0.8 of the 2500 that seats are apart */
#define SHAPES  160
#define SEED    20240607

static void complain(const struct hall_shape *shape, const char *what)
{
    fail_msg("capacity %u, sections %u, rows %u, standing %u: %s", shape->capacity, shape->sections,
             shape->rows, shape->standing, what);
}

/* --- the properties --- */

static void look_at_counts(const struct hall_shape *shape, const struct hall *hall)
{
    uint32_t standing = 0, seated_sections = 0, rows = 0;
    if (hall->place_count != shape->capacity)
        complain(shape, "not the capacity");
    for (uint32_t i = 0; i < hall->section_count; i++) {
        const struct hall_section *section = &hall->sections[i];
        if (section->kind == HALL_STANDING) {
            standing += section->place_count;
            continue;
        }
        seated_sections++;
        rows += section->row_count;
        if (shape->rows != 0 && section->row_count != shape->rows)
            complain(shape, "not the rows a section that were asked for");
    }
    if (standing != shape->standing)
        complain(shape, "not the standing places that were asked for");
    if (shape->sections != 0 && seated_sections != shape->sections)
        complain(shape, "not the sections that were asked for");
    if (rows != hall->row_count)
        complain(shape, "rows of no section");
    if (hall->category_count < 1 || hall->category_count > 5)
        complain(shape, "not 1 to 5 categories");
}

static void look_at_places(const struct hall_shape *shape, const struct hall *hall)
{
    uint32_t sold_as[5] = {0};
    for (uint32_t i = 0; i < hall->place_count; i++) {
        const struct hall_seat *seat = &hall->seats[i];
        if (seat->x < 0 || seat->y < 0 || (uint32_t)seat->x > hall->width ||
            (uint32_t)seat->y > hall->height)
            complain(shape, "a place is outside the hall");
        if (seat->category >= hall->category_count)
            complain(shape, "a place has no category");
        if ((seat->row == HALL_NO_ROW) != (hall->sections[seat->section].kind == HALL_STANDING))
            complain(shape, "a place has a row where one stands, or none where one sits");
        sold_as[seat->category]++;
    }
    for (uint32_t i = 0; i < hall->section_count; i++) {
        for (uint32_t k = 0; k < hall->sections[i].outline_points; k++) {
            const int32_t *corner = &hall->sections[i].outline[2 * k];
            if (corner[0] < 0 || corner[1] < 0 || (uint32_t)corner[0] > hall->width ||
                (uint32_t)corner[1] > hall->height)
                complain(shape, "an outline leaves the hall");
        }
    }
    if (sold_as[0] == 0)
        complain(shape, "the best category is empty");
}

static int from_left(const void *a, const void *b)
{
    const struct hall_seat *one = a, *other = b;
    return (one->x > other->x) - (one->x < other->x);
}

/* From left to right: only seats less than NEAREST to the left can be too near. A grid would have a
 * thousand million squares where a hall is one long row. */
static void look_at_distances(const struct hall_shape *shape, const struct hall *hall)
{
    struct hall_seat *seats = calloc(hall->place_count, sizeof(*seats));
    uint32_t count = 0, near = 0;
    bool crowded = false;
    assert_non_null(seats);
    for (uint32_t i = 0; i < hall->place_count; i++) {
        if (hall->seats[i].row != HALL_NO_ROW)
            seats[count++] = hall->seats[i];
    }
    qsort(seats, count, sizeof(*seats), from_left);
    for (uint32_t i = 0; i < count; i++) {
        while ((int64_t)seats[i].x - seats[near].x >= NEAREST)
            near++;
        for (uint32_t k = near; k < i; k++) {
            const int64_t dx = (int64_t)seats[i].x - seats[k].x;
            const int64_t dy = (int64_t)seats[i].y - seats[k].y;
            crowded = crowded || dx * dx + dy * dy < (int64_t)NEAREST * NEAREST;
        }
    }
    free(seats);
    if (crowded)
        complain(shape, "two seats are too near to each other");
}

static int text_order(const void *a, const void *b)
{
    return memcmp(a, b, 64);
}

static void look_at_labels(const struct hall_shape *shape, const struct hall *hall)
{
    char(*labels)[64] = calloc(hall->place_count, sizeof(*labels));
    uint32_t count = 0;
    assert_non_null(labels);
    for (uint32_t i = 0; i < hall->place_count; i++) {
        if (hall->seats[i].row != HALL_NO_ROW)
            hall_seat_label(hall, i, labels[count++], sizeof(*labels));
    }
    qsort(labels, count, sizeof(*labels), text_order);
    bool twins = false;
    for (uint32_t i = 1; i < count; i++)
        twins = twins || memcmp(labels[i - 1], labels[i], sizeof(*labels)) == 0;
    free(labels);
    if (twins)
        complain(shape, "two seats have the same label");
}

static void look_over(const struct hall_shape *shape)
{
    struct hall *hall = NULL, *again = NULL;
    struct hall_error error = {0};
    const int err = hall_generate(shape, &hall, &error);
    if (err != 0)
        complain(shape, error.text);
    look_at_counts(shape, hall);
    look_at_places(shape, hall);
    look_at_distances(shape, hall);
    look_at_labels(shape, hall);
    assert_int_equal(hall_generate(shape, &again, &error), 0);
    if (memcmp(hall->hash, again->hash, sizeof(hall->hash)) != 0)
        complain(shape, "another hall the second time");
    hall_free(again);
    hall_free(hall);
}

/* --- shapes --- */

static void shapes_by_chance(void **state)
{
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    chance_seed(&seeded, SEED);
    for (uint32_t i = 0; i < SHAPES; i++) {
        /* Small halls are as frequent as large ones: 1 to 32,000 by doubling. */
        const uint32_t capacity =
            (uint32_t)chance_below(chance, 4u << chance_below(chance, 14)) + 1;
        struct hall_shape shape = {.capacity = capacity};
        if (chance_below(chance, 2))
            shape.standing = (uint32_t)chance_below(chance, capacity + 1);
        const uint32_t seats = capacity - shape.standing;
        if (seats > 0 && chance_below(chance, 2))
            shape.sections = 1 + (uint32_t)chance_below(chance, seats < 100 ? 1 : seats / 100);
        if (seats > 0 && chance_below(chance, 3) == 0)
            shape.rows = 1 + (uint32_t)chance_below(chance, seats < 40 ? seats : 40);
        look_over(&shape);
    }
}

static void corners(void **state)
{
    static const struct hall_shape shapes[] = {
        {.capacity = 1},
        {.capacity = 1, .standing = 1},
        {.capacity = 2, .standing = 1},
        {.capacity = 7, .rows = 7},
        {.capacity = 10},
        {.capacity = 99},
        {.capacity = 100000, .standing = 100000},
        {.capacity = 500},
        {.capacity = 501, .sections = 1},
        {.capacity = 500, .sections = 1, .rows = 1},
        {.capacity = 500, .sections = 1, .rows = 200},
        {.capacity = 500, .sections = 250, .rows = 2},
        {.capacity = 500, .standing = 250},
        {.capacity = 500, .sections = 1, .rows = 200, .standing = 250},
        {.capacity = 1000, .sections = 1000, .rows = 1},
        {.capacity = 20000, .sections = 1000, .rows = 1},
        {.capacity = 20000, .rows = 1},
        {.capacity = 20000, .rows = 200},
        {.capacity = 20000, .sections = 1, .rows = 1},
        {.capacity = 20000, .sections = 1, .rows = 200},
        {.capacity = 20000, .standing = 19750},
        {.capacity = 99999, .sections = 1000, .rows = 99},
        {.capacity = 100000},
        {.capacity = 100000, .sections = 1},
        {.capacity = 100000, .sections = 1, .rows = 1},
        {.capacity = 100000, .sections = 1, .rows = 200},
        {.capacity = 100000, .sections = 1000},
        {.capacity = 100000, .sections = 1000, .rows = 1},
        {.capacity = 100000, .sections = 500, .rows = 200},
        {.capacity = 100000, .standing = 99750},
        {.capacity = 100000, .standing = 60000},
    };
    for (uint32_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        look_over(&shapes[i]);
}

static int64_t cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* others may have the machine */
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void a_hundred_thousand_places_in_a_second(void **state)
{
    const struct hall_shape shape = {.capacity = 100000, .standing = 10000};
    struct hall *hall = NULL, *loaded = NULL;
    struct hall_error error;
    const int64_t start = cpu_ms();
    assert_int_equal(hall_generate(&shape, &hall, &error), 0);
    assert_int_equal(hall_load(hall->layout, &loaded), 0);
    const int64_t took = cpu_ms() - start;
    print_message("100,000 places, %zu bytes: %lld ms\n", hall->layout.len, (long long)took);
    assert_memory_equal(hall->hash, loaded->hash, sizeof(hall->hash));
#ifndef USHER_SANITIZE
    assert_true(took < 1000);
#endif
    hall_free(loaded);
    hall_free(hall);
}

/* --- looks --- */

static void a_small_hall_is_wider_than_deep(void **state)
{
    for (uint32_t capacity = 500; capacity <= 3000; capacity += 50) {
        const struct hall_shape shape = {.capacity = capacity};
        struct hall *hall = NULL;
        struct hall_error error;
        assert_int_equal(hall_generate(&shape, &hall, &error), 0);
        if (hall->width * UINT64_C(10) < hall->height * UINT64_C(14))
            complain(&shape, "not 1.4 times as wide as deep");
        hall_free(hall);
    }
}

/* Few sections get many rows, rather than rows that nobody would walk along. */
static void a_row_is_not_endless(void **state)
{
    static const struct hall_shape shapes[] = {
        {.capacity = 500, .sections = 1},
        {.capacity = 5000, .sections = 1},
        {.capacity = 20000, .sections = 3},
        {.capacity = 100000, .sections = 1},
    };
    for (uint32_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct hall *hall = NULL;
        struct hall_error error;
        assert_int_equal(hall_generate(&shapes[i], &hall, &error), 0);
        for (uint32_t r = 0; r < hall->row_count; r++) {
            if (hall->rows[r].seat_count > 20 * hall->sections[0].row_count)
                complain(&shapes[i], "an endless row");
        }
        hall_free(hall);
    }
}

/* --- names, and what is refused --- */

static void a_hall_has_the_name_it_is_given(void **state)
{
    static char longest[HALL_NAME_MAX];
    struct hall *hall = NULL;
    struct hall_error error;
    assert_int_equal(hall_generate(&(struct hall_shape){.capacity = 777}, &hall, &error), 0);
    assert_true(view_eq(hall->name, VIEW_LIT("Hall of 777")));
    hall_free(hall);
    assert_int_equal(hall_generate(&(struct hall_shape){.capacity = 20005}, &hall, &error), 0);
    assert_true(view_eq(hall->name, VIEW_LIT("Hall of 20,005")));
    hall_free(hall);
    memset(longest, 'n', sizeof(longest));
    const struct hall_shape shape = {.capacity = 777, .name = view_of(longest, sizeof(longest))};
    assert_int_equal(hall_generate(&shape, &hall, &error), 0);
    assert_true(view_eq(hall->name, shape.name));
    hall_free(hall);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    static const char text[HALL_NAME_MAX + 1] = {'n'};
    static const struct {
        struct hall_shape shape;
        const char *error;
    } cases[] = {
        {{.capacity = 0}, "capacity: a hall has 1 to 100000 places"},
        {{.capacity = 100001}, "capacity: a hall has 1 to 100000 places"},
        {{.capacity = UINT32_MAX}, "capacity: a hall has 1 to 100000 places"},
        {{.capacity = 500, .rows = 201}, "rows: a section has at most 200 rows"},
        {{.capacity = 500, .rows = UINT32_MAX}, "rows: a section has at most 200 rows"},
        {{.capacity = 100000, .rows = 1}, "rows: so few rows a section do not hold this capacity"},
        {{.capacity = 9000, .sections = 1001}, "sections: a hall has at most 1000 sections"},
        {{.capacity = 500, .sections = 501}, "sections: more rows than seats"},
        {{.capacity = 500, .sections = 251, .standing = 250}, "sections: more rows than seats"},
        {{.capacity = 500, .sections = 167, .rows = 3}, "sections: more rows than seats"},
        {{.capacity = 9000, .sections = 1000, .rows = 200}, "sections: more rows than seats"},
        {{.capacity = 500, .standing = 501}, "standing: more places than the capacity"},
        {{.capacity = 500, .standing = UINT32_MAX}, "standing: more places than the capacity"},
        {{.capacity = 5, .rows = 6}, "rows: more rows than seats"},
        {{.capacity = 5, .standing = 5, .rows = 1}, "rows: more rows than seats"},
        {{.capacity = 500, .name = {text, sizeof(text)}}, "name: at most 200 bytes"},
    };
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hall *const untouched = (struct hall *)&cases;
        struct hall *hall = untouched;
        struct hall_error error = {0};
        assert_int_equal(hall_generate(&cases[i].shape, &hall, &error), ERR_INVALID);
        assert_string_equal(error.text, cases[i].error);
        assert_ptr_equal(hall, untouched);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corners),
        cmocka_unit_test(shapes_by_chance),
        cmocka_unit_test(a_hundred_thousand_places_in_a_second),
        cmocka_unit_test(a_small_hall_is_wider_than_deep),
        cmocka_unit_test(a_row_is_not_endless),
        cmocka_unit_test(a_hall_has_the_name_it_is_given),
        cmocka_unit_test(what_cannot_be_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
