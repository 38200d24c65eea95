#include "token/pass.h"

#include <sodium.h>

#include "codec/base64.h"
#include "err/err.h"

#define SAID_BYTES (4 + 4 + 4 + ID_BYTES + 8)
#define PASS_BYTES (SAID_BYTES + crypto_sign_ed25519_BYTES)

static const char title[] = "usher pass 1";
#define TITLE_BYTES sizeof(title)

static_assert(PASS_SECRET_BYTES == crypto_sign_ed25519_SECRETKEYBYTES, "a key pair of Ed25519");
static_assert(PASS_PUBLIC_BYTES == crypto_sign_ed25519_PUBLICKEYBYTES, "a key pair of Ed25519");

void pass_key_init(struct pass_key *key, const uint8_t seed[KEY_BYTES])
{
    static_assert(KEY_BYTES == crypto_sign_ed25519_SEEDBYTES, "a key is a seed");
    crypto_sign_ed25519_seed_keypair(key->public, key->secret, seed);
}

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

/* What is signed: the title, and then what is said. */
static void say(const struct pass_claims *claims, uint8_t ret_signed[TITLE_BYTES + SAID_BYTES])
{
    uint8_t *at = ret_signed;
    memcpy(at, title, TITLE_BYTES);
    at = put(at + TITLE_BYTES, claims->sale_id, 4);
    at = put(at, claims->number, 4);
    at = put(at, claims->serial, 4);
    id_to_bytes(claims->account_id, at);
    put(at + ID_BYTES, (uint64_t)claims->expires_at_ms, 8);
}

void pass_write(const struct pass_key *key, const struct pass_claims *claims,
                char ret_text[PASS_CHARS + 1])
{
    uint8_t said[TITLE_BYTES + SAID_BYTES], pass[PASS_BYTES];
    say(claims, said);
    memcpy(pass, said + TITLE_BYTES, SAID_BYTES);
    crypto_sign_ed25519_detached(pass + SAID_BYTES, NULL, said, sizeof(said), key->secret);
    const size_t len = base64_write(view_of(pass, sizeof(pass)), BASE64_URL, ret_text);
    assert(len == PASS_CHARS);
    ret_text[PASS_CHARS] = '\0';
}

int pass_check(const uint8_t public[PASS_PUBLIC_BYTES], struct view text, int64_t now_ms,
               struct pass_claims *ret_claims)
{
    uint8_t pass[BASE64_BYTES_MAX(PASS_CHARS)], said[TITLE_BYTES + SAID_BYTES];
    char again[BASE64_TEXT_MAX(PASS_BYTES)];
    struct pass_claims claims;
    size_t len;
    if (text.len != PASS_CHARS || base64_read(text, pass, &len) != 0 || len != PASS_BYTES)
        return ERR_DENIED;
    /* One spelling: what is remembered of a pass cannot be asked for in another. */
    base64_write(view_of(pass, PASS_BYTES), BASE64_URL, again);
    if (memcmp(again, text.at, PASS_CHARS) != 0)
        return ERR_DENIED;
    const uint8_t *at = pass;
    claims.sale_id = (uint32_t)take(&at, 4);
    claims.number = (uint32_t)take(&at, 4);
    claims.serial = (uint32_t)take(&at, 4);
    claims.account_id.hi = take(&at, 8);
    claims.account_id.lo = take(&at, 8);
    claims.expires_at_ms = (int64_t)take(&at, 8);
    say(&claims, said);
    if (crypto_sign_ed25519_verify_detached(at, said, sizeof(said), public) != 0)
        return ERR_DENIED;
    *ret_claims = claims;
    return now_ms < claims.expires_at_ms ? 0 : ERR_TIMEOUT;
}
