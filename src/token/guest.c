#include "token/guest.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"

/* The header never varies, so neither does its text: {"alg":"HS256","typ":"JWT"} */
#define HEADER      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
#define HEADER_LEN  (sizeof(HEADER) - 1)
#define PAYLOAD_MAX 128 /* bytes of the claims as JSON */

size_t guest_token_write(const uint8_t key[KEY_BYTES], const struct guest_claims *claims,
                         char ret_text[GUEST_TOKEN_MAX])
{
    char account[ID_TEXT_CHARS + 1], payload[PAYLOAD_MAX];
    uint8_t mac[SHA256_BYTES];
    assert(!id_is_zero(claims->account_id));
    assert(claims->issued_at_s >= 0 && claims->issued_at_s < claims->expires_at_s &&
           claims->expires_at_s <= GUEST_TIME_MAX);
    id_format(claims->account_id, account);
    int payload_len =
        snprintf(payload, sizeof(payload),
                 "{\"iss\":\"usher\",\"sub\":\"%s\",\"role\":\"guest\",\"iat\":%" PRId64
                 ",\"exp\":%" PRId64 "}",
                 account, claims->issued_at_s, claims->expires_at_s);
    assert(payload_len > 0 && payload_len < PAYLOAD_MAX);
    static_assert(HEADER_LEN + BASE64_TEXT_MAX(PAYLOAD_MAX) + 1 + BASE64_TEXT_MAX(sizeof(mac)) <
                      GUEST_TOKEN_MAX,
                  "a token fits its maximum");

    memcpy(ret_text, HEADER, HEADER_LEN);
    size_t len = HEADER_LEN;
    len += base64_write(view_of(payload, (size_t)payload_len), BASE64_URL, ret_text + len);
    sha256_mac(key, view_of(ret_text, len), mac);
    ret_text[len++] = '.';
    len += base64_write(view_of(mac, sizeof(mac)), BASE64_URL, ret_text + len);
    ret_text[len] = '\0';
    return len;
}

/* Takes text off the front of *v. False where it does not stand there. */
static bool take(struct view *v, struct view text)
{
    if (!view_starts(*v, text))
        return false;
    *v = view_of(v->at + text.len, v->len - text.len);
    return true;
}

/* Takes a number up to, and with, the character that ends it. */
static bool take_number(struct view *v, char end, int64_t *ret)
{
    uint64_t number;
    const char *at = v->len ? memchr(v->at, end, v->len) : NULL;
    if (!at || !view_to_u64(view_of(v->at, (size_t)(at - v->at)), GUEST_TIME_MAX, &number))
        return false;
    *ret = (int64_t)number;
    return take(v, view_of(v->at, (size_t)(at - v->at) + 1));
}

/* Reads the claims out of a payload in our own form. */
static bool read_claims(struct view payload, struct guest_claims *ret_claims)
{
    struct guest_claims claims;
    if (!take(&payload, VIEW_LIT("{\"iss\":\"usher\",\"sub\":\"")) || payload.len < ID_TEXT_CHARS)
        return false;
    if (id_parse(view_of(payload.at, ID_TEXT_CHARS), &claims.account_id) ||
        id_is_zero(claims.account_id))
        return false;
    payload = view_of(payload.at + ID_TEXT_CHARS, payload.len - ID_TEXT_CHARS);
    if (!take(&payload, VIEW_LIT("\",\"role\":\"guest\",\"iat\":")) ||
        !take_number(&payload, ',', &claims.issued_at_s) || !take(&payload, VIEW_LIT("\"exp\":")) ||
        !take_number(&payload, '}', &claims.expires_at_s))
        return false;
    if (payload.len != 0 || claims.issued_at_s >= claims.expires_at_s)
        return false;
    *ret_claims = claims;
    return true;
}

int guest_token_check(const uint8_t key[KEY_BYTES], struct view text, int64_t now_s,
                      struct guest_claims *ret_claims)
{
    struct guest_claims claims;
    char again[GUEST_TOKEN_MAX];
    uint8_t payload[BASE64_BYTES_MAX(GUEST_TOKEN_MAX)];
    size_t payload_len;
    struct view encoded = text;

    if (text.len >= GUEST_TOKEN_MAX || !take(&encoded, VIEW_LIT(HEADER)) ||
        encoded.len < GUEST_MAC_CHARS + 1)
        return ERR_DENIED;
    encoded.len -= GUEST_MAC_CHARS + 1;
    if (base64_read(encoded, payload, &payload_len) ||
        !read_claims(view_of(payload, payload_len), &claims))
        return ERR_DENIED;
    if (guest_token_write(key, &claims, again) != text.len)
        return ERR_DENIED;
    /* What stands before the mac is the caller's own and no secret. */
    size_t said = text.len - GUEST_MAC_CHARS;
    if (memcmp(again, text.at, said) != 0 ||
        sodium_memcmp(again + said, text.at + said, GUEST_MAC_CHARS) != 0)
        return ERR_DENIED;
    if (now_s >= claims.expires_at_s)
        return ERR_TIMEOUT;
    *ret_claims = claims;
    return 0;
}
