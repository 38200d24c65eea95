#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/gateway/head.h"

static Usher__V1__Hall hall = USHER__V1__HALL__INIT;
static Usher__V1__Counts counts = USHER__V1__COUNTS__INIT;
static Usher__V1__Price cheap = USHER__V1__PRICE__INIT, dear = USHER__V1__PRICE__INIT;
static Usher__V1__Price *prices[] = {&dear, &cheap};
static Usher__V1__Performance first = USHER__V1__PERFORMANCE__INIT;
static Usher__V1__Performance second = USHER__V1__PERFORMANCE__INIT;
static Usher__V1__Performance *performances[] = {&first, &second};
static Usher__V1__Event event = USHER__V1__EVENT__INIT;
static char text[HEAD_MAX];

static int setup(void **state)
{
    hall.name = "Hall & \"Sons\"";
    counts.free = 3;
    cheap.amount = 1250;
    dear.amount = 9905;
    first.performance_id = 7;
    first.starts_at_ms = 1798106400000; /* 2026-12-24T10:00:00Z */
    first.utc_offset_choice_case = USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
    first.utc_offset_minutes = 540;
    first.hall = &hall;
    first.currency = "EUR";
    first.currency_digits = 2;
    first.n_prices = 2;
    first.prices = prices;
    first.counts = &counts;
    second = first;
    second.performance_id = 8;
    event.event_id = 4;
    event.name = "A </script><b onx='1'>& \"B\"";
    event.description = "Says 'yes' <now>\n& then";
    event.poster = "https://example.org/p.jpg";
    event.n_performances = 2;
    event.performances = performances;
    return 0;
}

static int wrote(const struct head_site *site, const struct head_facts *facts, size_t max)
{
    struct buf out;
    buf_init(&out, max);
    int err = head_write(&out, site, facts);
    const struct view v = buf_view(&out);
    memcpy(text, v.at ? v.at : "", v.len);
    text[v.len] = '\0';
    buf_release(&out);
    return err;
}

static unsigned times(const char *what)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

static void the_site_says_what_it_is(void **state)
{
    const struct head_site site = {.public_url = "https://t.example.org",
                                   .terms_url = "https://example.org/terms?a=1&b=2",
                                   .help_url = "mailto:help@example.org",
                                   .seller = "Seats <Ltd>",
                                   .test_money = true};
    const struct head_facts facts = {.path = VIEW_LIT("/")};
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_non_null(strstr(text, "<title>Usher</title>"));
    assert_non_null(strstr(text, "<link rel=\"canonical\" href=\"https://t.example.org/\" />"));
    assert_non_null(
        strstr(text, "rel=\"terms-of-service\" href=\"https://example.org/terms?a=1&amp;b=2\""));
    assert_null(strstr(text, "privacy-policy"));
    assert_non_null(strstr(text, "<link rel=\"help\" href=\"mailto:help@example.org\" />"));
    assert_non_null(strstr(text, "<meta name=\"test-money\""));
    assert_non_null(strstr(text, "<meta name=\"seller\" content=\"Seats &lt;Ltd&gt;\" />"));
    assert_null(strstr(text, "noindex"));
    assert_null(strstr(text, "<script"));
}

static void what_is_private_is_in_no_index(void **state)
{
    const struct head_site site = {.public_url = "https://t.example.org"};
    const struct head_facts facts = {.path = VIEW_LIT("/orders/1"), .is_private = true};
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_non_null(strstr(text, "<meta name=\"robots\" content=\"noindex\" />"));
    assert_null(strstr(text, "canonical"));
    assert_null(strstr(text, "og:url"));
}

static void an_event_cannot_leave_its_place(void **state)
{
    const struct head_site site = {0};
    const struct head_facts facts = {.path = VIEW_LIT("/e/4"), .event = &event};
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_non_null(strstr(
        text,
        "<title>A &lt;/script&gt;&lt;b onx=&#39;1&#39;&gt;&amp; &quot;B&quot; · Usher</title>"));
    assert_non_null(
        strstr(text, "name=\"description\" content=\"Says &#39;yes&#39; &lt;now&gt; &amp; then\""));
    assert_int_equal(times("</script>"), 1); /* its own end */
    assert_non_null(strstr(
        text, "\"name\":\"A \\u003c/script\\u003e\\u003cb onx='1'\\u003e\\u0026 \\\"B\\\"\""));
    assert_null(strstr(text, "canonical")); /* nobody said where the site is */
}

static void dates_are_told_as_schema_org_wants(void **state)
{
    const struct head_site site = {.public_url = "https://t.example.org"};
    struct head_facts facts = {.path = VIEW_LIT("/e/4"), .event = &event};
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_int_equal(times("\"@type\":\"Event\""), 2);
    assert_int_equal(times("\"startDate\":\"2026-12-24T19:00:00+09:00\""), 2);
    assert_int_equal(times("\"lowPrice\":\"12.50\",\"highPrice\":\"99.05\""), 2);
    assert_int_equal(times("schema.org/InStock"), 2);
    assert_int_equal(times("\"url\":\"https://t.example.org/p/8\""), 1);
    assert_non_null(strstr(text, "property=\"og:image\" content=\"https://example.org/p.jpg\""));
    facts.only = &second;
    counts.free = 0;
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_int_equal(times("\"@type\":\"Event\""), 1);
    assert_int_equal(times("schema.org/SoldOut"), 1);
    assert_null(strstr(text, "doorTime"));
    assert_null(strstr(text, "\"address\""));
    second.venue_address = (char *)"1 <Main> Street";
    second.doors_at_ms = second.starts_at_ms - 30 * 60000;
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_non_null(strstr(text, ",\"address\":\"1 \\u003cMain\\u003e Street\"}"));
    assert_non_null(strstr(text, "\"doorTime\":\"2026-12-24T18:30:00+09:00\""));
    second.utc_offset_minutes = -210;
    second.currency_digits = 0;
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    assert_non_null(strstr(text, "\"startDate\":\"2026-12-24T06:30:00-03:30\""));
    assert_non_null(strstr(text, "\"lowPrice\":\"1250\""));
}

static void what_has_no_room_is_refused(void **state)
{
    const struct head_site site = {0};
    const struct head_facts facts = {.path = VIEW_LIT("/e/4"), .event = &event};
    for (size_t max = 0; max < 600; max += 37)
        assert_int_equal(wrote(&site, &facts, max), ERR_FULL);
}

static void a_long_description_ends_between_characters(void **state)
{
    char many[1 + 200 * 3 + 1] = "a";
    for (int i = 0; i < 200; i++)
        memcpy(many + 1 + i * 3, "공", 4);
    const struct head_site site = {0};
    const struct head_facts facts = {.path = VIEW_LIT("/e/4"), .event = &event};
    event.description = many;
    assert_int_equal(wrote(&site, &facts, HEAD_MAX), 0);
    const char *told = strstr(text, "name=\"description\" content=\"a") + 28;
    assert_int_equal(strcspn(told, "\""), 298); /* 1 and 99 of three bytes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_site_says_what_it_is, setup),
        cmocka_unit_test_setup(what_is_private_is_in_no_index, setup),
        cmocka_unit_test_setup(an_event_cannot_leave_its_place, setup),
        cmocka_unit_test_setup(dates_are_told_as_schema_org_wants, setup),
        cmocka_unit_test_setup(what_has_no_room_is_refused, setup),
        cmocka_unit_test_setup(a_long_description_ends_between_characters, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
