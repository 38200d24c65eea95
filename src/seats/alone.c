/*
 * What a sale's rules ask of a hold: the single places that it would leave alone, free ones between
 * taken ones and aisles which had a free neighbour before; and how many places of a category
 * somebody has. Few sales have such rules, so nothing is kept: each question looks.
 */
#include "seats/alone.h"

#include "seats/engine.h"

#define NONE UINT32_MAX

/* The neighbour to one side; NONE: an aisle, the row's end, or a standing place. */
static uint32_t beside(const struct hall *hall, uint32_t seat, bool behind)
{
    const struct hall_seat *at = &hall->seats[seat];
    if (hall->sections[at->section].kind != HALL_SEATED)
        return NONE;
    const struct hall_row *row = &hall->rows[at->row];
    const uint32_t first = row->first_seat, last = first + row->seat_count - 1;
    if (row->ring && (seat == (behind ? last : first)))
        return first == last ? NONE : behind ? first : last;
    if (behind)
        return at->break_after || seat == last ? NONE : seat + 1;
    return seat == first || hall->seats[seat - 1].break_after ? NONE : seat - 1;
}

static bool is_among(const uint32_t *seats, uint32_t count, uint32_t seat)
{
    for (uint32_t i = 0; i < count; i++) {
        if (seats[i] == seat)
            return true;
    }
    return false;
}

/* Adds the places beside these seats, which are free, that would be alone without them. Returns how
 * many there are then. */
static uint32_t add_alone(const struct seats *s, const uint32_t *seats, uint32_t count,
                          uint32_t ret_alone[2 * SEATS_PARTY_MAX])
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < 2 * count; i++) {
        const bool behind = i % 2 != 0;
        const uint32_t seat = beside(s->hall, seats[i / 2], behind);
        if (seat == NONE || !seats_is_free(s, seat) || is_among(seats, count, seat))
            continue;
        const uint32_t next = beside(s->hall, seat, behind);
        const bool alone = next == NONE || !seats_is_free(s, next) || is_among(seats, count, next);
        if (alone && !is_among(ret_alone, found, seat))
            ret_alone[found++] = seat;
    }
    return found;
}

/* Whether the place could be had instead of these: free, of a category and a kind of theirs. */
static bool is_instead(const struct seats *s, const uint32_t *seats, uint32_t count, uint32_t seat)
{
    const struct hall_seat *places = s->hall->seats;
    bool category = false, kind = false;
    for (uint32_t i = 0; i < count; i++) {
        category = category || places[seats[i]].category == places[seat].category;
        kind = kind || places[seats[i]].kind == places[seat].kind;
    }
    return category && kind && seats_is_free(s, seat);
}

/* The first place of a seat's stretch, from aisle to aisle; of a table's, its first seat. */
static uint32_t head_of(const struct hall *hall, uint32_t seat)
{
    const struct hall_row *row = &hall->rows[hall->seats[seat].row];
    uint32_t before;
    if (row->ring)
        return row->first_seat;
    while ((before = beside(hall, seat, false)) != NONE)
        seat = before;
    return seat;
}

/* Whether as many places beside one another in their stretch would leave fewer. */
static bool is_avoidable(const struct seats *s, const uint32_t *seats, uint32_t count,
                         uint32_t alone)
{
    uint32_t run[SEATS_PARTY_MAX], left[2 * SEATS_PARTY_MAX];
    const uint32_t first = head_of(s->hall, seats[0]);
    uint32_t start = first;
    do {
        uint32_t length = 0;
        for (uint32_t at = start; length < count && at != NONE && !is_among(run, length, at) &&
                                  is_instead(s, seats, count, at);
             at = beside(s->hall, at, true))
            run[length++] = at;
        if (length == count && add_alone(s, run, count, left) < alone)
            return true;
        start = beside(s->hall, start, true);
    } while (start != NONE && start != first);
    return false;
}

uint32_t seats_left_alone(const struct seats *s, const uint32_t *seats, uint32_t count,
                          uint32_t ret_alone[SEATS_PARTY_MAX])
{
    uint32_t found = 0, group[SEATS_PARTY_MAX], alone[2 * SEATS_PARTY_MAX];
    assert(count <= SEATS_PARTY_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct hall *hall = s->hall;
        uint32_t members = 0, first = count;
        if (hall->sections[hall->seats[seats[i]].section].kind != HALL_SEATED)
            continue;
        for (uint32_t k = 0; k < count; k++) {
            if (hall->seats[seats[k]].row != hall->seats[seats[i]].row ||
                head_of(hall, seats[k]) != head_of(hall, seats[i]))
                continue;
            first = k < first ? k : first;
            group[members++] = seats[k];
        }
        const uint32_t left = first == i ? add_alone(s, group, members, alone) : 0;
        if (left == 0 || !is_avoidable(s, group, members, left))
            continue;
        for (uint32_t k = 0; k < left && found < SEATS_PARTY_MAX; k++)
            ret_alone[found++] = alone[k];
    }
    return found;
}

uint32_t seats_of_category(const struct seats *s, struct id counted, uint32_t category)
{
    const uint32_t account = accounts_find(&s->accounts, counted);
    uint32_t count = 0;
    for (uint32_t seat = 0; account != 0 && seat < s->hall->place_count; seat++) {
        const uint32_t claim = s->claims[seat] & ~SEATS_OFFER_BIT;
        const bool own = claim & SEATS_SOLD_BIT ? (claim & ~SEATS_SOLD_BIT) == account
                         : claim != 0 && !(claim & (SEATS_REST_BIT | SEATS_BLOCK_BIT))
                             ? s->slots[claim].account == account
                             : false;
        count += own && s->hall->seats[seat].category == category;
    }
    return count;
}
