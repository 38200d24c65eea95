/*
 * The best placement, by a key a window and party size: orphans, sum of remoteness and first place
 * packed in one number, so that the best one is the smallest. Keys are computed when they are asked
 * for and the window has changed since; the choice is then one pass over the keys.
 */
#include "seats/engine.h"

#define KEY_NONE        SEATS_KEY_NONE
#define KEY_PLACE_BITS  18
#define KEY_ORPHAN_AT   62
#define KEY_PLACE(key)  ((uint32_t)(key) & ((UINT32_C(1) << KEY_PLACE_BITS) - 1))
#define KEY_SUM_MAX_LOG 35 /* eight of 32 bits */

static_assert(HALL_PLACES_MAX < 1 << KEY_PLACE_BITS, "a place fits a key");
static_assert(KEY_SUM_MAX_LOG + KEY_PLACE_BITS <= KEY_ORPHAN_AT, "a sum of remoteness fits a key");

static uint64_t key_of(uint64_t orphans, uint64_t sum, uint32_t first)
{
    return orphans << KEY_ORPHAN_AT | sum << KEY_PLACE_BITS | first;
}

uint32_t seats_lowest(const struct seats *s, uint32_t window, uint32_t max, uint32_t *ret_seats)
{
    const struct window *w = &s->windows.list[window];
    uint32_t end = w->first + w->starts, found = 0;
    uint32_t at = s->hints[window];
    assert(w->standing);
    while (at < end && found < max) {
        size_t bit = (size_t)at + SEATS_FREE_PAD;
        uint64_t word = s->free_words[bit / 64] >> bit % 64;
        if (word == 0) {
            at += 64 - (uint32_t)(bit % 64);
            continue;
        }
        at += (uint32_t)__builtin_ctzll(word);
        if (at < end &&
            (!(w->tag & WINDOW_PART) || s->hall->seats[at].category == (w->tag & ~WINDOW_PART)))
            ret_seats[found++] = at;
        at++;
    }
    s->hints[window] = found ? ret_seats[0] : end;
    return found;
}

static uint64_t standing_key(const struct seats *s, uint32_t window, uint32_t party)
{
    uint32_t places[SEATS_PARTY_MAX];
    if (seats_lowest(s, window, party, places) < party)
        return KEY_NONE;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < party; i++)
        sum += s->hall->seats[places[i]].remoteness;
    return key_of(0, sum, places[0]);
}

/* Starts whose runs leave two, one or no orphan. A run leaves one where the seat beside it is free
 * and the one behind that is not. It was none before: the run's own seat beside it was free. Around
 * a table with one seat left, that one is beside both ends; with none, there is nobody. */
static uint64_t fewest_orphans(const struct window *w, uint64_t free, uint64_t runs, uint32_t party,
                               uint64_t *ret_orphans)
{
    uint64_t left = free << 1 & ~(free << 2);
    uint64_t right = free >> party & ~(free >> (party + 1));
    if (w->ring && w->starts <= party + 1) {
        left = w->starts == party ? 0 : free << 1;
        right = 0;
    }
    uint64_t class = runs & ~left & ~right;
    *ret_orphans = 0;
    if (!class)
        *ret_orphans = 1, class = runs & (left ^ right);
    if (!class)
        *ret_orphans = 2, class = runs;
    return class;
}

/* The remoteness of a run, from the sums up to each place. */
static uint64_t run_sum(const struct windows *all, const struct window *w, uint32_t start,
                        uint32_t party)
{
    const uint64_t *sums = &all->remoteness_sum[w->first];
    const uint32_t end = start + party;
    if (w->ring && end > w->starts)
        return sums[w->starts] - sums[start] + sums[end - w->starts] - sums[0];
    return sums[end] - sums[start];
}

uint64_t seats_key_among(const struct seats *s, uint32_t window, uint64_t runs, uint32_t party)
{
    const struct window *w = &s->windows.list[window];
    uint64_t orphans, best = KEY_NONE;
    assert(!w->standing);
    if (!runs)
        return KEY_NONE;
    uint64_t class = fewest_orphans(w, seats_view(s, w), runs, party, &orphans);
    for (class >>= WINDOW_BEFORE; class; class &= class - 1) {
        uint32_t start = (uint32_t)__builtin_ctzll(class);
        uint64_t key = key_of(0, run_sum(&s->windows, w, start, party), w->first + start);
        best = key < best ? key : best;
    }
    return best | orphans << KEY_ORPHAN_AT;
}

uint64_t seats_best_key(const struct seats *s, uint32_t window, uint32_t party)
{
    const struct window *w = &s->windows.list[window];
    if (w->standing)
        return standing_key(s, window, party);
    return seats_key_among(s, window, seats_runs(w, seats_view(s, w), w->mask, party), party);
}

/* Brings the keys of windows first … end - 1 up to date for a party. */
static void refresh(const struct seats *s, uint32_t first, uint32_t end, uint32_t party)
{
    uint8_t bit = (uint8_t)(1u << (party - 1));
    for (uint32_t window = first; window < end; window += 8) {
        uint64_t eight;
        memcpy(&eight, &s->stale[window], sizeof(eight));
        if (!(eight & UINT64_C(0x0101010101010101) * bit))
            continue;
        for (uint32_t i = window; i < end && i < window + 8; i++)
            if (s->stale[i] & bit) {
                s->keys[party - 1][i] = seats_best_key(s, i, party);
                s->stale[i] &= (uint8_t)~bit;
            }
    }
}

/* The smallest key of the windows first … end - 1 that pass. Four minima, so that one comparison
 * need not wait for the one before. */
