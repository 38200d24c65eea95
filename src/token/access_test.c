#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "codec/base64.h"
#include "err/err.h"
#include "token/access.h"

#define NOW_S INT64_C(1800000000)

static struct chance_seeded seeded;
static struct keyset *keyset;
static const struct view issuer = {.at = "https://usher.example", .len = 21};
static char token[ACCESS_TOKEN_MAX];
static size_t token_len;

static struct access_claims claims_now(void)
{
    return (struct access_claims){.account_id = {1, 2},
                                  .session_id = {3, 4},
                                  .token_id = {5, 6},
                                  .issued_at_s = NOW_S,
                                  .expires_at_s = NOW_S + 600,
                                  .roles = 2,
                                  .organiser_count = 2,
                                  .organisers = {{1, 32}, {7, 8}}};
}

static void write_claims(const struct access_claims *claims)
{
    assert_int_equal(access_token_write(keyset, issuer, claims, token, &token_len), 0);
    assert_int_equal(token_len, strlen(token));
}

static int check(struct view text)
{
    struct access_claims claims;
    return access_token_check(keyset, issuer, text, NOW_S, &claims);
}

static void is_read_as_it_was_written(void **state)
{
    const struct access_claims claims = claims_now();
    struct access_claims found;
    write_claims(&claims);
    assert_true(access_token_looks(view_str(token)));
    assert_int_equal(access_token_check(keyset, issuer, view_str(token), NOW_S, &found), 0);
    assert_memory_equal(&claims, &found, sizeof(claims));
    assert_int_equal(access_token_check(keyset, issuer, view_str(token), NOW_S + 599, &found), 0);
    assert_int_equal(access_token_check(keyset, issuer, view_str(token), NOW_S + 600, &found),
                     ERR_TIMEOUT);
}

static void the_largest_fits(void **state)
{
    static const char longest[] =
        "https://a-name-that-is-as-long-as-it-may-be.usher.example/issuer";
    struct access_claims claims = {.account_id = {UINT64_MAX, UINT64_MAX},
                                   .issued_at_s = ACCESS_TIME_MAX - 1,
                                   .expires_at_s = ACCESS_TIME_MAX,
                                   .roles = ACCESS_ROLES_MAX,
                                   .organiser_count = ACCESS_ORGANISERS_MAX};
    struct access_claims found;
    assert_int_equal(strlen(longest), ACCESS_ISSUER_MAX);
    for (int i = 0; i < ACCESS_ORGANISERS_MAX; i++)
        claims.organisers[i] = (struct access_organiser){UINT32_MAX, ACCESS_ROLES_MAX};
    assert_int_equal(access_token_write(keyset, view_str(longest), &claims, token, &token_len), 0);
    assert_int_equal(
        access_token_check(keyset, view_str(longest), view_str(token), claims.issued_at_s, &found),
        0);
    assert_memory_equal(&claims, &found, sizeof(claims));
}

static void every_byte_counts(void **state)
{
    const struct access_claims claims = claims_now();
    write_claims(&claims);
    for (size_t i = 0; i < token_len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            token[i] = (char)(token[i] ^ 1 << bit);
            assert_int_equal(check(view_of(token, token_len)), ERR_DENIED);
            token[i] = (char)(token[i] ^ 1 << bit);
        }
    }
    for (size_t len = 0; len < token_len; len++)
        assert_int_equal(check(view_of(token, len)), ERR_DENIED);
    token[token_len] = '=';
    assert_int_equal(check(view_of(token, token_len + 1)), ERR_DENIED);
    token[token_len] = '\0';
    assert_int_equal(check(view_of(token, token_len)), 0);
}

/* Signs a header and a payload of one's own with the server's very key. */
static struct view forge(const char *header, const char *payload)
{
    static char text[2048];
    char kid[ES256_THUMBPRINT_CHARS + 1], full[256];
    uint8_t signature[ES256_SIGNATURE_BYTES];
    assert_int_equal(keyset_signer(keyset, NOW_S, kid), 0);
    const int n = snprintf(full, sizeof(full), header, kid);
    size_t len = base64_write(view_of(full, (size_t)n), BASE64_URL, text);
    text[len++] = '.';
    len += base64_write(view_str(payload), BASE64_URL, text + len);
    assert_int_equal(keyset_sign(keyset, view_str(kid), view_of(text, len), signature), 0);
    text[len++] = '.';
    len += base64_write(view_of(signature, sizeof(signature)), BASE64_URL, text + len);
    return view_of(text, len);
}

#define ID      "00000000000000000000000004"
#define GOOD    "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}"
#define ISSUED  "{\"iss\":\"https://usher.example\",\"aud\":\"usher\",\"client_id\":\"usher\","
#define WHO     "\"sub\":\"" ID "\",\"sid\":\"" ID "\",\"jti\":\"" ID "\","
#define WHEN    "\"iat\":1800000000,\"exp\":1800000600,"
#define RIGHTS  "\"roles\":2,\"organisers\":[]}"
#define PAYLOAD ISSUED WHO WHEN RIGHTS

