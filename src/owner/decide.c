/*
 * What an owner decides in memory. Runs on the owner's thread, never waits: between two asks
 * nothing else touches the engine.
 */
#include "observe/log.h"
#include "observe/metrics.h"
#include "owner/choice.h"
#include "owner/state.h"
#include "sale/ledger.h"

#define KEYS_SHORT_PERCENT 50 /* of the keys' memory, from which on a refusal is worth a line */

METRIC_COUNTER(holds_too_early, "usher_holds_too_early_total",
               "Holds refused because holds of the account or address ended unused lately.", "");
METRIC_COUNTER(keys_refused, "usher_keys_refused_total",
               "Idempotency keys refused: an account's share, or all memory for them, was used.",
               "");

/* The ask is answered with result once everything that was decided so far is durable; now, if it
 * is. */
static void ride(struct owner *owner, struct owner_ask *ask, int result)
{
    struct owner_batch *g = &owner->pending;
    const bool durable = g->count == 0 && !owner->committing.first && owner->committing.count == 0;
    ask->result = result;
    if (durable) {
        ask->version = owner->version;
        owner_answer(ask, result);
        return;
    }
    if (g->ask_count == OWNER_ASKS_MAX) {
        owner_answer(ask, ERR_UNAVAILABLE);
        return;
    }
    ask->next = NULL;
    *g->last = ask;
    g->last = &ask->next;
    g->ask_count++;
    owner_wake(owner);
}

/* The ask is decided later, in order. */
static void wait_for_room(struct owner *owner, struct owner_ask *ask)
{
    if (owner->waiting_count == OWNER_WAITING_MAX) {
        owner_answer(ask, ERR_UNAVAILABLE);
        return;
    }
    ask->next = NULL;
    *owner->waiting_last = ask;
    owner->waiting_last = &ask->next;
    owner->waiting_count++;
}

/* A key was refused: counted, and said once until there is room again. */
static void tell_of_shortage(struct owner *owner, const char *by)
{
    const uint32_t used = keys_used_percent(owner->keys);
    metric_add(&keys_refused, 1);
    pthread_mutex_lock(&owner->figures_lock);
    owner->figures.keys_refused++;
    pthread_mutex_unlock(&owner->figures_lock);
    if (used < KEYS_SHORT_PERCENT || owner->keys_short)
        return;
    owner->keys_short = true;
    log_event(LOG_WARN, "owner.keys", log_uint("usher.performance", owner->options.performance_id),
              log_uint("usher.used_percent", used), log_str("usher.by", by));
}

static struct keys_of keys_of(const struct owner_ask *ask)
{
    return (struct keys_of){.account_id = ask->account_id, .origin = ask->origin};
}

/* True when one more change and one more waiting ask fit. Otherwise the ask is dealt with: where
 * only the commit is full, it waits for the next one, in order; a crowd that is told to come back
 * comes back as a larger crowd. */
static bool has_room(struct owner *owner, struct owner_ask *ask)
{
    /* A list's entry; or a list's number, and what each seat costs by it. */
    const size_t more = ask->verb == OWNER_PRICES || ask->verb == OWNER_PLAN_PRICES ? ask->list.len
                        : ask->verb == OWNER_MOVE ? STORE_MOVED_MAX
                        : owner->list_count > 1   ? OWNER_AMOUNTS_BYTES
                                                  : 0;
    const struct owner_batch *g = &owner->pending;
    const bool keyed = ask->key.len > 0;
    const bool key_room = !keyed || keys_room(owner->keys, owner_now_ms(owner));
    const char *exceeded = keyed ? keys_exceeded(owner->keys, keys_of(ask)) : NULL;
    if (!key_room || exceeded)
        tell_of_shortage(owner, exceeded ? exceeded : "all");
    if (exceeded) {
        owner_answer(ask, ERR_DENIED);
        return false;
    }
    owner->keys_short =
        owner->keys_short && keys_used_percent(owner->keys) >= KEYS_SHORT_PERCENT / 2;
    if (g->ask_count < OWNER_ASKS_MAX && key_room) {
        if (!owner_batch_has(g, more))
            wait_for_room(owner, ask);
        return owner_batch_has(g, more);
    }
    owner_answer(ask, ERR_UNAVAILABLE);
    return false;
}

