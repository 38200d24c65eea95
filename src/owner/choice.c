/* Which places a hold is to have. */
#include "owner/choice.h"

#include "owner/state.h"
#include "seats/alone.h"

/* Of these categories those of which the account, or person, may have as many places more. */
static uint64_t within_limits(const struct owner *owner, const struct owner_ask *ask,
                              uint64_t categories)
{
    const struct price_list *list = owner->lists[owner->list_count - 1];
    const struct id whose = id_is_zero(ask->person_id) ? ask->account_id : ask->person_id;
    for (uint32_t i = 0; i < list->category_count; i++) {
        const uint32_t most = list->category_places[i];
        if (most > 0 && (ask->best.party > most ||
                         seats_of_category(owner->seats, whose, i) + ask->best.party > most))
            categories &= ~(UINT64_C(1) << i);
    }
    return categories;
}

bool owner_is_limited(const struct owner *owner, struct id whose, uint32_t party)
{
    return owner->least_limit > 0 &&
           (party > owner->least_limit || seats_of_account(owner->seats, whose) > 0);
}

/* The best places of any category that is open to this ask, the dearest first. */
static int pick_open(struct owner *owner, struct owner_ask *ask, struct seats_hold *hold)
{
    const struct price_list *list = owner->lists[owner->list_count - 1];
    const struct price_code *code = ask->code != 0 ? price_list_code(list, ask->code) : NULL;
    uint64_t left = within_limits(owner, ask, ~(list->hidden & ~(code ? code->opens : 0)));
    int err = ERR_CONFLICT;
    while (err == ERR_CONFLICT) {
        struct seats_best best = ask->best;
        for (uint32_t i = 0; i < list->category_count; i++) {
            if ((left >> i & 1) != 0 &&
                (best.category < 0 || list->amounts[i] > list->amounts[best.category]))
                best.category = (int32_t)i;
        }
        if (best.category < 0)
            return ERR_CONFLICT;
        left &= ~(UINT64_C(1) << best.category);
        err = seats_pick_best(owner->seats, &best, hold->seats);
    }
    return err;
}

/* Whose money has come names the standing places that he had, and means as many of their area: the
 * lowest that are free, in place of those named. */
static int pick_stood(struct owner *owner, struct owner_ask *ask, struct seats_hold *hold)
{
    const struct hall *hall = owner->options.hall;
    bool taken[SEATS_PARTY_MAX] = {false};
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        const uint32_t section = hall->seats[ask->seats[i]].section;
        uint32_t members[SEATS_PARTY_MAX], places[SEATS_PARTY_MAX], count = 0;
        if (taken[i] || hall->sections[section].kind != HALL_STANDING)
            continue;
        for (uint32_t k = i; k < ask->seat_count; k++) {
            if (hall->seats[ask->seats[k]].section == section) {
                taken[k] = true;
                members[count++] = k;
            }
        }
        int err = seats_pick_standing(owner->seats, section, count, places);
        if (err == ERR_CONFLICT)
            ask->refusal.left = seats_left(owner->seats, -1, (int32_t)section);
        if (err != 0)
            return err;
        for (uint32_t k = 0; k < count; k++)
            hold->seats[members[k]] = ask->seats[members[k]] = places[k];
    }
    return 0;
}

/* The seats of a hold: those named, and the lowest free places of each standing area. */
int owner_choose_seats(struct owner *owner, struct owner_ask *ask, struct seats_hold *hold)
{
    const struct hall *hall = owner->options.hall;
    if (ask->seat_count > SEATS_PARTY_MAX || ask->area_count > SEATS_PARTY_MAX)
        return ERR_INVALID;
    if (ask->verb == OWNER_HOLD_BEST) {
        hold->count = ask->best.party;
        const struct id whose = id_is_zero(ask->person_id) ? ask->account_id : ask->person_id;
        const bool picks = owner->hides || owner_is_limited(owner, whose, ask->best.party);
        int err = picks && ask->best.category < 0
                      ? pick_open(owner, ask, hold)
                      : seats_pick_best(owner->seats, &ask->best, hold->seats);
        if (err == ERR_CONFLICT)
            seats_explain_best(owner->seats, &ask->best, &ask->refusal);
        return err;
    }
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        if (ask->seats[i] >= hall->place_count ||
            (!ask->paying &&
             hall->sections[hall->seats[ask->seats[i]].section].kind != HALL_SEATED))
            return ERR_INVALID;
        hold->seats[hold->count++] = ask->seats[i];
    }
    if (ask->paying) {
        const int err = pick_stood(owner, ask, hold);
        if (err != 0)
            return err;
    }
    for (uint32_t i = 0; i < ask->area_count; i++) {
        const struct owner_area *area = &ask->areas[i];
        for (uint32_t k = 0; k < i; k++) {
            if (ask->areas[k].section == area->section)
                return ERR_INVALID;
        }
        if (area->quantity > SEATS_PARTY_MAX - hold->count)
            return ERR_INVALID;
        int err = seats_pick_standing(owner->seats, area->section, area->quantity,
                                      hold->seats + hold->count);
        if (err == ERR_CONFLICT)
            ask->refusal.left = seats_left(owner->seats, -1, (int32_t)area->section);
        if (err != 0)
            return err;
        hold->count += area->quantity;
    }
    return hold->count > 0 ? 0 : ERR_INVALID;
}

/* The places of a category in a hold. */
static uint32_t of_category(const struct hall *hall, const struct seats_hold *hold,
                            uint32_t category)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < hold->count; i++)
        count += hall->seats[hold->seats[i]].category == category;
    return count;
}

bool owner_fits_limits(const struct owner *owner, const struct seats_hold *hold)
{
    const struct price_list *list = owner->lists[owner->list_count - 1];
    for (uint32_t i = 0; i < list->category_count; i++) {
        const uint32_t most = list->category_places[i];
        const uint32_t more = most > 0 ? of_category(owner->options.hall, hold, i) : 0;
        if (more > 0 &&
            (more > most || seats_of_category(owner->seats, seats_counted(hold), i) + more > most))
            return false;
    }
    return true;
}

int owner_check_rules(const struct owner *owner, struct owner_ask *ask,
                      const struct seats_hold *hold)
{
    const struct price_list *list = owner->lists[owner->list_count - 1];
    for (uint32_t i = 0; i < hold->count; i++) {
        if (hold->seats[i] >= owner->options.hall->place_count ||
            seats_state(owner->seats, hold->seats[i]) != SEATS_FREE)
            return 0; /* the engine says what is wrong */
        for (uint32_t k = 0; k < i; k++) {
            if (hold->seats[k] == hold->seats[i])
                return 0;
        }
    }
    ask->why = OWNER_WHY_CATEGORY;
    if (!owner_fits_limits(owner, hold))
        return ERR_UNSUPPORTED;
    ask->why = OWNER_WHY_ALONE;
    if (!list->no_orphans || ask->verb != OWNER_HOLD) /* the best places leave the fewest */
        return 0;
    ask->refusal.taken_count =
        seats_left_alone(owner->seats, hold->seats, hold->count, ask->refusal.taken);
    return ask->refusal.taken_count > 0 ? ERR_UNSUPPORTED : 0;
}
