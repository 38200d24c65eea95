/*
 * How an owner makes its decisions durable: the committing fiber. One commit is on disk while the
 * next gathers; there is no timer.
 */
#include <stdlib.h>

#include "observe/log.h"
#include "sale/ledger.h"
#include "svc/ticket/state.h"
#include "usher/v1/ledger.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define COMMIT_ARENA_MAX (16u << 20)

/* One commit under construction; all memory is the arena's. */
struct commit {
    struct arena arena;
    struct store_batch batch;
    struct store_sale *sales;
    struct store_order *orders;
    struct store_order *cancels;
    Usher__V1__OutboxEvent **events;
    size_t event_count;
    uint32_t orders_placed; /* for the figures */
};

static ProtobufCBinaryData id_bytes(struct arena *arena, struct id id)
{
    uint8_t *bytes = arena_alloc(arena, ID_BYTES);
    if (!bytes)
        return (ProtobufCBinaryData){0};
    id_to_bytes(id, bytes);
    return (ProtobufCBinaryData){.len = ID_BYTES, .data = bytes};
}

static Usher__V1__LedgerKey *ledger_key(struct arena *arena, struct owner_entry *entry)
{
    if (entry->key_len == 0)
        return NULL;
    Usher__V1__LedgerKey *key = arena_alloc(arena, sizeof(*key));
    if (!key)
        return NULL;
    usher__v1__ledger_key__init(key);
    key->key = (ProtobufCBinaryData){.len = entry->key_len, .data = entry->key};
    key->request_hash = (ProtobufCBinaryData){.len = 32, .data = entry->request_hash};
    return key;
}

/* Allocates and initialises the message of one kind of change. */
#define CHANGE(arena, type, init)                                                                  \
    type *change = arena_alloc(arena, sizeof(*change));                                            \
    if (!change)                                                                                   \
        return ERR_NO_MEMORY;                                                                      \
    init(change)

static int fill_hold(struct arena *arena, struct owner_entry *entry, Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerHold, usher__v1__ledger_hold__init);
    change->hold_id = id_bytes(arena, entry->hold.hold_id);
    change->account_id = id_bytes(arena, entry->hold.account_id);
    change->n_seats = entry->hold.count;
    change->seats = entry->hold.seats;
    change->expires_at_ms = entry->hold.expires_at_ms;
    change->key = ledger_key(arena, entry);
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_HOLD;
    row->hold = change;
    return change->account_id.data ? 0 : ERR_NO_MEMORY;
}

static int fill_release(struct arena *arena, struct owner_entry *entry, Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerRelease, usher__v1__ledger_release__init);
    change->hold_id = id_bytes(arena, entry->hold.hold_id);
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_RELEASE;
    row->release = change;
    return change->hold_id.data ? 0 : ERR_NO_MEMORY;
}

static int fill_expiry(struct arena *arena, struct owner_entry *entry, Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerExpiry, usher__v1__ledger_expiry__init);
    change->hold_id = id_bytes(arena, entry->hold.hold_id);
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_EXPIRY;
    row->expiry = change;
    return change->hold_id.data ? 0 : ERR_NO_MEMORY;
}

static int fill_sale(struct arena *arena, struct owner_entry *entry, Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerSale, usher__v1__ledger_sale__init);
    change->order_id = change->hold_id = id_bytes(arena, entry->hold.hold_id);
    change->account_id = id_bytes(arena, entry->hold.account_id);
    change->n_seats = entry->hold.count;
    change->seats = entry->hold.seats;
    change->total = entry->total;
    change->payment_method = entry->payment_method;
    change->key = ledger_key(arena, entry);
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_SALE;
    row->sale = change;
    return change->account_id.data ? 0 : ERR_NO_MEMORY;
}

static int fill_cancel(struct arena *arena, struct owner_entry *entry, Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerCancel, usher__v1__ledger_cancel__init);
    change->order_id = id_bytes(arena, entry->hold.hold_id);
    change->account_id = id_bytes(arena, entry->hold.account_id);
    change->n_seats = entry->hold.count;
    change->seats = entry->hold.seats;
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_CANCEL;
    row->cancel = change;
    return change->account_id.data ? 0 : ERR_NO_MEMORY;
}

static int fill_sale_state(struct arena *arena, struct owner_entry *entry,
                           Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerSaleState, usher__v1__ledger_sale_state__init);
    change->state = entry->sale_state;
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_SALE_STATE;
    row->sale_state = change;
    return 0;
}

