#include "token/signed_code.h"

#include <sodium.h>

#include "codec/base32.h"
#include "err/err.h"

#define CODE_VERSION 1
#define SAID_BYTES   (1 + ID_BYTES + 4 + 4 + 2)
#define CODE_BYTES   (SAID_BYTES + crypto_sign_BYTES)

static const char purpose[] = "usher ticket"; /* with its NUL */

static_assert(BASE32_CHARS(CODE_BYTES) == SIGNED_CODE_CHARS, "the length is the header's");
static_assert(SIGNED_CODE_KEY_BYTES == crypto_sign_SECRETKEYBYTES, "libsodium's secret key");
static_assert(SIGNED_CODE_SHOW_BYTES == crypto_sign_PUBLICKEYBYTES, "libsodium's public key");
static_assert(KEY_BYTES == crypto_sign_SEEDBYTES, "libsodium's seed");

static uint8_t *put(uint8_t *at, uint32_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (uint8_t)(number >> (8 * i));
    return at;
}

static uint32_t take(const uint8_t **at, int bytes)
{
    uint32_t number = 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | *(*at)++;
    return number;
}

/* What the signature is over: the purpose, then what is said. */
static void wrap(const uint8_t said[SAID_BYTES], uint8_t ret[sizeof(purpose) + SAID_BYTES])
{
    memcpy(ret, purpose, sizeof(purpose));
    memcpy(ret + sizeof(purpose), said, SAID_BYTES);
}

void signed_code_keys(const uint8_t seed[KEY_BYTES], uint8_t ret_secret[SIGNED_CODE_KEY_BYTES],
                      uint8_t ret_public[SIGNED_CODE_SHOW_BYTES])
{
    crypto_sign_seed_keypair(ret_public, ret_secret, seed);
}

void signed_code_write(const uint8_t secret[SIGNED_CODE_KEY_BYTES], const struct ticket_ref *ticket,
                       uint32_t performance_id, char ret_text[SIGNED_CODE_CHARS + 1])
{
    uint8_t code[CODE_BYTES], wrapped[sizeof(purpose) + SAID_BYTES];
    uint8_t *at = put(code, CODE_VERSION, 1);
    id_to_bytes(ticket->order_id, at);
    at = put(at + ID_BYTES, performance_id, 4);
    at = put(at, ticket->seat, 4);
    put(at, ticket->generation, 2);
    wrap(code, wrapped);
    crypto_sign_detached(code + SAID_BYTES, NULL, wrapped, sizeof(wrapped), secret);
    base32_write(view_of(code, CODE_BYTES), ret_text);
}

int signed_code_check(const uint8_t public_key[SIGNED_CODE_SHOW_BYTES], struct view text,
                      struct ticket_ref *ret_ticket, uint32_t *ret_performance_id)
{
    uint8_t code[CODE_BYTES], wrapped[sizeof(purpose) + SAID_BYTES];
    struct ticket_ref ticket;
    const uint8_t *at = code;
    if (base32_read(text, code, CODE_BYTES) || take(&at, 1) != CODE_VERSION ||
        id_from_bytes(view_of(at, ID_BYTES), &ticket.order_id))
        return ERR_DENIED;
    wrap(code, wrapped);
    if (crypto_sign_verify_detached(code + SAID_BYTES, wrapped, sizeof(wrapped), public_key) != 0)
        return ERR_DENIED;
    at += ID_BYTES;
    *ret_performance_id = take(&at, 4);
    ticket.seat = take(&at, 4);
    ticket.generation = (uint16_t)take(&at, 2);
    *ret_ticket = ticket;
    return 0;
}