/* An order that was given back since, all of it or a part, is answered as it is now, by the store:
 * its tickets are void, and its seats may be another's. */
static bool is_as_stored(const struct owner *owner, const struct owner_ask *ask,
                         const struct keys_answer *known)
{
    bool moved = false;
    for (uint32_t i = 0; ask->verb == OWNER_ORDER && i < known->hold.count; i++)
        moved = moved || !id_eq(owner->sold[known->hold.seats[i]].order_id, known->hold.hold_id);
    return known->as_stored || moved;
}

/* What the ask's hold costs, place by place in amounts; a comp's places cost nothing. */
static int64_t price_of(const struct owner *owner, struct owner_ask *ask)
{
    const int64_t total = owner_price(owner, &ask->hold, ask->amounts);
    if (!payment_is_comp(ask->payment_method))
        return total;
    memset(ask->amounts, 0, sizeof(ask->amounts));
    return 0;
}

bool owner_know_key(struct owner *owner, struct owner_ask *ask, int *ret_result)
{
    if (ask->key.len == 0)
        return false;
    const struct keys_answer *known = keys_find(owner->keys, ask->account_id, ask->key);
    if (!known)
        return false;
    if (memcmp(known->request_hash, ask->request_hash, sizeof(ask->request_hash)) != 0) {
        *ret_result = ERR_EXISTS;
        return true;
    }
    ask->hold = known->hold;
    ask->total = known->total;
    if (known->hold.price_list < owner->list_count)
        (void)price_of(owner, ask);
    ask->at_ms = known->at_ms;
    ask->as_stored = is_as_stored(owner, ask, known);
    *ret_result = 0;
    return true;
}

/* A key that was used: the same answer again, or an error. True when the ask is dealt with. */
static bool answered_by_key(struct owner *owner, struct owner_ask *ask)
{
    int result;
    if (!owner_know_key(owner, ask, &result))
        return false;
    if (result == 0)
        ride(owner, ask, 0);
    else
        owner_answer(ask, result);
    return true;
}

static enum change_stage stage_of(const struct owner_ask *ask)
{
    return ask->later      ? CHANGE_STAGE_LATER
           : ask->starting ? CHANGE_STAGE_STARTING
                           : CHANGE_STAGE_PAYING;
}

