#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/playbill.h"

static struct sql *sql;
static struct arena arena;

static struct playbill read_after(uint64_t after)
{
    struct playbill bill;
    assert_int_equal(playbill_read(sql, after, &arena, &bill, DEADLINE_NEVER), 0);
    return bill;
}

static void events_of_an_earlier_store_are_published_once(void **state)
{
    const struct store_event old[] = {{.event_id = 3, .name = VIEW_LIT("Old"), .created_at_ms = 7}};
    const struct store_event young[] = {{.event_id = 4, .name = VIEW_LIT("Young")}};
    assert_int_equal(playbill_seed(sql, old, 1, DEADLINE_NEVER), 0);
    assert_int_equal(playbill_seed(sql, young, 1, DEADLINE_NEVER), 0);
    const struct playbill bill = read_after(0);
    assert_int_equal(bill.event_count, 1);
    assert_int_equal(bill.events[0].event_id, 3);
    assert_int_equal(bill.events[0].state, PLAYBILL_PUBLISHED);
    assert_int_equal(bill.events[0].published_at_ms, 7);
    assert_true(view_eq(bill.events[0].name, VIEW_LIT("Old")));
}

static void others_read_what_is_younger_than_what_they_know(void **state)
{
    const uint64_t known = read_after(0).number;
    struct playbill_event event = {.event_id = 9,
                                   .state = PLAYBILL_DRAFT,
                                   .name = VIEW_LIT("Draft"),
                                   .poster = VIEW_LIT("https://example.org/p.jpg")};
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    struct playbill bill = read_after(known);
    assert_int_equal(bill.event_count, 1);
    assert_int_equal(bill.events[0].event_id, 9);
    assert_true(view_eq(bill.events[0].poster, event.poster));
    assert_int_equal(read_after(bill.number).event_count, 0);

    const struct playbill_performance date = {.performance_id = 5,
                                              .starts_at_ms = 11,
                                              .utc_offset_known = true,
                                              .utc_offset_minutes = -210,
                                              .time_zone = VIEW_LIT("America/St_Johns")};
    assert_int_equal(playbill_put_performance(sql, &date, DEADLINE_NEVER), 0);
    assert_int_equal(playbill_put_performance(sql, &date, DEADLINE_NEVER), 0);
    bill = read_after(bill.number);
    assert_int_equal(bill.event_count, 0);
    assert_int_equal(bill.performance_count, 1);
    assert_int_equal(bill.performances[0].utc_offset_minutes, -210);
    assert_true(view_eq(bill.performances[0].time_zone, date.time_zone));
}

static void what_is_deleted_stays_so(void **state)
{
    struct playbill_event event = {
        .event_id = 9, .state = PLAYBILL_DELETED, .name = VIEW_LIT("Draft")};
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    event.state = PLAYBILL_PUBLISHED;
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static int set_up(void **state)
{
    arena_init(&arena, 1u << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? playbill_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    sql_free(sql);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_an_earlier_store_are_published_once),
        cmocka_unit_test(others_read_what_is_younger_than_what_they_know),
        cmocka_unit_test(what_is_deleted_stays_so)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
