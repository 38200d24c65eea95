/* An engine that cannot have all of its memory is none, and has given back what it had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"
#include "mem/scarce_test.h"
#include "seats/fixture_test.h"

static const char *const rows[] = {"......|......", "......|......"};

static void every_allocation_of_an_engine_may_fail(void **state)
{
    const struct seats_limits limits = {.places_max = 4, .accounts_max = 100};
    struct hall hall;
    size_t calls = 0;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 2);
    fixture_standing(&hall, 10);
    while (true) {
        struct seats *seats = NULL;
        scarce_after(calls++);
        const int err = seats_new(&hall, &limits, &seats);
        if (!scarce_end()) {
            assert_int_equal(err, 0);
            seats_free(seats);
            break;
        }
        assert_int_equal(err, ERR_NO_MEMORY);
        assert_null(seats);
    }
    assert_true(calls > 10);
    fixture_release(&hall);
}

/* What cannot be checked is not. */
static void a_check_without_memory_proves_nothing(void **state)
{
    struct hall hall;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 2);
    struct seats *seats = fixture_engine(&hall);
    for (size_t calls = 0; calls < 4; calls++) {
        scarce_after(calls);
        seats_check(seats);
        (void)scarce_end();
    }
    seats_free(seats);
    fixture_release(&hall);
}

static void limits_and_halls_of_nothing_are_refused(void **state)
{
    const struct hall none = {0};
    struct hall hall;
    struct seats *seats;
    fixture_init(&hall);
    fixture_rows(&hall, rows, 2);
    const struct seats_limits limits[] = {{.places_max = 0, .accounts_max = 1},
                                          {.places_max = 1, .accounts_max = 0},
                                          {.places_max = 1, .accounts_max = 1}};
    assert_int_equal(seats_new(&hall, &limits[0], &seats), ERR_INVALID);
    assert_int_equal(seats_new(&hall, &limits[1], &seats), ERR_INVALID);
    assert_int_equal(seats_new(&none, &limits[2], &seats), ERR_INVALID);
    struct hall large = hall;
    large.place_count = HALL_PLACES_MAX + 1;
    assert_int_equal(seats_new(&large, &limits[2], &seats), ERR_INVALID);
    fixture_release(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_an_engine_may_fail),
        cmocka_unit_test(a_check_without_memory_proves_nothing),
        cmocka_unit_test(limits_and_halls_of_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