/* Writes down what was decided, with its key, and lets the ask wait for the commit. */
static void promise(struct owner *owner, struct owner_ask *ask, enum change_kind kind)
{
    struct change *change = owner_add_change(owner, kind, &ask->hold);
    assert(change); /* has_room was asked */
    change->total = ask->total;
    change->payment_method = ask->payment_method;
    change->payment_id = ask->payment_id;
    change->state = ask->sale_state;
    change->stage = kind == CHANGE_EXTEND ? stage_of(ask) : CHANGE_STAGE_NONE;
    change->left_count = ask->left_count;
    memcpy(change->amounts, ask->amounts, ask->hold.count * sizeof(change->amounts[0]));
    if (kind == CHANGE_SALE && (change->price_list != 0 || payment_is_comp(change->payment_method)))
        change->amount_count = change->seat_count;
    if (kind == CHANGE_PRICE_PLAN || kind == CHANGE_PRICE_PLAN_END)
        change->plan_id = ask->hold_id;
    if (kind == CHANGE_PRICE_PLAN) {
        change->from_ms = ask->until_ms;
        change->list = owner->plans[owner->plan_count - 1].bytes;
        owner->pending.more_bytes += (uint32_t)change->list.len;
    }
    if (kind == CHANGE_PRICES) {
        change->number = change->price_list;
        change->list = owner->list_bytes[change->number];
        owner->pending.more_bytes += (uint32_t)change->list.len;
    }
    if (kind == CHANGE_MOVE) {
        change->difference = ask->total;
        change->record = ask->list;
        memcpy(change->to, ask->to, ask->hold.count * sizeof(change->to[0]));
        owner->pending.more_bytes += STORE_MOVED_MAX; /* and so two places a seat fit, too */
    }
    if (kind == CHANGE_BLOCK || kind == CHANGE_UNBLOCK)
        change->block_id = ask->hold_id;
    if (kind == CHANGE_BLOCK) {
        change->reason_len = (uint32_t)ask->reason.len;
        memcpy(change->reason, ask->reason.at, ask->reason.len);
    }
    memcpy(change->left, ask->left, ask->left_count * sizeof(change->left[0]));
    owner_let_rest(owner, change);
    ask->at_ms = change->at_ms;
    if (ask->key.len > 0) {
        assert(ask->key.len <= OWNER_KEY_MAX);
        change->key_len = (uint32_t)ask->key.len;
        memcpy(change->key, ask->key.at, ask->key.len);
        memcpy(change->request_hash, ask->request_hash, sizeof(change->request_hash));
        struct keys_answer answer = {.hold = ask->hold,
                                     .as_stored = kind == CHANGE_ORDER_KEY,
                                     .total = ask->total,
                                     .at_ms = ask->at_ms};
        memcpy(answer.request_hash, ask->request_hash, sizeof(answer.request_hash));
        int err = keys_put(owner->keys, keys_of(ask), ask->key, &answer, change->at_ms);
        assert(err == 0);
        if (owner->forget.index == 0)
            owner_arm_forget(owner);
    }
    ride(owner, ask, 0);
}

/* The performance has begun, and what is asked is over with it: answered. What an answer was given
 * to before, by key or as an order, is not asked this. */
static bool has_begun(struct owner *owner, struct owner_ask *ask)
{
    if (ask->begins_ms == 0 || owner_now_ms(owner) < ask->begins_ms)
        return false;
    owner_answer(ask, ERR_LATE);
    return true;
}

/* How long the ask's hold may last; false where it is too early for one: the ask is answered. */
static bool may_hold(struct owner *owner, struct owner_ask *ask, int64_t now_ms,
                     int64_t *ret_hold_ms)
{
    struct habits_next next = {.hold_ms = owner->options.hold_ttl_ms};
    if (owner->habits && !ask->paying)
        next = habits_next(owner->habits, ask->account_id, ask->origin, now_ms);
    *ret_hold_ms = next.hold_ms;
    if (next.from_ms <= now_ms)
        return true;
    metric_add(&holds_too_early, 1);
    ask->until_ms = next.from_ms;
    owner_answer(ask, ERR_EARLY);
    return false;
}

/* Whether the hold may have the types and the code that are asked for. 0, or how the ask is to be
 * answered. */
static int check_price(struct owner *owner, struct owner_ask *ask, const struct seats_hold *hold)
{
    struct seats_hold wanted = *hold;
    int err = ask->code != 0 && owner_uses_ready(owner) != 0 ? ERR_UNAVAILABLE : 0;
    if (err == 0)
        err = owner_read_types(ask, &wanted, wanted.types);
    if (err == 0 && (!owner_types_fit(owner, &wanted, &ask->why) ||
                     !owner_may_use(owner, &wanted, NULL, owner_now_ms(owner), &ask->why)))
        err = ERR_UNSUPPORTED;
    return err;
}

