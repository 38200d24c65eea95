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
#include "sale/order_number.h"
#include "store/accounts.h"
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
    int64_t now_ms; /* 0: the order was placed */
};

static int run(struct sql_job *base, struct sql_txn *txn)
{
    const struct job *job = (const struct job *)base;
    return job->now_ms ? contact_sweep(txn, job->now_ms) : contact_order(txn, order, account);
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
    struct job place = {.job.run = run}, sweep = {.job.run = run, .now_ms = CONTACT_KEEP_MS + 25};
    struct contact read, again = make("newer@example.org", 40);
    assert_int_equal(sql_write(sql, &place.job, DEADLINE_NEVER), 0);
    assert_int_equal(sql_write(sql, &sweep.job, DEADLINE_NEVER), 0);
    assert_int_equal(contact_get(sql, order, account, &arena, &read, 0), 0);
    assert_true(read.ordered);
    assert_int_equal(contact_get(sql, order, other, &arena, &read, 0), 0); /* made at 30 */
    sweep.now_ms = CONTACT_KEEP_MS + 31;
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

struct wish_job {
    struct sql_job job;
    uint32_t performance_id;
    struct id account_id;
    struct contact read;
};

static int run_wish(struct sql_job *base, struct sql_txn *txn)
{
    struct wish_job *job = (struct wish_job *)base;
    return contact_read_wish(txn, job->performance_id, job->account_id, &arena, &job->read);
}

static int read_wish(uint32_t performance_id, struct id who, struct contact *ret_contact)
{
    struct wish_job job = {
        .job.run = run_wish, .performance_id = performance_id, .account_id = who};
    const int err = sql_read(sql, &job.job, DEADLINE_NEVER);
    *ret_contact = job.read;
    return err;
}

static int put_wish(uint32_t performance_id, uint64_t guest, const char *email)
{
    struct contact c = make(email, 0);
    c.account_id = (struct id){guest, 0};
    return contact_put_wish(sql, performance_id, &c, 5000, DEADLINE_NEVER);
}

static void who_waits_is_known_until_it_leaves_or_the_performance_begins(void **state)
{
    struct contact read;
    struct job sweep = {.job.run = run, .now_ms = 4999};
    const struct id one = {71, 0}, two = {72, 0};
    assert_int_equal(read_wish(3, one, &read), ERR_NOT_FOUND);
    assert_int_equal(put_wish(3, 71, "old@example.org"), 0);
    assert_int_equal(put_wish(3, 71, "new@example.org"), 0);
    assert_int_equal(put_wish(3, 72, "two@example.org"), 0);
    assert_int_equal(read_wish(3, one, &read), 0);
    assert_true(view_eq(read.email, VIEW_LIT("new@example.org")));
    assert_true(view_eq(read.language, VIEW_LIT("ko")));
    assert_int_equal(read_wish(4, one, &read), ERR_NOT_FOUND);
    assert_int_equal(contact_forget_wish(sql, 3, one, DEADLINE_NEVER), 0);
    assert_int_equal(contact_forget_wish(sql, 3, one, DEADLINE_NEVER), 0);
    assert_int_equal(read_wish(3, one, &read), ERR_NOT_FOUND);
    assert_int_equal(sql_write(sql, &sweep.job, DEADLINE_NEVER), 0);
    assert_int_equal(read_wish(3, two, &read), 0);
    sweep.now_ms = 5001;
    assert_int_equal(sql_write(sql, &sweep.job, DEADLINE_NEVER), 0);
    assert_int_equal(read_wish(3, two, &read), ERR_NOT_FOUND);
}

static void one_address_waits_for_so_many_things(void **state)
{
    for (uint64_t guest = 0; guest < CONTACT_WISHES_MAX; guest++)
        assert_int_equal(put_wish(3, 100 + guest, "victim@example.org"), 0);
    assert_int_equal(put_wish(3, 99, "victim@example.org"), ERR_FULL);
    assert_int_equal(put_wish(3, 100, "victim@example.org"), 0); /* is there already */
}

static void who_it_goes_to_is_put_right_and_told_once(void **state)
{
    const struct act done = {.at_ms = 50, .what = VIEW_LIT("contact.edit")};
    const struct view name = VIEW_LIT("김바다"), phone = VIEW_LIT("02-123-4567");
    struct contact_edit edit = {
        .order_id = order, .account_id = account, .name = &name, .act = &done};
    struct contact c = make("edit@example.org", 60), read;
    struct act *acts;
    size_t count;
    char long_name[CONTACT_NAME_MAX + 1];
    const struct view too_long = view_of(long_name, sizeof(long_name));
    memset(long_name, 'a', sizeof(long_name));
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
    assert_int_equal(contact_edit(sql, &edit, &arena, &read, DEADLINE_NEVER), 0);
    assert_true(view_eq(read.name, name) && view_eq(read.phone, c.phone));
    edit.phone = &phone;
    assert_int_equal(contact_edit(sql, &edit, &arena, &read, DEADLINE_NEVER), 0);
    assert_int_equal(contact_edit(sql, &edit, &arena, &read, DEADLINE_NEVER), 0);
    assert_int_equal(contact_get(sql, order, account, &arena, &read, 0), 0);
    assert_true(view_eq(read.name, name) && view_eq(read.phone, phone));
    assert_true(view_eq(read.email, c.email) && read.ordered);
    assert_int_equal(act_list(sql, 0, (struct id){0}, 100, &arena, &acts, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 2); /* the third changed nothing */
    edit.name = &too_long;
    assert_int_equal(contact_edit(sql, &edit, &arena, &read, DEADLINE_NEVER), ERR_INVALID);
    edit.name = NULL;
    edit.account_id = (struct id){99, 0};
    assert_int_equal(contact_edit(sql, &edit, &arena, &read, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static void one_is_found_by_number_and_address_ordered_or_not(void **state)
{
    struct contact c = make("found@example.org", 10), *found;
    char number[ORDER_NUMBER_CHARS + 1];
    size_t count;
    c.order_id = (struct id){77, 78};
    order_number_write(c.order_id, number);
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
    for (int ordered = 0; ordered < 2; ordered++) {
        for (int by_number = 0; by_number < 2; by_number++) {
            const struct view n = by_number ? view_str(number) : (struct view){0};
            const struct view e = by_number ? (struct view){0} : c.email;
            assert_int_equal(
                contacts_search(sql, n, e, ordered, 5, &arena, &found, &count, DEADLINE_NEVER), 0);
            assert_int_equal(count, !ordered);
            assert_true(ordered || (id_eq(found[0].order_id, c.order_id) && !found[0].ordered));
        }
    }
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    int err = sql_faulty_new(&arena, &sql);
    if (err == 0)
        err = accounts_migrate(sql, false, 1);
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
        cmocka_unit_test(who_it_goes_to_is_put_right_and_told_once),
        cmocka_unit_test(who_waits_is_known_until_it_leaves_or_the_performance_begins),
        cmocka_unit_test(one_address_waits_for_so_many_things),
        cmocka_unit_test(one_is_found_by_number_and_address_ordered_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
