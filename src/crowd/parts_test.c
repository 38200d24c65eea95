/* The parts a verdict rests on: wishes as words, order statistics, overlapping claims, escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crowd/claims.h"
#include "crowd/figures.h"
#include "crowd/heat.h"
#include "crowd/percentiles.h"
#include "crowd/report.h"
#include "crowd/wish.h"
#include "err/err.h"

static void wishes_are_read_to_the_letter(void **state)
{
    struct wish_seats seats;
    struct wish_party party;
    assert_int_equal(wish_seats_parse(VIEW_LIT("best"), &seats), 0);
    assert_int_equal(seats.kind, WISH_BEST);
    assert_int_equal(wish_seats_parse(VIEW_LIT("random"), &seats), 0);
    assert_int_equal(seats.kind, WISH_RANDOM);
    assert_int_equal(wish_seats_parse(VIEW_LIT("hot:10"), &seats), 0);
    assert_int_equal(seats.kind, WISH_HOT);
    assert_int_equal(seats.hot, 10);
    static const char *const wrong[] = {"",       "hot",    "hot:", "hot:0",
                                        "hot:-1", "hot:1x", "Best", "best "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(wish_seats_parse(view_str(wrong[i]), &seats), ERR_INVALID);
    assert_int_equal(wish_party_parse(VIEW_LIT("2"), &party), 0);
    assert_true(party.min == 2 && party.max == 2);
    assert_int_equal(wish_party_parse(VIEW_LIT("1-4"), &party), 0);
    assert_true(party.min == 1 && party.max == 4);
    static const char *const parties[] = {"", "0", "9", "4-1", "1-9", "1-", "-4", "a"};
    for (size_t i = 0; i < sizeof(parties) / sizeof(parties[0]); i++)
        assert_int_equal(wish_party_parse(view_str(parties[i]), &party), ERR_INVALID);
}

static uint32_t busiest(enum wish_shape shape, uint32_t people, int64_t within_ns)
{
    struct chance_seeded seeded;
    uint32_t seconds[61] = {0}, most = 0;
    int64_t before_ns = 0;
    chance_seed(&seeded, 7);
    for (uint32_t i = 0; i < people; i++) {
        const int64_t at_ns = wish_arrival(i, people, within_ns, shape, &seeded.chance);
        assert_true(at_ns >= before_ns && at_ns <= within_ns);
        before_ns = at_ns;
        seconds[at_ns / 1000000000]++;
    }
    for (int i = 0; i < 61; i++)
        most = seconds[i] > most ? seconds[i] : most;
    return most;
}

static void a_crowd_comes_in_its_shape(void **state)
{
    uint32_t people;
    int64_t within_ns;
    assert_false(wish_recorded(wish_shape_named("uniform"), &people, &within_ns));
    assert_in_range(busiest(WISH_UNIFORM, 1000, INT64_C(10000000000)), 95, 105);
    assert_in_range(busiest(WISH_SPIKE, 1000, INT64_C(10000000000)), 440, 490);
    assert_true(wish_recorded(wish_shape_named("emf2026"), &people, &within_ns));
    assert_int_equal(people, 970);
    assert_in_range(busiest(WISH_EMF2026, people, within_ns), 126, 138);
    assert_true(wish_recorded(wish_shape_named("interpark2023"), &people, &within_ns));
    assert_int_equal(people, 3700000);
    assert_int_equal(within_ns / 1000000000, 60);
}

static void percentiles_are_values_that_were_measured(void **state)
{
    int64_t values[1000];
    struct percentiles p;
    for (int i = 0; i < 1000; i++)
        values[i] = 1000 - i; /* 1 … 1000, the wrong way round */
    percentiles_of(values, 1000, &p);
    assert_int_equal(p.count, 1000);
    assert_int_equal(p.min, 1);
    assert_int_equal(p.p50, 500);
    assert_int_equal(p.p90, 900);
    assert_int_equal(p.p99, 990);
    assert_int_equal(p.p999, 999);
    assert_int_equal(p.max, 1000);
    percentiles_of(values, 0, &p);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.max, 0);
    double runs[] = {3, 1, 2};
    assert_true(median_of(runs, 3) == 2);
    assert_true(runs[0] == 1 && runs[2] == 3);
}

static size_t conflicts_of(const struct claim *claims, size_t count)
{
    struct claim sorted[4];
    struct claims_conflict first[1];
    size_t conflicts = 99;
    memcpy(sorted, claims, count * sizeof(*claims));
    assert_int_equal(claims_check(sorted, count, first, 1, &conflicts), 0);
    return conflicts;
}

