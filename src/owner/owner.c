#include "owner/owner.h"

#include <stdlib.h>

#include "observe/log.h"
#include "owner/state.h"

#define FORGET_MAX     4096 /* keys forgotten at once; the rest FORGET_TICK_MS later */
#define FORGET_TICK_MS 100
#define FORGET_LATE_MS 5000 /* keys whose time is over are forgotten so late, many at once */

static void expiry_due(struct loop_timer *timer)
{
    struct owner *owner = list_of(timer, struct owner, expiry);
    if (owner->phase != OWNER_SERVING)
        return;
    if (owner_is_late(owner)) {
        owner->late = true;
        owner_wake(owner);
        return;
    }
    owner_collect_expired(owner);
    owner_arm_expiry(owner);
}

static void forget_due(struct loop_timer *timer)
{
    struct owner *owner = list_of(timer, struct owner, forget);
    if (owner->phase == OWNER_SERVING) /* else loading begins with no keys, and arms it again */
        owner_arm_forget(owner);
}

void owner_arm_forget(struct owner *owner)
{
    const int64_t now_ms = owner_now_ms(owner);
    const int64_t due_ms = keys_forget(owner->keys, FORGET_MAX, now_ms);
    if (due_ms == INT64_MAX)
        return;
    const int64_t wait_ms = due_ms > now_ms ? due_ms - now_ms + FORGET_LATE_MS : FORGET_TICK_MS;
    int err = loop_arm(owner->options.loop, &owner->forget,
                       deadline_after_ms(loop_now_ns(owner->options.loop), wait_ms));
    assert(err == 0 || err == ERR_FULL); /* full: who asks next forgets */
}

static void batch_init(struct owner_batch *g)
{
    g->count = 0;
    g->more_bytes = 0;
    g->ask_count = 0;
    g->first = NULL;
    g->last = &g->first;
}

static void owner_free(struct owner *owner)
{
    if (!owner)
        return;
    free(owner->pending.changes);
    free(owner->committing.changes);
    free(owner->sold);
    free(owner->blocks);
    free(owner->changes);
    owner_uses_free(owner);
    free(owner->wishes);
    owner_free_prices(owner);
    keys_free(owner->keys);
    habits_free(owner->habits);
    seats_free(owner->seats);
    pthread_mutex_destroy(&owner->figures_lock);
    free(owner);
}

int owner_start(const struct owner_options *options, struct scope *scope, struct owner **ret_owner)
{
    assert(options && scope && ret_owner);
    assert(sched_current());
    const uint32_t places = options->hall->place_count;
    struct owner *owner = calloc(1, sizeof(*owner));
    if (!owner)
        return ERR_NO_MEMORY;
    owner->options = *options;
    owner->scope = scope;
    owner->block_ends_ms = INT64_MAX;
    owner->expiry.fire = expiry_due;
    owner->forget.fire = forget_due;
    pthread_mutex_init(&owner->figures_lock, NULL);
    batch_init(&owner->pending);
    batch_init(&owner->committing);
    owner->waiting_last = &owner->waiting_first;
    owner->pending.changes = calloc(OWNER_ENTRIES_MAX, sizeof(struct change));
    owner->committing.changes = calloc(OWNER_ENTRIES_MAX, sizeof(struct change));
    owner->sold = calloc(places, sizeof(*owner->sold));
    owner->changes =
        calloc((size_t)OWNER_ENTRIES_MAX * SEATS_PARTY_MAX, sizeof(struct owner_change));
    uint32_t keys_max = OWNER_KEYS_PLACE * places + OWNER_KEYS_MORE;
    if (keys_max > OWNER_KEYS_MAX)
        keys_max = OWNER_KEYS_MAX;
    int err = keys_new(keys_max, OWNER_KEYS_PLACE * options->places_max + OWNER_KEYS_ACCOUNT,
                       options->hold_ttl_ms + OWNER_KEY_KEEP_MS, chance_u64(options->chance),
                       &owner->keys);
    if (err == 0)
        err = owner_first_prices(owner);
    if (err == 0 && options->rest_ms > 0)
        err = habits_new(options->hold_ttl_ms, places, options->hold_ttl_ms + OWNER_KEY_KEEP_MS,
                         chance_u64(options->chance), &owner->habits);
    if (err == 0 &&
        (!owner->pending.changes || !owner->committing.changes || !owner->sold || !owner->changes))
        err = ERR_NO_MEMORY;
    if (err == 0)
        err = fiber_spawn(scope, owner_run, owner);
    if (err != 0) {
        owner_free(owner);
        return err;
    }
    *ret_owner = owner;
    return 0;
}

