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
#include "store/mails.h"
#include "store/notices.h"

static struct sql *sql;
static struct arena arena;

static const struct act act = {.at_ms = 9, .what = VIEW_LIT("announce")};

/* Of performances 3 and 4. */
static int put(struct notice notices[2], enum notice_stop stop, const char *text, const char *nonce,
               uint32_t *ret_mailed)
{
    for (uint32_t i = 0; i < 2; i++)
        notices[i] = (struct notice){.performance_id = 3 + i,
                                     .stop = stop,
                                     .subject = {VIEW_LIT("Please wait"), VIEW_LIT("알림")},
                                     .text = {view_str(text), VIEW_LIT("잠시만요")},
                                     .created_at_ms = 9};
    return notice_put(sql, notices, 2, view_str(nonce), &act, ret_mailed, DEADLINE_NEVER);
}

static size_t standing(int64_t *version, struct notice **ret_notices)
{
    size_t count = 0;
    assert_int_equal(notice_standing(sql, version, &arena, ret_notices, &count, DEADLINE_NEVER), 0);
    return count;
}

static void one_stands_a_performance_and_its_stop_goes_on(void **state)
{
    struct notice first[2], second[2], read, *list;
    const uint32_t both[] = {3, 4}, third[] = {3};
    int64_t version = -1;
    uint32_t mailed;
    assert_int_equal(standing(&version, &list), 0);
    assert_non_null(list);
    assert_int_equal(put(first, NOTICE_STOPS, "A seat is wrong.", "", &mailed), 0);
    assert_true(mailed == 0 && first[0].notice_id > 0);
    assert_int_equal(standing(&version, &list), 2);
    assert_true(list[1].performance_id == 4 && list[1].stop == NOTICE_STOPS);
    assert_true(standing(&version, &list) == 0 && !list); /* nothing has changed */
    /* Newer words, that do not say so, go on with the stop; nor do they open what was not open. */
    assert_int_equal(put(second, NOTICE_ONLY_WORDS, "In ten minutes.", "", &mailed), 0);
    assert_true(second[0].stop == NOTICE_STOPS && second[0].notice_id > first[1].notice_id);
    assert_int_equal(put(second, NOTICE_STOPS_SHUT, "In five minutes.", "", &mailed), 0);
    assert_int_equal(second[1].stop, NOTICE_STOPS);
    assert_int_equal(standing(&version, &list), 2);
    assert_int_equal(list[0].notice_id, second[0].notice_id);
    /* What was said once is read by its number for good. */
    assert_int_equal(notice_get(sql, first[0].notice_id, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(view_eq(read.text[0], VIEW_LIT("A seat is wrong.")) && read.ended_at_ms == 9);
    assert_true(view_eq(read.subject[1], VIEW_LIT("알림")));
    assert_int_equal(notice_get(sql, 999, &arena, &read, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(notice_end(sql, third, 1, &act, DEADLINE_NEVER), 0);
    assert_int_equal(notice_end(sql, third, 1, &act, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(standing(&version, &list), 1);
    assert_int_equal(notice_end(sql, both, 2, &act, DEADLINE_NEVER), 0);
    assert_int_equal(standing(&version, &list), 0);
    assert_int_equal(put(first, NOTICE_ONLY_WORDS, "Doors at six.", "", &mailed), 0);
    assert_int_equal(first[0].stop, NOTICE_ONLY_WORDS);
}

static void mails_go_once_and_a_stop_does_not_wait_for_them(void **state)
{
    struct notice notices[2];
    struct buyer_message *messages;
    uint32_t mailed;
    size_t count;
    char nonce[2] = "a";
    for (int i = 0; i < MESSAGES_A_DAY; i++, nonce[0]++)
        assert_true(put(notices, NOTICE_STOPS, "Wait.", nonce, &mailed) == 0 && mailed == 2);
    assert_true(put(notices, NOTICE_STOPS, "Wait.", "a", &mailed) == 0 && mailed == 2); /* again */
    assert_true(put(notices, NOTICE_STOPS, "Wait.", nonce, &mailed) == 0 && mailed == 0);
    assert_int_equal(notices[1].stop, NOTICE_STOPS);
    assert_int_equal(message_list(sql, 4, &arena, &messages, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, MESSAGES_A_DAY);
    assert_true(view_eq(messages[0].text[1], VIEW_LIT("잠시만요")) &&
                messages[0].category == MESSAGE_EVERY_CATEGORY);
}

static void what_is_too_much_is_refused(void **state)
{
    char text[NOTICE_TEXT_CHARS_MAX + 2];
    struct notice notices[2];
    uint32_t mailed;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(put(notices, NOTICE_STOPS, text, "", &mailed), ERR_INVALID);
    assert_int_equal(put(notices, NOTICE_STOPS, "", "", &mailed), ERR_INVALID);
    text[sizeof(text) - 2] = '\0';
    assert_int_equal(put(notices, NOTICE_STOPS, text, "", &mailed), 0);
    assert_int_equal(notice_put(sql, notices, 0, (struct view){0}, &act, &mailed, DEADLINE_NEVER),
                     ERR_INVALID);
}

static int set_up(void **state)
{
    arena_init(&arena, 8 << 20);
    int err = sql_faulty_new(&arena, &sql);
    if (err == 0)
        err = accounts_migrate(sql, false, 1);
    if (err == 0)
        err = mails_migrate(sql, false, 1);
    return err == 0 ? notices_migrate(sql, false, 1) : err;
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
        cmocka_unit_test_setup_teardown(one_stands_a_performance_and_its_stop_goes_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(mails_go_once_and_a_stop_does_not_wait_for_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
