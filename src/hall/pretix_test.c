/*
 * The project's own plans in tests/halls, drawn to have between them what real plans have, and
 * plans that are broken in one place each. A real plan is imported besides where there is one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "hall/draft.h"
#include "hall/plan_test.h"
#include "mem/buf.h"

#define PLAN_BYTES_MAX (16u << 20)
#define MUTATIONS      3000
#define SEED           0x91e7

/* False: there is no such file. */
static bool read_plan_file(const char *folder, const char *name, struct buf *ret_json)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.pretix.json", folder, name);
    buf_init(ret_json, PLAN_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got;
    do {
        uint8_t *to = buf_reserve(ret_json, 65536);
        assert_non_null(to);
        got = fread(to, 1, 65536, file);
        buf_commit(ret_json, got);
    } while (got > 0);
    assert_int_equal(ferror(file), 0);
    fclose(file);
    return true;
}

static struct hall *import_own(const char *name)
{
    struct buf json;
    if (!read_plan_file(USHER_SOURCE_ROOT "/tests/halls", name, &json))
        fail_msg("tests/halls/%s.pretix.json: %s", name, strerror(errno));
    struct hall *hall = import(buf_view(&json), (struct view){0});
    buf_release(&json); /* the hall needs nothing of it */
    return hall;
}

/* In hundredths of a unit from the stage, to the right and downwards. */
static void assert_at(const struct hall *hall, const char *label, int32_t x, int32_t y)
{
    const struct hall_seat *seat = seat_called(hall, label);
    assert_int_equal(seat->x - hall->stage_x, x);
    assert_int_equal(seat->y - hall->stage_y, y);
}

static void assert_category(const struct hall *hall, const char *label, const char *name)
{
    const struct hall_seat *seat = seat_called(hall, label);
    assert_true(view_eq(hall->categories[seat->category].name, view_str(name)));
}

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

/* --- our own plans --- */

/* The newer revision; zones that are moved, an aisle, two prices in a row, a stage. */
static void opera(void **state)
{
    static const char *const sections[] = {"Stalls", "Box", "Balcony"};
    struct hall *hall = import_own("opera");
    assert_int_equal(hall->place_count, 46);
    assert_int_equal(hall->row_count, 6);
    assert_true(view_eq(hall->name, VIEW_LIT("Opera")));
    assert_sections(hall, sections, 3);
    assert_int_equal(hall->category_count, 2);
    assert_int_equal(hall->categories[0].color, 0xf44336);
    assert_int_equal(hall->categories[1].color, 0x2196f3);
    /* The stage is at zone (100, 100) + area (7, -95) + text (100, 15) = (207, 20). */
    assert_at(hall, "Stalls, row A, seat 1", -10700, 8000);
    assert_at(hall, "Stalls, row C, seat 8", 10800, 16000);
    assert_at(hall, "Box, row 1, seat 2", -16200, 8000);
    assert_at(hall, "Balcony, row B, seat 10", 10300, 32000);
    assert_breaks(hall, 0, "...|...|");
    assert_breaks(hall, 3, ".|");
    assert_breaks(hall, 4, ".........|");
    assert_category(hall, "Stalls, row A, seat 8", "Front");
    assert_category(hall, "Stalls, row B, seat 1", "Rest");
    assert_category(hall, "Balcony, row A, seat 4", "Rest");
    assert_category(hall, "Balcony, row A, seat 5", "Front");
    assert_labels_distinct(hall);
    hall_free(hall);
}

/* The older revision, without uuid and zone_id: arcs, fractions, guids that repeat, no stage. */
static void fan(void **state)
{
    static const char *const sections[] = {"Fan"};
    struct hall *hall = import_own("fan");
    assert_int_equal(hall->place_count, 7 + 8 + 9 + 10);
    assert_int_equal(hall->row_count, 4);
    assert_sections(hall, sections, 1);
    /* The middle of the first row is its lowest point, its ends are the highest of all seats. The
     * stage is 100 units above those, half way across. */
    const struct hall_seat *middle = seat_called(hall, "Fan, row 1, seat 4");
    const struct hall_seat *end = seat_called(hall, "Fan, row 1, seat 7");
    assert_true(middle->y > end->y);
    assert_int_equal(end->y - hall->stage_y, 10000);
    assert_in_range(middle->x - hall->stage_x + 2, 0, 4);
    /* zone 10.25 + row 0.125 + seat 300, and that less 210.5 × sin(75 / 210.5) = 73.423: added up
     * as they are, 31037.5 and 23695.2, and only then rounded to hundredths */
    assert_int_equal(middle->x - end->x, 31038 - 23695);
    assert_breaks(hall, 0, "......|");
    assert_breaks(hall, 3, ".........|");
    assert_labels_distinct(hall);
    hall_free(hall);
}

