/* The waiting list, from the ledger alone. */
#include "audit/waiting.h"

#include <inttypes.h>

#include "audit/prices.h"
#include "clock/clock.h"
#include "err/err.h"
#include "sale/ledger.h"

static struct audit_wish *wish_at(const struct audit_replay *r, uint32_t place)
{
    return (struct audit_wish *)r->wishes.items + place;
}

/* The wish that waits, or NULL. */
static struct audit_wish *waits(const struct audit_replay *r, struct id wish_id)
{
    const uint32_t place = audit_place(&r->wish_places, wish_id);
    return place != AUDIT_NONE && !wish_at(r, place)->row.gone ? wish_at(r, place) : NULL;
}

void audit_replay_waiting(struct audit_replay *r, const struct change *change)
{
    if (change->offer_ms != 0 &&
        (change->offer_ms < LEDGER_OFFER_MIN_MS || change->offer_ms > LEDGER_OFFER_MAX_MS))
        audit_find(r, "offers of %" PRIu32 " ms, which is not as long as they may be",
                   change->offer_ms);
    r->offer_ms = change->offer_ms;
}

void audit_check_due(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    r->was_due = r->due;
    if (r->due == AUDIT_NONE)
        return;
    const struct audit_wish *wish = wish_at(r, r->due);
    const bool end = r->due_sold || wish->row.lapses + 1 >= LEDGER_WISH_LAPSES;
    if (!change || change->kind != (end ? CHANGE_WISH_END : CHANGE_WISH) ||
        !id_eq(change->wish_id, wish->row.wish_id))
        audit_find(r, "the offer of wish %s is over, and the next entry does not %s it",
                   audit_id(wish->row.wish_id, &text), end ? "end" : "put back");
    r->due = AUDIT_NONE;
}

/* Behind all others, with one more offer that lapsed and nothing else changed. */
static void put_back(struct audit_replay *r, const struct change *change, struct audit_wish *wish)
{
    struct audit_id text;
    const struct store_wish *row = &wish->row;
    if (!id_eq(row->account_id, change->account_id) || !id_eq(row->person_id, change->person_id) ||
        row->category != change->category || row->section != change->section ||
        row->party != change->party || row->fewest != change->fewest ||
        row->wheelchairs != change->wheelchairs)
        audit_find(r, "wish %s becomes another", audit_id(row->wish_id, &text));
    if (change->lapses != row->lapses + 1 || r->was_due == AUDIT_NONE)
        audit_find(r, "wish %s is put back, and has let nothing lapse",
                   audit_id(row->wish_id, &text));
    wish->row.lapses = change->lapses;
    wish->row.position = r->version;
}

int audit_replay_wish(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct audit_wish *wish = waits(r, change->wish_id);
    uint32_t account;
    audit_id(change->wish_id, &text);
    if (wish) {
        put_back(r, change, wish);
        return 0;
    }
    if (audit_place(&r->wish_places, change->wish_id) != AUDIT_NONE) {
        audit_find(r, "wish %s was over before", text.text);
        return 0;
    }
    if (r->offer_ms == 0)
        audit_find(r, "wish %s joins a list that is not there", text.text);
    if (change->lapses != 0 || change->party == 0 || change->party > CHANGE_SEATS_MAX ||
        change->fewest == 0 || change->fewest > change->party ||
        change->wheelchairs > change->fewest)
        audit_find(r, "wish %s is none", text.text);
    if ((r->performance->person_rule != 0) != !id_is_zero(change->person_id))
        audit_find(r, "wish %s is not of whom the performance counts", text.text);
    const struct id counted =
        id_is_zero(change->person_id) ? change->account_id : change->person_id;
    int rc = audit_find_account(r, counted, &account);
    const uint32_t place = r->wishes.count;
    if (rc == 0)
        rc = table_reserve(&r->wish_places, r->wish_places.count + 1);
    if (rc == 0)
        rc = table_put(&r->wish_places, change->wish_id, place);
    if (rc == 0)
        wish = audit_list_add(&r->wishes, sizeof(*wish));
    if (!wish)
        return ERR_NO_MEMORY;
    *wish = (struct audit_wish){.account = account,
                                .row = {.wish_id = change->wish_id,
                                        .account_id = change->account_id,
                                        .person_id = change->person_id,
                                        .category = change->category,
                                        .section = change->section,
                                        .party = change->party,
                                        .fewest = change->fewest,
                                        .lapses = change->lapses,
                                        .wheelchairs = change->wheelchairs,
                                        .position = r->version}};
    return 0;
}

void audit_replay_wish_end(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct audit_wish *wish = waits(r, change->wish_id);
    audit_id(change->wish_id, &text);
    if (!wish) {
        audit_find(r, "wish %s ends, but does not wait", text.text);
        return;
    }
    if (!id_eq(wish->row.account_id, change->account_id))
        audit_find(r, "wish %s is ended by another account", text.text);
    wish->row.gone = true;
    wish->offered = false; /* what it was offered is a hold as any other */
}

/* Whether a place is of the kind that is wished. */
static bool is_wished(const struct audit_replay *r, const struct store_wish *wish, uint32_t seat)
{
    const uint32_t place = r->categories[seat];
    return (wish->category == 0 || (place & (AUDIT_WHEELCHAIR - 1)) + 1 == wish->category) &&
           (wish->section == 0 || (place >> AUDIT_SECTION) + 1 == wish->section);
}

static bool all_wished(const struct audit_replay *r, const struct store_wish *wish,
                       const struct change *change)
{
    bool all = true;
    for (uint32_t i = 0; i < change->seat_count; i++)
        all = all && is_wished(r, wish, change->seats[i]);
    return all;
}

