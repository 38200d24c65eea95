/*
 * What a sale does by itself: its draw opens, it opens, it closes, by the system's wall clock and
 * each exactly once, as the line's ledger says; people are skipped and called; the capacity
 * follows what is heard of the seats.
 */
#include <stdlib.h>

#include "call/client.h"
#include "err/err.h"
#include "line/decide.h"
#include "observe/log.h"
#include "svc/waitroom/desk.h"
#include "usher/v1/ticket.pb-c.h"

#define CLOCK_CALL_MS 5000
#define CLOCK_ARENA   (256u << 10)
#define BEACON_MS     120000 /* so long an opening waits for a beacon that was named */

void keeper_wake_clock(struct keeper *keeper)
{
    if (keeper->clock_fiber)
        fiber_unpark(keeper->clock_fiber);
}

/* An entry without anything but its kind, and why. */
static int say(struct keeper *keeper, enum line_kind kind, uint8_t how)
{
    const struct line_entry entry = {.kind = kind, .how = how, .at_ms = keeper_now_ms(keeper)};
    log_event(LOG_INFO, "line.state", log_uint("usher.sale", keeper->sale.sale_id),
              log_str("usher.line.event", line_kind_text(kind)));
    return keeper_do(keeper, &entry);
}

/* ---- the ticket service's side ---- */

/* Opens or pauses one performance, unless it is so already. */
static int set_performance(struct keeper *keeper, uint32_t performance_id, bool open)
{
    struct client client;
    struct arena arena;
    const Usher__V1__SaleLoad *load;
    const Usher__V1__Performance *performance;
    Usher__V1__GetSaleLoadRequest look = USHER__V1__GET_SALE_LOAD_REQUEST__INIT;
    Usher__V1__OpenSaleRequest opening = USHER__V1__OPEN_SALE_REQUEST__INIT;
    Usher__V1__PauseSaleRequest closing = USHER__V1__PAUSE_SALE_REQUEST__INIT;
    look.performance_id = opening.performance_id = closing.performance_id = performance_id;
    arena_init(&arena, CLOCK_ARENA);
    client_init(&client, keeper->tickets, &usher__v1__ticket_service__descriptor, &arena);
    client.timeout_ms = CLOCK_CALL_MS;
    int err = client_call(&client, Usher__V1__TicketService, get_sale_load, &look, &load);
    if (err == 0 && open && load->sale_state != USHER__V1__SALE_STATE__SALE_STATE_OPEN)
        err = client_call(&client, Usher__V1__TicketService, open_sale, &opening, &performance);
    if (err == 0 && !open && load->sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN)
        err = client_call(&client, Usher__V1__TicketService, pause_sale, &closing, &performance);
    if (err != 0)
        log_event(LOG_ERROR, "line.performance", log_uint("usher.sale", keeper->sale.sale_id),
                  log_uint("usher.performance", performance_id),
                  log_str("error.message", client.status.message));
    arena_release(&arena);
    return err;
}

/* Who waited finds another line where it was given up and loaded meanwhile: what another process
 * did to it may forbid what was decided before. */
static int check_same(const struct keeper *keeper, uint64_t loads)
{
    const bool same = loads == keeper->loads && atomic_load(&keeper->phase) == KEEPER_SERVING;
    return same ? 0 : ERR_UNAVAILABLE;
}

static int set_performances(struct keeper *keeper, bool open)
{
    const uint64_t loads = keeper->loads;
    int err = 0;
    for (uint32_t i = 0; i < keeper->sale.performance_count && err == 0; i++)
        err = set_performance(keeper, keeper->sale.performance_ids[i], open);
    return err == 0 ? check_same(keeper, loads) : err;
}

/* ---- the draw ---- */

struct drawing {
    uint8_t seed[LINE_HASH_BYTES];
    struct id *order;
    uint32_t count;
    struct draw_tree tree;
    int err;
};

/* On a thread of the pool: seconds for a million. */
static void order_them(void *arg)
{
    struct drawing *drawing = arg;
    drawing->err = draw_order(drawing->seed, drawing->order, drawing->count);
    if (drawing->err == 0)
        drawing->err =
            draw_tree_init(&drawing->tree, drawing->seed, drawing->order, drawing->count);
}

