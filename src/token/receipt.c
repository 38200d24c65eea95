#include "token/receipt.h"

#include <sodium.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"

#define SAID_BYTES    (4 + 4 + ID_BYTES + 8)
#define MAC_BYTES     16
#define RECEIPT_BYTES (SAID_BYTES + MAC_BYTES)

static uint8_t *put(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (uint8_t)(number >> (8 * i));
    return at;
}

static uint64_t take(const uint8_t **at, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | *(*at)++;
    return number;
}

void receipt_write(const uint8_t key[KEY_BYTES], const struct receipt_claims *claims,
                   char ret_text[RECEIPT_CHARS + 1])
{
    uint8_t receipt[RECEIPT_BYTES], mac[SHA256_BYTES];
    static_assert(BASE64_TEXT_MAX(RECEIPT_BYTES) == RECEIPT_CHARS, "no padding, no rest");
    uint8_t *at = put(receipt, claims->sale_id, 4);
    at = put(at, claims->number, 4);
    id_to_bytes(claims->account_id, at);
    put(at + ID_BYTES, (uint64_t)claims->joined_at_ms, 8);
    sha256_mac(key, view_of(receipt, SAID_BYTES), mac);
    memcpy(receipt + SAID_BYTES, mac, MAC_BYTES);
    base64_write(view_of(receipt, RECEIPT_BYTES), BASE64_URL, ret_text);
    ret_text[RECEIPT_CHARS] = '\0';
}

int receipt_check(const uint8_t key[KEY_BYTES], struct view text, struct receipt_claims *ret_claims)
{
    uint8_t receipt[BASE64_BYTES_MAX(RECEIPT_CHARS)];
    char again[RECEIPT_CHARS + 1];
    struct receipt_claims claims;
    size_t len;
    if (text.len != RECEIPT_CHARS || base64_read(text, receipt, &len) != 0 || len != RECEIPT_BYTES)
        return ERR_DENIED;
    const uint8_t *at = receipt;
    claims.sale_id = (uint32_t)take(&at, 4);
    claims.number = (uint32_t)take(&at, 4);
    claims.account_id.hi = take(&at, 8);
    claims.account_id.lo = take(&at, 8);
    claims.joined_at_ms = (int64_t)take(&at, 8);
    receipt_write(key, &claims, again);
    if (sodium_memcmp(again, text.at, RECEIPT_CHARS) != 0)
        return ERR_DENIED;
    *ret_claims = claims;
    return 0;
}