void owner_stop(struct owner *owner)
{
    if (!owner)
        return;
    assert(fiber_self() && !owner->stopper);
    owner->stopping = true;
    owner->stopper = fiber_self();
    owner_wake(owner);
    while (owner->phase != OWNER_STOPPED)
        fiber_park_deaf();
    loop_disarm(owner->options.loop, &owner->expiry);
    loop_disarm(owner->options.loop, &owner->forget);
    owner_free(owner);
}

bool owner_may(const struct owner *owner)
{
    const struct owner_gate *gate = &owner->options.gate;
    return !gate->may || gate->may(gate->state);
}

void owner_look(struct owner *owner)
{
    const bool may = owner_may(owner);
    owner->leaving = owner->phase == OWNER_SERVING && !may;
    if (owner->leaving || (owner->phase == OWNER_AWAY && may))
        owner_wake(owner);
}

bool owner_is_away(const struct owner *owner)
{
    return owner->phase == OWNER_AWAY;
}

bool owner_mirror(struct owner *owner, const struct owner_mirrored *news)
{
    const struct owner_listener *listener = &owner->options.listener;
    /* A stale owner may still publish what was so before another took over. */
    if (owner->phase != OWNER_AWAY || news->version < owner->version)
        return false;
    /* Two that take each other for the owner would tell each other the same for ever. */
    if (news->states && owner->told && news->version == owner->told_version)
        return true;
    /* It may have owned since the message before, and have moved on by itself. */
    if (!news->states && !(owner->told && news->from_version == owner->told_version))
        return false;
    struct owner_figures figures = owner->figures;
    figures.counts = news->counts;
    figures.sale_state = news->sale_state;
    figures.price_list = news->price_list;
    owner->version = owner->told_version = news->version;
    owner_publish(owner, &figures);
    const struct owner_public now = {
        .version = news->version, .sale_state = news->sale_state, .price_list = news->price_list};
    owner->told = owner->told || news->states;
    if (news->states && listener->loaded)
        listener->loaded(listener->state, &now, news->states);
    else if (!news->states && listener->committed)
        listener->committed(listener->state, &now, news->changes, news->change_count);
    return true;
}

int64_t owner_now_ms(const struct owner *owner)
{
    const int64_t mono_ns = loop_now_ns(owner->options.loop);
    return owner->base_wall_ms + (mono_ns - owner->base_mono_ns) / NS_PER_MS;
}

/* Wakes the committing fiber if it waits for work. */
void owner_wake(struct owner *owner)
{
    if (owner->fiber_waits) {
        owner->fiber_waits = false;
        fiber_unpark(owner->fiber);
    }
}

struct change *owner_add_change(struct owner *owner, enum change_kind kind,
                                const struct seats_hold *hold)
{
    struct owner_batch *g = &owner->pending;
    const uint32_t more = owner->list_count > 1 ? OWNER_AMOUNTS_BYTES : 0;
    if (g->count == OWNER_ENTRIES_MAX)
        return NULL;
    g->more_bytes += more;
    assert(change_fits_sale(kind, owner->sale_state));
    struct change *change = &g->changes[g->count++];
    change_clear(change);
    change->kind = kind;
    change->at_ms = owner_now_ms(owner);
    change->hold_id = hold->hold_id;
    change->order_id = hold->hold_id; /* an order has its hold's id */
    change->account_id = hold->account_id;
    change->person_id = hold->person_id;
    change->wish_id = hold->wish_id;
    change->expires_at_ms = hold->expires_at_ms;
    change->seat_count = hold->count;
    change->price_list = hold->price_list;
    change->code = hold->code;
    change->code_index = hold->code_index;
    memcpy(change->seats, hold->seats, hold->count * sizeof(hold->seats[0]));
    for (uint32_t i = 0; i < hold->count; i++) {
        change->types[i] = hold->types[i];
        if (hold->types[i] != 0)
            change->type_count = hold->count;
    }
    owner->version_decided++;
    owner_wake(owner);
    return change;
}

/* ---- asks: there and back ---- */

static void ask_returned(struct loop_task *task)
{
    struct owner_ask *ask = list_of(task, struct owner_ask, task);
    struct fiber *fiber = ask->fiber;
    ask->done = true;
    if (fiber)
        fiber_unpark(fiber);
}

