#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/playbill.h"
#include "store/proofs.h"
#include "store/reminders.h"

#define NOW_MS INT64_C(1000000000000)

/* Events 1 and 2 are published, 3 is a draft. */
static struct sql *sql;
static struct arena arena;
static const struct id member = {1, 2};
static uint64_t ids = 1;

static struct reminder wish(uint32_t event_id, const char *email, struct id account_id)
{
    return (struct reminder){.reminder_id = {5, ids++},
                             .event_id = event_id,
                             .email = view_str(email),
                             .language = VIEW_LIT("ko"),
                             .account_id = account_id,
                             .created_at_ms = NOW_MS};
}

static int add(uint32_t event_id, const char *email, struct id account_id, struct id *ret_id)
{
    const struct reminder r = wish(event_id, email, account_id);
    return reminder_add(sql, &r, ret_id, DEADLINE_NEVER);
}

static uint64_t count_of(uint32_t event_id)
{
    struct reminder_count *counts;
    size_t count;
    assert_int_equal(reminder_counts(sql, &arena, &counts, &count, DEADLINE_NEVER), 0);
    for (size_t i = 0; i < count; i++) {
        if (counts[i].event_id == event_id)
            return counts[i].count;
    }
    return 0;
}

static size_t mails_to(const char *to)
{
    struct mail *mails;
    size_t count;
    assert_int_equal(mail_list(sql, 0, view_str(to), 100, &arena, &mails, &count, 0), 0);
    return count;
}

