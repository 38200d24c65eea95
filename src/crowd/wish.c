#include "crowd/wish.h"

#include <math.h>

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

enum wish_shape wish_shape_named(const char *name)
{
    static const char *const names[] = {"uniform", "spike", "emf2026", "interpark2023"};
    size_t i = 0;
    while (strcmp(names[i], name) != 0) {
        i++;
        assert(i < sizeof(names) / sizeof(names[0]));
    }
    return (enum wish_shape)i;
}

bool wish_recorded(enum wish_shape shape, uint32_t *ret_people, int64_t *ret_within_ns)
{
    if (shape != WISH_EMF2026 && shape != WISH_INTERPARK2023)
        return false;
    *ret_people = shape == WISH_EMF2026 ? 970 : 3700000;
    *ret_within_ns = (shape == WISH_EMF2026 ? 17 : 60) * INT64_C(1000000000);
    return true;
}

/* The rate of EMF2026 is 134 (t / p) e^(1 - t / p) people a second, highest at p = 2.66 s: 970
 * people in 17 s, which is 6.39 p. The share that has come by x = t / p is 1 - (1 + x) e^-x, of
 * what has come by the end. Solved by halving. */
#define RISE_END 6.39

static double rise_share(double x)
{
    return 1 - (1 + x) * exp(-x);
}

static double rise_time(double share)
{
    double low = 0, high = RISE_END;
    for (int i = 0; i < 40; i++) {
        const double middle = (low + high) / 2;
        if (rise_share(middle) < share * rise_share(RISE_END))
            low = middle;
        else
            high = middle;
    }
    return low / RISE_END;
}

int64_t wish_arrival(uint32_t i, uint32_t count, int64_t within_ns, enum wish_shape shape,
                     struct chance *chance)
{
    assert(i < count);
    const double share = (i + chance_unit(chance)) / count;
    double at = share;
    if (shape == WISH_SPIKE)
        at = share * share * share;
    else if (shape != WISH_UNIFORM)
        at = rise_time(share);
    return (int64_t)(at * (double)within_ns);
}
