#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/bars.h"

#define ACCOUNT "01hv000000007000800000000a"

static struct sql *sql;
static struct arena arena;
static struct bar_list list;

static struct id account_id(void)
{
    struct id id;
    assert_int_equal(id_parse(VIEW_LIT(ACCOUNT), &id), 0);
    return id;
}

static int put(uint32_t organiser_id, enum bar_kind kind, const char *subject, int64_t ends_at_ms,
               uint32_t *ret_bar_id)
{
    const struct bar bar = {.organiser_id = organiser_id,
                            .kind = kind,
                            .subject = view_str(subject),
                            .reason = VIEW_LIT("resells"),
                            .created_at_ms = 1000,
                            .ends_at_ms = ends_at_ms};
    const struct act act = {.at_ms = 1000, .what = VIEW_LIT("bar"), .about = bar.subject};
    return bar_put(sql, &bar, &act, ret_bar_id, DEADLINE_NEVER);
}

static bool has(uint32_t organiser_id, struct id account, const char *address, int64_t now_ms)
{
    assert_int_equal(bar_list_follow(&list, sql, now_ms, DEADLINE_NEVER), 0);
    return bar_list_has(&list, organiser_id, account, view_str(address), now_ms);
}

static size_t count(uint32_t organiser_id, int64_t now_ms)
{
    struct bar *bars;
    size_t n;
    assert_int_equal(bar_read(sql, organiser_id, now_ms, &arena, &bars, &n, DEADLINE_NEVER), 0);
    return n;
}

static void a_bar_is_one_organisers(void **state)
{
    const struct id nobody = {0};
    uint32_t account, network, other;
    assert_false(has(2, account_id(), "192.0.2.7", 1000));
    assert_int_equal(put(2, BAR_ACCOUNT, ACCOUNT, 5000, &account), 0);
    assert_int_equal(put(2, BAR_NETWORK, "192.0.2.0/24", 0, &network), 0);
    assert_int_equal(put(3, BAR_NETWORK, "2001:db8::/48", 0, &other), 0);
    assert_true(has(2, account_id(), "", 4999) && !has(2, account_id(), "", 5000));
    assert_true(has(2, nobody, "192.0.2.7", 9000) && !has(2, nobody, "192.0.3.7", 9000));
    assert_true(has(3, nobody, "2001:db8::9", 9000) && !has(2, nobody, "2001:db8::9", 9000));
    assert_false(has(1, account_id(), "192.0.2.7", 1000));
    assert_false(has(3, account_id(), "192.0.2.7", 1000));
    assert_int_equal(count(2, 1000), 2);
    assert_int_equal(count(2, 5000), 1);
    assert_int_equal(count(0, 1000), 3);
    /* The same again takes the place of the first; nobody ends another organiser's. */
    uint32_t again;
    assert_int_equal(put(2, BAR_NETWORK, "192.0.2.0/24", 0, &again), 0);
    assert_true(again != network && count(2, 1000) == 2);
    const struct act act = {.at_ms = 1000, .what = VIEW_LIT("bar.end")};
    assert_int_equal(bar_end(sql, 3, again, &act, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(bar_end(sql, 2, again, &act, DEADLINE_NEVER), 0);
    assert_int_equal(bar_end(sql, 2, again, &act, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_false(has(2, nobody, "192.0.2.7", 9000));
    struct act *acts;
    size_t acts_count;
    assert_int_equal(act_list(sql, 0, nobody, 10, &arena, &acts, &acts_count, DEADLINE_NEVER), 0);
    assert_int_equal(acts_count, 5);
}

/* What was made is told also where it has ended, by the acts; and how it ended. */
static void what_was_made_is_told_for_ever(void **state)
{
    struct bar_made *made;
    size_t n = 0;
    uint32_t first, other;
    assert_int_equal(put(9, BAR_NETWORK, "2001:db8::/64", 0, &first), 0);
    assert_int_equal(put(9, BAR_NETWORK, "198.51.100.0/24", 0, &other), 0);
    const struct act ended = {.at_ms = 1500, .what = VIEW_LIT("bar.end"), .account_id = {1, 2}};
    assert_int_equal(bar_end(sql, 9, first, &ended, DEADLINE_NEVER), 0);
    assert_int_equal(bars_made(sql, 9, true, 1000, 2000, &arena, &made, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 2);
    assert_true(view_eq(made[0].subject, VIEW_LIT("2001:db8::/64")));
    assert_true(view_eq(made[0].reason, VIEW_LIT("resells")));
    assert_int_equal(made[0].ended_at_ms, 1500);
    assert_true(id_is_zero(made[0].account_id) && !made[0].by_operator);
    assert_true(view_eq(made[1].subject, VIEW_LIT("198.51.100.0/24")));
    assert_int_equal(made[1].ended_at_ms, 0);
    assert_int_equal(bars_made(sql, 9, true, 1001, 2000, &arena, &made, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 0); /* of before */
    assert_int_equal(bars_made(sql, 8, true, 0, 2000, &arena, &made, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 0); /* another organiser's */
}

static void this_machine_is_nobody(void **state)
{
    const struct id nobody = {0};
    uint32_t bar_id;
    assert_int_equal(put(4, BAR_NETWORK, "127.0.0.0/8", 0, &bar_id), 0);
    assert_int_equal(put(4, BAR_NETWORK, "0.0.0.0/0", 0, &bar_id), 0);
    assert_false(has(4, nobody, "127.0.0.1", 1000));
    assert_false(has(4, nobody, "somewhere", 1000));
    assert_true(has(4, nobody, "198.51.100.1", 1000));
}

static void an_organiser_has_a_share(void **state)
{
    char subject[32];
    uint32_t bar_id;
    for (int i = 0; i < BARS_EACH_MAX; i++) {
        snprintf(subject, sizeof(subject), "10.0.%d.%d", i / 256, i % 256);
        assert_int_equal(put(5, BAR_NETWORK, subject, 0, &bar_id), 0);
    }
    assert_int_equal(put(5, BAR_NETWORK, "192.0.2.1", 0, &bar_id), ERR_FULL);
    assert_int_equal(put(5, BAR_NETWORK, "10.0.0.0", 0, &bar_id), 0); /* in a place it has */
    assert_int_equal(put(6, BAR_NETWORK, "192.0.2.1", 0, &bar_id), 0);
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    bar_list_init(&list);
    int err = sql_faulty_new(&arena, &sql);
    if (err == 0)
        err = accounts_migrate(sql, false, 1);
    return err == 0 ? bars_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    bar_list_release(&list);
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_is_one_organisers), cmocka_unit_test(what_was_made_is_told_for_ever),
        cmocka_unit_test(this_machine_is_nobody), cmocka_unit_test(an_organiser_has_a_share)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
