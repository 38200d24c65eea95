#include "token/seal.h"

#include <assert.h>
#include <sodium.h>

#include "err/err.h"

#define NONCE crypto_secretbox_NONCEBYTES
static_assert(SEAL_MORE == NONCE + crypto_secretbox_MACBYTES, "a nonce and a tag");
static_assert(KEY_BYTES == crypto_secretbox_KEYBYTES, "a key of ours is one of its");

void seal_write(const uint8_t key[KEY_BYTES], struct chance *chance, struct view plain,
                uint8_t *ret_sealed)
{
    chance->fill(chance, ret_sealed, NONCE);
    crypto_secretbox_easy(ret_sealed + NONCE, (const uint8_t *)plain.at, plain.len, ret_sealed,
                          key);
}

int seal_open(const uint8_t key[KEY_BYTES], struct view sealed, uint8_t *ret_plain)
{
    const uint8_t *bytes = (const uint8_t *)sealed.at;
    return sealed.len >= SEAL_MORE &&
                   crypto_secretbox_open_easy(ret_plain, bytes + NONCE, sealed.len - NONCE, bytes,
                                              key) == 0
               ? 0
               : ERR_CORRUPT;
}
