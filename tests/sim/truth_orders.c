/* What becomes of orders: a part is given back, or tickets move; by the ledger alone. */
#include <inttypes.h>

#include "sim/truth.h"

bool truth_follow_give_back(struct truth *truth, const struct change *change, uint64_t version)
{
    struct truth_hold *known = truth_find(truth, change->order_id);
    struct seats_hold gone = {.count = change->seat_count}, left = {.count = change->left_count};
    if (!known || known->fate != TRUTH_SOLD)
        return truth_wrong(truth, "seats of no order are given back");
    if (!id_eq(change->account_id, known->hold.account_id) || !known->cancel_asked)
        return truth_wrong(truth, "seats are given back that the order's account did not ask for");
    if (known->order.count != gone.count + left.count)
        return truth_wrong(truth, "P3: what is given back and left is not the order");
    memcpy(gone.seats, change->seats, sizeof(gone.seats));
    memcpy(left.seats, change->left, sizeof(left.seats));
    truth->marks[version] ^= truth_mark_of_hold(&gone, SEATS_SOLD);
    for (uint32_t i = 0; i < gone.count + left.count; i++) {
        const uint32_t seat = i < gone.count ? gone.seats[i] : left.seats[i - gone.count];
        if (truth->claims[seat] == 0 || &truth->holds[truth->claims[seat] - 1] != known)
            return truth_wrong(truth, "P3: seat %u is given back or left, and is not the order's",
                               seat);
        if (i < gone.count)
            truth->claims[seat] = 0;
    }
    memcpy(known->order.seats, left.seats, sizeof(left.seats));
    known->order.count = left.count;
    known->reduced = true;
    return truth_follow_rest(truth, change, &gone, version);
}

/* ---- unpaid orders ---- */

int64_t truth_order_cost(const struct truth *truth, const struct truth_hold *known)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < known->order.count; i++)
        total += truth_amount(truth, known, truth_origin(known, known->order.seats[i]));
    return total;
}

bool truth_follow_collect(struct truth *truth, const struct change *change)
{
    struct truth_hold *known = truth_find(truth, change->order_id);
    if (!known || known->fate != TRUTH_SOLD || known->comp || known->paid)
        return truth_wrong(truth, "P6: money for what owes none");
    if (!id_eq(change->account_id, known->hold.account_id) || !known->collect_asked)
        return truth_wrong(truth, "money for an order that nobody brought");
    if (change->payment_method != 3 || id_is_zero(change->payment_id) ||
        change->total != truth_order_cost(truth, known))
        return truth_wrong(truth, "P6: an order is paid otherwise than it costs");
    known->paid = true;
    known->total = change->total;
    return true;
}

/* ---- tickets that move ---- */

uint32_t truth_origin(const struct truth_hold *known, uint32_t seat)
{
    for (uint32_t i = known->move_count; i > 0; i--) {
        if (known->moves[i - 1].to == seat)
            seat = known->moves[i - 1].from;
    }
    return seat;
}

/* Whether the order ever had the place, as far as its amounts can say: by the first list they tell
 * of what it has when it first moves. */
static bool had(const struct truth_hold *known, uint32_t seat)
{
    const bool unsaid = known->hold.price_list == 0 && !known->comp;
    const struct seats_hold *sold = known->move_count > 0 ? &known->moved_first
                                    : unsaid              ? &known->order
                                                          : &known->hold;
    bool found = false;
    for (uint32_t i = 0; i < sold->count; i++)
        found = found || sold->seats[i] == seat;
    for (uint32_t i = 0; i < known->move_count; i++)
        found = found || known->moves[i].to == seat;
    return found;
}

/* What another place costs a ticket that was sold for a seat: by its type and code, or as
 * everybody. */
static int64_t cost_of(const struct truth *truth, const struct truth_hold *known, uint32_t sold,
                       uint32_t to)
{
    const struct price_list *list = &truth->lists[known->hold.price_list];
    const uint32_t category = truth->hall->seats[to].category;
    struct truth_hold there = *known;
    uint32_t type = 0;
    bool priced = false;
    for (uint32_t i = 0; i < known->hold.count; i++)
        type = known->hold.seats[i] == sold ? known->hold.types[i] : type;
    for (uint32_t i = 0; i < list->type_count; i++)
        priced = priced ||
                 (list->types[i].number == type && list->types[i].amounts[category] != PRICE_NONE);
    if (type != 0 && !priced)
        return list->amounts[category];
    there.hold.count = 1;
    there.hold.seats[0] = to;
    there.hold.types[0] = (uint8_t)type;
    return truth_amount(truth, &there, to);
}