/* Row names that repeat in a zone, zones that share a name, one without. */
static void tribune(void **state)
{
    static const char *const sections[] = {
        "West, block 1",   "West, block 2",   "West, block 3",     "West (2)",
        "Zone 3, block 1", "Zone 3, block 2", "West, block 2 (4)",
    };
    static const uint32_t rows[] = {2, 3, 1, 1, 1, 1, 1};
    struct hall *hall = import_own("tribune");
    assert_int_equal(hall->place_count, 6 * 3 + 3 + 2 * 2 + 2);
    assert_sections(hall, sections, 7);
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(hall->sections[i].row_count, rows[i]);
    assert_int_equal(hall->categories[0].color, 0x7f8c8d);
    const struct hall_seat *first = seat_called(hall, "West, block 1, row A, seat 1");
    assert_int_equal(seat_called(hall, "West, block 3, row A, seat 3")->y - first->y, 5 * 4000);
    assert_labels_distinct(hall);
    hall_free(hall);
}

/* All that may be missing is missing. The first row is the lowest: the stage is below. */
static void cellar(void **state)
{
    struct hall *hall = import_own("cellar");
    assert_true(view_eq(hall->name, VIEW_LIT("Hall")));
    assert_int_equal(hall->place_count, 4 + 4 + 3);
    assert_int_equal(hall->row_count, 3); /* the one without seats is none */
    assert_at(hall, "지하, row 1, seat 1", -4525, -10000);
    assert_at(hall, "지하, row 2, seat 13", 4525, -14000);
    assert_at(hall, "지하, row 맨 뒤, seat 3", 4475, -30000);
    /* 25, 40, 25: 40 is 1.6 times the median, not more; 40.5 is. */
    assert_breaks(hall, 0, "...|");
    assert_breaks(hall, 1, ".|.|");
    assert_breaks(hall, 2, ".||"); /* 25, 65: the median of two is the lower */
    assert_labels_distinct(hall);
    hall_free(hall);
}

/* The older revision again; an area is a rectangle with a text, turned about its upper left corner:
 * (50 + 55, 40 + 160), and from there to the middle (50, 20) a quarter further: (-20, 50). */
static void club(void **state)
{
    struct hall *hall = import_own("club");
    assert_int_equal(hall->place_count, 10);
    assert_at(hall, "Floor, row 1, seat 1", 5000 - 8500, 4000 - 25000);
    assert_at(hall, "Floor, row 2, seat 5", 15000 - 8500, 7000 - 25000);
    assert_labels_distinct(hall);
    hall_free(hall);
}

/* Two floors over one another, around a pitch that nobody says is one; every guid is "?". */
static void bowl(void **state)
{
    static const char *const sections[] = {"Ground floor, block 1", "Ground floor, block 2",
                                           "Ground floor, block 3", "First floor"};
    struct hall *hall = import_own("bowl");
    assert_int_equal(hall->place_count, 4 * 8 + 6 + 2 * 8);
    assert_sections(hall, sections, 4);
    /* The middle of the ellipse, not of the larger floor that the seats are on. */
    assert_at(hall, "Ground floor, block 1, row A, seat 1", -8750, -12500);
    assert_at(hall, "Ground floor, block 3, row A, seat 6", 21250, 3500);
    /* Above the ground floor, whose row B is 15000 from the stage, by four seats: its last row and
     * first column keep their places to each other. */
    assert_at(hall, "First floor, row C, seat 1", -8650, -15000 - 4 * 2500);
    assert_at(hall, "First floor, row D, seat 8", -8650 + 7 * 2500, -15000 - 5 * 2500);
    assert_labels_distinct(hall);
    hall_free(hall);
}

