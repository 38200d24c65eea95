#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "codec/base32.h"
#include "err/err.h"
#include "token/codes.h"

#define NOW_S INT64_C(1800000000)

static struct code_keys keys;
static const struct ticket_ref ticket = {
    {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)}, 1234567, 2};

static void check_said(const struct code_said *said, enum code_kind kind, uint32_t performance_id,
                       uint16_t generation)
{
    assert_int_equal(said->kind, kind);
    assert_true(id_eq(said->ticket.order_id, ticket.order_id));
    assert_int_equal(said->ticket.seat, ticket.seat);
    assert_int_equal(said->ticket.generation, generation);
    assert_int_equal(said->performance_id, performance_id);
}

static void reads_every_kind(void **state)
{
    char text[CODE_TEXT_MAX];
    struct code_said said;
    ticket_code_write(keys.short_key, ticket.order_id, ticket.seat, text);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S, &said), 0);
    check_said(&said, CODE_SHORT, 0, 0);
    signed_code_write(keys.secret_key, &ticket, 77, text);
    assert_int_equal(strlen(text), SIGNED_CODE_CHARS);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S, &said), 0);
    check_said(&said, CODE_SIGNED, 77, 2);
    rotating_code_write(keys.rotation_key, &ticket, NOW_S - 20, text);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S, &said), 0);
    check_said(&said, CODE_ROTATING, 0, 2);
}

/* Every second of a step has the same digits: of NOW_S's ten, the last two may count to 29. */
static bool says_the_same_step(size_t len, size_t at, char c)
{
    const size_t last = len - TOTP_DIGITS - 2;
    return (at == last && c >= '0' && c <= '9') || (at == last - 1 && c >= '0' && c <= '2');
}

/* One changed character of any kind of code is none of ours, nor is a shorter or longer one. */
static void reads_nothing_else(void **state)
{
    char texts[3][CODE_TEXT_MAX], text[CODE_TEXT_MAX + 2];
    struct code_said said = {.kind = 99};
    ticket_code_write(keys.short_key, ticket.order_id, ticket.seat, texts[0]);
    signed_code_write(keys.secret_key, &ticket, 77, texts[1]);
    rotating_code_write(keys.rotation_key, &ticket, NOW_S, texts[2]);
    for (int k = 0; k < 3; k++) {
        const size_t len = strlen(texts[k]);
        for (size_t i = 0; i < len; i++) {
            for (const char *c = "0Aa.1Z_9"; *c; c++) {
                memcpy(text, texts[k], len + 1);
                text[i] = *c;
                const int err = code_read(&keys, view_str(text), NOW_S, &said);
                if (texts[k][i] == *c || (k == 2 && says_the_same_step(len, i, *c)))
                    assert_int_equal(err, 0);
                else
                    assert_int_equal(err, ERR_DENIED);
            }
        }
        assert_int_equal(code_read(&keys, view_of(texts[k], len - 1), NOW_S, &said), ERR_DENIED);
        memcpy(text, texts[k], len);
        text[len] = '0';
        assert_int_equal(code_read(&keys, view_of(text, len + 1), NOW_S, &said), ERR_DENIED);
    }
    said.kind = 99;
    assert_int_equal(code_read(&keys, view_str(""), NOW_S, &said), ERR_DENIED);
    assert_int_equal(said.kind, 99);
}

static void another_servers_codes_are_none(void **state)
{
    const uint8_t master[KEY_BYTES] = {9};
    struct code_keys others;
    struct code_said said;
    char text[CODE_TEXT_MAX];
    code_keys_derive(master, &others);
    signed_code_write(others.secret_key, &ticket, 77, text);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S, &said), ERR_DENIED);
    rotating_code_write(others.rotation_key, &ticket, NOW_S, text);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S, &said), ERR_DENIED);
}

static void a_picture_of_a_screen_grows_old(void **state)
{
    char text[CODE_TEXT_MAX];
    struct code_said said;
    rotating_code_write(keys.rotation_key, &ticket, NOW_S, text);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S + ROTATING_CODE_LATE_S, &said), 0);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S + ROTATING_CODE_LATE_S + 1, &said),
                     ERR_TIMEOUT);
    check_said(&said, CODE_ROTATING, 0, 2);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S - ROTATING_CODE_EARLY_S, &said), 0);
    assert_int_equal(code_read(&keys, view_str(text), NOW_S - ROTATING_CODE_EARLY_S - 1, &said),
                     ERR_TIMEOUT);
}

/* What a phone, or Google Wallet, puts together by itself is what the server writes. */
static void a_phone_writes_the_same(void **state)
{
    uint8_t key[TOTP_KEY_BYTES];
    char stem[ROTATING_CODE_MAX], digits[TOTP_DIGITS + 1], text[ROTATING_CODE_MAX];
    char phone[2 * ROTATING_CODE_MAX];
    rotating_code_key(keys.rotation_key, &ticket, key);
    rotating_code_stem(&ticket, stem);
    totp_write(key, NOW_S, digits);
    snprintf(phone, sizeof(phone), "%s%lld.%s", stem, (long long)NOW_S, digits);
    rotating_code_write(keys.rotation_key, &ticket, NOW_S, text);
    assert_string_equal(text, phone);
    struct ticket_ref next = ticket;
    uint8_t next_key[TOTP_KEY_BYTES];
    next.generation++;
    rotating_code_key(keys.rotation_key, &next, next_key);
    assert_memory_not_equal(next_key, key, TOTP_KEY_BYTES);
}

/* The signature is plain Ed25519 over the purpose and 27 bytes: anybody with the key can check. */
static void a_stranger_checks_with_the_public_key(void **state)
{
    char text[CODE_TEXT_MAX];
    uint8_t code[91], said[13 + 27];
    signed_code_write(keys.secret_key, &ticket, 77, text);
    assert_int_equal(base32_read(view_str(text), code, sizeof(code)), 0);
    memcpy(said, "usher ticket", 13);
    memcpy(said + 13, code, 27);
    assert_int_equal(crypto_sign_verify_detached(code + 27, said, sizeof(said), keys.public_key),
                     0);
}

static int setup(void **state)
{
    uint8_t master[KEY_BYTES];
    for (int i = 0; i < KEY_BYTES; i++)
        master[i] = (uint8_t)i;
    code_keys_derive(master, &keys);
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(reads_nothing_else),
        cmocka_unit_test(another_servers_codes_are_none),
        cmocka_unit_test(a_picture_of_a_screen_grows_old),
        cmocka_unit_test(a_phone_writes_the_same),
        cmocka_unit_test(a_stranger_checks_with_the_public_key),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
