/*
 * Who waits for places that come back, and to whom they are offered. A place that is free and fits
 * no wish is the public's: nobody keeps others waiting with what he cannot use.
 */
#include "owner/waiting.h"

#include <stdlib.h>

#include "observe/metrics.h"
#include "owner/choice.h"
#include "owner/state.h"

METRIC_COUNTER(offers, "usher_offers_total",
               "Places that came back and were offered to the waiting list: holds made of them.",
               "");
METRIC_COUNTER(offers_lapsed, "usher_offers_lapsed_total",
               "Offers of the waiting list that ended unused.", "");

/* ---- the list ---- */

static uint32_t find(const struct owner *owner, struct id wish_id)
{
    uint32_t at = 0;
    while (at < owner->wish_count && !id_eq(owner->wishes[at].wish_id, wish_id))
        at++;
    return at;
}

bool owner_has_wish(const struct owner *owner, struct id wish_id)
{
    return find(owner, wish_id) < owner->wish_count;
}

static struct id whose(const struct owner_wish *wish)
{
    return id_is_zero(wish->person_id) ? wish->account_id : wish->person_id;
}

/* Room for so many wishes: asked before one joins. */
static int reserve(struct owner *owner, size_t count)
{
    if (count <= owner->wish_cap)
        return 0;
    const size_t cap = count < 2 * (size_t)owner->wish_cap ? 2 * (size_t)owner->wish_cap : count;
    struct owner_wish *wishes = reallocarray(owner->wishes, cap, sizeof(*wishes));
    if (!wishes)
        return ERR_NO_MEMORY;
    owner->wishes = wishes;
    owner->wish_cap = (uint32_t)cap;
    return 0;
}

static void take_out(struct owner *owner, struct id wish_id)
{
    const uint32_t at = find(owner, wish_id);
    if (at < owner->wish_count)
        memmove(&owner->wishes[at], &owner->wishes[at + 1],
                (--owner->wish_count - at) * sizeof(*owner->wishes));
}

void owner_write_wish(struct owner *owner, enum change_kind kind, const struct owner_wish *wish,
                      int64_t at_ms)
{
    struct owner_wish anew = *wish;
    const struct seats_hold of = {
        .account_id = wish->account_id, .person_id = wish->person_id, .wish_id = wish->wish_id};
    struct change *change = owner_add_change(owner, kind, &of);
    assert(change); /* owner_batch_has was asked, for one more than the change before */
    change->at_ms = at_ms;
    change->category = wish->category;
    change->section = wish->section;
    change->party = wish->party;
    change->fewest = wish->fewest;
    change->lapses = wish->lapses;
    change->wheelchairs = wish->wheelchairs;
    anew.hold_id = (struct id){0};
    anew.position = owner->version_decided;
    take_out(owner, wish->wish_id);
    if (kind == CHANGE_WISH)
        owner->wishes[owner->wish_count++] = anew; /* where it was, or reserved */
}

/* ---- loading ---- */

int owner_load_waiting(struct owner *owner, struct arena *arena, int64_t deadline_ns)
{
    struct store_waiting waiting;
    struct store *store = owner->options.store;
    int err =
        store->ops->waiting_get(store, owner->options.performance_id, arena, &waiting, deadline_ns);
    owner->wish_count = 0;
    owner->offers_made = UINT64_MAX; /* all that is free may be wished */
    if (err == 0 && waiting.wish_count > OWNER_WISHES_MAX)
        err = ERR_CORRUPT;
    if (err == 0)
        err = reserve(owner, waiting.wish_count);
    if (err != 0)
        return err;
    owner->has_waited = waiting.known;
    owner->offer_ms = waiting.offer_ms;
    for (size_t i = 0; i < waiting.wish_count; i++) {
        const struct store_wish *wish = &waiting.wishes[i];
        if (wish->party == 0 || wish->party > SEATS_PARTY_MAX || wish->fewest == 0 ||
            wish->fewest > wish->party || wish->wheelchairs > wish->fewest ||
            wish->category > owner->options.hall->category_count ||
            wish->section > owner->options.hall->section_count)
            return ERR_CORRUPT;
        owner->wishes[owner->wish_count++] = (struct owner_wish){.wish_id = wish->wish_id,
                                                                 .account_id = wish->account_id,
                                                                 .person_id = wish->person_id,
                                                                 .position = wish->position,
                                                                 .category = wish->category,
                                                                 .section = wish->section,
                                                                 .party = wish->party,
                                                                 .fewest = wish->fewest,
                                                                 .lapses = wish->lapses,
                                                                 .wheelchairs = wish->wheelchairs};
    }
    return 0;
}

