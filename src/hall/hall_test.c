/*
 * A hall from draft to stored form and back, and stored forms that are damaged.
 */
#include "codec/sha256.h"
#include "hall/hall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "hall/draft.h"
#include "usher/v1/hall.pb-c.h"

#define MUTATIONS 6000
#define SEED      0x4a11

/* --- one small hall, drawn by hand ---
 *
 *   stage at (0, -500)
 *
 *   Stalls, row A   1 2 | 3     y = 0; x = -4000, -1500, 4000
 *           row B   7           y = 3400
 *   Standing        five places, a square around (0, 10000)
 *   Balcony, row A  1a 1b       y = 20000, categories 1 and 0
 */
static void draw_seat(struct hall_draft *draft, int32_t x, int32_t y, uint32_t category,
                      const char *number, bool break_after)
{
    const struct draft_seat seat = {.x = x,
                                    .y = y,
                                    .category = category,
                                    .number = view_str(number),
                                    .break_after = break_after};
    assert_int_equal(hall_draft_seat(draft, &seat), 0);
}

static void draw_section(struct hall_draft *draft, const char *name)
{
    const struct draft_section section = {.name = view_str(name), .kind = HALL_SEATED};
    assert_int_equal(hall_draft_section(draft, &section), 0);
}

static void draw(struct hall_draft *draft)
{
    static int32_t square[] = {-2000, 8000, 2000, 8000, 2000, 12000, -2000, 12000};
    hall_draft_init(draft);
    draft->name = VIEW_LIT("Small hall");
    draft->categories[0] = (struct hall_category){VIEW_LIT("Front"), 0xff0000};
    draft->categories[1] = (struct hall_category){VIEW_LIT("Back"), 0x0000ff};
    draft->category_count = 2;
    draft->stage_y = -500;
    draw_section(draft, "Stalls");
    assert_int_equal(hall_draft_row(draft, VIEW_LIT("A")), 0);
    draw_seat(draft, -4000, 0, 0, "1", false);
    draw_seat(draft, -1500, 0, 0, "2", true);
    draw_seat(draft, 4000, 0, 0, "3", false);
    assert_int_equal(hall_draft_row(draft, VIEW_LIT("B")), 0);
    draw_seat(draft, 0, 3400, 1, "7", false);
    const struct draft_section standing = {.name = VIEW_LIT("Standing"),
                                           .kind = HALL_STANDING,
                                           .category = 1,
                                           .place_count = 5,
                                           .outline = square,
                                           .outline_points = 4};
    assert_int_equal(hall_draft_section(draft, &standing), 0);
    draw_section(draft, "Balcony");
    assert_int_equal(hall_draft_row(draft, VIEW_LIT("A")), 0);
    draw_seat(draft, 0, 20000, 1, "1a", false);
    draw_seat(draft, 2500, 20000, 0, "1b", true); /* implied, so not stored */
}

static int set_up(void **state)
{
    struct hall_draft draft;
    struct hall_error error;
    struct hall *hall = NULL;
    draw(&draft);
    assert_int_equal(hall_draft_finish(&draft, &hall, &error), 0);
    hall_draft_release(&draft); /* the hall needs nothing of it */
    *state = hall;
    return 0;
}

static int tear_down(void **state)
{
    hall_free(*state);
    return 0;
}

/* --- what is in it --- */

static void counts_and_names(void **state)
{
    const struct hall *hall = *state;
    assert_int_equal(hall->place_count, 11);
    assert_int_equal(hall->section_count, 3);
    assert_int_equal(hall->row_count, 3);
    assert_int_equal(hall->category_count, 2);
    assert_true(view_eq(hall->name, VIEW_LIT("Small hall")));
    assert_true(view_eq(hall->categories[1].name, VIEW_LIT("Back")));
    assert_int_equal(hall->categories[1].color, 0x0000ff);
    const struct hall_section *standing = &hall->sections[1];
    assert_int_equal(standing->kind, HALL_STANDING);
    assert_int_equal(standing->first_seat, 4);
    assert_int_equal(standing->place_count, 5);
    assert_int_equal(standing->row_count, 0);
    const struct hall_section *balcony = &hall->sections[2];
    assert_int_equal(balcony->kind, HALL_SEATED);
    assert_int_equal(balcony->first_seat, 9);
    assert_int_equal(balcony->first_row, 2);
    assert_int_equal(balcony->row_count, 1);
    assert_int_equal(hall->rows[1].section, 0);
    assert_int_equal(hall->rows[1].first_seat, 3);
    assert_int_equal(hall->rows[1].seat_count, 1);
}

