/*
 * Plans as people draw them: rows in pieces, lists in any order, tables, stands that face each
 * other; and what an import says of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "err/err.h"
#include "hall/plan_test.h"
#include "usher/v1/hall.pb-c.h"

/* Where aisles and rows end, as one letter a seat: "..|...|" */
static void assert_breaks(const struct hall *hall, uint32_t row, const char *wanted)
{
    char seen[64] = "";
    const struct hall_row *r = &hall->rows[row];
    assert_true(r->seat_count < sizeof(seen));
    for (uint32_t i = 0; i < r->seat_count; i++)
        seen[i] = hall->seats[r->first_seat + i].break_after ? '|' : '.';
    assert_string_equal(seen, wanted);
}

static void assert_sections(const struct hall *hall, const char *const *names, uint32_t count)
{
    assert_int_equal(hall->section_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(hall->sections[i].kind, HALL_SEATED);
        if (!view_eq(hall->sections[i].name, view_str(names[i])))
            fail_msg("section %u is \"%.*s\", not \"%s\"", i, VIEW_ARG(hall->sections[i].name),
                     names[i]);
    }
}

#define CATEGORIES      "\"categories\":[{\"name\":\"A\"}],"
#define ZONES(zones)    "{" CATEGORIES "\"zones\":[" zones "]}"
#define ROWS(rows)      ZONES("{\"name\":\"Z\",\"rows\":[" rows "]}")
#define SEATS(seats)    ROWS("{\"row_number\":\"1\",\"seats\":[" seats "]}")
#define SEAT(uuid, and) "{\"category\":\"A\",\"uuid\":\"" uuid "\"" and "}"
#define ZONE(name, uuid)                                                                           \
    "{\"name\":\"" name "\",\"rows\":[{\"row_number\":\"1\",\"seats\":[" SEAT(uuid, "") "]}]}"

#define PLAN(categories, zones) "{\"categories\":[" categories "],\"zones\":[" zones "]}"
#define CHAIR(n, x, y)                                                                             \
    "{\"category\":\"A\",\"seat_guid\":\"?\",\"seat_number\":\"" #n "\",\"position\":{\"x\":" #x   \
    ",\"y\":" #y "}}"
#define ROW(name, seats) "{\"row_number\":\"" name "\",\"seats\":[" seats "]}"

static struct hall *import_text(const char *plan)
{
    return import(view_str(plan), (struct view){0});
}

static const struct hall_note *note_of(enum hall_note_kind kind)
{
    for (uint32_t i = 0; i < notes.count; i++) {
        if (notes.list[i].kind == kind)
            return &notes.list[i];
    }
    fail_msg("no note of kind %d", (int)kind);
    return NULL;
}

static void neighbours_are_where_the_chairs_stand(void **state)
{
    struct hall *hall = import_text(ROWS(ROW(
        "1", CHAIR(1, 0, 0) "," CHAIR(3, 50, 0) "," CHAIR(5, 100, 0) "," CHAIR(7, 150, 0) "," CHAIR(
                 2, 25, 0) "," CHAIR(4, 75, 0) "," CHAIR(6, 125, 0) "," CHAIR(8, 175, 0))));
    for (uint32_t i = 0; i < 8; i++) {
        const char number = (char)('1' + i);
        assert_true(view_eq(hall->seats[i].number, view_of(&number, 1)));
    }
    assert_breaks(hall, 0, ".......|");
    assert_int_equal(note_of(HALL_NOTE_ORDER)->count, 1);
    assert_string_equal(note_of(HALL_NOTE_ORDER)->subject, "Z");
    hall_free(hall);
}

/* Left and right of an aisle, drawn as two rows: numbers run on. */
static void pieces_of_one_row_are_one_row(void **state)
{
    static const char *const sections[] = {"Z"};
    struct hall *hall = import_text(ROWS(ROW("A", CHAIR(1, 0, 0) "," CHAIR(2, 25, 0)) "," ROW(
        "A",
        CHAIR(3, 100, 0) "," CHAIR(
            4, 125, 0)) "," ROW("B",
                                CHAIR(1, 0, 30) "," CHAIR(
                                    2, 25, 30)) "," ROW("B",
                                                        CHAIR(3, 100, 30) "," CHAIR(4, 125, 30))));
    assert_sections(hall, sections, 1);
    assert_int_equal(hall->row_count, 2);
    assert_breaks(hall, 0, ".|.|");
    assert_breaks(hall, 1, ".|.|");
    assert_int_equal(note_of(HALL_NOTE_JOINED)->count, 2);
    hall_free(hall);
}