void owner_load_offer(struct owner *owner, const struct seats_hold *hold)
{
    const uint32_t at = find(owner, hold->wish_id);
    if (!id_is_zero(hold->wish_id) && at < owner->wish_count)
        owner->wishes[at].hold_id = hold->hold_id;
}

/* ---- joining and leaving ---- */

/* The best places of a wish's kind, so many; ERR_CONFLICT: there are none. */
static int choose(struct owner *owner, const struct owner_wish *wish, uint32_t party,
                  struct seats_hold *hold)
{
    enum owner_why why;
    struct owner_ask ask = {.verb = OWNER_HOLD_BEST,
                            .account_id = wish->account_id,
                            .person_id = wish->person_id,
                            .best = {.party = party,
                                     .category = (int32_t)wish->category - 1,
                                     .section = (int32_t)wish->section - 1,
                                     .wheelchairs = wish->wheelchairs}};
    hold->count = 0;
    int err = owner_choose_seats(owner, &ask, hold);
    hold->account_id = wish->account_id;
    hold->person_id = wish->person_id;
    return err == 0 && (!owner_types_fit(owner, hold, &why) || !owner_fits_limits(owner, hold))
               ? ERR_CONFLICT
               : err;
}

/* The places that its account, or person, may have beside those it has. */
static uint32_t may_have(const struct owner *owner, const struct owner_wish *wish)
{
    const uint32_t has = seats_of_account(owner->seats, whose(wish));
    return has < owner->options.places_max ? owner->options.places_max - has : 0;
}

static bool same_wish(const struct owner_wish *a, const struct owner_wish *b)
{
    return id_eq(a->account_id, b->account_id) && a->category == b->category &&
           a->section == b->section && a->party == b->party && a->fewest == b->fewest &&
           a->wheelchairs == b->wheelchairs;
}

/* Why a wish may not join, or 0. */
static int check_wish(struct owner *owner, const struct owner_wish *wish, struct owner_ask *ask)
{
    const struct price_list *list = owner->lists[owner->list_count - 1];
    struct seats_hold hold = {.price_list = owner->list_count - 1};
    uint32_t own = 0;
    for (uint32_t i = 0; i < owner->wish_count; i++)
        own += id_eq(whose(&owner->wishes[i]), whose(wish));
    ask->why = owner->offer_ms == 0 ? OWNER_WHY_NO_LIST : OWNER_WHY_HIDDEN;
    if (owner->offer_ms == 0 ||
        (wish->category > 0 && (list->hidden >> (wish->category - 1) & 1) != 0))
        return ERR_UNSUPPORTED;
    if (!change_fits_sale(CHANGE_SALE, owner->sale_state))
        return ERR_BUSY;
    if (may_have(owner, wish) < wish->fewest)
        return ERR_FULL;
    if (own >= OWNER_WISHES_ACCOUNT || owner->wish_count >= OWNER_WISHES_MAX)
        return ERR_DENIED;
    if (reserve(owner, (size_t)owner->wish_count + 1) != 0)
        return ERR_UNAVAILABLE;
    const int err = choose(owner, wish, wish->fewest, &hold);
    return err == ERR_CONFLICT ? 0 : err == 0 ? ERR_CONFLICT : err;
}

static int join(struct owner *owner, struct owner_ask *ask, struct owner_wish *wish, bool *ret_new)
{
    const struct hall *hall = owner->options.hall;
    const struct seats_best *best = &ask->best;
    *wish = (struct owner_wish){.account_id = ask->account_id,
                                .person_id = ask->person_id,
                                .category = (uint32_t)(best->category + 1),
                                .section = (uint32_t)(best->section + 1),
                                .party = best->party,
                                .wheelchairs = best->wheelchairs,
                                .fewest = ask->fewest};
    if (wish->category > hall->category_count || wish->section > hall->section_count ||
        wish->party == 0 || wish->party > SEATS_PARTY_MAX || wish->fewest == 0 ||
        wish->fewest > wish->party || wish->wheelchairs > wish->fewest ||
        owner->options.by_person == id_is_zero(wish->person_id))
        return ERR_INVALID;
    for (uint32_t i = 0; i < owner->wish_count; i++) {
        if (same_wish(&owner->wishes[i], wish)) {
            *wish = owner->wishes[i];
            *ret_new = false;
        }
    }
    const int err = *ret_new ? check_wish(owner, wish, ask) : 0;
    if (*ret_new)
        wish->wish_id = chance_id_at(owner->options.chance, owner_now_ms(owner));
    ask->hold = (struct seats_hold){.hold_id = wish->wish_id, .account_id = wish->account_id};
    return err;
}