static void everything_lies_in_the_positive_quadrant(void **state)
{
    const struct hall *hall = *state;
    const int32_t margin = HALL_DRAFT_MARGIN;
    assert_int_equal(hall->width, 8000 + 2 * margin);   /* x from -4000 to 4000 */
    assert_int_equal(hall->height, 20500 + 2 * margin); /* y from -500 to 20000 */
    assert_int_equal(hall->stage_x, 4000 + margin);
    assert_int_equal(hall->stage_y, margin);
    assert_int_equal(hall->seats[0].x, margin);
    assert_int_equal(hall->seats[0].y, 500 + margin);
    assert_int_equal(hall->seats[10].x, 6500 + margin);
    assert_int_equal(hall->seats[10].y, 20500 + margin);
    assert_int_equal(hall->sections[1].outline_points, 4);
    assert_int_equal(hall->sections[1].outline[0], 2000 + margin);
    assert_int_equal(hall->sections[1].outline[1], 8500 + margin);
    assert_null(hall->sections[0].outline);
}

static void categories_and_breaks(void **state)
{
    static const uint16_t categories[] = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0};
    static const bool breaks[] = {false, true,  true, true,  false, false,
                                  false, false, true, false, true};
    const struct hall *hall = *state;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        assert_int_equal(hall->seats[i].category, categories[i]);
        assert_int_equal(hall->seats[i].break_after, breaks[i]);
    }
}

static void labels(void **state)
{
    static const char *const texts[] = {"Stalls, row A, seat 1", "Stalls, row B, seat 7",
                                        "Standing", "Balcony, row A, seat 1b"};
    static const uint32_t seats[] = {0, 3, 6, 10};
    const struct hall *hall = *state;
    char text[64];
    for (uint32_t i = 0; i < 4; i++) {
        hall_seat_label(hall, seats[i], text, sizeof(text));
        assert_string_equal(text, texts[i]);
    }
    char narrow[8] = "#######";
    hall_seat_label(hall, 0, narrow, 7);
    assert_string_equal(narrow, "Stalls");
    assert_int_equal(narrow[7], '\0');
    hall_seat_label(hall, 0, narrow, 1);
    assert_string_equal(narrow, "");
}

/* --- the stored form --- */

static void assert_same(const struct hall *a, const struct hall *b)
{
    assert_true(view_eq(a->layout, b->layout));
    assert_memory_equal(a->hash, b->hash, sizeof(a->hash));
    assert_int_equal(a->place_count, b->place_count);
    assert_int_equal(a->row_count, b->row_count);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->stage_x, b->stage_x);
    assert_int_equal(a->stage_y, b->stage_y);
    for (uint32_t i = 0; i < a->place_count; i++) {
        const struct hall_seat *x = &a->seats[i], *y = &b->seats[i];
        char here[512], there[512];
        assert_int_equal(x->x, y->x);
        assert_int_equal(x->y, y->y);
        assert_int_equal(x->remoteness, y->remoteness);
        assert_int_equal(x->category, y->category);
        assert_int_equal(x->break_after, y->break_after);
        hall_seat_label(a, i, here, sizeof(here));
        hall_seat_label(b, i, there, sizeof(there));
        assert_string_equal(here, there);
    }
}

static void stored_and_loaded_it_is_the_same(void **state)
{
    const struct hall *hall = *state;
    uint8_t hash[HALL_HASH_BYTES];
    struct hall *loaded = NULL;
    char *stored = malloc(hall->layout.len);
    assert_non_null(stored);
    memcpy(stored, hall->layout.at, hall->layout.len);
    assert_int_equal(hall_load(view_of(stored, hall->layout.len), &loaded), 0);
    free(stored); /* the layout is copied */
    assert_same(hall, loaded);
    sha256(hall->layout, hash);
    assert_memory_equal(hash, loaded->hash, sizeof(hash));
    hall_free(loaded);
}

/* The hash names what fans have bought seats of, so it may not drift from version to version. */
static void the_hash_is_the_same_for_ever(void **state)
{
    static const uint8_t hash[HALL_HASH_BYTES] = {0x0f, 0x68, 0xaa, 0xea, 0x02, 0x91, 0x9d, 0x08,
                                                  0xa0, 0x4a, 0x60, 0x8f, 0xf3, 0x04, 0xc8, 0x44,
                                                  0xaa, 0xd3, 0xa7, 0x8b, 0xeb, 0x3c, 0xf6, 0xf9,
                                                  0x4a, 0xdf, 0x46, 0x00, 0x87, 0x55, 0x67, 0x34};
    const struct hall *hall = *state;
    assert_memory_equal(hall->hash, hash, sizeof(hash));
}

