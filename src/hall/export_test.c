/*
 * A plan goes out as it came in: every plan of tests/halls, and generated halls, written in each
 * format and read again, are the same halls. And tables and drawings as people write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "hall/hall.h"
#include "mem/buf.h"

static struct hall_notes notes;

static struct hall *import(struct view text, struct view name)
{
    const struct hall_wish wish = {.name = name};
    struct hall_error error;
    struct hall *hall = NULL;
    if (hall_import(text, &wish, &hall, &notes, &error) != 0)
        fail_msg("%s", error.text);
    return hall;
}

static struct hall *import_file(const char *name)
{
    char path[4096];
    struct buf json;
    snprintf(path, sizeof(path), USHER_SOURCE_ROOT "/tests/halls/%s.pretix.json", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buf_init(&json, 1 << 20);
    buf_commit(&json, fread(buf_reserve(&json, 1 << 19), 1, 1 << 19, file));
    fclose(file);
    struct hall *hall = import(buf_view(&json), (struct view){0});
    buf_release(&json);
    return hall;
}

/* Seats at the same places, named alike, neighbours alike; without drawings the margin may differ.
 */
static void assert_alike(const struct hall *a, const struct hall *b)
{
    const int32_t dx = a->stage_x - b->stage_x, dy = a->stage_y - b->stage_y;
    assert_int_equal(a->place_count, b->place_count);
    assert_int_equal(a->section_count, b->section_count);
    assert_int_equal(a->category_count, b->category_count);
    for (uint32_t i = 0; i < a->place_count; i++) {
        char one[HALL_LABEL_MAX], other[HALL_LABEL_MAX];
        hall_seat_label(a, i, one, sizeof(one));
        hall_seat_label(b, i, other, sizeof(other));
        assert_string_equal(one, other);
        assert_int_equal(a->seats[i].x - b->seats[i].x, dx);
        assert_int_equal(a->seats[i].y - b->seats[i].y, dy);
        assert_int_equal(a->seats[i].category, b->seats[i].category);
        assert_int_equal(a->seats[i].kind, b->seats[i].kind);
        assert_int_equal(a->seats[i].break_after, b->seats[i].break_after);
    }
}

static void round_trip(const struct hall *hall, bool drawings)
{
    for (int format = HALL_PRETIX; format <= HALL_SVG; format++) {
        struct buf out;
        buf_init(&out, 64u << 20);
        assert_int_equal(hall_export(hall->layout, (enum hall_format)format, &out), 0);
        struct hall *again = import(buf_view(&out), hall->name);
        assert_alike(hall, again);
        if (format == HALL_PRETIX || !drawings)
            assert_memory_equal(hall->hash, again->hash, sizeof(hall->hash));
        /* What we wrote goes out as it came in, to the byte. */
        struct buf twice;
        buf_init(&twice, 64u << 20);
        assert_int_equal(hall_export(again->layout, (enum hall_format)format, &twice), 0);
        assert_true(view_eq(buf_view(&out), buf_view(&twice)));
        buf_release(&twice);
        hall_free(again);
        buf_release(&out);
    }
}

static void every_plan_comes_back(void **state)
{
    static const char *const names[] = {"opera",   "fan",  "tribune", "cellar",
                                        "theatre", "club", "bowl",    "kinds"};
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct hall *hall = import_file(names[i]);
        round_trip(hall, true);
        hall_free(hall);
    }
}

static void generated_halls_come_back(void **state)
{
    static const struct hall_shape shapes[] = {{.capacity = 1},
                                               {.capacity = 7, .standing = 7},
                                               {.capacity = 99},
                                               {.capacity = 2000},
                                               {.capacity = 5000, .standing = 1000}};
    for (uint32_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct hall *hall = NULL;
        struct hall_error error;
        assert_int_equal(hall_generate(&shapes[i], &hall, &error), 0);
        round_trip(hall, false);
        hall_free(hall);
    }
}

static void a_table_as_people_write_it(void **state)
{
    static const char table[] = "\xef\xbb\xbfSeat;Row;Section;x;y;Category;kind\r\n"
                                "2;A;\"Left; \"\"L\"\"\";27,5;0;R;\r\n"
                                "1;A;\"Left; \"\"L\"\"\";2,5;0;R;wheelchair\r\n"
                                "\r\n"
                                ";;;0;-100;;stage\r\n"
                                "9;B;Right;200;0;;\r\n";
    struct hall *hall = import(view_str(table), VIEW_LIT("T"));
    char label[HALL_LABEL_MAX];
    assert_int_equal(hall->place_count, 3);
    hall_seat_label(hall, 1, label, sizeof(label));
    assert_string_equal(label, "Left; \"L\", row A, seat 1 (wheelchair place)");
    assert_int_equal(hall->seats[0].x - hall->stage_x, 2750);
    assert_true(view_eq(hall->categories[1].name, VIEW_LIT("Seats")));
    hall_free(hall);
}

