#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/positions.h"

static struct sql *sql;

struct job {
    struct sql_job job;
    uint64_t from, to;
    int fail;
};

static int run(struct sql_job *base, struct sql_txn *txn)
{
    const struct job *job = (const struct job *)base;
    int err = position_move(txn, VIEW_LIT("mails"), job->from, job->to);
    return err == 0 ? job->fail : err;
}

static int move(uint64_t from, uint64_t to, int fail)
{
    struct job job = {.job.run = run, .from = from, .to = to, .fail = fail};
    return sql_write(sql, &job.job, DEADLINE_NEVER);
}

static uint64_t get(void)
{
    uint64_t position = 99;
    assert_int_equal(position_get(sql, VIEW_LIT("mails"), &position, 0), 0);
    return position;
}

static void moves_only_from_where_it_is(void **state)
{
    assert_int_equal(sql_faulty_new(NULL, &sql), 0);
    assert_int_equal(positions_migrate(sql, false, 1), 0);
    assert_int_equal(get(), 0);
    assert_int_equal(move(3, 4, 0), ERR_CONFLICT);
    assert_int_equal(move(0, 5, 0), 0);
    assert_int_equal(get(), 5);
    assert_int_equal(move(0, 6, 0), ERR_CONFLICT);
    assert_int_equal(move(5, 9, ERR_INVALID), ERR_INVALID); /* taken back with its job */
    assert_int_equal(get(), 5);
    assert_int_equal(move(5, 9, 0), 0);
    assert_int_equal(get(), 9);
    sql_free(sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(moves_only_from_where_it_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