static void ask_arrived(struct loop_task *task)
{
    struct owner_ask *ask = list_of(task, struct owner_ask, task);
    owner_decide(ask->owner, ask);
}

/* The last that the owner does with an ask. */
void owner_answer(struct owner_ask *ask, int result)
{
    ask->result = result;
    ask->now_ms = owner_now_ms(ask->owner);
    if (ask->home == ask->owner->options.loop) {
        ask_returned(&ask->task);
    } else {
        ask->task.run = ask_returned;
        loop_post(ask->home, &ask->task);
    }
}

int owner_ask(struct owner *owner, struct owner_ask *ask)
{
    assert(fiber_self());
    assert(ask->key.len == 0 || (ask->verb != OWNER_RELEASE && ask->verb != OWNER_CANCEL &&
                                 ask->verb != OWNER_SET_SALE && ask->verb != OWNER_END_HOLD));
    ask->owner = owner;
    ask->context = fiber_context();
    ask->home = sched_loop(sched_current());
    ask->done = false;
    if (ask->home == owner->options.loop) {
        ask->fiber = NULL; /* an answer that comes at once needs no wake-up */
        owner_decide(owner, ask);
        ask->fiber = fiber_self();
    } else {
        ask->fiber = fiber_self();
        ask->task.run = ask_arrived;
        loop_post(owner->options.loop, &ask->task);
    }
    while (!ask->done)
        fiber_park_deaf();
    return ask->result;
}

/* ---- figures ---- */

void owner_publish(struct owner *owner, const struct owner_figures *figures)
{
    pthread_mutex_lock(&owner->figures_lock);
    const uint64_t keys_refused = owner->figures.keys_refused; /* loading does not know it */
    owner->figures = *figures;
    owner->figures.keys_refused = keys_refused;
    owner->figures.version = owner->told_version; /* a load that failed has learned a later one */
    owner->figures.serving = owner->phase == OWNER_SERVING;
    pthread_mutex_unlock(&owner->figures_lock);
}

void owner_figures(struct owner *owner, struct owner_figures *ret_figures)
{
    pthread_mutex_lock(&owner->figures_lock);
    *ret_figures = owner->figures;
    pthread_mutex_unlock(&owner->figures_lock);
}

/* ---- phases ---- */

static bool is_way(enum owner_phase from, enum owner_phase to)
{
#define X(FROM, TO)                                                                                \
    if (from == OWNER_##FROM && to == OWNER_##TO)                                                  \
        return true;
    OWNER_WAYS(X)
#undef X
    return false;
}

static bool is_idle(const struct owner *owner)
{
    return owner->pending.count == 0 && !owner->pending.first && owner->committing.count == 0 &&
           !owner->committing.first;
}

/* What is so at the moment a phase begins. */
static void assert_phase(const struct owner *owner)
{
    switch (owner->phase) {
    case OWNER_NEW:
        break;
    case OWNER_LOADING:
        assert(is_idle(owner));
        break;
    case OWNER_SERVING:
        assert(is_idle(owner) && owner->seats && owner->has_time && !owner->late);
        assert(owner->epoch > 0 && owner->version_decided == owner->version);
        assert(owner->sale_state == owner->committed_sale_state);
        break;
    case OWNER_AWAY:
        assert(is_idle(owner) && !owner->leaving);
        break;
    case OWNER_STOPPED:
        assert(is_idle(owner) && owner->stopping && owner->waiting_count == 0);
        break;
    }
}

void owner_move(struct owner *owner, enum owner_phase to)
{
    static const char *const names[] = {
#define X(PHASE) [OWNER_##PHASE] = #PHASE,
        OWNER_PHASES(X)
#undef X
    };
    const enum owner_phase from = owner->phase;
    assert(is_way(from, to));
    owner->phase = to;
    assert_phase(owner);
    log_event(LOG_DEBUG, "owner.phase",
              log_uint("usher.performance", owner->options.performance_id),
              log_str("usher.from", names[from]), log_str("usher.to", names[to]),
              log_uint("usher.epoch", owner->epoch), log_uint("usher.row", owner->seq));
    const struct owner_figures figures = owner->figures;
    owner_publish(owner, &figures);
}

void owner_check(const struct owner *owner)
{
    if (owner->seats)
        seats_check(owner->seats);
}