static void decide_hold(struct owner *owner, struct owner_ask *ask)
{
    const int64_t now_ms = owner_now_ms(owner);
    int64_t hold_ms;
    if (!change_fits_sale(CHANGE_HOLD, owner->sale_state)) {
        owner_answer(ask, ERR_BUSY);
        return;
    }
    if (has_begun(owner, ask))
        return;
    if (owner->options.by_person == id_is_zero(ask->person_id)) {
        owner_answer(ask, ERR_INVALID);
        return;
    }
    if (seats_next_expiry_ms(owner->seats) <= now_ms || owner->plan_ms <= now_ms)
        owner_collect_expired(owner);
    /* What has come back is theirs who wait for it, though the batch is full. */
    owner_make_offers(owner);
    if (owner_owes_offers(owner)) {
        wait_for_room(owner, ask);
        return;
    }
    if (!may_hold(owner, ask, now_ms, &hold_ms))
        return;
    struct seats_hold hold = {
        .hold_id = chance_id_at(owner->options.chance, now_ms),
        .account_id = ask->account_id,
        .person_id = ask->person_id,
        .expires_at_ms = now_ms + hold_ms,
        .price_list = owner->list_count - 1,
        .code = ask->code,
        .code_index = ask->code_index,
    };
    ask->refusal = (struct seats_refusal){0};
    int err = owner_choose_seats(owner, ask, &hold);
    const bool priced = ask->type_count > 0 || ask->code != 0 || owner->hides;
    if (err == 0 && !ask->paying) /* whose money has come has what it had */
        err = owner_check_rules(owner, ask, &hold);
    if (err == 0 && priced)
        err = check_price(owner, ask, &hold);
    if (err == 0 && !has_room(owner, ask))
        return;
    if (err == 0)
        err = seats_hold(owner->seats, &hold, now_ms, &ask->refusal);
    if (err != 0) {
        ask->version = owner->version;
        owner_answer(ask, err);
        return;
    }
    if (ask->type_count > 0) { /* its seats are in order there */
        struct seats_hold chosen = *seats_find_hold(owner->seats, hold.hold_id);
        err = owner_read_types(ask, &chosen, chosen.types);
        assert(err == 0);
        err = seats_choose(owner->seats, &chosen, now_ms);
        assert(err == 0);
    }
    ask->hold = *seats_find_hold(owner->seats, hold.hold_id);
    owner_use(owner, &ask->hold, (int32_t)ask->hold.count);
    ask->total = owner_price(owner, &ask->hold, ask->amounts);
    if (owner->habits)
        habits_begin(owner->habits, ask->hold.hold_id, ask->origin);
    promise(owner, ask, CHANGE_HOLD);
    owner_arm_expiry(owner);
}

/* The account's live hold, or NULL. */
static const struct seats_hold *hold_of(const struct owner *owner, const struct owner_ask *ask)
{
    const struct seats_hold *hold = seats_find_hold(owner->seats, ask->hold_id);
    return hold && id_eq(hold->account_id, ask->account_id) ? hold : NULL;
}

/* By its account, or (by_organiser) whose ever it is: then it counts as one that ran out. */
static void decide_release(struct owner *owner, struct owner_ask *ask, bool by_organiser)
{
    if (by_organiser ? !seats_find_hold(owner->seats, ask->hold_id) : !hold_of(owner, ask)) {
        ride(owner, ask, ERR_NOT_FOUND);
        return;
    }
    if (!has_room(owner, ask))
        return;
    int err = seats_release(owner->seats, ask->hold_id, &ask->hold);
    assert(err == 0);
    owner_use(owner, &ask->hold, -(int32_t)ask->hold.count);
    owner_note_unused(owner, &ask->hold, by_organiser, owner_now_ms(owner));
    promise(owner, ask, CHANGE_RELEASE);
    owner_offer_ended(owner, &ask->hold, false, ask->at_ms);
    owner_arm_expiry(owner);
}

/* How long the hold may live at most, however many attempts there are to pay for it. Its id begins
 * with the time it was made. */
