#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "err/err.h"
#include "sale/refund_rule.h"

static void assert_same(const struct refund_ladder *a, const struct refund_ladder *b)
{
    assert_int_equal(a->step_count, b->step_count);
    for (uint32_t i = 0; i < a->step_count; i++) {
        assert_int_equal(a->steps[i].days_before, b->steps[i].days_before);
        assert_int_equal(a->steps[i].kept_permille, b->steps[i].kept_permille);
        assert_int_equal(a->steps[i].kept_flat, b->steps[i].kept_flat);
    }
    assert_int_equal(a->free_hours, b->free_hours);
    assert_int_equal(a->free_days_before, b->free_days_before);
    assert_int_equal(a->fee_on_order_day, b->fee_on_order_day);
    assert_int_equal(a->cut_off, b->cut_off);
    assert_int_equal(a->cut_off_minute, b->cut_off_minute);
}

static struct refund_ladder read(const char *text)
{
    struct refund_ladder ladder;
    const char *why = NULL;
    assert_int_equal(refund_rule_read(view_str(text), &ladder, &why), 0);
    return ladder;
}

static void presets_are_lines(void **state)
{
    static const char *const lines[][2] = {
        {"kr-standard", "10d 0%, 7d 10%, 3d 20%, 1d 30%, 0d 90%, free 24h 3d"},
        {"kr-sellers", "10d 10% max 4000, 7d 10%, 3d 20%, 1d 30%, 0d 100%, free 168h 10d,"
                       " fee order-day, cut-off 17:00"},
        {"all", "0d 0%"},
        {"none", "0d 100%"}};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[REFUND_RULE_MAX + 1];
        const struct refund_ladder named = read(lines[i][0]), written = read(lines[i][1]);
        assert_same(&named, refund_ladder_find(lines[i][0]));
        assert_same(&named, &written);
        refund_rule_write(&named, text);
        assert_string_equal(text, lines[i][1]);
    }
}

static void any_ladder_is_read_back(void **state)
{
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    chance_seed(&seeded, 7);
    for (int round = 0; round < 5000; round++) {
        struct refund_ladder ladder = {.name = "written"}, back;
        char text[REFUND_RULE_MAX + 1];
        const char *why = NULL;
        uint32_t days = 40 + (uint32_t)chance_below(chance, 300), kept = 0;
        ladder.step_count = 1 + (uint32_t)chance_below(chance, REFUND_STEPS_MAX);
        for (uint32_t i = 0; i < ladder.step_count; i++) {
            kept += (uint32_t)chance_below(chance, 1001 - kept);
            ladder.steps[i] = (struct refund_step){
                i + 1 == ladder.step_count ? 0 : days, kept,
                chance_below(chance, 3) == 0 ? 1 + (int64_t)chance_below(chance, 99999) : 0};
            days -= 1 + (uint32_t)chance_below(chance, 4);
        }
        if (chance_below(chance, 2) == 0) {
            ladder.free_hours = 1 + (uint32_t)chance_below(chance, REFUND_HOURS_MAX);
            ladder.free_days_before = (uint32_t)chance_below(chance, REFUND_DAYS_MAX + 1);
        }
        ladder.fee_on_order_day = chance_below(chance, 2) == 0;
        ladder.cut_off = chance_below(chance, 2) == 0;
        if (ladder.cut_off)
            ladder.cut_off_minute = (uint32_t)chance_below(chance, 24 * 60);
        refund_rule_write(&ladder, text);
        assert_int_equal(refund_rule_read(view_str(text), &back, &why), 0);
        assert_same(&ladder, &back);
    }
}

static void what_is_no_rule(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        ",",
        "10d",
        "10d 10",
        "10 10%",
        "0d 100.5%",
        "0d 101%",
        "0d 10.55%",
        "0d -1%",
        "7d 10%",
        "3d 10%, 7d 20%, 0d 90%",
        "3d 10%, 3d 20%, 0d 90%",
        "3d 20%, 0d 10%",
        "0d 10% 5",
        "0d 10% max",
        "0d 10% max 0",
        "0d 10% max 100000001",
        "0d 10% max 5 5",
        "367d 0%, 0d 10%",
        "0d 0%, free",
        "0d 0%, free 24h",
        "0d 0%, free 0h 1d",
        "0d 0%, free 1h 1d, free 2h 2d",
        "0d 0%, free 9000h 1d",
        "0d 0%, fee",
        "0d 0%, fee always",
        "0d 0%, cut-off",
        "0d 0%, cut-off 24:00",
        "0d 0%, cut-off 12:60",
        "0d 0%, cut-off 1700",
        "9d 0%, 8d 0%, 7d 0%, 6d 0%, 5d 0%, 4d 0%, 3d 0%, 2d 0%, 0d 0%",
        "0d 0%,, ",
        "kr-standard ",
        "kr-other",
        "0d 0% \n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct refund_ladder ladder;
        const char *why = NULL;
        if (refund_rule_read(view_str(wrong[i]), &ladder, &why) != ERR_INVALID)
            fail_msg("\"%s\" was read", wrong[i]);
        assert_non_null(why);
    }
    char longer[REFUND_RULE_MAX + 20];
    struct refund_ladder ladder;
    const char *why = NULL;
    memset(longer, ' ', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    memcpy(longer, "0d 0%", 5);
    assert_int_equal(refund_rule_read(view_str(longer), &ladder, &why), ERR_INVALID);
}

/* Twelve and a half per cent is whole thousandths, and a flat part caps it. */
static void what_it_keeps(void **state)
{
    const struct refund_ladder ladder = read("5d 12.5% max 2000,0d 50%");
    struct refund_quote quote;
    struct refund_ask ask = {.price = 10000, .unit = 1, .starts_at_ms = 20 * INT64_C(86400000)};
    ask.now_ms = ask.starts_at_ms - 10 * INT64_C(86400000);
    refund_quote(&ladder, &ask, &quote);
    assert_int_equal(quote.kept, 1250);
    ask.price = 100000;
    refund_quote(&ladder, &ask, &quote);
    assert_int_equal(quote.kept, 2000);
    ask.now_ms = ask.starts_at_ms - INT64_C(86400000);
    refund_quote(&ladder, &ask, &quote);
    assert_int_equal(quote.kept, 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_lines),
        cmocka_unit_test(any_ladder_is_read_back),
        cmocka_unit_test(what_is_no_rule),
        cmocka_unit_test(what_it_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
