/* The parts a verdict rests on: wishes as words, order statistics, overlapping claims, escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/stampede/claims.h"
#include "cmd/stampede/markup.h"
#include "cmd/stampede/percentiles.h"
#include "cmd/stampede/wish.h"
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
    struct markup m;
    markup_init(&m, 4096);
    markup_text(&m, "<b a=\"1\">&</b>");
    assert_true(view_eq(buf_view(&m.out), VIEW_LIT("&lt;b a=&quot;1&quot;&gt;&amp;&lt;/b&gt;")));
    markup_release(&m);
    markup_init(&m, 4096);
    json_open(&m, NULL, '{');
    json_text(&m, "name", "a\"b\\c\n");
    json_int(&m, "n", -3);
    json_bool(&m, "yes", true);
    json_close(&m, '}');
    const struct view out = buf_view(&m.out);
    char text[200];
    snprintf(text, sizeof(text), "%.*s", VIEW_ARG(out));
    assert_non_null(strstr(text, "\"a\\\"b\\\\c\\n\""));
    assert_non_null(strstr(text, "-3"));
    assert_non_null(strstr(text, "true"));
    markup_release(&m);
    markup_init(&m, 4);
    markup_text(&m, "longer than four");
    assert_true(m.cut);
    assert_int_equal(markup_write(&m, "-"), ERR_FULL);
    markup_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_read_to_the_letter),
        cmocka_unit_test(percentiles_are_values_that_were_measured),
        cmocka_unit_test(claims_of_one_seat_must_not_overlap),
        cmocka_unit_test(text_from_elsewhere_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
