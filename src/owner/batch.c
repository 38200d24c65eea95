/*
 * What one commit writes, built from what has gathered: the ledger's row, and the tables beside it.
 */
#include "call/trace.h"
#include "owner/state.h"
#include "sale/ledger.h"
#include "usher/v1/ledger.pb-c.h"

/* One commit under construction; all memory is the arena's. */
struct commit {
    struct arena *arena;
    struct store_batch batch;
    Usher__V1__OutboxEvent **events;
    size_t event_count;
    const struct owner_ask *ask; /* that has caused none of the changes so far */
};

static ProtobufCBinaryData id_bytes(struct arena *arena, struct id id)
{
    uint8_t *bytes = arena_alloc(arena, ID_BYTES);
    if (!bytes)
        return (ProtobufCBinaryData){0};
    id_to_bytes(id, bytes);
    return (ProtobufCBinaryData){.len = ID_BYTES, .data = bytes};
}

/* The trace of the call that caused a change. Asks stand in the order of their changes. */
static int add_trace(struct commit *c, const struct change *change, Usher__V1__OutboxEvent *event)
{
    char text[TRACE_PARENT_CHARS + 1];
    const struct owner_ask *ask = c->ask;
    while (ask && !(change->kind == CHANGE_SALE_STATE ? ask->verb == OWNER_SET_SALE
                                                      : id_eq(ask->hold.hold_id, change->order_id)))
        ask = ask->next;
    if (!ask)
        return 0;
    c->ask = ask->next;
    const struct view parent = trace_write_parent(ask->context, text);
    if (parent.len == 0)
        return 0;
    event->traceparent = arena_copy(c->arena, parent);
    return event->traceparent ? 0 : ERR_NO_MEMORY;
}

/* What happened to an order goes out to those who want to know; so do offers. */
static int add_event(struct commit *c, const struct change *change)
{
    const struct change_rule *rule = change_rule(change->kind);
    Usher__V1__OutboxEvent *event = arena_alloc(c->arena, sizeof(*event));
    if (!event)
        return ERR_NO_MEMORY;
    usher__v1__outbox_event__init(event);
    event->order_id = id_bytes(c->arena, change->order_id);
    event->account_id = id_bytes(c->arena, change->account_id);
    event->kind = rule->order_to;
    event->at_ms = change->at_ms;
    event->total = change->total;
    event->place_count = change->seat_count;
    event->moved = change->kind == CHANGE_MOVE;
    event->reduced = !event->moved && rule->order_from == rule->order_to;
    event->payment_method = change->payment_method;
    event->offered_until_ms = change->kind == CHANGE_OFFER ? change->expires_at_ms : 0;
    c->events[c->event_count++] = event;
    return event->account_id.data ? add_trace(c, change, event) : ERR_NO_MEMORY;
}

/* So does it that the sale was opened, or paused. */
static int add_sale_state(struct commit *c, const struct change *change)
{
    Usher__V1__OutboxEvent *event = arena_alloc(c->arena, sizeof(*event));
    if (!event)
        return ERR_NO_MEMORY;
    usher__v1__outbox_event__init(event);
    event->at_ms = change->at_ms;
    event->sale_state = change->state;
    c->events[c->event_count++] = event;
    return add_trace(c, change, event);
}

/* Builds what one commit writes from what has gathered. A seat is in at most one sale of a
 * commit, and an order is not placed and given back by the same one: decide_cancel sees to it. */
static int build(const struct owner *owner, struct owner_batch *g, struct commit *c)
{
    const uint32_t performance_id = owner->options.performance_id;
    struct store_batch *batch = &c->batch;
    c->ask = g->first;
    c->events = arena_alloc(c->arena, g->count * sizeof(*c->events));
    if (!c->events)
        return ERR_NO_MEMORY;
    *batch = (struct store_batch){
        .performance_id = performance_id,
        .epoch = owner->epoch,
        .sale_state = owner->committed_sale_state,
        .row = {.seq = owner->seq + 1,
                .epoch = owner->epoch,
                .version_before = owner->version,
                .version = owner->version + g->count,
                .at_ms = g->changes[g->count - 1].at_ms},
    };
    memcpy(batch->row.prev_hash, owner->head_hash, sizeof(batch->row.prev_hash));
    int err = store_batch_fill(g->changes, g->count, c->arena, batch);
    for (uint32_t i = 0; err == 0 && i < g->count; i++) {
        if (store_batch_tells(g->changes[i].kind))
            err = g->changes[i].kind == CHANGE_SALE_STATE ? add_sale_state(c, &g->changes[i])
                                                          : add_event(c, &g->changes[i]);
    }
    if (err == 0)
        err = ledger_pack(g->changes, g->count, c->arena, &batch->row.body);
    ledger_seal(performance_id, &batch->row);
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

int owner_build(const struct owner *owner, struct owner_batch *g, struct arena *arena,
                struct store_batch *ret_batch)
{
    struct commit c = {.arena = arena};
    int err = build(owner, g, &c);
    if (err == 0)
        *ret_batch = c.batch;
    return err;
}
