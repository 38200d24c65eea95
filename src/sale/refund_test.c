#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "sale/refund.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)
/* 2026-11-20 20:00 in Seoul */
#define START INT64_C(1795172400000)
#define SEOUL 540

static struct refund_ask ask_of(int64_t ordered_before, int64_t now_before)
{
    return (struct refund_ask){.price = 165000,
                               .fee = 2000,
                               .unit = 1,
                               .ordered_at_ms = START - ordered_before,
                               .now_ms = START - now_before,
                               .starts_at_ms = START,
                               .utc_offset_minutes = SEOUL};
}

static int64_t kept(const char *ladder, int64_t ordered_before, int64_t now_before)
{
    struct refund_quote quote;
    const struct refund_ask ask = ask_of(ordered_before, now_before);
    refund_quote(refund_ladder_find(ladder), &ask, &quote);
    assert_int_equal(quote.kept + quote.refunded, ask.price + ask.fee);
    return quote.possible ? quote.kept : -1;
}

static void the_korean_standard(void **state)
{
    assert_int_equal(kept("kr-standard", 60 * DAY, 10 * DAY), 0);
    assert_int_equal(kept("kr-standard", 60 * DAY, 9 * DAY), 16500 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 7 * DAY), 16500 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 6 * DAY), 33000 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 3 * DAY), 33000 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 2 * DAY), 49500 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 1 * DAY), 49500 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 1 * HOUR), 148500 + 2000);
    assert_int_equal(kept("kr-standard", 60 * DAY, 0), -1);
    /* within 24 hours of the order, three days before at least */
    assert_int_equal(kept("kr-standard", 4 * DAY, 3 * DAY + HOUR), 0);
    assert_int_equal(kept("kr-standard", 2 * DAY, 2 * DAY - HOUR), 49500 + 2000);
}

static void the_sellers_habit(void **state)
{
    assert_int_equal(kept("kr-sellers", 30 * DAY, 30 * DAY - HOUR), 0); /* with the fee */
    assert_int_equal(kept("kr-sellers", 30 * DAY, 25 * DAY), 2000);
    assert_int_equal(kept("kr-sellers", 30 * DAY, 20 * DAY), 4000 + 2000);
    assert_int_equal(kept("kr-sellers", 30 * DAY, 8 * DAY), 16500 + 2000);
    /* 17:00 of the day before is three hours less than a day and three hours before 20:00 */
    assert_int_equal(kept("kr-sellers", 30 * DAY, 27 * HOUR + 1), 49500 + 2000);
    assert_int_equal(kept("kr-sellers", 30 * DAY, 27 * HOUR), -1);
}

/* Days are the hall's: at 23:30 in Seoul the day before has begun nowhere else. */
static void days_are_of_the_hall_s_calendar(void **state)
{
    assert_int_equal(kept("kr-standard", 60 * DAY, 10 * DAY - 3 * HOUR), 0);
    assert_int_equal(kept("kr-standard", 60 * DAY, 10 * DAY - 4 * HOUR), 16500 + 2000);
}

static void the_organiser_s_fault_returns_all(void **state)
{
    struct refund_quote quote;
    struct refund_ask ask = ask_of(60 * DAY, -DAY);
    ask.organisers_fault = true;
    refund_quote(refund_ladder_find("none"), &ask, &quote);
    assert_true(quote.possible);
    assert_int_equal(quote.refunded, 167000);
    assert_int_equal(quote.less_from_ms, 0);
}

static void presets_are_found(void **state)
{
    for (uint32_t i = 0; refund_ladder_at(i); i++)
        assert_ptr_equal(refund_ladder_find(refund_ladder_at(i)->name), refund_ladder_at(i));
    assert_null(refund_ladder_find("nobody's"));
}