static int64_t longest(const struct owner *owner, const struct owner_ask *ask,
                       const struct seats_hold *hold)
{
    const enum change_stage stage = stage_of(ask);
    int64_t for_ms = ask->later ? LEDGER_LATER_MAX_MS : (int64_t)owner->options.hold_ttl_ms;
    if (stage == CHANGE_STAGE_STARTING)
        return owner_made_ms(hold->hold_id) + for_ms + LEDGER_START_MAX_MS;
    if (stage == CHANGE_STAGE_PAYING && hold->paying)
        return hold->expires_at_ms;
    if (!id_is_zero(hold->wish_id) && for_ms < LEDGER_OFFER_MAX_MS)
        for_ms = LEDGER_OFFER_MAX_MS;
    return owner_made_ms(hold->hold_id) + for_ms + LEDGER_EXTEND_MAX_MS;
}

static void decide_extend(struct owner *owner, struct owner_ask *ask)
{
    const struct seats_hold *hold = hold_of(owner, ask);
    if (!hold) {
        ride(owner, ask, ERR_NOT_FOUND);
        return;
    }
    if (has_begun(owner, ask))
        return;
    ask->hold = *hold;
    ask->total = owner_price(owner, hold, ask->amounts);
    const int64_t most_ms = longest(owner, ask, hold);
    const int64_t until_ms = ask->until_ms < most_ms ? ask->until_ms : most_ms;
    if (until_ms <= hold->expires_at_ms) {
        ride(owner, ask, hold->expires_at_ms <= owner_now_ms(owner) ? ERR_TIMEOUT : 0);
        return;
    }
    if (!change_fits_sale(CHANGE_EXTEND, owner->sale_state)) {
        owner_answer(ask, ERR_BUSY);
        return;
    }
    if (!has_room(owner, ask))
        return;
    int err = seats_extend(owner->seats, ask->hold_id, until_ms,
                           stage_of(ask) == CHANGE_STAGE_PAYING, owner_now_ms(owner));
    if (err != 0) {
        owner_answer(ask, err);
        return;
    }
    ask->hold.expires_at_ms = until_ms;
    promise(owner, ask, CHANGE_EXTEND);
}

/* Who the places are for, of the list that they were promised by. A payment that has begun is of
 * one amount; the hold that it has prolonged stays as it is. */
static void decide_choose(struct owner *owner, struct owner_ask *ask)
{
    const struct seats_hold *hold = hold_of(owner, ask);
    if (!hold) {
        ride(owner, ask, ERR_NOT_FOUND);
        return;
    }
    const struct seats_hold was = *hold;
    struct seats_hold chosen = was;
    if (!ask->keeps_code) {
        chosen.code = ask->code;
        chosen.code_index = ask->code_index;
    }
    int err = ask->code != 0 && owner_uses_ready(owner) != 0 ? ERR_UNAVAILABLE : 0;
    if (err == 0)
        err = owner_read_types(ask, &chosen, chosen.types);
    if (err == 0 && (!owner_types_fit(owner, &chosen, &ask->why) ||
                     !owner_may_use(owner, &chosen, &was, owner_now_ms(owner), &ask->why)))
        err = ERR_UNSUPPORTED;
    if (err == 0 && memcmp(chosen.types, hold->types, sizeof(chosen.types)) == 0 &&
        chosen.code == hold->code && chosen.code_index == hold->code_index) {
        ask->hold = *hold;
        ask->total = owner_price(owner, hold, ask->amounts);
        ride(owner, ask, 0);
        return;
    }
    if (err == 0 && (!change_fits_sale(CHANGE_CHOOSE, owner->sale_state) || hold->prolonged))
        err = ERR_BUSY;
    if (err == 0 && !has_room(owner, ask))
        return;
    if (err == 0)
        err = seats_choose(owner->seats, &chosen, owner_now_ms(owner));
    if (err != 0) {
        owner_answer(ask, err);
        return;
    }
    owner_use(owner, &was, -(int32_t)was.count);
    owner_use(owner, &chosen, (int32_t)chosen.count);
    ask->hold = *seats_find_hold(owner->seats, ask->hold_id);
    ask->total = owner_price(owner, &ask->hold, ask->amounts);
    promise(owner, ask, CHANGE_CHOOSE);
}