static void theatre(void **state)
{
    struct hall *hall = import_own("theatre");
    assert_true(view_eq(hall->name, VIEW_LIT("소극장")));
    assert_int_equal(hall->place_count, 18);
    assert_at(hall, "1층, row 가, seat 1", -6250, 8000);
    assert_at(hall, "1층, row 다, seat 6", 6250, 14800);
    assert_category(hall, "1층, row 가, seat 6", "R석");
    assert_category(hall, "1층, row 나, seat 1", "S석");
    assert_labels_distinct(hall);
    hall_free(hall);
}

static void imported_twice_it_is_the_same(void **state)
{
    static const char *const names[] = {"opera",   "fan",  "tribune", "cellar",
                                        "theatre", "club", "bowl"};
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct hall *hall = import_own(names[i]), *again = import_own(names[i]), *loaded = NULL;
        assert_memory_equal(hall->hash, again->hash, sizeof(hall->hash));
        assert_int_equal(hall_load(hall->layout, &loaded), 0);
        assert_memory_equal(hall->hash, loaded->hash, sizeof(hall->hash));
        hall_free(loaded);
        hall_free(again);
        hall_free(hall);
    }
}

/* --- a plan from the world --- */

/* Nobody can click on a seat that is under another: they are 12 units apart at least. */
static void assert_spread_out(const struct hall *hall)
{
    uint32_t crowded = 0;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const int64_t dx = hall->seats[i].x - hall->seats[k].x;
            const int64_t dy = hall->seats[i].y - hall->seats[k].y;
            crowded += dx * dx + dy * dy < 1200 * 1200;
        }
    }
    assert_int_equal(crowded, 0);
}

static void a_stadium_where_there_is_one(void **state)
{
    static const char *const sections[] = {
        "Ground floor, block 1", "Ground floor, block 2", "Ground floor, block 3",
        "Ground floor, block 4", "Ground floor, block 5", "Ground floor, block 6",
        "Ground floor, block 7", "Ground floor, block 8", "First Floor, block 1",
        "First Floor, block 2",
    };
    const char *folder = getenv("USHER_EXTRA_HALLS");
    struct buf json;
    if (!folder)
        folder = USHER_SOURCE_ROOT "/../shared/halls";
    if (!read_plan_file(folder, "stadium-738", &json)) {
        print_message("\n*** NOT TESTED: stadium-738.pretix.json is not there. Name its folder in "
                      "USHER_EXTRA_HALLS. ***\n\n");
        buf_release(&json);
        return;
    }
    struct hall *hall = import(buf_view(&json), VIEW_LIT("Stadium"));
    print_message("stadium-738: %u places in %u sections\n", hall->place_count,
                  hall->section_count);
    /* 738 seats with 318 guids between them; stands of 72 rows called A to R. */
    assert_sections(hall, sections, 10);
    assert_spread_out(hall);
    /* Rows A are the outermost; the pitch is in the middle. */
    assert_true(seat_called(hall, "Ground floor, block 6, row F, seat 7")->remoteness <
                seat_called(hall, "Ground floor, block 6, row A, seat 7")->remoteness);
    assert_true(seat_called(hall, "Ground floor, block 3, row F, seat 4")->remoteness <
                seat_called(hall, "Ground floor, block 3, row A, seat 4")->remoteness);
    assert_int_equal(hall->place_count, 738);
    assert_true(view_eq(hall->name, VIEW_LIT("Stadium")));
    assert_labels_distinct(hall);
    hall_free(hall);
    buf_release(&json);
}

/* --- broken plans --- */

#define CATEGORIES      "\"categories\":[{\"name\":\"A\"}],"
#define ZONES(zones)    "{" CATEGORIES "\"zones\":[" zones "]}"
#define ROWS(rows)      ZONES("{\"name\":\"Z\",\"rows\":[" rows "]}")
#define SEATS(seats)    ROWS("{\"row_number\":\"1\",\"seats\":[" seats "]}")
#define SEAT(uuid, and) "{\"category\":\"A\",\"uuid\":\"" uuid "\"" and "}"
#define ZONE(name, uuid)                                                                           \
    "{\"name\":\"" name "\",\"rows\":[{\"row_number\":\"1\",\"seats\":[" SEAT(uuid, "") "]}]}"
