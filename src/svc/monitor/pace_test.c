#include "svc/monitor/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock/clock.h"

#define MS NS_PER_MS

/* A step of took_ms, and a rest in which the process used used_ms; all rows are there. */
static uint32_t step(struct pace *pace, int64_t *now_ms, int64_t *cpu_ms, int64_t took_ms,
                     int64_t used_ms)
{
    const uint32_t rows = pace_step(pace, *now_ms * MS, *cpu_ms * MS);
    *now_ms += took_ms;
    *now_ms += pace_rest_ms(pace, rows, *now_ms * MS, *cpu_ms * MS);
    *cpu_ms += used_ms;
    return rows;
}

static void an_idle_process_lets_it_read_more_and_more(void **state)
{
    struct pace pace = {0};
    int64_t now_ms = 1000, cpu_ms = 40;
    for (uint32_t rows = 1; rows < PACE_ROWS; rows *= 2)
        assert_int_equal(step(&pace, &now_ms, &cpu_ms, 10, 9), rows); /* less than an eighth */
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, 10, 9), PACE_ROWS);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, 10, 9), PACE_ROWS);
}

static void a_step_that_was_long_is_followed_by_a_smaller_one(void **state)
{
    struct pace pace = {0};
    int64_t now_ms = 1000, cpu_ms = 0;
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, 1, 0), 1);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, 1, 0), 2);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, PACE_STEP_MS + 1, 0), 4);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, PACE_STEP_MS - 1, 0), 2);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, PACE_STEP_MS + 1, 0), 2);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, PACE_STEP_MS + 1, 0), 1);
    assert_int_equal(step(&pace, &now_ms, &cpu_ms, 1, 0), 1); /* never none */
}

static void a_busy_one_makes_it_wait(void **state)
{
    struct pace pace = {0};
    pace_step(&pace, 1000 * MS, 0);
    assert_int_equal(pace_rest_ms(&pace, 1, 1010 * MS, 0), 10 * PACE_REST);
    assert_int_equal(pace_step(&pace, 1090 * MS, 11 * MS), 1);
    assert_int_equal(pace_rest_ms(&pace, 1, 1092 * MS, 13 * MS), 2 * PACE_REST_BUSY);
    /* the rush is over */
    assert_int_equal(pace_step(&pace, 1604 * MS, 60 * MS), 2);
    assert_int_equal(pace_rest_ms(&pace, 1, 1609 * MS, 65 * MS), 5 * PACE_REST);
}

/* A rush may begin while there is nothing to read: what was allowed before is allowed no more. */
static void at_the_end_it_begins_with_one_row_again(void **state)
{
    struct pace pace = {0};
    int64_t now_ms = 1000, cpu_ms = 0;
    for (int i = 0; i < 5; i++)
        step(&pace, &now_ms, &cpu_ms, 1, 0);
    assert_int_equal(pace_step(&pace, now_ms * MS, 0), 32);
    pace_rest_ms(&pace, 0, now_ms * MS, 0);
    assert_int_equal(pace_step(&pace, (now_ms + 50) * MS, 0), 32); /* another ledger has more */
    pace_rest_ms(&pace, 0, (now_ms + 50) * MS, 0);
    pace_end(&pace);
    assert_int_equal(pace_step(&pace, (now_ms + 550) * MS, 0), 1);
}

/* The step's own work is no reason to wait. */
static void only_a_rest_is_looked_at(void **state)
{
    struct pace pace = {0};
    pace_step(&pace, 1000 * MS, 0);
    pace_rest_ms(&pace, 1, 1030 * MS, 30 * MS); /* all of a core, in the step */
    assert_int_equal(pace_step(&pace, 1270 * MS, 33 * MS), 1);
    assert_false(pace.busy);
}

/* What is too short to be measured is not rested. */
static void a_rest_is_long_enough_to_be_looked_at(void **state)
{
    struct pace pace = {0};
    pace_step(&pace, 1000 * MS, 0);
    assert_int_equal(pace_rest_ms(&pace, 1, 1000 * MS, 0), PACE_LOOK_MIN_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_process_lets_it_read_more_and_more),
        cmocka_unit_test(a_step_that_was_long_is_followed_by_a_smaller_one),
        cmocka_unit_test(a_busy_one_makes_it_wait),
        cmocka_unit_test(at_the_end_it_begins_with_one_row_again),
        cmocka_unit_test(only_a_rest_is_looked_at),
        cmocka_unit_test(a_rest_is_long_enough_to_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
