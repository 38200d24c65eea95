/*
 * The best placement for those who ask for seats that are not ordinary: wheelchairs' places and
 * companions' seats, and seats with a restricted view. Few ask, so nothing is kept: each choice
 * looks at all windows.
 */
#include "seats/engine.h"

#define BIT(kind) (UINT32_C(1) << (kind))

/* Of these starts of runs those with as many wheelchairs' places as wished. */
static uint64_t with_wheelchairs(const struct seats *s, const struct window *w, uint64_t runs,
                                 const struct seats_best *best)
{
    uint64_t good = 0;
    for (uint64_t left = runs; left; left &= left - 1) {
        const uint32_t bit = (uint32_t)__builtin_ctzll(left);
        uint32_t places = 0;
        for (uint32_t i = 0; i < best->party; i++)
            places += s->hall->seats[windows_place(w, bit + i)].kind == HALL_WHEELCHAIR;
        if (places == best->wheelchairs)
            good |= UINT64_C(1) << bit;
    }
    return good;
}

/* The smallest key of the windows that pass; its window is *ret_window. */
static uint64_t best_run(const struct seats *s, const struct seats_best *best,
                         struct windows_filter filter, uint32_t kinds, uint32_t *ret_window)
{
    uint64_t smallest = SEATS_KEY_NONE;
    for (uint32_t section = filter.first_section; section < filter.end_section; section++) {
        const struct windows_section *in = &s->windows.sections[section];
        for (uint32_t i = in->first_window; i < in->first_window + in->window_count; i++) {
            const struct window *w = &s->windows.list[i];
            uint64_t key = SEATS_KEY_NONE;
            if (!windows_passes(filter, s->windows.tags[i]) || (w->standing && best->wheelchairs))
                continue;
            if (w->standing) {
                key = seats_best_key(s, i, best->party);
            } else {
                const uint64_t mask = windows_mask(&s->windows, w, kinds);
                const uint64_t runs = seats_runs(w, seats_view(s, w), mask, best->party);
                key = seats_key_among(s, i, with_wheelchairs(s, w, runs, best), best->party);
            }
            if (key < smallest) {
                smallest = key;
                *ret_window = i;
            }
        }
    }
    return smallest;
}

/* The best single place, and what is nearest to it: as many wheelchairs' places as wished, and
 * other seats for the others. */
static int pick_apart(const struct seats *s, const struct seats_best *best,
                      struct windows_filter filter, uint32_t kinds, uint32_t *ret_seats)
{
    const struct seats_best one = {.party = 1, .wheelchairs = best->wheelchairs > 0};
    uint32_t window, first, merged[SEATS_PARTY_MAX];
    uint64_t key =
        best_run(s, &one, filter, one.wheelchairs ? BIT(HALL_WHEELCHAIR) : kinds, &window);
    if (key == SEATS_KEY_NONE)
        return ERR_CONFLICT;
    seats_places_of(&s->windows.list[window], key, 1, &first);
    const uint32_t wheelchairs = best->wheelchairs, others = best->party - wheelchairs;
    if (wheelchairs > 0 &&
        !seats_find_around(s, filter, BIT(HALL_WHEELCHAIR), first, wheelchairs, merged))
        return ERR_CONFLICT;
    if (others > 0 && !seats_find_around(s, filter, kinds & ~BIT(HALL_WHEELCHAIR), first, others,
                                         merged + wheelchairs))
        return ERR_CONFLICT;
    for (uint32_t i = 0; i < best->party; i++) {
        uint32_t at = i;
        for (; at > 0 && ret_seats[at - 1] > merged[i]; at--)
            ret_seats[at] = ret_seats[at - 1];
        ret_seats[at] = merged[i];
    }
    return 0;
}

int seats_pick_kinds(const struct seats *s, const struct seats_best *best, uint32_t *ret_seats)
{
    struct windows_filter filter = windows_filter(&s->windows, best->category, best->section);
    uint32_t kinds = BIT(HALL_ORDINARY), window;
    if (best->wheelchairs > 0)
        kinds |= BIT(HALL_WHEELCHAIR) | BIT(HALL_COMPANION);
    if (best->restricted_view)
        kinds |= BIT(HALL_RESTRICTED_VIEW);
    const uint64_t key = best_run(s, best, filter, kinds, &window);
    if (key == SEATS_KEY_NONE)
        return best->apart ? pick_apart(s, best, filter, kinds, ret_seats) : ERR_CONFLICT;
    if (s->windows.list[window].standing) {
        const uint32_t found = seats_lowest(s, window, best->party, ret_seats);
        assert(found == best->party);
    } else {
        seats_places_of(&s->windows.list[window], key, best->party, ret_seats);
    }
    return 0;
}
