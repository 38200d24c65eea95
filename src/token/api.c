#include "token/api.h"

#include <sodium.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"

#define PREFIX      "usher_"
#define PREFIX_LEN  (sizeof(PREFIX) - 1)
#define TOKEN_BYTES (ID_BYTES + SHA256_BYTES)

void api_token_write(const uint8_t key[KEY_BYTES], struct id token_id,
                     char ret_text[API_TOKEN_CHARS + 1])
{
    uint8_t token[TOKEN_BYTES];
    id_to_bytes(token_id, token);
    sha256_mac(key, view_of(token, ID_BYTES), token + ID_BYTES);
    memcpy(ret_text, PREFIX, PREFIX_LEN);
    base64_write(view_of(token, TOKEN_BYTES), BASE64_URL, ret_text + PREFIX_LEN);
    static_assert(PREFIX_LEN + BASE64_TEXT_MAX(TOKEN_BYTES) == API_TOKEN_CHARS, "no padding");
    ret_text[API_TOKEN_CHARS] = '\0';
}

bool api_token_looks(struct view text)
{
    return view_starts(text, VIEW_LIT(PREFIX));
}

int api_token_check(const uint8_t key[KEY_BYTES], struct view text, struct id *ret_token_id)
{
    uint8_t token[BASE64_BYTES_MAX(API_TOKEN_CHARS)];
    char again[API_TOKEN_CHARS + 1];
    struct id token_id;
    size_t len;
    if (text.len != API_TOKEN_CHARS || !api_token_looks(text) ||
        base64_read(view_of(text.at + PREFIX_LEN, text.len - PREFIX_LEN), token, &len) ||
        len != TOKEN_BYTES || id_from_bytes(view_of(token, ID_BYTES), &token_id))
        return ERR_DENIED;
    api_token_write(key, token_id, again);
    if (sodium_memcmp(again, text.at, API_TOKEN_CHARS) != 0)
        return ERR_DENIED;
    *ret_token_id = token_id;
    return 0;
}
