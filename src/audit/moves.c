/* Tickets that move: which places an order gives and gets, and what its row says of them. */
#include "audit/moves.h"

#include <inttypes.h>

#include "audit/prices.h"
#include "err/err.h"
#include "sale/payment.h"

/* The new places are in the hall, and were nobody's. False: one is outside. */
static bool check_gained(struct audit_replay *r, const struct change *change)
{
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t seat = change->to[i];
        if (seat >= r->place_count) {
            audit_find(r, "seat %" PRIu32 " is not in the hall of %" PRIu32 " places", seat,
                       r->place_count);
            return false;
        }
        if (r->order_of_seat[seat] != AUDIT_NONE)
            audit_find(r, "a ticket moves to seat %" PRIu32 ", which is sold", seat);
        if (r->hold_of_seat[seat] != AUDIT_NONE)
            audit_find(r, "a ticket moves to seat %" PRIu32 ", which is held", seat);
        if (r->rest_of_seat[seat] != 0)
            audit_find(r, "a ticket moves to seat %" PRIu32 ", which rests", seat);
        if (!id_is_zero(r->block_of_seat[seat].block_id))
            audit_find(r, "a ticket moves to seat %" PRIu32 ", which is kept back", seat);
    }
    return true;
}

/* What the order has is what leaves it and what is left, without the places that it gets. */
static bool same_order(const struct change *change, struct view had)
{
    size_t stays = 0;
    for (uint32_t i = 0; i < change->seat_count; i++) {
        if (!store_seats_have(had, change->seats[i]))
            return false;
    }
    for (uint32_t i = 0; i < change->left_count; i++) {
        bool gained = false, leaves = false;
        for (uint32_t k = 0; k < change->seat_count; k++) {
            gained = gained || change->to[k] == change->left[i];
            leaves = leaves || change->seats[k] == change->left[i];
        }
        if (leaves || gained == store_seats_have(had, change->left[i]))
            return false;
        stays += !gained;
    }
    return store_seat_count(had) == change->seat_count + stays;
}

/* What a place costs by an order's list; where its type or code has no price there, what everybody
 * pays. */
static int64_t cost_of(const struct audit_replay *r, struct view amounts, uint32_t seat,
                       uint32_t type)
{
    uint32_t index;
    const struct price_list *list =
        &((const struct audit_prices *)r->lists.items + store_amounts_list(amounts))->list;
    const uint32_t category = r->categories[seat] & (AUDIT_WHEELCHAIR - 1);
    const uint32_t number = store_amounts_code(amounts, &index);
    const int64_t cost =
        price_list_cost(list, category, type, number ? price_list_code(list, number) : NULL);
    return cost == PRICE_NONE ? price_list_amount(list, category) : cost;
}

static void check_difference(struct audit_replay *r, const struct change *change,
                             const struct audit_order *order, struct view amounts)
{
    int64_t more = 0, amount;
    if (store_amounts_list(amounts) >= r->lists.count)
        return; /* said when it was held */
    for (uint32_t i = 0; !payment_is_comp(order->row.payment_method) && i < change->seat_count;
         i++) {
        const uint32_t type = store_amounts_type(amounts, change->seats[i]);
        if (store_amounts_find(amounts, change->seats[i], &amount))
            more += cost_of(r, amounts, change->to[i], type) - amount;
    }
    if (more != change->difference)
        audit_find(r, "places that cost %" PRId64 " more are said to cost %" PRId64 " more", more,
                   change->difference);
}

/* The order's amounts: of an order by the first list that never moved, what it says. */
static struct view amounts_of(const struct audit_replay *r, const struct audit_order *order,
                              uint8_t *bytes)
{
    uint32_t seats[CHANGE_SEATS_MAX];
    int64_t amounts[CHANGE_SEATS_MAX];
    const struct view had = view_of(order->seat_bytes, order->row.seats.len);
    if (order->row.amounts.len > 0)
        return audit_order_amounts(order);
    for (size_t i = 0; i < store_seat_count(had); i++) {
        seats[i] = store_seat_at(had, i);
        amounts[i] = cost_of(r, (struct view){0}, seats[i], 0);
    }
    return store_amounts_write(0, seats, amounts, NULL, store_seat_count(had), 0, 0, bytes);
}

static int follow_amounts(struct audit_replay *r, const struct change *change,
                          struct audit_order *order)
{
    uint8_t first[STORE_AMOUNTS_HEAD + (STORE_AMOUNTS_SEAT_BYTES + 1) * CHANGE_SEATS_MAX];
    const struct view was = amounts_of(r, order, first);
    uint8_t bytes[STORE_MOVED_MAX];
    struct view then;
    struct audit_id text;
    check_difference(r, change, order, was);
    const int err =
        store_amounts_move(was, change->seats, change->to, change->seat_count, bytes, &then);
    audit_id(order->row.order_id, &text);
    if (err == ERR_EXISTS)
        audit_find(r, "a ticket of order %s moves to a place that it had before", text.text);
    else if (err != 0)
        audit_find(r, "tickets of order %s move that it does not have, or too often", text.text);
    else if (!view_eq(then, change->record))
        audit_find(r, "order %s is said to cost what it does not after its tickets moved",
                   text.text);
    if (err != 0)
        return 0;
    order->moved = arena_copy(&r->reasons, then);
    order->row.amounts.len = then.len;
    return order->moved ? 0 : ERR_NO_MEMORY;
}

int audit_replay_move(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    const uint32_t place = audit_place(&r->order_places, change->order_id);
    struct audit_order *order = place == AUDIT_NONE ? NULL : audit_order_at(r, place);
    audit_id(change->order_id, &text);
    if (!order || order->row.state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED) {
        audit_find(r, "tickets of order %s move, but it is not confirmed", text.text);
        return 0;
    }
    if (!id_eq(order->row.account_id, change->account_id))
        audit_find(r, "tickets of order %s move for another account", text.text);
    if (!same_order(change, view_of(order->seat_bytes, order->row.seats.len))) {
        audit_find(r,
                   "the seats that tickets move from and that are left are not those of order %s",
                   text.text);
        return 0;
    }
    if (!check_gained(r, change))
        return 0;
    const int err = follow_amounts(r, change, order);
    for (uint32_t i = 0; i < change->seat_count; i++) {
        if (r->order_of_seat[change->seats[i]] == place)
            r->order_of_seat[change->seats[i]] = AUDIT_NONE;
        r->order_of_seat[change->to[i]] = place;
    }
    order->row.seats.len =
        store_seats_write(change->left, change->left_count, order->seat_bytes).len;
    audit_begin_rest(r, change, change->seats, change->seat_count);
    return err;
}