static uint32_t wheelchairs_of(const struct audit_replay *r, const struct change *change)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < change->seat_count; i++)
        count += (r->categories[change->seats[i]] & AUDIT_WHEELCHAIR) != 0;
    return count;
}

/* Whether a limit of a category may keep somebody from these places. */
static bool is_limited(const struct audit_replay *r, const struct change *change)
{
    const struct price_list *list = audit_valid_list(r);
    bool limited = false;
    for (uint32_t i = 0; i < change->seat_count; i++)
        limited =
            limited ||
            list->category_places[r->categories[change->seats[i]] & (AUDIT_WHEELCHAIR - 1)] > 0;
    return limited;
}

/* Whether just these places, which the wish is offered, could have been the other's: they are
 * beside one another, so that as many of them as he takes are, too. Those for wheelchairs and
 * beside them are all, or none, what he waits for. */
static bool could_have(const struct audit_replay *r, const struct audit_wish *other,
                       const struct change *change, const struct audit_wish *wish)
{
    const uint32_t wheelchairs = other->row.wheelchairs;
    const uint32_t least = wheelchairs > 0 ? change->seat_count : other->row.fewest;
    return other->row.fewest <= change->seat_count && wheelchairs == wish->row.wheelchairs &&
           (wheelchairs == 0 || other->row.party >= change->seat_count) &&
           audit_places_of(r, other->account) + least <= r->performance->places_max &&
           all_wished(r, &other->row, change) && !is_limited(r, change);
}

/* Nobody who waits longer could have had these places. */
static void check_order(struct audit_replay *r, const struct change *change,
                        const struct audit_wish *wish)
{
    struct audit_id text;
    for (uint32_t i = 0; i < r->wishes.count; i++) {
        const struct audit_wish *other = wish_at(r, i);
        if (other->row.gone || other->offered || other->row.position >= wish->row.position ||
            !could_have(r, other, change, wish))
            continue;
        audit_find(r, "places are offered before wish %s, which waits longer",
                   audit_id(other->row.wish_id, &text));
        return;
    }
}

void audit_check_offer(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct audit_wish *wish = waits(r, change->wish_id);
    audit_id(change->wish_id, &text);
    if (r->offer_ms == 0)
        audit_find(r, "an offer of a list that is not there");
    if (!wish) {
        audit_find(r, "an offer to wish %s, which does not wait", text.text);
        return;
    }
    if (!id_eq(wish->row.account_id, change->account_id) ||
        !id_eq(wish->row.person_id, change->person_id))
        audit_find(r, "an offer to wish %s, of another account", text.text);
    if (wish->offered)
        audit_find(r, "two offers to wish %s at once", text.text);
    if (change->seat_count < wish->row.fewest || change->seat_count > wish->row.party ||
        wheelchairs_of(r, change) != wish->row.wheelchairs || !all_wished(r, &wish->row, change))
        audit_find(r, "an offer to wish %s that is not what it waits for", text.text);
    check_order(r, change, wish);
    wish->offered = true;
}

void audit_offer_ended(struct audit_replay *r, const struct audit_hold *hold, bool sold)
{
    const uint32_t place = audit_place(&r->wish_places, hold->wish_id);
    if (id_is_zero(hold->wish_id) || place == AUDIT_NONE || wish_at(r, place)->row.gone)
        return;
    wish_at(r, place)->offered = false;
    r->due = place;
    r->due_sold = sold;
}

void audit_offers_over(struct audit_replay *r)
{
    for (uint32_t i = 0; i < r->wishes.count; i++)
        wish_at(r, i)->offered = false;
}

static bool same_row(const struct store_wish *a, const struct store_wish *b)
{
    return id_eq(a->account_id, b->account_id) && id_eq(a->person_id, b->person_id) &&
           a->position == b->position && a->category == b->category && a->section == b->section &&
           a->party == b->party && a->fewest == b->fewest && a->lapses == b->lapses &&
           a->wheelchairs == b->wheelchairs;
}

int audit_compare_waiting(struct store *store, struct audit_replay *r, struct arena *arena)
{
    struct audit_id text;
    struct store_waiting stored;
    audit_check_due(r, NULL);
    int rc = store->ops->waiting_get(store, r->performance->performance_id, arena, &stored,
                                     DEADLINE_NEVER);
    if (rc == ERR_CORRUPT) {
        audit_find(r, "its waiting list cannot be read");
        return 0;
    }
    if (rc != 0)
        return rc;
    if (stored.offer_ms != r->offer_ms)
        audit_find(r, "offers last %" PRIu32 " ms, %" PRIu32 " by the ledger", stored.offer_ms,
                   r->offer_ms);
    for (size_t i = 0; i < stored.wish_count; i++) {
        struct audit_wish *wish = waits(r, stored.wishes[i].wish_id);
        if (!wish || !same_row(&wish->row, &stored.wishes[i]))
            audit_find(r, "wish %s does not wait as the ledger says",
                       audit_id(stored.wishes[i].wish_id, &text));
        if (wish)
            wish->seen = true;
    }
    for (uint32_t i = 0; i < r->wishes.count; i++) {
        const struct audit_wish *wish = wish_at(r, i);
        if (!wish->row.gone && !wish->seen)
            audit_find(r, "wish %s waits, but is not in the table",
                       audit_id(wish->row.wish_id, &text));
        r->report->counts.wishes += !wish->row.gone;
    }
    return 0;
}
