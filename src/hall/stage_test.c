/*
 * Which area of a plan is the stage, and what is done where none is: a zone at (100, 50), seats
 * from (0, 50) to (300, 50) and from (0, 100) to (300, 100), a row each.
 */
#include "hall/area.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mem/buf.h"

static void draw(struct hall_draft *draft, int32_t first_y, int32_t second_y)
{
    const struct draft_section section = {.name = VIEW_LIT("Z"), .kind = HALL_SEATED};
    hall_draft_init(draft);
    assert_int_equal(hall_draft_section(draft, &section), 0);
    for (uint32_t r = 0; r < 2; r++) {
        assert_int_equal(hall_draft_row(draft, VIEW_LIT("A")), 0);
        for (int32_t x = 0; x <= 30000; x += 2500) {
            const struct draft_seat seat = {.x = x, .y = r == 0 ? first_y : second_y};
            assert_int_equal(hall_draft_seat(draft, &seat), 0);
        }
    }
}

/* In whole units. */
static void assert_stage_of(const char *areas, int32_t first_y, int32_t second_y, int32_t x,
                            int32_t y)
{
    const struct plan_zone zone = {.first_seat = 0, .seat_count = 26, .first_row_seats = 13};
    struct stage_search search = {0};
    struct hall_notes notes = {0};
    struct hall_draft draft;
    struct buf json;
    buf_init(&json, 1 << 20);
    assert_int_equal(buf_printf(&json, "{\"areas\":%s}", areas), 0);
    json_error_t error;
    json_t *plan = json_loadb(buf_view(&json).at, buf_view(&json).len, 0, &error);
    if (!plan)
        fail_msg("%s: %s", areas, error.text);
    draw(&draft, first_y * 100, second_y * 100);
    json_t *list = json_object_get(plan, "areas");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct area area;
        assert_int_equal(
            area_read(json_array_get(list, i), (struct plan_point){100, 50}, &draft.arena, &area),
            0);
        stage_look(&search, &area.box, area.words, area.words_at);
    }
    stage_choose(&search, &draft, &zone, 1, &notes);
    assert_int_equal(notes.count, 1);
    assert_int_equal(notes.list[0].kind, HALL_NOTE_STAGE);
    if (draft.stage_x != x * 100 || draft.stage_y != y * 100)
        fail_msg("%.200s: the stage is at %d, %d", areas, draft.stage_x, draft.stage_y);
    hall_draft_release(&draft);
    json_decref(plan);
    buf_release(&json);
}

#define AT(x, y)   "\"position\":{\"x\":" #x ",\"y\":" #y "}"
#define TEXT(text) "\"text\":{\"text\":\"" text "\",\"position\":{\"x\":10,\"y\":20}}"
#define RECT(w, h) "\"shape\":\"rectangle\",\"rectangle\":{\"width\":" #w ",\"height\":" #h "}"
#define SMALL      "{" AT(0, 200) "," RECT(50, 50) "}"
#define NOWHERE    150, -50 /* above the rows: no area is the stage */

