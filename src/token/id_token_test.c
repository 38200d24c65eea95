#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "codec/base64.h"
#include "err/err.h"
#include "token/es256.h"
#include "token/id_token.h"

#define NOW_S 1800000000
#define CLAIMS                                                                                     \
    "{\"iss\":\"https://id.example\",\"aud\":\"usher\",\"sub\":\"4711\",\"nonce\":\"n-1\","        \
    "\"iat\":1799999990,\"exp\":1800000300,\"email\":\"kim@example.org\",\"name\":\"Kim\"}"

static EVP_PKEY *rsa, *weak, *ec;
static char jwks[8192];
static struct arena arena;

static void put(struct view bytes, char *out)
{
    out[base64_write(bytes, BASE64_URL, out)] = '\0';
}

static void put_number(EVP_PKEY *key, const char *param, char *out)
{
    uint8_t bytes[512];
    BIGNUM *number = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    const int len = BN_bn2bin(number, bytes);
    put(view_of(bytes, (size_t)len), out);
    BN_free(number);
}

static int set_up(void **state)
{
    uint8_t scalar[ES256_SCALAR_BYTES] = {7};
    char n[800], e[16], weak_n[800], x[64] = "", y[64] = "";
    struct es256_point point;
    if (sodium_init() < 0)
        return 1;
    rsa = EVP_RSA_gen(2048);
    weak = EVP_RSA_gen(1024);
    assert_int_equal(es256_private(scalar, &ec, &point), 0);
    put_number(rsa, OSSL_PKEY_PARAM_RSA_N, n);
    put_number(rsa, OSSL_PKEY_PARAM_RSA_E, e);
    put_number(weak, OSSL_PKEY_PARAM_RSA_N, weak_n);
    put(view_of(point.x, sizeof(point.x)), x);
    put(view_of(point.y, sizeof(point.y)), y);
    snprintf(jwks, sizeof(jwks),
             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"n\":\"%s\",\"e\":\"%s\"},"
             "{\"kty\":\"RSA\",\"kid\":\"weak\",\"n\":\"%s\",\"e\":\"%s\"},"
             "{\"kty\":\"RSA\",\"kid\":\"enc\",\"use\":\"enc\",\"n\":\"%s\",\"e\":\"%s\"},"
             "{\"kty\":\"RSA\",\"kid\":\"fixed\",\"alg\":\"PS256\",\"n\":\"%s\",\"e\":\"%s\"},"
             "{\"kty\":\"EC\",\"kid\":\"c\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"},"
             "{\"kty\":\"EC\",\"kid\":\"off\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}]}",
             n, e, weak_n, e, n, e, n, e, x, y, x, x);
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(ec);
    arena_release(&arena);
    return 0;
}

static size_t sign(EVP_PKEY *key, bool pss, struct view said, uint8_t *out)
{
    size_t len = 512;
    if (EVP_PKEY_is_a(key, "EC")) {
        assert_int_equal(es256_sign(key, said, out), 0);
        return ES256_SIGNATURE_BYTES;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey = NULL;
    assert_int_equal(EVP_DigestSignInit(ctx, &pkey, EVP_sha256(), NULL, key), 1);
    if (pss) {
        EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, RSA_PSS_SALTLEN_DIGEST);
    }
    assert_int_equal(EVP_DigestSign(ctx, out, &len, (const unsigned char *)said.at, said.len), 1);
    EVP_MD_CTX_free(ctx);
    return len;
}

static const char *make(const char *header, const char *claims, EVP_PKEY *key, bool pss)
{
    static char token[8192];
    uint8_t signature[512];
    size_t len = base64_write(view_str(header), BASE64_URL, token);
    token[len++] = '.';
    len += base64_write(view_str(claims), BASE64_URL, token + len);
    const size_t signed_len = sign(key, pss, view_of(token, len), signature);
    token[len++] = '.';
    put(view_of(signature, signed_len), token + len);
    return token;
}

static int check(const char *token, struct id_token_claims *ret_claims)
{
    const struct id_token_wants wants = {.issuer = VIEW_LIT("https://id.example"),
                                         .client_id = VIEW_LIT("usher"),
                                         .nonce = VIEW_LIT("n-1"),
                                         .name_claim = VIEW_LIT("name"),
                                         .now_s = NOW_S};
    arena_reset(&arena);
    return id_token_check(view_str(token), view_str(jwks), &wants, &arena, ret_claims);
}

