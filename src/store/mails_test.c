#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"
#include "store/mails.h"

static struct sql *sql;
static struct arena arena;

struct put_job {
    struct sql_job job;
    struct mail mail;
    int fail; /* what the job ends with after it has written */
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    int err = mail_put(txn, &job->mail);
    return err == 0 ? job->fail : err;
}

static int put(const char *to, const char *params, int fail)
{
    struct put_job job = {.job.run = run_put,
                          .mail = {.to = view_str(to),
                                   .template = VIEW_LIT("verify"),
                                   .language = VIEW_LIT("ko"),
                                   .params = view_str(params),
                                   .created_at_ms = 7},
                          .fail = fail};
    return sql_write(sql, &job.job, DEADLINE_NEVER);
}

static size_t list(uint64_t before, const char *to, size_t max, struct mail **ret_mails)
{
    size_t count = 99;
    assert_int_equal(mail_list(sql, before, view_str(to), max, &arena, ret_mails, &count, 0), 0);
    return count;
}

static void a_mail_waits_with_what_it_is_about(void **state)
{
    struct mail *mails;
    assert_int_equal(put("kim@example.org", "{\"code\":\"1\"}", 0), 0);
    assert_int_equal(put("lee@example.org", "{}", ERR_CONFLICT), ERR_CONFLICT); /* taken back */
    assert_int_equal(put("park@example.org", "{}", 0), 0);
    assert_int_equal(list(0, "", 10, &mails), 2);
    assert_true(view_eq(mails[0].to, VIEW_LIT("park@example.org")));
    assert_true(view_eq(mails[1].to, VIEW_LIT("kim@example.org")));
    assert_true(view_eq(mails[1].template, VIEW_LIT("verify")));
    assert_true(view_eq(mails[1].language, VIEW_LIT("ko")));
    assert_true(view_eq(mails[1].params, VIEW_LIT("{\"code\":\"1\"}")));
    assert_int_equal(mails[1].state, MAIL_WAITING);
    assert_int_equal(mails[1].tries, 0);
    assert_int_equal(mails[1].created_at_ms, 7);
    assert_true(mails[0].mail_id > mails[1].mail_id);
}

static void a_list_goes_on_and_is_of_one_address(void **state)
{
    struct mail *mails;
    assert_int_equal(put("kim@example.org", "{}", 0), 0);
    assert_int_equal(list(0, "", 1, &mails), 1);
    assert_int_equal(list(mails[0].mail_id, "", 10, &mails), 2);
    assert_int_equal(list(0, "kim@example.org", 10, &mails), 2);
    assert_int_equal(list(mails[0].mail_id, "kim@example.org", 10, &mails), 1);
    assert_int_equal(list(0, "nobody@example.org", 10, &mails), 0);
}

static void what_is_too_large_is_refused(void **state)
{
    static char params[MAIL_PARAMS_MAX + 2], to[MAIL_ADDRESS_MAX + 2];
    memset(params, ' ', sizeof(params) - 1);
    memset(to, 'a', sizeof(to) - 1);
    assert_int_equal(put("a@b", params, 0), ERR_INVALID);
    assert_int_equal(put(to, "{}", 0), ERR_INVALID);
    assert_int_equal(put("", "{}", 0), ERR_INVALID);
    params[MAIL_PARAMS_MAX] = to[MAIL_ADDRESS_MAX] = '\0';
    assert_int_equal(put(to, params, 0), 0);
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    int err = sql_inline_new(&sql);
    return err == 0 ? mails_migrate(sql, false, 1) : err;
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
        cmocka_unit_test(a_mail_waits_with_what_it_is_about),
        cmocka_unit_test(a_list_goes_on_and_is_of_one_address),
        cmocka_unit_test(what_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
