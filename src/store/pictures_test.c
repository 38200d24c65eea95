#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/pictures.h"
#include "store/playbill.h"

#define ONE   VIEW_LIT("00000000000000000000000000000001")
#define THREE VIEW_LIT("00000000000000000000000000000003")
#define TWO   VIEW_LIT("00000000000000000000000000000002")

static void an_event_has_the_pictures_of_its_last_poster(void **state)
{
    struct sql *sql;
    struct arena arena;
    struct view bytes;
    const struct stored_picture small = {300, VIEW_LIT("small")}, empty = {300, {0}};
    const struct stored_picture both[] = {small, {600, VIEW_LIT("large")}};
    arena_init(&arena, 1 << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    const struct playbill_event copy = {
        .event_id = 9,
        .state = PLAYBILL_DRAFT,
        .name = VIEW_LIT("Copy"),
        .poster = VIEW_LIT("/posters/00000000000000000000000000000003-600.jpg")};
    struct playbill_event own = {.event_id = 5,
                                 .state = PLAYBILL_DRAFT,
                                 .name = VIEW_LIT("Own"),
                                 .poster =
                                     VIEW_LIT("/posters/00000000000000000000000000000001-600.jpg")};
    assert_int_equal(pictures_migrate(sql, false, 1), 0);
    assert_int_equal(playbill_migrate(sql, false, 1), 0);
    assert_int_equal(playbill_seed(sql, NULL, 0, DEADLINE_NEVER), 0);
    assert_int_equal(playbill_put_event(sql, &copy, DEADLINE_NEVER), 0);
    assert_int_equal(pictures_put(sql, 5, THREE, &small, 1, 1, DEADLINE_NEVER), 0);
    assert_int_equal(pictures_put(sql, 5, ONE, both, 2, 1, DEADLINE_NEVER), 0);
    assert_int_equal(pictures_put(sql, 5, ONE, both, 2, 1, DEADLINE_NEVER), 0); /* again */
    assert_int_equal(pictures_put(sql, 6, TWO, &small, 1, 1, DEADLINE_NEVER), 0);
    assert_int_equal(pictures_put(sql, 6, VIEW_LIT("x"), &small, 1, 1, 0), ERR_INVALID);
    assert_int_equal(pictures_put(sql, 6, TWO, &empty, 1, 1, 0), ERR_INVALID);
    assert_int_equal(picture_get(sql, ONE, 600, &arena, &bytes, DEADLINE_NEVER), 0);
    assert_true(view_eq(bytes, VIEW_LIT("large")));
    assert_int_equal(picture_get(sql, ONE, 1200, &arena, &bytes, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(playbill_put_event(sql, &own, DEADLINE_NEVER), 0);
    assert_int_equal(pictures_forget(sql, 5, DEADLINE_NEVER), 0);
    assert_int_equal(picture_get(sql, ONE, 300, &arena, &bytes, DEADLINE_NEVER), 0);
    own.state = PLAYBILL_DELETED;
    assert_int_equal(playbill_put_event(sql, &own, DEADLINE_NEVER), 0);
    assert_int_equal(pictures_forget(sql, 5, DEADLINE_NEVER), 0);
    assert_int_equal(picture_get(sql, ONE, 300, &arena, &bytes, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(picture_get(sql, THREE, 300, &arena, &bytes, DEADLINE_NEVER), 0); /* 9's */
    assert_int_equal(picture_get(sql, TWO, 300, &arena, &bytes, DEADLINE_NEVER), 0);
    sql_free(sql);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_the_pictures_of_its_last_poster)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
