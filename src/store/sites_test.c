#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/sites.h"

static struct sql *sql;
static struct arena arena;

static void a_site_is_an_origin(void **state)
{
    static const char *const good[] = {"https://band.example", "https://a-b.example:8443",
                                       "http://localhost:3000", "http://127.0.0.1"};
    static const char *const bad[] = {"",
                                      "band.example",
                                      "https://",
                                      "https://band.example/",
                                      "https://band.example/page",
                                      "https://Band.example",
                                      "https://*.example",
                                      "https://*",
                                      "http://band.example",
                                      "https://band.example:0",
                                      "https://band.example:70000",
                                      "https://band.example:",
                                      "https://.example",
                                      "https://a..b",
                                      "https://a.example; script-src *",
                                      "https://a.example\r\nX: y",
                                      "https://user@a.example",
                                      "data:text/html"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(site_is(view_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(site_is(view_str(bad[i])));
}

static int set(uint32_t organiser_id, const char *a, const char *b)
{
    const struct act act = {.at_ms = 5, .what = VIEW_LIT("sites.set")};
    const struct view sites[] = {view_str(a ? a : ""), view_str(b ? b : "")};
    return sites_set(sql, organiser_id, sites, a && b ? 2 : a ? 1 : 0, &act, DEADLINE_NEVER);
}

static size_t count(struct view **ret_sites)
{
    size_t found = 0;
    assert_int_equal(sites_list(sql, 1, &arena, ret_sites, &found, DEADLINE_NEVER), 0);
    return found;
}

static void they_are_set_all_at_once(void **state)
{
    struct view *sites;
    assert_int_equal(count(&sites), 0);
    assert_int_equal(set(1, "https://b.example", "https://a.example"), 0);
    assert_int_equal(count(&sites), 2);
    assert_true(view_eq(sites[0], VIEW_LIT("https://a.example")));
    assert_int_equal(set(1, "https://b.example", "https://b.example"), ERR_INVALID);
    assert_int_equal(set(1, "https://b.example", "*"), ERR_INVALID);
    assert_int_equal(set(9, "https://b.example", NULL), ERR_NOT_FOUND);
    assert_int_equal(count(&sites), 2);
    assert_int_equal(set(1, NULL, NULL), 0);
    assert_int_equal(count(&sites), 0);
}

static int set_up(void **state)
{
    arena_init(&arena, 8 << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? accounts_migrate(sql, false, 1) : err;
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
        cmocka_unit_test(a_site_is_an_origin),
        cmocka_unit_test(they_are_set_all_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
