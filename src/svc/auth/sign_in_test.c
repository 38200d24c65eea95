#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/auth/breached.h"
#include "svc/auth/fixture_test.h"
#include "token/refresh.h"
#include "token/roles.h"

#define EMAIL    "kim@example.org"
#define PASSWORD "correct horse battery"

static Usher__V1__Session session;
static Usher__V1__Account account;
static char request_id[ID_TEXT_CHARS + 1];

static int create_as(const char *email, const char *password)
{
    Usher__V1__CreateAccountRequest wish = USHER__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Usher__V1__CreateAccountResponse answer;
    wish.email = (char *)email;
    wish.password = (char *)password;
    wish.name = (char *)"Kim";
    wish.language = (char *)"ko";
    wish.terms = true;
    int err = fixture_call(auth_create_account, &wish,
                           &usher__v1__create_account_response__descriptor, &answer);
    if (!err)
        snprintf(request_id, sizeof(request_id), "%s", answer.request_id);
    return err;
}

static int verify(const char *email, const char *code)
{
    Usher__V1__VerifyEmailRequest wish = USHER__V1__VERIFY_EMAIL_REQUEST__INIT;
    wish.email = (char *)email;
    wish.code = (char *)code;
    wish.request_id = request_id;
    wish.device = (char *)"a phone";
    return fixture_call(auth_verify_email, &wish, &usher__v1__session__descriptor, &session);
}

static int log_in(const char *email, const char *password)
{
    Usher__V1__LogInRequest wish = USHER__V1__LOG_IN_REQUEST__INIT;
    wish.email = (char *)email;
    wish.password = (char *)password;
    return fixture_call(auth_log_in, &wish, &usher__v1__session__descriptor, &session);
}

static int refresh(const char *token)
{
    Usher__V1__RefreshRequest wish = USHER__V1__REFRESH_REQUEST__INIT;
    wish.refresh_token = (char *)token;
    return fixture_call(auth_refresh, &wish, &usher__v1__session__descriptor, &session);
}

static int log_out(const char *token)
{
    Usher__V1__LogOutRequest wish = USHER__V1__LOG_OUT_REQUEST__INIT;
    Usher__V1__LogOutResponse answer;
    wish.refresh_token = (char *)token;
    return fixture_call(auth_log_out, &wish, &usher__v1__log_out_response__descriptor, &answer);
}

static int get_account(void)
{
    Usher__V1__GetAccountRequest wish = USHER__V1__GET_ACCOUNT_REQUEST__INIT;
    return fixture_call(auth_get_account, &wish, &usher__v1__account__descriptor, &account);
}

static void open_account(void)
{
    assert_int_equal(create_as(EMAIL, PASSWORD), 0);
    assert_int_equal(verify(EMAIL, fixture_code(EMAIL)), 0);
}

static void assert_refused(enum code code, const char *reason, const char *field)
{
    assert_int_equal(fixture.failed, code);
    assert_string_equal(fixture.reason, reason);
    assert_string_equal(fixture.field, field);
}

/* The caller that the session's access token stands for. */
static void show_access(void)
{
    char header[ACCESS_TOKEN_MAX + 16];
    snprintf(header, sizeof(header), "Bearer %s", session.access_token);
    assert_int_equal(fixture_identify(header, &fixture.caller), 0);
}

static void an_account_begins_with_the_code_of_the_mail(void **state)
{
    char spaced[16];
    assert_int_equal(create_as("Kim@Example.org", PASSWORD), 0);
    assert_string_equal(fixture_template(EMAIL), "verify");
    assert_int_not_equal(log_in(EMAIL, PASSWORD), 0); /* not before it is verified */
    assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    snprintf(spaced, sizeof(spaced), "%.4s %.4s", fixture_code(EMAIL), fixture_code(EMAIL) + 4);
    assert_int_equal(verify(EMAIL, spaced), 0);
    assert_string_equal(session.account->email, EMAIL);
    assert_string_equal(session.account->name, "Kim");
    assert_string_equal(session.account->language, "ko");
    assert_true(session.account->email_verified && !session.account->guest);
    assert_int_equal(session.access_expires_at_ms,
                     clock_wall_ms(&fixture.now.clock) / 1000 * 1000 + 1000 * AUTH_ACCESS_TTL_S);
    assert_int_equal(session.refresh_expires_at_ms,
                     clock_wall_ms(&fixture.now.clock) + SESSION_IDLE_MS);
    show_access();
    assert_int_equal(fixture.caller.roles, ROLE_BUYER);
    assert_int_equal(get_account(), 0);
    assert_string_equal(account.account_id, session.account->account_id);
    assert_int_equal(fixture_acts("register"), 1);
}

