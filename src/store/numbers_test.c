#include "store/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "sale/order_number.h"

static struct sql *sql;
static struct arena arena;

/* Of the stores' tables what is looked at. */
static const struct sql_step steps[] = {
    {"ids", "CREATE TABLE orders (order_no {id}, order_id {bytes} NOT NULL);"
            "CREATE TABLE payment (payment_id {bytes} NOT NULL PRIMARY KEY,"
            " hold_id {bytes} NOT NULL)"}};

static size_t find(struct id like, size_t max, struct id **ret_ids)
{
    char number[ORDER_NUMBER_CHARS + 1];
    size_t count = 99;
    order_number_write(like, number);
    assert_int_equal(
        numbers_find(sql, view_str(number), max, &arena, ret_ids, &count, DEADLINE_NEVER), 0);
    return count;
}

static void an_order_and_a_hold_are_found_once(void **state)
{
    struct id *ids;
    assert_int_equal(find((struct id){1, 7}, 5, &ids), 1);
    assert_true(id_eq(ids[0], (struct id){1, 7}));
    assert_int_equal(find((struct id){1, 8}, 5, &ids), 1); /* paid: in both */
    assert_int_equal(find((struct id){1, 9}, 5, &ids), 1); /* held alone */
    assert_true(id_eq(ids[0], (struct id){1, 9}));
    assert_int_equal(find((struct id){1, 10}, 5, &ids), 0);
}

static void several_may_have_a_number(void **state)
{
    struct id *ids;
    assert_int_equal(find((struct id){1, 5}, 5, &ids), 2);
    assert_true(id_eq(ids[0], (struct id){2, 5})); /* the last first */
    assert_int_equal(find((struct id){1, 5}, 1, &ids), 1);
}

struct put {
    struct sql_job job;
    bool order;
    struct id id;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct put *put = (const struct put *)base;
    return put->order ? sql_run(txn, "INSERT INTO orders (order_id) VALUES (?)",
                                SQL(sql_id(put->id)), NULL)
                      : sql_run(txn, "INSERT INTO payment (payment_id, hold_id) VALUES (?, ?)",
                                SQL(sql_id(put->id), sql_id(put->id)), NULL);
}

static int set_up(void **state)
{
    static const struct put rows[] = {{.order = true, .id = {1, 5}},
                                      {.order = true, .id = {2, 5}},
                                      {.order = true, .id = {1, 7}},
                                      {.order = true, .id = {1, 8}},
                                      {.id = {1, 8}},
                                      {.id = {1, 9}}};
    arena_init(&arena, 4u << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    int err = sql_migrate(sql, "numbers_test", steps, 1, false, 1);
    for (size_t i = 0; err == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct put put = rows[i];
        put.job.run = run_put;
        err = sql_write(sql, &put.job, DEADLINE_NEVER);
    }
    return err;
}

static int tear_down(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_and_a_hold_are_found_once),
        cmocka_unit_test(several_may_have_a_number),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
