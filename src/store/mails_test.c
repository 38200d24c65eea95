#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/trace.h"
#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "fiber/fiber.h"
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

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void put_in_a_call(void *arg)
{
    const struct trace trace = {.made = {1, 2}, .parent = VIEW_LIT(PARENT)};
    trace_be_here(&trace);
    assert_int_equal(put("kim@example.org", "{}", 0), 0);
    trace_be_here(NULL);
    assert_int_equal(put("lee@example.org", "{}", 0), 0);
}

static void a_mail_has_the_trace_of_the_call_that_wrote_it(void **state)
{
    struct mail *mails;
    assert_int_equal(fiber_main(put_in_a_call, NULL), 0);
    assert_int_equal(list(0, "", 2, &mails), 2);
    assert_int_equal(mails[0].trace.len, 0);
    assert_int_equal(mails[1].trace.len, TRACE_PARENT_CHARS);
    assert_memory_equal(mails[1].trace.at, PARENT, 36); /* with that call as the parent */
    assert_memory_not_equal(mails[1].trace.at + 36, &PARENT[36], 16);
    struct put_job said = {.job.run = run_put,
                           .mail = {.to = VIEW_LIT("park@example.org"),
                                    .template = VIEW_LIT("tickets"),
                                    .trace = VIEW_LIT(PARENT)}};
    assert_int_equal(sql_write(sql, &said.job, DEADLINE_NEVER), 0);
    assert_int_equal(list(0, "", 1, &mails), 1);
    assert_true(view_eq(mails[0].trace, VIEW_LIT(PARENT)));
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

/* ---- tries ---- */

static struct mail get(uint64_t mail_id)
{
    struct mail mail;
    assert_int_equal(mail_get(sql, mail_id, &arena, &mail, 0), 0);
    return mail;
}

static uint64_t put_keyed(const char *key, int64_t at_ms, int expected)
{
    struct mail *mails;
    struct put_job job = {.job.run = run_put,
                          .mail = {.to = VIEW_LIT("key@example.org"),
                                   .template = VIEW_LIT("tickets"),
                                   .language = VIEW_LIT("en"),
                                   .params = VIEW_LIT("{\"order\":\"x\"}"),
                                   .key = view_str(key),
                                   .created_at_ms = at_ms}};
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), expected);
    assert_true(list(0, "key@example.org", 1, &mails) == 1);
    return mails[0].mail_id;
}

static size_t due(int64_t now_ms, struct mail **ret_mails)
{
    size_t count = 99;
    assert_int_equal(mail_due(sql, now_ms, 100, &arena, ret_mails, &count, 0), 0);
    return count;
}

static void end(uint64_t mail_id, enum mail_state mail_state, int64_t next_ms, const char *error)
{
    const struct mail_outcome outcome = {.state = mail_state,
                                         .unclear = strcmp(error, "lost") == 0,
                                         .forget = mail_state == MAIL_SENT,
                                         .at_ms = 500,
                                         .next_try_at_ms = next_ms,
                                         .error = view_str(error)};
    assert_int_equal(mail_end(sql, mail_id, &outcome, 0), 0);
}

static void a_key_is_used_once(void **state)
{
    struct mail *mails;
    const uint64_t first = put_keyed("tickets:a", 1000, 0);
    assert_int_equal(put_keyed("tickets:a", 1001, ERR_CONFLICT), first);
    assert_true(view_eq(get(first).key, VIEW_LIT("tickets:a")));
    assert_true(put_keyed("tickets:a:2", 1000, 0) > first);
    assert_int_equal(list(0, "key@example.org", 10, &mails), 2);
}

static void a_try_is_one_s_own_until_it_is_over(void **state)
{
    struct mail *mails;
    const uint64_t id = put_keyed("try:1", 100000, 0);
    const size_t others = due(99999, &mails);
    assert_int_equal(due(100000, &mails), others + 1);
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("1@h"), 99999, 200000, 0), ERR_BUSY);
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("1@h"), 100000, 200000, 0), 0);
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("2@h"), 100000, 200000, 0), ERR_BUSY);
    assert_int_equal(due(100000, &mails), others);
    /* Its sender died: the next try has the Message-ID of the first. */
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("3@h"), 200000, 300000, 0), 0);
    assert_true(view_eq(get(id).message_id, VIEW_LIT("1@h")));
    assert_int_equal(get(id).tries, 2);
    end(id, MAIL_WAITING, 400000, "lost");
    assert_int_equal(get(id).unclear, 1);
    assert_int_equal(get(id).next_try_at_ms, 400000);
    assert_true(view_eq(get(id).last_error, VIEW_LIT("lost")));
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("4@h"), 400000, 500000, 0), 0);
    end(id, MAIL_SENT, 0, "");
    assert_int_equal(get(id).state, MAIL_SENT);
    assert_int_equal(get(id).sent_at_ms, 500);
    assert_int_equal(get(id).last_error.len, 0);
    assert_true(view_eq(get(id).params, VIEW_LIT("{}"))); /* forgotten */
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("5@h"), 900000, 900001, 0), ERR_BUSY);
}

