/*
 * engine: what the files of this folder share. Outside, use seats/seats.h.
 *
 * A place's claim says who has it: 0 is nobody, a hold's slot, SEATS_REST_BIT and a rest's slot,
 * SEATS_SOLD_BIT and an account's slot, SEATS_OFFER_BIT and the slot of a hold that has a wish, or
 * SEATS_BLOCK_BIT alone: it is kept back. engine.c alone
 * changes claims, and all that is derived from them, in one function. What best.c keeps (keys,
 * stale, hints) is a cache: it is behind pointers so that choosing, which changes no seat, can
 * refresh it.
 */
#ifndef USHER_SEATS_ENGINE_H
#define USHER_SEATS_ENGINE_H

#include "mem/bits.h"
#include "seats/accounts.h"
#include "seats/seats.h"
#include "seats/wheel.h"
#include "seats/windows.h"

#define SEATS_SOLD_BIT  (UINT32_C(1) << 31)
#define SEATS_REST_BIT  (UINT32_C(1) << 30)
#define SEATS_BLOCK_BIT (UINT32_C(1) << 29)
#define SEATS_OFFER_BIT (UINT32_C(1) << 28)
/* Bits before place 0 in free_words, so that a window may look to its left. */
#define SEATS_FREE_PAD 64

/* A live hold, or a rest, has a slot 1 … place_count, which is also its timer. */
struct seats_slot {
    struct seats_hold hold; /* of a rest without ids; expires_at_ms is its end */
    uint32_t account;       /* slot; 0: this slot is free, or a rest's */
    uint32_t next_free;     /* slot, or 0 */
};

struct seats {
    const struct hall *hall; /* borrowed */
    struct seats_limits limits;
    struct windows windows;
    struct seats_counts counts;
    uint64_t freed; /* places that became free, ever */

    uint32_t *claims;     /* a place */
    uint64_t *free_words; /* bit SEATS_FREE_PAD + place; a word of zeros at both ends */
    struct seats_counts *sections, *categories; /* the places of each */

    struct table hold_slots;  /* hold id → slot */
    struct seats_slot *slots; /* place_count + 1: a hold has at least one place */
    uint32_t slots_used;      /* slots 1 … slots_used have been used at some time */
    uint32_t slot_free;       /* a slot given back, or 0 */
    struct accounts accounts;
    struct wheel wheel;

    /* Of each window, for best.c: bit p of stale is set where keys[p] may be out of date. */
    uint8_t *stale; /* windows.count and 8 zeros behind */
    uint64_t *keys[SEATS_PARTY_MAX];
    uint32_t *hints; /* of a standing window: no free place of it is lower */
};

/* What the places of a live hold claim. */
static inline uint32_t seats_claim(const struct seats *s, uint32_t slot)
{
    return id_is_zero(s->slots[slot].hold.wish_id) ? slot : SEATS_OFFER_BIT | slot;
}

static inline bool seats_is_free(const struct seats *s, uint32_t seat)
{
    return bits_get(s->free_words, (size_t)seat + SEATS_FREE_PAD);
}

/* The same of a ring, of whose word bits has the seats themselves right. */
static inline uint64_t seats_ring_view(const struct window *window, uint64_t bits)
{
    const uint32_t count = window->starts;
    const uint64_t seats = bits >> WINDOW_BEFORE & ((UINT64_C(1) << count) - 1);
    uint64_t word = seats >> (count - WINDOW_BEFORE);
    for (uint32_t at = WINDOW_BEFORE; at < 64; at += count)
        word |= seats << at;
    return word & window->room;
}

/* The free places a window sees, as its word. */
static inline uint64_t seats_view(const struct seats *s, const struct window *window)
{
    size_t at = (size_t)window->first + SEATS_FREE_PAD - WINDOW_BEFORE;
    const uint64_t *word = &s->free_words[at / 64];
    uint64_t bits = word[0] >> at % 64;
    if (at % 64)
        bits |= word[1] << (64 - at % 64);
    return window->ring ? seats_ring_view(window, bits) : bits & window->room;
}

/* The starts of runs of party places within the bits of `free` that are in mask (the window's, or
 * one of windows_mask). */
static inline uint64_t seats_runs(const struct window *window, uint64_t free, uint64_t mask,
                                  uint32_t party)
{
    if (window->ring && party > window->starts)
        return 0;
    uint64_t runs = free & mask;
    for (uint64_t shifted = runs; party > 1; party--) {
        shifted >>= 1;
        runs &= shifted;
    }
    uint64_t starts = window->starts < WINDOW_STARTS ? (UINT64_C(1) << window->starts) - 1
                                                     : (UINT64_C(1) << WINDOW_STARTS) - 1;
    return runs & starts << WINDOW_BEFORE;
}

/* The lowest free places of a standing window, at most max, ascending, from its hint on (which is
 * moved up to the first). Returns how many. */
uint32_t seats_lowest(const struct seats *s, uint32_t window, uint32_t max, uint32_t *ret_seats);

/* The key of the window's best placement for a party, computed anew: what the cache must equal. */
uint64_t seats_best_key(const struct seats *s, uint32_t window, uint32_t party);
/* The same among these starts of runs, which are free. Not for a standing window. */
uint64_t seats_key_among(const struct seats *s, uint32_t window, uint64_t runs, uint32_t party);
#define SEATS_KEY_NONE UINT64_MAX
/* The places of a run's key of a window, ascending. */
void seats_places_of(const struct window *window, uint64_t key, uint32_t party,
                     uint32_t *ret_seats);

/* Kinds of seats that were asked for: see kinds.c. As seats_pick_best. */
int seats_pick_kinds(const struct seats *s, const struct seats_best *best, uint32_t *ret_seats);

/* What is free near what was asked for; see nearest.c. Sets ret->nearest…, ascending. */
void seats_find_nearest(const struct seats *s, const uint32_t *asked, uint32_t count,
                        struct seats_refusal *ret);
/* The free places of these kinds nearest to one free place, itself first among them if it is of
 * them; the rule of `apart`. Ascending. False: fewer are free. */
bool seats_find_around(const struct seats *s, struct windows_filter filter, uint32_t kinds,
                       uint32_t seat, uint32_t count, uint32_t *ret_seats);

#endif
