#include "codec/sha256.h"
#include "line/draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance/chance.h"
#include <sodium.h>

#define MANY 70

static struct chance_seeded seeded;
static uint8_t secret[DRAW_HASH_BYTES];

static void make_people(struct id *accounts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        accounts[i] = chance_id(&seeded.chance);
}

static void the_order_is_that_of_the_keys(void **state)
{
    struct id before[MANY], after[MANY];
    uint8_t last[DRAW_HASH_BYTES] = {0}, key[DRAW_HASH_BYTES];
    make_people(before, MANY);
    memcpy(after, before, sizeof(after));
    assert_int_equal(draw_order(secret, after, MANY), 0);
    for (size_t i = 0; i < MANY; i++) {
        size_t same = 0;
        for (size_t k = 0; k < MANY; k++)
            same += id_eq(after[i], before[k]);
        assert_int_equal(same, 1);
        draw_key(secret, after[i], key);
        assert_true(memcmp(last, key, sizeof(key)) < 0);
        memcpy(last, key, sizeof(key));
    }
    /* Whatever order they came in, and another secret gives another one. */
    struct id again[MANY];
    for (size_t i = 0; i < MANY; i++)
        again[i] = before[MANY - 1 - i];
    assert_int_equal(draw_order(secret, again, MANY), 0);
    assert_memory_equal(again, after, sizeof(after));
    uint8_t other[DRAW_HASH_BYTES] = {77};
    assert_int_equal(draw_order(other, again, MANY), 0);
    assert_memory_not_equal(again, after, sizeof(after));
}

/* RFC 9162, 2.1.1, to the letter. */
static void root_of(const struct id *accounts, size_t n, uint8_t ret[DRAW_HASH_BYTES])
{
    uint8_t bytes[1 + 2 * DRAW_HASH_BYTES] = {0};
    if (n == 0) {
        sha256((struct view){0}, ret);
    } else if (n == 1) {
        draw_key(secret, accounts[0], bytes + 1);
        sha256(view_of(bytes, 1 + DRAW_HASH_BYTES), ret);
    } else {
        size_t k = 1;
        while (2 * k < n)
            k *= 2;
        bytes[0] = 1;
        root_of(accounts, k, bytes + 1);
        root_of(accounts + k, n - k, bytes + 1 + DRAW_HASH_BYTES);
        sha256(view_of(bytes, sizeof(bytes)), ret);
    }
}

static void every_place_has_its_proof_and_no_other(void **state)
{
    struct id accounts[MANY];
    make_people(accounts, MANY);
    assert_int_equal(draw_order(secret, accounts, MANY), 0);
    for (size_t n = 0; n <= MANY; n++) {
        struct draw_tree tree;
        uint8_t root[DRAW_HASH_BYTES], path[DRAW_PATH_MAX][DRAW_HASH_BYTES], key[DRAW_HASH_BYTES];
        assert_int_equal(draw_tree_init(&tree, secret, accounts, n), 0);
        root_of(accounts, n, root);
        assert_memory_equal(tree.root, root, sizeof(root));
        for (size_t i = 0; i < n; i++) {
            const size_t len = draw_tree_path(&tree, i, path);
            draw_key(secret, accounts[i], key);
            assert_true(draw_check(key, i, n, path, len, root));
            for (size_t k = 0; k < n; k++)
                assert_int_equal(draw_check(key, k, n, path, len, root), k == i);
            assert_false(draw_check(key, n, n, path, len, root));
            if (len > 0) {
                assert_false(draw_check(key, i, n, path, len - 1, root));
                path[len - 1][5] ^= 1;
                assert_false(draw_check(key, i, n, path, len, root));
            }
            key[31] ^= 1;
            assert_false(draw_check(key, i, n, path, len, root));
        }
        draw_tree_release(&tree);
    }
}

static void a_commitment_is_a_hash(void **state)
{
    /* SHA-256 of 32 bytes of zero. */
    static const uint8_t zero[DRAW_HASH_BYTES];
    uint8_t hash[DRAW_HASH_BYTES];
    char text[2 * DRAW_HASH_BYTES + 1];
    draw_commit(zero, hash);
    sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
    assert_string_equal(text, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
}

static int setup(void **state)
{
    chance_seed(&seeded, 3);
    seeded.chance.fill(&seeded.chance, secret, sizeof(secret));
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_the_keys),
        cmocka_unit_test(every_place_has_its_proof_and_no_other),
        cmocka_unit_test(a_commitment_is_a_hash),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