/* The places are as the entry says, before and after. */
static bool check_move(struct truth *truth, const struct change *change,
                       const struct truth_hold *known)
{
    uint32_t stay = 0;
    if (known->order.count != change->left_count)
        return truth_wrong(truth, "P3: an order has more or fewer places after a move");
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t from = change->seats[i], to = change->to[i];
        if (from >= truth->hall->place_count || truth->claims[from] == 0 ||
            &truth->holds[truth->claims[from] - 1] != known)
            return truth_wrong(truth, "P3: a ticket moves from seat %u, not the order's", from);
        if (to >= truth->hall->place_count || truth_state(truth, to) != SEATS_FREE)
            return truth_wrong(truth, "P1: a ticket moves to seat %u, which is not free", to);
        if (had(known, to))
            return truth_wrong(truth, "a ticket moves to seat %u, which its order had", to);
    }
    for (uint32_t i = 0; i < change->left_count; i++) {
        const uint32_t claim = truth->claims[change->left[i]];
        stay += claim != 0 && &truth->holds[claim - 1] == known;
        for (uint32_t k = 0; k < change->seat_count; k++) {
            if (change->seats[k] == change->left[i])
                return truth_wrong(truth, "P3: seat %u moves, and stays", change->left[i]);
        }
    }
    return stay + change->seat_count == known->order.count ||
           truth_wrong(truth, "P3: what stays of an order is not what it had");
}

bool truth_follow_move(struct truth *truth, const struct change *change, uint64_t version)
{
    struct truth_hold *known = truth_find(truth, change->order_id);
    struct seats_hold gone = {.count = change->seat_count}, come = gone;
    int64_t more = 0;
    if (!known || known->fate != TRUTH_SOLD)
        return truth_wrong(truth, "tickets of no order move");
    if (!id_eq(change->account_id, known->hold.account_id) || !known->move_asked)
        return truth_wrong(truth, "tickets move that nobody asked for");
    if (!check_move(truth, change, known))
        return false;
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t sold = truth_origin(known, change->seats[i]);
        more += known->comp
                    ? 0
                    : cost_of(truth, known, sold, change->to[i]) - truth_amount(truth, known, sold);
    }
    if (known->move_count == 0)
        known->moved_first =
            known->hold.price_list == 0 && !known->comp ? known->order : known->hold;
    if (more != change->difference)
        return truth_wrong(truth, "places of another difference than said: %" PRId64, more);
    for (uint32_t i = 0; i < change->seat_count; i++) {
        assert(known->move_count < TRUTH_MOVES_MAX);
        gone.seats[i] = change->seats[i];
        come.seats[i] = change->to[i];
        known->moves[known->move_count].from = change->seats[i];
        known->moves[known->move_count++].to = change->to[i];
        truth->claims[change->to[i]] = truth->claims[change->seats[i]];
        truth->claims[change->seats[i]] = 0;
    }
    truth->marks[version] ^=
        truth_mark_of_hold(&gone, SEATS_SOLD) ^ truth_mark_of_hold(&come, SEATS_SOLD);
    memcpy(known->order.seats, change->left, sizeof(known->order.seats));
    truth->moves++;
    return truth_follow_rest(truth, change, &gone, version);
}

bool truth_moved_amounts(const struct truth *truth, const struct truth_hold *known,
                         struct view amounts)
{
    uint32_t from, to, index;
    for (uint32_t i = 0; i < known->move_count; i++) {
        if (!store_amounts_moved(amounts, i, &from, &to) || from != known->moves[i].from ||
            to != known->moves[i].to)
            return false;
    }
    for (uint32_t i = 0; i < known->order.count; i++) {
        const uint32_t seat = known->order.seats[i], sold = truth_origin(known, seat);
        int64_t amount;
        uint32_t type = 0;
        for (uint32_t k = 0; k < known->hold.count; k++)
            type = known->hold.seats[k] == sold ? known->hold.types[k] : type;
        if (!store_amounts_find(amounts, seat, &amount) ||
            amount != truth_amount(truth, known, sold) ||
            store_amounts_type(amounts, seat) != type ||
            store_amounts_code(amounts, &index) != known->hold.code ||
            index != known->hold.code_index || store_amounts_follow(amounts, seat) != seat)
            return false;
    }
    return !store_amounts_moved(amounts, known->move_count, &from, &to);
}
