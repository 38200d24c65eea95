#include "token/pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "err/err.h"
#include "token/receipt.h"

#define END INT64_C(1790000600000)

static const uint8_t seed[KEY_BYTES] = {1, 2, 3};
static struct pass_key key;
static const struct pass_claims claims = {
    .sale_id = 7, .number = 4242, .serial = 2, .account_id = {1, 2}, .expires_at_ms = END};

static int check(const char *text, int64_t now_ms)
{
    struct pass_claims read;
    return pass_check(key.public, view_str(text), now_ms, &read);
}

static void a_pass_says_what_was_written(void **state)
{
    char text[PASS_CHARS + 1];
    struct pass_claims read = {0};
    pass_write(&key, &claims, text);
    assert_int_equal(strlen(text), PASS_CHARS);
    assert_int_equal(pass_check(key.public, view_str(text), END - 1, &read), 0);
    assert_true(read.sale_id == 7 && read.number == 4242 && read.serial == 2);
    assert_true(id_eq(read.account_id, claims.account_id) && read.expires_at_ms == END);
    assert_int_equal(check(text, END), ERR_TIMEOUT);
}

static void no_letter_can_be_changed(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                                 "+/=. ";
    char text[PASS_CHARS + 2];
    pass_write(&key, &claims, text);
    for (size_t i = 0; i < PASS_CHARS; i++) {
        const char was = text[i];
        for (const char *digit = digits; *digit; digit++) {
            text[i] = *digit;
            if (*digit != was)
                assert_int_equal(check(text, 0), ERR_DENIED);
        }
        text[i] = was;
    }
    assert_int_equal(check(text, 0), 0);
    assert_int_equal(check("", 0), ERR_DENIED);
    text[PASS_CHARS] = 'A';
    text[PASS_CHARS + 1] = '\0';
    assert_int_equal(check(text, 0), ERR_DENIED);
}

static void another_key_signs_no_pass_of_ours(void **state)
{
    static const uint8_t other_seed[KEY_BYTES] = {9};
    struct pass_key other;
    char text[PASS_CHARS + 1];
    pass_key_init(&other, other_seed);
    pass_write(&other, &claims, text);
    assert_int_equal(check(text, 0), ERR_DENIED);
}

static void a_receipt_says_what_was_written(void **state)
{
    char text[RECEIPT_CHARS + 2];
    struct receipt_claims read = {0};
    const struct receipt_claims said = {
        .sale_id = 3, .number = 0, .account_id = {5, 6}, .joined_at_ms = END};
    receipt_write(seed, &said, text);
    assert_int_equal(receipt_check(seed, view_str(text), &read), 0);
    assert_true(read.sale_id == 3 && read.number == 0 && read.joined_at_ms == END);
    assert_true(id_eq(read.account_id, said.account_id));
    for (size_t i = 0; i < RECEIPT_CHARS; i++) {
        for (int bit = 0; bit < 7; bit++) {
            text[i] ^= (char)(1 << bit);
            assert_int_equal(receipt_check(seed, view_str(text), &read), ERR_DENIED);
            text[i] ^= (char)(1 << bit);
        }
    }
    static const uint8_t other[KEY_BYTES] = {9};
    assert_int_equal(receipt_check(other, view_str(text), &read), ERR_DENIED);
    assert_int_equal(receipt_check(seed, view_of(text, RECEIPT_CHARS - 1), &read), ERR_DENIED);
}

static int setup(void **state)
{
    const int err = sodium_init() < 0;
    pass_key_init(&key, seed);
    return err;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_says_what_was_written),
        cmocka_unit_test(no_letter_can_be_changed),
        cmocka_unit_test(another_key_signs_no_pass_of_ours),
        cmocka_unit_test(a_receipt_says_what_was_written),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
