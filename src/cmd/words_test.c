/* What a person writes and reads: moments, money, prices, tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "cmd/event.h"
#include "cmd/when.h"
#include "err/err.h"
#include "term/money.h"
#include "term/sheet.h"

static int64_t when(const char *text)
{
    int64_t ms = -1;
    int32_t offset;
    int err = when_parse(view_str(text), 1000000, &ms, &offset);
    return err ? err : ms;
}

static void assert_clock(const char *text, int32_t expected, const char *shown)
{
    int64_t ms;
    int32_t offset;
    char back[WHEN_TEXT_MAX];
    assert_int_equal(when_parse(view_str(text), 1000000, &ms, &offset), 0);
    assert_int_equal(offset, expected);
    when_format_there(ms, offset, back);
    assert_string_equal(back, shown);
}

/* An evening show is in the evening, wherever it is looked at. */
static void clocks(void **state)
{
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    assert_clock("2026-12-24T20:00-05:00", -300, "2026-12-24 20:00 -05:00");
    assert_clock("2026-12-24T20:00+05:45", 345, "2026-12-24 20:00 +05:45");
    assert_clock("2026-12-24T20:00Z", 0, "2026-12-24 20:00 +00:00");
    assert_clock("2026-12-24T20:00", 60, "2026-12-24 20:00 CET");
    assert_clock("2026-07-24T20:00", 120, "2026-07-24 20:00 CEST");
    assert_clock("+1d", 60, "1970-01-02 01:16 CET");
}

static void moments(void **state)
{
    setenv("TZ", "Asia/Seoul", 1);
    assert_int_equal(when("+2h"), 1000000 + 7200000);
    assert_int_equal(when("+30d"), 1000000 + INT64_C(30) * 86400000);
    assert_int_equal(when("1970-01-02T00:00Z"), 86400000);
    assert_int_equal(when("2026-12-24T19:30:05Z"), INT64_C(1798140605000));
    assert_int_equal(when("2026-12-24T19:30+09:00"), when("2026-12-24T10:30Z"));
    assert_int_equal(when("2026-12-24T19:30-02:30"), when("2026-12-24T22:00Z"));
    assert_int_equal(when("2024-02-29 10:00Z"), when("2024-02-29T10:00Z"));
    static const char *const wrong[] = {
        "",
        "+",
        "+2",
        "+2w",
        "+-2h",
        "tomorrow",
        "2026-12-24",
        "2026-12-24T1930",
        "2026-02-29T10:00Z",
        "2026-04-31T10:00Z",
        "2026-13-01T10:00Z",
        "2026-12-24T24:00Z",
        "2026-12-24T10:60Z",
        "2026-12-24T10:00X",
        "2026-12-24T10:00+9",
        "2026-12-24T10:00Z ",
        "0000-01-01T00:00Z",
        "2026-12-00T00:00Z",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(when(wrong[i]), ERR_INVALID);
}

static void assert_money(int64_t amount, const char *currency, const char *expected)
{
    char text[MONEY_TEXT_MAX];
    money_format(amount, currency, text);
    assert_string_equal(text, expected);
}

static void money(void **state)
{
    assert_money(0, "KRW", "0 KRW");
    assert_money(165000, "KRW", "165,000 KRW");
    assert_money(INT64_C(1234567890), "KRW", "1,234,567,890 KRW");
    assert_money(165000, "EUR", "1,650.00 EUR");
    assert_money(-5, "EUR", "-0.05 EUR");
    assert_money(-123456, "USD", "-1,234.56 USD");
    assert_money(INT64_MIN, "KRW", "-9,223,372,036,854,775,808 KRW");
}

static const char *const categories[] = {"VIP", "R=1", "1"};
static int64_t amounts[3];
static bool given[3];
static bool some;
static char error[200];

static int read_prices(const char *list, const char *a, const char *b)
{
    struct event_prices prices = {.list = list, .some = some};
    if (a)
        prices.named[prices.named_count++] = a;
    if (b)
        prices.named[prices.named_count++] = b;
    return event_prices_read(&prices, categories, 3, amounts, given, error, sizeof(error));
}

static void prices(void **state)
{
    assert_int_equal(read_prices("500", NULL, NULL), 0);
    assert_int_equal(amounts[2], 500);
    assert_int_equal(read_prices("3,2,1", NULL, NULL), 0);
    assert_int_equal(amounts[0], 3);
    assert_int_equal(amounts[2], 1);
    assert_int_equal(read_prices("3,2,1", "R=1=70", "0=9"), 0);
    assert_int_equal(amounts[1], 70); /* by name, which has a sign of its own */
    assert_int_equal(amounts[0], 9);  /* by number */
    assert_int_equal(read_prices("7", "1=80", NULL), 0);
    assert_int_equal(amounts[2], 80); /* a name wins over a number */

    assert_int_equal(read_prices("3,2", NULL, NULL), ERR_INVALID);
    assert_non_null(strstr(error, "category 2 (1) has no price"));
    some = true;
    assert_int_equal(read_prices(NULL, "R=1=70", NULL), 0); /* the others stay */
    assert_true(given[1] && !given[0] && !given[2]);
    some = false;
    assert_int_equal(read_prices("3,2,1,0", NULL, NULL), ERR_INVALID);
    assert_non_null(strstr(error, "only 3 categories"));
    assert_int_equal(read_prices("3,,1", NULL, NULL), ERR_INVALID);
    assert_int_equal(read_prices("3,2,", NULL, NULL), ERR_INVALID);
    assert_int_equal(read_prices("-3", NULL, NULL), ERR_INVALID);
    assert_int_equal(read_prices("1000000000001", NULL, NULL), ERR_INVALID);
    assert_int_equal(read_prices(NULL, "VIP", NULL), ERR_INVALID);
    assert_int_equal(read_prices(NULL, "Balcony=3", NULL), ERR_INVALID);
    assert_non_null(strstr(error, "no such category"));
    assert_int_equal(read_prices(NULL, "3=3", NULL), ERR_INVALID);
}

static void prices_are_taken_out_of_the_words(void **state)
{
    char *argv[] = {"create", "--price", "A=1", "--hall", "2", "--price=B=2", NULL};
    char *open[] = {"create", "--price", NULL};
    struct event_prices taken = {0};
    int argc = 6;
    assert_true(event_prices_take(&taken, &argc, argv));
    assert_int_equal(argc, 3);
    assert_string_equal(argv[1], "--hall");
    assert_null(argv[3]);
    assert_int_equal(taken.named_count, 2);
    assert_string_equal(taken.named[0], "A=1");
    assert_string_equal(taken.named[1], "B=2");
    argc = 2;
    assert_false(event_prices_take(&taken, &argc, open));
}

static void sheets(void **state)
{
    struct sheet sheet;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    sheet_init(&sheet, "rlr");
    sheet_put(&sheet, "id");
    sheet_put(&sheet, "name");
    sheet_put(&sheet, "sold");
    sheet_put(&sheet, "%d", 12);
    sheet_put(&sheet, "서울");
    sheet_put(&sheet, "%d", 3);
    sheet_put(&sheet, "%d", 7);
    sheet_print(&sheet, out);
    sheet_release(&sheet);
    fclose(out);
    assert_string_equal(text, "id  name  sold\n"
                              "12  서울     3\n"
                              " 7\n");
    free(text);
    assert_int_equal(sheet_width("é한\xff"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(clocks),
        cmocka_unit_test(money),
        cmocka_unit_test(prices),
        cmocka_unit_test(prices_are_taken_out_of_the_words),
        cmocka_unit_test(sheets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
