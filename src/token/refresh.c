#include "token/refresh.h"

#include <sodium.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"

#define SAID_BYTES  (ID_BYTES + 4)
#define TOKEN_BYTES (SAID_BYTES + SHA256_BYTES)

void refresh_token_write(const uint8_t key[KEY_BYTES], struct id session_id, uint32_t generation,
                         char ret_text[REFRESH_TOKEN_CHARS + 1])
{
    uint8_t token[TOKEN_BYTES];
    id_to_bytes(session_id, token);
    for (int i = 0; i < 4; i++)
        token[ID_BYTES + i] = (uint8_t)(generation >> (24 - 8 * i));
    sha256_mac(key, view_of(token, SAID_BYTES), token + SAID_BYTES);
    size_t len = base64_write(view_of(token, TOKEN_BYTES), BASE64_URL, ret_text);
    assert(len == REFRESH_TOKEN_CHARS);
    ret_text[len] = '\0';
}

int refresh_token_check(const uint8_t key[KEY_BYTES], struct view text, struct id *ret_session_id,
                        uint32_t *ret_generation)
{
    uint8_t token[BASE64_BYTES_MAX(REFRESH_TOKEN_CHARS)];
    char again[REFRESH_TOKEN_CHARS + 1];
    struct id session_id;
    uint32_t generation = 0;
    size_t len;
    if (text.len != REFRESH_TOKEN_CHARS || base64_read(text, token, &len) || len != TOKEN_BYTES)
        return ERR_DENIED;
    if (id_from_bytes(view_of(token, ID_BYTES), &session_id))
        return ERR_DENIED;
    for (int i = 0; i < 4; i++)
        generation = generation << 8 | token[ID_BYTES + i];
    refresh_token_write(key, session_id, generation, again);
    if (sodium_memcmp(again, text.at, REFRESH_TOKEN_CHARS) != 0)
        return ERR_DENIED;
    *ret_session_id = session_id;
    *ret_generation = generation;
    return 0;
}
