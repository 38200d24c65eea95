/*
 * The outbox relay: what was sold or cancelled, told to those outside the sale, at least once and
 * in order of commit. Here the outside is the log; a row is removed after its events are written
 * there.
 */
#include "clock/clock.h"
#include "observe/log.h"
#include "svc/ticket/desk.h"
#include "usher/v1/ledger.pb-c.h"

#define OUTBOX_ROWS      64
#define OUTBOX_PAUSE_MS  1000
#define OUTBOX_ARENA_MAX (80u << 20) /* OUTBOX_ROWS of the largest rows */
#define OUTBOX_STEP_MS   10000
#define CLOCK_JUMP_MS    1000 /* slewing is slower, by far */

static void tell(uint32_t performance_id, const Usher__V1__OutboxEvent *event)
{
    struct id order_id = {0};
    struct id account_id = {0};
    id_from_bytes(view_of(event->order_id.data, event->order_id.len), &order_id);
    id_from_bytes(view_of(event->account_id.data, event->account_id.len), &account_id);
    const bool confirmed = event->kind == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    if (confirmed)
        log_event(LOG_DEBUG, "order.confirmed", log_uint("usher.performance", performance_id),
                  log_id("usher.order", order_id), log_id("usher.account", account_id),
                  log_uint("usher.places", event->place_count),
                  log_int("usher.total", event->total));
    else
        log_event(LOG_DEBUG, "order.cancelled", log_uint("usher.performance", performance_id),
                  log_id("usher.order", order_id), log_id("usher.account", account_id),
                  log_uint("usher.places", event->place_count),
                  log_int("usher.total", event->total));
}

static void deliver(const struct store_outbox_row *row)
{
    Usher__V1__OutboxBatch *batch =
        usher__v1__outbox_batch__unpack(NULL, row->body.len, (const uint8_t *)row->body.at);
    if (!batch) {
        log_event(LOG_ERROR, "outbox.unreadable", log_uint("usher.outbox", row->outbox_id));
        return;
    }
    for (size_t i = 0; i < batch->n_events; i++)
        tell(row->performance_id, batch->events[i]);
    usher__v1__outbox_batch__free_unpacked(batch, NULL);
}

/* One round. True when there may be more. */
static bool relay(struct store *store)
{
    struct arena arena;
    struct store_outbox_row *rows;
    size_t count = 0;
    arena_init(&arena, OUTBOX_ARENA_MAX);
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), OUTBOX_STEP_MS);
    int err = store->ops->outbox_read(store, OUTBOX_ROWS, &arena, &rows, &count, deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++)
        deliver(&rows[i]);
    if (err == 0 && count > 0)
        err = store->ops->outbox_remove(store, rows[count - 1].outbox_id, deadline_ns);
    if (err != 0)
        log_event(LOG_WARN, "outbox.relay", log_err(err));
    arena_release(&arena);
    return err == 0 && count == OUTBOX_ROWS;
}

/* A wall clock that is set while the server runs: sales have a time of their own, but whoever reads
 * this log should know. */
static void watch_clock(int64_t *offset_ms)
{
    const struct clock *clock = clock_system();
    const int64_t now_ms = clock_wall_ms(clock) - clock_mono_ns(clock) / NS_PER_MS;
    const int64_t jump_ms = now_ms - *offset_ms;
    if (jump_ms < -CLOCK_JUMP_MS || jump_ms > CLOCK_JUMP_MS)
        log_event(LOG_WARN, "clock.jump", log_int("usher.jump_ms", jump_ms));
    *offset_ms = now_ms;
}

void desk_relay_outbox(void *arg)
{
    struct ticket *ticket = arg;
    const struct clock *clock = clock_system();
    int64_t offset_ms = clock_wall_ms(clock) - clock_mono_ns(clock) / NS_PER_MS;
    while (!fiber_cancelled()) {
        watch_clock(&offset_ms);
        const struct tenure *tenure = atomic_load(&ticket->tenure);
        const bool here = ticket->elsewhere ? tenure && tenure_relays(tenure) : true;
        if (!here || !relay(ticket->options.store))
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), OUTBOX_PAUSE_MS));
    }
}