static void decide_order(struct owner *owner, struct owner_ask *ask)
{
    const struct seats_hold *hold = hold_of(owner, ask);
    /* A hold that is gone may have become this very order a moment ago: the caller looks into the
     * store once that is durable. */
    if (!hold) {
        ride(owner, ask, ERR_NOT_FOUND);
        return;
    }
    if (has_begun(owner, ask))
        return;
    if (!id_is_zero(ask->payment_id) && ask->paid != owner_price(owner, hold, ask->amounts)) {
        owner_answer(ask, ERR_INVALID);
        return;
    }
    if (ask->payment_required && payment_is_owed(ask->payment_method) &&
        owner_price(owner, hold, ask->amounts) > 0) {
        ask->why = OWNER_WHY_UNPAID;
        owner_answer(ask, ERR_UNSUPPORTED);
        return;
    }
    if (!has_room(owner, ask))
        return;
    int err = seats_sell(owner->seats, ask->hold_id, owner_now_ms(owner), &ask->hold);
    if (err != 0) {
        owner_answer(ask, err);
        return;
    }
    ask->total = price_of(owner, ask);
    if (owner->habits)
        habits_used(owner->habits, ask->hold_id, ask->account_id);
    promise(owner, ask, CHANGE_SALE);
    for (uint32_t i = 0; i < ask->hold.count; i++)
        owner->sold[ask->hold.seats[i]] =
            (struct owner_sold){.order_id = ask->hold_id,
                                .account_id = ask->account_id,
                                .placed_at_ms = ask->at_ms,
                                .version = owner->version_decided,
                                .place_count = ask->hold.count,
                                .type = ask->hold.types[i],
                                .code = ask->hold.code,
                                .code_index = ask->hold.code_index,
                                .method = (uint8_t)ask->payment_method,
                                .amount = ask->amounts[i]};
    owner_offer_ended(owner, &ask->hold, true, ask->at_ms);
}

/* An order, or a part of it, is given back; or its tickets move. */
static void decide_leave(struct owner *owner, struct owner_ask *ask)
{
    const bool moves = ask->verb == OWNER_MOVE;
    int err = moves ? owner_check_move(owner, ask) : owner_check_cancel(owner, ask);
    if (err == 0 && !moves && has_begun(owner, ask))
        return;
    if (err == 0 && !has_room(owner, ask))
        return;
    if (err == 0)
        err = moves ? owner_decide_move(owner, ask) : owner_decide_cancel(owner, ask);
    if (err == ERR_NOT_FOUND) {
        ride(owner, ask, err);
        return;
    }
    if (err != 0) {
        ask->version = owner->version;
        owner_answer(ask, err);
        return;
    }
    promise(owner, ask,
            moves                 ? CHANGE_MOVE
            : ask->left_count > 0 ? CHANGE_GIVE_BACK
                                  : CHANGE_CANCEL);
    owner_arm_expiry(owner);
}

/* What an order owes is there. */
static void decide_collect(struct owner *owner, struct owner_ask *ask)
{
    if (!has_room(owner, ask))
        return;
    const int err = owner_decide_collect(owner, ask);
    if (err == 0)
        promise(owner, ask, CHANGE_COLLECT);
    else if (err == ERR_NOT_FOUND || err == ERR_CONFLICT)
        ride(owner, ask, err);
    else
        owner_answer(ask, err);
}

static void decide_set_sale(struct owner *owner, struct owner_ask *ask)
{
    if (ask->sale_state == owner->sale_state) {
        ride(owner, ask, 0);
        return;
    }
    if (!change_sale_may_go(owner->sale_state, ask->sale_state)) {
        owner_answer(ask, ERR_BUSY);
        return;
    }
    if (!has_room(owner, ask))
        return;
    ask->hold = (struct seats_hold){0};
    promise(owner, ask, CHANGE_SALE_STATE);
    owner->sale_state = ask->sale_state;
}