#define KINDS(list) "{\"categories\":" list ",\"zones\":[]}"
#define FIFTY       "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define LONG        FIFTY FIFTY FIFTY FIFTY "n"
#define ALMOST                                                                                     \
    FIFTY FIFTY FIFTY                                                                              \
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" /* 195 bytes: ", block 2" is too much */

static const struct broken {
    const char *plan;
    const char *error;
} broken[] = {
    /* JSON */
    {"", "line 1, column 0: the text ends before the plan does"},
    {"{\n\"zones\":[}", "line 2, column 10: this is not JSON, near '}'"},
    {"{\"name\":1,\"name\":2}", "line 1, column 16: the same name a second time, near '\"name\"'"},
    {"{} {}", "line 1, column 4: something follows the end of the plan, near '{'"},
    {"{\"a\":", "line 1, column 5: the text ends before the plan does"},
    {"{\"a\":\"b", "line 1, column 7: the text ends before the plan does"},
    {"\xff\xfe", "line 1, column 0: this is not UTF-8"},
    {"{\"a\":\"\\u0000\"}", "line 1, column 13: a text has a NUL, near '\"\\u0000\"'"},
    {"{\"a\":1e999}", "line 1, column 10: the number is too large, near '1e999'"},
    {"[]", "plan: not a JSON object"},
    /* the plan */
    {"{}", "plan: \"categories\" is missing"},
    {"{\"name\":[]}", "plan: \"name\" is not a text"},
    {"{\"name\":\"" LONG "\"}", "plan: \"name\" is longer than 200 bytes"},
    {"{\"name\":\"a\\nb\"}", "plan: \"name\" has a control character"},
    {"{" CATEGORIES "\"zone\":[]}", "plan: \"zones\" is missing"},
    {"{" CATEGORIES "\"zones\":{}}", "plan: \"zones\" is not a list"},
    {ZONES(""), "zones: the plan has no seats"},
    {SEATS(""), "zones: the plan has no seats"},
    /* categories */
    {KINDS("7"), "plan: \"categories\" is not a list"},
    {KINDS("[]"), "categories: a plan has 1 to 64 categories, this one 0"},
    {KINDS("[\"A\"]"), "categories[0]: not an object"},
    {KINDS("[{},{}]"), "categories[1]: a second category is called \"\""},
    {KINDS("[{\"name\":{}}]"), "categories[0]: \"name\" is not a text"},
    {KINDS("[{\"name\":\"A\"},{\"name\":\"A\"}]"),
     "categories[1]: a second category is called \"A\""},
    /* zones */
    {ZONES("[]"), "zones[0]: not an object"},
    {ZONES("{}"), "zones: the plan has no seats"},
    {ZONES("{\"rows\":[]},{\"rows\":1}"), "zones[1]: \"rows\" is not a list"},
    {ZONES("{\"name\":\"\\u0007\",\"rows\":[]}"), "zones[0]: \"name\" has a control character"},
    {ZONES("{\"position\":[0,0],\"rows\":[]}"),
     "zones[0].position: not an object with \"x\" and \"y\""},
    {ZONES("{\"position\":{\"x\":0},\"rows\":[]}"), "zones[0].position: \"y\" is missing"},
    {ZONES("{\"position\":{\"x\":\"0\",\"y\":0},\"rows\":[]}"),
     "zones[0].position: \"x\" is not a number"},
    {ZONES("{\"position\":{\"x\":0,\"y\":-400001},\"rows\":[]}"),
     "zones[0].position: \"y\" is farther out than 400000 units"},
    {ZONES("{\"name\":\"" ALMOST "\",\"rows\":[{\"row_number\":\"1\",\"seats\":[" SEAT(
         "u", "") "]},{\"row_number\":\"1\",\"seats\":[" SEAT("v", "") "]}]}"),
     "zones[0].rows[0]: the zone's \"name\" is too long to tell its blocks apart"},
    {ZONES(ZONE("Z", "u") "," ZONE("Z (3)", "v") "," ZONE("Z", "w")),
     "zones[2].rows[0]: a second section would be called \"Z (3)\""},
    /* rows */
    {ROWS("true"), "zones[0].rows[0]: not an object"},
    {ROWS("{}"), "zones: the plan has no seats"},
    {SEATS(SEAT("u", ",\"kind\":\"throne\"")),
     "zones[0].rows[0].seats[0]: \"kind\" is not wheelchair, companion or restricted_view"},
    {ROWS("{\"row_number\":\"1\",\"row_label\":\"Row\",\"seats\":[" SEAT(
         "u", "") "]},{\"row_number\":\"Row 1\",\"row_label\":\"%s\",\"seats\":[" SEAT("v",
                                                                                       "") "]}"),
     "zones: two seats would read \"Z, Row 1, seat 1\" on their tickets"},
    {ZONES("{\"areas\":[{\"capacity\":5,\"category\":\"B\"}]}"),
     "zones[0].areas[0].category: no category is called \"B\""},
    {ZONES("{\"areas\":[{\"capacity\":200001}]}"), "zones: the plan has no seats"},
    {ROWS("{\"seats\":[]},{\"seats\":null}"), "zones[0].rows[1]: \"seats\" is not a list"},
    {ROWS("{\"row_number\":1.5,\"seats\":[]}"), "zones[0].rows[0]: \"row_number\" is not a text"},
    {ROWS("{\"row_number\":\"" LONG "\",\"seats\":[]}"),
     "zones[0].rows[0]: \"row_number\" is longer than 200 bytes"},
    {ROWS("{\"row_number\":\"1, row 2\",\"seats\":[" SEAT("u", "") "]}"),
     "zones[0].rows[0]: \"row_number\" has \", row \" in it"},
    {ROWS("{\"position\":{\"x\":1,\"y\":true},\"seats\":[]}"),
     "zones[0].rows[0].position: \"y\" is not a number"},
    /* seats */
    {SEATS("null"), "zones[0].rows[0].seats[0]: not an object"},
    {SEATS("{\"category\":\"A\"}"),
     "zones[0].rows[0].seats[0]: neither \"uuid\" nor \"seat_guid\""},
    {SEATS("{\"category\":\"A\",\"uuid\":7,\"seat_guid\":\"\"}"),
     "zones[0].rows[0].seats[0]: neither \"uuid\" nor \"seat_guid\""},
    {SEATS("{\"uuid\":\"u\"}"), "zones[0].rows[0].seats[0].category: no category is called \"\""},
    {SEATS("{\"uuid\":\"u\",\"category\":\"a\"}"),
     "zones[0].rows[0].seats[0].category: no category is called \"a\""},
    {SEATS("{\"uuid\":\"u\",\"category\":[]}"),
     "zones[0].rows[0].seats[0]: \"category\" is not a text"},
    {SEATS(SEAT("u", "") "," SEAT("v", ",\"seat_number\":false")),
     "zones[0].rows[0].seats[1]: \"seat_number\" is not a text"},
    {SEATS(SEAT("u", ",\"seat_number\":\"1, seat 1\"")),
     "zones[0].rows[0].seats[0]: \"seat_number\" has \", seat \" in it"},
    {SEATS(SEAT("u", ",\"seat_number\":\"7\"") "," SEAT("v", ",\"seat_number\":\" 7 \"")),
     "zones[0].rows[0]: two seats have the number \"7\""},
    {SEATS(SEAT("u", ",\"position\":{\"x\":1e300,\"y\":0}")),
     "zones[0].rows[0].seats[0].position: \"x\" is farther out than 400000 units"},
    {SEATS(SEAT("u", ",\"position\":\"0,0\"")),
     "zones[0].rows[0].seats[0].position: not an object with \"x\" and \"y\""},
    {SEATS(SEAT("u", ",\"seat_number\":\"7\"") "," SEAT("v", ",\"seat_number\":7")),
     "zones[0].rows[0]: two seats have the number \"7\""},
    {SEATS(SEAT("u", ",\"seat_number\":\"2\"") "," SEAT("v", "")),
     "zones[0].rows[0]: two seats have the number \"2\""},
    {SEATS(SEAT("u", "") "," SEAT("v", "") "," SEAT("u", "")),
     "zones[0].rows[0].seats[2].uuid: \"u\" is zones[0].rows[0].seats[0] already"},
    {ZONES("{\"name\":\"Y\",\"rows\":[{\"seats\":[" SEAT("u", "") "]}]},{\"rows\":[{\"seats\":[]},"
                                                                  "{\"seats\":[" SEAT("u",
                                                                                      "") "]}]}"),
     "zones[1].rows[1].seats[0].uuid: \"u\" is zones[0].rows[0].seats[0] already"},
    /* together */
    {ZONES("{\"position\":{\"x\":400000,\"y\":0},\"rows\":[{\"position\":{\"x\":400000,\"y\":0},"
           "\"seats\":[" SEAT("u", "") "]}]},{\"rows\":[{\"position\":{\"x\":-400000,\"y\":0},"
                                       "\"seats\":[" SEAT("v", "") "]}]}"),
     "the plan is more than 1000000 units wide or deep"},
};