static void a_generated_hall_comes_back(void **state)
{
    const struct hall_shape shape = {.capacity = 3000, .standing = 700};
    struct hall *hall = NULL, *loaded = NULL;
    struct hall_error error;
    assert_int_equal(hall_generate(&shape, &hall, &error), 0);
    assert_int_equal(hall_load(hall->layout, &loaded), 0);
    assert_same(hall, loaded);
    hall_free(loaded);
    hall_free(hall);
}

static void nothing_but_standing_places(void **state)
{
    struct hall_draft draft;
    struct hall_error error;
    struct hall *hall = NULL;
    char text[32];
    const struct draft_section field = {
        .name = VIEW_LIT("Field"), .kind = HALL_STANDING, .place_count = 3};
    hall_draft_init(&draft);
    draft.categories[0].name = VIEW_LIT("All");
    draft.category_count = 1;
    assert_int_equal(hall_draft_section(&draft, &field), 0);
    assert_int_equal(hall_draft_finish(&draft, &hall, &error), 0);
    hall_draft_release(&draft);
    assert_int_equal(hall->place_count, 3);
    assert_int_equal(hall->row_count, 0);
    hall_seat_label(hall, 2, text, sizeof(text));
    assert_string_equal(text, "Field");
    hall_free(hall);
}

/* --- what a draft refuses --- */

static void a_draft_without_places(void **state)
{
    struct hall_draft draft;
    struct hall_error error = {0};
    struct hall *hall = NULL;
    hall_draft_init(&draft);
    draft.categories[0].name = VIEW_LIT("All");
    draft.category_count = 1;
    assert_int_equal(hall_draft_finish(&draft, &hall, &error), ERR_INVALID);
    assert_string_equal(error.text, "the plan has no seats");
    draw_section(&draft, "Empty");
    assert_int_equal(hall_draft_finish(&draft, &hall, &error), ERR_INVALID);
    assert_null(hall);
    hall_draft_release(&draft);
}

static void a_draft_that_is_too_wide(void **state)
{
    struct hall_draft draft;
    struct hall_error error = {0};
    struct hall *hall = NULL;
    draw(&draft);
    draw_seat(&draft, INT32_MAX, INT32_MIN, 0, "far", false);
    assert_int_equal(hall_draft_finish(&draft, &hall, &error), ERR_INVALID);
    assert_string_equal(error.text, "the plan is more than 1000000 units wide or deep");
    assert_null(hall);
    hall_draft_release(&draft);
}

static void a_draft_that_is_full(void **state)
{
    struct hall_draft draft;
    const struct draft_section crowd = {.kind = HALL_STANDING, .place_count = HALL_PLACES_MAX - 10};
    draw(&draft); /* eleven places */
    assert_int_equal(hall_draft_section(&draft, &crowd), ERR_FULL);
    assert_int_equal(draft.section_count, 3);
    const struct draft_section fewer = {.kind = HALL_STANDING, .place_count = HALL_PLACES_MAX - 11};
    assert_int_equal(hall_draft_section(&draft, &fewer), 0);
    draw_section(&draft, "Last");
    assert_int_equal(hall_draft_row(&draft, VIEW_LIT("A")), 0);
    assert_int_equal(hall_draft_seat(&draft, &(struct draft_seat){0}), ERR_FULL);
    while (draft.section_count < HALL_SECTIONS_MAX)
        draw_section(&draft, "One more");
    const struct draft_section more = {.kind = HALL_SEATED};
    assert_int_equal(hall_draft_section(&draft, &more), ERR_FULL);
    hall_draft_release(&draft);
}

/* --- damaged layouts --- */

