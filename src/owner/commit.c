/*
 * How an owner makes its decisions durable: the committing fiber. One commit is on disk while the
 * next gathers; there is no timer.
 */
#include "observe/log.h"
#include "observe/metrics.h"
#include "owner/state.h"

#define COMMIT_ARENA_MAX (16u << 20)

METRIC_HISTOGRAM(commit_time, "usher_commit_seconds",
                 "From a commit's beginning until it is durable.", "");
METRIC_SIZES(commit_size, "usher_commit_changes", "Changes in one commit.", "");
METRIC_COUNTER(changes_committed, "usher_changes_total",
               "Holds, releases, expiries, sales and the like that are durable.", "");

static uint32_t *count_of(struct seats_counts *counts, enum change_seats state)
{
    uint32_t *const of[] = {&counts->free,    &counts->held,    &counts->sold,
                            &counts->resting, &counts->blocked, &counts->offered};
    return of[state];
}

/* The places that tickets moved to cost what those cost that they left. */
static void account_for_gains(const struct owner *owner, struct owner_figures *figures,
                              const struct change *change)
{
    const uint32_t gains = change_gains(change);
    for (uint32_t i = 0; i < gains; i++) {
        const uint32_t type = change_type(change, i);
        figures->sold_totals[owner->options.hall->seats[change->to[i]].category] +=
            change->amounts[i];
        figures->type_totals[type] += change->amounts[i];
        figures->type_counts[type]++;
    }
    figures->comps += payment_is_comp(change->payment_method) ? gains : 0;
    for (uint32_t i = 0; payment_is_owed(change->payment_method) && i < gains; i++)
        figures->to_collect += change->amounts[i];
    figures->counts.free -= gains;
    figures->counts.sold += gains;
}

/* Moves the figures by one durable change, as its rule says. */
static void account_for(const struct owner *owner, struct owner_figures *figures,
                        const struct change *change)
{
    const struct change_rule *rule = change_rule(change->kind);
    const int sold =
        (rule->seats_to == CHANGE_SEATS_SOLD) - (rule->seats_from == CHANGE_SEATS_SOLD);
    for (uint32_t i = 0; sold != 0 && i < change->seat_count; i++) {
        const uint32_t type = change_type(change, i);
        figures->sold_totals[owner->options.hall->seats[change->seats[i]].category] +=
            sold * change->amounts[i];
        figures->type_totals[type] += sold * change->amounts[i];
        figures->type_counts[type] += (uint32_t)sold;
        if (payment_is_owed(change->payment_method))
            figures->to_collect += sold * change->amounts[i];
    }
    if (payment_is_comp(change->payment_method))
        figures->comps += (uint32_t)(sold * (int)change->seat_count);
    account_for_gains(owner, figures, change);
    if (rule->seats_from != CHANGE_SEATS_NONE) {
        *count_of(&figures->counts, change_seats_from(change)) -= change->seat_count;
        *count_of(&figures->counts, change_seats_to(change)) += change->seat_count;
    }
    figures->orders_confirmed += rule->order_to == CHANGE_ORDER_CONFIRMED;
    figures->orders_confirmed -= rule->order_from == CHANGE_ORDER_CONFIRMED;
    figures->orders_cancelled += rule->order_to == CHANGE_ORDER_CANCELLED;
    if (change->kind == CHANGE_COLLECT)
        figures->to_collect -= change->total;
    if (change->kind == CHANGE_SALE_STATE)
        figures->sale_state = change->state;
    if (change->kind == CHANGE_PRICES)
        figures->price_list = change->number;
    if (change->kind == CHANGE_WAITING)
        figures->offer_ms = change->offer_ms;
}

