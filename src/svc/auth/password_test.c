#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "clock/clock.h"
#include "err/err.h"
#include "svc/auth/commonest.h"
#include "svc/auth/email.h"
#include "svc/auth/password.h"

static const char *refusal(const char *password, uint32_t *ret_chars)
{
    return password_refusal(view_str(password), VIEW_LIT("kim.minji@example.org"),
                            VIEW_LIT("Kim Minji"), ret_chars);
}

static void lengths_are_counted_in_characters(void **state)
{
    char longest[3 * PASSWORD_CHARS_MAX + 4] = "";
    uint32_t chars;
    assert_non_null(refusal("", &chars));
    assert_non_null(refusal("abcdefg", &chars));
    assert_null(refusal("abcd efg", &chars));
    assert_int_equal(chars, 8);
    assert_non_null(refusal("비밀번호일곱자", &chars));
    assert_null(refusal("비밀번호여덟글자", &chars));
    assert_int_equal(chars, 8);
    for (int i = 0; i < PASSWORD_CHARS_MAX; i++)
        memcpy(longest + 3 * i, i % 2 ? "한" : "글", 3);
    assert_null(refusal(longest, &chars));
    assert_int_equal(chars, PASSWORD_CHARS_MAX);
    longest[3 * PASSWORD_CHARS_MAX] = 'x';
    assert_non_null(refusal(longest, &chars));
    assert_non_null(refusal("abcdefgh\xff", &chars));
}

static void what_is_guessed_first_is_refused(void **state)
{
    static const char *const wrong[] = {"password",  "12345678",   "iloveyou",
                                        "PassWord",  "qwertyuiop", "aaaaaaaaa",
                                        "kim.minji", "KIM MINJI",  "kim.minji@example.org"};
    uint32_t chars;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_non_null(refusal(wrong[i], &chars));
    assert_null(refusal("password that nobody guesses", &chars));
    assert_int_equal(commonest_passwords_count, 10000);
    for (size_t i = 0; i < commonest_passwords_count; i++) {
        assert_true(i == 0 || strcmp(commonest_passwords[i - 1], commonest_passwords[i]) < 0);
        assert_non_null(refusal(commonest_passwords[i], &chars));
    }
}

static void a_hash_knows_its_password(void **state)
{
    char text[PASSWORD_TEXT_BYTES], again[PASSWORD_TEXT_BYTES];
    const struct view password = VIEW_LIT("correct horse");
    assert_int_equal(password_hash(NULL, password, text), 0);
    assert_int_equal(password_hash(NULL, password, again), 0);
    assert_string_not_equal(text, again);
    assert_true(view_starts(view_str(text), VIEW_LIT("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_int_equal(password_check(NULL, password, view_str(text)), 0);
    assert_int_equal(password_check(NULL, VIEW_LIT("correct horsf"), view_str(text)), ERR_DENIED);
    assert_int_equal(password_check(NULL, VIEW_LIT(""), view_str(text)), ERR_DENIED);
}

static int64_t cost_of(struct view text)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        const int64_t start = clock_cpu_ns();
        assert_int_equal(password_check(NULL, VIEW_LIT("some password"), text), ERR_DENIED);
        const int64_t took = clock_cpu_ns() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* Who asks for an address that nobody has cannot tell by the time it takes. By CPU: neighbours do
 * not count. */
static void nobody_costs_as_much_as_somebody(void **state)
{
    char text[PASSWORD_TEXT_BYTES];
    assert_int_equal(password_hash(NULL, VIEW_LIT("correct horse"), text), 0);
    const int64_t somebody = cost_of(view_str(text)), nobody = cost_of((struct view){0});
    assert_in_range(nobody, somebody / 4, somebody * 4);
}

static void addresses_are_in_one_form(void **state)
{
    static const char *const wrong[] = {
        "",
        "kim",
        "@example.org",
        "kim@",
        "kim@example",
        "kim@.org",
        "kim@a..org",
        "k@-a.org",
        "k@a-.org",
        "k im@a.org",
        "kim@a.org ",
        "k@a@b.org",
        "<k@a.org>",
        "k\n@a.org",
        "김@a.org",
        "kim@예.org",
        "k\"@a.org",
        "k@a.org.",
        ".k@a.org",
        "k.@a.org",
        "k..m@a.org",
        "k,l@a.org",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@a.org"};
    char email[ACCOUNT_EMAIL_MAX + 1] = "as it was", longest[ACCOUNT_EMAIL_MAX + 2];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(email_normalise(view_str(wrong[i]), email), ERR_INVALID);
    assert_string_equal(email, "as it was");
    assert_int_equal(email_normalise(VIEW_LIT("Kim.O'Hara+x@Example.ORG"), email), 0);
    assert_string_equal(email, "kim.o'hara+x@example.org");
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 2; i < ACCOUNT_EMAIL_MAX; i += 60)
        longest[i] = '.';
    longest[1] = '@';
    longest[2] = 'a';
    longest[ACCOUNT_EMAIL_MAX - 1] = 'b';
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(email_normalise(view_of(longest, ACCOUNT_EMAIL_MAX), email), 0);
    assert_int_equal(email_normalise(view_of(longest, ACCOUNT_EMAIL_MAX + 1), email), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_counted_in_characters),
        cmocka_unit_test(what_is_guessed_first_is_refused),
        cmocka_unit_test(a_hash_knows_its_password),
        cmocka_unit_test(nobody_costs_as_much_as_somebody),
        cmocka_unit_test(addresses_are_in_one_form),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
