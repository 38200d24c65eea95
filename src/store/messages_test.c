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
#include "store/messages.h"

#define DAY_MS 86400000

static struct sql *sql;
static struct arena arena;

static int add(uint32_t performance_id, const char *nonce, int64_t at_ms, const char *subject,
               uint64_t *ret_id)
{
    const struct act act = {.at_ms = at_ms, .what = VIEW_LIT("message.send")};
    const struct buyer_message message = {.performance_id = performance_id,
                                          .category = 2,
                                          .absent = true,
                                          .subject = {view_str(subject), VIEW_LIT("알림")},
                                          .text = {VIEW_LIT("Doors\nat six"), VIEW_LIT("6시")},
                                          .created_at_ms = at_ms,
                                          .addresses = 7};
    return message_add(sql, &message, view_str(nonce), &act, ret_id, DEADLINE_NEVER);
}

struct told_job {
    struct sql_job job;
    const struct buyer_message *message;
    struct view to;
    size_t mails;
};

static int run_told(struct sql_job *base, struct sql_txn *txn)
{
    const struct told_job *job = (const struct told_job *)base;
    return message_told(txn, job->message, job->to, job->mails);
}

static int told(const struct buyer_message *message, const char *to, size_t mails)
{
    struct told_job job = {
        .job.run = run_told, .message = message, .to = view_str(to), .mails = mails};
    return sql_write(sql, &job.job, DEADLINE_NEVER);
}

static void one_is_written_page_by_page_and_by_one_writer(void **state)
{
    struct buyer_message first, read;
    uint64_t id, again;
    assert_int_equal(message_next(sql, &arena, &first, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(add(1, "a", 5, "Doors", &id), 0);
    assert_int_equal(add(1, "a", 6, "Doors", &again), 0);
    assert_int_equal(again, id);
    assert_int_equal(message_next(sql, &arena, &first, DEADLINE_NEVER), 0);
    assert_int_equal(first.message_id, id);
    assert_true(first.category == 2 && first.absent && first.addresses == 7 && !first.done);
    assert_true(view_eq(first.subject[1], VIEW_LIT("알림")));
    assert_true(view_eq(first.text[0], VIEW_LIT("Doors\nat six")));
    assert_int_equal(told(&first, "page 2", 4), 0);
    assert_int_equal(told(&first, "page 2", 4), ERR_CONFLICT); /* another has written it */
    assert_int_equal(message_next(sql, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(view_eq(read.told_to, VIEW_LIT("page 2")) && read.mails == 4);
    assert_int_equal(told(&read, "", 3), 0);
    assert_int_equal(told(&read, "", 3), ERR_CONFLICT);
    assert_int_equal(message_next(sql, &arena, &read, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(message_get(sql, id, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(read.done && read.mails == 7);
    assert_int_equal(message_get(sql, id + 1, &arena, &read, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static void a_performance_has_so_many_a_day(void **state)
{
    struct buyer_message *messages;
    char nonce[16];
    size_t count;
    uint64_t id;
    for (int i = 0; i < MESSAGES_A_DAY; i++) {
        snprintf(nonce, sizeof(nonce), "n%d", i);
        assert_int_equal(add(2, nonce, DAY_MS + i, "Doors", &id), 0);
    }
    assert_int_equal(add(2, "more", 2 * DAY_MS - 1, "Doors", &id), ERR_FULL);
    assert_int_equal(add(2, "n0", 2 * DAY_MS - 1, "Doors", &id), 0); /* is there already */
    assert_int_equal(add(3, "more", 2 * DAY_MS - 1, "Doors", &id), 0);
    assert_int_equal(add(2, "more", 2 * DAY_MS, "Doors", &id), 0);
    assert_int_equal(message_list(sql, 2, &arena, &messages, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, MESSAGES_A_DAY + 1);
    assert_int_equal(messages[0].message_id, id);
}

static void what_is_no_message_is_refused(void **state)
{
    char subject[MESSAGE_SUBJECT_CHARS_MAX + 2];
    uint64_t id;
    memset(subject, 'a', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = 0;
    assert_int_equal(add(4, "a", 1, subject, &id), ERR_INVALID);
    assert_int_equal(add(4, "a", 1, "two\nlines", &id), ERR_INVALID);
    assert_int_equal(add(4, "a", 1, "", &id), ERR_INVALID);
    assert_int_equal(add(4, "", 1, "Doors", &id), ERR_INVALID);
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
        cmocka_unit_test(one_is_written_page_by_page_and_by_one_writer),
        cmocka_unit_test(a_performance_has_so_many_a_day),
        cmocka_unit_test(what_is_no_message_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
