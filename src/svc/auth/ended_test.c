#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"
#include "store/accounts.h"
#include "svc/auth/ended.h"

static struct ended ended;
static struct sql *sql;

/* Ended so many seconds after the beginning. */
static void take(uint64_t id, int64_t ended_s, int64_t since_s)
{
    const struct ended_guest row = {.account_id = {id, id * 7}, .ended_at_ms = ended_s * 1000};
    assert_int_equal(ended_take(&ended, &row, 1, since_s * 1000), 0);
}

static bool has(uint64_t id, int64_t issued_s)
{
    return ended_has(&ended, (struct id){id, id * 7}, issued_s);
}

static void those_who_ended_are_found(void **state)
{
    assert_false(has(1, 0));
    for (uint64_t i = 1; i <= 5000; i++)
        take(i, 100, 0);
    take(1, 100, 0); /* again */
    assert_int_equal(ended.count, 5000);
    for (uint64_t i = 1; i <= 5000; i++)
        assert_true(has(i, 50));
    assert_false(has(5001, 50) || has(5001, 0));
    assert_int_equal(ended.floor_ms, 0);
}

static void what_ended_for_good_is_forgotten_for_room(void **state)
{
    for (uint64_t i = 1; i <= 512; i++)
        take(i, 100, 0);
    take(513, 200, 100);
    assert_int_equal(ended.count, 1);
    assert_true(has(513, 0));
    assert_false(has(1, 0));
    assert_int_equal(ended.floor_ms, 0); /* nobody was forgotten before his time */
}

static void beyond_the_maximum_old_tokens_are_refused(void **state)
{
    ended.max = 80;
    for (uint64_t i = 1; i <= 80; i++)
        take(i, (int64_t)i * 10, 0);
    assert_false(has(100, 0));
    take(81, 810, 0);
    assert_int_equal(ended.floor_ms, 108750);
    for (uint64_t i = 1; i <= 81; i++)
        assert_true(has(i, (int64_t)i * 10));
    assert_int_equal(ended.count, 81 - 10);
    assert_true(has(100, 108)); /* somebody else's, as old: in doubt, refuse */
    assert_false(has(100, 109));
    take(7, 70, 0); /* one of those who were forgotten */
    assert_int_equal(ended.count, 81 - 10);
    for (uint64_t i = 82; i <= 500; i++) /* all at one time */
        take(i, 820, 0);
    assert_true(ended.count <= 80);
    for (uint64_t i = 1; i <= 500; i++)
        assert_true(has(i, i < 82 ? (int64_t)i * 10 : 820));
}

struct put_job {
    struct sql_job job;
    uint64_t first, last, number;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct put_job *job = (const struct put_job *)base;
    int err = 0;
    for (uint64_t i = job->first; err == 0 && i <= job->last; i++)
        err = job->number
                  ? sql_run(txn,
                            "INSERT INTO ended_guest (number, account_id, ended_at_ms)"
                            " VALUES (?, ?, 200000)",
                            SQL(sql_int((int64_t)job->number), sql_id((struct id){i, i * 7})), NULL)
                  : ended_guest_add(txn, (struct id){i, i * 7}, 100000);
    return err;
}

static void put(uint64_t first, uint64_t last, uint64_t number)
{
    struct put_job job = {.job.run = run_put, .first = first, .last = last, .number = number};
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
}

static void follow(int64_t now_ms)
{
    assert_int_equal(ended_follow(&ended, sql, now_ms, 0, DEADLINE_NEVER), 0);
}

static void the_store_is_followed_piece_by_piece(void **state)
{
    put(1, ENDED_GUESTS_PAGE + 5, 0);
    follow(1000000);
    assert_int_equal(ended.count, ENDED_GUESTS_PAGE + 5);
    put(10001, 10001, 20000);
    follow(1002000);
    assert_true(has(10001, 0));
    put(10002, 10002, 19999); /* its transaction was longer */
    follow(1004000);
    assert_true(has(10002, 0));
    follow(1000000 + ENDED_OVERLAP_MS);
    follow(1000000 + 2 * ENDED_OVERLAP_MS);
    assert_int_equal(ended.from, 20000); /* it begins from there now */
    put(10003, 10003, 0);
    follow(1000000 + 2 * ENDED_OVERLAP_MS + 1);
    assert_true(has(10003, 0) && has(1, 0));
    assert_int_equal(ended_guest_sweep(sql, ENDED_GUESTS_KEPT_MS + 100000, DEADLINE_NEVER), 0);
    ended_release(&ended);
    ended_init(&ended);
    follow(1);
    assert_true(has(10001, 0) && has(10002, 0));
    assert_int_equal(ended.count, 2);
    ended_release(&ended);
    ended_init(&ended);
    assert_int_equal(ended_follow(&ended, sql, 1, 200000, DEADLINE_NEVER), 0);
    assert_int_equal(ended.count, 0); /* too long ago for any token to hold */
}

static int set_up(void **state)
{
    ended_init(&ended);
    const int err = sql_inline_new(&sql);
    return err == 0 ? accounts_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    ended_release(&ended);
    sql_free(sql);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(those_who_ended_are_found),
                                       TEST(what_ended_for_good_is_forgotten_for_room),
                                       TEST(beyond_the_maximum_old_tokens_are_refused),
                                       TEST(the_store_is_followed_piece_by_piece)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
