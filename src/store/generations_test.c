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
#include "store/generations.h"
#include "token/ticket_ref.h"

static struct sql *sql;
static struct arena arena;
static const struct id order = {1, 2}, other = {3, 4};

static int next(struct id order_id, uint32_t seat, uint32_t from, int64_t now_ms)
{
    return generation_next(sql, 7, order_id, seat, from, now_ms, DEADLINE_NEVER);
}

static void a_generation_follows_the_one_that_is_known(void **state)
{
    struct generation *list;
    size_t count;
    assert_int_equal(generations_of_order(sql, order, &arena, &list, &count, 0), 0);
    assert_int_equal(count, 0);
    assert_int_equal(next(order, 5, 1, 1), ERR_CONFLICT);
    assert_int_equal(next(order, 5, 0, 2), 0);
    assert_int_equal(next(order, 5, 0, 3), ERR_CONFLICT); /* asked again: nothing happens twice */
    assert_int_equal(next(order, 5, 1, 4), 0);
    assert_int_equal(next(order, 3, 0, 5), 0);
    assert_int_equal(next(other, 9, 0, 6), 0);
    assert_int_equal(next(order, 5, TICKET_GENERATION_MAX, 7), ERR_FULL);
    assert_int_equal(generations_of_order(sql, order, &arena, &list, &count, 0), 0);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].seat, 3);
    assert_int_equal(generation_in(list, count, order, 5), 2);
    assert_int_equal(generation_in(list, count, order, 4), 0);
    assert_int_equal(generation_in(list, count, other, 5), 0);
    assert_int_equal(generations_of_performance(sql, 7, &arena, &list, &count, 0), 0);
    assert_int_equal(count, 3);
    assert_true(id_eq(list[0].order_id, other));
    assert_int_equal(generations_of_performance(sql, 8, &arena, &list, &count, 0), 0);
    assert_int_equal(count, 0);
}

static int run_pass(struct sql_job *base, struct sql_txn *txn)
{
    (void)base;
    return generation_move(txn, 7, order, 6, 0, VIEW_LIT("m…@example.org"), 1);
}

static void a_ticket_has_the_holder_it_was_passed_on_to(void **state)
{
    struct sql_job job = {.run = run_pass};
    struct generation *list;
    size_t count;
    assert_int_equal(sql_write(sql, &job, DEADLINE_NEVER), 0);
    assert_int_equal(generations_of_order(sql, order, &arena, &list, &count, 0), 0);
    assert_true(view_eq(generation_holder_in(list, count, order, 6), VIEW_LIT("m…@example.org")));
    assert_int_equal(generation_holder_in(list, count, order, 5).len, 0);
    assert_int_equal(next(order, 6, 1, 2), 0); /* taken back */
    assert_int_equal(generations_of_order(sql, order, &arena, &list, &count, 0), 0);
    assert_int_equal(generation_holder_in(list, count, order, 6).len, 0);
    assert_int_equal(generation_in(list, count, order, 6), 2);
}

struct lie {
    struct sql_job job;
    const char *text;
};

static int tell(struct sql_job *base, struct sql_txn *txn)
{
    return sql_run(txn, ((struct lie *)base)->text, SQL_NONE, NULL);
}

static char said[200];

static void hear(void *state, struct id order_id, uint32_t seat, uint32_t performance_id,
                 const char *what)
{
    snprintf(said, sizeof(said), "%u: %s", seat, what);
}

/* The lie is found, and once it is taken back nothing is. */
static void is_found(const char *lie, const char *back, const char *finding)
{
    const char *const texts[] = {lie, back};
    for (int i = 0; i < 2; i++) {
        struct lie job = {.job.run = tell, .text = texts[i]};
        said[0] = '\0';
        assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
        assert_int_equal(generations_check(sql, 0, hear, NULL, DEADLINE_NEVER), 0);
        if (i == 0)
            assert_non_null(strstr(said, finding));
        else
            assert_string_equal(said, "");
    }
}

static void every_move_is_written_twice(void **state)
{
    said[0] = '\0';
    assert_int_equal(generations_check(sql, 0, hear, NULL, DEADLINE_NEVER), 0);
    assert_string_equal(said, "");
    is_found("UPDATE generation SET generation = generation + 1 WHERE seat = 6",
             "UPDATE generation SET generation = generation - 1 WHERE seat = 6",
             "6: its generation is not what its moves make");
    is_found("UPDATE generation SET holder = 'x' WHERE seat = 6",
             "UPDATE generation SET holder = '' WHERE seat = 6",
             "6: its revocation and its last move differ");
    is_found("UPDATE generation SET seat = 60 WHERE seat = 6",
             "UPDATE generation SET seat = 6 WHERE seat = 60",
             "6: it was passed on and is not revoked");
    is_found("UPDATE generation_move SET generation = 9 WHERE seat = 6 AND generation = 1",
             "UPDATE generation_move SET generation = 1 WHERE seat = 6 AND generation = 9",
             "6: its generation is not what its moves make");
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? generations_migrate(sql, false, 1) : err;
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
        cmocka_unit_test(a_generation_follows_the_one_that_is_known),
        cmocka_unit_test(a_ticket_has_the_holder_it_was_passed_on_to),
        cmocka_unit_test(every_move_is_written_twice),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
