/* Which places a hold is to have. */
#include "owner/choice.h"

#include "owner/state.h"

/* The best places of any category that is not hidden from this ask, the dearest first. */
static int pick_open(struct owner *owner, struct owner_ask *ask, struct seats_hold *hold)
{
    const struct price_list *list = owner->lists[owner->list_count - 1];
    const struct price_code *code = ask->code != 0 ? price_list_code(list, ask->code) : NULL;
    uint64_t left = ~(list->hidden & ~(code ? code->opens : 0));
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
        int err = owner->hides && ask->best.category < 0
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
