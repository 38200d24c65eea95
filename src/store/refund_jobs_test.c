#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/payments.h"
#include "store/refund_jobs.h"

#define PERFORMANCE 7

static struct sql *sql;
static struct arena arena;

static struct id number(uint64_t n)
{
    return (struct id){1, n};
}

/* An attempt; where it is sold, by its legal moves. */
static void pay(uint64_t n, uint32_t performance_id, int64_t at_ms, bool sold)
{
    struct payment p = {.payment_id = number(n),
                        .hold_id = number(100 + n),
                        .account_id = number(900),
                        .performance_id = performance_id,
                        .state = PAYMENT_WAITING,
                        .books.amount = 1000,
                        .currency = VIEW_LIT("KRW"),
                        .provider = n % 2 ? VIEW_LIT("toss") : VIEW_LIT("nicepay"),
                        .return_path = VIEW_LIT("/pay"),
                        .seat_count = 1,
                        .created_at_ms = at_ms,
                        .must_finish_by_ms = 50,
                        .next_at_ms = 40};
    const uint8_t hash[32] = {1};
    char key[] = "k0";
    key[1] = (char)('0' + n);
    assert_int_equal(payment_put(sql, &p, view_str(key), view_of(hash, 32), DEADLINE_NEVER), 0);
    if (!sold)
        return;
    p.version = 1;
    p.next_at_ms = 0;
    p.state = PAYMENT_CAPTURED;
    p.books.captured = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    p.state = PAYMENT_DONE;
    p.books.sold = 1000;
    p.order_id = p.hold_id;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
}

static const struct refund_job job = {.job_id = {5, 1},
                                      .performance_id = PERFORMANCE,
                                      .reason = VIEW_LIT("CANCELED"),
                                      .created_at_ms = 10};