/* It is durable: the head moves on, the hall's public state changes, the answers go out. */
static void commit_done(struct owner *owner, struct owner_batch *g, const struct store_batch *batch)
{
    owner->seq = batch->row.seq;
    owner->version = batch->row.version;
    owner->head_at_ms = batch->row.at_ms;
    owner->committed_sale_state = batch->sale_state;
    memcpy(owner->head_hash, batch->row.hash, sizeof(owner->head_hash));

    struct owner_figures figures = owner->figures; /* this thread alone writes them */
    size_t change_count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct change *change = &g->changes[i];
        const enum change_seats state = change_seats_to(change);
        account_for(owner, &figures, change);
        for (uint32_t k = 0; state != CHANGE_SEATS_NONE && k < change->seat_count; k++)
            owner->changes[change_count++] =
                (struct owner_change){change->seats[k], seats_told((enum seats_state)state)};
        for (uint32_t k = 0; k < change_gains(change); k++)
            owner->changes[change_count++] = (struct owner_change){change->to[k], SEATS_SOLD};
    }
    assert(figures.counts.free + figures.counts.held + figures.counts.sold +
               figures.counts.resting + figures.counts.blocked + figures.counts.offered ==
           owner->options.hall->place_count);
    figures.queued = owner->pending.ask_count + owner->waiting_count;
    if (batch->prices_count > 0)
        owner_tell_prices(owner, batch->prices[0].number);
    owner->told_version = owner->version;
    owner_publish(owner, &figures);
    const struct owner_listener *listener = &owner->options.listener;
    const struct owner_public now = {.version = owner->version,
                                     .sale_state = batch->sale_state,
                                     .price_list = figures.price_list};
    if (listener->committed)
        listener->committed(listener->state, &now, owner->changes, change_count);
}

static int commit_once(struct owner *owner, struct owner_batch *g)
{
    struct arena arena;
    struct store_batch batch;
    arena_init(&arena, COMMIT_ARENA_MAX);
    const int64_t began_ns = fiber_now_ns();
    int err = owner_build(owner, g, &arena, &batch);
    if (err == 0) {
        struct store *store = owner->options.store;
        const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), OWNER_COMMIT_MAX_MS);
        err = store->ops->commit(store, &batch, deadline_ns);
    }
    if (err == 0) {
        owner->commit_began_ns = began_ns;
        owner->commit_took_ns = fiber_now_ns() - began_ns;
        metric_observe_ns(&commit_time, owner->commit_took_ns);
        metric_observe_size(&commit_size, (int64_t)g->count);
        metric_add(&changes_committed, g->count);
        commit_done(owner, g, &batch);
    }
    arena_release(&arena);
    return err;
}

/* Whether all of the ask's seats have left its order: another owner may have given back some. Of a
 * move, that the first is where it was to go. */
static bool gave_back(const struct owner *owner, const struct owner_ask *ask)
{
    if (ask->verb == OWNER_MOVE && !id_eq(owner->sold[ask->to[0]].order_id, ask->hold.hold_id))
        return false;
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        if (id_eq(owner->sold[ask->hold.seats[i]].order_id, ask->hold.hold_id))
            return false;
    }
    return true;
}

/* Whether the order has become what the ask wanted of it. */
static bool order_is_so(const struct owner *owner, const struct owner_ask *ask)
{
    const struct owner_sold *sold = &owner->sold[ask->seats[0]];
    return ask->verb != OWNER_COLLECT
               ? gave_back(owner, ask)
               : id_eq(sold->order_id, ask->hold_id) && sold->method == ask->payment_method;
}

/* Whether all of the ask's seats are kept back by its block, or none is. */
static bool are_blocked(const struct owner *owner, const struct owner_ask *ask, bool wanted)
{
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        const bool blocked =
            owner->blocks && id_eq(owner->blocks[ask->hold.seats[i]].block_id, ask->hold.hold_id);
        if (blocked != wanted)
            return false;
    }
    return true;
}

/* What a waiting ask is told after loading: what its key says, or else what the loaded state shows
 * of it. In doubt, ERR_UNAVAILABLE. */