/* Two stands row by row in the file: each row goes to the stand that it is in. */
static void rows_go_to_the_block_they_are_in(void **state)
{
    static const char *const sections[] = {"Z, block 1", "Z, block 2"};
    struct hall *hall = import_text(ROWS(ROW("A", CHAIR(1, 0, 0) "," CHAIR(2, 25, 0)) "," ROW(
        "A", CHAIR(1, 400, 0) "," CHAIR(
                 2, 425, 0)) "," ROW("B",
                                     CHAIR(1, 0, 30) "," CHAIR(
                                         2, 25, 30)) "," ROW("B",
                                                             CHAIR(1, 400, 30) "," CHAIR(
                                                                 2, 425, 30)) "," ROW("C",
                                                                                      CHAIR(1, 400,
                                                                                            60))));
    assert_sections(hall, sections, 2);
    assert_int_equal(hall->sections[0].row_count, 2);
    assert_int_equal(hall->sections[1].row_count, 3);
    assert_int_equal(note_of(HALL_NOTE_BLOCKS)->count, 2);
    assert_labels_distinct(hall);
    hall_free(hall);
}

/* One list, numbers that begin again beyond the aisle. */
static void numbers_that_begin_again(void **state)
{
    static const char *const sections[] = {"Z, block 1", "Z, block 2"};
    struct hall *hall =
        import_text(ROWS(ROW("A", CHAIR(1, 0, 0) "," CHAIR(2, 25, 0) "," CHAIR(3, 50, 0) "," CHAIR(
                                      1, 150, 0) "," CHAIR(2, 175, 0) "," CHAIR(3, 200, 0))));
    assert_sections(hall, sections, 2);
    assert_breaks(hall, 0, "..|");
    assert_breaks(hall, 1, "..|");
    assert_labels_distinct(hall);
    hall_free(hall);
}

static void a_table_is_a_ring(void **state)
{
    struct hall *hall = import_text(
        ROWS(ROW("Table 1", CHAIR(1, 25, 0) "," CHAIR(2, 12, 22) "," CHAIR(3, -12, 22) "," CHAIR(
                                4, -25, 0) "," CHAIR(5, -12, -22) "," CHAIR(6, 12, -22))));
    assert_true(hall->rows[0].ring);
    assert_breaks(hall, 0, ".....|");
    assert_int_equal(note_of(HALL_NOTE_TABLE)->count, 1);
    hall_free(hall);
}

#define STAND(name, y, step)                                                                       \
    "{\"name\":\"" name "\",\"position\":{\"x\":0,\"y\":" #y                                       \
    "},\"rows\":[" ROW("A", CHAIR(1, 0, 0) "," CHAIR(2, 25, 0) "," CHAIR(3, 50, 0)) "," ROW(       \
        "B", CHAIR(1, 0, step) "," CHAIR(2, 25, step) "," CHAIR(3, 50, step)) "]}"

static void two_stands_have_the_stage_between_them(void **state)
{
    /* toward each other, and (rows A outermost) away */
    static const char *const plans[] = {ZONES(STAND("N", 0, -30) "," STAND("S", 300, 30)),
                                        ZONES(STAND("S", 300, -30) "," STAND("N", 0, 30))};
    static const int32_t middles[] = {15000, 15000};
    for (uint32_t i = 0; i < 2; i++) {
        struct hall *hall = import_text(plans[i]);
        assert_int_equal(hall->stage_y - notes.origin_y, middles[i]);
        assert_int_equal(hall->stage_x - notes.origin_x, 2500);
        assert_non_null(strstr(note_of(HALL_NOTE_STAGE)->text, "face each other"));
        hall_free(hall);
    }
    /* a balcony behind the stalls: above */
    struct hall *hall = import_text(ZONES(STAND("Stalls", 0, 30) "," STAND("Balcony", 300, 30)));
    assert_int_equal(hall->stage_y - notes.origin_y, -10000);
    hall_free(hall);
}

static void the_stage_that_is_given_counts(void **state)
{
    const struct hall_wish wish = {.stage_given = true, .stage_x = 1234, .stage_y = -5678};
    struct hall *hall = NULL;
    struct hall_error error;
    assert_int_equal(hall_import(view_str(SEATS(SEAT("u", ""))), &wish, &hall, &notes, &error), 0);
    assert_int_equal(hall->stage_x - notes.origin_x, 1234);
    assert_int_equal(hall->stage_y - notes.origin_y, -5678);
    assert_int_equal(notes.count, 0);
    hall_free(hall);
}