/* RFC 8725, 3: item by item. */
static void a_token_of_another_form_is_none_however_well_signed(void **state)
{
    static const char *const headers[] = {
        /* 3.1, 3.2: the algorithm is not the token's to choose */
        "{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES384\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"es256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        /* 3.10: nothing is fetched or trusted that the token names */
        "{\"alg\":\"ES256\",\"jku\":\"http://127.0.0.1\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\",\"crit\":[\"b64\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"../../%s\",\"typ\":\"at+jwt\"}",
        /* 3.11, 3.12: a token of another kind */
        "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"%s\"}",
        /* 2.6, 3.7: another spelling */
        "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"%s\"}",
        "{\"alg\":\"ES256\", \"kid\":\"%s\",\"typ\":\"at+jwt\"}",
    };
    static const char *const payloads[] = {
        /* 3.8, 3.9: issuer, subject, audience */
        "{\"iss\":\"https://other.example\",\"aud\":\"usher\",\"client_id\":\"usher\"," WHO WHEN
            RIGHTS,
        "{\"iss\":\"https://usher.example\",\"aud\":\"other\",\"client_id\":\"usher\"," WHO WHEN
            RIGHTS,
        "{\"iss\":\"https://usher.example\",\"aud\":[\"usher\"],\"client_id\":\"usher\"," WHO WHEN
            RIGHTS,
        ISSUED "\"sub\":\"00000000000000000000000000\",\"sid\":\"" ID "\",\"jti\":\"" ID
               "\"," WHEN RIGHTS,
        ISSUED WHEN WHO RIGHTS,
        /* times */
        ISSUED WHO "\"iat\":1800000000,\"exp\":99999999999," RIGHTS,
        ISSUED WHO "\"iat\":1800000000,\"exp\":1800000000," RIGHTS,
        ISSUED WHO "\"iat\":1800000000,\"exp\":1800000600.0," RIGHTS,
        ISSUED WHO "\"iat\":01800000000,\"exp\":1800000600," RIGHTS,
        ISSUED WHO "\"iat\":1800000000," RIGHTS,
        /* rights */
        ISSUED WHO WHEN "\"roles\":65536,\"organisers\":[]}",
        ISSUED WHO WHEN "\"roles\":-1,\"organisers\":[]}",
        ISSUED WHO WHEN "\"roles\":2,\"organisers\":[[1,32],]}",
        ISSUED WHO WHEN "\"roles\":2,\"organisers\":[[1]]}",
        ISSUED WHO WHEN "\"roles\":2,\"roles\":64,\"organisers\":[]}",
        ISSUED WHO WHEN "\"roles\":2,\"organisers\":[[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],"
                        "[8,1],[9,1]]}",
        PAYLOAD " ",
        "",
        "{}",
    };
    assert_int_equal(check(forge(GOOD, PAYLOAD)), 0);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_int_equal(check(forge(headers[i], PAYLOAD)), ERR_DENIED);
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
        assert_int_equal(check(forge(GOOD, payloads[i])), ERR_DENIED);
}

static void a_token_that_nobody_signed_is_none(void **state)
{
    const struct access_claims claims = claims_now();
    static const uint8_t another[KEY_BYTES] = {1};
    struct keyset *other;
    char text[ACCESS_TOKEN_MAX];
    size_t len;
    assert_int_equal(keyset_open(another, NOW_S, &other), 0);
    assert_int_equal(access_token_write(other, issuer, &claims, text, &len), 0);
    assert_int_equal(check(view_of(text, len)), ERR_DENIED); /* a key that is not ours */
    write_claims(&claims);
    assert_int_equal(check(view_of(token, token_len - ACCESS_SECRET_CHARS)), ERR_DENIED);
    assert_int_equal(check(view_of(token, token_len - ACCESS_SECRET_CHARS - 1)), ERR_DENIED);
    memset(token + token_len - ACCESS_SECRET_CHARS, 'A', ACCESS_SECRET_CHARS);
    assert_int_equal(check(view_of(token, token_len)), ERR_DENIED);
    keyset_free(other);
}

static int set_up(void **state)
{
    chance_seed(&seeded, 1);
    static const uint8_t master[KEY_BYTES];
    return sodium_init() < 0 || keyset_open(master, NOW_S, &keyset);
}

static int tear_down(void **state)
{
    keyset_free(keyset);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_it_was_written),
        cmocka_unit_test(the_largest_fits),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(a_token_of_another_form_is_none_however_well_signed),
        cmocka_unit_test(a_token_that_nobody_signed_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
