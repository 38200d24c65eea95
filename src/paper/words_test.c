#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "paper/address.h"
#include "paper/words.h"

static void clocks_are_right_through_centuries(void **state)
{
    static const struct {
        int64_t ms;
        int32_t offset;
        int64_t year;
        int month, day, hour, minute, weekday;
    } vectors[] = {
        {0, 0, 1970, 1, 1, 0, 0, 4},
        {-1, 0, 1969, 12, 31, 23, 59, 3},
        {INT64_C(951827696000), 0, 2000, 2, 29, 12, 34, 2},
        {INT64_C(951827696000), 690, 2000, 3, 1, 0, 4, 3},
        {INT64_C(4107542400000), 0, 2100, 3, 1, 0, 0, 1},
        {INT64_C(1798106400000), 540, 2026, 12, 24, 19, 0, 4},
        {INT64_C(1798106400000), -600, 2026, 12, 24, 0, 0, 4},
        {INT64_C(-2203891200000), 0, 1900, 3, 1, 0, 0, 4},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct paper_clock c = paper_clock_at(vectors[i].ms, vectors[i].offset);
        assert_int_equal(c.year, vectors[i].year);
        assert_int_equal(c.month, vectors[i].month);
        assert_int_equal(c.day, vectors[i].day);
        assert_int_equal(c.hour, vectors[i].hour);
        assert_int_equal(c.minute, vectors[i].minute);
        assert_int_equal(c.weekday, vectors[i].weekday);
    }
}

static void starts_read_as_people_say_them(void **state)
{
    struct paper_order order = {.starts_at_ms = INT64_C(1798106400000),
                                .utc_offset_known = true,
                                .utc_offset_minutes = 540};
    char text[PAPER_TEXT_MAX];
    paper_start(&order, text);
    assert_string_equal(text, "Thu 24 December 2026, 19:00");
    order.language = PAPER_KOREAN;
    paper_start(&order, text);
    assert_string_equal(text, "2026년 12월 24일(목) 오후 7:00");
    order.utc_offset_minutes = 0;
    order.starts_at_ms = INT64_C(1798074300000); /* 01:05 UTC */
    paper_start(&order, text);
    assert_string_equal(text, "2026년 12월 24일(목) 오전 1:05");
    order.utc_offset_known = false;
    order.language = PAPER_ENGLISH;
    paper_start(&order, text);
    assert_string_equal(text, "Thu 24 December 2026, 01:05 UTC");
}

static void amounts_have_their_currency_s_digits(void **state)
{
    static const struct {
        enum paper_language language;
        int64_t amount;
        const char *currency, *text;
    } vectors[] = {
        {PAPER_KOREAN, 165000, "KRW", "165,000원"},
        {PAPER_ENGLISH, 165000, "KRW", "165,000 KRW"},
        {PAPER_KOREAN, 165000, "EUR", "1,650.00 EUR"},
        {PAPER_ENGLISH, 5, "KWD", "0.005 KWD"},
        {PAPER_ENGLISH, -50, "USD", "-0.50 USD"},
        {PAPER_ENGLISH, -1234567, "USD", "-12,345.67 USD"},
        {PAPER_ENGLISH, 0, "JPY", "0 JPY"},
        {PAPER_ENGLISH, 1200, "QQQ", "1,200 QQQ"},
    };
    char text[PAPER_TEXT_MAX];
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        paper_amount(vectors[i].language, vectors[i].amount, view_str(vectors[i].currency), text);
        assert_string_equal(text, vectors[i].text);
    }
}

static void places_and_languages(void **state)
{
    const struct paper_ticket seat = {
        .section = VIEW_LIT("Stalls"), .row = VIEW_LIT("C"), .number = VIEW_LIT("12")};
    const struct paper_ticket standing = {.section = VIEW_LIT("Floor")};
    char text[PAPER_TEXT_MAX];
    paper_place(PAPER_ENGLISH, &seat, text);
    assert_string_equal(text, "Stalls, row C, seat 12");
    paper_place(PAPER_KOREAN, &seat, text);
    assert_string_equal(text, "Stalls, C열 12번");
    paper_place(PAPER_KOREAN, &standing, text);
    assert_string_equal(text, "Floor");
    struct paper_ticket special = seat;
    special.kind = PAPER_WHEELCHAIR;
    paper_place(PAPER_KOREAN, &special, text);
    assert_string_equal(text, "Stalls, C열 12번 (휠체어석)");
    special.kind = PAPER_RESTRICTED_VIEW;
    special.row_label = VIEW_LIT("Reihe C");
    special.seat_label = VIEW_LIT("Platz 12");
    paper_place(PAPER_ENGLISH, &special, text);
    assert_string_equal(text, "Stalls, Reihe C, Platz 12 (Restricted view)");
    special.row_label = special.seat_label = (struct view){0};
    special.kind = (enum paper_seat)99;
    paper_place(PAPER_ENGLISH, &special, text);
    assert_string_equal(text, "Stalls, row C, seat 12");
    assert_int_equal(paper_language_of(VIEW_LIT("ko")), PAPER_KOREAN);
    assert_int_equal(paper_language_of(VIEW_LIT("ko-KR")), PAPER_KOREAN);
    assert_int_equal(paper_language_of(VIEW_LIT("kok")), PAPER_ENGLISH);
    assert_int_equal(paper_language_of(VIEW_LIT("")), PAPER_ENGLISH);
}

static void addresses(void **state)
{
    static const char *const good[] = {"a@b", "kim.ha-neul+tickets@mail.example.co.kr",
                                       "o'neil@example.org", "1@2.3", "x@xn--hy1b215auvkxta.com"};
    static const char *const bad[] = {"",
                                      "a",
                                      "@b",
                                      "a@",
                                      "a b@c",
                                      ".a@b",
                                      "a.@b",
                                      "a..b@c",
                                      "a@b..c",
                                      "a@-b",
                                      "a@b-",
                                      "a@b-.c",
                                      "a@b.",
                                      "a@.b",
                                      "\"a b\"@c",
                                      "a@[127.0.0.1]",
                                      "a@b\r\nBcc: c@d",
                                      "a\n@b",
                                      "a,b@c",
                                      "<a@b>",
                                      "a@b@c",
                                      "\xea\xb9\x80@example.org"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(address_valid(view_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(address_valid(view_str(bad[i])));
    assert_false(address_valid(view_of("a\0@b", 4)));
    char local[80];
    memset(local, 'a', sizeof(local));
    memcpy(local + ADDRESS_LOCAL_MAX, "@b", 2);
    assert_true(address_valid(view_of(local, ADDRESS_LOCAL_MAX + 2)));
    memcpy(local + ADDRESS_LOCAL_MAX, "a@b", 3);
    assert_false(address_valid(view_of(local, ADDRESS_LOCAL_MAX + 3)));
    assert_true(view_eq(address_domain(VIEW_LIT("a@b.c")), VIEW_LIT("b.c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_are_right_through_centuries),
        cmocka_unit_test(starts_read_as_people_say_them),
        cmocka_unit_test(amounts_have_their_currency_s_digits),
        cmocka_unit_test(places_and_languages),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