/* Sales, orders and cancellations go into the tables beside the ledger, and out to those who want
 * to know. */
static int add_order(struct commit *c, const struct owner_entry *entry, uint32_t performance_id)
{
    const struct seats_hold *hold = &entry->hold;
    uint8_t *seats = arena_alloc(&c->arena, 4u * hold->count);
    Usher__V1__OutboxEvent *event = arena_alloc(&c->arena, sizeof(*event));
    if (!seats || !event)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < hold->count; i++) {
        for (uint32_t k = 0; k < 4; k++)
            seats[4 * i + k] = (uint8_t)(hold->seats[i] >> (8 * k));
    }
    const bool sale = entry->kind == ENTRY_SALE;
    const struct store_order order = {
        .order_id = hold->hold_id,
        .account_id = hold->account_id,
        .hold_id = hold->hold_id,
        .performance_id = performance_id,
        .state = sale ? USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED
                      : USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED,
        .payment_method = entry->payment_method,
        .placed_at_ms = entry->at_ms,
        .total = entry->total,
        .seats = view_of(seats, 4u * hold->count),
    };
    if (sale) {
        c->orders[c->batch.order_count++] = order;
        for (uint32_t i = 0; i < hold->count; i++)
            c->sales[c->batch.sale_count++] = (struct store_sale){hold->seats[i], hold->hold_id};
    } else {
        c->cancels[c->batch.cancel_count++] = order;
    }
    usher__v1__outbox_event__init(event);
    event->order_id = id_bytes(&c->arena, hold->hold_id);
    event->account_id = id_bytes(&c->arena, hold->account_id);
    event->kind = order.state;
    event->at_ms = entry->at_ms;
    event->total = entry->total;
    event->place_count = hold->count;
    c->events[c->event_count++] = event;
    return event->account_id.data ? 0 : ERR_NO_MEMORY;
}

static int fill_entry(struct commit *c, struct owner_entry *entry, uint32_t performance_id,
                      Usher__V1__LedgerEntry *row)
{
    static int (*const fill[])(struct arena *, struct owner_entry *, Usher__V1__LedgerEntry *) = {
        [ENTRY_HOLD] = fill_hold,     [ENTRY_RELEASE] = fill_release,
        [ENTRY_EXPIRY] = fill_expiry, [ENTRY_SALE] = fill_sale,
        [ENTRY_CANCEL] = fill_cancel, [ENTRY_SALE_STATE] = fill_sale_state,
    };
    usher__v1__ledger_entry__init(row);
    row->at_ms = entry->at_ms;
    int err = fill[entry->kind](&c->arena, entry, row);
    if (err == 0 && (entry->kind == ENTRY_SALE || entry->kind == ENTRY_CANCEL))
        err = add_order(c, entry, performance_id);
    return err;
}

static int sale_by_seat(const void *a, const void *b)
{
    const struct store_sale *x = a, *y = b;
    return (x->seat > y->seat) - (x->seat < y->seat);
}

/* Builds what one commit writes from what has gathered. A seat is in at most one sale of a
 * commit, and an order is not placed and cancelled by the same one: decide_cancel sees to it. */
