#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/auth/fixture_test.h"
#include "svc/auth/verified.h"
#include "token/guest.h"
#include "token/roles.h"

#define DAY_MS INT64_C(86400000)

static Usher__V1__CreateGuestResponse guest;
static char header[GUEST_TOKEN_MAX + 16];

static int begin(size_t arena_max)
{
    Usher__V1__CreateGuestRequest request = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    fixture.arena_max = arena_max;
    int err = fixture_call(auth_create_guest, &request,
                           &usher__v1__create_guest_response__descriptor, &guest);
    if (!err)
        snprintf(header, sizeof(header), "Bearer %s", guest.token);
    return err;
}

static int identify(const char *text, struct identity *ret)
{
    return fixture_identify(text, ret);
}

static void a_guest_is_known_until_the_end(void **state)
{
    struct identity who;
    char account[ID_TEXT_CHARS + 1];
    assert_int_equal(begin(4096), 0);
    assert_int_equal(guest.expires_at_ms, clock_wall_ms(&fixture.now.clock) / 1000 * 1000 + DAY_MS);
    for (int times = 0; times < 2; times++) { /* checked, then remembered */
        assert_int_equal(identify(header, &who), 0);
        assert_int_equal(who.roles, ROLE_GUEST);
        id_format(who.account_id, account);
        assert_string_equal(account, guest.account_id);
    }
    memcpy(header, "bEARER", 6);
    assert_int_equal(identify(header, &who), 0);
    fixture_advance_ms(DAY_MS + 1000);
    assert_int_equal(identify(header, &who), ERR_DENIED);
    assert_int_equal(who.roles, 0);
}

static void a_shorter_time_is_that_of_older_tokens_too(void **state)
{
    struct identity who;
    assert_int_equal(begin(4096), 0);
    fixture.auth.guest_ttl_s = 3600;
    fixture_advance_ms(3598000);
    assert_int_equal(identify(header, &who), 0);
    fixture_advance_ms(3000);
    assert_int_equal(identify(header, &who), ERR_DENIED);
    fixture.auth.guest_ttl_s = DAY_MS / 1000;
}

struct end_job {
    struct sql_job job;
    struct id account_id;
    int64_t now_ms;
};

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    const struct end_job *job = (const struct end_job *)base;
    return ended_guest_add(txn, job->account_id, job->now_ms);
}

static void a_guest_who_has_become_an_account_is_known_no_more(void **state)
{
    struct end_job job = {.job.run = run_end, .now_ms = clock_wall_ms(&fixture.now.clock)};
    struct identity who;
    char other[sizeof(header)];
    assert_int_equal(begin(4096), 0);
    snprintf(other, sizeof(other), "%s", header);
    assert_int_equal(begin(4096), 0);
    assert_int_equal(identify(header, &who), 0); /* remembered */
    job.account_id = who.account_id;
    assert_int_equal(sql_write(fixture.sql, &job.job, DEADLINE_NEVER), 0); /* by another process */
    assert_int_equal(auth_read_ended(&fixture.auth, DEADLINE_NEVER), 0);
    assert_int_equal(identify(header, &who), ERR_DENIED);
    assert_int_equal(identify(other, &who), 0);
}

static void guests_differ(void **state)
{
    char first[ID_TEXT_CHARS + 1];
    assert_int_equal(begin(4096), 0);
    snprintf(first, sizeof(first), "%s", guest.account_id);
    assert_int_equal(begin(4096), 0);
    assert_string_not_equal(first, guest.account_id);
}

static void every_byte_counts_remembered_or_not(void **state)
{
    struct identity who;
    assert_int_equal(begin(4096), 0);
    for (int times = 0; times < 2; times++) {
        for (size_t i = 0; header[i]; i++) {
            char was = header[i];
            header[i] ^= 1;
            if (!(i < 6 && (header[i] ^ was) == 0x20))
                assert_int_equal(identify(header, &who), ERR_DENIED);
            header[i] = was;
        }
        assert_int_equal(identify(header, &who), 0);
    }
}

static void the_organiser_shows_the_key(void **state)
{
    struct identity who;
    char text[64] = "Bearer ";
    memcpy(text + 7, fixture.auth.operator_text, KEY_TEXT_CHARS + 1);
    assert_int_equal(identify(text, &who), 0);
    assert_int_equal(who.roles, ROLE_OPERATOR);
    assert_true(id_is_zero(who.account_id));
    for (size_t i = 7; text[i]; i++) {
        text[i] ^= 1;
        assert_int_equal(identify(text, &who), ERR_DENIED);
        text[i] ^= 1;
    }
    text[7 + KEY_TEXT_CHARS - 1] = '\0';
    assert_int_equal(identify(text, &who), ERR_DENIED);
}

static void nobody_and_nonsense(void **state)
{
    static const char *const wrong[] = {
        "Bearer", "Bearer ", "Bearer  ", "Basic dXNoZXI6", "x", "Bearer eyJhbGciOiJub25lIn0.e30."};
    struct identity who;
    assert_int_equal(identify("", &who), 0);
    assert_int_equal(who.roles, 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(identify(wrong[i], &who), ERR_DENIED);
}

static void no_memory_is_said(void **state)
{
    assert_int_not_equal(begin(32), 0);
    assert_int_equal(fixture.failed, CODE_RESOURCE_EXHAUSTED);
}

static void memory_of_tokens_is_bounded_and_exact(void **state)
{
    static struct verified v;
    struct guest_claims guest_claims = {.issued_at_s = 1, .expires_at_s = 100};
    struct access_claims claims = {.expires_at_s = 100}, found;
    char text[GUEST_TOKEN_MAX];
    int kept = 0;
    for (uint64_t i = 1; i <= 2 * VERIFIED_SLOTS; i++) {
        claims.account_id.lo = guest_claims.account_id.lo = i;
        size_t len = guest_token_write(fixture.auth.guest_key, &guest_claims, text);
        assert_false(verified_find(&v, view_of(text, len), 1, &found));
        verified_keep(&v, view_of(text, len), &claims);
        assert_true(verified_find(&v, view_of(text, len), 99, &found));
        assert_int_equal(found.account_id.lo, i);
        assert_false(verified_find(&v, view_of(text, len), 100, &found));
    }
    for (uint64_t i = 1; i <= 2 * VERIFIED_SLOTS; i++) {
        claims.account_id.lo = guest_claims.account_id.lo = i;
        size_t len = guest_token_write(fixture.auth.guest_key, &guest_claims, text);
        kept += verified_find(&v, view_of(text, len), 1, &found);
    }
    /* Two tokens a place: 1 − e⁻² of the places are taken if they spread evenly. */
    assert_in_range(kept, VERIFIED_SLOTS * 80 / 100, VERIFIED_SLOTS);
    assert_false(verified_find(&v, VIEW_LIT("abc"), 1, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_known_until_the_end),
        cmocka_unit_test(a_shorter_time_is_that_of_older_tokens_too),
        cmocka_unit_test(a_guest_who_has_become_an_account_is_known_no_more),
        cmocka_unit_test(guests_differ),
        cmocka_unit_test(every_byte_counts_remembered_or_not),
        cmocka_unit_test(the_organiser_shows_the_key),
        cmocka_unit_test(nobody_and_nonsense),
        cmocka_unit_test(no_memory_is_said),
        cmocka_unit_test(memory_of_tokens_is_bounded_and_exact),
    };
    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