/* Whoever asks meanwhile is answered at its end. */
static int draw(struct keeper *keeper)
{
    const uint64_t loads = keeper->loads;
    struct drawing drawing = {.count = keeper->line.entrants};
    drawing.order = calloc(drawing.count + 1u, sizeof(*drawing.order));
    if (!drawing.order)
        return ERR_NO_MEMORY;
    line_seed(&keeper->line, keeper->sale.secret, drawing.seed);
    line_entrants(&keeper->line, drawing.order);
    keeper->drawing = true;
    int err = room_offload(keeper->room, order_them, &drawing);
    keeper->drawing = false;
    if (err == 0)
        err = drawing.err;
    if (err == 0)
        err = check_same(keeper, loads);
    if (err == 0 && !keeper_has_room(keeper))
        err = ERR_FULL;
    if (err == 0) {
        struct line_entry entry = {
            .kind = LINE_DRAWN, .at_ms = keeper_now_ms(keeper), .number = drawing.count};
        memcpy(entry.secret, keeper->sale.secret, LINE_HASH_BYTES);
        memcpy(entry.root, drawing.tree.root, LINE_HASH_BYTES);
        err = line_apply_draw(&keeper->line, &entry, drawing.order);
        if (err == 0)
            keeper_gather(keeper, &entry);
    }
    draw_tree_release(&drawing.tree);
    free(drawing.order);
    keeper_take_postponed(keeper);
    return err;
}

/* ---- by the clock ---- */

/* A beacon that was named is waited for, for a while: the sale must open with nobody there. */
static bool waits_for_beacon(struct keeper *keeper, int64_t wall_ms)
{
    const struct line_beacon *beacon = &keeper->line.beacon;
    if (!beacon->named || beacon->given || keeper->line.drawn)
        return false;
    if (wall_ms < keeper->sale.opens_at_ms + BEACON_MS)
        return true;
    log_event(LOG_WARN, "line.beacon", log_uint("usher.sale", keeper->sale.sale_id),
              log_uint("usher.round", beacon->round));
    return false;
}

static int open_line(struct keeper *keeper, int64_t wall_ms)
{
    const struct line *line = &keeper->line;
    int err = 0;
    if (keeper->sale.draw_opens_at_ms != 0 && line->state == LINE_ANNOUNCED)
        err = say(keeper, LINE_DRAW_OPENED, 0); /* it began and ended while nobody served */
    if (err == 0 && line->state == LINE_DRAW && !line->drawn) {
        if (waits_for_beacon(keeper, wall_ms))
            return 0;
        err = draw(keeper);
    }
    if (err == 0)
        err = set_performances(keeper, true);
    return err == 0 ? say(keeper, LINE_OPENED, 0) : err;
}

static int close_line(struct keeper *keeper)
{
    const int err = set_performances(keeper, false);
    return err == 0 ? say(keeper, LINE_CLOSED, LINE_OVER_TIME) : err;
}

/* How many of the performances are stopped, as was heard last. */
static uint32_t stopped_count(const struct keeper *keeper)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < keeper->sale.performance_count; i++)
        count += keeper->news[i].stopped;
    return count;
}

/* What the wall clock brings. */
static int by_clock(struct keeper *keeper)
{
    const int64_t wall_ms = clock_wall_ms(loop_clock(worker_loop(keeper->home)));
    const struct line_sale *sale = &keeper->sale;
    const struct line *line = &keeper->line;
    if (line->state == LINE_OVER && line->over == LINE_OVER_TIME)
        return 0;
    const int64_t closes_at_ms = atomic_load(&keeper->closes_at_ms);
    if (closes_at_ms != 0 && wall_ms >= closes_at_ms)
        return close_line(keeper);
    if (line->opened)
        return 0;
    if (wall_ms >= sale->opens_at_ms && stopped_count(keeper) > 0)
        return 0; /* it opens when that is over */
    if (wall_ms >= sale->opens_at_ms)
        return open_line(keeper, wall_ms);
    if (line->state == LINE_ANNOUNCED && sale->draw_opens_at_ms != 0 &&
        wall_ms >= sale->draw_opens_at_ms)
        return say(keeper, LINE_DRAW_OPENED, 0);
    return 0;
}

