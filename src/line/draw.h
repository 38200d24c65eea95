/*
 * draw: a lottery that anyone can check.
 *
 * When a sale is made, SHA-256 of a secret is published, the commitment. At the opening everybody
 * in the draw gets the key HMAC-SHA256(secret, account), and the numbers follow the keys in
 * ascending order: whoever fixed the secret before the people came could not choose among them.
 * Then the secret is published, and the root of a Merkle tree over the keys in their order (RFC
 * 9162, 2.1: a leaf is SHA-256(0x00 | key), a node SHA-256(0x01 | left | right)). With the secret
 * one makes one's own key, with the path one sees that it stands at one's own number in that tree;
 * with all keys, which tell nothing about who they belong to, one sees that they ascend.
 *
 * Where a round of a public beacon (drand) was named before anybody came, and its randomness was
 * given after the last had come, keys are made with the secret and that randomness together: then
 * who knows the secret could not choose accounts either.
 */
#ifndef USHER_LINE_DRAW_H
#define USHER_LINE_DRAW_H

#include <stdbool.h>

#include "mem/id.h"

#define DRAW_HASH_BYTES 32
#define DRAW_PATH_MAX   32 /* hashes in a path: a tree of 2³² leaves */

/* SHA-256 of the secret. */
void draw_commit(const uint8_t secret[DRAW_HASH_BYTES], uint8_t ret_commitment[DRAW_HASH_BYTES]);
/* What keys are made with where a beacon is mixed in: HMAC-SHA256(secret, chain | round as 8 bytes,
 * big-endian | randomness). Otherwise it is the secret itself. */
void draw_mix(const uint8_t secret[DRAW_HASH_BYTES], const uint8_t chain[DRAW_HASH_BYTES],
              uint64_t round, const uint8_t randomness[DRAW_HASH_BYTES],
              uint8_t ret_seed[DRAW_HASH_BYTES]);
/* The account's key. */
void draw_key(const uint8_t secret[DRAW_HASH_BYTES], struct id account_id,
              uint8_t ret_key[DRAW_HASH_BYTES]);
/* Puts the accounts in the order of the draw. About a second for a million. ERR_NO_MEMORY. */
int draw_order(const uint8_t secret[DRAW_HASH_BYTES], struct id *accounts, size_t count);

/* The Merkle tree over a draw's keys: 64 bytes an entrant. */
struct draw_tree {
    uint8_t (*nodes)[DRAW_HASH_BYTES]; /* owned; level by level, the leaves first */
    size_t count;                      /* leaves */
    uint8_t root[DRAW_HASH_BYTES];     /* of an empty tree SHA-256 of nothing */
};
/* Of keys in the order of the draw, at most 2³¹. ERR_NO_MEMORY. */
int draw_tree_of_keys(struct draw_tree *tree, const uint8_t (*keys)[DRAW_HASH_BYTES], size_t count);
/* Of the accounts' keys; accounts are in the order of the draw. ERR_NO_MEMORY. */
int draw_tree_init(struct draw_tree *tree, const uint8_t secret[DRAW_HASH_BYTES],
                   const struct id *accounts, size_t count);
void draw_tree_release(struct draw_tree *tree);
/* The path from the leaf at index < count up to the root; returns how many hashes it has. */
size_t draw_tree_path(const struct draw_tree *tree, size_t index,
                      uint8_t ret_path[DRAW_PATH_MAX][DRAW_HASH_BYTES]);

/* Whether key is leaf index of the tree of count leaves with that root (RFC 9162, 2.1.3.2). */
bool draw_check(const uint8_t key[DRAW_HASH_BYTES], size_t index, size_t count,
                const uint8_t (*path)[DRAW_HASH_BYTES], size_t path_len,
                const uint8_t root[DRAW_HASH_BYTES]);

#endif
