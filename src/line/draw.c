#include "line/draw.h"

#include <sodium.h>
#include <stdlib.h>

#include "codec/sha256.h"
#include "err/err.h"

static_assert(DRAW_HASH_BYTES == crypto_auth_hmacsha256_BYTES, "keys are HMAC-SHA256");

void draw_commit(const uint8_t secret[DRAW_HASH_BYTES], uint8_t ret_commitment[DRAW_HASH_BYTES])
{
    sha256(view_of(secret, DRAW_HASH_BYTES), ret_commitment);
}

void draw_mix(const uint8_t secret[DRAW_HASH_BYTES], const uint8_t chain[DRAW_HASH_BYTES],
              uint64_t round, const uint8_t randomness[DRAW_HASH_BYTES],
              uint8_t ret_seed[DRAW_HASH_BYTES])
{
    uint8_t said[2 * DRAW_HASH_BYTES + 8];
    memcpy(said, chain, DRAW_HASH_BYTES);
    for (int i = 0; i < 8; i++)
        said[DRAW_HASH_BYTES + i] = (uint8_t)(round >> 8 * (7 - i));
    memcpy(said + DRAW_HASH_BYTES + 8, randomness, DRAW_HASH_BYTES);
    crypto_auth_hmacsha256(ret_seed, said, sizeof(said), secret);
}

void draw_key(const uint8_t secret[DRAW_HASH_BYTES], struct id account_id,
              uint8_t ret_key[DRAW_HASH_BYTES])
{
    uint8_t account[ID_BYTES];
    id_to_bytes(account_id, account);
    crypto_auth_hmacsha256(ret_key, account, sizeof(account), secret);
}

struct ranked {
    uint8_t key[DRAW_HASH_BYTES];
    struct id account_id;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct ranked *)a)->key, ((const struct ranked *)b)->key,
                  DRAW_HASH_BYTES);
}

int draw_order(const uint8_t secret[DRAW_HASH_BYTES], struct id *accounts, size_t count)
{
    struct ranked *ranked = calloc(count + 1, sizeof(*ranked));
    if (!ranked)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        ranked[i].account_id = accounts[i];
        draw_key(secret, accounts[i], ranked[i].key);
    }
    qsort(ranked, count, sizeof(*ranked), by_key);
    for (size_t i = 0; i < count; i++)
        accounts[i] = ranked[i].account_id;
    free(ranked);
    return 0;
}

/* ---- the tree ---- */

static void hash_leaf(const uint8_t key[DRAW_HASH_BYTES], uint8_t ret_hash[DRAW_HASH_BYTES])
{
    uint8_t bytes[1 + DRAW_HASH_BYTES] = {0x00};
    memcpy(bytes + 1, key, DRAW_HASH_BYTES);
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

static void hash_node(const uint8_t left[DRAW_HASH_BYTES], const uint8_t right[DRAW_HASH_BYTES],
                      uint8_t ret_hash[DRAW_HASH_BYTES])
{
    uint8_t bytes[1 + 2 * DRAW_HASH_BYTES] = {0x01};
    memcpy(bytes + 1, left, DRAW_HASH_BYTES);
    memcpy(bytes + 1 + DRAW_HASH_BYTES, right, DRAW_HASH_BYTES);
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

/* Each level has half of the one below, rounded up: at most 2 × count and one a level more. */
static int make_nodes(struct draw_tree *tree, size_t count)
{
    *tree = (struct draw_tree){.count = count};
    sha256((struct view){0}, tree->root);
    tree->nodes = calloc(2 * count + DRAW_PATH_MAX, sizeof(*tree->nodes));
    return tree->nodes ? 0 : ERR_NO_MEMORY;
}

/* The leaves are there. */
static void grow(struct draw_tree *tree)
{
    uint8_t(*level)[DRAW_HASH_BYTES] = tree->nodes;
    for (size_t n = tree->count; n > 1; n = (n + 1) / 2) {
        uint8_t(*above)[DRAW_HASH_BYTES] = level + n;
        for (size_t i = 0; i + 1 < n; i += 2)
            hash_node(level[i], level[i + 1], above[i / 2]);
        if (n % 2 == 1) /* the last one goes up as it is */
            memcpy(above[n / 2], level[n - 1], DRAW_HASH_BYTES);
        level = above;
    }
    if (tree->count > 0)
        memcpy(tree->root, level[0], DRAW_HASH_BYTES);
}

int draw_tree_of_keys(struct draw_tree *tree, const uint8_t (*keys)[DRAW_HASH_BYTES], size_t count)
{
    if (make_nodes(tree, count) != 0)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        hash_leaf(keys[i], tree->nodes[i]);
    grow(tree);
    return 0;
}

int draw_tree_init(struct draw_tree *tree, const uint8_t secret[DRAW_HASH_BYTES],
                   const struct id *accounts, size_t count)
{
    if (make_nodes(tree, count) != 0)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        uint8_t key[DRAW_HASH_BYTES];
        draw_key(secret, accounts[i], key);
        hash_leaf(key, tree->nodes[i]);
    }
    grow(tree);
    return 0;
}

void draw_tree_release(struct draw_tree *tree)
{
    free(tree->nodes);
    *tree = (struct draw_tree){0};
}

size_t draw_tree_path(const struct draw_tree *tree, size_t index,
                      uint8_t ret_path[DRAW_PATH_MAX][DRAW_HASH_BYTES])
{
    size_t len = 0;
    uint8_t(*level)[DRAW_HASH_BYTES] = tree->nodes;
    assert(index < tree->count);
    for (size_t n = tree->count; n > 1; n = (n + 1) / 2) {
        const size_t sibling = index ^ 1;
        if (sibling < n)
            memcpy(ret_path[len++], level[sibling], DRAW_HASH_BYTES);
        level += n;
        index /= 2;
    }
    return len;
}

bool draw_check(const uint8_t key[DRAW_HASH_BYTES], size_t index, size_t count,
                const uint8_t (*path)[DRAW_HASH_BYTES], size_t path_len,
                const uint8_t root[DRAW_HASH_BYTES])
{
    uint8_t hash[DRAW_HASH_BYTES];
    size_t used = 0;
    if (index >= count)
        return false;
    hash_leaf(key, hash);
    for (size_t n = count; n > 1; n = (n + 1) / 2) {
        if ((index ^ 1) < n) {
            if (used == path_len)
                return false;
            if (index % 2 == 1)
                hash_node(path[used], hash, hash);
            else
                hash_node(hash, path[used], hash);
            used++;
        }
        index /= 2;
    }
    return used == path_len && memcmp(hash, root, DRAW_HASH_BYTES) == 0;
}