static void a_drawing_as_people_draw_it(void **state)
{
    static const char drawing[] =
        "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x \"y\">]><svg><!-- a --><g "
        "transform=\"translate(100, 50) scale(2)\" fill=\"tomato\">"
        "<circle id='Stalls/A/1' cx='10' cy='0' r='5'/>"
        "<rect id=\"Stalls/A/2%2F3\" x='20' y='-5' width='10' height='10' style='x:1;fill:#00f'/>"
        "<g data-section='Box &amp; Co' data-row='1'><ellipse data-seat='7' rx='4' ry='5' "
        "transform='rotate(90)' cx='0' cy='-40'/></g>"
        "<rect id='bar' width='30' height='10' y='60'/><text x='15' y='65'>Bar</text></g>"
        "<rect id='stage' x='0' y='-100' width='100' height='20'/></svg>";
    struct hall *hall = import(view_str(drawing), VIEW_LIT("D"));
    char label[HALL_LABEL_MAX];
    assert_int_equal(hall->place_count, 3);
    hall_seat_label(hall, 1, label, sizeof(label));
    assert_string_equal(label, "Stalls, row A, seat 2/3");
    hall_seat_label(hall, 2, label, sizeof(label));
    assert_string_equal(label, "Box & Co, row 1, seat 7");
    /* the first at (100 + 2 × 10, 50), the stage's middle at (50, -90); the ellipse is turned to
     * (40, 0), and is at (180, 50) */
    assert_int_equal(hall->seats[0].x - hall->stage_x, 7000);
    assert_int_equal(hall->seats[0].y - hall->stage_y, 14000);
    assert_int_equal(hall->seats[2].x - hall->stage_x, 13000);
    assert_int_equal(hall->categories[0].color, 0xff6347);
    hall_free(hall);
}

static void what_is_wrong_is_told_by_line(void **state)
{
    static const struct {
        const char *text, *error;
    } broken[] = {
        {"section,row\n", "line 1: no column is called \"seat\"; a plan is JSON, SVG, or CSV with "
                          "the columns section, row, seat, x, y"},
        {"section,row,seat,x,y\nA,1,1,left,0\n",
         "line 2: x and y are not two numbers of at most 400000"},
        {"section,row,seat,x,y\n\"A,1,1,0,0\n", "line 2: a quote is opened and never closed"},
        {"section,row,seat,x,y\n\"A\"B,1,1,0,0\n", "line 2: something follows a closing quote"},
        {"section,row,seat,x,y,kind\nA,1,1,0,0,throne\n",
         "line 2: the kind is not wheelchair, companion, restricted_view, standing, stage or "
         "category"},
        {"section,row,seat,x,y\n", "zones: the plan has no seats"},
        {"section,row,seat,x,y\nA,1,7,0,0\nA,1,7,1,0\n", "line 2: two seats have the number \"7\""},
        {"<svg>", "line 1: the text ends before the plan does"},
        {"<svg></g>", "line 1: a tag is closed that is not open"},
        {"<svg><circle id=x/></svg>", "line 1: this is not XML"},
        {"<!-- ", "line 1: this is not XML"},
        {"<svg/>", "zones: the plan has no seats"},
    };
    for (uint32_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const struct hall_wish wish = {0};
        struct hall_error error;
        struct hall *hall = NULL;
        assert_int_equal(hall_import(view_str(broken[i].text), &wish, &hall, &notes, &error),
                         ERR_INVALID);
        assert_string_equal(error.text, broken[i].error);
    }
}

/* Tables and drawings damaged anywhere are halls or refused, to the byte. */
static void damaged_files(void **state)
{
    static const char marks[] = "<>/=\"'&;,\n z1.-#(";
    struct hall *hall = import_file("kinds");
    struct chance_seeded seeded;
    chance_seed(&seeded, 0xc57);
    for (int format = HALL_CSV; format <= HALL_SVG; format++) {
        struct buf out;
        uint32_t halls = 0, refused = 0;
        buf_init(&out, 1 << 20);
        assert_int_equal(hall_export(hall->layout, (enum hall_format)format, &out), 0);
        for (uint32_t i = 0; i < 2000; i++) {
            const size_t len = i % 2 ? 1 + chance_below(&seeded.chance, out.len) : out.len;
            char *text = malloc(len);
            assert_non_null(text);
            memcpy(text, buf_view(&out).at, len);
            for (uint64_t n = chance_below(&seeded.chance, 3); n > 0; n--)
                text[chance_below(&seeded.chance, len)] =
                    marks[chance_below(&seeded.chance, sizeof(marks))];
            const struct hall_wish wish = {0};
            struct hall_error error;
            struct hall *damaged = NULL;
            const int err = hall_import(view_of(text, len), &wish, &damaged, &notes, &error);
            assert_true(err == 0 || err == ERR_INVALID || err == ERR_FULL);
            halls += err == 0;
            refused += err != 0;
            hall_free(damaged);
            free(text);
        }
        assert_true(halls > 100 && refused > 100);
        buf_release(&out);
    }
    hall_free(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_comes_back),
        cmocka_unit_test(generated_halls_come_back),
        cmocka_unit_test(a_table_as_people_write_it),
        cmocka_unit_test(a_drawing_as_people_draw_it),
        cmocka_unit_test(what_is_wrong_is_told_by_line),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