/* Everything that the header promises of a hall that loads. */
static void assert_sound(const struct hall *hall)
{
    uint32_t seat = 0, row = 0;
    char text[4 * HALL_NAME_MAX];
    assert_true(hall->place_count >= 1 && hall->place_count <= HALL_PLACES_MAX);
    assert_true(hall->section_count >= 1 && hall->section_count <= HALL_SECTIONS_MAX);
    assert_true(hall->category_count >= 1 && hall->category_count <= HALL_CATEGORIES_MAX);
    for (uint32_t i = 0; i < hall->section_count; i++) {
        const struct hall_section *section = &hall->sections[i];
        assert_int_equal(section->first_seat, seat);
        assert_int_equal(section->first_row, row);
        assert_true(section->kind == HALL_SEATED || section->row_count == 0);
        for (uint32_t k = 0; k < section->row_count; k++, row++) {
            assert_int_equal(hall->rows[row].section, i);
            assert_int_equal(hall->rows[row].first_seat, seat);
            assert_true(hall->rows[row].seat_count > 0);
            seat += hall->rows[row].seat_count;
        }
        seat += section->kind == HALL_STANDING ? section->place_count : 0;
        assert_int_equal(seat, section->first_seat + section->place_count);
        assert_true(hall->seats[seat - 1].break_after);
    }
    assert_int_equal(seat, hall->place_count);
    assert_int_equal(row, hall->row_count);
    for (uint32_t i = 0; i < hall->place_count; i++) {
        assert_true(hall->seats[i].category < hall->category_count);
        assert_true(hall->seats[i].section < hall->section_count);
        hall_seat_label(hall, i, text, sizeof(text));
    }
}

/* Changes, cuts, drops or repeats some bytes. Returns the new length, at most twice the old. */
static size_t damage(struct chance *chance, uint8_t *bytes, size_t len)
{
    const size_t at = chance_below(chance, len);
    const size_t run = 1 + chance_below(chance, len - at < 8 ? len - at : 8);
    switch (chance_below(chance, 5)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << chance_below(chance, 8));
        return len;
    case 1:
        bytes[at] = (uint8_t)chance_u64(chance);
        return len;
    case 2:
        return at + 1;
    case 3:
        memmove(bytes + at, bytes + at + run, len - at - run);
        return len > run ? len - run : len;
    default:
        memmove(bytes + at + run, bytes + at, len - at);
        return len + run;
    }
}

static void a_damaged_layout_is_corrupt_or_sound(void **state)
{
    const struct hall *hall = *state;
    const size_t len = hall->layout.len;
    struct chance_seeded seeded;
    uint32_t corrupt = 0, sound = 0;
    chance_seed(&seeded, SEED);
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        uint8_t *bytes = malloc(2 * len + 64);
        struct hall *loaded = NULL;
        assert_non_null(bytes);
        memcpy(bytes, hall->layout.at, len);
        size_t left = len;
        for (uint64_t n = 1 + chance_below(&seeded.chance, 3); n > 0; n--)
            left = damage(&seeded.chance, bytes, left);
        /* To the byte, so that a step beyond the end is seen. */
        uint8_t *exact = realloc(bytes, left);
        assert_non_null(exact);
        const int err = hall_load(view_of(exact, left), &loaded);
        free(exact);
        if (err == 0) {
            assert_sound(loaded);
            sound++;
        } else {
            assert_int_equal(err, ERR_CORRUPT);
            assert_null(loaded);
            corrupt++;
        }
        hall_free(loaded);
    }
    /* Both happen, or the test looks at one side alone. */
    assert_true(corrupt > MUTATIONS / 4);
    assert_true(sound > MUTATIONS / 50);
}

static void every_beginning_of_a_layout_is_corrupt(void **state)
{
    const struct hall *hall = *state;
    uint32_t sound = 0;
    for (size_t len = 0; len < hall->layout.len; len++) {
        struct hall *loaded = NULL;
        const int err = hall_load(view_of(hall->layout.at, len), &loaded);
        assert_true(err == 0 || err == ERR_CORRUPT);
        sound += err == 0;
        hall_free(loaded);
    }
    /* What comes last may be missing: width, height and the stage's position. */
    assert_true(sound <= 4);
}

/* --- layouts that decode, and yet are no halls --- */

static void spoil_map(uint32_t which, Usher__V1__SeatMap *map, char *long_name)
{
    switch (which) {
    case 0:
        map->place_count = 0;
        break;
    case 1:
        map->place_count = HALL_PLACES_MAX + 1;
        break;
    case 2:
        map->place_count++;
        break;
    case 3:
        map->place_count--;
        break;
    case 4:
        map->n_sections = 0;
        break;
    case 5:
        map->n_categories = 0;
        break;
    case 6:
        map->name = long_name;
        break;
    case 7:
        map->categories[0]->name = long_name;
        break;
    case 8:
        map->stage_x = INT32_MAX;
        break;
    case 9:
        map->width = UINT32_MAX;
        break;
    }
}

