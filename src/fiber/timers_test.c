#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "fiber/timers.h"

#define TIMERS 500

static void never(struct loop_timer *timer)
{
}

/* Against a search for the smallest, over arming, moving, disarming and taking. */
static void agrees_with_a_search(void **state)
{
    static struct loop_timer timer[TIMERS];
    static uint64_t seq[TIMERS]; /* when it was armed, from 1; 0 while it is not */
    uint64_t next_seq = 1;
    struct chance_seeded s;
    chance_seed(&s, 5);
    struct timers t;
    assert_int_equal(timers_init(&t, TIMERS), 0);
    for (int step = 0; step < 60000; step++) {
        uint32_t i = (uint32_t)chance_below(&s.chance, TIMERS);
        uint64_t what = chance_below(&s.chance, 4);
        timer[i].fire = never;
        if (what < 2) {
            timer[i].at_ns = (int64_t)chance_below(&s.chance, 200); /* many at the same time */
            assert_int_equal(timers_arm(&t, &timer[i], timer[i].at_ns), 0);
            seq[i] = next_seq++;
        } else if (what == 2) {
            timers_disarm(&t, &timer[i]);
            seq[i] = 0;
        } else {
            int first = -1;
            for (int k = 0; k < TIMERS; k++) {
                if (seq[k] && (first < 0 || timer[k].at_ns < timer[first].at_ns ||
                               (timer[k].at_ns == timer[first].at_ns && seq[k] < seq[first])))
                    first = k;
            }
            int64_t next_ns = first < 0 ? DEADLINE_NEVER : timer[first].at_ns;
            assert_int_equal(timers_next_ns(&t), next_ns);
            if (first < 0)
                continue;
            assert_null(timers_take_due(&t, next_ns - 1, UINT64_MAX));
            assert_ptr_equal(timers_take_due(&t, next_ns, UINT64_MAX), &timer[first]);
            assert_int_equal(timer[first].index, 0);
            seq[first] = 0;
        }
    }
    timers_release(&t);
}

static void bounds_are_kept_and_places_reserved(void **state)
{
    struct loop_timer a = {.fire = never}, b = {.fire = never};
    struct loop_timer fiber[2] = {{.fire = never, .of_fiber = true},
                                  {.fire = never, .of_fiber = true}};
    struct timers t;
    assert_int_equal(timers_init(&t, 1), 0);
    assert_int_equal(timers_arm(&t, &a, 5), 0);
    assert_int_equal(timers_arm(&t, &a, 6), 0); /* moving needs no place */
    assert_int_equal(timers_arm(&t, &b, 4), ERR_FULL);
    assert_int_equal(b.index, 0);
    assert_int_equal(timers_arm(&t, &fiber[0], 4), ERR_FULL);
    assert_int_equal(timers_reserve(&t, 1), 0);
    assert_int_equal(timers_arm(&t, &b, 4), ERR_FULL);
    assert_int_equal(timers_arm(&t, &fiber[0], 4), 0);
    assert_int_equal(timers_arm(&t, &fiber[1], 4), ERR_FULL);
    assert_int_equal(timers_next_ns(&t), 4);
    timers_disarm(&t, &a);
    assert_int_equal(timers_arm(&t, &fiber[1], 4), ERR_FULL);
    assert_int_equal(timers_arm(&t, &b, 3), 0);
    timers_disarm(&t, &fiber[0]);
    assert_int_equal(timers_arm(&t, &fiber[1], 2), 0);
    assert_int_equal(timers_next_ns(&t), 2);
    assert_int_equal(timers_reserve(&t, UINT32_MAX), ERR_NO_MEMORY);
    timers_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_search),
        cmocka_unit_test(bounds_are_kept_and_places_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