/* The order was placed before, by this request without its key or by another one: the key is used
 * by that answer as by any other. The caller has seen the order in the store. */
static void decide_keep_key(struct owner *owner, struct owner_ask *ask)
{
    assert(ask->key.len > 0);
    if (!has_room(owner, ask))
        return;
    ask->hold = (struct seats_hold){.hold_id = ask->hold_id, .account_id = ask->account_id};
    promise(owner, ask, CHANGE_ORDER_KEY);
}

/* Keeping back, and its end: written with the block's id and reason. */
static void decide_block(struct owner *owner, struct owner_ask *ask)
{
    const bool begins = ask->verb == OWNER_BLOCK;
    if (!has_room(owner, ask))
        return;
    int err = begins ? owner_decide_block(owner, ask) : owner_decide_unblock(owner, ask);
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) {
        ride(owner, ask, err);
        return;
    }
    if (err != 0) {
        owner_answer(ask, err);
        return;
    }
    promise(owner, ask, begins ? CHANGE_BLOCK : CHANGE_UNBLOCK);
    owner_arm_expiry(owner);
}

/* Decided before a commit, it is the price of every hold that is decided after it. */
static void decide_prices(struct owner *owner, struct owner_ask *ask)
{
    if (!has_room(owner, ask))
        return;
    bool is_new;
    const int err = owner_decide_prices(owner, ask, &is_new);
    if (err != 0)
        owner_answer(ask, err);
    else if (is_new)
        promise(owner, ask, CHANGE_PRICES);
    else
        ride(owner, ask, 0);
}

/* Prices that wait for their time, or no longer. */
static void decide_plan(struct owner *owner, struct owner_ask *ask)
{
    const bool begins = ask->verb == OWNER_PLAN_PRICES;
    bool is_new = true;
    if (!has_room(owner, ask))
        return;
    const int err =
        begins ? owner_decide_plan(owner, ask, &is_new) : owner_decide_plan_end(owner, ask);
    if (err == ERR_NOT_FOUND || (err == 0 && !is_new)) {
        ride(owner, ask, err);
        return;
    }
    if (err != 0) {
        owner_answer(ask, err);
        return;
    }
    promise(owner, ask, begins ? CHANGE_PRICE_PLAN : CHANGE_PRICE_PLAN_END);
    owner_arm_expiry(owner);
}

/* The waiting list: its rule, and who is in it. */
static void decide_waiting(struct owner *owner, struct owner_ask *ask)
{
    enum change_kind kind = ask->verb == OWNER_JOIN    ? CHANGE_WISH
                            : ask->verb == OWNER_LEAVE ? CHANGE_WISH_END
                                                       : CHANGE_WAITING;
    struct owner_wish wish;
    if ((ask->verb == OWNER_JOIN && has_begun(owner, ask)) || !has_room(owner, ask))
        return;
    bool is_new = true;
    const int err = owner_decide_waiting_list(owner, ask, &wish, &is_new);
    if (err == ERR_NOT_FOUND || (err == 0 && !is_new)) {
        ride(owner, ask, err);
        return;
    }
    if (err != 0) {
        ask->version = owner->version;
        owner_answer(ask, err);
        return;
    }
    if (kind == CHANGE_WAITING) {
        struct change *change =
            owner_add_change(owner, kind, &(struct seats_hold){.account_id = ask->account_id});
        change->offer_ms = ask->offer_ms;
    } else {
        owner_write_wish(owner, kind, &wish, owner_now_ms(owner));
    }
    ride(owner, ask, 0);
}

/* What is so, once what was decided before is durable. */
static void decide_list(struct owner *owner, struct owner_ask *ask)
{
    if (ask->verb == OWNER_WISHES)
        owner_list_wishes(owner, ask);
    else if (ask->verb == OWNER_USES)
        owner_list_uses(owner, ask);
    else
        owner_list_holdings(owner, ask);
    ride(owner, ask, 0);
}

