#include "svc/monitor/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock/clock.h"

#define MS NS_PER_MS

static void an_idle_process_lets_it_read_much(void **state)
{
    struct pace pace = {0};
    assert_int_equal(pace_step(&pace, 1000 * MS, 40 * MS), PACE_ROWS);
    assert_int_equal(pace_rest_ms(&pace, 1010 * MS, 50 * MS), 10 * PACE_REST);
    /* 9 ms of CPU in 80 ms: less than an eighth of a core */
    assert_int_equal(pace_step(&pace, 1090 * MS, 59 * MS), PACE_ROWS);
}

static void a_busy_one_makes_it_wait(void **state)
{
    struct pace pace = {0};
    pace_step(&pace, 1000 * MS, 0);
    pace_rest_ms(&pace, 1010 * MS, 0);
    assert_int_equal(pace_step(&pace, 1090 * MS, 11 * MS), PACE_ROWS_BUSY);
    assert_int_equal(pace_rest_ms(&pace, 1092 * MS, 13 * MS), 2 * PACE_REST_BUSY);
    /* the rush is over */
    assert_int_equal(pace_step(&pace, 1604 * MS, 60 * MS), PACE_ROWS);
    assert_int_equal(pace_rest_ms(&pace, 1609 * MS, 65 * MS), 5 * PACE_REST);
}

/* The step's own work is no reason to wait, and neither is what is too short to be measured. */
static void only_a_rest_is_looked_at(void **state)
{
    struct pace pace = {0};
    pace_step(&pace, 1000 * MS, 0);
    pace_rest_ms(&pace, 1100 * MS, 100 * MS); /* all of a core, in the step */
    assert_int_equal(pace_step(&pace, 1101 * MS, 103 * MS), PACE_ROWS);
    pace_rest_ms(&pace, 1102 * MS, 104 * MS);
    assert_int_equal(pace_step(&pace, 1152 * MS, 110 * MS), PACE_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_process_lets_it_read_much),
        cmocka_unit_test(a_busy_one_makes_it_wait),
        cmocka_unit_test(only_a_rest_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
