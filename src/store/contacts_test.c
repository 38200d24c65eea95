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
#include "store/contacts.h"

static struct sql *sql;
static struct arena arena;
static const struct id order = {1, 2}, account = {3, 4}, other = {5, 6};

static struct contact make(const char *email, int64_t at_ms)
{
    return (struct contact){.order_id = order,
                            .account_id = account,
                            .name = VIEW_LIT("김하늘"),
                            .email = view_str(email),
                            .phone = VIEW_LIT("010-1234-5678"),
                            .language = VIEW_LIT("ko"),
                            .created_at_ms = at_ms};
}

struct job {
    struct sql_job job;
    int64_t before_ms; /* 0: the order was placed */
};

static int run(struct sql_job *base, struct sql_txn *txn)
{
    const struct job *job = (const struct job *)base;
    return job->before_ms ? contact_sweep(txn, job->before_ms) : contact_order(txn, order, account);
}

struct any_job {
    struct sql_job job;
    int any;
};

static int run_any(struct sql_job *base, struct sql_txn *txn)
{
    struct any_job *job = (struct any_job *)base;
    job->any = contact_any(txn);
    return job->any < 0 ? job->any : 0;
}

static int any(void)
{
    struct any_job job = {.job.run = run_any};
    assert_int_equal(sql_read(sql, &job.job, DEADLINE_NEVER), 0);
    return job.any;
}

static void there_is_none_before_the_first(void **state)
{
    const struct contact c = make("old@example.org", 10);
    assert_int_equal(any(), 0);
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
    assert_int_equal(any(), 1);
}

static void the_last_word_counts_and_only_one_s_own(void **state)
{
    struct contact c = make("old@example.org", 10), read;
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
    c = make("new@example.org", 20);
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
    c = make("thief@example.org", 30);
    c.account_id = other;
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
    assert_int_equal(contact_get(sql, order, account, &arena, &read, 0), 0);
    assert_true(view_eq(read.email, VIEW_LIT("new@example.org")));
    assert_true(view_eq(read.name, VIEW_LIT("김하늘")));
    assert_true(view_eq(read.phone, VIEW_LIT("010-1234-5678")));
    assert_true(view_eq(read.language, VIEW_LIT("ko")));
    assert_int_equal(read.created_at_ms, 20);
    assert_false(read.ordered);
    assert_int_equal(contact_get(sql, other, account, &arena, &read, 0), ERR_NOT_FOUND);
}

static void what_was_never_ordered_is_swept(void **state)
{
    struct job place = {.job.run = run}, sweep = {.job.run = run, .before_ms = 25};
    struct contact read, again = make("newer@example.org", 40);
    assert_int_equal(sql_write(sql, &place.job, DEADLINE_NEVER), 0);
    assert_int_equal(sql_write(sql, &sweep.job, DEADLINE_NEVER), 0);
    assert_int_equal(contact_get(sql, order, account, &arena, &read, 0), 0);
    assert_true(read.ordered);
    assert_int_equal(contact_get(sql, order, other, &arena, &read, 0), 0); /* made at 30 */
    sweep.before_ms = 31;
    assert_int_equal(sql_write(sql, &sweep.job, DEADLINE_NEVER), 0);
    assert_int_equal(contact_get(sql, order, other, &arena, &read, 0), ERR_NOT_FOUND);
    /* Put again, an order that was placed stays so. */
    assert_int_equal(contact_put(sql, &again, DEADLINE_NEVER), 0);
    assert_int_equal(contact_get(sql, order, account, &arena, &read, 0), 0);
    assert_true(read.ordered && view_eq(read.email, VIEW_LIT("newer@example.org")));
}

static void what_is_too_large_is_refused(void **state)
{
    char name[CONTACT_NAME_MAX + 2];
    struct contact c = make("a@b", 1);
    memset(name, 'a', sizeof(name));
    c.name = view_of(name, CONTACT_NAME_MAX + 1);
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), ERR_INVALID);
    c.name = view_of(name, CONTACT_NAME_MAX);
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? contacts_migrate(sql, false, 1) : err;
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
        cmocka_unit_test(there_is_none_before_the_first),
        cmocka_unit_test(the_last_word_counts_and_only_one_s_own),
        cmocka_unit_test(what_was_never_ordered_is_swept),
        cmocka_unit_test(what_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
