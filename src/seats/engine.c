#include "seats/engine.h"

#include <stdlib.h>

/* from, to; see the drawing in seats.h. FREE to SOLD is loading alone: seats_restore_sold. */
static const bool legal_moves[6][6] = {
    [SEATS_FREE] = {[SEATS_HELD] = true,
                    [SEATS_SOLD] = true,
                    [SEATS_RESTING] = true,
                    [SEATS_BLOCKED] = true,
                    [SEATS_OFFERED] = true},
    [SEATS_HELD] = {[SEATS_FREE] = true, [SEATS_SOLD] = true},
    [SEATS_OFFERED] = {[SEATS_FREE] = true, [SEATS_SOLD] = true},
    [SEATS_SOLD] = {[SEATS_FREE] = true},
    [SEATS_RESTING] = {[SEATS_FREE] = true},
    [SEATS_BLOCKED] = {[SEATS_FREE] = true},
};

static inline enum seats_state state_of_claim(uint32_t claim)
{
    if (claim == 0)
        return SEATS_FREE;
    return claim & SEATS_SOLD_BIT    ? SEATS_SOLD
           : claim & SEATS_REST_BIT  ? SEATS_RESTING
           : claim & SEATS_BLOCK_BIT ? SEATS_BLOCKED
           : claim & SEATS_OFFER_BIT ? SEATS_OFFERED
                                     : SEATS_HELD;
}

static uint32_t *count_of(struct seats_counts *counts, enum seats_state state)
{
    uint32_t *const of[] = {&counts->free,    &counts->held,    &counts->sold,
                            &counts->resting, &counts->blocked, &counts->offered};
    return of[state];
}

static void count_move(struct seats *s, uint32_t seat, enum seats_state from, enum seats_state to)
{
    const struct hall_seat *place = &s->hall->seats[seat];
    struct seats_counts *const all[] = {&s->counts, &s->sections[place->section],
                                        &s->categories[place->category]};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        --*count_of(all[i], from);
        ++*count_of(all[i], to);
    }
}

/* The only place where a seat changes its state. */
static void seat_move(struct seats *s, uint32_t seat, uint32_t claim)
{
    enum seats_state from = state_of_claim(s->claims[seat]), to = state_of_claim(claim);
    assert(legal_moves[from][to]);
    s->claims[seat] = claim;
    count_move(s, seat, from, to);
    if (from != SEATS_FREE && to != SEATS_FREE)
        return;

    uint32_t touch = s->windows.touch[seat], window = touch >> 8;
    uint32_t end = window + (touch & UINT8_MAX);
    const struct window *first = &s->windows.list[window];
    s->freed += to == SEATS_FREE;
    if (to == SEATS_FREE)
        bits_set(s->free_words, (size_t)seat + SEATS_FREE_PAD);
    else
        bits_clear(s->free_words, (size_t)seat + SEATS_FREE_PAD);
    for (; window < end; window++) {
        s->stale[window] = UINT8_MAX;
        if (first->standing && s->hints[window] > seat)
            s->hints[window] = seat;
    }
}

/* --- making --- */

static int take_memory(struct seats *s)
{
    uint32_t places = s->hall->place_count;
    uint32_t accounts = s->limits.accounts_max < places ? s->limits.accounts_max : places;
    int code = windows_init(&s->windows, s->hall);
    if (code == 0)
        code = accounts_init(&s->accounts, accounts);
    if (code == 0)
        code = wheel_init(&s->wheel, places);
    if (code == 0)
        code = table_init(&s->hold_slots, places, 0);
    if (code != 0)
        return code;
    uint32_t windows = s->windows.count;
    s->claims = calloc(places, sizeof(*s->claims));
    s->free_words = calloc(BITS_WORDS(places + SEATS_FREE_PAD) + 1, sizeof(*s->free_words));
    s->sections = calloc(s->hall->section_count, sizeof(*s->sections));
    s->categories = calloc(s->hall->category_count, sizeof(*s->categories));
    s->slots = calloc((size_t)places + 1, sizeof(*s->slots));
    s->stale = calloc((size_t)windows + 8, sizeof(*s->stale));
    s->hints = calloc(windows, sizeof(*s->hints));
    s->keys[0] = calloc((size_t)windows * SEATS_PARTY_MAX, sizeof(**s->keys));
    if (!s->claims || !s->free_words || !s->sections || !s->categories || !s->slots || !s->stale ||
        !s->hints || !s->keys[0])
        return ERR_NO_MEMORY;
    for (uint32_t party = 1; party < SEATS_PARTY_MAX; party++)
        s->keys[party] = s->keys[0] + (size_t)party * windows;
    return 0;
}

