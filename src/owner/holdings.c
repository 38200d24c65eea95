/* Who holds most: what an organiser looks at when places are hoarded. */
#include "owner/state.h"

#define PLACES_MAX 1000 /* those with more are told among those with so many */

static uint32_t places_of(const struct owner *owner, const struct seats_hold *hold)
{
    const uint32_t places = seats_of_account(owner->seats, seats_counted(hold));
    return places < PLACES_MAX ? places : PLACES_MAX;
}

/* The least number of places with which all who have more fit; *ret_room holds of those with just
 * so many fit beside them. */
static uint32_t threshold(const struct owner *owner, uint32_t max, uint32_t *ret_room)
{
    uint32_t holds_of[PLACES_MAX + 1] = {0}; /* by the account's places */
    uint32_t cursor = 0;
    const struct seats_hold *hold;
    while ((hold = seats_next_hold(owner->seats, &cursor)))
        holds_of[places_of(owner, hold)]++;
    uint32_t places = PLACES_MAX;
    while (places > 0 && holds_of[places] <= max)
        max -= holds_of[places--];
    *ret_room = max;
    return places;
}

void owner_list_holdings(const struct owner *owner, struct owner_ask *ask)
{
    uint32_t room, cursor = 0;
    const uint32_t least = threshold(owner, ask->holdings_max, &room);
    const struct seats_hold *hold;
    ask->holding_count = 0;
    while ((hold = seats_next_hold(owner->seats, &cursor))) {
        const uint32_t places = places_of(owner, hold);
        if (places < least || (places == least && room == 0))
            continue;
        room -= places == least;
        assert(ask->holding_count < ask->holdings_max);
        ask->holdings[ask->holding_count++] = (struct owner_holding){
            .hold = *hold,
            .origin = owner->habits ? habits_origin(owner->habits, hold->hold_id) : (struct id){0},
            .places = seats_of_account(owner->seats, seats_counted(hold))};
    }
}
