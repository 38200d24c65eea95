#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/consents.h"
#include "store/externals.h"

static struct sql *sql;
static struct arena arena;
static const struct id kim = {1, 1}, lee = {1, 2};
static const struct act act = {.at_ms = 5, .what = VIEW_LIT("provider.linked")};

struct job {
    struct sql_job job;
    const struct account *account;
    const struct consent *consent; /* of Kim's; NULL: the account is added */
};

static int run(struct sql_job *base, struct sql_txn *txn)
{
    const struct job *job = (const struct job *)base;
    return job->consent ? consent_add(txn, kim, job->consent) : account_add(txn, job->account);
}

static int add(struct id account_id, const char *email)
{
    const struct account account = {.account_id = account_id, .email = view_str(email)};
    struct job job = {.job.run = run, .account = &account};
    return sql_write(sql, &job.job, DEADLINE_NEVER);
}

static struct external known_as(const char *provider, const char *subject)
{
    return (struct external){.provider = view_str(provider),
                             .subject = view_str(subject),
                             .email = VIEW_LIT("kim@service.example"),
                             .linked_at_ms = 6};
}

static void an_account_is_found_by_what_a_service_knows(void **state)
{
    const struct external kakao = known_as("kakao", "100"), naver = known_as("naver", "100");
    struct external *list;
    struct account found;
    size_t count;
    assert_int_equal(external_find(sql, kakao.provider, kakao.subject, &arena, &found, 0),
                     ERR_NOT_FOUND);
    assert_int_equal(external_link(sql, kim, &kakao, &act, DEADLINE_NEVER), 0);
    assert_int_equal(external_link(sql, kim, &kakao, &act, DEADLINE_NEVER), 0); /* idempotent */
    assert_int_equal(external_link(sql, lee, &kakao, &act, DEADLINE_NEVER), ERR_CONFLICT);
    assert_int_equal(external_link(sql, lee, &naver, &act, DEADLINE_NEVER), 0);
    assert_int_equal(external_link(sql, (struct id){9, 9}, &kakao, &act, 0), ERR_NOT_FOUND);
    assert_int_equal(external_find(sql, kakao.provider, kakao.subject, &arena, &found, 0), 0);
    assert_true(id_eq(found.account_id, kim));
    assert_int_equal(external_list(sql, kim, &arena, &list, &count, 0), 0);
    assert_true(count == 1 && view_eq(list[0].subject, kakao.subject));
    assert_true(view_eq(list[0].email, kakao.email) && list[0].linked_at_ms == 6);
}

static void an_account_has_so_many(void **state)
{
    char subject[] = "0";
    int err = 0;
    for (int i = 0; i < EXTERNALS_MAX && err == 0; i++) {
        subject[0] = (char)('a' + i);
        const struct external external = known_as("google", subject);
        err = external_link(sql, kim, &external, &act, DEADLINE_NEVER);
    }
    assert_int_equal(err, ERR_FULL);
}

static void what_is_disconnected_is_known_no_more(void **state)
{
    struct account found;
    assert_int_equal(external_unlink(sql, kim, VIEW_LIT("kakao"), &act, DEADLINE_NEVER), 0);
    assert_int_equal(external_unlink(sql, kim, VIEW_LIT("kakao"), &act, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(external_find(sql, VIEW_LIT("kakao"), VIEW_LIT("100"), &arena, &found, 0),
                     ERR_NOT_FOUND);
}

static void a_consent_is_written_down_once_a_version(void **state)
{
    struct consent consent = {.what = VIEW_LIT("terms"),
                              .version = VIEW_LIT("2026-11"),
                              .at_ms = 7,
                              .address = VIEW_LIT("::1")};
    struct job job = {.job.run = run, .consent = &consent};
    struct consent *list;
    size_t count;
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
    consent.at_ms = 8;
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
    assert_int_equal(consent_list(sql, kim, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_true(count == 1 && list[0].at_ms == 7 && view_eq(list[0].address, VIEW_LIT("::1")));
    consent.version = VIEW_LIT("2026-12");
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
    assert_int_equal(consent_list(sql, kim, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_true(count == 2 && view_eq(list[1].version, consent.version));
}

static int set_up(void **state)
{
    arena_init(&arena, 4 << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    assert_int_equal(accounts_migrate(sql, false, 1), 0);
    assert_int_equal(add(kim, "kim@example.org"), 0);
    assert_int_equal(add(lee, "lee@example.org"), 0);
    return 0;
}

static int tear_down(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_found_by_what_a_service_knows),
        cmocka_unit_test(an_account_has_so_many),
        cmocka_unit_test(what_is_disconnected_is_known_no_more),
        cmocka_unit_test(a_consent_is_written_down_once_a_version),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
