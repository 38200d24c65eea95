/*
 * What one commit writes, built from what has gathered: the ledger's row, and the tables beside it.
 */
#include <stdlib.h>

#include "owner/state.h"
#include "sale/ledger.h"
#include "usher/v1/ledger.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

/* One commit under construction; all memory is the arena's. */
struct commit {
    struct arena *arena;
    struct store_batch batch;
    struct store_sale *sales;
    struct store_order *orders;
    struct store_order *cancels;
    Usher__V1__OutboxEvent **events;
    size_t event_count;
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

static int fill_order_key(struct arena *arena, struct owner_entry *entry,
                          Usher__V1__LedgerEntry *row)
{
    CHANGE(arena, Usher__V1__LedgerOrderKey, usher__v1__ledger_order_key__init);
    change->order_id = id_bytes(arena, entry->hold.hold_id);
    change->account_id = id_bytes(arena, entry->hold.account_id);
    change->key = ledger_key(arena, entry);
    row->change_case = USHER__V1__LEDGER_ENTRY__CHANGE_ORDER_KEY;
    row->order_key = change;
    return change->key ? 0 : ERR_NO_MEMORY;
}

/* Sales, orders and cancellations go into the tables beside the ledger, and out to those who want
 * to know. */
static int add_order(struct commit *c, const struct owner_entry *entry, uint32_t performance_id)
{
    const struct seats_hold *hold = &entry->hold;
    uint8_t *seats = arena_alloc(c->arena, STORE_SEAT_BYTES * hold->count);
    Usher__V1__OutboxEvent *event = arena_alloc(c->arena, sizeof(*event));
    if (!seats || !event)
        return ERR_NO_MEMORY;
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
        .seats = store_seats_write(hold->seats, hold->count, seats),
    };
    if (sale) {
        c->orders[c->batch.order_count++] = order;
        for (uint32_t i = 0; i < hold->count; i++)
            c->sales[c->batch.sale_count++] = (struct store_sale){hold->seats[i], hold->hold_id};
    } else {
        c->cancels[c->batch.cancel_count++] = order;
    }
    usher__v1__outbox_event__init(event);
    event->order_id = id_bytes(c->arena, hold->hold_id);
    event->account_id = id_bytes(c->arena, hold->account_id);
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
        [ENTRY_HOLD] = fill_hold,           [ENTRY_RELEASE] = fill_release,
        [ENTRY_EXPIRY] = fill_expiry,       [ENTRY_SALE] = fill_sale,
        [ENTRY_CANCEL] = fill_cancel,       [ENTRY_SALE_STATE] = fill_sale_state,
        [ENTRY_ORDER_KEY] = fill_order_key,
    };
    usher__v1__ledger_entry__init(row);
    row->at_ms = entry->at_ms;
    int err = fill[entry->kind](c->arena, entry, row);
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
static int build(const struct owner *owner, struct owner_gathering *g, struct commit *c)
{
    const uint32_t performance_id = owner->options.performance_id;
    struct store_batch *batch = &c->batch;
    Usher__V1__LedgerEntry *rows = arena_alloc(c->arena, g->count * sizeof(*rows));
    Usher__V1__LedgerEntry **row_list = arena_alloc(c->arena, g->count * sizeof(*row_list));
    c->sales = arena_alloc(c->arena, g->count * SEATS_PARTY_MAX * sizeof(*c->sales));
    c->orders = arena_alloc(c->arena, g->count * sizeof(*c->orders));
    c->cancels = arena_alloc(c->arena, g->count * sizeof(*c->cancels));
    c->events = arena_alloc(c->arena, g->count * sizeof(*c->events));
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
    int err = ledger_pack(&ledger, c->arena, &batch->row.body);
    if (err == 0)
        err = ledger_seal(performance_id, &batch->row);
    if (err == 0 && c->event_count > 0) {
        Usher__V1__OutboxBatch outbox = USHER__V1__OUTBOX_BATCH__INIT;
        outbox.n_events = c->event_count;
        outbox.events = c->events;
        uint8_t *bytes = arena_alloc(c->arena, usher__v1__outbox_batch__get_packed_size(&outbox));
        if (!bytes)
            return ERR_NO_MEMORY;
        batch->outbox = view_of(bytes, usher__v1__outbox_batch__pack(&outbox, bytes));
    }
    return err;
}

int owner_build(const struct owner *owner, struct owner_gathering *g, struct arena *arena,
                struct store_batch *ret_batch)
{
    struct commit c = {.arena = arena};
    int err = build(owner, g, &c);
    if (err == 0)
        *ret_batch = c.batch;
    return err;
}