static void claims_of_one_seat_must_not_overlap(void **state)
{
    const struct claim in_turn[] = {
        {.seat = 1, .person = 1, .from_version = 1, .to_version = 4, .until_ms = CLAIM_FOREVER_MS},
        {.seat = 1, .person = 2, .from_version = 5, .to_version = 6, .until_ms = CLAIM_FOREVER_MS},
        {.seat = 2,
         .person = 3,
         .from_version = 2,
         .to_version = CLAIM_OPEN_VERSION,
         .until_ms = CLAIM_FOREVER_MS}};
    assert_int_equal(conflicts_of(in_turn, 3), 0);
    const struct claim overlapping[] = {
        {.seat = 1, .person = 2, .from_version = 3, .to_version = 9, .until_ms = CLAIM_FOREVER_MS},
        {.seat = 1, .person = 1, .from_version = 1, .to_version = 4, .until_ms = CLAIM_FOREVER_MS}};
    assert_int_equal(conflicts_of(overlapping, 2), 1);
    const struct claim sold_twice[] = {{.seat = 7,
                                        .person = 1,
                                        .from_version = 1,
                                        .acked_ms = 1,
                                        .to_version = CLAIM_OPEN_VERSION,
                                        .until_ms = CLAIM_FOREVER_MS},
                                       {.seat = 7,
                                        .person = 2,
                                        .from_version = 8,
                                        .acked_ms = 99,
                                        .to_version = CLAIM_OPEN_VERSION,
                                        .until_ms = CLAIM_FOREVER_MS}};
    assert_int_equal(conflicts_of(sold_twice, 2), 1);
    /* Left to expire: it conflicts only with what was acknowledged before its end. */
    struct claim left[] = {{.seat = 3,
                            .person = 1,
                            .from_version = 1,
                            .acked_ms = 10,
                            .to_version = CLAIM_OPEN_VERSION,
                            .until_ms = 50},
                           {.seat = 3,
                            .person = 2,
                            .from_version = 2,
                            .acked_ms = 60,
                            .to_version = CLAIM_OPEN_VERSION,
                            .until_ms = CLAIM_FOREVER_MS}};
    assert_int_equal(conflicts_of(left, 2), 0);
    left[1].acked_ms = 40;
    assert_int_equal(conflicts_of(left, 2), 1);
}

static void text_from_elsewhere_is_escaped(void **state)
{
    struct figures m;
    figures_init(&m, 4096);
    put_open(&m, NULL, '{');
    put_text(&m, "name", "a\"b\\c\n");
    put_int(&m, "n", -3);
    put_bool(&m, "yes", true);
    put_close(&m, '}');
    const struct view out = buf_view(&m.out);
    char text[200];
    snprintf(text, sizeof(text), "%.*s", VIEW_ARG(out));
    assert_non_null(strstr(text, "\"a\\\"b\\\\c\\n\""));
    assert_non_null(strstr(text, "-3"));
    assert_non_null(strstr(text, "true"));
    figures_release(&m);
    figures_init(&m, 4);
    put_text(&m, NULL, "longer than four");
    assert_true(m.cut);
    assert_int_equal(figures_write(&m, STDOUT_FILENO), ERR_FULL);
    assert_int_equal(figures_write_within(&m, VIEW_LIT("a"), VIEW_LIT("b"), STDOUT_FILENO),
                     ERR_FULL);
    figures_release(&m);
}

static void figures_within_a_page_cannot_end_it(void **state)
{
    static const char page[] = "<p>[\"\\u003c/script\\u003e\\u0026\",7]</p>";
    FILE *file = tmpfile();
    struct figures m;
    char text[200] = "";
    assert_non_null(file);
    fputs("an older report, which was longer than what is written now, and which is gone", file);
    fflush(file);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    figures_init(&m, 4096);
    put_open(&m, NULL, '[');
    put_text(&m, NULL, "</script>&");
    put_item(&m, 7);
    put_close(&m, ']');
    assert_int_equal(figures_write_within(&m, VIEW_LIT("<p>"), VIEW_LIT("</p>"), fileno(file)), 0);
    figures_release(&m);
    assert_int_equal(pread(fileno(file), text, sizeof(text) - 1, 0), sizeof(page) - 1);
    assert_string_equal(text, page);
    fclose(file);
}

static void cells_of_heat_hold_what_falls_in_them(void **state)
{
    struct heat *heat = test_calloc(1, sizeof(*heat));
    heat_add(heat, HEAT_HELD, 0, 1000, 1); /* shorter than all rows */
    heat_add(heat, HEAT_HELD, 1000, 1000, INT64_MAX);
    assert_int_equal(heat->cells[HEAT_HELD][0][0], 1);
    assert_int_equal(heat->cells[HEAT_HELD][HEAT_COLUMNS - 1][HEAT_ROWS - 1], 1);
    for (int row = 0; row < HEAT_ROWS; row++) {
        const double middle_ns = (heat_edge_ns(row) + heat_edge_ns(row + 1)) / 2;
        heat_add(heat, HEAT_ORDERED, 500, 1000, (int64_t)middle_ns);
        assert_int_equal(heat->cells[HEAT_ORDERED][HEAT_COLUMNS / 2][row], 1);
    }
    test_free(heat);
}