static void an_address_has_one_of_an_event(void **state)
{
    struct id first, again;
    assert_int_equal(add(1, "kim@example.org", (struct id){0}, &first), 0);
    assert_int_equal(add(1, "kim@example.org", member, &again), 0);
    assert_true(id_eq(first, again));
    assert_int_equal(count_of(1), 1);
    struct reminder *own;
    size_t count;
    assert_int_equal(reminder_list(sql, member, &arena, &own, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1); /* it is the account's from now on */
    assert_int_equal(reminder_list(sql, (struct id){0}, &arena, &own, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static void what_the_public_does_not_see_has_none(void **state)
{
    struct id id;
    assert_int_equal(add(3, "kim@example.org", member, &id), ERR_NOT_FOUND);
    assert_int_equal(add(4, "kim@example.org", member, &id), ERR_NOT_FOUND);
    assert_int_equal(add(0, "kim@example.org", member, &id), ERR_NOT_FOUND);
}

static void an_address_has_so_many_at_a_time(void **state)
{
    struct id id;
    for (uint32_t i = 0; i < REMINDERS_ADDRESS_MAX; i++)
        assert_int_equal(add(10 + i, "many@example.org", (struct id){0}, &id), 0);
    assert_int_equal(add(1, "many@example.org", (struct id){0}, &id), ERR_BUSY);
    assert_int_equal(reminder_cancel(sql, id, (struct id){0}, 0, DEADLINE_NEVER), 0);
    assert_int_equal(add(1, "many@example.org", (struct id){0}, &id), 0);
}

static void a_code_proves_the_address(void **state)
{
    const struct mail code = {
        .to = VIEW_LIT("lee@example.org"), .template = VIEW_LIT("code"), .params = VIEW_LIT("{}")};
    const uint8_t right[PROOF_HASH_BYTES] = {7}, wrong[PROOF_HASH_BYTES] = {8};
    const struct id fresh = {6, 1};
    struct reminder got, r = wish(2, "lee@example.org", (struct id){0});
    assert_int_equal(reminder_ask(sql, &r, right, &code, DEADLINE_NEVER), 0);
    assert_int_equal(mails_to("lee@example.org"), 1);
    assert_int_equal(count_of(2), 0);
    assert_int_equal(
        reminder_show(sql, r.reminder_id, wrong, fresh, NOW_MS, &arena, &got, DEADLINE_NEVER),
        ERR_DENIED);
    assert_int_equal(reminder_show(sql, r.reminder_id, right, fresh, NOW_MS + PROOF_LIFE_MS, &arena,
                                   &got, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(
        reminder_show(sql, r.reminder_id, right, fresh, NOW_MS, &arena, &got, DEADLINE_NEVER), 0);
    assert_true(id_eq(got.reminder_id, fresh));
    assert_int_equal(got.event_id, 2);
    assert_int_equal(count_of(2), 1);
    assert_int_equal(
        reminder_show(sql, r.reminder_id, right, fresh, NOW_MS, &arena, &got, DEADLINE_NEVER),
        ERR_NOT_FOUND);
    for (int i = 1; i < PROOFS_AN_HOUR + 1; i++) {
        r = wish(2, "lee@example.org", (struct id){0});
        r.created_at_ms += i;
        assert_int_equal(reminder_ask(sql, &r, right, &code, DEADLINE_NEVER),
                         i <= PROOFS_AN_HOUR ? 0 : ERR_FULL);
    }
    r = wish(3, "lee@example.org", (struct id){0});
    assert_int_equal(reminder_ask(sql, &r, right, &code, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static void one_mail_comes_of_it_and_none_once_it_is_taken_back(void **state)
{
    struct reminder *page;
    struct mail mails[3];
    struct id id;
    size_t count, written;
    assert_int_equal(add(1, "a@example.org", (struct id){0}, &id), 0);
    assert_int_equal(add(1, "b@example.org", member, &id), 0);
    assert_int_equal(add(1, "c@example.org", (struct id){0}, &id), 0);
    assert_int_equal(reminder_page(sql, 1, 3, &arena, &page, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        mails[i] = (struct mail){
            .to = page[i].email, .template = VIEW_LIT("opening"), .params = VIEW_LIT("{}")};
    assert_int_equal(reminder_cancel(sql, (struct id){0}, member, 1, DEADLINE_NEVER), 0);
    assert_int_equal(reminder_cancel(sql, (struct id){0}, member, 1, DEADLINE_NEVER), 0);
    assert_int_equal(reminder_done(sql, page, mails, count, &written, DEADLINE_NEVER), 0);
    assert_int_equal(written, 2);
    assert_int_equal(reminder_done(sql, page, mails, count, &written, DEADLINE_NEVER), 0);
    assert_int_equal(written, 0); /* another process was faster */
    assert_int_equal(mails_to("a@example.org"), 1);
    assert_int_equal(mails_to("b@example.org"), 0);
    assert_int_equal(count_of(1), 0);
}

static int run_forget(struct sql_job *job, struct sql_txn *txn)
{
    return reminder_forget(txn, member);
}

static void who_leaves_is_forgotten(void **state)
{
    struct sql_job forget = {.run = run_forget};
    struct id id;
    assert_int_equal(add(1, "member@example.org", member, &id), 0);
    assert_int_equal(add(2, "member@example.org", (struct id){0}, &id), 0);
    assert_int_equal(add(2, "other@example.org", (struct id){0}, &id), 0);
    assert_int_equal(sql_write(sql, &forget, DEADLINE_NEVER), 0);
    assert_int_equal(count_of(1), 0);
    assert_int_equal(count_of(2), 1);
}

static void what_is_old_is_forgotten(void **state)
{
    struct id id;
    assert_int_equal(add(1, "a@example.org", (struct id){0}, &id), 0);
    assert_int_equal(reminder_sweep(sql, NOW_MS + REMINDER_KEEP_MS, DEADLINE_NEVER), 0);
    assert_int_equal(count_of(1), 1);
    assert_int_equal(reminder_sweep(sql, NOW_MS + REMINDER_KEEP_MS + 1, DEADLINE_NEVER), 0);
    assert_int_equal(count_of(1), 0);
}

static int run_account(struct sql_job *job, struct sql_txn *txn)
{
    const struct account account = {
        .account_id = member, .email = VIEW_LIT("member@example.org"), .created_at_ms = NOW_MS};
    return account_add(txn, &account);
}

static int set_up(void **state)
{
    struct sql_job account = {.run = run_account};
    arena_init(&arena, 16 << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    assert_int_equal(accounts_migrate(sql, false, 1), 0);
    assert_int_equal(playbill_migrate(sql, false, 1), 0);
    assert_int_equal(playbill_seed(sql, NULL, 0, DEADLINE_NEVER), 0);
    assert_int_equal(sql_write(sql, &account, DEADLINE_NEVER), 0);
    for (uint32_t i = 1; i < 10 + REMINDERS_ADDRESS_MAX; i++) {
        const struct playbill_event event = {.event_id = i,
                                             .state = i == 3 ? PLAYBILL_DRAFT : PLAYBILL_PUBLISHED};
        if (i != 4)
            assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    }
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    sql_free(sql);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_has_one_of_an_event),
        TEST(what_the_public_does_not_see_has_none),
        TEST(an_address_has_so_many_at_a_time),
        TEST(a_code_proves_the_address),
        TEST(one_mail_comes_of_it_and_none_once_it_is_taken_back),
        TEST(who_leaves_is_forgotten),
        TEST(what_is_old_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
