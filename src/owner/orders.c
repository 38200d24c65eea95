/* What leaves an order, and the places that its tickets move to. */
#include "owner/state.h"

/* The sold seats that the ask names, if they are those of the order, all of them; or NULL. The
 * store would refuse anything else, and with it the whole batch. */
static const struct owner_sold *sold_of(const struct owner *owner, const struct owner_ask *ask)
{
    if (ask->seat_count == 0 || ask->seat_count > SEATS_PARTY_MAX)
        return NULL;
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        if (ask->seats[i] >= owner->options.hall->place_count ||
            (i > 0 && ask->seats[i] <= ask->seats[i - 1]) ||
            !id_eq(owner->sold[ask->seats[i]].order_id, ask->hold_id) ||
            !id_eq(owner->sold[ask->seats[i]].account_id, ask->account_id))
            return NULL;
    }
    const struct owner_sold *sold = &owner->sold[ask->seats[0]];
    return sold->place_count == ask->seat_count ? sold : NULL;
}

/* The seats of the ask that do not stay. False: those that stay are not a part of them. */
static bool split(struct owner_ask *ask)
{
    uint32_t left = 0;
    ask->hold = (struct seats_hold){
        .hold_id = ask->hold_id, .account_id = ask->account_id, .person_id = ask->person_id};
    if (ask->left_count >= ask->seat_count)
        return false;
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        if (left < ask->left_count && ask->left[left] == ask->seats[i])
            left++;
        else
            ask->hold.seats[ask->hold.count++] = ask->seats[i];
    }
    return left == ask->left_count;
}

/* An order must be durable before it changes: a batch cannot cancel what it places, and what was
 * never placed was not cancelled. */
static int check_durable(const struct owner *owner, const struct owner_sold *sold)
{
    return sold->version > owner->version ? ERR_UNAVAILABLE : 0;
}

int owner_check_cancel(struct owner *owner, struct owner_ask *ask)
{
    const struct owner_sold *sold = sold_of(owner, ask);
    if (!sold || id_is_zero(ask->hold_id) || !split(ask))
        return ERR_NOT_FOUND;
    /* Who cancels what is unpaid must know that it was paid meanwhile. */
    return ask->payment_method == 0 || ask->payment_method == sold->method ? 0 : ERR_CONFLICT;
}

/* All that is left of an order changes with what is decided next. */
static void touch(struct owner *owner, const uint32_t *left, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        owner->sold[left[i]].version = owner->version_decided + 1;
        owner->sold[left[i]].place_count = count;
    }
}

/* What the leaving seats cost, and how they were held. */
static void describe(const struct owner *owner, struct owner_ask *ask)
{
    ask->payment_method = owner->sold[ask->hold.seats[0]].method;
    ask->hold.code = owner->sold[ask->hold.seats[0]].code;
    ask->hold.code_index = owner->sold[ask->hold.seats[0]].code_index;
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        ask->amounts[i] = owner->sold[ask->hold.seats[i]].amount;
        ask->hold.types[i] = owner->sold[ask->hold.seats[i]].type;
    }
}

int owner_decide_cancel(struct owner *owner, struct owner_ask *ask)
{
    int err = check_durable(owner, &owner->sold[ask->seats[0]]);
    if (err == 0 &&
        seats_unsell(owner->seats, seats_counted(&ask->hold), ask->hold.seats, ask->hold.count))
        err = ERR_NOT_FOUND; /* another account's */
    if (err != 0)
        return err;
    describe(owner, ask); /* for the figures: its entry does not say it again */
    for (uint32_t i = 0; i < ask->hold.count; i++)
        owner->sold[ask->hold.seats[i]] = (struct owner_sold){0};
    owner_use(owner, &ask->hold, -(int32_t)ask->hold.count);
    touch(owner, ask->left, ask->left_count);
    return 0;
}

int owner_decide_collect(struct owner *owner, struct owner_ask *ask)
{
    const struct owner_sold *sold = sold_of(owner, ask);
    if (!sold || id_is_zero(ask->hold_id))
        return ERR_NOT_FOUND;
    int err = check_durable(owner, sold);
    if (err == 0 && !payment_is_owed(sold->method))
        err = ERR_CONFLICT;
    ask->total = 0;
    for (uint32_t i = 0; i < ask->seat_count; i++)
        ask->total += owner->sold[ask->seats[i]].amount;
    if (err == 0 && ask->paid != ask->total)
        err = ERR_INVALID;
    if (err != 0)
        return err;
    ask->hold = (struct seats_hold){.hold_id = ask->hold_id, .account_id = ask->account_id};
    for (uint32_t i = 0; i < ask->seat_count; i++)
        owner->sold[ask->seats[i]].method = (uint8_t)ask->payment_method;
    touch(owner, ask->seats, ask->seat_count);
    return 0;
}

/* Where tickets go: other places of the hall, none twice and none of the order's own. Those that
 * leave are in hold, and where they go in to. */
