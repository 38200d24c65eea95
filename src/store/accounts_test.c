#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/contacts.h"
#include "store/ended_guests.h"
#include "store/kept.h"
#include "store/proofs.h"

/* Accounts, proofs and sessions together: neither makes sense alone. */
static struct sql *sql;
static struct arena arena;
static int64_t now_ms = 1000000000000;
static uint64_t ids = 1;

static struct id fresh_id(void)
{
    return (struct id){7, ids++};
}

static struct mail mail_of(const char *to, const char *template)
{
    return (struct mail){.to = view_str(to),
                         .template = view_str(template),
                         .language = VIEW_LIT("en"),
                         .params = VIEW_LIT("{}"),
                         .created_at_ms = now_ms};
}

/* Returns as proof_put; the code is `code`. */
static int begin(enum proof_kind kind, const char *email, int code, struct id guest,
                 struct id *ret_proof_id)
{
    const struct mail known = mail_of(email, "known"), fresh = mail_of(email, "fresh");
    struct proof proof = {.proof_id = fresh_id(),
                          .kind = kind,
                          .email = view_str(email),
                          .code_hash = {(uint8_t)code},
                          .created_at_ms = now_ms,
                          .account_id = guest,
                          .name = VIEW_LIT("Kim"),
                          .language = VIEW_LIT("ko"),
                          .password = VIEW_LIT("$argon2id$old"),
                          .password_chars = 9};
    *ret_proof_id = proof.proof_id;
    return proof_put(sql, &proof, &known, &fresh, DEADLINE_NEVER);
}

static struct session session;
static struct account account;

static int show(enum proof_kind kind, const char *email, int code, struct id proof_id)
{
    session = (struct session){.session_id = fresh_id(),
                               .device = VIEW_LIT("phone"),
                               .address = VIEW_LIT("192.0.2.1"),
                               .created_at_ms = now_ms};
    const struct proof_showing showing = {.proof_id = proof_id,
                                          .kind = kind,
                                          .email = view_str(email),
                                          .code_hash = {(uint8_t)code},
                                          .fresh_account_id = fresh_id(),
                                          .password = VIEW_LIT("$argon2id$new"),
                                          .password_chars = 20,
                                          .session = &session};
    return proof_show(sql, &showing, &arena, &account, DEADLINE_NEVER);
}

static size_t mails(const char *to, const char *template)
{
    struct mail *list;
    size_t count, found = 0;
    assert_int_equal(mail_list(sql, 0, view_str(to), 100, &arena, &list, &count, DEADLINE_NEVER),
                     0);
    for (size_t i = 0; i < count; i++)
        found += view_eq(list[i].template, view_str(template));
    return found;
}

static size_t acts(const char *what)
{
    struct act *list;
    size_t count, found = 0;
    assert_int_equal(act_list(sql, 0, (struct id){0}, 100, &arena, &list, &count, DEADLINE_NEVER),
                     0);
    for (size_t i = 0; i < count; i++)
        found += view_eq(list[i].what, view_str(what));
    return found;
}

static void open_account(const char *email)
{
    struct id proof_id;
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &proof_id), 0);
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 1, proof_id), 0);
}

static int refresh(uint32_t generation)
{
    return session_refresh(sql, session.session_id, generation, VIEW_LIT("192.0.2.2"), now_ms,
                           &arena, &session, &account, DEADLINE_NEVER);
}

static size_t count_sessions(void)
{
    struct session *list;
    size_t count;
    assert_int_equal(
        session_list(sql, account.account_id, now_ms, &arena, &list, &count, DEADLINE_NEVER), 0);
    return count;
}

static void a_registration_needs_its_code_and_its_id(void **state)
{
    const char *email = "kim@example.org";
    struct id proof_id, other;
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &proof_id), 0);
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 2, (struct id){0}, &other), 0);
    assert_int_equal(mails(email, "fresh"), 2);
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 2, proof_id), ERR_DENIED);
    assert_int_equal(show(PROOF_OF_REGISTRATION, "lee@example.org", 1, proof_id), ERR_NOT_FOUND);
    assert_int_equal(show(PROOF_OF_RESET, email, 1, proof_id), ERR_NOT_FOUND);
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 1, fresh_id()), ERR_NOT_FOUND);
    assert_int_equal(account_find(sql, view_str(email), &arena, &account, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 1, proof_id), 0);
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 1, proof_id), ERR_NOT_FOUND);
    /* The other registration of the same address came too late. */
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 2, other), ERR_EXISTS);
    assert_int_equal(account_find(sql, view_str(email), &arena, &account, DEADLINE_NEVER), 0);
    assert_true(view_eq(account.name, VIEW_LIT("Kim")));
    assert_true(view_eq(account.language, VIEW_LIT("ko")));
    assert_true(view_eq(account.password, VIEW_LIT("$argon2id$old")));
    assert_int_equal(account.password_chars, 9);
    assert_int_equal(acts("register"), 1);
    assert_int_equal(count_sessions(), 1);
}

