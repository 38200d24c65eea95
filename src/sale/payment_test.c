#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "sale/payment.h"

static void every_state_has_a_word_of_its_own(void **state)
{
    assert_null(payment_state_word(0));
    assert_null(payment_state_word(PAYMENT_STATES + 1));
    for (uint32_t s = 1; s <= PAYMENT_STATES; s++) {
        assert_non_null(payment_state_word(s));
        for (uint32_t t = 1; t < s; t++)
            assert_string_not_equal(payment_state_word(s), payment_state_word(t));
    }
}

static void which_moves_are_legal(void **state)
{
    assert_true(payment_may(PAYMENT_WAITING, PAYMENT_UNCLEAR));
    assert_true(payment_may(PAYMENT_WAITING, PAYMENT_CONFIRMING));
    assert_true(payment_may(PAYMENT_CONFIRMING, PAYMENT_UNCLEAR));
    assert_true(payment_may(PAYMENT_UNCLEAR, PAYMENT_CONFIRMING)); /* asked once more, same key */
    assert_true(payment_may(PAYMENT_UNCLEAR, PAYMENT_CAPTURED));
    assert_true(payment_may(PAYMENT_CAPTURED, PAYMENT_DONE));
    assert_true(payment_may(PAYMENT_CONFIRMING, PAYMENT_DEPOSIT));
    assert_true(payment_may(PAYMENT_DEPOSIT, PAYMENT_CAPTURED));
    assert_false(payment_may(PAYMENT_DEPOSIT, PAYMENT_DONE));
    assert_false(payment_may(PAYMENT_WAITING, PAYMENT_DEPOSIT)); /* asked for first, in writing */
    assert_true(payment_may(PAYMENT_CAPTURED, PAYMENT_REFUNDING));
    assert_true(payment_may(PAYMENT_ABANDONED, PAYMENT_CAPTURED)); /* money is money */
    assert_false(payment_may(PAYMENT_WAITING, PAYMENT_DONE));
    assert_false(payment_may(PAYMENT_UNCLEAR, PAYMENT_DONE));
    assert_false(payment_may(PAYMENT_DONE, PAYMENT_DECLINED));
    assert_false(payment_may(PAYMENT_CAPTURED, PAYMENT_ABANDONED));
    assert_true(payment_may(PAYMENT_UNCLEAR, PAYMENT_WAITING)); /* the buyer has not decided */
    for (uint32_t s = 0; s <= PAYMENT_STATES + 1; s++) {
        assert_false(payment_may(s, s));
        assert_false(payment_may(PAYMENT_REFUNDED, s));
        assert_false(payment_may(s, 0));
        assert_false(payment_may(s, PAYMENT_STATES + 1));
        assert_false(payment_may(PAYMENT_STATES + 1, s));
    }
}

/* No walk of legal moves forgets money: once captured, an attempt never becomes dead, and it ends
 * sold or refunded. */
static void captured_money_is_never_forgotten(void **state)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 1);
    for (int walk = 0; walk < 2000; walk++) {
        uint32_t at = PAYMENT_WAITING;
        bool captured = false;
        for (int step = 0; step < 40; step++) {
            const uint32_t to = 1 + (uint32_t)chance_below(&seeded.chance, PAYMENT_STATES);
            if (!payment_may(at, to))
                continue;
            at = to;
            captured |= at == PAYMENT_CAPTURED;
            if (captured)
                assert_false(payment_is_dead(at));
            else
                assert_true(at <= PAYMENT_UNCLEAR || at == PAYMENT_DEPOSIT || payment_is_dead(at));
        }
    }
}

static bool hold(uint32_t state, int64_t captured, int64_t sold, int64_t kept, int64_t refunded,
                 int64_t pending)
{
    return payment_books_hold(
        state, &(struct payment_books){100, captured, sold, kept, refunded, pending});
}

static void the_books_of_each_state(void **state)
{
    assert_true(hold(PAYMENT_WAITING, 0, 0, 0, 0, 0));
    assert_false(hold(PAYMENT_WAITING, 100, 0, 0, 0, 0));
    assert_false(hold(PAYMENT_DECLINED, 100, 100, 0, 0, 0));
    assert_true(hold(PAYMENT_CAPTURED, 100, 0, 0, 0, 0));
    assert_false(hold(PAYMENT_CAPTURED, 0, 0, 0, 0, 0));
    assert_false(hold(PAYMENT_CAPTURED, 99, 0, 0, 0, 0));
    assert_true(hold(PAYMENT_DONE, 100, 100, 0, 0, 0));
    assert_true(hold(PAYMENT_DONE, 100, 50, 10, 40, 0));
    assert_false(hold(PAYMENT_DONE, 100, 50, 10, 30, 10));
    assert_false(hold(PAYMENT_DONE, 100, 0, 0, 100, 0));
    assert_true(hold(PAYMENT_REFUNDING, 100, 50, 10, 30, 10));
    assert_false(hold(PAYMENT_REFUNDING, 100, 50, 10, 40, 0));
    assert_false(hold(PAYMENT_REFUNDING, 100, 50, 10, 40, 10)); /* more than there is */
    assert_true(hold(PAYMENT_REFUNDED, 100, 0, 10, 90, 0));
    assert_false(hold(PAYMENT_REFUNDED, 100, 10, 0, 90, 0));
    assert_false(hold(PAYMENT_DONE, 100, 101, 0, 0, -1));
    assert_false(hold(0, 0, 0, 0, 0, 0));
    assert_false(hold(PAYMENT_ABANDONED, 0, 1, 0, 0, 0));
    assert_false(hold(PAYMENT_CAPTURED, 100, 0, 0, 0, 1));
    assert_false(hold(PAYMENT_DONE, 99, 99, 0, 0, 0));
    assert_false(hold(PAYMENT_REFUNDING, 99, 0, 0, 0, 99));
    assert_false(hold(PAYMENT_REFUNDED, 99, 0, 0, 99, 0));
    assert_false(hold(PAYMENT_REFUNDED, 100, 0, 0, 99, 0));
    assert_false(hold(PAYMENT_REFUNDED, 100, 0, 0, 100, 1));
    assert_false(hold(99, 0, 0, 0, 0, 0)); /* no state */
    assert_false(hold(PAYMENT_DONE, 100, -1, 101, 0, 0));
}

static void what_is_still_to_be_done_is_open(void **state)
{
    static const uint32_t open[] = {PAYMENT_WAITING, PAYMENT_CONFIRMING, PAYMENT_UNCLEAR,
                                    PAYMENT_DEPOSIT, PAYMENT_CAPTURED,   PAYMENT_REFUNDING};
    static const uint32_t over[] = {PAYMENT_DECLINED, PAYMENT_ABANDONED, PAYMENT_DONE,
                                    PAYMENT_REFUNDED};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        assert_true(payment_is_open(open[i]));
    for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++)
        assert_false(payment_is_open(over[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_a_word_of_its_own),
        cmocka_unit_test(which_moves_are_legal),
        cmocka_unit_test(captured_money_is_never_forgotten),
        cmocka_unit_test(the_books_of_each_state),
        cmocka_unit_test(what_is_still_to_be_done_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
