/* A second factor: set, asked for, lost, taken off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/auth/fixture_test.h"
#include "svc/auth/second_factor.h"
#include "token/roles.h"

static Usher__V1__Session session;

#define ask(handler, wish, type, answer)                                                           \
    fixture_call(handler, &(wish), &usher__v1__##type##__descriptor, answer)

static void assert_refused(enum code code, const char *reason, const char *field)
{
    assert_int_equal(fixture.failed, code);
    assert_string_equal(fixture.reason, reason);
    assert_string_equal(fixture.field, field);
}

static void be_session(void)
{
    fixture_be(&session);
}

static void open_account(const char *email, const char *password)
{
    fixture_open_account(email, password, &session);
}

/* Of whom that address is the owner. */
static uint32_t create_organiser(const char *name, const char *owner)
{
    Usher__V1__CreateOrganiserRequest wish = USHER__V1__CREATE_ORGANISER_REQUEST__INIT;
    Usher__V1__Organiser answer;
    fixture.caller = (struct identity){.roles = ROLE_OPERATOR};
    wish.name = (char *)name;
    wish.owner_email = (char *)owner;
    return ask(auth_create_organiser, wish, organiser, &answer) ? 0 : answer.organiser_id;
}

/* What an authenticator shows, from the secret of the URI: by the standard, not by our code. */
static const char *digits_of(const char *secret)
{
    static char text[TOTP_DIGITS + 1];
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t key[TOTP_KEY_BYTES];
    uint64_t bits = 0;
    size_t count = 0, len = 0;
    for (; *secret; secret++) {
        bits = bits << 5 | (uint64_t)(strchr(alphabet, *secret) - alphabet);
        count += 5;
        if (count >= 8)
            key[len++] = (uint8_t)(bits >> (count -= 8));
    }
    assert_int_equal(len, TOTP_KEY_BYTES);
    totp_write(key, clock_wall_ms(&fixture.now.clock) / 1000, text);
    return text + 2;
}

static int log_in_with(const char *email, const char *password, const char *digits)
{
    Usher__V1__LogInRequest wish = USHER__V1__LOG_IN_REQUEST__INIT;
    wish.email = (char *)email;
    wish.password = (char *)password;
    wish.second_factor = (char *)digits;
    return ask(auth_log_in, wish, session, &session);
}

/* 160 bits of the generator that the role was given, anew each time. */
static void an_authenticators_secret_is_drawn(void **state)
{
    Usher__V1__BeginSecondFactorRequest begin = USHER__V1__BEGIN_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__SecondFactor factor;
    struct chance_seeded same = fixture.seeded;
    char secrets[3][64];
    open_account("kim@example.org", "a password of fifteen");
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            same = fixture.seeded;
        if (i == 2)
            fixture.seeded = same; /* what was drawn second is drawn again */
        assert_int_equal(ask(auth_begin_second_factor, begin, second_factor, &factor), 0);
        assert_int_equal(strlen(factor.secret), 32); /* of 5 bits */
        snprintf(secrets[i], sizeof(secrets[i]), "%s", factor.secret);
    }
    assert_string_not_equal(secrets[0], secrets[1]);
    assert_string_equal(secrets[1], secrets[2]);
}

