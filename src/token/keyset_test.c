#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "codec/base64.h"
#include "err/err.h"
#include "token/keyset.h"

#define NOW_S INT64_C(1800000000)

static const uint8_t master[KEY_BYTES] = {1, 2, 3};
static struct keyset *keyset;
static uint8_t signature[ES256_SIGNATURE_BYTES];
static const struct view said = {.at = "said", .len = 4};

/* A time at which a period begins. */
#define BEGINS_S (NOW_S - NOW_S % KEYSET_AGE_S)

static const char *signer_of(struct keyset *of, int64_t now_s)
{
    static char kids[2][ES256_THUMBPRINT_CHARS + 1];
    static int turn;
    turn ^= 1;
    assert_int_equal(keyset_signer(of, now_s, kids[turn]), 0);
    return kids[turn];
}

static size_t published(int64_t now_s)
{
    struct buf out;
    size_t count = 0;
    buf_init(&out, 4096);
    assert_int_equal(keyset_publish(keyset, now_s, &out), 0);
    assert_int_equal(buf_append_byte(&out, 0), 0);
    for (const char *at = (const char *)buf_view(&out).at; (at = strstr(at, "\"kid\"")); at++)
        count++;
    assert_null(strstr(buf_view(&out).at, "\"d\"")); /* never the private number */
    buf_release(&out);
    return count;
}

/* RFC 7515, A.3. */
static void checks_and_makes_the_signature_of_the_standard(void **state)
{
    static const char jws[] =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlS"
        "ApmWQxfKTUJqPP3-Kg6NU1Q";
    uint8_t scalar[64], given[96];
    struct es256_point point, from_scalar;
    EVP_PKEY *public, *private;
    char text[64];
    size_t len;
    const size_t said_len = (size_t)(strrchr(jws, '.') - jws);
    assert_int_equal(
        base64_read(VIEW_LIT("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), given, &len), 0);
    memcpy(point.x, given, sizeof(point.x));
    assert_int_equal(
        base64_read(VIEW_LIT("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), given, &len), 0);
    memcpy(point.y, given, sizeof(point.y));
    assert_int_equal(
        base64_read(VIEW_LIT("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), scalar, &len), 0);
    assert_int_equal(base64_read(view_str(jws + said_len + 1), given, &len), 0);
    assert_int_equal(len, ES256_SIGNATURE_BYTES);
    assert_int_equal(es256_public(&point, &public), 0);
    assert_int_equal(es256_private(scalar, &private, &from_scalar), 0);
    assert_memory_equal(&point, &from_scalar, sizeof(point));
    assert_int_equal(es256_verify(public, view_of(jws, said_len), given), 0);
    assert_int_equal(es256_sign(private, said, signature), 0);
    assert_int_equal(es256_verify(public, said, signature), 0);
    for (size_t i = 0; i < ES256_SIGNATURE_BYTES; i++) {
        signature[i] ^= 1;
        assert_int_equal(es256_verify(public, said, signature), ERR_DENIED);
        signature[i] ^= 1;
    }
    memset(signature, 0, sizeof(signature)); /* CVE-2022-21449 */
    assert_int_equal(es256_verify(public, said, signature), ERR_DENIED);
    es256_thumbprint(&point, text);
    assert_string_equal(text, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    EVP_PKEY_free(public);
    EVP_PKEY_free(private);
}

static void refuses_what_is_no_key(void **state)
{
    uint8_t scalar[ES256_SCALAR_BYTES] = {0};
    struct es256_point point = {{1}, {1}};
    EVP_PKEY *key;
    assert_int_equal(es256_private(scalar, &key, &point), ERR_INVALID);
    memset(scalar, 0xff, sizeof(scalar));
    assert_int_equal(es256_private(scalar, &key, &point), ERR_INVALID);
    assert_int_equal(es256_public(&point, &key), ERR_INVALID);
}

/* Two processes that share nothing but secret.key, and one with another. */
static void is_the_same_wherever_the_master_is(void **state)
{
    static const uint8_t another[KEY_BYTES] = {1, 2, 4};
    struct keyset *other, *stranger;
    assert_int_equal(keyset_open(master, NOW_S + 10 * KEYSET_AGE_S, &other), 0);
    assert_int_equal(keyset_open(another, NOW_S, &stranger), 0);
    const char *kid = signer_of(keyset, NOW_S);
    assert_int_equal(keyset_sign(keyset, view_str(kid), said, signature), 0);
    assert_int_equal(keyset_verify(other, NOW_S, view_str(kid), said, signature), 0);
    assert_int_equal(keyset_verify(other, NOW_S, view_str("x"), said, signature), ERR_NOT_FOUND);
    assert_int_equal(keyset_verify(other, NOW_S, view_str(kid), VIEW_LIT("sait"), signature),
                     ERR_DENIED);
    assert_int_equal(keyset_verify(stranger, NOW_S, view_str(kid), said, signature), ERR_NOT_FOUND);
    keyset_free(other);
    keyset_free(stranger);
}

/* What was signed with a key stays good over an upgrade: the way from the master is for ever. */
static void the_way_from_the_master_is_for_ever(void **state)
{
    assert_string_equal(signer_of(keyset, NOW_S), "GaiUIcdyaYL2pNxOAZdb2SITAot3i0nNI4B1Vn0-HC8");
}

static void a_key_is_published_first_signs_then_and_checks_on(void **state)
{
    char first[ES256_THUMBPRINT_CHARS + 1];
    const int64_t ends_s = BEGINS_S + KEYSET_AGE_S;
    memcpy(first, signer_of(keyset, BEGINS_S), sizeof(first));
    assert_int_equal(keyset_sign(keyset, view_str(first), said, signature), 0);
    assert_int_equal(published(BEGINS_S + KEYSET_AFTER_S), 1);
    assert_int_equal(published(ends_s - KEYSET_AHEAD_S - 1), 1);
    assert_int_equal(published(ends_s - KEYSET_AHEAD_S), 2);
    assert_string_equal(signer_of(keyset, ends_s - 1), first);
    assert_string_not_equal(signer_of(keyset, ends_s), first);
    assert_int_equal(published(ends_s + KEYSET_AFTER_S - 1), 2);
    assert_int_equal(
        keyset_verify(keyset, ends_s + KEYSET_AFTER_S - 1, view_str(first), said, signature), 0);
    assert_int_equal(published(ends_s + KEYSET_AFTER_S), 1);
    assert_int_equal(
        keyset_verify(keyset, ends_s + KEYSET_AFTER_S, view_str(first), said, signature),
        ERR_NOT_FOUND);
}

/* A clock may jump, far, and back. */
static void keys_are_those_of_the_time(void **state)
{
    const char *first = signer_of(keyset, NOW_S);
    assert_string_not_equal(signer_of(keyset, NOW_S + 100 * KEYSET_AGE_S), first);
    first = signer_of(keyset, NOW_S);
    assert_string_equal(signer_of(keyset, NOW_S + 1), first);
    assert_int_equal(published(0), 1);
    assert_int_equal(published(KEYSET_AFTER_S), 1);
}

static int setup(void **state)
{
    return sodium_init() < 0 || keyset_open(master, NOW_S, &keyset);
}

static int teardown(void **state)
{
    keyset_free(keyset);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_and_makes_the_signature_of_the_standard),
        cmocka_unit_test(refuses_what_is_no_key),
        cmocka_unit_test(is_the_same_wherever_the_master_is),
        cmocka_unit_test(the_way_from_the_master_is_for_ever),
        cmocka_unit_test(a_key_is_published_first_signs_then_and_checks_on),
        cmocka_unit_test(keys_are_those_of_the_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
