#include "token/challenge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

static const uint8_t key[KEY_BYTES] = {1};
static const struct challenge sample = {.sale_id = 2,
                                        .account_id = {3, 4},
                                        .nonce = {5, [15] = 6},
                                        .salt = {7, [15] = 8},
                                        .cost = 9,
                                        .expires_at_ms = 10};

/* Computed apart from this code, by Python's hashlib.pbkdf2_hmac. */
static void the_prefix_is_that_of_pbkdf2(void **state)
{
    uint8_t prefix[CHALLENGE_BYTES];
    char text[2 * CHALLENGE_BYTES + 1];
    assert_int_equal(challenge_prefix(&sample, 258, prefix), 0);
    sodium_bin2hex(text, sizeof(text), prefix, sizeof(prefix));
    assert_string_equal(text, "64d04b4a97efef257f829af87e15206f");
}

static void only_what_was_picked_solves_it(void **state)
{
    uint8_t mac[CHALLENGE_MAC_BYTES];
    struct challenge others[6];
    challenge_seal(key, &sample, 42, mac);
    assert_true(challenge_solved(key, &sample, 42, mac));
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(challenge_solved(key, &sample, i, mac), i == 42);
    for (int i = 0; i < 6; i++)
        others[i] = sample;
    others[0].sale_id++;
    others[1].account_id.lo++;
    others[2].nonce[15]++;
    others[3].salt[0]++;
    others[4].cost++;
    others[5].expires_at_ms++;
    for (int i = 0; i < 6; i++)
        assert_false(challenge_solved(key, &others[i], 42, mac));
    static const uint8_t other_key[KEY_BYTES] = {2};
    assert_false(challenge_solved(other_key, &sample, 42, mac));
    mac[31] ^= 1;
    assert_false(challenge_solved(key, &sample, 42, mac));
}

static int setup(void **state)
{
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prefix_is_that_of_pbkdf2),
        cmocka_unit_test(only_what_was_picked_solves_it),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