static void a_code_is_guessed_a_few_times_only(void **state)
{
    struct id proof_id;
    assert_int_equal(begin(PROOF_OF_REGISTRATION, "g@example.org", 1, (struct id){0}, &proof_id),
                     0);
    for (int i = 0; i < PROOF_TRIES_MAX; i++)
        assert_int_equal(show(PROOF_OF_REGISTRATION, "g@example.org", 2 + i, proof_id), ERR_DENIED);
    assert_int_equal(show(PROOF_OF_REGISTRATION, "g@example.org", 1, proof_id), ERR_NOT_FOUND);
}

static void a_code_ends_and_mails_are_few(void **state)
{
    const char *email = "slow@example.org";
    struct id proof_id, last;
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &proof_id), 0);
    for (int i = 1; i < PROOFS_AN_HOUR; i++)
        assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &last), 0);
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &last), ERR_FULL);
    assert_int_equal(mails(email, "fresh"), PROOFS_AN_HOUR);
    now_ms += PROOF_LIFE_MS;
    assert_int_equal(show(PROOF_OF_REGISTRATION, email, 1, proof_id), ERR_NOT_FOUND);
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &last), ERR_FULL);
    now_ms += 3600000;
    assert_int_equal(begin(PROOF_OF_REGISTRATION, email, 1, (struct id){0}, &last), 0);
}

static void who_asks_cannot_tell_whether_an_address_is_known(void **state)
{
    struct id proof_id;
    open_account("known@example.org");
    assert_int_equal(
        begin(PROOF_OF_REGISTRATION, "known@example.org", 3, (struct id){0}, &proof_id), 0);
    assert_int_equal(mails("known@example.org", "known"), 1);
    assert_int_equal(show(PROOF_OF_REGISTRATION, "known@example.org", 3, proof_id), ERR_DENIED);
    assert_int_equal(begin(PROOF_OF_RESET, "nobody@example.org", 3, (struct id){0}, &proof_id), 0);
    assert_int_equal(show(PROOF_OF_RESET, "nobody@example.org", 3, proof_id), ERR_DENIED);
}

static void a_guest_keeps_its_account_once(void **state)
{
    const struct id guest = fresh_id();
    struct id first, second;
    assert_int_equal(begin(PROOF_OF_REGISTRATION, "guest1@example.org", 1, guest, &first), 0);
    assert_int_equal(begin(PROOF_OF_REGISTRATION, "guest2@example.org", 1, guest, &second), 0);
    assert_int_equal(show(PROOF_OF_REGISTRATION, "guest1@example.org", 1, first), 0);
    assert_true(id_eq(account.account_id, guest) && id_eq(session.account_id, guest));
    assert_int_equal(show(PROOF_OF_REGISTRATION, "guest2@example.org", 1, second), 0);
    assert_false(id_eq(account.account_id, guest));
    assert_false(id_is_zero(account.account_id));
}

