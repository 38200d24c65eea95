#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "codec/base64.h"
#include "codec/sha256.h"

#define MILLION 1000000

/* FIPS 180-4's examples, as NIST publishes them. */
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char two_blocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
static const char million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void assert_hash(struct view bytes, const char *hex)
{
    uint8_t hash[SHA256_BYTES];
    char text[2 * SHA256_BYTES + 1];
    sha256(bytes, hash);
    hex_write(view_of(hash, sizeof(hash)), text);
    assert_string_equal(text, hex);
}

static void hashes_are_those_of_the_standard(void **state)
{
    static char letters[MILLION];
    memset(letters, 'a', sizeof(letters));
    assert_hash(VIEW_LIT("abc"), abc);
    assert_hash((struct view){0}, empty);
    assert_hash(VIEW_LIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), two_blocks);
    assert_hash(view_of(letters, sizeof(letters)), million);
}

static void pieces_are_the_whole(void **state)
{
    uint8_t hash[SHA256_BYTES];
    char text[2 * SHA256_BYTES + 1];
    sha256_begin();
    sha256_add(VIEW_LIT("a"));
    sha256_add((struct view){0});
    sha256_add(VIEW_LIT("bc"));
    sha256_end(hash);
    hex_write(view_of(hash, sizeof(hash)), text);
    assert_string_equal(text, abc);
    assert_hash((struct view){0}, empty); /* nothing is left over from it */
}

static void *hash_many(void *unused)
{
    for (int i = 0; i < 1000; i++)
        assert_hash(VIEW_LIT("abc"), abc);
    return NULL;
}

static void threads_do_not_share(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_many, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void assert_mac(const char *secret, struct view bytes, const char *hex)
{
    uint8_t key[SHA256_KEY_BYTES] = {0}, mac[SHA256_BYTES];
    char text[2 * SHA256_BYTES + 1];
    memcpy(key, secret, strlen(secret));
    sha256_mac(key, bytes, mac);
    hex_write(view_of(mac, sizeof(mac)), text);
    assert_string_equal(text, hex);
}

/* RFC 4231, cases 1 and 2: keys of 20 and 4 bytes, filled with zeros as RFC 2104 fills them. */
static void macs_are_those_of_the_standard(void **state)
{
    assert_mac("\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v", VIEW_LIT("Hi There"),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_mac("Jefe", VIEW_LIT("what do ya want for nothing?"),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_standard),
        cmocka_unit_test(pieces_are_the_whole),
        cmocka_unit_test(threads_do_not_share),
        cmocka_unit_test(macs_are_those_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
