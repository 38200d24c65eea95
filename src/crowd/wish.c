#include "crowd/wish.h"

#include "err/err.h"

int wish_seats_parse(struct view text, struct wish_seats *ret_seats)
{
    const struct view hot = VIEW_LIT("hot:");
    uint64_t count;
    if (view_eq(text, VIEW_LIT("best"))) {
        *ret_seats = (struct wish_seats){.kind = WISH_BEST};
        return 0;
    }
    if (view_eq(text, VIEW_LIT("random"))) {
        *ret_seats = (struct wish_seats){.kind = WISH_RANDOM};
        return 0;
    }
    if (!view_starts(text, hot) ||
        !view_to_u64(view_of(text.at + hot.len, text.len - hot.len), WISH_HOT_MAX, &count) ||
        count == 0)
        return ERR_INVALID;
    *ret_seats = (struct wish_seats){.kind = WISH_HOT, .hot = (uint32_t)count};
    return 0;
}

int wish_party_parse(struct view text, struct wish_party *ret_party)
{
    const char *dash = text.len ? memchr(text.at, '-', text.len) : NULL;
    size_t len = dash ? (size_t)(dash - text.at) : text.len;
    uint64_t min, max;
    if (!view_to_u64(view_of(text.at, len), WISH_PARTY_MAX, &min))
        return ERR_INVALID;
    max = min;
    if (dash && !view_to_u64(view_of(dash + 1, text.len - len - 1), WISH_PARTY_MAX, &max))
        return ERR_INVALID;
    if (min == 0 || max < min)
        return ERR_INVALID;
    *ret_party = (struct wish_party){.min = (uint32_t)min, .max = (uint32_t)max};
    return 0;
}

uint32_t wish_pick(const struct wish_pool *pool, uint32_t party, struct chance *chance,
                   uint32_t ret_seats[WISH_PARTY_MAX])
{
    assert(party <= WISH_PARTY_MAX);
    uint32_t count = party < pool->count ? party : pool->count;
    if (count == 0)
        return 0;
    uint32_t first = (uint32_t)chance_below(chance, pool->count - count + 1);
    for (uint32_t i = 0; i < count; i++)
        ret_seats[i] = pool->seats[first + i];
    return count;
}

int64_t wish_arrival(uint32_t i, uint32_t count, int64_t within_ns, struct chance *chance)
{
    assert(i < count);
    double slot = (double)within_ns / count;
    return (int64_t)((i + chance_unit(chance)) * slot);
}