/* As time passes a refund never grows, and it becomes less exactly when the quote said. */
static void a_refund_only_becomes_less_and_when_it_said(void **state)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 7);
    struct chance *chance = &seeded.chance;
    for (int round = 0; round < 4000; round++) {
        const struct refund_ladder *ladder = refund_ladder_at((uint32_t)chance_below(chance, 4));
        struct refund_quote now, then;
        struct refund_ask ask = ask_of((int64_t)chance_below(chance, 40 * DAY), 0);
        ask.price = 1 + (int64_t)chance_below(chance, 1000000);
        ask.fee = (int64_t)chance_below(chance, 3000);
        ask.utc_offset_minutes = (int32_t)chance_below(chance, 1440) - 720;
        ask.now_ms = ask.ordered_at_ms + (int64_t)chance_below(chance, 41 * DAY);
        refund_quote(ladder, &ask, &now);
        assert_true(now.refunded >= 0 && now.kept >= 0);
        assert_int_equal(now.refunded + now.kept, ask.price + ask.fee);
        if (now.less_from_ms == 0) {
            ask.now_ms = START + DAY;
            refund_quote(ladder, &ask, &then);
            assert_int_equal(then.kept, now.kept);
            continue;
        }
        assert_true(now.less_from_ms > ask.now_ms);
        ask.now_ms = now.less_from_ms - 1;
        refund_quote(ladder, &ask, &then);
        assert_int_equal(then.kept, now.kept);
        ask.now_ms = now.less_from_ms;
        refund_quote(ladder, &ask, &then);
        assert_true(then.kept > now.kept);
    }
}

static void a_fee_goes_back_as_the_organiser_rules(void **state)
{
    struct refund_quote quote;
    struct refund_ask ask = ask_of(60 * DAY, 9 * DAY); /* a tenth of the price is kept */
    const struct refund_ladder *ladder = refund_ladder_find("kr-standard");
    ask.fee_back = FEE_BACK_ALWAYS;
    refund_quote(ladder, &ask, &quote);
    assert_int_equal(quote.kept, 16500);
    assert_int_equal(quote.fee_refunded, 2000);
    ask.fee_back = FEE_BACK_NEVER;
    ask.now_ms = START - 20 * DAY;
    refund_quote(ladder, &ask, &quote);
    assert_int_equal(quote.kept, 2000);
    assert_int_equal(quote.fee_refunded, 0);
    ask.organisers_fault = true; /* then nobody keeps anything */
    refund_quote(ladder, &ask, &quote);
    assert_int_equal(quote.kept, 0);
    assert_int_equal(quote.fee_refunded, 2000);
}

static void the_orders_fee_goes_with_its_last_ticket(void **state)
{
    const struct fee_rule rule = {.ticket = 1000, .order = 500, .back = FEE_BACK_ALWAYS};
    const struct refund_ask at = ask_of(60 * DAY, 9 * DAY);
    const int64_t prices[] = {100000, 50000};
    struct refund_quote first, last, both;
    const struct refund_ladder *ladder = refund_ladder_find("kr-standard");
    refund_quote_tickets(ladder, &at, &rule, prices, 1, false, &first);
    refund_quote_tickets(ladder, &at, &rule, prices + 1, 1, true, &last);
    refund_quote_tickets(ladder, &at, &rule, prices, 2, true, &both);
    assert_int_equal(first.refunded, 90000 + 1000);
    assert_int_equal(last.refunded, 45000 + 1000 + 500);
    assert_int_equal(both.refunded, first.refunded + last.refunded);
    assert_int_equal(both.kept, first.kept + last.kept);
    assert_int_equal(both.fee_refunded, 2500);
    assert_int_equal(both.refunded + both.kept, 150000 + fee_of_order(&rule, prices, 2));
    refund_quote_tickets(ladder, &at, &rule, prices, 0, false, &both);
    assert_false(both.possible); /* of nothing */
}

/* Of several tickets all can go back or none, and the soonest change is told. */
static void tickets_that_are_too_late_go_back_not_at_all(void **state)
{
    const struct fee_rule rule = {.back = FEE_BACK_NEVER};
    const int64_t prices[] = {100000, 50000};
    struct refund_quote both;
    const struct refund_ask late = ask_of(60 * DAY, -DAY); /* it has begun */
    refund_quote_tickets(refund_ladder_find("kr-standard"), &late, &rule, prices, 2, true, &both);
    assert_false(both.possible);
    assert_int_equal(both.less_from_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_korean_standard),
        cmocka_unit_test(the_sellers_habit),
        cmocka_unit_test(days_are_of_the_hall_s_calendar),
        cmocka_unit_test(the_organiser_s_fault_returns_all),
        cmocka_unit_test(presets_are_found),
        cmocka_unit_test(a_refund_only_becomes_less_and_when_it_said),
        cmocka_unit_test(a_fee_goes_back_as_the_organiser_rules),
        cmocka_unit_test(the_orders_fee_goes_with_its_last_ticket),
        cmocka_unit_test(tickets_that_are_too_late_go_back_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