int seats_new(const struct hall *hall, const struct seats_limits *limits, struct seats **ret_seats)
{
    if (hall->place_count == 0 || hall->place_count > HALL_PLACES_MAX || limits->places_max == 0 ||
        limits->accounts_max == 0)
        return ERR_INVALID;
    struct seats *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->hall = hall;
    s->limits = *limits;
    int code = take_memory(s);
    if (code != 0) {
        seats_free(s);
        return code;
    }
    s->counts.free = hall->place_count;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        bits_set(s->free_words, (size_t)i + SEATS_FREE_PAD);
        s->sections[hall->seats[i].section].free++;
        s->categories[hall->seats[i].category].free++;
    }
    for (uint32_t i = 0; i < s->windows.count; i++) {
        s->stale[i] = UINT8_MAX;
        s->hints[i] = s->windows.list[i].first;
    }
    *ret_seats = s;
    return 0;
}

void seats_free(struct seats *s)
{
    if (!s)
        return;
    windows_release(&s->windows);
    accounts_release(&s->accounts);
    wheel_release(&s->wheel);
    table_release(&s->hold_slots);
    free(s->claims);
    free(s->free_words);
    free(s->sections);
    free(s->categories);
    free(s->slots);
    free(s->stale);
    free(s->hints);
    free(s->keys[0]);
    free(s);
}

/* --- asking --- */

struct seats_counts seats_counts(const struct seats *s)
{
    return s->counts;
}

uint64_t seats_freed(const struct seats *s)
{
    return s->freed;
}

enum seats_left seats_left(const struct seats *s, int32_t category, int32_t section)
{
    const struct seats_counts *of[] = {&s->counts,
                                       category >= 0 ? &s->categories[category] : &s->counts,
                                       section >= 0 ? &s->sections[section] : &s->counts};
    enum seats_left left = SEATS_LEFT_FREE;
    for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
        if (of[i]->free > 0)
            continue;
        const enum seats_left here =
            of[i]->held + of[i]->resting + of[i]->offered > 0 ? SEATS_LEFT_SOON : SEATS_LEFT_NONE;
        left = here > left ? here : left;
    }
    return left;
}

enum seats_state seats_state(const struct seats *s, uint32_t seat)
{
    assert(seat < s->hall->place_count);
    return state_of_claim(s->claims[seat]);
}

uint32_t seats_of_account(const struct seats *s, struct id counted)
{
    uint32_t slot = accounts_find(&s->accounts, counted);
    return slot ? s->accounts.list[slot].places : 0;
}

static uint32_t slot_of_hold(const struct seats *s, struct id hold_id)
{
    uint32_t slot = 0;
    table_get(&s->hold_slots, hold_id, &slot);
    return slot;
}

const struct seats_hold *seats_find_hold(const struct seats *s, struct id hold_id)
{
    uint32_t slot = slot_of_hold(s, hold_id);
    return slot ? &s->slots[slot].hold : NULL;
}

const struct seats_hold *seats_next_hold(const struct seats *s, uint32_t *cursor)
{
    while (*cursor < s->slots_used) {
        const struct seats_slot *slot = &s->slots[++*cursor];
        if (slot->account != 0)
            return &slot->hold;
    }
    return NULL;
}

int64_t seats_next_expiry_ms(const struct seats *s)
{
    uint32_t slot = wheel_first(&s->wheel);
    return slot ? s->slots[slot].hold.expires_at_ms : INT64_MAX;
}

void seats_snapshot(const struct seats *s, uint8_t *ret_states)
{
    uint32_t places = s->hall->place_count;
    for (uint32_t i = 0; i < places; i += 4) {
        unsigned byte = 0;
        for (uint32_t k = 0; k < 4 && i + k < places; k++)
            byte |= (unsigned)seats_told(state_of_claim(s->claims[i + k])) << 2 * k;
        ret_states[i / 4] = (uint8_t)byte;
    }
}

/* --- moving --- */

/* 1 … 8 places of the hall, none twice; gives them ascending. */
static bool sort_seats(const struct seats *s, const uint32_t *seats, uint32_t count,
                       uint32_t ret_sorted[SEATS_PARTY_MAX])
{
    if (count == 0 || count > SEATS_PARTY_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = i;
        for (; k > 0 && ret_sorted[k - 1] > seats[i]; k--)
            ret_sorted[k] = ret_sorted[k - 1];
        ret_sorted[k] = seats[i];
        if (seats[i] >= s->hall->place_count || (k > 0 && ret_sorted[k - 1] == seats[i]))
            return false;
    }
    return true;
}