/* Sold out, or for sale again. */
static int by_places(struct keeper *keeper)
{
    const struct line *line = &keeper->line;
    uint32_t left = 0;
    for (uint32_t i = 0; i < keeper->sale.performance_count; i++) {
        if (keeper->news[i].at_ms == 0)
            return 0;
        left += keeper->news[i].free + keeper->news[i].held;
    }
    if (line->state == LINE_OPEN && left == 0)
        return say(keeper, LINE_CLOSED, LINE_OVER_SOLD_OUT);
    if (line->state == LINE_OVER && line->over == LINE_OVER_SOLD_OUT &&
        keeper_places_left(keeper) > 0)
        return say(keeper, LINE_RESUMED, 0);
    return 0;
}

/* An emergency stop of all that it leads to stops the line, and its end lets it go on. */
static int by_stop(struct keeper *keeper)
{
    const struct line *line = &keeper->line;
    const bool all = stopped_count(keeper) == keeper->sale.performance_count;
    if (keeper_places_left(keeper) == KEEPER_PLACES_UNKNOWN)
        return 0; /* a new keeper knows nothing of a stop yet, and ends none */
    if (all && (line->state == LINE_OPEN || (line->state == LINE_PAUSED && !line->stopped)))
        return line->opened ? say(keeper, LINE_STOPPED, 0) : 0;
    return line->stopped && line->state == LINE_PAUSED && !all ? say(keeper, LINE_RESUMED, 0) : 0;
}

/* The slowest of the performances speaks for all, and the one that was heard of longest ago. */
static int by_load(struct keeper *keeper)
{
    struct admission_news all = {.at_ms = INT64_MAX};
    struct line_entry entry;
    for (uint32_t i = 0; i < keeper->sale.performance_count; i++) {
        const struct keeper_news *news = &keeper->news[i];
        all.at_ms = news->at_ms < all.at_ms ? news->at_ms : all.at_ms;
        all.hold_ms = news->hold_ms > all.hold_ms ? news->hold_ms : all.hold_ms;
        all.queued = news->queued > all.queued ? news->queued : all.queued;
    }
    const int due = line_decide_capacity(&keeper->line, &all, keeper_now_ms(keeper), &entry);
    return due == 1 ? keeper_do(keeper, &entry) : due;
}

static void tick(struct keeper *keeper)
{
    int err = by_clock(keeper);
    if (err == 0)
        err = by_places(keeper);
    if (err == 0)
        err = by_stop(keeper);
    if (err == 0)
        err = by_load(keeper);
    if (err != 0 && err != ERR_CANCELLED)
        log_event(LOG_WARN, "line.clock", log_uint("usher.sale", keeper->sale.sale_id),
                  log_err(err));
    if (atomic_load(&keeper->phase) != KEEPER_SERVING)
        return; /* it waited, and the line may be half loaded by now */
    keeper_advance(keeper);
    if (keeper_wait(keeper) == 0)
        keeper_publish(keeper);
}

/* The ms until something is due by the clock, at most KEEPER_TICK_MS. */
static int64_t until_due_ms(const struct keeper *keeper)
{
    const int64_t wall_ms = clock_wall_ms(loop_clock(worker_loop(keeper->home)));
    const int64_t at_ms[] = {keeper->sale.draw_opens_at_ms - wall_ms,
                             keeper->sale.opens_at_ms - wall_ms,
                             atomic_load(&keeper->closes_at_ms) - wall_ms,
                             line_due_at_ms(&keeper->line) - keeper_now_ms(keeper)};
    int64_t until_ms = KEEPER_TICK_MS;
    for (size_t i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++) {
        if (at_ms[i] > 0 && at_ms[i] < until_ms)
            until_ms = at_ms[i];
    }
    return until_ms;
}

void keeper_run_clock(void *arg)
{
    struct keeper *keeper = arg;
    keeper->clock_fiber = fiber_self();
    while (!fiber_cancelled()) {
        const bool serves = atomic_load(&keeper->phase) == KEEPER_SERVING;
        if (serves)
            tick(keeper);
        (void)fiber_park(
            deadline_after_ms(fiber_now_ns(), serves ? until_due_ms(keeper) : KEEPER_TICK_MS));
    }
    keeper->clock_fiber = NULL;
}
