#include "svc/auth/verified.h"

#include "err/err.h"

/* Characters before the last: the last one carries only some bits. */
#define PLACE_CHARS 4

static size_t place_of(struct view text)
{
    uint32_t place;
    static_assert(sizeof(place) == PLACE_CHARS, "read as one number");
    memcpy(&place, text.at + text.len - 1 - PLACE_CHARS, sizeof(place));
    /* The characters have 6 bits of mac in 8: the multiplication brings all of them to the top. */
    return (place * UINT32_C(0x9E3779B1)) >> 20;
}
static_assert(VERIFIED_SLOTS == 1 << 12, "place_of gives 12 bits");

/* A guest's token has its mac there, and a piece of what is no secret. */
#define SECRET_CHARS ACCESS_SECRET_CHARS

/* In a time that does not tell how much is equal: eight characters at once. */
static bool secrets_equal(const char *a, const char *b)
{
    uint64_t differs = 0;
    static_assert(SECRET_CHARS >= sizeof(differs), "one word at least");
    for (size_t at = 0; at < SECRET_CHARS; at += sizeof(differs)) {
        const size_t last = SECRET_CHARS - sizeof(differs), from = at < last ? at : last;
        uint64_t of_a, of_b;
        memcpy(&of_a, a + from, sizeof(of_a));
        memcpy(&of_b, b + from, sizeof(of_b));
        differs |= of_a ^ of_b;
    }
    return differs == 0;
}

bool verified_find(const struct verified *v, struct view text, int64_t now_s,
                   struct access_claims *ret_claims)
{
    if (text.len <= SECRET_CHARS || text.len >= ACCESS_TOKEN_MAX)
        return false;
    const struct verified_slot *slot = &v->slots[place_of(text)];
    size_t said = text.len - SECRET_CHARS;
    if (slot->len != text.len || memcmp(slot->text, text.at, said) != 0 ||
        !secrets_equal(slot->text + said, text.at + said) || now_s >= slot->claims.expires_at_s)
        return false;
    *ret_claims = slot->claims;
    return true;
}

void verified_keep(struct verified *v, struct view text, const struct access_claims *claims)
{
    assert(text.len > SECRET_CHARS && text.len < ACCESS_TOKEN_MAX);
    struct verified_slot *slot = &v->slots[place_of(text)];
    slot->claims = *claims;
    slot->len = (uint16_t)text.len;
    memcpy(slot->text, text.at, text.len);
}