static const struct {
    const char *areas;
    int32_t x, y;
} cases[] = {
    /* none */
    {"null", NOWHERE},
    {"[]", NOWHERE},
    {"{}", NOWHERE},
    {"[null,7,\"stage\",[]]", NOWHERE},
    /* a text says so, in any shape, wherever it is: zone + area + text */
    {"[{" AT(30, 300) "," TEXT("Stage") "}]", 140, 370},
    {"[{" AT(30, 300) "," RECT(4, 4) "," TEXT("main STAGE") "}]", 140, 370},
    {"[" SMALL ",{" AT(30, 0) ",\"shape\":\"text\"," TEXT("무대") "}]", 140, 70},
    {"[{" AT(0, 200) "," RECT(300, 90) "},{" AT(30, 0) "," TEXT("Bühne") "}]", 140, 70},
    {"[{" AT(0, 0) "," TEXT("Bar") "},{" AT(9, 9) "," TEXT("Escenario") "}]", 119, 79},
    {"[{" AT(0, 0) "," TEXT("Stage") "},{" AT(9, 9) "," TEXT("Stage") "}]", 110, 70},
    {"[{" AT(0, 0) "," TEXT("Spielfeld") "}]", 110, 70},
    {"[{\"rotation\":90," AT(0, 0) "," TEXT("Stage") "}]", 80, 60},
    {"[{\"rotation\":-180," AT(0, 0) "," TEXT("Stage") "}]", 90, 30},
    {"[{" TEXT("Stage") "}]", 110, 70},
    /* the older revision: a rectangle with a text */
    {"[{" AT(0, 200) ",\"width\":40,\"height\":10,\"text\":\"stage\"}]", 120, 255},
    {"[{" AT(0, 200) ",\"width\":40,\"height\":10,\"text\":\"bar\"}]", NOWHERE},
    {"[{" AT(0, 200) ",\"text\":\"stage\"}]", 100, 250},
    /* a text says something else */
    {"[{" AT(0, 0) "," TEXT("Backstage") "}]", NOWHERE},
    {"[{" AT(0, 0) "," TEXT("") "}]", NOWHERE},
    /* the largest without a seat in it; 60 units are a fifth of the hall */
    {"[" SMALL "]", NOWHERE},
    {"[{" AT(0, 200) "," RECT(60, 10) "}]", 130, 255},
    {"[{" AT(0, 200) "," RECT(59, 10) "}]", NOWHERE},
    {"[{" AT(0, 200) "," RECT(60, 10) "},{" AT(0, 400) "," RECT(70, 10) "}]", 135, 455},
    {"[{" AT(0, 200) "," RECT(70, 10) "},{" AT(0, 400) "," RECT(60, 10) "}]", 135, 255},
    {"[{" AT(-200, -200) "," RECT(900, 900) "}]", NOWHERE},
    {"[{" AT(-200, -200) "," RECT(900, 900) "},{" AT(0, 200) "," RECT(60, 10) "}]", 130, 255},
    {"[{" AT(0, 5) "," RECT(100, 40) "," TEXT("") "}]", 150, 75}, /* between the rows */
    {"[{" AT(0, 5) "," RECT(100, 45) "}]", NOWHERE},              /* its edge has seats on it */
    {"[{\"shape\":\"circle\"," AT(50, 300) ",\"circle\":{\"radius\":40}}]", 150, 350},
    {"[{\"shape\":\"ellipse\"," AT(50, 300) ",\"ellipse\":{\"radius\":{\"x\":9,\"y\":30}}}]", 150,
     350},
    {"[{\"shape\":\"polygon\"," AT(0, 300) ",\"polygon\":{\"points\":[{\"x\":0,\"y\":0},{\"x\":-80,"
                                           "\"y\":9},{\"x\":0,\"y\":20}]}}]",
     60, 360},
    /* along the rows it has seats in it, turned so that it stands beside them it has none */
    {"[{" AT(-150, 0) "," RECT(200, 60) "}]", NOWHERE},
    {"[{\"rotation\":90," AT(-150, 0) "," RECT(200, 60) "}]", -80, 150},
    /* what makes no sense */
    {"[{" AT(0, 300) "," RECT(-90, 90) "}]", NOWHERE},
    {"[{" AT(0, 300) "," RECT(0, 0) "}]", NOWHERE},
    {"[{" AT(0, 300) "," RECT(1e300, 1e300) "}]", NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"blob\",\"blob\":{\"width\":90,\"height\":90}}]", NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"rectangle\"}]", NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"circle\",\"circle\":{\"radius\":\"40\"}}]", NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"circle\",\"circle\":{\"radius\":-40}}]", NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"ellipse\",\"ellipse\":{\"radius\":40}}]", NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"polygon\",\"polygon\":{\"points\":[{\"x\":0,\"y\":0},7,8]}}]",
     NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":\"polygon\",\"polygon\":{\"points\":[{\"x\":0,\"y\":0}]}}]",
     NOWHERE},
    {"[{" AT(0, 300) ",\"shape\":7," RECT(10, 10) "}]", NOWHERE},
};

static void the_stage_is_found_or_not(void **state)
{
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_stage_of(cases[i].areas, 50, 100, cases[i].x, cases[i].y);
}

static void without_one_it_is_where_the_first_rows_are(void **state)
{
    assert_stage_of("[]", 50, 100, 150, -50);
    assert_stage_of("[]", 100, 50, 150, 200);
    assert_stage_of("[]", 50, 50, 150, -50); /* either would do */
}

/* So many areas, each compared with all seats, that it would take long; some are passed over. */
static void more_areas_than_are_looked_at(void **state)
{
    struct buf json;
    buf_init(&json, 1 << 20);
    for (uint32_t i = 0; i < 2 * STAGE_AREAS_MAX; i++)
        assert_int_equal(buf_printf(&json, "%s{" AT(0, 300) ",\"width\":%u,\"height\":100}",
                                    i > 0 ? "," : "[", 100 + 2 * i),
                         0);
    assert_int_equal(buf_printf(&json, "]%c", '\0'), 0);
    assert_stage_of(buf_view(&json).at, 50, 100, 100 + 50 + STAGE_AREAS_MAX - 1, 400);
    buf_clear(&json);
    for (uint32_t i = 0; i < 2 * STAGE_AREAS_MAX; i++)
        assert_int_equal(buf_printf(&json, "%s" SMALL, i > 0 ? "," : "["), 0);
    assert_int_equal(buf_printf(&json, ",{" AT(0, 0) "," TEXT("Stage") "}]%c", '\0'), 0);
    assert_stage_of(buf_view(&json).at, 50, 100, 110, 70);
    buf_release(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stage_is_found_or_not),
        cmocka_unit_test(without_one_it_is_where_the_first_rows_are),
        cmocka_unit_test(more_areas_than_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