static uint64_t smallest(const struct seats *s, uint32_t first, uint32_t end, uint32_t party,
                         struct windows_filter filter)
{
    const uint64_t *keys = s->keys[party - 1];
    const uint8_t *tags = s->windows.tags;
    uint64_t best[4] = {KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE};
    uint32_t i = first;
    for (; i + 4 <= end; i += 4)
        for (uint32_t k = 0; k < 4; k++) {
            uint64_t key = keys[i + k] | -(uint64_t)!windows_passes(filter, tags[i + k]);
            best[k] = key < best[k] ? key : best[k];
        }
    for (; i < end; i++)
        if (windows_passes(filter, tags[i]) && keys[i] < best[0])
            best[0] = keys[i];
    for (uint32_t k = 1; k < 4; k++)
        best[0] = best[k] < best[0] ? best[k] : best[0];
    return best[0];
}

static uint64_t best_key(const struct seats *s, struct windows_filter filter, uint32_t party)
{
    if (filter.first_section == filter.end_section)
        return KEY_NONE;
    const struct windows_section *first = &s->windows.sections[filter.first_section];
    const struct windows_section *last = &s->windows.sections[filter.end_section - 1];
    uint32_t end = last->first_window + last->window_count;
    refresh(s, first->first_window, end, party);
    return smallest(s, first->first_window, end, party, filter);
}

void seats_places_of(const struct window *window, uint64_t key, uint32_t party, uint32_t *ret_seats)
{
    const uint32_t first = KEY_PLACE(key);
    for (uint32_t i = 0; i < party; i++) {
        const uint32_t seat = windows_behind(window, first, i);
        uint32_t at = i;
        for (; at > 0 && ret_seats[at - 1] > seat; at--)
            ret_seats[at] = ret_seats[at - 1];
        ret_seats[at] = seat;
    }
}

/* The places of a key: a run, or the lowest free places of a standing area. */
static void places_of(const struct seats *s, uint64_t key, struct windows_filter filter,
                      uint32_t party, uint32_t *ret_seats)
{
    uint32_t first = KEY_PLACE(key);
    uint32_t window = s->windows.touch[first] >> 8;
    if (!s->windows.list[window].standing) {
        seats_places_of(&s->windows.list[window], key, party, ret_seats);
        return;
    }
    while (!windows_passes(filter, s->windows.tags[window]))
        window++;
    uint32_t found = seats_lowest(s, window, party, ret_seats);
    assert(found == party && ret_seats[0] == first);
}

int seats_pick_best(const struct seats *s, const struct seats_best *best,
                    uint32_t ret_seats[SEATS_PARTY_MAX])
{
    if (best->party == 0 || best->party > SEATS_PARTY_MAX || best->category < -1 ||
        best->section < -1 || best->category >= (int32_t)s->hall->category_count ||
        best->section >= (int32_t)s->hall->section_count || best->wheelchairs > best->party)
        return ERR_INVALID;
    if (best->wheelchairs > 0 || best->restricted_view)
        return seats_pick_kinds(s, best, ret_seats);
    struct windows_filter filter = windows_filter(&s->windows, best->category, best->section);
    uint64_t key = best_key(s, filter, best->party);
    if (key != KEY_NONE) {
        places_of(s, key, filter, best->party, ret_seats);
        return 0;
    }
    if (!best->apart)
        return ERR_CONFLICT;
    key = best_key(s, filter, 1);
    if (key == KEY_NONE ||
        !seats_find_around(s, filter, WINDOWS_ORDINARY, KEY_PLACE(key), best->party, ret_seats))
        return ERR_CONFLICT;
    return 0;
}

void seats_explain_best(const struct seats *s, const struct seats_best *best,
                        struct seats_refusal *ret)
{
    uint32_t seats[SEATS_PARTY_MAX];
    struct seats_best one = {.party = 1, .category = best->category, .section = best->section};
    ret->left = seats_left(s, best->category, best->section);
    ret->nearest_count = 0;
    if (ret->left != SEATS_LEFT_FREE || best->wheelchairs > 0 || best->restricted_view ||
        seats_pick_best(s, &one, seats) == 0)
        return;
    ret->left = SEATS_LEFT_KINDS;
    one.restricted_view = true;
    if (seats_pick_best(s, &one, seats) == 0)
        ret->nearest[ret->nearest_count++] = seats[0];
    one.restricted_view = false;
    one.wheelchairs = 1;
    if (seats_pick_best(s, &one, seats) != 0)
        return; /* companions' seats alone are nobody's to ask for */
    const bool before = ret->nearest_count > 0 && seats[0] < ret->nearest[0];
    ret->nearest[ret->nearest_count] = before ? ret->nearest[0] : seats[0];
    if (before)
        ret->nearest[0] = seats[0];
    ret->nearest_count++;
}

int seats_pick_standing(const struct seats *s, uint32_t section, uint32_t quantity,
                        uint32_t ret_seats[SEATS_PARTY_MAX])
{
    uint32_t places[SEATS_PARTY_MAX];
    if (section >= s->hall->section_count || s->hall->sections[section].kind != HALL_STANDING ||
        quantity == 0 || quantity > SEATS_PARTY_MAX)
        return ERR_INVALID;
    const struct windows_section *area = &s->windows.sections[section];
    if (s->sections[section].free < quantity)
        return ERR_CONFLICT;
    uint32_t found =
        seats_lowest(s, area->first_window, quantity, places); /* any category is first */
    assert(found == quantity);
    memcpy(ret_seats, places, quantity * sizeof(*places));
    return 0;
}
