#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "sale/order_number.h"
#include "store/contacts.h"
#include "store/ended_guests.h"
#include "store/order_proofs.h"

#define START_MS INT64_C(1000000000000)

/* A guest's order and one of an account with a sign-in. */
static struct sql *sql;
static struct arena arena;
static const struct id guest = {1, 1}, member = {1, 2};
static const struct id guest_order = {0x12345678, 3}, member_order = {0x12345678, 4};
static uint64_t proofs = 1;

struct job {
    struct sql_job job;
    struct id order_id, account_id;
    const struct account *account; /* to be added; NULL: the order was placed */
    bool ends;                     /* the guest */
};

static int run(struct sql_job *base, struct sql_txn *txn)
{
    const struct job *job = (const struct job *)base;
    if (job->ends)
        return ended_guest_add(txn, job->account_id, START_MS);
    return job->account ? account_add(txn, job->account)
                        : contact_order(txn, job->order_id, job->account_id);
}

static void place(struct id order_id, struct id account_id, const char *email)
{
    struct job job = {.job.run = run, .order_id = order_id, .account_id = account_id};
    const struct contact contact = {.order_id = order_id,
                                    .account_id = account_id,
                                    .name = VIEW_LIT("Kim"),
                                    .email = view_str(email),
                                    .language = VIEW_LIT("ko"),
                                    .created_at_ms = START_MS};
    assert_int_equal(contact_put(sql, &contact, DEADLINE_NEVER), 0);
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
}

static int begin(struct id order_id, const char *email, int64_t at_ms, struct id *ret_proof_id)
{
    static char number[ORDER_NUMBER_CHARS + 1];
    const struct mail code = {.template = VIEW_LIT("open"), .params = VIEW_LIT("{}")};
    const struct mail sign_in = {.template = VIEW_LIT("signin"), .params = VIEW_LIT("{}")};
    order_number_write(order_id, number);
    const struct order_proof proof = {.proof_id = {9, proofs++},
                                      .number = view_str(number),
                                      .email = view_str(email),
                                      .code_hash = {7},
                                      .created_at_ms = at_ms};
    *ret_proof_id = proof.proof_id;
    return order_proof_put(sql, &proof, &code, &sign_in, DEADLINE_NEVER);
}

static int show(struct id proof_id, uint8_t code, int64_t at_ms, struct id *ret_order)
{
    const uint8_t hash[PROOF_HASH_BYTES] = {code};
    struct id account = {0};
    const int err =
        order_proof_show(sql, proof_id, hash, at_ms, &account, ret_order, DEADLINE_NEVER);
    assert_true(err != 0 || id_eq(account, guest));
    return err;
}

/* The newest mail's template; "" where there is none. */
static struct view last_mail(const char *to)
{
    struct mail *mails;
    size_t count;
    assert_int_equal(mail_list(sql, 0, view_str(to), 1, &arena, &mails, &count, 0), 0);
    return count ? mails[0].template : VIEW_LIT("");
}

static void a_guest_s_order_is_opened_once_by_its_code(void **state)
{
    struct id proof, order = {0};
    assert_int_equal(begin(guest_order, "guest@example.org", START_MS, &proof), 0);
    assert_true(view_eq(last_mail("guest@example.org"), VIEW_LIT("open")));
    assert_int_equal(show(proof, 8, START_MS, &order), ERR_DENIED);
    assert_int_equal(show(proof, 7, START_MS + PROOF_LIFE_MS, &order), ERR_NOT_FOUND);
    assert_int_equal(show(proof, 7, START_MS, &order), 0);
    assert_true(id_eq(order, guest_order));
    assert_int_equal(show(proof, 7, START_MS, &order), ERR_NOT_FOUND);
}

static void a_code_is_guessed_a_few_times_only(void **state)
{
    struct id proof, order;
    assert_int_equal(begin(guest_order, "guest@example.org", START_MS, &proof), 0);
    for (int i = 0; i < PROOF_TRIES_MAX; i++)
        assert_int_equal(show(proof, 8, START_MS, &order), ERR_DENIED);
    assert_int_equal(show(proof, 7, START_MS, &order), ERR_NOT_FOUND);
}

static void an_account_is_told_to_sign_in(void **state)
{
    struct id proof, order;
    assert_int_equal(begin(member_order, "member@example.org", START_MS, &proof), 0);
    assert_true(view_eq(last_mail("member@example.org"), VIEW_LIT("signin")));
    assert_int_equal(show(proof, 7, START_MS, &order), ERR_DENIED); /* there is no code */
}

static void who_asks_cannot_tell_whether_there_is_an_order(void **state)
{
    struct id proof, order;
    assert_int_equal(begin(guest_order, "nobody@example.org", START_MS, &proof), 0);
    assert_int_equal(last_mail("nobody@example.org").len, 0);
    assert_int_equal(show(proof, 7, START_MS, &order), ERR_DENIED);
}

static void who_becomes_an_account_meanwhile_signs_in(void **state)
{
    const struct id late = {1, 9}, late_order = {0x12345679, 9};
    struct job job = {.job.run = run, .account_id = late, .ends = true};
    struct id proof, order;
    place(late_order, late, "late@example.org");
    assert_int_equal(begin(late_order, "late@example.org", START_MS, &proof), 0);
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
    assert_int_equal(show(proof, 7, START_MS, &order), ERR_NOT_FOUND);
}

static void mails_are_few(void **state)
{
    const int64_t later_ms = START_MS + 10000000;
    struct id proof;
    for (int i = 0; i < PROOFS_AN_HOUR; i++)
        assert_int_equal(begin(guest_order, "guest@example.org", later_ms, &proof), 0);
    assert_int_equal(begin(guest_order, "guest@example.org", later_ms, &proof), ERR_FULL);
    assert_int_equal(begin(guest_order, "guest@example.org", later_ms + 3600001, &proof), 0);
}

static int set_up(void **state)
{
    const struct account account = {
        .account_id = member, .email = VIEW_LIT("member@example.org"), .created_at_ms = START_MS};
    struct job add = {.job.run = run, .account = &account};
    arena_init(&arena, 4 << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    assert_int_equal(accounts_migrate(sql, false, 1), 0);
    assert_int_equal(contacts_migrate(sql, false, 1), 0);
    assert_int_equal(sql_write(sql, &add.job, DEADLINE_NEVER), 0);
    place(guest_order, guest, "guest@example.org");
    place(member_order, member, "member@example.org");
    return 0;
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
        cmocka_unit_test(a_guest_s_order_is_opened_once_by_its_code),
        cmocka_unit_test(a_code_is_guessed_a_few_times_only),
        cmocka_unit_test(an_account_is_told_to_sign_in),
        cmocka_unit_test(who_asks_cannot_tell_whether_there_is_an_order),
        cmocka_unit_test(who_becomes_an_account_meanwhile_signs_in),
        cmocka_unit_test(mails_are_few),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