static int commit_build(struct owner *owner, struct owner_gathering *g, struct commit *c)
{
    const uint32_t performance_id = owner->options.performance_id;
    struct store_batch *batch = &c->batch;
    Usher__V1__LedgerEntry *rows = arena_alloc(&c->arena, g->count * sizeof(*rows));
    Usher__V1__LedgerEntry **row_list = arena_alloc(&c->arena, g->count * sizeof(*row_list));
    c->sales = arena_alloc(&c->arena, g->count * SEATS_PARTY_MAX * sizeof(*c->sales));
    c->orders = arena_alloc(&c->arena, g->count * sizeof(*c->orders));
    c->cancels = arena_alloc(&c->arena, g->count * sizeof(*c->cancels));
    c->events = arena_alloc(&c->arena, g->count * sizeof(*c->events));
    if (!rows || !row_list || !c->sales || !c->orders || !c->cancels || !c->events)
        return ERR_NO_MEMORY;
    *batch = (struct store_batch){
        .performance_id = performance_id,
        .epoch = owner->epoch,
        .sale_state = owner->committed_sale_state,
        .sales = c->sales,
        .orders = c->orders,
        .cancels = c->cancels,
        .row = {.seq = owner->seq + 1,
                .epoch = owner->epoch,
                .version_before = owner->version,
                .version = owner->version + g->count,
                .at_ms = g->entries[g->count - 1].at_ms},
    };
    memcpy(batch->row.prev_hash, owner->head_hash, sizeof(batch->row.prev_hash));
    for (uint32_t i = 0; i < g->count; i++) {
        int err = fill_entry(c, &g->entries[i], performance_id, &rows[i]);
        if (err != 0)
            return err;
        row_list[i] = &rows[i];
        if (g->entries[i].kind == ENTRY_SALE_STATE)
            batch->sale_state = g->entries[i].sale_state;
    }
    qsort(c->sales, batch->sale_count, sizeof(*c->sales), sale_by_seat);

    Usher__V1__LedgerBatch ledger = USHER__V1__LEDGER_BATCH__INIT;
    ledger.n_entries = g->count;
    ledger.entries = row_list;
    int err = ledger_pack(&ledger, &c->arena, &batch->row.body);
    if (err == 0)
        err = ledger_seal(performance_id, &batch->row);
    if (err == 0 && c->event_count > 0) {
        Usher__V1__OutboxBatch outbox = USHER__V1__OUTBOX_BATCH__INIT;
        outbox.n_events = c->event_count;
        outbox.events = c->events;
        uint8_t *bytes = arena_alloc(&c->arena, usher__v1__outbox_batch__get_packed_size(&outbox));
        if (!bytes)
            return ERR_NO_MEMORY;
        batch->outbox = view_of(bytes, usher__v1__outbox_batch__pack(&outbox, bytes));
    }
    return err;
}

/* Moves the figures by one durable change, and says what became of its seats. */
static enum seats_state account_for(struct owner_figures *figures, const struct owner_entry *entry)
{
    const uint32_t n = entry->hold.count;
    struct seats_counts *counts = &figures->counts;
    switch (entry->kind) {
    case ENTRY_HOLD:
        counts->free -= n;
        counts->held += n;
        return SEATS_HELD;
    case ENTRY_RELEASE:
    case ENTRY_EXPIRY:
        counts->held -= n;
        counts->free += n;
        return SEATS_FREE;
    case ENTRY_SALE:
        counts->held -= n;
        counts->sold += n;
        figures->orders_confirmed++;
        return SEATS_SOLD;
    case ENTRY_CANCEL:
        counts->sold -= n;
        counts->free += n;
        figures->orders_confirmed--;
        figures->orders_cancelled++;
        return SEATS_FREE;
    case ENTRY_SALE_STATE:
        figures->sale_state = entry->sale_state;
        return SEATS_FREE;
    }
    assert(!"an unknown kind of entry");
    return SEATS_FREE;
}

/* It is durable: the head moves on, the hall's public state changes, the answers go out. */
static void commit_done(struct owner *owner, struct owner_gathering *g,
                        const struct store_batch *batch)
{
    owner->seq = batch->row.seq;
    owner->version = batch->row.version;
    owner->head_at_ms = batch->row.at_ms;
    owner->committed_sale_state = batch->sale_state;
    memcpy(owner->head_hash, batch->row.hash, sizeof(owner->head_hash));

    struct owner_figures figures = owner->figures; /* this thread alone writes them */
    size_t change_count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct owner_entry *entry = &g->entries[i];
        const enum seats_state state = account_for(&figures, entry);
        for (uint32_t k = 0; k < entry->hold.count; k++)
            owner->changes[change_count++] = (struct owner_change){entry->hold.seats[k], state};
    }
    assert(figures.counts.free + figures.counts.held + figures.counts.sold ==
           owner->options.hall->place_count);
    owner_publish(owner, &figures);
    const struct owner_listener *listener = &owner->options.listener;
    if (listener->committed)
        listener->committed(listener->state, owner->version, batch->sale_state, owner->changes,
                            change_count);
}

static int commit_once(struct owner *owner, struct owner_gathering *g)
{
    struct commit c = {0};
    arena_init(&c.arena, COMMIT_ARENA_MAX);
    int err = commit_build(owner, g, &c);
    if (err == 0) {
        struct store *store = owner->options.store;
        const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), OWNER_COMMIT_MAX_MS);
        err = store->ops->commit(store, &c.batch, deadline_ns);
    }
    if (err == 0)
        commit_done(owner, g, &c.batch);
    arena_release(&c.arena);
    return err;
}