/* Nor does it come back once its account was deleted. */
static void a_guest_ends_where_its_account_begins(void **state)
{
    const struct id guest = fresh_id();
    const struct kept kept = {.kind = VIEW_LIT("account"), .sealed = VIEW_LIT("sealed")};
    const struct act act = {
        .at_ms = now_ms, .what = VIEW_LIT("account.delete"), .account_id = guest};
    const struct account_leaving leaving = {
        .account_id = guest, .kept = &kept, .kept_count = 1, .owner_role = 1, .act = &act};
    struct ended_guest *list;
    struct id proof_id;
    size_t before, count;
    assert_int_equal(ended_guest_read(sql, 0, 0, &arena, &list, &before, DEADLINE_NEVER), 0);
    open_account("nobody1@example.org"); /* it was no guest's */
    assert_int_equal(begin(PROOF_OF_REGISTRATION, "ended1@example.org", 1, guest, &proof_id), 0);
    assert_int_equal(show(PROOF_OF_REGISTRATION, "ended1@example.org", 1, proof_id), 0);
    assert_int_equal(account_delete(sql, &leaving, DEADLINE_NEVER), 0);
    assert_int_equal(begin(PROOF_OF_REGISTRATION, "ended1@example.org", 1, guest, &proof_id), 0);
    assert_int_equal(show(PROOF_OF_REGISTRATION, "ended1@example.org", 1, proof_id), 0);
    assert_false(id_eq(account.account_id, guest));
    assert_int_equal(ended_guest_read(sql, 0, 0, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, before + 1);
    assert_true(id_eq(list[before].account_id, guest) && list[before].ended_at_ms == now_ms);
    assert_int_equal(
        ended_guest_read(sql, list[before].number, 0, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static void a_reset_changes_the_password_and_ends_sessions(void **state)
{
    struct id proof_id;
    open_account("reset@example.org");
    const struct id before = account.account_id, old_session = session.session_id;
    assert_int_equal(begin(PROOF_OF_RESET, "reset@example.org", 5, (struct id){0}, &proof_id), 0);
    assert_int_equal(show(PROOF_OF_RESET, "reset@example.org", 5, proof_id), 0);
    assert_true(id_eq(account.account_id, before));
    assert_int_equal(account_get(sql, before, &arena, &account, DEADLINE_NEVER), 0);
    assert_true(view_eq(account.password, VIEW_LIT("$argon2id$new")));
    assert_int_equal(account.password_chars, 20);
    assert_int_equal(count_sessions(), 1);
    assert_int_equal(acts("password.reset"), 1);
    session.session_id = old_session;
    assert_int_equal(refresh(0), ERR_NOT_FOUND);
}

static void a_session_goes_on_and_a_lost_answer_is_given_again(void **state)
{
    open_account("s@example.org");
    assert_int_equal(refresh(0), 0);
    assert_int_equal(session.generation, 1);
    assert_true(view_eq(session.address, VIEW_LIT("192.0.2.2")));
    assert_true(view_eq(account.email, VIEW_LIT("s@example.org")));
    now_ms += SESSION_GRACE_MS - 1;
    assert_int_equal(refresh(0), 0); /* the same answer */
    assert_int_equal(session.generation, 1);
    assert_int_equal(refresh(1), 0);
    assert_int_equal(session.generation, 2);
    assert_int_equal(count_sessions(), 1);
    now_ms += SESSION_GRACE_MS;
    assert_int_equal(refresh(1), ERR_CONFLICT); /* two have it: it ends */
    assert_int_equal(refresh(2), ERR_NOT_FOUND);
    assert_int_equal(count_sessions(), 0);
    assert_int_equal(acts("session.reuse"), 1);
}

static void an_older_or_unknown_generation_ends_it_at_once(void **state)
{
    open_account("o@example.org");
    assert_int_equal(refresh(0), 0);
    assert_int_equal(refresh(1), 0);
    assert_int_equal(refresh(0), ERR_CONFLICT);
    assert_int_equal(refresh(2), ERR_NOT_FOUND);
    open_account("p@example.org");
    assert_int_equal(refresh(1), ERR_CONFLICT);
    assert_int_equal(refresh(0), ERR_NOT_FOUND);
}

static void a_session_ends_unused_and_in_any_case(void **state)
{
    open_account("idle@example.org");
    now_ms += SESSION_IDLE_MS;
    assert_int_equal(refresh(0), ERR_NOT_FOUND);
    open_account("life@example.org");
    for (uint32_t i = 0; i < SESSION_LIFE_MS / (SESSION_IDLE_MS - 1); i++) {
        now_ms += SESSION_IDLE_MS - 1;
        assert_int_equal(refresh(i), 0);
    }
    assert_int_equal(session.ends_at_ms, session.created_at_ms + SESSION_LIFE_MS);
    now_ms = session.ends_at_ms;
    assert_int_equal(refresh(session.generation), ERR_NOT_FOUND);
}

static void an_account_has_so_many_sessions(void **state)
{
    const struct act act = {.at_ms = now_ms, .what = VIEW_LIT("login")};
    open_account("many@example.org");
    const struct id first = session.session_id;
    for (int i = 0; i < SESSIONS_MAX; i++) {
        now_ms++;
        session = (struct session){
            .session_id = fresh_id(), .account_id = account.account_id, .created_at_ms = now_ms};
        assert_int_equal(session_put(sql, &session, &act, DEADLINE_NEVER), 0);
    }
    assert_int_equal(count_sessions(), SESSIONS_MAX);
    const struct id last = session.session_id;
    session.session_id = first;
    assert_int_equal(refresh(0), ERR_NOT_FOUND);
    assert_int_equal(session_end(sql, fresh_id(), last, &act, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(session_end(sql, account.account_id, last, &act, DEADLINE_NEVER), 0);
    assert_int_equal(session_end(sql, account.account_id, last, &act, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(count_sessions(), SESSIONS_MAX - 1);
}

static void acts_are_cut_and_paged(void **state)
{
    char about[400];
    struct act *list;
    size_t count;
    for (int i = 0; i < 133; i++)
        memcpy(about + 3 * i, "한", 3);
    const struct act act = {.at_ms = now_ms,
                            .what = VIEW_LIT("member.set"),
                            .account_id = {1, 2},
                            .address = VIEW_LIT("::1"),
                            .about = view_of(about, 399)};
    assert_int_equal(act_put(sql, &act, DEADLINE_NEVER), 0);
    assert_int_equal(act_list(sql, 0, (struct id){0}, 1, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].about.len, 198); /* whole characters of 200 bytes */
    assert_true(id_eq(list[0].account_id, act.account_id));
    assert_true(view_eq(list[0].address, act.address));
    const uint64_t newest = list[0].act_id;
    assert_int_equal(
        act_list(sql, newest, (struct id){0}, 1, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_true(count == 1 && list[0].act_id < newest);
}

static size_t found(const struct act_query *query, struct act **ret_list, uint64_t *ret_more)
{
    size_t count = 99;
    assert_int_equal(act_find(sql, query, 2, &arena, ret_list, &count, ret_more, DEADLINE_NEVER),
                     0);
    return count;
}

static void acts_are_searched(void **state)
{
    struct act *list;
    uint64_t more;
    for (int i = 0; i < 3; i++) {
        const struct act act = {.at_ms = now_ms + 5000 + i,
                                .what = i == 1 ? VIEW_LIT("search.other") : VIEW_LIT("search.one"),
                                .account_id = {9, (uint64_t)i},
                                .address = VIEW_LIT("192.0.2.9"),
                                .about = VIEW_LIT("organiser 3, bar 7: somebody")};
        assert_int_equal(act_put(sql, &act, DEADLINE_NEVER), 0);
    }
    struct act_query query = {.what = VIEW_LIT("search."), .text = VIEW_LIT("bar 7")};
    assert_int_equal(found(&query, &list, &more), 2);
    assert_true(list[0].at_ms == now_ms + 5002 && more == list[1].act_id);
    query.before_act_id = more;
    assert_int_equal(found(&query, &list, &more), 1);
    assert_true(list[0].at_ms == now_ms + 5000 && more == 0);
    query = (struct act_query){.what = VIEW_LIT("search.one"), .from_ms = now_ms + 5001};
    assert_int_equal(found(&query, &list, &more), 1);
    query = (struct act_query){.text = VIEW_LIT("192.0.2.9"), .to_ms = now_ms + 5001};
    assert_int_equal(found(&query, &list, &more), 2);
    query = (struct act_query){.account_id = {9, 1}, .what = VIEW_LIT("search.")};
    assert_int_equal(found(&query, &list, &more), 1);
    query.text = VIEW_LIT("nobody");
    assert_int_equal(found(&query, &list, &more), 0);
}

static int set_up(void **state)
{
    arena_init(&arena, 8 << 20);
    int err = sodium_init() < 0 ? ERR_IO : sql_faulty_new(&arena, &sql);
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
        cmocka_unit_test(a_registration_needs_its_code_and_its_id),
        cmocka_unit_test(a_code_is_guessed_a_few_times_only),
        cmocka_unit_test(a_code_ends_and_mails_are_few),
        cmocka_unit_test(who_asks_cannot_tell_whether_an_address_is_known),
        cmocka_unit_test(a_guest_keeps_its_account_once),
        cmocka_unit_test(a_guest_ends_where_its_account_begins),
        cmocka_unit_test(a_reset_changes_the_password_and_ends_sessions),
        cmocka_unit_test(a_session_goes_on_and_a_lost_answer_is_given_again),
        cmocka_unit_test(an_older_or_unknown_generation_ends_it_at_once),
        cmocka_unit_test(a_session_ends_unused_and_in_any_case),
        cmocka_unit_test(an_account_has_so_many_sessions),
        cmocka_unit_test(acts_are_cut_and_paged),
        cmocka_unit_test(acts_are_searched),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
