#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base64.h"
#include "err/err.h"
#include "token/keyset.h"

#define NOW_S INT64_C(1800000000)

static char folder[64], path[128];
static struct chance_seeded seeded;
static struct keyset *keyset;
static uint8_t signature[ES256_SIGNATURE_BYTES];
static const struct view said = {.at = "said", .len = 4};

static void open_at(int64_t now_s)
{
    assert_int_equal(keyset_open(path, &seeded.chance, now_s, &keyset), 0);
}

static const char *signer(int64_t now_s)
{
    static char kid[ES256_THUMBPRINT_CHARS + 1];
    keyset_signer(keyset, now_s, kid);
    return kid;
}

static size_t published(void)
{
    struct buf out;
    size_t count = 0;
    buf_init(&out, 4096);
    assert_int_equal(keyset_publish(keyset, &out), 0);
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

static void is_made_once_and_read_again(void **state)
{
    char first[ES256_THUMBPRINT_CHARS + 1];
    struct stat status;
    open_at(NOW_S);
    snprintf(first, sizeof(first), "%s", signer(NOW_S));
    assert_int_equal(keyset_sign(keyset, view_str(first), said, signature), 0);
    keyset_free(keyset);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    open_at(NOW_S + 1);
    assert_string_equal(signer(NOW_S + 1), first);
    assert_int_equal(keyset_verify(keyset, view_str(first), said, signature), 0);
    assert_int_equal(keyset_verify(keyset, view_str("x"), said, signature), ERR_NOT_FOUND);
    assert_int_equal(keyset_verify(keyset, view_str(first), VIEW_LIT("sait"), signature),
                     ERR_DENIED);
    keyset_free(keyset);
}

static void a_key_is_published_first_signs_then_and_checks_on(void **state)
{
    char first[ES256_THUMBPRINT_CHARS + 1], second[ES256_THUMBPRINT_CHARS + 1];
    open_at(NOW_S);
    snprintf(first, sizeof(first), "%s", signer(NOW_S));
    assert_int_equal(keyset_rotate(keyset, NOW_S + 1), 0);
    assert_int_equal(keyset_rotate(keyset, NOW_S + 2), ERR_BUSY);
    assert_int_equal(published(), 2);
    assert_string_equal(signer(NOW_S + KEYSET_AHEAD_S), first);
    snprintf(second, sizeof(second), "%s", signer(NOW_S + 1 + KEYSET_AHEAD_S));
    assert_string_not_equal(second, first);
    assert_int_equal(keyset_sign(keyset, view_str(first), said, signature), 0);
    keyset_free(keyset); /* and over a restart */
    open_at(NOW_S + KEYSET_AHEAD_S + 10);
    assert_string_equal(signer(NOW_S + KEYSET_AHEAD_S + 10), second);
    assert_int_equal(keyset_verify(keyset, view_str(first), said, signature), 0);
    assert_int_equal(keyset_tend(keyset, NOW_S + KEYSET_AHEAD_S + KEYSET_AFTER_S), 0);
    assert_int_equal(published(), 2);
    assert_int_equal(keyset_tend(keyset, NOW_S + KEYSET_AHEAD_S + KEYSET_AFTER_S + 1), 0);
    assert_int_equal(published(), 1);
    assert_int_equal(keyset_verify(keyset, view_str(first), said, signature), ERR_NOT_FOUND);
    keyset_free(keyset);
}

static void the_next_comes_with_age(void **state)
{
    int64_t now_s = NOW_S;
    open_at(now_s);
    assert_int_equal(keyset_tend(keyset, now_s + KEYSET_AGE_S + KEYSET_AHEAD_S - 1), 0);
    assert_int_equal(published(), 1);
    for (int i = 0; i < 10; i++) {
        now_s += KEYSET_AGE_S + KEYSET_AHEAD_S;
        assert_int_equal(keyset_tend(keyset, now_s), 0);
        assert_int_equal(published(), 2);
        assert_int_equal(keyset_tend(keyset, now_s + 1), 0);
        assert_int_equal(published(), 2);
    }
    keyset_free(keyset);
}

static void keys_are_a_bounded_number(void **state)
{
    int64_t now_s = NOW_S;
    open_at(now_s);
    for (int i = 1; i < KEYSET_KEYS_MAX; i++, now_s += KEYSET_AHEAD_S)
        assert_int_equal(keyset_rotate(keyset, now_s), 0);
    assert_int_equal(keyset_rotate(keyset, now_s), ERR_BUSY);
    assert_int_equal(published(), KEYSET_KEYS_MAX);
    keyset_free(keyset);
    open_at(now_s);
    assert_int_equal(published(), KEYSET_KEYS_MAX);
    keyset_free(keyset);
}

static void write_text(const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void damage_is_seen_and_never_replaced(void **state)
{
#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    static const char *const wrong[] = {
        "",
        "\n",
        "1 " KEY,
        "x " KEY "\n",
        "1  " KEY "\n",
        "1 " KEY "\n\n",
        "2 " KEY "\n1 " KEY "\n",
        "1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "1 " KEY "\n1 " KEY "\n1 " KEY "\n1 " KEY "\n1 " KEY "\n",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct stat status;
        write_text(wrong[i], 0600);
        assert_int_equal(keyset_open(path, &seeded.chance, NOW_S, &keyset), ERR_CORRUPT);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, strlen(wrong[i]));
    }
    write_text("1 " KEY "\n", 0640);
    assert_int_equal(keyset_open(path, &seeded.chance, NOW_S, &keyset), ERR_DENIED);
    write_text("1 " KEY "\n", 0600);
    open_at(NOW_S);
    keyset_free(keyset);
    assert_int_equal(keyset_open("/nowhere/at.all", &seeded.chance, NOW_S, &keyset), ERR_IO);
}

static void a_rotation_that_cannot_be_written_changes_nothing(void **state)
{
    open_at(NOW_S);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(keyset_rotate(keyset, NOW_S), ERR_IO);
    assert_int_equal(published(), 1);
    keyset_free(keyset);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static int setup(void **state)
{
    chance_seed(&seeded, 7);
    snprintf(folder, sizeof(folder), "/tmp/usher-keyset-test-XXXXXX");
    if (!mkdtemp(folder) || sodium_init() < 0)
        return 1;
    snprintf(path, sizeof(path), "%s/access.keys", folder);
    return 0;
}

static int teardown(void **state)
{
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_and_makes_the_signature_of_the_standard),
        cmocka_unit_test(refuses_what_is_no_key),
        cmocka_unit_test_setup_teardown(is_made_once_and_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_is_published_first_signs_then_and_checks_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_next_comes_with_age, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_a_bounded_number, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_seen_and_never_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rotation_that_cannot_be_written_changes_nothing, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