int owner_decide_waiting_list(struct owner *owner, struct owner_ask *ask,
                              struct owner_wish *ret_wish, bool *ret_new)
{
    const uint32_t at = find(owner, ask->hold_id);
    *ret_new = true;
    switch (ask->verb) {
    case OWNER_SET_WAITING:
        if (ask->offer_ms != 0 &&
            (ask->offer_ms < LEDGER_OFFER_MIN_MS || ask->offer_ms > LEDGER_OFFER_MAX_MS))
            return ERR_INVALID;
        ask->hold = (struct seats_hold){0};
        *ret_new = ask->offer_ms != owner->offer_ms;
        owner->offer_ms = ask->offer_ms;
        owner->has_waited = true;
        owner->offers_made = UINT64_MAX;
        return 0;
    case OWNER_JOIN:
        return join(owner, ask, ret_wish, ret_new);
    default:
        if (at == owner->wish_count || !id_eq(owner->wishes[at].account_id, ask->account_id))
            return ERR_NOT_FOUND;
        *ret_wish = owner->wishes[at];
        ask->hold = (struct seats_hold){.hold_id = ask->hold_id, .account_id = ask->account_id};
        return 0;
    }
}

/* ---- offers ---- */

void owner_offer_ended(struct owner *owner, const struct seats_hold *hold, bool sold, int64_t at_ms)
{
    if (id_is_zero(hold->wish_id))
        return;
    const uint32_t at = find(owner, hold->wish_id);
    metric_add(&offers_lapsed, !sold);
    if (at == owner->wish_count || !id_eq(owner->wishes[at].hold_id, hold->hold_id))
        return; /* it has left meanwhile */
    struct owner_wish wish = owner->wishes[at];
    wish.lapses += !sold;
    owner_write_wish(owner,
                     sold || wish.lapses == LEDGER_WISH_LAPSES ? CHANGE_WISH_END : CHANGE_WISH,
                     &wish, at_ms);
}

static bool has_begun(const struct owner *owner)
{
    const struct owner_listener *listener = &owner->options.listener;
    return listener->begins_ms &&
           listener->begins_ms(listener->begins_state, owner->options.performance_id) <=
               owner_now_ms(owner);
}

bool owner_owes_offers(const struct owner *owner)
{
    return owner->wish_count > 0 && owner->offer_ms > 0 && owner->phase == OWNER_SERVING &&
           seats_freed(owner->seats) != owner->offers_made &&
           change_fits_sale(CHANGE_OFFER, owner->sale_state) && !has_begun(owner);
}

/* What was looked for in this pass and is not there: it does not come back before the next. */
struct looked {
    struct owner_wish kinds[64];
    uint32_t count;
};

static bool was_looked_for(const struct looked *looked, const struct owner_wish *wish,
                           uint32_t party)
{
    for (uint32_t i = 0; i < looked->count; i++) {
        const struct owner_wish *kind = &looked->kinds[i];
        if (kind->category == wish->category && kind->section == wish->section &&
            kind->party == party && kind->wheelchairs == wish->wheelchairs)
            return true;
    }
    return false;
}

/* The most places that it takes, if there are any. */
static bool fits(struct owner *owner, const struct owner_wish *wish, struct looked *looked,
                 struct seats_hold *hold)
{
    const uint32_t most = may_have(owner, wish);
    for (uint32_t party = wish->party < most ? wish->party : most; party >= wish->fewest; party--) {
        const bool own = owner_is_limited(owner, whose(wish), party); /* another has other limits */
        if (!own && was_looked_for(looked, wish, party))
            continue;
        if (choose(owner, wish, party, hold) == 0)
            return true;
        if (!own && looked->count < sizeof(looked->kinds) / sizeof(looked->kinds[0])) {
            looked->kinds[looked->count] = *wish;
            looked->kinds[looked->count++].party = party;
        }
    }
    return false;
}