static bool read_moves(const struct owner *owner, struct owner_ask *ask)
{
    ask->hold = (struct seats_hold){
        .hold_id = ask->hold_id, .account_id = ask->account_id, .person_id = ask->person_id};
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        const uint32_t seat = ask->left[i];
        if (seat >= owner->options.hall->place_count)
            return false;
        for (uint32_t k = 0; k < ask->seat_count; k++) {
            if (k != i && (ask->left[k] == seat || ask->seats[k] == seat))
                return false;
        }
        if (seat == ask->seats[i])
            continue;
        ask->to[ask->hold.count] = seat;
        ask->hold.seats[ask->hold.count++] = ask->seats[i];
    }
    return ask->left_count == ask->seat_count && ask->hold.count > 0;
}

/* What a place costs by the list of an order: where its type or its code has no price there, what
 * everybody pays. */
static int64_t cost_of(const struct owner *owner, const struct owner_ask *ask, uint32_t list_number,
                       uint32_t place)
{
    const struct price_list *list = owner->lists[list_number];
    const uint32_t category = owner->options.hall->seats[ask->to[place]].category;
    const struct price_code *code =
        ask->hold.code != 0 ? price_list_code(list, ask->hold.code) : NULL;
    const int64_t cost = price_list_cost(list, category, ask->hold.types[place], code);
    return cost == PRICE_NONE ? price_list_amount(list, category) : cost;
}

/* What the new places cost more than those that leave; of places that were given, nothing. */
static int64_t difference_of(const struct owner *owner, const struct owner_ask *ask,
                             uint32_t list_number)
{
    int64_t more = 0;
    for (uint32_t i = 0; !payment_is_comp(ask->payment_method) && i < ask->hold.count; i++)
        more += cost_of(owner, ask, list_number, i) - ask->amounts[i];
    return more;
}

/* The amounts that the order has from now on, in its caller's room. */
static int write_record(const struct owner *owner, struct owner_ask *ask)
{
    uint8_t first[STORE_AMOUNTS_HEAD + (STORE_AMOUNTS_SEAT_BYTES + 1) * SEATS_PARTY_MAX];
    int64_t amounts[SEATS_PARTY_MAX];
    struct view was = ask->list;
    for (uint32_t i = 0; i < ask->seat_count; i++)
        amounts[i] = owner->sold[ask->seats[i]].amount;
    if (was.len == 0)
        was = store_amounts_write(0, ask->seats, amounts, NULL, ask->seat_count, 0, 0, first);
    return store_amounts_move(was, ask->hold.seats, ask->to, ask->hold.count, ask->record,
                              &ask->list);
}

/* Those of the new places that somebody has, or that are not for sale. */
static int check_free(const struct owner *owner, struct owner_ask *ask)
{
    ask->refusal = (struct seats_refusal){0};
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        if (seats_state(owner->seats, ask->to[i]) != SEATS_FREE)
            ask->refusal.taken[ask->refusal.taken_count++] = ask->to[i];
    }
    return ask->refusal.taken_count > 0 ? ERR_CONFLICT : 0;
}

/* The order's seats then, ascending. */
static void sort_left(struct owner_ask *ask)
{
    for (uint32_t i = 1; i < ask->left_count; i++) {
        const uint32_t seat = ask->left[i];
        uint32_t k = i;
        for (; k > 0 && ask->left[k - 1] > seat; k--)
            ask->left[k] = ask->left[k - 1];
        ask->left[k] = seat;
    }
}

int owner_check_move(struct owner *owner, struct owner_ask *ask)
{
    const uint32_t list_number = store_amounts_list(ask->list);
    if (!sold_of(owner, ask) || id_is_zero(ask->hold_id))
        return ERR_NOT_FOUND;
    if (!ask->record || list_number >= owner->list_count || !read_moves(owner, ask))
        return ERR_INVALID;
    int err = check_durable(owner, &owner->sold[ask->seats[0]]);
    if (err == 0)
        err = check_free(owner, ask);
    if (err != 0)
        return err;
    describe(owner, ask);
    ask->total = difference_of(owner, ask, list_number);
    ask->why = OWNER_WHY_DIFFERENCE;
    return ask->total == ask->paid ? 0 : ERR_UNSUPPORTED;
}

int owner_decide_move(struct owner *owner, struct owner_ask *ask)
{
    const struct id counted = seats_counted(&ask->hold);
    int err = write_record(owner, ask);
    if (err == 0 && seats_unsell(owner->seats, counted, ask->hold.seats, ask->hold.count) != 0)
        err = ERR_NOT_FOUND; /* another account's */
    if (err != 0)
        return err == ERR_EXISTS ? ERR_DENIED : err;
    err = seats_restore_sold(owner->seats, counted, ask->to, ask->hold.count);
    assert(err == 0); /* they are free, and nothing came between */
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        owner->sold[ask->to[i]] = owner->sold[ask->hold.seats[i]];
        owner->sold[ask->hold.seats[i]] = (struct owner_sold){0};
    }
    sort_left(ask);
    touch(owner, ask->left, ask->left_count);
    return 0;
}