static void what_is_wrong_with_a_registration_is_said(void **state)
{
    Usher__V1__CreateAccountRequest wish = USHER__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Usher__V1__CreateAccountResponse answer;
    char long_name[ACCOUNT_NAME_MAX + 2];
    assert_int_not_equal(create_as("kim@example", PASSWORD), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email");
    assert_int_not_equal(create_as(EMAIL, "short"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "PASSWORD_REFUSED", "password");
    assert_int_not_equal(create_as(EMAIL, "password"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "PASSWORD_REFUSED", "password");
    wish.email = (char *)EMAIL;
    wish.password = (char *)PASSWORD;
    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    const char *const names[] = {"", "a\nb", "\x7f", "\xff", long_name};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        wish.name = (char *)names[i];
        assert_int_not_equal(fixture_call(auth_create_account, &wish,
                                          &usher__v1__create_account_response__descriptor, &answer),
                             0);
        assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name");
    }
    wish.name = (char *)"Kim";
    wish.language = (char *)"fr";
    assert_int_not_equal(fixture_call(auth_create_account, &wish,
                                      &usher__v1__create_account_response__descriptor, &answer),
                         0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "language");
    wish.language = (char *)"";
    assert_int_not_equal(fixture_call(auth_create_account, &wish,
                                      &usher__v1__create_account_response__descriptor, &answer),
                         0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "terms");
    assert_string_equal(fixture_template(EMAIL), ""); /* nothing was mailed */
}

static void a_wrong_code_is_none(void **state)
{
    char code[9];
    assert_int_equal(create_as(EMAIL, PASSWORD), 0);
    snprintf(code, sizeof(code), "%s", fixture_code(EMAIL));
    code[7] = code[7] == '0' ? '1' : '0';
    assert_int_not_equal(verify(EMAIL, code), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    const char *const wrong[] = {"", "1234567", "123456789", "1234567a"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_not_equal(verify(EMAIL, wrong[i]), 0);
        assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "code");
    }
    request_id[0] = 'u';
    assert_int_not_equal(verify(EMAIL, fixture_code(EMAIL)), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "request_id");
    snprintf(request_id, sizeof(request_id), "00000000000000000000000001");
    assert_int_not_equal(verify(EMAIL, fixture_code(EMAIL)), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "request_id");
}

static void mails_to_one_address_are_few(void **state)
{
    for (int i = 0; i < PROOFS_AN_HOUR; i++)
        assert_int_equal(create_as(EMAIL, PASSWORD), 0);
    assert_int_not_equal(create_as(EMAIL, PASSWORD), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
    assert_true(fixture.retry_after_ms > 0);
}

static void a_known_address_is_not_told(void **state)
{
    open_account();
    assert_int_equal(create_as(EMAIL, PASSWORD " 2"), 0);
    assert_string_equal(fixture_template(EMAIL), "known");
    assert_string_equal(fixture_code(EMAIL), ""); /* there is nothing to prove by it */
    assert_int_not_equal(verify(EMAIL, "12345678"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    assert_int_equal(log_in(EMAIL, PASSWORD), 0); /* and the password is what it was */
}

static void a_guest_becomes_an_account_of_the_same_id(void **state)
{
    char guest[ID_TEXT_CHARS + 1];
    fixture.caller = (struct identity){.roles = ROLE_GUEST, .account_id = {11, 12}};
    assert_int_equal(get_account(), 0);
    assert_true(account.guest);
    id_format(fixture.caller.account_id, guest);
    assert_string_equal(account.account_id, guest);
    const struct id guest_id = fixture.caller.account_id;
    assert_false(ended_has(&fixture.auth.ended, guest_id, 0));
    open_account();
    assert_string_equal(session.account->account_id, guest);
    assert_true(ended_has(&fixture.auth.ended, guest_id, 0)); /* its token */
    show_access();
    assert_int_equal(get_account(), 0);
    assert_false(account.guest);
    assert_string_equal(account.email, EMAIL);
}

static void a_password_of_a_breach_is_refused(void **state)
{
    char path[] = "/tmp/usher-breached-XXXXXX";
    /* SHA-1 of "correct horse battery staple", and one beside it. */
    static const char lines[] = "ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:213\r\n"
                                "ABF7AAD6438836DBE526AA231ABDE2D0EEF74D43:1\r\n";
    struct breached *breached;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
    close(fd);
    assert_int_equal(breached_open(path, &breached), 0);
    unlink(path);
    assert_int_equal(create_as(EMAIL, "correct horse battery staple"), 0); /* without a file */
    fixture.auth.breached = breached;
    assert_int_not_equal(create_as(EMAIL, "correct horse battery staple"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "PASSWORD_REFUSED", "password");
    assert_int_equal(create_as(EMAIL, "correct horse battery stapler"), 0);
    breached_close(breached);
}

/* From a device and a network that were never seen: the owner hears of it. */
static void an_unusual_sign_in_is_told_its_owner(void **state)
{
    Usher__V1__LogInRequest wish = USHER__V1__LOG_IN_REQUEST__INIT;
    wish.email = (char *)EMAIL;
    wish.password = (char *)PASSWORD;
    wish.device = (char *)"a phone";
    fixture.address = "192.0.2.7";
    open_account();
    assert_int_equal(fixture_call(auth_log_in, &wish, &usher__v1__session__descriptor, &session),
                     0);
    const size_t before = fixture_mails(EMAIL);
    fixture.address = "203.0.113.9";
    assert_int_equal(fixture_call(auth_log_in, &wish, &usher__v1__session__descriptor, &session),
                     0);
    assert_int_equal(fixture_mails(EMAIL), before); /* on the way, with one's own telephone */
    wish.device = (char *)"another";
    fixture.address = "198.51.100.4";
    assert_int_equal(fixture_call(auth_log_in, &wish, &usher__v1__session__descriptor, &session),
                     0);
    assert_int_equal(fixture_acts("login.unusual"), 1);
    assert_int_equal(fixture_mails(EMAIL), before + 1);
    assert_string_equal(fixture_template(EMAIL), "changed");
    assert_int_equal(fixture_call(auth_log_in, &wish, &usher__v1__session__descriptor, &session),
                     0);
    assert_int_equal(fixture_mails(EMAIL), before + 1); /* once */
}

static void an_account_that_is_gone_is_told(void **state)
{
    fixture.caller = (struct identity){.roles = ROLE_BUYER, .account_id = {11, 12}};
    assert_int_not_equal(get_account(), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
}

/* Nobody is made to change it: years later, and after many sign-ins, it is the same. */
static void a_password_ends_by_no_time(void **state)
{
    open_account();
    for (int year = 1; year <= 5; year++) {
        fixture_advance_ms(366 * INT64_C(86400000));
        assert_int_equal(log_in(EMAIL, PASSWORD), 0);
    }
}

static void a_sign_in_needs_the_password(void **state)
{
    open_account();
    assert_int_not_equal(log_in(EMAIL, PASSWORD "x"), 0);
    assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    assert_int_not_equal(log_in("lee@example.org", PASSWORD), 0);
    assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    assert_int_not_equal(log_in("lee", PASSWORD), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email");
    assert_int_equal(fixture_acts("login.failed"), 2);
    assert_int_equal(log_in("KIM@example.org", PASSWORD), 0);
    assert_int_equal(fixture_acts("login"), 1);
}

static void failures_are_slowed_and_success_is_not(void **state)
{
    open_account();
    for (int i = 0; i < 7; i++)
        assert_int_equal(log_in(EMAIL, PASSWORD), 0);
    for (int i = 0; i < 5; i++)
        assert_int_not_equal(log_in(EMAIL, "wrong password"), 0);
    assert_int_not_equal(log_in(EMAIL, PASSWORD), 0); /* right or not: no answer */
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
    assert_int_equal(fixture.retry_after_ms, 30000);
    fixture_advance_ms(30000);
    assert_int_equal(log_in(EMAIL, PASSWORD), 0);
}

static void a_refresh_token_is_used_once(void **state)
{
    char first[128], second[128];
    open_account();
    snprintf(first, sizeof(first), "%s", session.refresh_token);
    fixture_advance_ms(600000);
    assert_int_equal(refresh(first), 0);
    snprintf(second, sizeof(second), "%s", session.refresh_token);
    assert_string_not_equal(first, second);
    show_access();
    assert_int_equal(refresh(first), 0); /* the answer was lost just now */
    assert_string_equal(session.refresh_token, second);
    fixture_advance_ms(SESSION_GRACE_MS);
    assert_int_not_equal(refresh(first), 0); /* stolen: it ends for both */
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
    assert_int_not_equal(refresh(second), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
    assert_int_not_equal(refresh("nonsense"), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
}

static void who_logs_out_is_out(void **state)
{
    char token[128];
    open_account();
    snprintf(token, sizeof(token), "%s", session.refresh_token);
    assert_int_equal(log_out(token), 0);
    assert_int_equal(log_out(token), 0); /* asked for again */
    assert_int_equal(fixture_acts("logout"), 1);
    assert_int_not_equal(refresh(token), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
    assert_int_not_equal(log_out("x"), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
}

static int request_reset(const char *email)
{
    Usher__V1__RequestPasswordResetRequest wish = USHER__V1__REQUEST_PASSWORD_RESET_REQUEST__INIT;
    Usher__V1__RequestPasswordResetResponse answer;
    wish.email = (char *)email;
    int err = fixture_call(auth_request_password_reset, &wish,
                           &usher__v1__request_password_reset_response__descriptor, &answer);
    if (!err)
        snprintf(request_id, sizeof(request_id), "%s", answer.request_id);
    return err;
}

static int reset(const char *code, const char *password)
{
    Usher__V1__ResetPasswordRequest wish = USHER__V1__RESET_PASSWORD_REQUEST__INIT;
    wish.email = (char *)EMAIL;
    wish.code = (char *)code;
    wish.password = (char *)password;
    wish.request_id = request_id;
    return fixture_call(auth_reset_password, &wish, &usher__v1__session__descriptor, &session);
}

static void a_forgotten_password_is_set_anew(void **state)
{
    char old[128];
    open_account();
    snprintf(old, sizeof(old), "%s", session.refresh_token);
    assert_int_equal(request_reset("lee@example.org"), 0); /* not told apart */
    assert_string_equal(fixture_template("lee@example.org"), "");
    assert_int_equal(request_reset(EMAIL), 0);
    assert_string_equal(fixture_template(EMAIL), "reset");
    assert_int_not_equal(reset(fixture_code(EMAIL), "12345678"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "PASSWORD_REFUSED", "password");
    assert_int_not_equal(reset("00000000", "another password"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    assert_int_equal(reset(fixture_code(EMAIL), "another password"), 0);
    assert_string_equal(fixture_template(EMAIL), "changed"); /* it may have been another */
    assert_int_not_equal(refresh(old), 0);                   /* wherever it was signed in */
    assert_int_not_equal(log_in(EMAIL, PASSWORD), 0);
    assert_int_equal(log_in(EMAIL, "another password"), 0);
    assert_int_not_equal(request_reset("x"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email");
}

static void one_address_guesses_slowly_and_hurts_nobody_else(void **state)
{
    char email[64];
    open_account();
    fixture.address = "192.0.2.1";
    for (int i = 0; i < 5; i++)
        assert_int_not_equal(log_in(EMAIL, "wrong password"), 0);
    assert_int_not_equal(log_in(EMAIL, PASSWORD), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
    fixture.address = "192.0.2.2"; /* the owner is elsewhere */
    assert_int_equal(log_in(EMAIL, PASSWORD), 0);
    fixture.address = "192.0.2.1"; /* one password for many accounts */
    for (int i = 0; i < 45; i++) {
        snprintf(email, sizeof(email), "person%d@example.org", i);
        assert_int_not_equal(log_in(email, "wrong password"), 0);
        assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    }
    assert_int_not_equal(log_in("one.more@example.org", "wrong password"), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
}

static void one_address_asks_for_few_mails(void **state)
{
    char email[64];
    fixture.address = "192.0.2.1";
    for (int i = 0; i < 20; i++) {
        snprintf(email, sizeof(email), "person%d@example.org", i);
        assert_int_equal(request_reset(email), 0);
    }
    assert_int_not_equal(request_reset("one.more@example.org"), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
    assert_int_not_equal(create_as("one.more@example.org", PASSWORD), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
}

static void a_browser_keeps_its_token_in_the_cookie(void **state)
{
    Usher__V1__LogInRequest wish = USHER__V1__LOG_IN_REQUEST__INIT;
    char first[REFRESH_TOKEN_CHARS + 1], expected[128];
    open_account();
    assert_string_equal(fixture.set_cookie, "none");
    wish.email = (char *)EMAIL;
    wish.password = (char *)PASSWORD;
    wish.cookie = true;
    assert_int_equal(fixture_call(auth_log_in, &wish, &usher__v1__session__descriptor, &session),
                     0);
    assert_string_equal(session.refresh_token, "");
    snprintf(first, sizeof(first), "%.*s", REFRESH_TOKEN_CHARS, fixture.set_cookie);
    snprintf(expected, sizeof(expected), "%s %d", first, (int)(SESSION_IDLE_MS / 1000));
    assert_string_equal(fixture.set_cookie, expected);
    fixture.cookie = first;
    assert_int_equal(refresh(""), 0);
    assert_string_equal(session.refresh_token, "");
    assert_int_not_equal(strncmp(fixture.set_cookie, first, REFRESH_TOKEN_CHARS), 0);
    assert_int_equal(log_out(""), 0);
    assert_string_equal(fixture.set_cookie, ""); /* dropped */
    assert_int_not_equal(refresh(""), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
    assert_string_equal(fixture.set_cookie, "");
    fixture.cookie = "";
    assert_int_not_equal(refresh(""), 0);
    assert_string_equal(fixture.set_cookie, "none");
}

static void many_new_tokens_are_not_checked_on_the_loop(void **state)
{
    struct credentials shown = {0};
    struct identity who;
    char header[ACCESS_TOKEN_MAX + 16];
    open_account();
    for (int i = 0; i < AUTH_CHECKS_AT_ONCE; i++) {
        assert_int_equal(log_in(EMAIL, PASSWORD), 0);
        show_access();
    }
    assert_int_equal(log_in(EMAIL, PASSWORD), 0);
    snprintf(header, sizeof(header), "Bearer %s", session.access_token);
    shown.authorization = view_str(header);
    assert_int_equal(auth_identify(&fixture.auth, &shown, &who), ERR_BUSY);
    assert_int_equal(auth_identify_slowly(&fixture.auth, &shown, &who), 0);
    assert_int_equal(who.roles, ROLE_BUYER);
    assert_int_equal(auth_identify(&fixture.auth, &shown, &who), 0); /* seen */
    header[20] ^= 1;
    assert_int_not_equal(auth_identify(&fixture.auth, &shown, &who), 0);
    header[20] ^= 1;
    header[strlen(header) - 3] ^= 1;
    assert_int_equal(auth_identify(&fixture.auth, &shown, &who), ERR_BUSY);
    assert_int_equal(auth_identify_slowly(&fixture.auth, &shown, &who), ERR_DENIED);
    fixture_advance_ms(AUTH_CHECKS_WINDOW_MS);
    assert_int_equal(auth_identify(&fixture.auth, &shown, &who), ERR_DENIED);
}

static void no_memory_is_said(void **state)
{
    open_account();
    for (size_t max = 64; max < 8192; max += 256) {
        fixture.arena_max = max;
        if (log_in(EMAIL, PASSWORD) == 0)
            return;
        assert_int_equal(fixture.failed, CODE_RESOURCE_EXHAUSTED);
    }
    assert_true(!"it never had enough");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_account_begins_with_the_code_of_the_mail),
        TEST(what_is_wrong_with_a_registration_is_said),
        TEST(a_wrong_code_is_none),
        TEST(mails_to_one_address_are_few),
        TEST(a_known_address_is_not_told),
        TEST(a_guest_becomes_an_account_of_the_same_id),
        TEST(a_password_ends_by_no_time),
        TEST(a_sign_in_needs_the_password),
        TEST(failures_are_slowed_and_success_is_not),
        TEST(a_refresh_token_is_used_once),
        TEST(who_logs_out_is_out),
        TEST(a_forgotten_password_is_set_anew),
        TEST(a_password_of_a_breach_is_refused),
        TEST(an_unusual_sign_in_is_told_its_owner),
        TEST(an_account_that_is_gone_is_told),
        TEST(one_address_guesses_slowly_and_hurts_nobody_else),
        TEST(one_address_asks_for_few_mails),
        TEST(a_browser_keeps_its_token_in_the_cookie),
        TEST(many_new_tokens_are_not_checked_on_the_loop),
        TEST(no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