static void assert_refused(struct view json, int code, const char *wanted)
{
    struct hall *const untouched = (struct hall *)&broken;
    struct hall *hall = untouched;
    struct hall_error error = {"stale"};
    const int err = try_import(json, (struct view){0}, &hall, &error);
    if (err != code || strcmp(error.text, wanted) != 0)
        fail_msg("%.300s\n  gave   %s %s\n  wanted %s %s", json.len ? json.at : "", err_name(err),
                 error.text, err_name(code), wanted);
    assert_ptr_equal(hall, untouched);
}

static void a_broken_plan_is_refused_by_place(void **state)
{
    const uint32_t count = sizeof(broken) / sizeof(broken[0]);
    assert_true(count >= 50);
    for (uint32_t i = 0; i < count; i++)
        assert_refused(view_str(broken[i].plan), ERR_INVALID, broken[i].error);
    assert_refused((struct view){0}, ERR_INVALID, broken[0].error);
}

static void a_name_that_is_given_must_fit(void **state)
{
    static const char plan[] = SEATS(SEAT("u", ""));
    struct hall *hall = NULL;
    struct hall_error error;
    assert_int_equal(try_import(view_str(plan), VIEW_LIT(LONG), &hall, &error), ERR_INVALID);
    assert_string_equal(error.text, "name: longer than 200 bytes");
    hall = import(view_str(plan), view_of(LONG, HALL_NAME_MAX));
    assert_int_equal(hall->name.len, HALL_NAME_MAX);
    hall_free(hall);
}

