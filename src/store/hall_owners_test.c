#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/hall_owners.h"

static struct sql *sql;

static bool has(uint32_t organiser_id, uint32_t hall_id)
{
    bool list[STORE_HALLS_MAX + 1];
    assert_int_equal(hall_owner_list(sql, organiser_id, list, DEADLINE_NEVER), 0);
    return list[hall_id];
}

static void a_hall_is_seen_by_those_who_have_it(void **state)
{
    assert_true(has(1, 7) && !has(2, 7)); /* of an earlier store */
    assert_int_equal(hall_owner_add(sql, 7, 2, DEADLINE_NEVER), 0);
    assert_true(!has(1, 7) && has(2, 7) && !has(3, 7));
    assert_int_equal(hall_owner_add(sql, 7, 3, DEADLINE_NEVER), 0); /* the same plan */
    assert_int_equal(hall_owner_add(sql, 7, 3, DEADLINE_NEVER), 0);
    assert_true(!has(1, 7) && has(2, 7) && has(3, 7));
    assert_true(has(1, 8) && !has(2, 8) && !has(3, 8));
    assert_true(has(1, STORE_HALLS_MAX) && !has(1, 0));
}

static int set_up(void **state)
{
    int err = sql_faulty_new(NULL, &sql);
    return err == 0 ? hall_owners_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    sql_free(sql);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_hall_is_seen_by_those_who_have_it)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
