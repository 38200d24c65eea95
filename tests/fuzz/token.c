/* Tokens and codes that somebody shows: none that we did not write is taken. */
#include <stdlib.h>

#include "err/err.h"
#include "fuzz.h"
#include "token/access.h"
#include "token/api.h"
#include "token/codes.h"
#include "token/guest.h"
#include "token/id_token.h"
#include "token/pass.h"
#include "token/receipt.h"
#include "token/refresh.h"
#include "token/seal.h"
#include "token/voucher.h"

static struct keyset *keyset;
static uint8_t pass_public[PASS_PUBLIC_BYTES];

/* What accounts, the line, the box office and the server itself show. */
static void check_others(const uint8_t key[KEY_BYTES], struct view text)
{
    struct access_claims access;
    struct pass_claims pass;
    struct receipt_claims receipt;
    struct id session_id;
    uint32_t number, index;
    uint8_t plain[4096];
    assert(access_token_check(keyset, VIEW_LIT("usher"), text, 1000, &access) == ERR_DENIED);
    assert(pass_check(pass_public, text, 1000, &pass) != 0);
    assert(receipt_check(key, text, &receipt) != 0);
    assert(refresh_token_check(key, text, &session_id, &number) != 0);
    assert(voucher_read(key, 1, text, &number, &index) != 0);
    assert(text.len > sizeof(plain) || seal_open(key, text, plain) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint8_t key[KEY_BYTES] = {7};
    static struct code_keys keys;
    static bool ready;
    const struct view text = view_of(bytes, len);
    struct guest_claims guest;
    struct code_said said;
    struct id token_id;
    if (!ready) {
        struct pass_key pass;
        code_keys_derive(key, &keys);
        pass_key_init(&pass, key);
        memcpy(pass_public, pass.public, sizeof(pass_public));
        if (keyset_open(key, 0, &keyset) != 0)
            abort();
    }
    ready = true;
    check_others(key, text);
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