/* ---- the verdict ---- */

static void judged(const struct crowd *crowd, struct report_verdict ret[REPORT_VERDICTS])
{
    report_verdicts(crowd, ret);
    assert_int_equal(crowd_proved(crowd), ret[0].ok && ret[1].ok && ret[2].ok);
}

static void a_verdict_is_true_where_all_was_proved(void **state)
{
    struct report_verdict v[REPORT_VERDICTS];
    struct crowd crowd = {.options.users = 1000,
                          .outcomes = {[CROWD_ORDERED] = 10, [CROWD_TAKEN] = 990},
                          .held_count = 10,
                          .order_wishes = 10,
                          .claim_count = 10,
                          .orders_there = 10};
    judged(&crowd, v);
    assert_true(crowd_proved(&crowd));
    assert_false(v[0].empty || v[1].empty || v[2].empty);
    assert_string_equal(v[0].found, "1,000 of 1,000");
    /* A second look that finds one gone, or one that nobody could tell about. */
    crowd.orders_there = 9;
    crowd.orders_lost = 1;
    judged(&crowd, v);
    assert_false(v[2].ok);
    crowd.orders_lost = 0;
    judged(&crowd, v);
    assert_false(v[2].ok);
    assert_non_null(strstr(v[2].found, "1 could not be verified: the server did not answer"));
    crowd.orders_there = 10;
    crowd.conflict_count = 1;
    judged(&crowd, v);
    assert_false(v[1].ok);
}

static void what_is_no_answer_makes_it_false(void **state)
{
    static const struct {
        enum crowd_outcome outcome;
        const char *says;
    } silent[] = {{CROWD_UNSENT, "999 of 1,000; 1 not sent any more"},
                  {CROWD_UNANSWERED, "999 of 1,000; 1 without an answer in time"},
                  {CROWD_ERROR, "999 of 1,000; 1 with nothing but errors"}};
    struct report_verdict v[REPORT_VERDICTS];
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        struct crowd crowd = {.options.users = 1000, .outcomes = {[CROWD_TAKEN] = 999}};
        assert_false(crowd_answered(silent[i].outcome));
        crowd.outcomes[silent[i].outcome] = 1;
        judged(&crowd, v);
        assert_false(v[0].ok);
        assert_string_equal(v[0].found, silent[i].says);
    }
}

static void nothing_tried_is_nothing_proved(void **state)
{
    struct report_verdict v[REPORT_VERDICTS];
    struct crowd crowd = {.options.users = 7, .outcomes = {[CROWD_REFUSED] = 7}};
    crowd.reasons[1] = (struct crowd_reason){.name = "SALE_NOT_OPEN", .count = 7};
    crowd.reason_count = 2;
    judged(&crowd, v);
    assert_true(v[0].ok);
    assert_non_null(strstr(v[0].found, "7 of them by another refusal"));
    assert_false(v[1].ok);
    assert_non_null(strstr(v[1].found, "nothing was tried"));
    assert_non_null(strstr(v[1].found, "SALE_NOT_OPEN"));
    /* Sold out before: that was tried, and answered. */
    crowd = (struct crowd){.options.users = 7, .outcomes = {[CROWD_TAKEN] = 7}};
    judged(&crowd, v);
    assert_true(crowd_proved(&crowd));
    assert_true(v[1].empty && v[2].empty);
    /* Nobody wanted to order, or everybody did and could not. */
    crowd = (struct crowd){
        .options.users = 7, .outcomes = {[CROWD_HELD] = 7}, .held_count = 7, .claim_count = 7};
    judged(&crowd, v);
    assert_true(crowd_proved(&crowd));
    assert_true(!v[1].empty && v[2].empty);
    crowd.order_wishes = 7;
    judged(&crowd, v);
    assert_false(v[2].ok);
    assert_false(v[2].empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_read_to_the_letter),
        cmocka_unit_test(a_crowd_comes_in_its_shape),
        cmocka_unit_test(cells_of_heat_hold_what_falls_in_them),
        cmocka_unit_test(figures_within_a_page_cannot_end_it),
        cmocka_unit_test(percentiles_are_values_that_were_measured),
        cmocka_unit_test(claims_of_one_seat_must_not_overlap),
        cmocka_unit_test(text_from_elsewhere_is_escaped),
        cmocka_unit_test(a_verdict_is_true_where_all_was_proved),
        cmocka_unit_test(what_is_no_answer_makes_it_false),
        cmocka_unit_test(nothing_tried_is_nothing_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