/* Sections: seated, standing, seated. */
static void spoil_section(uint32_t which, Usher__V1__Section **sections, char *long_name)
{
    switch (which) {
    case 0:
        sections[0]->kind = (Usher__V1__SectionKind)3;
        break;
    case 1:
        sections[0]->kind = USHER__V1__SECTION_KIND__SECTION_KIND_STANDING; /* with rows */
        break;
    case 2:
        sections[0]->place_count = 0;
        break;
    case 3:
        sections[0]->place_count--;
        break;
    case 4:
        sections[1]->first_seat++;
        break;
    case 5:
        sections[2]->name = long_name;
        break;
    case 6:
        sections[1]->n_outline--;
        break;
    case 7:
        sections[1]->outline[2] = INT32_MAX;
        break;
    case 8:
        sections[1]->category = 2;
        break;
    case 9:
        sections[1]->place_count = UINT32_MAX; /* around and back */
        break;
    }
}

/* Row 0 has three seats of one category, the balcony's two of two. */
static void spoil_row(uint32_t which, Usher__V1__Row *row, Usher__V1__Row *balcony, char *long_name)
{
    switch (which) {
    case 0:
        row->first_seat++;
        break;
    case 1:
        row->n_numbers = row->n_xy = 0;
        break;
    case 2:
        row->n_xy--;
        break;
    case 3:
        row->n_categories = 0;
        break;
    case 4:
        row->categories[0] = 2;
        break;
    case 5:
        balcony->categories[1] = UINT32_MAX;
        break;
    case 6:
        row->breaks[0] = 3;
        break;
    case 7:
        row->numbers[2] = long_name;
        break;
    case 8:
        row->xy[0] = row->xy[2] = INT32_MAX;
        break;
    case 9:
        row->name = long_name;
        break;
    }
}

static void *take(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void give_back(void *arena, void *piece)
{
}

static void a_layout_that_is_no_hall_is_corrupt(void **state)
{
    const struct hall *hall = *state;
    static char long_name[HALL_NAME_MAX + 2];
    memset(long_name, 'n', sizeof(long_name) - 1);
    for (uint32_t i = 0; i < 31; i++) {
        struct hall *loaded = NULL;
        /* In an arena of the test, so that what was spoiled need not be made good to be freed. */
        struct arena arena;
        arena_init(&arena, 1 << 20);
        ProtobufCAllocator allocator = {take, give_back, &arena};
        Usher__V1__SeatMap *map = usher__v1__seat_map__unpack(&allocator, hall->layout.len,
                                                              (const uint8_t *)hall->layout.at);
        assert_non_null(map);
        if (i < 10)
            spoil_map(i, map, long_name);
        else if (i < 20)
            spoil_section(i - 10, map->sections, long_name);
        else if (i < 30)
            spoil_row(i - 20, map->sections[0]->rows[0], map->sections[2]->rows[0], long_name);
        const size_t len = usher__v1__seat_map__get_packed_size(map);
        uint8_t *bytes = malloc(len);
        assert_non_null(bytes);
        usher__v1__seat_map__pack(map, bytes);
        const int err = hall_load(view_of(bytes, len), &loaded);
        /* The last one was not spoiled: it is the spoiling that is found, not the way here. */
        if (err != (i < 30 ? ERR_CORRUPT : 0))
            fail_msg("spoiled layout %u: %s", i, err_text(err));
        hall_free(loaded);
        free(bytes);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_names),
        cmocka_unit_test(everything_lies_in_the_positive_quadrant),
        cmocka_unit_test(categories_and_breaks),
        cmocka_unit_test(labels),
        cmocka_unit_test(stored_and_loaded_it_is_the_same),
        cmocka_unit_test(the_hash_is_the_same_for_ever),
        cmocka_unit_test(a_generated_hall_comes_back),
        cmocka_unit_test(nothing_but_standing_places),
        cmocka_unit_test(a_draft_without_places),
        cmocka_unit_test(a_draft_that_is_too_wide),
        cmocka_unit_test(a_draft_that_is_full),
        cmocka_unit_test(a_damaged_layout_is_corrupt_or_sound),
        cmocka_unit_test(every_beginning_of_a_layout_is_corrupt),
        cmocka_unit_test(a_layout_that_is_no_hall_is_corrupt),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