static void refuse(const struct seats *s, const uint32_t *sorted, uint32_t count,
                   struct seats_refusal *ret_refusal)
{
    if (!ret_refusal)
        return;
    ret_refusal->taken_count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!seats_is_free(s, sorted[i]))
            ret_refusal->taken[ret_refusal->taken_count++] = sorted[i];
    seats_find_nearest(s, sorted, count, ret_refusal);
}

static bool all_free(const struct seats *s, const uint32_t *seats, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!seats_is_free(s, seats[i]))
            return false;
    return true;
}

/* At most place_count are in use: each hold, and each rest, has a place of its own. */
static uint32_t take_slot(struct seats *s)
{
    const uint32_t slot = s->slot_free ? s->slot_free : ++s->slots_used;
    if (s->slot_free)
        s->slot_free = s->slots[slot].next_free;
    return slot;
}

static void give_slot(struct seats *s, uint32_t slot)
{
    s->slots[slot].account = 0;
    s->slots[slot].next_free = s->slot_free;
    s->slot_free = slot;
}

int seats_hold(struct seats *s, const struct seats_hold *ask, int64_t now_ms,
               struct seats_refusal *ret_refusal)
{
    uint32_t sorted[SEATS_PARTY_MAX], account;
    assert(ask->expires_at_ms > now_ms && !id_is_zero(ask->hold_id) &&
           !id_is_zero(ask->account_id));
    if (!sort_seats(s, ask->seats, ask->count, sorted))
        return ERR_INVALID;
    if (!all_free(s, sorted, ask->count)) {
        refuse(s, sorted, ask->count, ret_refusal);
        return ERR_CONFLICT;
    }
    int code =
        accounts_take(&s->accounts, seats_counted(ask), ask->count, s->limits.places_max, &account);
    if (code != 0)
        return code;

    const uint32_t slot = take_slot(s);
    struct seats_slot *held = &s->slots[slot];
    held->hold = *ask;
    held->account = account;
    const uint32_t claim = seats_claim(s, slot);
    uint32_t live = s->hold_slots.count;
    code = table_put(&s->hold_slots, ask->hold_id, slot);
    assert(code == 0 && s->hold_slots.count == live + 1); /* a fresh id */
    wheel_add(&s->wheel, slot, ask->expires_at_ms);
    for (uint32_t i = 0; i < ask->count; i++) {
        held->hold.seats[i] = sorted[i];
        seat_move(s, sorted[i], claim);
    }
    return 0;
}

/* Ends a hold; its seats become free, or sold to its account. */
static void end_hold(struct seats *s, uint32_t slot, enum seats_state to,
                     struct seats_hold *ret_hold)
{
    struct seats_slot *held = &s->slots[slot];
    const uint32_t claim = seats_claim(s, slot);
    for (uint32_t i = 0; i < held->hold.count; i++) {
        assert(s->claims[held->hold.seats[i]] == claim);
        seat_move(s, held->hold.seats[i], to == SEATS_SOLD ? SEATS_SOLD_BIT | held->account : 0);
    }
    if (to == SEATS_FREE)
        accounts_give_back(&s->accounts, held->account, held->hold.count);
    wheel_remove(&s->wheel, slot);
    bool removed = table_remove(&s->hold_slots, held->hold.hold_id);
    assert(removed);
    if (ret_hold)
        *ret_hold = held->hold;
    give_slot(s, slot);
}

int seats_release(struct seats *s, struct id hold_id, struct seats_hold *ret_hold)
{
    uint32_t slot = slot_of_hold(s, hold_id);
    if (!slot)
        return ERR_NOT_FOUND;
    end_hold(s, slot, SEATS_FREE, ret_hold);
    return 0;
}

int seats_sell(struct seats *s, struct id hold_id, int64_t now_ms, struct seats_hold *ret_hold)
{
    uint32_t slot = slot_of_hold(s, hold_id);
    if (!slot)
        return ERR_NOT_FOUND;
    if (s->slots[slot].hold.expires_at_ms <= now_ms)
        return ERR_TIMEOUT;
    end_hold(s, slot, SEATS_SOLD, ret_hold);
    return 0;
}

int seats_extend(struct seats *s, struct id hold_id, int64_t ends_at_ms, bool paying,
                 int64_t now_ms)
{
    uint32_t slot = slot_of_hold(s, hold_id);
    if (!slot)
        return ERR_NOT_FOUND;
    struct seats_hold *hold = &s->slots[slot].hold;
    if (hold->expires_at_ms <= now_ms)
        return ERR_TIMEOUT;
    if (ends_at_ms <= hold->expires_at_ms)
        return ERR_INVALID;
    wheel_remove(&s->wheel, slot);
    hold->expires_at_ms = ends_at_ms;
    hold->prolonged = true;
    hold->paying |= paying;
    wheel_add(&s->wheel, slot, ends_at_ms);
    return 0;
}