static void colours_and_names_are_taken(void **state)
{
    static const char plan[] = "\xef\xbb\xbf" PLAN(
        "{\"name\":\"A\",\"color\":\"Tomato\"},{\"name\":\"\",\"color\":\"#f43\"},"
        "{\"name\":\"C\",\"color\":\"rgb(1, 2, 3)\"},{\"name\":\"D\",\"color\":"
        "\"blurple\"},{\"name\":\"E\",\"color\":7}",
        "{\"name\":\"Empty\"},{\"rows\":[{},{\"seats\":[{\"category\":\"\","
        "\"seat_guid\":\"?\"}]}]}");
    static const uint32_t colors[] = {0xff6347, 0xff4433, 0x010203, 0x7f8c8d, 0x7f8c8d};
    struct hall *hall = import_text(plan);
    assert_int_equal(hall->category_count, 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(hall->categories[i].color, colors[i]);
    assert_true(view_eq(hall->categories[1].name, VIEW_LIT("Category 2")));
    assert_int_equal(hall->seats[0].category, 1);
    assert_string_equal(note_of(HALL_NOTE_NAME)->subject, "Category 2");
    assert_string_equal(note_of(HALL_NOTE_COLOR)->subject, "D");
    hall_free(hall);
}

static void the_plans_own_words(void **state)
{
    struct hall *hall = import_text(
        ROWS("{\"row_number\":\"4\",\"row_label\":\"Reihe %s\",\"seat_label\":\"Platz "
             "%s!\",\"seats\":[" CHAIR(7, 0, 0) "]},{\"row_number\":\"5\",\"row_label\":\"Reihe\","
                                                "\"seat_label\":\"%s\",\"seats\":[" CHAIR(
                                                    8, 0, 30) "]}," ROW("6", CHAIR(9, 0, 60))));
    seat_called(hall, "Z, Reihe 4, Platz 7!");
    seat_called(hall, "Z, Reihe 5, 8");
    seat_called(hall, "Z, row 6, seat 9");
    hall_free(hall);
}

static void what_was_left_out_is_kept(void **state)
{
    struct hall *hall = import_text(ZONES(
        "{\"name\":\"Z\",\"position\":{\"x\":100,\"y\":0},\"areas\":[{\"shape\":\"rectangle\","
        "\"rectangle\":{\"width\":40,\"height\":20},\"color\":\"red\",\"text\":{\"text\":\"Bar\","
        "\"position\":{\"x\":20,\"y\":10}}},{\"capacity\":25,\"shape\":\"circle\",\"circle\":{"
        "\"radius\":50},\"position\":{\"x\":0,\"y\":200},\"text\":{\"text\":\"Pit\"}}],\"rows\":[{"
        "\"seats\":[" SEAT("u", ",\"kind\":\"wheelchair\"") "," SEAT(
            "v", ",\"companion\":true,"
                 "\"radius\":12") "," SEAT("w", ",\"restricted_view\":true,\"position\":{\"x\":25,"
                                                "\"y\":0}") "," SEAT("x", "") "]}]}"));
    static const uint8_t kinds[] = {HALL_WHEELCHAIR, HALL_COMPANION, HALL_RESTRICTED_VIEW,
                                    HALL_ORDINARY};
    assert_int_equal(hall->place_count, 29);
    assert_int_equal(hall->sections[0].kind, HALL_STANDING);
    assert_int_equal(hall->sections[0].place_count, 25);
    assert_int_equal(hall->sections[0].outline_points, 24);
    assert_true(view_eq(hall->sections[0].name, VIEW_LIT("Pit")));
    for (uint32_t i = 25; i < 29; i++)
        assert_true(memchr(kinds, hall->seats[i].kind, sizeof(kinds)) != NULL);
    assert_int_equal(note_of(HALL_NOTE_STANDING)->count, 25);
    Usher__V1__SeatMap *map =
        usher__v1__seat_map__unpack(NULL, hall->layout.len, (const uint8_t *)hall->layout.at);
    assert_non_null(map);
    assert_int_equal(map->n_drawings, 1);
    assert_int_equal(map->drawings[0]->color, 0xff0000);
    assert_string_equal(map->drawings[0]->text, "Bar");
    assert_int_equal(map->drawings[0]->text_x - notes.origin_x, 12000);
    assert_int_equal(map->drawings[0]->n_outline, 8);
    assert_int_equal(map->sections[1]->rows[0]->n_kinds, 4);
    assert_int_equal(map->sections[1]->rows[0]->n_radii, 4);
    usher__v1__seat_map__free_unpacked(map, NULL);
    hall_free(hall);
}

static void a_ticket_says_what_seat_it_is(void **state)
{
    struct hall *hall = import_text(
        ROWS("{\"row_number\":\"1\",\"seats\":[" SEAT("u", ",\"kind\":\"wheelchair\"") "," SEAT(
            "v", ",\"kind\":\"companion\"") "," SEAT("w", ",\"kind\":\"restricted_view\"") "]}"));
    seat_called(hall, "Z, row 1, seat 1 (wheelchair place)");
    seat_called(hall, "Z, row 1, seat 2 (companion seat)");
    seat_called(hall, "Z, row 1, seat 3 (restricted view)");
    hall_free(hall);
}

static void all_stand(void **state)
{
    struct hall *hall = import_text(ZONES("{\"areas\":[{\"capacity\":1}]}"));
    assert_int_equal(hall->place_count, 1);
    assert_int_equal(hall->seats[0].row, HALL_NO_ROW);
    hall_free(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_where_the_chairs_stand),
        cmocka_unit_test(pieces_of_one_row_are_one_row),
        cmocka_unit_test(rows_go_to_the_block_they_are_in),
        cmocka_unit_test(numbers_that_begin_again),
        cmocka_unit_test(a_table_is_a_ring),
        cmocka_unit_test(two_stands_have_the_stage_between_them),
        cmocka_unit_test(the_stage_that_is_given_counts),
        cmocka_unit_test(colours_and_names_are_taken),
        cmocka_unit_test(the_plans_own_words),
        cmocka_unit_test(what_was_left_out_is_kept),
        cmocka_unit_test(a_ticket_says_what_seat_it_is),
        cmocka_unit_test(all_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
