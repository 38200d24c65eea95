/*
 * What one commit writes, built from what has gathered: the ledger's row, and the tables beside it.
 */
#include <stdlib.h>

#include "owner/state.h"
#include "sale/ledger.h"
#include "usher/v1/ledger.pb-c.h"

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

/* What happened to an order goes into the tables beside the ledger, and out to those who want to
 * know. */
static int add_order(struct commit *c, const struct change *change, enum change_order state)
{
    uint8_t *seats = arena_alloc(c->arena, STORE_SEAT_BYTES * change->seat_count);
    Usher__V1__OutboxEvent *event = arena_alloc(c->arena, sizeof(*event));
    if (!seats || !event)
        return ERR_NO_MEMORY;
    const struct store_order order = {
        .order_id = change->order_id,
        .account_id = change->account_id,
        .hold_id = change->hold_id,
        .performance_id = c->batch.performance_id,
        .state = state,
        .payment_method = change->payment_method,
        .placed_at_ms = change->at_ms,
        .total = change->total,
        .seats = store_seats_write(change->seats, change->seat_count, seats),
    };
    if (state == CHANGE_ORDER_CONFIRMED) {
        c->orders[c->batch.order_count++] = order;
        for (uint32_t i = 0; i < change->seat_count; i++)
            c->sales[c->batch.sale_count++] =
                (struct store_sale){change->seats[i], change->order_id};
    } else {
        c->cancels[c->batch.cancel_count++] = order;
    }
    usher__v1__outbox_event__init(event);
    event->order_id = id_bytes(c->arena, change->order_id);
    event->account_id = id_bytes(c->arena, change->account_id);
    event->kind = order.state;
    event->at_ms = change->at_ms;
    event->total = change->total;
    event->place_count = change->seat_count;
    c->events[c->event_count++] = event;
    return event->account_id.data ? 0 : ERR_NO_MEMORY;
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
    c->sales = arena_alloc(c->arena, g->count * SEATS_PARTY_MAX * sizeof(*c->sales));
    c->orders = arena_alloc(c->arena, g->count * sizeof(*c->orders));
    c->cancels = arena_alloc(c->arena, g->count * sizeof(*c->cancels));
    c->events = arena_alloc(c->arena, g->count * sizeof(*c->events));
    if (!c->sales || !c->orders || !c->cancels || !c->events)
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
                .at_ms = g->changes[g->count - 1].at_ms},
    };
    memcpy(batch->row.prev_hash, owner->head_hash, sizeof(batch->row.prev_hash));
    for (uint32_t i = 0; i < g->count; i++) {
        const struct change *change = &g->changes[i];
        const enum change_order state = change_rule(change->kind)->order_to;
        int err = state == CHANGE_ORDER_NONE ? 0 : add_order(c, change, state);
        if (err != 0)
            return err;
        if (change->kind == CHANGE_SALE_STATE)
            batch->sale_state = change->state;
    }
    qsort(c->sales, batch->sale_count, sizeof(*c->sales), sale_by_seat);

    int err = ledger_pack(g->changes, g->count, c->arena, &batch->row.body);
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