static void a_second_factor_is_asked_for_and_makes_up_for_length(void **state)
{
    Usher__V1__BeginSecondFactorRequest begin = USHER__V1__BEGIN_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__ConfirmSecondFactorRequest confirm = USHER__V1__CONFIRM_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__ConfirmSecondFactorResponse confirmed;
    Usher__V1__RemoveSecondFactorRequest remove = USHER__V1__REMOVE_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__RemoveSecondFactorResponse removed;
    Usher__V1__RefreshRequest refresh = USHER__V1__REFRESH_REQUEST__INIT;
    Usher__V1__SecondFactor factor;
    char secret[SECRET_CHARS + 1], wrong[7], right[7], token[128];
    const uint32_t opera = create_organiser("Opera", "owner@example.org");
    open_account("owner@example.org", "fourteen chars");
    snprintf(token, sizeof(token), "%s", session.refresh_token);
    assert_int_equal(ask(auth_begin_second_factor, begin, second_factor, &factor), 0);
    snprintf(secret, sizeof(secret), "%s", factor.secret);
    assert_true(view_starts(view_str(factor.uri),
                            VIEW_LIT("otpauth://totp/Usher:owner%40example.org?secret=")));
    confirm.secret = secret;
    confirm.password = (char *)"fourteen chars";
    snprintf(wrong, sizeof(wrong), "%s", digits_of(secret));
    wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
    confirm.code = wrong;
    assert_int_not_equal(
        ask(auth_confirm_second_factor, confirm, confirm_second_factor_response, &confirmed), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    confirm.secret = (char *)"0";
    assert_int_not_equal(
        ask(auth_confirm_second_factor, confirm, confirm_second_factor_response, &confirmed), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "secret");
    confirm.secret = secret;
    confirm.code = (char *)digits_of(secret);
    assert_int_equal(
        ask(auth_confirm_second_factor, confirm, confirm_second_factor_response, &confirmed), 0);
    assert_string_equal(fixture_template("owner@example.org"), "changed");
    refresh.refresh_token = token; /* this session has shown it */
    assert_int_equal(ask(auth_refresh, refresh, session, &session), 0);
    be_session();
    assert_true(identity_has_for(&fixture.caller, opera, ROLE_OWNER));

    assert_int_not_equal(log_in_with("owner@example.org", "fourteen chars", ""), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SECOND_FACTOR_NEEDED", "second_factor");
    assert_int_not_equal(log_in_with("owner@example.org", "fourteen chars", digits_of(secret)), 0);
    assert_refused(CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor"); /* used already */
    fixture_advance_ms(30000);
    snprintf(right, sizeof(right), "%s", digits_of(secret));
    assert_int_not_equal(log_in_with("owner@example.org", "wrong password", right), 0);
    assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    assert_int_equal(log_in_with("owner@example.org", "fourteen chars", right), 0);
    assert_true(session.account->second_factor);
    be_session();
    assert_true(identity_has_for(&fixture.caller, opera, ROLE_OWNER));
    assert_int_not_equal(log_in_with("owner@example.org", "fourteen chars", right), 0);
    assert_refused(CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor");

    remove.password = (char *)"fourteen chars";
    remove.code = right;
    assert_int_not_equal(
        ask(auth_remove_second_factor, remove, remove_second_factor_response, &removed), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    fixture_advance_ms(30000);
    remove.code = (char *)digits_of(secret);
    assert_int_equal(
        ask(auth_remove_second_factor, remove, remove_second_factor_response, &removed), 0);
    assert_int_not_equal(
        ask(auth_remove_second_factor, remove, remove_second_factor_response, &removed), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "");
    assert_int_equal(log_in_with("owner@example.org", "fourteen chars", ""), 0);
    be_session();
    assert_false(identity_has(&fixture.caller, ROLE_OWNER));
}

/* ---- an authenticator that is lost ---- */

/* Sets a second factor with a fresh secret; its recovery codes are copied out. */
static void set_factor(const char *password, char ret_codes[ACCOUNT_RECOVERY_CODES][16])
{
    Usher__V1__BeginSecondFactorRequest begin = USHER__V1__BEGIN_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__ConfirmSecondFactorRequest confirm = USHER__V1__CONFIRM_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__ConfirmSecondFactorResponse confirmed;
    Usher__V1__SecondFactor factor;
    char secret[SECRET_CHARS + 1];
    assert_int_equal(ask(auth_begin_second_factor, begin, second_factor, &factor), 0);
    snprintf(secret, sizeof(secret), "%s", factor.secret);
    confirm.secret = secret;
    confirm.password = (char *)password;
    confirm.code = (char *)digits_of(secret);
    assert_int_equal(
        ask(auth_confirm_second_factor, confirm, confirm_second_factor_response, &confirmed), 0);
    assert_int_equal(confirmed.n_recovery_codes, ACCOUNT_RECOVERY_CODES);
    for (size_t i = 0; i < ACCOUNT_RECOVERY_CODES; i++) {
        assert_int_equal(strlen(confirmed.recovery_codes[i]), RECOVERY_CHARS);
        snprintf(ret_codes[i], 16, "%s", confirmed.recovery_codes[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ret_codes[i], ret_codes[k]);
    }
}

static void a_lost_authenticator_is_made_up_for_by_a_recovery_code(void **state)
{
    static const char email[] = "owner@example.org", password[] = "fourteen chars";
    Usher__V1__RemoveSecondFactorRequest remove = USHER__V1__REMOVE_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__RemoveSecondFactorResponse removed;
    char codes[ACCOUNT_RECOVERY_CODES][16], newer[ACCOUNT_RECOVERY_CODES][16], typed[16];
    const uint32_t opera = create_organiser("Opera", email);
    open_account(email, password);
    set_factor(password, codes);
    /* As people type it; the password is asked for as ever. */
    snprintf(typed, sizeof(typed), "%.4s %.4s%.4s", codes[3], codes[3] + 5, codes[3] + 10);
    assert_int_not_equal(log_in_with(email, "wrong password", typed), 0);
    assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    assert_int_equal(log_in_with(email, password, typed), 0);
    assert_int_equal(fixture_acts("factor.recovery"), 1);
    be_session();
    assert_true(identity_has_for(&fixture.caller, opera, ROLE_OWNER));
    /* Once. */
    assert_int_not_equal(log_in_with(email, password, codes[3]), 0);
    assert_refused(CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor");
    assert_int_equal(log_in_with(email, password, codes[9]), 0);
    be_session();
    /* It takes the lost one off; what is set then has other codes, all of them fresh. */
    remove.password = (char *)password;
    remove.code = codes[0];
    assert_int_equal(
        ask(auth_remove_second_factor, remove, remove_second_factor_response, &removed), 0);
    set_factor(password, newer);
    for (size_t i = 0; i < ACCOUNT_RECOVERY_CODES; i++) {
        fixture_advance_ms(60000); /* wrong ones are slowed */
        assert_int_not_equal(log_in_with(email, password, codes[i]), 0);
        assert_refused(CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor");
    }
    fixture_advance_ms(60000);
    assert_int_equal(log_in_with(email, password, newer[3]), 0);
}

static int remove_factor(const char *password, const char *code)
{
    Usher__V1__RemoveSecondFactorRequest wish = USHER__V1__REMOVE_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__RemoveSecondFactorResponse answer;
    wish.password = (char *)password;
    wish.code = (char *)code;
    return ask(auth_remove_second_factor, wish, remove_second_factor_response, &answer);
}

/* The password alone, and a stolen session, put no other factor in the place of the owner's, nor
 * guess the six digits. */
static void a_second_factor_is_not_taken_off_by_the_password_alone(void **state)
{
    static const char email[] = "owner@example.org", password[] = "fourteen chars";
    Usher__V1__BeginSecondFactorRequest begin = USHER__V1__BEGIN_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__ConfirmSecondFactorRequest confirm = USHER__V1__CONFIRM_SECOND_FACTOR_REQUEST__INIT;
    Usher__V1__ConfirmSecondFactorResponse confirmed;
    Usher__V1__SecondFactor factor;
    char codes[ACCOUNT_RECOVERY_CODES][16], secret[SECRET_CHARS + 1];
    open_account(email, password);
    set_factor(password, codes);
    assert_int_equal(ask(auth_begin_second_factor, begin, second_factor, &factor), 0);
    snprintf(secret, sizeof(secret), "%s", factor.secret);
    confirm.secret = secret;
    confirm.password = (char *)password;
    confirm.code = (char *)digits_of(secret);
    assert_int_not_equal(
        ask(auth_confirm_second_factor, confirm, confirm_second_factor_response, &confirmed), 0);
    assert_refused(CODE_FAILED_PRECONDITION, "SECOND_FACTOR_SET", "");
    for (int i = 0; i < 5; i++) {
        assert_int_not_equal(remove_factor(password, "wrong!"), 0);
        assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    }
    assert_int_not_equal(remove_factor(password, codes[0]), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
    fixture_advance_ms(30000);
    assert_int_equal(remove_factor(password, codes[0]), 0);
}

static int reset(const char *email, const char *request_id, const char *code, const char *digits)
{
    Usher__V1__ResetPasswordRequest wish = USHER__V1__RESET_PASSWORD_REQUEST__INIT;
    wish.email = (char *)email;
    wish.request_id = (char *)request_id;
    wish.code = (char *)code;
    wish.password = (char *)"another password";
    wish.second_factor = (char *)digits;
    return ask(auth_reset_password, wish, session, &session);
}

/* Without the code of the mail nobody is told who has a second factor, uses up its owner's tries,
 * or loses a recovery code. */
static void a_second_factor_is_looked_at_behind_a_right_code_alone(void **state)
{
    static const char email[] = "owner@example.org", password[] = "fourteen chars";
    Usher__V1__RequestPasswordResetRequest begin = USHER__V1__REQUEST_PASSWORD_RESET_REQUEST__INIT;
    Usher__V1__RequestPasswordResetResponse begun;
    Usher__V1__ChangePasswordRequest change = USHER__V1__CHANGE_PASSWORD_REQUEST__INIT;
    char codes[ACCOUNT_RECOVERY_CODES][16], request_id[ID_TEXT_CHARS + 1], code[16], wrong[16];
    open_account(email, password);
    set_factor(password, codes);
    const struct identity owner = fixture.caller;
    fixture.caller = (struct identity){0};
    begin.email = (char *)"nobody@example.org"; /* a stranger's own request */
    assert_int_equal(
        ask(auth_request_password_reset, begin, request_password_reset_response, &begun), 0);
    snprintf(request_id, sizeof(request_id), "%s", begun.request_id);
    for (int i = 0; i < 10; i++) {
        assert_int_not_equal(reset(email, request_id, "00000000", "000000"), 0);
        assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "request_id"); /* as of no account */
    }
    fixture.caller = owner;
    change.old_password = (char *)password;
    change.new_password = (char *)"another of fifteen";
    assert_int_equal(ask(auth_change_password, change, session, &session), 0);
    /* Whoever mistypes the code of the mail keeps the recovery code. */
    fixture.caller = (struct identity){0};
    begin.email = (char *)email;
    assert_int_equal(
        ask(auth_request_password_reset, begin, request_password_reset_response, &begun), 0);
    snprintf(request_id, sizeof(request_id), "%s", begun.request_id);
    snprintf(code, sizeof(code), "%s", fixture_code(email));
    snprintf(wrong, sizeof(wrong), "%s", code);
    wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
    assert_int_not_equal(reset(email, request_id, wrong, codes[0]), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code");
    assert_int_not_equal(reset(email, request_id, code, ""), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SECOND_FACTOR_NEEDED", "second_factor");
    assert_int_not_equal(reset(email, request_id, code, "000000"), 0);
    assert_refused(CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor");
    assert_int_equal(reset(email, request_id, code, codes[0]), 0);
}

/* Whoever has the password, but not the second factor, is told of: once an hour. */
static void a_wrong_second_factor_is_told_its_owner(void **state)
{
    char codes[ACCOUNT_RECOVERY_CODES][16];
    open_account("owner@example.org", "fourteen chars");
    set_factor("fourteen chars", codes);
    const size_t before = fixture_mails("owner@example.org");
    for (int i = 0; i < 3; i++)
        assert_int_not_equal(log_in_with("owner@example.org", "fourteen chars", "000000"), 0);
    assert_int_equal(fixture_acts("factor.refused"), 1);
    assert_int_equal(fixture_acts("login.failed"), 2);
    assert_int_equal(fixture_mails("owner@example.org"), before + 1);
    assert_string_equal(fixture_template("owner@example.org"), "changed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_authenticators_secret_is_drawn),
        TEST(a_second_factor_is_asked_for_and_makes_up_for_length),
        TEST(a_lost_authenticator_is_made_up_for_by_a_recovery_code),
        TEST(a_second_factor_is_not_taken_off_by_the_password_alone),
        TEST(a_second_factor_is_looked_at_behind_a_right_code_alone),
        TEST(a_wrong_second_factor_is_told_its_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
