/* Tokens and codes that somebody shows: none that we did not write is taken. */
#include "err/err.h"
#include "fuzz.h"
#include "token/access.h"
#include "token/api.h"
#include "token/codes.h"
#include "token/guest.h"
#include "token/id_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint8_t key[KEY_BYTES] = {7};
    static struct code_keys keys;
    static bool ready;
    const struct view text = view_of(bytes, len);
    struct guest_claims guest;
    struct code_said said;
    struct id token_id;
    if (!ready)
        code_keys_derive(key, &keys);
    ready = true;
    access_token_looks(text);
    assert(api_token_check(key, text, &token_id) == ERR_DENIED);
    assert(guest_token_check(key, text, 1000, &guest) == ERR_DENIED);
    assert(code_read(&keys, text, 1000, &said) != 0);
    /* The half of it is the provider's keys, the other the token. */
    const uint8_t *cut = len > 0 ? memchr(bytes, '\n', len) : NULL;
    if (cut) {
        const size_t first = (size_t)(cut - bytes);
        const struct id_token_wants wants = {.issuer = VIEW_LIT("https://id.example"),
                                             .client_id = VIEW_LIT("usher"),
                                             .nonce = VIEW_LIT("n"),
                                             .now_s = 1000};
        struct id_token_claims claims;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        assert(id_token_check(view_of(cut + 1, len - first - 1), view_of(bytes, first), &wants,
                              &arena, &claims) != 0);
        arena_release(&arena);
    }
    return 0;
}
