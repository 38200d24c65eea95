#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "codec/base64.h"
#include "err/err.h"
#include "token/guest.h"

#define ISSUED  INT64_C(1782000000)
#define EXPIRES INT64_C(1782086400)

static uint8_t key[KEY_BYTES];
static const struct guest_claims claims = {
    .account_id = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)},
    .issued_at_s = ISSUED,
    .expires_at_s = EXPIRES};

/* Computed apart from this code (Python's hmac, hashlib and base64) for the key 00 01 … 1f. */
static const char vector[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJ1c2hlciIsInN1YiI6IjAxNGQycGYyZGJzcXF6eHE1dGsxdjU4Y2dnIiwicm9sZSI6Imd1ZXN0Iiwi"
    "aWF0IjoxNzgyMDAwMDAwLCJleHAiOjE3ODIwODY0MDB9."
    "QUJo3WyRJUU91OuCf5P9NfoRogmCxFyPwmt3agFIMz4";

static int check(const char *text, int64_t now_s)
{
    struct guest_claims ret;
    return guest_token_check(key, view_str(text), now_s, &ret);
}

static void writes_the_vector_and_reads_it(void **state)
{
    char text[GUEST_TOKEN_MAX];
    struct guest_claims read = {0};
    assert_int_equal(guest_token_write(key, &claims, text), strlen(vector));
    assert_string_equal(text, vector);
    assert_int_equal(guest_token_check(key, view_str(vector), EXPIRES - 1, &read), 0);
    assert_true(id_eq(read.account_id, claims.account_id));
    assert_int_equal(read.issued_at_s, ISSUED);
    assert_int_equal(read.expires_at_s, EXPIRES);
}

static void ends_when_it_says(void **state)
{
    assert_int_equal(check(vector, EXPIRES), ERR_TIMEOUT);
    assert_int_equal(check(vector, INT64_MAX), ERR_TIMEOUT);
}

static void no_other_byte_passes(void **state)
{
    char text[sizeof(vector)];
    for (size_t i = 0; i < sizeof(vector) - 1; i++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, vector, sizeof(vector));
            text[i] = (char)byte;
            struct guest_claims ret;
            int err = guest_token_check(key, view_of(text, sizeof(vector) - 1), ISSUED, &ret);
            assert_int_equal(err, text[i] == vector[i] ? 0 : ERR_DENIED);
        }
    }
}

static void no_other_length_passes(void **state)
{
    char text[sizeof(vector) + 4] = {0};
    struct guest_claims ret;
    memcpy(text, vector, sizeof(vector));
    for (size_t len = 0; len < sizeof(text); len++)
        assert_int_equal(guest_token_check(key, view_of(text, len), ISSUED, &ret),
                         len == sizeof(vector) - 1 ? 0 : ERR_DENIED);
    static char huge[10000];
    memset(huge, 'A', sizeof(huge));
    assert_int_equal(guest_token_check(key, view_of(huge, sizeof(huge)), ISSUED, &ret), ERR_DENIED);
}

static void another_key_is_another_server(void **state)
{
    struct guest_claims ret;
    for (int bit = 0; bit < 256; bit++) {
        uint8_t other[KEY_BYTES];
        memcpy(other, key, sizeof(other));
        other[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(guest_token_check(other, view_str(vector), ISSUED, &ret), ERR_DENIED);
    }
}

/* A token of any header and payload, correctly signed with our key (as in RFC 7515, A.1). */
static const char *sign(const char *header, const char *payload)
{
    static char text[1024];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    size_t len = base64_write(view_str(header), BASE64_URL, text);
    text[len++] = '.';
    len += base64_write(view_str(payload), BASE64_URL, text + len);
    crypto_auth_hmacsha256(mac, (const uint8_t *)text, len, key);
    text[len++] = '.';
    len += base64_write(view_of(mac, sizeof(mac)), BASE64_URL, text + len);
    text[len] = '\0';
    return text;
}

#define HEADER  "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define SUBJECT "014d2pf2dbsqqzxq5tk1v58cgg"
#define PAYLOAD(iss, sub, role, iat, exp)                                                          \
    "{\"iss\":\"" iss "\",\"sub\":\"" sub "\",\"role\":\"" role "\",\"iat\":" iat ",\"exp\":" exp  \
    "}"

static void even_a_right_signature_needs_our_form(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"none\",\"typ\":\"JWT\"}",
        "{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"../../dev/null\"}",
        "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", /* the header of RFC 7515, A.1 */
        "",
    };
    static const char *const payloads[] = {
        PAYLOAD("other", SUBJECT, "guest", "1782000000", "1782086400"),
        PAYLOAD("usher", SUBJECT, "organiser", "1782000000", "1782086400"),
        PAYLOAD("usher", "014D2PF2DBSQQZXQ5TK1V58CGG", "guest", "1782000000", "1782086400"),
        PAYLOAD("usher", "00000000000000000000000000", "guest", "1782000000", "1782086400"),
        PAYLOAD("usher", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "guest", "1782000000", "1782086400"),
        PAYLOAD("usher", SUBJECT, "guest", "01782000000", "1782086400"),
        PAYLOAD("usher", SUBJECT, "guest", "-1", "1782086400"),
        PAYLOAD("usher", SUBJECT, "guest", "1782000000", "1782000000"),
        PAYLOAD("usher", SUBJECT, "guest", "1782000000", "999999999999"),
        PAYLOAD("usher", SUBJECT, "guest", "1782000000", "1782086400.0"),
        PAYLOAD("usher", SUBJECT, "guest", "1782000000", "1782086400,\"a\":1"),
        PAYLOAD("usher", SUBJECT, "guest", "1782000000", "1782086400") " ",
        "{\"joe\":true}",
        "{}",
        "",
    };
    const char *right = PAYLOAD("usher", SUBJECT, "guest", "1782000000", "1782086400");
    assert_string_equal(sign(HEADER, right), vector);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_int_equal(check(sign(headers[i], right), ISSUED), ERR_DENIED);
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
        assert_int_equal(check(sign(HEADER, payloads[i]), ISSUED), ERR_DENIED);
}

static int setup(void **state)
{
    for (int i = 0; i < KEY_BYTES; i++)
        key[i] = (uint8_t)i;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_vector_and_reads_it),
        cmocka_unit_test(ends_when_it_says),
        cmocka_unit_test(no_other_byte_passes),
        cmocka_unit_test(no_other_length_passes),
        cmocka_unit_test(another_key_is_another_server),
        cmocka_unit_test(even_a_right_signature_needs_our_form),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