/* --- too much of something --- */

static void append(struct buf *json, const char *text)
{
    assert_int_equal(buf_append_view(json, view_str(text)), 0);
}

/* head, then item count times with commas between, and its number where it has %u, then tail. */
static void write_plan(struct buf *json, const char *head, const char *before, const char *after,
                       uint32_t count, const char *tail)
{
    buf_clear(json);
    append(json, head);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(buf_printf(json, "%s%s%u%s", i > 0 ? "," : "", before, i, after), 0);
    append(json, tail);
}

static void too_many_categories(void **state)
{
    static const char head[] = "{\"categories\":[", item[] = "{\"name\":\"";
    static const char tail[] = "],\"zones\":[{\"rows\":[{\"seats\":[{\"uuid\":\"u\","
                               "\"category\":\"63\"}]}]}]}";
    struct buf json;
    buf_init(&json, PLAN_BYTES_MAX);
    write_plan(&json, head, item, "\"}", HALL_CATEGORIES_MAX, tail);
    struct hall *hall = import(buf_view(&json), (struct view){0});
    assert_int_equal(hall->category_count, 64);
    assert_int_equal(hall->seats[0].category, 63);
    hall_free(hall);
    write_plan(&json, head, item, "\"}", HALL_CATEGORIES_MAX + 1, tail);
    assert_refused(buf_view(&json), ERR_INVALID,
                   "categories: a plan has 1 to 64 categories, this one 65");
    buf_release(&json);
}