static void a_mail_can_be_sent_again(void **state)
{
    const uint64_t id = put_keyed("again:1", 100, 0);
    assert_int_equal(mail_again(sql, id, 1, 0), ERR_BUSY); /* it waits */
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("1@h"), 100, 200, 0), 0);
    end(id, MAIL_FAILED, 0, "no such person");
    assert_int_equal(mail_again(sql, id, 700, 0), 0);
    assert_int_equal(get(id).state, MAIL_WAITING);
    assert_int_equal(get(id).tries, 0);
    assert_int_equal(get(id).next_try_at_ms, 700);
    assert_true(view_eq(get(id).message_id, VIEW_LIT("1@h"))); /* it never arrived */
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("2@h"), 700, 800, 0), 0);
    end(id, MAIL_SENT, 0, "");
    assert_int_equal(mail_again(sql, id, 900, 0), 0);
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("3@h"), 900, 1000, 0), 0);
    assert_true(view_eq(get(id).message_id, VIEW_LIT("3@h"))); /* it did: this is another mail */
    assert_int_equal(mail_again(sql, 999999, 1, 0), ERR_NOT_FOUND);
    /* One that came back had arrived somewhere: what goes out next is another mail, too. */
    const struct view gone = VIEW_LIT("came back: 5.1.1");
    assert_int_equal(mail_bounce(sql, id, VIEW_LIT("3@h"), gone, 0), ERR_BUSY); /* not sent yet */
    end(id, MAIL_SENT, 0, "");
    assert_int_equal(mail_bounce(sql, id, VIEW_LIT("2@h"), gone, 0),
                     ERR_BUSY); /* of the one before */
    assert_int_equal(mail_bounce(sql, id, VIEW_LIT("3@h"), gone, 0), 0);
    assert_int_equal(mail_bounce(sql, id, VIEW_LIT("3@h"), gone, 0), ERR_BUSY); /* told twice */
    assert_true(get(id).state == MAIL_FAILED && view_eq(get(id).last_error, gone));
    assert_int_equal(mail_again(sql, id, 1100, 0), 0);
    assert_int_equal(mail_begin(sql, id, VIEW_LIT("4@h"), 1100, 1200, 0), 0);
    assert_true(view_eq(get(id).message_id, VIEW_LIT("4@h")));
    struct mail mail;
    assert_int_equal(mail_get(sql, 999999, &arena, &mail, 0), ERR_NOT_FOUND);
    uint64_t counts[MAIL_VOID + 1];
    assert_int_equal(mail_figures(sql, counts, 0), 0);
    assert_int_equal(counts[MAIL_SENT], 1);
}

struct count_job {
    struct sql_job job;
    int64_t count;
};

static int run_count(struct sql_job *base, struct sql_txn *txn)
{
    struct count_job *job = (struct count_job *)base;
    return mail_count(txn, VIEW_LIT("tickets:a:"), &job->count);
}

static void keys_are_counted_by_what_they_begin_with(void **state)
{
    struct count_job job = {.job.run = run_count};
    put_keyed("tickets:a:3", 1, 0);
    put_keyed("tickets:a;", 1, 0);
    put_keyed("tickets:b:1", 1, 0);
    assert_int_equal(sql_read(sql, &job.job, 0), 0);
    assert_int_equal(job.count, 2);
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    int err = sql_faulty_new(&arena, &sql);
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
        cmocka_unit_test(a_key_is_used_once),
        cmocka_unit_test(a_try_is_one_s_own_until_it_is_over),
        cmocka_unit_test(a_mail_can_be_sent_again),
        cmocka_unit_test(keys_are_counted_by_what_they_begin_with),
        cmocka_unit_test(a_mail_has_the_trace_of_the_call_that_wrote_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