/* What an organiser asks, or the operator, who has no account. */
static bool is_organisers(enum owner_verb verb)
{
    return verb == OWNER_SET_SALE || verb == OWNER_BLOCK || verb == OWNER_UNBLOCK ||
           verb == OWNER_END_HOLD || verb == OWNER_HOLDINGS || verb == OWNER_PRICES ||
           verb == OWNER_PLAN_PRICES || verb == OWNER_END_PLAN || verb == OWNER_USES ||
           verb == OWNER_SET_WAITING || verb == OWNER_WISHES;
}

/* Whether it is to be decided now; otherwise it is answered, or waits. */
static bool may_decide(struct owner *owner, struct owner_ask *ask)
{
    if ((owner->phase == OWNER_AWAY || owner->leaving) && !owner->stopping) {
        owner_answer(ask, ERR_FENCED);
        return false;
    }
    /* Whoever asked so long ago has been told that time is up, and must not find seats held. */
    const bool over = ask->deadline_ns && loop_now_ns(owner->options.loop) >= ask->deadline_ns;
    if (owner->phase != OWNER_SERVING || owner->stopping || over) {
        owner_answer(ask, ERR_UNAVAILABLE);
        return false;
    }
    if (owner_is_late(owner)) {
        owner->late = true;
        owner_wake(owner);
        wait_for_room(owner, ask);
        return false;
    }
    if (!is_organisers(ask->verb) && id_is_zero(ask->account_id)) {
        owner_answer(ask, ERR_INVALID); /* the ledger knows no such account */
        return false;
    }
    return !answered_by_key(owner, ask);
}

void owner_decide(struct owner *owner, struct owner_ask *ask)
{
    if (!may_decide(owner, ask))
        return;
    switch (ask->verb) {
    case OWNER_HOLD:
    case OWNER_HOLD_BEST:
        decide_hold(owner, ask);
        break;
    case OWNER_RELEASE:
    case OWNER_END_HOLD:
        decide_release(owner, ask, ask->verb == OWNER_END_HOLD);
        break;
    case OWNER_ORDER:
        decide_order(owner, ask);
        break;
    case OWNER_CANCEL:
    case OWNER_MOVE:
        decide_leave(owner, ask);
        break;
    case OWNER_COLLECT:
        decide_collect(owner, ask);
        break;
    case OWNER_SET_SALE:
        decide_set_sale(owner, ask);
        break;
    case OWNER_EXTEND:
        decide_extend(owner, ask);
        break;
    case OWNER_BLOCK:
    case OWNER_UNBLOCK:
        decide_block(owner, ask);
        break;
    case OWNER_HOLDINGS:
    case OWNER_USES:
    case OWNER_WISHES:
        decide_list(owner, ask);
        break;
    case OWNER_SET_WAITING:
    case OWNER_JOIN:
    case OWNER_LEAVE:
        decide_waiting(owner, ask);
        break;
    case OWNER_CHOOSE:
        decide_choose(owner, ask);
        break;
    case OWNER_KEEP_KEY:
        decide_keep_key(owner, ask);
        break;
    case OWNER_PRICES:
        decide_prices(owner, ask);
        break;
    case OWNER_PLAN_PRICES:
    case OWNER_END_PLAN:
        decide_plan(owner, ask);
        break;
    }
    owner_make_offers(owner);
}

void owner_decide_waiting(struct owner *owner)
{
    struct owner_ask *first = owner->waiting_first;
    owner->waiting_first = NULL;
    owner->waiting_last = &owner->waiting_first;
    owner->waiting_count = 0;
    while (first) {
        struct owner_ask *ask = first;
        first = ask->next;
        owner_decide(owner, ask); /* those that find no room wait again, still in order */
    }
}