static void offer(struct owner *owner, struct owner_wish *wish, struct seats_hold *hold)
{
    const int64_t now_ms = owner_now_ms(owner);
    hold->hold_id = chance_id_at(owner->options.chance, now_ms);
    hold->account_id = wish->account_id;
    hold->person_id = wish->person_id;
    hold->wish_id = wish->wish_id;
    hold->expires_at_ms = now_ms + owner->offer_ms;
    int err = seats_hold(owner->seats, hold, now_ms, NULL);
    assert(err == 0); /* the places are free, and no more than it may have */
    wish->hold_id = hold->hold_id;
    struct change *change =
        owner_add_change(owner, CHANGE_OFFER, seats_find_hold(owner->seats, hold->hold_id));
    change->at_ms = now_ms;
    metric_add(&offers, 1);
}

void owner_make_offers(struct owner *owner)
{
    if (!owner_owes_offers(owner)) /* as after nearly every ask: nothing may be cleared before */
        return;
    struct looked looked = {0};
    const uint64_t freed = seats_freed(owner->seats);
    bool made = false;
    for (uint32_t i = 0; i < owner->wish_count && seats_counts(owner->seats).free > 0; i++) {
        struct owner_wish *wish = &owner->wishes[i];
        struct seats_hold hold = {.price_list = owner->list_count - 1};
        if (!id_is_zero(wish->hold_id) || !fits(owner, wish, &looked, &hold))
            continue;
        if (!owner_batch_has(&owner->pending, 0))
            return; /* once there is room */
        offer(owner, wish, &hold);
        made = true;
    }
    owner->offers_made = freed;
    if (made)
        owner_arm_expiry(owner);
}

/* ---- telling ---- */

/* Whether it takes places for wheelchairs alone. */
static bool is_wheeled(const struct owner_wish *wish)
{
    return wish->wheelchairs > 0 && wish->wheelchairs == wish->party;
}

/* Whether both could take the same places: neither's kind rules out the other's. */
static bool compete(const struct owner_wish *a, const struct owner_wish *b)
{
    if ((is_wheeled(a) && b->wheelchairs == 0) || (is_wheeled(b) && a->wheelchairs == 0))
        return false;
    return (a->category == 0 || b->category == 0 || a->category == b->category) &&
           (a->section == 0 || b->section == 0 || a->section == b->section);
}

static void list_own(const struct owner *owner, struct owner_ask *ask)
{
    for (uint32_t i = 0; i < owner->wish_count && ask->wish_count < ask->wishes_max; i++) {
        if (!id_eq(owner->wishes[i].account_id, ask->account_id))
            continue;
        struct owner_wish *told = &ask->wishes[ask->wish_count++];
        *told = owner->wishes[i];
        for (uint32_t k = 0; k < i; k++)
            told->ahead += id_is_zero(owner->wishes[k].hold_id) && compete(&owner->wishes[k], told);
    }
}

static void list_kinds(const struct owner *owner, struct owner_ask *ask)
{
    for (uint32_t i = 0; i < owner->wish_count; i++) {
        const struct owner_wish *wish = &owner->wishes[i];
        uint32_t at = 0;
        while (at < ask->wish_count &&
               (ask->wishes[at].category != wish->category ||
                ask->wishes[at].section != wish->section || ask->wishes[at].party != wish->party ||
                ask->wishes[at].fewest != wish->fewest ||
                ask->wishes[at].wheelchairs != wish->wheelchairs))
            at++;
        if (at == ask->wishes_max)
            continue; /* more kinds than are told: the later ones are not */
        if (at == ask->wish_count)
            ask->wishes[ask->wish_count++] = (struct owner_wish){.position = wish->position,
                                                                 .category = wish->category,
                                                                 .section = wish->section,
                                                                 .party = wish->party,
                                                                 .fewest = wish->fewest,
                                                                 .wheelchairs = wish->wheelchairs};
        ask->wishes[at].count++;
        ask->wishes[at].offered += !id_is_zero(wish->hold_id);
    }
}

void owner_list_wishes(const struct owner *owner, struct owner_ask *ask)
{
    ask->wish_count = 0;
    ask->offer_ms = owner->offer_ms;
    ask->hold = (struct seats_hold){0};
    if (id_is_zero(ask->account_id))
        list_kinds(owner, ask);
    else
        list_own(owner, ask);
}