int seats_choose(struct seats *s, const struct seats_hold *chosen, int64_t now_ms)
{
    const uint32_t slot = slot_of_hold(s, chosen->hold_id);
    if (!slot)
        return ERR_NOT_FOUND;
    struct seats_hold *hold = &s->slots[slot].hold;
    if (hold->expires_at_ms <= now_ms)
        return ERR_TIMEOUT;
    memcpy(hold->types, chosen->types, sizeof(hold->types));
    hold->code = chosen->code;
    hold->code_index = chosen->code_index;
    return 0;
}

int seats_rest(struct seats *s, const uint32_t *seats, uint32_t count, int64_t until_ms)
{
    uint32_t sorted[SEATS_PARTY_MAX];
    if (!sort_seats(s, seats, count, sorted) || !all_free(s, sorted, count))
        return ERR_INVALID;
    const uint32_t slot = take_slot(s);
    struct seats_slot *rest = &s->slots[slot];
    rest->hold = (struct seats_hold){.expires_at_ms = until_ms, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        rest->hold.seats[i] = sorted[i];
        seat_move(s, sorted[i], SEATS_REST_BIT | slot);
    }
    wheel_add(&s->wheel, slot, until_ms);
    return 0;
}

int seats_block(struct seats *s, const uint32_t *seats, uint32_t count)
{
    uint32_t sorted[SEATS_PARTY_MAX];
    if (!sort_seats(s, seats, count, sorted) || !all_free(s, sorted, count))
        return ERR_INVALID;
    for (uint32_t i = 0; i < count; i++)
        seat_move(s, sorted[i], SEATS_BLOCK_BIT);
    return 0;
}

int seats_unblock(struct seats *s, const uint32_t *seats, uint32_t count)
{
    uint32_t sorted[SEATS_PARTY_MAX];
    if (!sort_seats(s, seats, count, sorted))
        return ERR_INVALID;
    for (uint32_t i = 0; i < count; i++)
        if (s->claims[sorted[i]] != SEATS_BLOCK_BIT)
            return ERR_INVALID;
    for (uint32_t i = 0; i < count; i++)
        seat_move(s, sorted[i], 0);
    return 0;
}

static void end_rest(struct seats *s, uint32_t slot, struct seats_hold *ret_rest)
{
    const struct seats_hold *rest = &s->slots[slot].hold;
    for (uint32_t i = 0; i < rest->count; i++) {
        assert(s->claims[rest->seats[i]] == (SEATS_REST_BIT | slot));
        seat_move(s, rest->seats[i], 0);
    }
    wheel_remove(&s->wheel, slot);
    *ret_rest = *rest;
    give_slot(s, slot);
}

size_t seats_expire(struct seats *s, int64_t now_ms, struct seats_hold *ret_holds, size_t max)
{
    size_t ended = 0;
    while (ended < max) {
        uint32_t slot = wheel_due(&s->wheel, now_ms);
        if (!slot)
            break;
        if (s->slots[slot].account == 0)
            end_rest(s, slot, &ret_holds[ended++]);
        else
            end_hold(s, slot, SEATS_FREE, &ret_holds[ended++]);
    }
    return ended;
}

int seats_unsell(struct seats *s, struct id counted, const uint32_t *seats, uint32_t count)
{
    uint32_t sorted[SEATS_PARTY_MAX];
    uint32_t account = accounts_find(&s->accounts, counted);
    if (!account || !sort_seats(s, seats, count, sorted))
        return ERR_INVALID;
    for (uint32_t i = 0; i < count; i++)
        if (s->claims[sorted[i]] != (SEATS_SOLD_BIT | account))
            return ERR_INVALID;
    for (uint32_t i = 0; i < count; i++)
        seat_move(s, sorted[i], 0);
    accounts_give_back(&s->accounts, account, count);
    return 0;
}

int seats_restore_sold(struct seats *s, struct id counted, const uint32_t *seats, uint32_t count)
{
    uint32_t sorted[SEATS_PARTY_MAX], account;
    if (id_is_zero(counted) || !sort_seats(s, seats, count, sorted))
        return ERR_INVALID;
    if (!all_free(s, sorted, count))
        return ERR_CONFLICT;
    int code = accounts_take(&s->accounts, counted, count, UINT32_MAX, &account);
    if (code != 0)
        return code;
    for (uint32_t i = 0; i < count; i++)
        seat_move(s, sorted[i], SEATS_SOLD_BIT | account);
    return 0;
}
