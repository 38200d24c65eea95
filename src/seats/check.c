/*
 * Every invariant, checked from nothing but the claims and the holds: what is derived must equal
 * what is computed anew.
 */
#include <stdlib.h>

#include "seats/engine.h"

static void check_claims(const struct seats *s)
{
    struct seats_counts counts = {0};
    for (uint32_t i = 0; i < s->hall->place_count; i++) {
        uint32_t claim = s->claims[i],
                 owner = claim & ~(SEATS_SOLD_BIT | SEATS_REST_BIT | SEATS_OFFER_BIT);
        assert(seats_is_free(s, i) == (claim == 0));
        if (claim == 0) {
            counts.free++;
        } else if (claim & SEATS_SOLD_BIT) {
            counts.sold++;
            assert(owner > 0 && owner <= s->accounts.used && s->accounts.list[owner].places > 0);
        } else if (claim & SEATS_BLOCK_BIT) {
            counts.blocked++;
            assert(claim == SEATS_BLOCK_BIT);
        } else if (claim & SEATS_REST_BIT) {
            counts.resting++;
            assert(owner <= s->slots_used && s->slots[owner].account == 0);
        } else {
            ++*(claim & SEATS_OFFER_BIT ? &counts.offered : &counts.held);
            assert(owner <= s->slots_used && s->slots[owner].account != 0 &&
                   claim == seats_claim(s, owner));
        }
    }
    assert(counts.free == s->counts.free && counts.held == s->counts.held &&
           counts.sold == s->counts.sold && counts.resting == s->counts.resting &&
           counts.blocked == s->counts.blocked && counts.offered == s->counts.offered);
    assert(counts.free + counts.held + counts.sold + counts.resting + counts.blocked +
               counts.offered ==
           s->hall->place_count);
}

static void count(struct seats_counts *counts, enum seats_state state)
{
    counts->free += state == SEATS_FREE;
    counts->held += state == SEATS_HELD;
    counts->sold += state == SEATS_SOLD;
    counts->resting += state == SEATS_RESTING;
    counts->blocked += state == SEATS_BLOCKED;
    counts->offered += state == SEATS_OFFERED;
}

/* What sections and categories count is what their places are. */
static void check_counts(const struct seats *s)
{
    const uint32_t sections = s->hall->section_count, categories = s->hall->category_count;
    struct seats_counts *counts = calloc(sections + categories, sizeof(*counts));
    if (!counts)
        return; /* as in check_accounts */
    for (uint32_t i = 0; i < s->hall->place_count; i++) {
        count(&counts[s->hall->seats[i].section], seats_state(s, i));
        count(&counts[sections + s->hall->seats[i].category], seats_state(s, i));
    }
    assert(memcmp(counts, s->sections, sections * sizeof(*counts)) == 0);
    assert(memcmp(counts + sections, s->categories, categories * sizeof(*counts)) == 0);
    free(counts);
}

/* Slots that are free have no timer. */
static bool is_rest(const struct seats *s, uint32_t slot)
{
    return s->slots[slot].account == 0 && s->wheel.timers[slot].next != 0;
}

static void check_rest(const struct seats *s, uint32_t slot)
{
    const struct seats_hold *rest = &s->slots[slot].hold;
    assert(rest->count > 0 && rest->count <= SEATS_PARTY_MAX && id_is_zero(rest->account_id));
    assert(s->wheel.timers[slot].at_ms == rest->expires_at_ms);
    for (uint32_t i = 0; i < rest->count; i++)
        assert(s->claims[rest->seats[i]] == (SEATS_REST_BIT | slot));
}

/* Each seat's claim names the one hold it is in: a hold's seats all name it, and together the holds
 * have as many seats as are held, so none is in two. */
static void check_holds(const struct seats *s)
{
    uint32_t live = 0, places = 0, rests = 0;
    for (uint32_t slot = 1; slot <= s->slots_used; slot++) {
        const struct seats_slot *held = &s->slots[slot];
        uint32_t found = 0;
        if (is_rest(s, slot)) {
            check_rest(s, slot);
            rests++;
        }
        if (held->account == 0)
            continue;
        live++;
        places += held->hold.count;
        assert(held->hold.count > 0 && held->hold.count <= SEATS_PARTY_MAX);
        assert(table_get(&s->hold_slots, held->hold.hold_id, &found) && found == slot);
        assert(id_eq(s->accounts.list[held->account].id, seats_counted(&held->hold)));
        assert(s->wheel.timers[slot].next != 0);
        assert(s->wheel.timers[slot].at_ms == held->hold.expires_at_ms);
        for (uint32_t i = 0; i < held->hold.count; i++) {
            assert(s->claims[held->hold.seats[i]] == seats_claim(s, slot));
            assert(i == 0 || held->hold.seats[i - 1] < held->hold.seats[i]);
        }
    }
    assert(places == s->counts.held + s->counts.offered);
    assert(live == s->hold_slots.count && live + rests == s->wheel.count);
}

static void check_accounts(const struct seats *s)
{
    const struct accounts *a = &s->accounts;
    uint32_t *places = calloc((size_t)a->max + 1, sizeof(*places));
    if (!places)
        return; /* a check that can't be made proves nothing, and breaks nothing */
    for (uint32_t i = 0; i < s->hall->place_count; i++)
        if (s->claims[i] & SEATS_SOLD_BIT)
            places[s->claims[i] & ~SEATS_SOLD_BIT]++;
        else if (s->claims[i] && !(s->claims[i] & (SEATS_REST_BIT | SEATS_BLOCK_BIT)))
            places[s->slots[s->claims[i] & ~SEATS_OFFER_BIT].account]++;
    uint32_t live = 0;
    for (uint32_t slot = 1; slot <= a->used; slot++) {
        assert(places[slot] == a->list[slot].places);
        if (places[slot] == 0)
            continue;
        live++;
        assert(accounts_find(a, a->list[slot].id) == slot);
    }
    assert(live == a->slots.count);
    free(places);
}

static void check_caches(const struct seats *s)
{
    for (uint32_t i = 0; i < s->windows.count; i++) {
        const struct window *w = &s->windows.list[i];
        for (uint32_t k = w->first; w->standing && k < s->hints[i]; k++)
            assert(!seats_is_free(s, k) ||
                   (w->tag & WINDOW_PART && s->hall->seats[k].category != (w->tag & ~WINDOW_PART)));
        for (uint32_t party = 1; party <= SEATS_PARTY_MAX; party++)
            assert(s->stale[i] >> (party - 1) & 1 ||
                   s->keys[party - 1][i] == seats_best_key(s, i, party));
    }
}

void seats_check(const struct seats *s)
{
    check_claims(s);
    check_counts(s);
    check_holds(s);
    check_accounts(s);
    check_caches(s);
    uint32_t first = wheel_first(&s->wheel);
    for (uint32_t slot = 1; slot <= s->slots_used; slot++)
        assert((s->slots[slot].account == 0 && !is_rest(s, slot)) ||
               s->wheel.timers[first].at_ms <= s->wheel.timers[slot].at_ms);
}