static void too_many_sections(void **state)
{
    static const char head[] = "{" CATEGORIES "\"zones\":[";
    static const char item[] = "{\"rows\":[{\"seats\":[{\"category\":\"A\",\"uuid\":\"";
    struct buf json;
    buf_init(&json, PLAN_BYTES_MAX);
    write_plan(&json, head, item, "\"}]}]}", HALL_SECTIONS_MAX, "]}");
    struct hall *hall = import(buf_view(&json), (struct view){0});
    assert_int_equal(hall->section_count, 4096);
    hall_free(hall);
    write_plan(&json, head, item, "\"}]}]}", HALL_SECTIONS_MAX + 1, "]}");
    assert_refused(buf_view(&json), ERR_FULL,
                   "zones[4096].rows[0]: a hall has at most 200000 places in 4096 sections");
    buf_release(&json);
}

static void too_many_rows(void **state)
{
    static const char head[] = "{" CATEGORIES "\"zones\":[{\"rows\":[";
    static const char item[] = "{\"seats\":[{\"category\":\"A\",\"uuid\":\"";
    struct buf json;
    buf_init(&json, PLAN_BYTES_MAX);
    write_plan(&json, head, item, "\"}]}", 2001, "]}]}");
    assert_refused(buf_view(&json), ERR_INVALID,
                   "zones[0].rows[2000]: a block has at most 2000 rows");
    buf_release(&json);
}

static void too_many_seats(void **state)
{
    static const char head[] = "{" CATEGORIES "\"zones\":[{\"rows\":[{\"seats\":[";
    static const char item[] = "{\"category\":\"A\",\"seat_guid\":\"";
    struct buf json;
    buf_init(&json, PLAN_BYTES_MAX);
    write_plan(&json, head, item, "\"}", HALL_PLACES_MAX + 1, "]}]}]}");
    assert_refused(buf_view(&json), ERR_FULL,
                   "zones[0].rows[0].seats[200000]: a hall has at most 200000 places in 4096 "
                   "sections");
    buf_release(&json);
}

/* --- plans that are damaged anywhere --- */

static void a_damaged_plan_is_refused_or_a_hall(void **state)
{
    /* What JSON is made of; half of the damage is one of these. */
    static const char marks[] = "{}[]\",:0123456789-e.\\utfn ";
    struct buf plan;
    struct chance_seeded seeded;
    uint32_t refused = 0, halls = 0;
    chance_seed(&seeded, SEED);
    assert_true(read_plan_file(USHER_SOURCE_ROOT "/tests/halls", "opera", &plan));
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        char *json = malloc(plan.len); /* to the byte, so that a step beyond the end is seen */
        struct hall *hall = NULL;
        struct hall_error error = {0};
        assert_non_null(json);
        memcpy(json, buf_view(&plan).at, plan.len);
        for (uint64_t n = 1 + chance_below(&seeded.chance, 2); n > 0; n--) {
            const uint64_t mark = chance_below(&seeded.chance, 2 * (sizeof(marks) - 1));
            json[chance_below(&seeded.chance, plan.len)] =
                mark < sizeof(marks) - 1 ? marks[mark] : (char)chance_u64(&seeded.chance);
        }
        const int err = try_import(view_of(json, plan.len), (struct view){0}, &hall, &error);
        free(json);
        if (err == 0) {
            assert_labels_distinct(hall);
            halls++;
        } else {
            assert_int_equal(err, ERR_INVALID);
            assert_true(error.text[0] != '\0' && strlen(error.text) < sizeof(error.text));
            refused++;
        }
        hall_free(hall);
    }
    buf_release(&plan);
    assert_true(refused > MUTATIONS / 10);
    assert_true(halls > MUTATIONS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opera),
        cmocka_unit_test(fan),
        cmocka_unit_test(tribune),
        cmocka_unit_test(cellar),
        cmocka_unit_test(theatre),
        cmocka_unit_test(club),
        cmocka_unit_test(bowl),
        cmocka_unit_test(imported_twice_it_is_the_same),
        cmocka_unit_test(a_stadium_where_there_is_one),
        cmocka_unit_test(a_broken_plan_is_refused_by_place),
        cmocka_unit_test(a_name_that_is_given_must_fit),
        cmocka_unit_test(too_many_categories),
        cmocka_unit_test(too_many_sections),
        cmocka_unit_test(too_many_rows),
        cmocka_unit_test(too_many_seats),
        cmocka_unit_test(a_damaged_plan_is_refused_or_a_hall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