static void a_preview_tells_what_would_go_back(void **state)
{
    struct refund_job_sum *sums;
    size_t count;
    pay(1, PERFORMANCE, 5, true);
    pay(2, PERFORMANCE, 9, true);
    pay(3, PERFORMANCE, 9, false);
    pay(4, PERFORMANCE + 1, 9, true);
    assert_int_equal(refund_job_preview(sql, PERFORMANCE, 6, &arena, &sums, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 2);
    assert_true(view_eq(sums[0].provider, VIEW_LIT("nicepay")) && sums[0].old_orders == 0);
    assert_true(view_eq(sums[1].provider, VIEW_LIT("toss")) && sums[1].old_orders == 1);
    assert_true(sums[1].orders == 1 && sums[1].amount == 1000);
    assert_true(view_eq(sums[1].currency, VIEW_LIT("KRW")));
}

static void a_job_lists_what_was_paid_and_runs_alone(void **state)
{
    const struct refund_job second = {
        .job_id = {5, 2}, .performance_id = PERFORMANCE, .reason = VIEW_LIT("CANCELED")};
    struct refund_job got, *running;
    struct refund_item *items;
    struct refund_job_sum *sums;
    size_t count;
    assert_int_equal(refund_job_get(sql, job.job_id, 0, &arena, &got, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(refund_job_put(sql, &job, DEADLINE_NEVER), 0);
    assert_int_equal(refund_job_put(sql, &second, DEADLINE_NEVER), ERR_CONFLICT);
    assert_int_equal(refund_job_get(sql, job.job_id, 0, &arena, &got, DEADLINE_NEVER), 0);
    assert_true(got.state == REFUND_JOB_RUNNING && view_eq(got.reason, job.reason));
    assert_int_equal(refund_job_get(sql, (struct id){0}, PERFORMANCE, &arena, &got, DEADLINE_NEVER),
                     0);
    assert_true(id_eq(got.job_id, job.job_id) && got.finished_at_ms == 0);
    assert_int_equal(refund_jobs_running(sql, &arena, &running, &count, DEADLINE_NEVER), 0);
    assert_true(count == 1 && id_eq(running[0].job_id, job.job_id));
    assert_int_equal(
        refund_items(sql, job.job_id, 0, (struct id){0}, 10, &arena, &items, &count, 0), 0);
    assert_true(count == 2 && id_eq(items[0].payment_id, number(1)));
    assert_true(items[0].state == REFUND_ITEM_WAITING && id_eq(items[0].order_id, number(101)));
    assert_int_equal(refund_items(sql, job.job_id, 0, number(1), 10, &arena, &items, &count, 0), 0);
    assert_true(count == 1 && id_eq(items[0].payment_id, number(2)));
    assert_int_equal(refund_items(sql, job.job_id, REFUND_ITEM_DONE, (struct id){0}, 10, &arena,
                                  &items, &count, 0),
                     0);
    assert_int_equal(count, 0);
    assert_int_equal(refund_job_sums(sql, job.job_id, &arena, &sums, &count, DEADLINE_NEVER), 0);
    assert_true(count == 2 && sums[0].state == REFUND_ITEM_WAITING);
}

static void an_item_is_due_at_its_time_and_its_provider(void **state)
{
    struct refund_item *items;
    size_t count;
    assert_int_equal(
        refund_items_due(sql, VIEW_LIT("toss"), 9, 10, &arena, &items, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(
        refund_items_due(sql, VIEW_LIT("toss"), 10, 10, &arena, &items, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    items[0].state = REFUND_ITEM_DONE;
    items[0].next_at_ms = 0;
    assert_int_equal(refund_item_save(sql, &items[0], DEADLINE_NEVER), 0);
    assert_int_equal(
        refund_items_due(sql, VIEW_LIT("toss"), 99, 10, &arena, &items, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

/* While an attempt may still become an order, or an item is open, the job goes on. */
static void a_job_ends_when_nothing_is_left(void **state)
{
    struct refund_item *items;
    struct refund_job got;
    size_t count;
    bool ended;
    struct payment waiting;
    assert_int_equal(refund_job_end(sql, &job, 20, &ended, DEADLINE_NEVER), 0);
    assert_false(ended);
    assert_int_equal(payment_get(sql, number(3), &arena, &waiting, DEADLINE_NEVER), 0);
    waiting.state = PAYMENT_DECLINED;
    waiting.next_at_ms = 0;
    assert_int_equal(payment_save(sql, &waiting, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(refund_job_end(sql, &job, 20, &ended, DEADLINE_NEVER), 0);
    assert_false(ended);
    assert_int_equal(refund_items(sql, job.job_id, REFUND_ITEM_WAITING, (struct id){0}, 9, &arena,
                                  &items, &count, 0),
                     0);
    for (size_t i = 0; i < count; i++) {
        items[i].state = REFUND_ITEM_FAILED;
        assert_int_equal(refund_item_save(sql, &items[i], DEADLINE_NEVER), 0);
    }
    assert_int_equal(refund_job_end(sql, &job, 20, &ended, DEADLINE_NEVER), 0);
    assert_true(ended);
    assert_int_equal(refund_job_get(sql, job.job_id, 0, &arena, &got, DEADLINE_NEVER), 0);
    assert_true(got.state == REFUND_JOB_DONE && got.finished_at_ms == 20);
    /* Another may begin now; what was given back is listed no more than it is sold. */
    const struct refund_job second = {
        .job_id = {5, 2}, .performance_id = PERFORMANCE, .reason = VIEW_LIT("CANCELED")};
    assert_int_equal(refund_job_put(sql, &second, DEADLINE_NEVER), 0);
}

/* Of a payment that has places to give back still, nothing is done. */
static void what_jobs_have_done_is_told_apart(void **state)
{
    struct refund_job_sum *sums;
    size_t count;
    struct payment p;
    assert_int_equal(refund_jobs_done(sql, PERFORMANCE, &arena, &sums, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(payment_get(sql, number(1), &arena, &p, DEADLINE_NEVER), 0);
    p.state = PAYMENT_REFUNDING;
    p.books.sold = 0;
    p.books.pending = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(refund_jobs_done(sql, PERFORMANCE, &arena, &sums, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_true(sums[0].state == REFUND_ITEM_DONE && sums[0].amount == 1000 && sums[0].orders == 1);
    assert_int_equal(refund_jobs_done(sql, PERFORMANCE + 1, &arena, &sums, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 0);
}

static void what_is_to_be_paid_later_is_due(void **state)
{
    struct payment p = {.payment_id = number(7),
                        .hold_id = number(107),
                        .account_id = number(900),
                        .performance_id = PERFORMANCE + 5,
                        .state = PAYMENT_CONFIRMING,
                        .books.amount = 1000,
                        .currency = VIEW_LIT("KRW"),
                        .provider = VIEW_LIT("toss"),
                        .return_path = VIEW_LIT("/pay"),
                        .later = true,
                        .seat_count = 1,
                        .must_finish_by_ms = 5000,
                        .next_at_ms = 4000};
    const uint8_t hash[32] = {1};
    const struct refund_job off = {.job_id = {5, 9},
                                   .performance_id = PERFORMANCE + 5,
                                   .reason = VIEW_LIT("CANCELED"),
                                   .created_at_ms = 10};
    bool ended;
    assert_int_equal(payment_put(sql, &p, VIEW_LIT("later"), view_of(hash, 32), DEADLINE_NEVER), 0);
    pay(8, PERFORMANCE + 5, 5, false); /* one that is paid at once has its own clock */
    assert_int_equal(refund_job_put(sql, &off, DEADLINE_NEVER), 0);
    assert_int_equal(payment_get(sql, number(7), &arena, &p, DEADLINE_NEVER), 0);
    assert_true(p.must_finish_by_ms == 10 && p.next_at_ms == 10 && p.version == 2);
    struct payment other;
    assert_int_equal(payment_get(sql, number(8), &arena, &other, DEADLINE_NEVER), 0);
    assert_true(other.must_finish_by_ms == 50 && other.next_at_ms == 40 && other.version == 1);
    /* Nobody is about to pay but one, who has an account still. */
    other.state = PAYMENT_ABANDONED;
    assert_int_equal(payment_save(sql, &other, NULL, NULL, DEADLINE_NEVER), 0);
    p.state = PAYMENT_UNCLEAR;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    p.state = PAYMENT_DEPOSIT;
    p.must_finish_by_ms = 6000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(refund_job_end(sql, &off, 20, &ended, DEADLINE_NEVER), 0);
    assert_false(ended);
    assert_int_equal(payment_get(sql, number(7), &arena, &p, DEADLINE_NEVER), 0);
    assert_true(p.must_finish_by_ms == 20 && p.next_at_ms == 20);
    p.state = PAYMENT_ABANDONED;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(refund_job_end(sql, &off, 30, &ended, DEADLINE_NEVER), 0);
    assert_true(ended);
}

static int set_up(void **state)
{
    arena_init(&arena, 4u << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    return payments_migrate(sql, false, 0);
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
        cmocka_unit_test(a_preview_tells_what_would_go_back),
        cmocka_unit_test(a_job_lists_what_was_paid_and_runs_alone),
        cmocka_unit_test(an_item_is_due_at_its_time_and_its_provider),
        cmocka_unit_test(what_jobs_have_done_is_told_apart),
        cmocka_unit_test(a_job_ends_when_nothing_is_left),
        cmocka_unit_test(what_is_to_be_paid_later_is_due),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
