#include "store/deposits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/payments.h"

static struct arena arena;
static struct sql *sql;

static const struct deposit made = {
    .payment_id = {.hi = 1, .lo = 2},
    .account = {"sealed account", 14},
    .cash = {"sealed number", 13},
    .cash_kind = DEPOSIT_CASH_CONSUMER,
    .cash_hint = {"…5678", 7},
    .forget_at_ms = 1000,
};

static struct deposit get(struct id id)
{
    struct deposit d;
    assert_int_equal(deposit_get(sql, id, &arena, &d, DEADLINE_NEVER), 0);
    return d;
}

static void the_cash_receipts_number_is_forgotten_once_the_provider_has_it(void **state)
{
    struct deposit d = get(made.payment_id);
    assert_true(view_eq(d.cash, made.cash) && view_eq(d.account, made.account));
    assert_int_equal(deposit_told(sql, made.payment_id, VIEW_LIT("88"), VIEW_LIT("X123"),
                                  VIEW_LIT("ps_1"), DEADLINE_NEVER),
                     0);
    d = get(made.payment_id);
    assert_int_equal(d.cash.len, 0);
    assert_true(view_eq(d.account, made.account) && view_eq(d.cash_hint, made.cash_hint));
    assert_true(view_eq(d.number, VIEW_LIT("X123")) && view_eq(d.secret, VIEW_LIT("ps_1")));
}

static void an_account_is_forgotten_in_time_and_once(void **state)
{
    assert_int_equal(deposits_sweep(sql, 999, DEADLINE_NEVER), 0);
    assert_int_equal(get(made.payment_id).account.len, made.account.len);
    assert_int_equal(deposit_forget(sql, made.payment_id, 500, DEADLINE_NEVER), 0);
    assert_int_equal(deposit_forget(sql, made.payment_id, 900, DEADLINE_NEVER), 0); /* no later */
    assert_int_equal(deposits_sweep(sql, 500, DEADLINE_NEVER), 0);
    assert_int_equal(get(made.payment_id).account.len, 0);
    assert_true(view_eq(get(made.payment_id).number, VIEW_LIT("X123")));
    /* Named anew for a refund that was refused: it is his to say. */
    assert_int_equal(deposit_account(sql, made.payment_id, VIEW_LIT("another"), DEADLINE_NEVER), 0);
    assert_true(view_eq(get(made.payment_id).account, VIEW_LIT("another")));
}

static void what_is_too_long_or_not_there_is_refused(void **state)
{
    char text[DEPOSIT_SEALED_MAX + 1] = {0};
    struct deposit d = made, none;
    d.payment_id.lo = 3;
    d.account = view_of(text, sizeof(text));
    assert_int_equal(deposit_put(sql, &d, DEADLINE_NEVER), ERR_INVALID);
    assert_int_equal(deposit_get(sql, d.payment_id, &arena, &none, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(deposit_put(sql, &made, DEADLINE_NEVER), ERR_CONFLICT);
}

static int set_up(void **state)
{
    arena_init(&arena, 1u << 20);
    int err = sql_faulty_new(&arena, &sql);
    if (err == 0)
        err = payments_migrate(sql, false, 1);
    return err == 0 ? deposit_put(sql, &made, DEADLINE_NEVER) : err;
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
        cmocka_unit_test(the_cash_receipts_number_is_forgotten_once_the_provider_has_it),
        cmocka_unit_test(an_account_is_forgotten_in_time_and_once),
        cmocka_unit_test(what_is_too_long_or_not_there_is_refused)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
