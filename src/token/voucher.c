#include "token/voucher.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "codec/base32.h"
#include "codec/sha256.h"
#include "err/err.h"

#define SAID_BYTES  5
#define MAC_BYTES   5
#define CODE_BYTES  (SAID_BYTES + MAC_BYTES)
#define GROUP_CHARS 4

static void write_bytes(const uint8_t key[KEY_BYTES], uint32_t performance_id, uint32_t number,
                        uint32_t index, uint8_t ret_code[CODE_BYTES])
{
    const uint8_t said[] = {(uint8_t)(performance_id >> 24),
                            (uint8_t)(performance_id >> 16),
                            (uint8_t)(performance_id >> 8),
                            (uint8_t)performance_id,
                            (uint8_t)(number >> 8),
                            (uint8_t)number,
                            (uint8_t)(index >> 16),
                            (uint8_t)(index >> 8),
                            (uint8_t)index};
    uint8_t mac[SHA256_BYTES];
    assert(number <= VOUCHER_NUMBER_MAX && index <= VOUCHER_INDEX_MAX);
    sha256_mac(key, view_of(said, sizeof(said)), mac);
    memcpy(ret_code, said + 4, SAID_BYTES);
    memcpy(ret_code + SAID_BYTES, mac, MAC_BYTES);
}

void voucher_write(const uint8_t key[KEY_BYTES], uint32_t performance_id, uint32_t number,
                   uint32_t index, char ret_text[VOUCHER_TEXT + 1])
{
    uint8_t code[CODE_BYTES];
    char text[VOUCHER_CHARS + 1];
    static_assert(BASE32_CHARS(CODE_BYTES) == VOUCHER_CHARS, "four groups");
    write_bytes(key, performance_id, number, index, code);
    base32_write(view_of(code, CODE_BYTES), text);
    char *at = ret_text;
    for (int i = 0; i < VOUCHER_CHARS; i++) {
        if (i > 0 && i % GROUP_CHARS == 0)
            *at++ = '-';
        *at++ = text[i];
    }
    *at = '\0';
}

int voucher_read(const uint8_t key[KEY_BYTES], uint32_t performance_id, struct view text,
                 uint32_t *ret_number, uint32_t *ret_index)
{
    char plain[VOUCHER_CHARS];
    uint8_t code[CODE_BYTES], right[CODE_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '-')
            continue;
        if (len == VOUCHER_CHARS)
            return ERR_DENIED;
        plain[len++] = text.at[i];
    }
    if (len != VOUCHER_CHARS || base32_read(view_of(plain, len), code, CODE_BYTES) != 0)
        return ERR_DENIED;
    const uint32_t number = (uint32_t)code[0] << 8 | code[1];
    const uint32_t index = (uint32_t)code[2] << 16 | (uint32_t)code[3] << 8 | code[4];
    write_bytes(key, performance_id, number, index, right);
    if (sodium_memcmp(code, right, CODE_BYTES) != 0)
        return ERR_DENIED;
    *ret_number = number;
    *ret_index = index;
    return 0;
}
