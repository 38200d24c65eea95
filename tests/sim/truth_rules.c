/* The rules of a sale, by looking at everything: no single place left alone where another choice in
 * the row leaves fewer, and no more of a category than one may have. */
#include "truth.h"

static bool is_free(const struct truth *truth, uint32_t seat)
{
    return truth_state(truth, seat) == SEATS_FREE;
}

/* From aisle to aisle: no row of the simulation is a table. */
static void stretch_of(const struct hall *hall, uint32_t seat, uint32_t *ret_first,
                       uint32_t *ret_last)
{
    const uint32_t row = hall->seats[seat].row;
    *ret_first = *ret_last = seat;
    while (*ret_first > 0 && hall->seats[*ret_first - 1].row == row &&
           !hall->seats[*ret_first - 1].break_after)
        --*ret_first;
    while (*ret_last + 1 < hall->place_count && !hall->seats[*ret_last].break_after &&
           hall->seats[*ret_last + 1].row == row)
        ++*ret_last;
}

/* Single free places beside a run from `from` on. */
static uint32_t alone_beside(const struct truth *truth, uint32_t from, uint32_t count,
                             uint32_t first, uint32_t last)
{
    const uint32_t end = from + count - 1;
    const bool left = from > first && is_free(truth, from - 1) &&
                      (from - 1 == first || !is_free(truth, from - 2));
    const bool right =
        end < last && is_free(truth, end + 1) && (end + 1 == last || !is_free(truth, end + 2));
    return (uint32_t)left + (uint32_t)right;
}

/* Whether a run of the hold's own kind, all ordinary places of one category, may start there. */
static bool may_start(const struct truth *truth, uint32_t from, uint32_t count, uint32_t last,
                      uint16_t category)
{
    bool may = from + count - 1 <= last;
    for (uint32_t seat = from; may && seat < from + count; seat++)
        may = is_free(truth, seat) && truth->hall->seats[seat].kind == HALL_ORDINARY &&
              truth->hall->seats[seat].category == category;
    return may;
}

static bool leaves_alone(const struct truth *truth, const struct change *change)
{
    const struct hall_seat *seats = truth->hall->seats;
    uint32_t first, last, from = change->seats[0];
    for (uint32_t i = 0; i < change->seat_count; i++)
        from = change->seats[i] < from ? change->seats[i] : from;
    if (truth->hall->sections[seats[from].section].kind == HALL_STANDING)
        return false;
    stretch_of(truth->hall, from, &first, &last);
    const uint32_t count = (uint32_t)change->seat_count;
    for (uint32_t i = 0; i < count; i++) {
        if (change->seats[i] >= from + count || change->seats[i] > last)
            return false; /* they are not beside one another */
    }
    if (!may_start(truth, from, count, last, seats[from].category))
        return false;
    const uint32_t alone = alone_beside(truth, from, count, first, last);
    for (uint32_t at = first; at <= last; at++) {
        if (may_start(truth, at, count, last, seats[from].category) &&
            alone_beside(truth, at, count, first, last) < alone)
            return true;
    }
    return false;
}

static uint32_t has_of(const struct truth *truth, struct id whose, uint32_t category)
{
    uint32_t count = 0;
    for (uint32_t seat = 0; seat < truth->hall->place_count; seat++) {
        if (truth->claims[seat] != 0 && truth->hall->seats[seat].category == category)
            count += id_eq(seats_counted(&truth->holds[truth->claims[seat] - 1].hold), whose);
    }
    return count;
}

bool truth_check_rules(struct truth *truth, const struct change *change)
{
    const struct price_list *list = &truth->lists[truth->list_count - 1];
    const struct id whose = id_is_zero(change->person_id) ? change->account_id : change->person_id;
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t category = truth->hall->seats[change->seats[i]].category;
        uint32_t more = 0;
        for (uint32_t k = 0; k < change->seat_count; k++)
            more += truth->hall->seats[change->seats[k]].category == category;
        if (list->category_places[category] > 0 &&
            has_of(truth, whose, category) + more > list->category_places[category])
            return truth_wrong(truth, "more of a category than one may have");
    }
    return !list->no_orphans || change->kind == CHANGE_OFFER || !leaves_alone(truth, change) ||
           truth_wrong(truth, "a hold leaves a place alone, and need not");
}
