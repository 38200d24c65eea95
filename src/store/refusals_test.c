#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/refusals.h"

#define MINUTE 60000

static struct sql *sql;
static struct arena arena;
static struct tally tally;

static void refuse(uint32_t sale, uint32_t performance, const char *reason, uint64_t count)
{
    tally_add(&tally, sale, performance, REFUSAL_REFUSED, reason, count);
}

static void keep(int64_t now_ms)
{
    assert_int_equal(tally_keep(&tally, sql, now_ms, DEADLINE_NEVER), 0);
    assert_int_equal(tally.count, 0);
}

static struct refusals read_all(int64_t from_ms, int64_t to_ms)
{
    static const uint32_t performances[] = {7, 8};
    struct refusals found;
    assert_int_equal(
        refusals_read(sql, 3, performances, 2, from_ms, to_ms, &arena, &found, DEADLINE_NEVER), 0);
    return found;
}

static void reasons_add_up_by_minute(void **state)
{
    refuse(0, 7, "SEATS_TAKEN", 1);
    refuse(0, 7, "SEATS_TAKEN", 1);
    refuse(0, 7, "BARRED", 1);
    refuse(0, 9, "BARRED", 5); /* another performance's */
    refuse(3, 0, "WORK_REQUIRED", 4);
    keep(10 * MINUTE + 1);
    refuse(0, 8, "SEATS_TAKEN", 6);
    keep(10 * MINUTE + 59999); /* the same minute */
    refuse(0, 8, "SEATS_TAKEN", 1);
    refuse(0, 7, "LATE", 9);
    keep(12 * MINUTE);
    struct refusals found = read_all(10 * MINUTE + 5000, 12 * MINUTE - 1);
    assert_int_equal(found.sum_count, 3);
    assert_string_equal(found.sums[0].reason.at, "SEATS_TAKEN");
    assert_int_equal(found.sums[0].count, 8);
    assert_string_equal(found.sums[1].reason.at, "WORK_REQUIRED");
    assert_string_equal(found.sums[2].reason.at, "BARRED");
    assert_int_equal(found.sums[2].count, 1);
    found = read_all(10 * MINUTE, 12 * MINUTE);
    assert_int_equal(found.sum_count, 4);
    assert_string_equal(found.sums[0].reason.at, "LATE");
    assert_int_equal(found.sums[1].count, 9);
    assert_true(found.sums[1].first_ms == 10 * MINUTE && found.sums[1].last_ms == 12 * MINUTE);
    assert_int_equal(found.answered, 0);
}

static void slow_minutes_are_found(void **state)
{
    tally_add(&tally, 0, 7, REFUSAL_ANSWERED, "2", 99);
    tally_add(&tally, 0, 7, REFUSAL_ANSWERED, "1024", 1);
    keep(20 * MINUTE);
    tally_add(&tally, 0, 7, REFUSAL_ANSWERED, "2", 80);
    tally_add(&tally, 0, 7, REFUSAL_ANSWERED, "1024", 20);
    keep(21 * MINUTE);
    const struct refusals found = read_all(20 * MINUTE, 22 * MINUTE);
    assert_int_equal(found.answered, 200);
    assert_int_equal(found.p50_ms, 2);
    assert_int_equal(found.p95_ms, 1024); /* 179 of 200 are below it */
    assert_int_equal(found.slow_count, 1);
    assert_true(found.slow[0].at_ms == 21 * MINUTE && found.slow[0].p95_ms == 1024);
}

static void there_is_a_maximum(void **state)
{
    char reason[REFUSAL_WHAT_MAX];
    for (int i = 0; i < TALLY_MAX + 10; i++) {
        snprintf(reason, sizeof(reason), "R%d", i);
        refuse(0, 100, reason, 1);
    }
    assert_int_equal(tally.count, TALLY_MAX);
    tally_release(&tally);
    tally_init(&tally);
}

static void what_is_not_written_is_written_later(void **state)
{
    struct sql *closed;
    assert_int_equal(sql_inline_new(&closed), 0); /* has no such table */
    refuse(0, 8, "SOLD_OUT", 2);
    assert_int_not_equal(tally_keep(&tally, closed, 40 * MINUTE, DEADLINE_NEVER), 0);
    sql_free(closed);
    refuse(0, 8, "SOLD_OUT", 1);
    keep(41 * MINUTE);
    const struct refusals found = read_all(40 * MINUTE, 42 * MINUTE);
    assert_int_equal(found.sum_count, 1);
    assert_int_equal(found.sums[0].count, 3);
}

static int open_all(void **state)
{
    arena_init(&arena, 4 << 20);
    tally_init(&tally);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    return refusals_migrate(sql, false, 0);
}

static int close_all(void **state)
{
    sql_free(sql);
    tally_release(&tally);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_add_up_by_minute),
        cmocka_unit_test(slow_minutes_are_found),
        cmocka_unit_test(there_is_a_maximum),
        cmocka_unit_test(what_is_not_written_is_written_later),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
