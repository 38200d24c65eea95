#include "token/challenge.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "codec/sha256.h"
#include "err/err.h"

static const char title[] = "usher challenge 1";
#define SAID_BYTES (sizeof(title) + 4 + ID_BYTES + 2 * CHALLENGE_BYTES + 4 + 8 + 4)

static uint8_t *put(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (uint8_t)(number >> (8 * i));
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

int challenge_prefix(const struct challenge *challenge, uint32_t counter,
                     uint8_t ret_prefix[CHALLENGE_BYTES])
{
    uint8_t password[CHALLENGE_BYTES + 4], key[CHALLENGE_KEY_BYTES];
    memcpy(password, challenge->nonce, CHALLENGE_BYTES);
    put(password + CHALLENGE_BYTES, counter, 4);
    if (PKCS5_PBKDF2_HMAC((const char *)password, sizeof(password), challenge->salt,
                          CHALLENGE_BYTES, (int)challenge->cost, EVP_sha256(), sizeof(key),
                          key) != 1)
        return ERR_NO_MEMORY;
    memcpy(ret_prefix, key, CHALLENGE_BYTES);
    return 0;
}

void challenge_seal(const uint8_t key[KEY_BYTES], const struct challenge *challenge,
                    uint32_t counter, uint8_t ret_mac[CHALLENGE_MAC_BYTES])
{
    uint8_t said[SAID_BYTES], *at = said;
    at = put_bytes(at, title, sizeof(title));
    at = put(at, challenge->sale_id, 4);
    id_to_bytes(challenge->account_id, at);
    at = put_bytes(at + ID_BYTES, challenge->nonce, CHALLENGE_BYTES);
    at = put_bytes(at, challenge->salt, CHALLENGE_BYTES);
    at = put(at, challenge->cost, 4);
    at = put(at, (uint64_t)challenge->expires_at_ms, 8);
    at = put(at, counter, 4);
    assert(at == said + sizeof(said));
    static_assert(CHALLENGE_MAC_BYTES == SHA256_BYTES, "the mac is whole");
    sha256_mac(key, view_of(said, sizeof(said)), ret_mac);
}

bool challenge_solved(const uint8_t key[KEY_BYTES], const struct challenge *challenge,
                      uint32_t counter, const uint8_t mac[CHALLENGE_MAC_BYTES])
{
    uint8_t right[CHALLENGE_MAC_BYTES];
    challenge_seal(key, challenge, counter, right);
    return sodium_memcmp(right, mac, sizeof(right)) == 0;
}