static int outcome_of(struct owner *owner, struct owner_ask *ask)
{
    int result;
    if (owner_know_key(owner, ask, &result))
        return result;
    /* Without its key in the ledger it was not this ask that did it. */
    if (ask->result != 0 || ask->key.len > 0)
        return ERR_UNAVAILABLE;
    const struct id id = ask->hold.hold_id; /* of the hold, and of the order it becomes */
    const struct owner_sold *sold = &owner->sold[ask->hold.seats[0]];
    bool done = false;
    switch (ask->verb) {
    case OWNER_HOLD:
    case OWNER_HOLD_BEST:
        done = seats_find_hold(owner->seats, id) != NULL;
        break;
    case OWNER_RELEASE:
    case OWNER_END_HOLD:
        done = !seats_find_hold(owner->seats, id) && !id_eq(sold->order_id, id);
        break;
    case OWNER_ORDER:
        /* It may have been placed by another ask than this one. */
        done = id_eq(sold->order_id, id);
        if (done)
            ask->at_ms = sold->placed_at_ms;
        break;
    case OWNER_CANCEL:
    case OWNER_MOVE:
    case OWNER_COLLECT:
        done = order_is_so(owner, ask);
        break;
    case OWNER_SET_SALE:
        done = ask->sale_state == owner->sale_state;
        break;
    case OWNER_EXTEND: {
        const struct seats_hold *hold = seats_find_hold(owner->seats, id);
        done = hold && hold->expires_at_ms >= ask->hold.expires_at_ms;
        break;
    }
    case OWNER_CHOOSE: {
        const struct seats_hold *hold = seats_find_hold(owner->seats, id);
        done = hold && memcmp(hold->types, ask->hold.types, sizeof(hold->types)) == 0 &&
               hold->code == ask->hold.code && hold->code_index == ask->hold.code_index;
        break;
    }
    case OWNER_BLOCK:
    case OWNER_UNBLOCK:
        done = are_blocked(owner, ask, ask->verb == OWNER_BLOCK);
        break;
    case OWNER_PRICES:
        done = owner_has_prices(owner, ask);
        break;
    case OWNER_PLAN_PRICES:
    case OWNER_END_PLAN:
        done = owner_has_plan(owner, ask->hold_id) == (ask->verb == OWNER_PLAN_PRICES);
        break;
    case OWNER_HOLDINGS:
    case OWNER_USES:
    case OWNER_WISHES:   /* they promised nothing */
    case OWNER_KEEP_KEY: /* has a key, always */
        break;
    case OWNER_SET_WAITING:
        done = ask->offer_ms == owner->offer_ms;
        break;
    case OWNER_JOIN:
    case OWNER_LEAVE:
        done = owner_has_wish(owner, id) == (ask->verb == OWNER_JOIN);
        break;
    }
    return done ? 0 : ERR_UNAVAILABLE;
}

/* How the asks of a batch are answered. */
enum fortune {
    DURABLE, /* its commit succeeded: as decided */
    LOADED,  /* it failed; the loaded state decides */
    DOUBT,   /* it failed, and so did loading */
};

static void answer_all(struct owner *owner, struct owner_ask *first, enum fortune fortune)
{
    while (first) {
        struct owner_ask *ask = first;
        first = ask->next;
        ask->version = owner->version;
        int result = ask->result;
        if (fortune == DURABLE) {
            ask->commit_began_ns = owner->commit_began_ns;
            ask->commit_took_ns = owner->commit_took_ns;
        }
        if (fortune != DURABLE)
            result = fortune == LOADED ? outcome_of(owner, ask) : ERR_UNAVAILABLE;
        owner_answer(ask, result);
    }
}

static struct owner_ask *take_asks(struct owner_batch *g)
{
    struct owner_ask *first = g->first;
    g->first = NULL;
    g->last = &g->first;
    g->ask_count = 0;
    g->count = 0;
    g->more_bytes = 0;
    return first;
}

/* Loads, and writes down the holds that ended while nobody served, before anything newer. */
static int load_all(struct owner *owner)
{
    struct owner_batch *g = &owner->pending;
    int err = owner_load(owner);
    while (err == 0) {
        owner_collect_missed(owner);
        if (g->count == 0)
            break;
        err = commit_once(owner, g);
        g->count = 0;
        g->more_bytes = 0;
    }
    return err;
}

/* Another process owns it, until the gate says otherwise or the owner is stopped. */
static void be_away(struct owner *owner)
{
    owner->leaving = false;
    owner_move(owner, OWNER_AWAY);
    loop_disarm(owner->options.loop, &owner->expiry);
    keys_clear(owner->keys); /* whoever serves next loads them */
    owner_decide_waiting(owner);
    while (!owner->stopping && !owner_may(owner)) {
        owner->fiber_waits = true;
        fiber_park_deaf();
        owner->fiber_waits = false;
    }
    owner_move(owner, OWNER_LOADING);
}