static void assert_taken(const char *header, EVP_PKEY *key, bool pss)
{
    struct id_token_claims claims;
    assert_int_equal(check(make(header, CLAIMS, key, pss), &claims), 0);
    assert_true(view_eq(claims.subject, VIEW_LIT("4711")));
    assert_true(view_eq(claims.email, VIEW_LIT("kim@example.org")));
    assert_true(view_eq(claims.name, VIEW_LIT("Kim")));
}

static void the_three_algorithms_are_taken(void **state)
{
    assert_taken("{\"alg\":\"RS256\",\"kid\":\"r\"}", rsa, false);
    assert_taken("{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"JWT\"}", rsa, false);
    assert_taken("{\"alg\":\"PS256\",\"kid\":\"fixed\"}", rsa, true);
    assert_taken("{\"alg\":\"ES256\",\"kid\":\"c\"}", ec, false);
}

/* RFC 8725, 2.1, 3.1, 3.2, 3.3, 3.5, 3.11 */
static void a_header_cannot_choose_how_it_is_checked(void **state)
{
    static const struct {
        const char *header;
        int err;
    } rows[] = {
        {"{\"alg\":\"none\",\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":\"None\",\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":\"HS256\",\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":\"RS1\",\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":\"RS512\",\"kid\":\"r\"}", ERR_DENIED},
        {"{\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":[\"RS256\"],\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r\"}", ERR_DENIED},
        {"{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"exp\"]}", ERR_DENIED},
        {"{\"alg\":\"RS256\",\"kid\":\"r\",\"b64\":false}", ERR_DENIED},
        {"{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"at+jwt\"}", ERR_DENIED},
        {"{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"logout+jwt\"}", ERR_DENIED},
        {"{\"alg\":\"ES256\",\"kid\":\"r\"}", ERR_NOT_FOUND},     /* a key of another kind */
        {"{\"alg\":\"RS256\",\"kid\":\"fixed\"}", ERR_NOT_FOUND}, /* a key for PS256 */
        {"{\"alg\":\"RS256\",\"kid\":\"enc\"}", ERR_NOT_FOUND},   /* a key that encrypts */
        {"{\"alg\":\"RS256\",\"kid\":\"../r\"}", ERR_NOT_FOUND},
        {"{\"alg\":\"RS256\"}", ERR_NOT_FOUND}, /* several fit */
        {"{\"alg\":\"RS256\",\"kid\":\"x\",\"jku\":\"https://evil.example/keys\"}", ERR_NOT_FOUND},
        {"[]", ERR_DENIED},
        {"", ERR_DENIED},
    };
    struct id_token_claims claims;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int err = check(make(rows[i].header, CLAIMS, rsa, false), &claims);
        if (err != rows[i].err)
            fail_msg("%s: %d", rows[i].header, err);
    }
    /* A key that is too short, and one that is no point of the curve. */
    assert_int_equal(
        check(make("{\"alg\":\"RS256\",\"kid\":\"weak\"}", CLAIMS, weak, false), &claims),
        ERR_NOT_FOUND);
    assert_int_equal(check(make("{\"alg\":\"ES256\",\"kid\":\"off\"}", CLAIMS, ec, false), &claims),
                     ERR_NOT_FOUND);
    /* The right key, and the signature of another; of another padding. */
    assert_int_equal(check(make("{\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS, weak, false), &claims),
                     ERR_DENIED);
    assert_int_equal(check(make("{\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS, rsa, true), &claims),
                     ERR_DENIED);
    assert_int_equal(
        check(make("{\"alg\":\"PS256\",\"kid\":\"fixed\"}", CLAIMS, rsa, false), &claims),
        ERR_DENIED);
}

/* OpenID Connect Core, 3.1.3.7; RFC 8725, 3.8 to 3.10 */
static void every_claim_is_looked_at(void **state)
{
#define START "{\"sub\":\"4711\",\"nonce\":\"n-1\",\"iss\":\"https://id.example\","
#define TIMES "\"iat\":1799999990,\"exp\":1800000300}"
    static const struct {
        const char *claims;
        int err;
    } rows[] = {
        {START "\"aud\":\"usher\"," TIMES, 0},
        {START "\"aud\":[\"usher\"]," TIMES, 0},
        {START "\"aud\":[\"usher\",\"other\"],\"azp\":\"usher\"," TIMES, 0},
        {START "\"aud\":[\"usher\",\"other\"]," TIMES, ERR_DENIED},
        {START "\"aud\":[\"usher\",\"other\"],\"azp\":\"other\"," TIMES, ERR_DENIED},
        {START "\"aud\":\"usher\",\"azp\":\"other\"," TIMES, ERR_DENIED},
        {START "\"aud\":\"usher2\"," TIMES, ERR_DENIED},
        {START "\"aud\":\"ushe\"," TIMES, ERR_DENIED},
        {START "\"aud\":[]," TIMES, ERR_DENIED},
        {START TIMES, ERR_DENIED},
        {START "\"aud\":\"usher\",\"iat\":1799999990}", ERR_DENIED},
        {START "\"aud\":\"usher\",\"exp\":1800000300}", ERR_DENIED},
        {START "\"aud\":\"usher\",\"iat\":1799999990,\"exp\":\"1800000300\"}", ERR_DENIED},
        {START "\"aud\":\"usher\",\"iat\":1799990000,\"exp\":1799999941}", 0}, /* within the skew */
        {START "\"aud\":\"usher\",\"iat\":1799990000,\"exp\":1799999940}", ERR_DENIED},
        {START "\"aud\":\"usher\",\"iat\":1800000059,\"exp\":1800000300}", 0},
        {START "\"aud\":\"usher\",\"iat\":1800000060,\"exp\":1800000300}", ERR_DENIED},
        {START "\"aud\":\"usher\",\"nbf\":1800000100," TIMES, ERR_DENIED},
        {START "\"sub\":\"4712\",\"aud\":\"usher\"," TIMES, ERR_DENIED}, /* a name twice */
        {"{\"sub\":\"4711\",\"nonce\":\"n-1\",\"iss\":\"https://id.example/"
         "\",\"aud\":\"usher\"," TIMES,
         ERR_DENIED},
        {"{\"sub\":\"4711\",\"nonce\":\"n-1\",\"aud\":\"usher\"," TIMES, ERR_DENIED},
        {"{\"sub\":\"4711\",\"nonce\":\"n-2\",\"iss\":\"https://"
         "id.example\",\"aud\":\"usher\"," TIMES,
         ERR_DENIED},
        {"{\"sub\":\"4711\",\"iss\":\"https://id.example\",\"aud\":\"usher\"," TIMES, ERR_DENIED},
        {"{\"sub\":\"\",\"nonce\":\"n-1\",\"iss\":\"https://id.example\",\"aud\":\"usher\"," TIMES,
         ERR_DENIED},
        {"{\"sub\":4711,\"nonce\":\"n-1\",\"iss\":\"https://id.example\",\"aud\":\"usher\"," TIMES,
         ERR_DENIED},
        {"[]", ERR_DENIED},
    };
    struct id_token_claims claims;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int err =
            check(make("{\"alg\":\"RS256\",\"kid\":\"r\"}", rows[i].claims, rsa, false), &claims);
        if (err != rows[i].err)
            fail_msg("%s: %d", rows[i].claims, err);
    }
}

static void what_is_no_token_is_none(void **state)
{
    struct id_token_claims claims;
    char token[8192], big[ID_TOKEN_MAX + 2];
    assert_int_equal(check("", &claims), ERR_DENIED);
    assert_int_equal(check("a.b", &claims), ERR_DENIED);
    assert_int_equal(check("..", &claims), ERR_DENIED);
    assert_int_equal(check("a.b.c.d.e", &claims), ERR_DENIED);
    memset(big, 'A', sizeof(big));
    big[sizeof(big) - 1] = '\0';
    assert_int_equal(check(big, &claims), ERR_DENIED);
    /* Every bit of it is signed: one that is another is noticed, whichever it is. */
    snprintf(token, sizeof(token), "%s",
             make("{\"alg\":\"ES256\",\"kid\":\"c\"}", CLAIMS, ec, false));
    assert_int_equal(check(token, &claims), 0);
    for (size_t i = 0; token[i]; i++) {
        const char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(check(token, &claims), 0);
        token[i] = was;
    }
    snprintf(token + strlen(token), 2, ".");
    assert_int_not_equal(check(token, &claims), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_algorithms_are_taken),
        cmocka_unit_test(a_header_cannot_choose_how_it_is_checked),
        cmocka_unit_test(every_claim_is_looked_at),
        cmocka_unit_test(what_is_no_token_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