/* What a waiting ask is told after loading: what its key says, or else what the loaded state shows
 * of it. In doubt, ERR_UNAVAILABLE. */
static int settle(struct owner *owner, struct owner_ask *ask)
{
    int result;
    if (owner_know_key(owner, ask, &result))
        return result;
    if (ask->result != 0)
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
        done = !seats_find_hold(owner->seats, id) && !id_eq(sold->order_id, id);
        break;
    case OWNER_ORDER:
        /* It may have been placed by another ask than this one. */
        done = id_eq(sold->order_id, id);
        if (done)
            ask->at_ms = sold->placed_at_ms;
        break;
    case OWNER_CANCEL:
        done = !id_eq(sold->order_id, id);
        break;
    case OWNER_SET_SALE:
        done = ask->sale_state == owner->sale_state;
        break;
    }
    return done ? 0 : ERR_UNAVAILABLE;
}

/* How the asks of a gathering are answered. */
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
        if (fortune != DURABLE)
            result = fortune == LOADED ? settle(owner, ask) : ERR_UNAVAILABLE;
        owner_answer(ask, result);
    }
}

static struct owner_ask *take_asks(struct owner_gathering *g)
{
    struct owner_ask *first = g->first;
    g->first = NULL;
    g->last = &g->first;
    g->ask_count = 0;
    g->count = 0;
    return first;
}

/* Loads, and writes down the holds that ended while nobody served, before anything newer. */
static int load_all(struct owner *owner)
{
    struct owner_gathering *g = &owner->gathering;
    int err = owner_load(owner);
    while (err == 0) {
        owner_collect_missed(owner);
        if (g->count == 0)
            break;
        err = commit_once(owner, g);
        g->count = 0;
    }
    return err;
}

/* What was decided may or may not be in the store. Loads until it is known, then answers. */
static void recover(struct owner *owner)
{
    owner->phase = OWNER_LOADING;
    loop_disarm(owner->options.loop, &owner->expiry);
    struct owner_figures figures = owner->figures;
    owner_publish(owner, &figures);
    struct owner_ask *committing = take_asks(&owner->committing);
    struct owner_ask *gathering = take_asks(&owner->gathering);
    int64_t pause_ms = OWNER_RELOAD_MS;
    int err;
    while ((err = load_all(owner)) != 0) {
        log_event(LOG_ERROR, "owner.load",
                  log_uint("usher.performance", owner->options.performance_id), log_err(err));
        /* Nobody waits longer than for one failed load: in doubt, refuse. */
        answer_all(owner, committing, DOUBT);
        answer_all(owner, gathering, DOUBT);
        committing = gathering = NULL;
        if (owner->stopping)
            return;
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
        pause_ms = 2 * pause_ms < OWNER_RELOAD_MAX_MS ? 2 * pause_ms : OWNER_RELOAD_MAX_MS;
    }
    owner->phase = OWNER_SERVING;
    figures = owner->figures;
    owner_publish(owner, &figures);
    answer_all(owner, committing, LOADED);
    answer_all(owner, gathering, LOADED);
    owner_arm_expiry(owner);
}

/* Commits what has gathered; the next gathering begins at once. */
static void commit_gathered(struct owner *owner)
{
    struct owner_gathering g = owner->gathering;
    owner->gathering = owner->committing;
    take_asks(&owner->gathering);
    owner->committing = g;
    if (!g.first)
        owner->committing.last = &owner->committing.first;
    int err = owner->committing.count > 0 ? commit_once(owner, &owner->committing) : 0;
    if (err != 0) {
        log_event(LOG_ERROR, "owner.commit",
                  log_uint("usher.performance", owner->options.performance_id), log_err(err));
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
    while (!owner->stopping || owner->gathering.count > 0 || owner->gathering.first) {
        if (owner->gathering.count == 0 && !owner->gathering.first) {
            owner->fiber_waits = true;
            fiber_park_deaf();
            owner->fiber_waits = false;
            continue;
        }
        if (owner->phase != OWNER_SERVING)
            break; /* stopped while it could not load */
        commit_gathered(owner);
    }
    owner->phase = OWNER_STOPPED;
    struct owner_figures figures = owner->figures;
    owner_publish(owner, &figures);
    if (owner->stopper)
        fiber_unpark(owner->stopper);
}
