#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/receipts.h"
#include "store/selling.h"

static struct sql *sql;
static struct arena arena;
static const uint8_t hash[32] = {1};

static struct id number(uint64_t n)
{
    return (struct id){1, n};
}

/* A payment of 165,000 and a fee of 2,000 that has come to CAPTURED, then to DONE. */
static struct payment paid(uint64_t n, uint32_t organiser_id, int64_t terms_id)
{
    char key[8] = {(char)('a' + n)};
    struct payment p = {.payment_id = number(n),
                        .hold_id = number(100 + n),
                        .account_id = number(900),
                        .performance_id = 7,
                        .state = PAYMENT_WAITING,
                        .books.amount = 167000,
                        .fee = 2000,
                        .organiser_id = organiser_id,
                        .terms_id = terms_id,
                        .currency = VIEW_LIT("KRW"),
                        .provider = VIEW_LIT("toss"),
                        .return_path = VIEW_LIT("/pay"),
                        .seat_count = 1,
                        .version = 1};
    const struct payment_event event = {
        .at_ms = 77, .payment_id = p.payment_id, .what = "state", .text = VIEW_LIT("moved")};
    assert_int_equal(payment_put(sql, &p, view_str(key), view_of(hash, 32), DEADLINE_NEVER), 0);
    p.state = PAYMENT_CAPTURED;
    p.books.captured = p.books.amount;
    assert_int_equal(payment_save(sql, &p, &event, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0); /* looked at again */
    p.state = PAYMENT_DONE;
    p.books.sold = p.books.captured;
    p.fee_sold = p.fee;
    assert_int_equal(payment_save(sql, &p, &event, NULL, DEADLINE_NEVER), 0);
    return p;
}

/* So much goes back, fee of it from the fee; nothing is kept. */
static void give_back(struct payment *p, uint64_t n, int64_t amount, int64_t fee)
{
    struct refund r = {.refund_id = number(n),
                       .payment_id = p->payment_id,
                       .state = REFUND_PENDING,
                       .amount = amount,
                       .fee = fee,
                       .reason = VIEW_LIT("given back"),
                       .version = 1};
    const struct payment_event event = {
        .at_ms = 88, .payment_id = p->payment_id, .what = "refund", .text = VIEW_LIT("back")};
    p->state = PAYMENT_REFUNDING;
    p->books.sold -= amount;
    p->books.pending += amount;
    p->fee_sold -= fee;
    assert_int_equal(payment_save(sql, p, &event, &r, DEADLINE_NEVER), 0);
    p->state = p->books.sold > 0 ? PAYMENT_DONE : PAYMENT_REFUNDED;
    p->books.pending -= amount;
    p->books.refunded += amount;
    r.state = REFUND_DONE;
    assert_int_equal(refund_save(sql, p, &r, &event, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(payment_save(sql, p, NULL, NULL, DEADLINE_NEVER), 0);
}

static size_t receipts(struct receipt **ret_receipts, uint64_t n)
{
    size_t count;
    assert_int_equal(receipts_of(sql, number(n), &arena, ret_receipts, &count, DEADLINE_NEVER), 0);
    return count;
}

static void terms_apply_to_what_comes_after_them(void **state)
{
    struct selling_terms terms = {.organiser_id = 3,
                                  .since_ms = 1000,
                                  .seller = VIEW_LIT("극단 하나"),
                                  .fee_currency = VIEW_LIT("KRW"),
                                  .fee = {.ticket = 2000, .back = FEE_BACK_BY_RULE},
                                  .price_vat_permille = 100,
                                  .fee_vat_permille = 100};
    assert_int_equal(selling_put(sql, &terms, DEADLINE_NEVER), 0);
    terms.since_ms = 2000;
    terms.fee.ticket = 3000;
    assert_int_equal(selling_put(sql, &terms, DEADLINE_NEVER), 0);
    terms.performance_id = 7;
    terms.price_vat_permille = 0;
    assert_int_equal(selling_put(sql, &terms, DEADLINE_NEVER), 0);
    struct selling_terms found;
    assert_int_equal(selling_find(sql, 3, 8, 999, &arena, &found, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(selling_find(sql, 3, 8, 1999, &arena, &found, DEADLINE_NEVER), 0);
    assert_int_equal(found.fee.ticket, 2000);
    assert_true(view_eq(found.seller, VIEW_LIT("극단 하나")));
    assert_int_equal(selling_find(sql, 3, 8, 2000, &arena, &found, DEADLINE_NEVER), 0);
    assert_int_equal(found.fee.ticket, 3000);
    assert_int_equal(found.price_vat_permille, 100);
    assert_int_equal(selling_find(sql, 3, 7, 2000, &arena, &found, DEADLINE_NEVER), 0);
    assert_int_equal(found.price_vat_permille, 0);
    assert_int_equal(selling_find(sql, 4, 7, 2000, &arena, &found, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static void a_capture_has_one_receipt(void **state)
{
    struct receipt *r;
    paid(1, 3, 2);
    assert_int_equal(receipts(&r, 1), 1);
    assert_int_equal(r->number, 1);
    assert_int_equal(r->kind, RECEIPT_PAID);
    assert_int_equal(r->total, 167000);
    assert_int_equal(r->fee, 2000);
    assert_int_equal(r->vat, 15000 + 182);
    assert_int_equal(r->at_ms, 77);
}

static void numbers_have_no_gap(void **state)
{
    struct receipt *r;
    struct receipt_span *spans;
    size_t count;
    struct payment p = paid(2, 3, 2);
    paid(3, 4, 0); /* another organiser counts for himself */
    give_back(&p, 51, 100000, 1000);
    give_back(&p, 52, 67000, 1000);
    assert_int_equal(receipts(&r, 3), 1);
    assert_int_equal(r->number, 1);
    assert_int_equal(r->vat, 0); /* no terms, no tax told */
    assert_int_equal(receipts(&r, 2), 3);
    assert_int_equal(r[0].number, 2);
    assert_int_equal(r[1].number, 3);
    assert_int_equal(r[1].kind, RECEIPT_CREDIT);
    assert_int_equal(r[2].number, 4);
    /* All that was given back contains the tax of all that was paid, to the won. */
    assert_int_equal(r[1].vat, 9000 + 91);
    assert_int_equal(r[1].vat + r[2].vat, r[0].vat);
    assert_int_equal(receipts_spans(sql, &arena, &spans, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(spans[0].organiser_id, 3);
    assert_true(spans[0].count == 4 && spans[0].first == 1 && spans[0].last == 4);
    assert_int_equal(spans[0].counted, 4);
    assert_int_equal(receipts_list(sql, 3, 2, 10, &arena, &r, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(r[0].number, 3);
}

static void of_before_there_were_receipts_none_is_made(void **state)
{
    struct receipt *r;
    struct payment p = paid(4, 0, 0);
    give_back(&p, 54, 167000, 2000);
    assert_int_equal(receipts(&r, 4), 0);
}

static int keep_others_first(struct sql_job *job, struct sql_txn *txn)
{
    return sql_run(txn,
                   "CREATE TRIGGER first BEFORE INSERT ON receipt_counter"
                   " BEGIN SELECT RAISE(ABORT, 'another was quicker'); END",
                   NULL, 0, NULL);
}

/* Two payments need an organiser's first number at once: who is too late begins again. It must not
 * look as if somebody else had moved the payment, which would leave it to the reconciler. */
static void who_loses_the_first_number_begins_again(void **state)
{
    struct sql *plain;
    struct sql_job job = {.run = keep_others_first};
    struct payment p = {.payment_id = number(9),
                        .hold_id = number(109),
                        .account_id = number(900),
                        .performance_id = 7,
                        .state = PAYMENT_WAITING,
                        .books.amount = 1000,
                        .organiser_id = 5,
                        .currency = VIEW_LIT("KRW"),
                        .provider = VIEW_LIT("toss"),
                        .return_path = VIEW_LIT("/pay"),
                        .seat_count = 1,
                        .version = 1};
    const struct payment_event event = {
        .at_ms = 77, .payment_id = p.payment_id, .what = "state", .text = VIEW_LIT("moved")};
    assert_int_equal(sql_inline_new(&plain), 0);
    assert_int_equal(payments_migrate(plain, false, 1), 0);
    assert_int_equal(payment_put(plain, &p, VIEW_LIT("key"), view_of(hash, 32), DEADLINE_NEVER), 0);
    assert_int_equal(sql_write(plain, &job, DEADLINE_NEVER), 0);
    p.state = PAYMENT_CAPTURED;
    p.books.captured = p.books.amount;
    assert_int_equal(payment_save(plain, &p, &event, NULL, DEADLINE_NEVER), ERR_BUSY);
    assert_int_equal(p.version, 1);
    sql_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_apply_to_what_comes_after_them),
        cmocka_unit_test(a_capture_has_one_receipt),
        cmocka_unit_test(numbers_have_no_gap),
        cmocka_unit_test(of_before_there_were_receipts_none_is_made),
        cmocka_unit_test(who_loses_the_first_number_begins_again),
    };
    arena_init(&arena, 1u << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    assert_int_equal(payments_migrate(sql, false, 1), 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sql_free(sql);
    arena_release(&arena);
    return failed;
}
