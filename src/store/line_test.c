#include "db/faulty_test.h"
#include "store/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"

static struct sql *sql;
static struct arena arena;

static struct line_sale sale_of(uint32_t first_performance)
{
    return (struct line_sale){.name = VIEW_LIT("Opening Night"),
                              .performance_count = 2,
                              .performance_ids = {first_performance, first_performance + 70000},
                              .draw_opens_at_ms = 1,
                              .opens_at_ms = 2,
                              .closes_at_ms = 3,
                              .time_zone = VIEW_LIT("Asia/Seoul"),
                              .guests = true,
                              .capacity_min = 4,
                              .capacity_max = 5,
                              .claim_ms = 6,
                              .pass_ms = 7,
                              .secret = {8},
                              .commitment = {9},
                              .created_at_ms = 10};
}

static void a_sale_is_read_as_it_was_written(void **state)
{
    const struct line_sale first = sale_of(3), other = sale_of(70003);
    struct line_sale *sales;
    size_t count;
    uint32_t id = 0;
    assert_int_equal(line_sale_put(sql, &first, &id, DEADLINE_NEVER), 0);
    assert_int_equal(id, 1);
    /* One of its performances is in a sale already: nothing of it is there. */
    assert_int_equal(line_sale_put(sql, &other, &id, DEADLINE_NEVER), ERR_CONFLICT);
    assert_int_equal(line_sale_list(sql, &arena, &sales, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_true(sales->sale_id == 1 && view_eq(sales->name, first.name));
    assert_int_equal(sales->performance_count, 2);
    assert_memory_equal(sales->performance_ids, first.performance_ids,
                        sizeof(first.performance_ids));
    assert_true(sales->draw_opens_at_ms == 1 && sales->opens_at_ms == 2 &&
                sales->closes_at_ms == 3 && sales->created_at_ms == 10);
    assert_true(view_eq(sales->time_zone, first.time_zone) && sales->guests);
    assert_true(sales->capacity_min == 4 && sales->capacity_max == 5);
    assert_true(sales->claim_ms == 6 && sales->pass_ms == 7);
    assert_memory_equal(sales->secret, first.secret, LINE_HASH_BYTES);
    assert_memory_equal(sales->commitment, first.commitment, LINE_HASH_BYTES);
    struct line_sale none = first;
    none.performance_count = 0;
    assert_int_equal(line_sale_put(sql, &none, &id, DEADLINE_NEVER), ERR_INVALID);
}

static void only_the_last_to_claim_may_write(void **state)
{
    uint64_t first, second;
    struct line_row row = {.seq = 1, .at_ms = 5, .hash = {1}, .body = VIEW_LIT("one")};
    struct line_row *rows;
    size_t count;
    assert_int_equal(line_claim(sql, 1, &first, DEADLINE_NEVER), 0);
    assert_int_equal(line_claim(sql, 99, &second, DEADLINE_NEVER), ERR_NOT_FOUND);
    row.epoch = first;
    assert_int_equal(line_commit(sql, 1, &row, DEADLINE_NEVER), 0);
    assert_int_equal(line_commit(sql, 1, &row, DEADLINE_NEVER), ERR_FENCED); /* twice */
    row.seq = 3;
    assert_int_equal(line_commit(sql, 1, &row, DEADLINE_NEVER), ERR_FENCED); /* one is missing */
    assert_int_equal(line_claim(sql, 1, &second, DEADLINE_NEVER), 0);
    assert_true(second > first);
    row.seq = 2;
    assert_int_equal(line_commit(sql, 1, &row, DEADLINE_NEVER), ERR_FENCED);
    row.epoch = second;
    row.body = VIEW_LIT("two");
    assert_int_equal(line_commit(sql, 1, &row, DEADLINE_NEVER), 0);
    assert_int_equal(line_read(sql, 1, 1, &arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_true(rows[0].seq == 1 && rows[1].seq == 2 && rows[1].epoch == second);
    assert_true(rows[0].at_ms == 5 && rows[0].hash[0] == 1);
    assert_true(view_eq(rows[0].body, VIEW_LIT("one")) && view_eq(rows[1].body, VIEW_LIT("two")));
    assert_int_equal(line_read(sql, 1, 3, &arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(line_read(sql, 2, 1, &arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static void a_long_ledger_comes_in_pieces(void **state)
{
    static char body[LINE_BODY_MAX];
    const struct line_sale sale = sale_of(3);
    uint64_t seq = 1, epoch;
    struct line_row row = {.body = view_of(body, sizeof(body))}, *rows;
    size_t count, seen = 0, pieces = 0;
    uint32_t id;
    struct sql *faulty = sql; /* which would read some gigabytes here */
    assert_int_equal(sql_inline_new(&sql), 0);
    assert_int_equal(lines_migrate(sql, false, 1), 0);
    assert_int_equal(line_sale_put(sql, &sale, &id, DEADLINE_NEVER), 0);
    assert_int_equal(line_claim(sql, 1, &epoch, DEADLINE_NEVER), 0);
    for (row.epoch = epoch; seq < 23; seq++) {
        row.seq = seq;
        assert_int_equal(line_commit(sql, 1, &row, DEADLINE_NEVER), 0);
    }
    do {
        assert_int_equal(line_read(sql, 1, seen + 1, &arena, &rows, &count, DEADLINE_NEVER), 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(rows[i].seq, ++seen);
        pieces++;
        arena_reset(&arena);
    } while (count > 0);
    assert_int_equal(seen, 22);
    assert_int_equal(pieces, 3);
    assert_int_equal(
        line_read_some(sql, 1, 5, 2, LINE_READ_MAX, &arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_true(count == 2 && rows[0].seq == 5 && rows[1].seq == 6);
    assert_int_equal(line_read_some(sql, 1, 5, LINE_ROWS_MAX, 2 * sizeof(body) + 1, &arena, &rows,
                                    &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 3);
    sql_free(sql);
    sql = faulty;
}

static int setup(void **state)
{
    arena_init(&arena, 64u << 20);
    return sql_faulty_new(&arena, &sql) != 0 || lines_migrate(sql, false, 1) != 0;
}

static int teardown(void **state)
{
    arena_release(&arena);
    sql_free(sql);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sale_is_read_as_it_was_written),
        cmocka_unit_test(only_the_last_to_claim_may_write),
        cmocka_unit_test(a_long_ledger_comes_in_pieces),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