static void tell_fenced(struct owner *owner)
{
    const struct owner_gate *gate = &owner->options.gate;
    if (gate->fenced)
        gate->fenced(gate->state);
}

/* What was decided may or may not be in the store. Loads until it is known, then answers. */
static void recover(struct owner *owner)
{
    const int64_t began_ns = fiber_now_ns();
    const bool again = owner->phase != OWNER_NEW;
    struct owner_ask *committing = take_asks(&owner->committing);
    struct owner_ask *pending = take_asks(&owner->pending);
    owner_move(owner, OWNER_LOADING);
    loop_disarm(owner->options.loop, &owner->expiry);
    int64_t pause_ms = OWNER_RELOAD_MS;
    uint64_t failures = 0;
    int err;
    while ((err = owner_may(owner) ? load_all(owner) : ERR_DENIED) != 0) {
        if (err == ERR_FENCED)
            tell_fenced(owner);
        if (err != ERR_DENIED) {
            failures++;
            log_event(LOG_ERROR, "owner.load",
                      log_uint("usher.performance", owner->options.performance_id), log_err(err));
        }
        /* Nobody waits longer than for one failed load: in doubt, refuse. */
        answer_all(owner, committing, DOUBT);
        answer_all(owner, pending, DOUBT);
        committing = pending = NULL;
        owner_decide_waiting(owner);
        const bool away = !owner_may(owner);
        if (away)
            be_away(owner);
        if (owner->stopping)
            return;
        if (away)
            continue;
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
        pause_ms = 2 * pause_ms < OWNER_RELOAD_MAX_MS ? 2 * pause_ms : OWNER_RELOAD_MAX_MS;
    }
    owner->late = false;
    owner_move(owner, OWNER_SERVING);
    owner_make_offers(owner);
    if (again || failures > 0)
        log_event(LOG_INFO, "owner.recovered",
                  log_uint("usher.performance", owner->options.performance_id),
                  log_int("usher.duration_ms", (fiber_now_ns() - began_ns) / NS_PER_MS),
                  log_uint("usher.failures", failures));
    answer_all(owner, committing, LOADED);
    answer_all(owner, pending, LOADED);
    owner_decide_waiting(owner);
    owner_arm_expiry(owner);
    owner_arm_forget(owner);
}

/* Commits what has gathered; the next batch begins at once. */
static void commit_gathered(struct owner *owner)
{
    struct owner_batch g = owner->pending;
    owner->pending = owner->committing;
    take_asks(&owner->pending);
    owner->committing = g;
    if (!g.first)
        owner->committing.last = &owner->committing.first;
    owner_make_offers(owner);
    owner_decide_waiting(owner);
    int err = owner->committing.count > 0 ? commit_once(owner, &owner->committing) : 0;
    if (err != 0) {
        /* One of the calls that failed with it, by which the others are found: they came along. */
        const struct owner_ask *first = owner->committing.first;
        fiber_set_context(first ? first->context : NULL);
        log_event(LOG_ERROR, "owner.commit",
                  log_uint("usher.performance", owner->options.performance_id),
                  log_uint("usher.asks", owner->committing.ask_count), log_err(err));
        fiber_set_context(NULL);
        if (err == ERR_FENCED)
            tell_fenced(owner);
        recover(owner);
        return;
    }
    answer_all(owner, take_asks(&owner->committing), DURABLE);
}

void owner_run(void *arg)
{
    struct owner *owner = arg;
    owner->fiber = fiber_self();
    recover(owner);
    while (!owner->stopping || owner->pending.count > 0 || owner->pending.first) {
        if (owner->pending.count == 0 && !owner->pending.first && !owner->late) {
            if (owner->leaving) {
                recover(owner); /* which is AWAY first */
                continue;
            }
            owner->fiber_waits = true;
            fiber_park_deaf();
            owner->fiber_waits = false;
            continue;
        }
        if (owner->phase != OWNER_SERVING)
            break; /* stopped while it could not load */
        commit_gathered(owner);
        if (owner->late)
            recover(owner);
    }
    owner_move(owner, OWNER_STOPPED);
    if (owner->stopper)
        fiber_unpark(owner->stopper);
}
