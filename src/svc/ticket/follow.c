/*
 * The catalog follows the store: at the start it loads all there is; later it loads what a call may
 * have put there without learning so (ERR_UNKNOWN), or put and could not begin.
 */
#include "observe/log.h"
#include "store/playbill_chain.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/counted.h"
#include "svc/ticket/notices.h"

#define FOLLOW_STEP_MAX_MS 60000
#define FOLLOW_ARENA_MAX   (256u << 20)
#define FOLLOW_PAUSE_MS    500

static int64_t step_deadline(void)
{
    return deadline_after_ms(fiber_now_ns(), FOLLOW_STEP_MAX_MS);
}

static int load_hall(struct ticket *ticket, uint32_t hall_id)
{
    struct store *store = ticket->options.store;
    struct store_hall row;
    struct hall *hall;
    const struct catalog_hall *entry;
    struct arena arena;
    if (catalog_hall(ticket->catalog, hall_id))
        return 0;
    arena_init(&arena, FOLLOW_ARENA_MAX);
    int err = store->ops->hall_get(store, hall_id, &arena, &row, step_deadline());
    if (err == 0)
        err = hall_load(row.layout, &hall);
    if (err == 0)
        err = catalog_add_hall(ticket->catalog, hall_id, hall, &entry);
    arena_release(&arena);
    return err;
}

/* Whether a version made one that did not cover what tickets show. */
static bool are_uncovered(const struct store_performance *performances, size_t count)
{
    size_t i = 0;
    while (i < count && performances[i].covers_names)
        i++;
    return i < count;
}

static int load_all(struct ticket *ticket, struct arena *arena)
{
    struct store *store = ticket->options.store;
    struct store_hall *halls;
    struct store_event *events;
    struct store_performance *performances;
    size_t count;
    int err = store->ops->hall_list(store, arena, &halls, &count, step_deadline());
    for (size_t i = 0; err == 0 && i < count; i++)
        err = load_hall(ticket, halls[i].hall_id);
    if (err == 0)
        err = store->ops->event_list(store, arena, &events, &count, step_deadline());
    if (err == 0 && store->sql)
        err = playbill_seed(store->sql, events, count, step_deadline());
    if (err == 0 && store->sql)
        err = playbill_chain_adopt(store->sql, arena, step_deadline());
    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct catalog_event *event;
        err = catalog_add_event(ticket->catalog, &events[i], desk_new_state(ticket), &event);
    }
    if (err == 0)
        err = store->ops->performance_list(store, arena, &performances, &count, step_deadline());
    if (err == 0 && are_uncovered(performances, count))
        err = playbill_chain_adopt_halls(store->sql, arena, step_deadline());
    for (size_t i = 0; err == 0 && i < count; i++)
        err = desk_begin_performance(ticket, &performances[i]);
    uint64_t number;
    bool behind;
    return err == 0 ? desk_load_bills(ticket, 0, &number, &behind) : err;
}

/* Whom organisers bar: another process may have changed it. */
static int follow_bars(struct ticket *ticket)
{
    struct sql *sql = ticket->options.store->sql;
    return sql ? bar_list_follow(&ticket->bars, sql,
                                 clock_wall_ms(loop_clock(sched_loop(sched_current()))),
                                 step_deadline())
               : 0;
}

int desk_load_catalog(struct ticket *ticket)
{
    struct arena arena;
    arena_init(&arena, FOLLOW_ARENA_MAX);
    int err = load_all(ticket, &arena);
    if (err == 0)
        err = follow_bars(ticket);
    if (err == 0)
        err = desk_follow_notices(ticket, true);
    arena_release(&arena);
    return err;
}

void desk_follow_store(void *arg)
{
    struct ticket *ticket = arg;
    uint64_t number = 0;
    bool behind = false;
    int64_t keep_ns = 0;
    while (!fiber_cancelled()) {
        /* Another process may have changed what is told, or made something new. */
        if (ticket->elsewhere && desk_load_bills(ticket, number, &number, &behind) == 0 && behind)
            atomic_store(&ticket->behind, true);
        if (ticket->elsewhere)
            (void)(follow_bars(ticket) +
                   desk_follow_notices(ticket, false)); /* again in a moment */
        desk_keep_stops(ticket);
        if (atomic_exchange(&ticket->behind, false)) {
            int err = desk_load_catalog(ticket);
            if (err != 0) {
                atomic_store(&ticket->behind, true);
                log_event(LOG_WARN, "catalog.follow", log_err(err));
            }
        }
        if (fiber_now_ns() >= keep_ns) {
            desk_keep_counts(ticket);
            keep_ns = deadline_after_ms(fiber_now_ns(), TALLY_KEEP_MS);
        }
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), FOLLOW_PAUSE_MS));
    }
}

void desk_note_put(struct ticket *ticket, int err)
{
    if (err == ERR_UNKNOWN || err == ERR_IO)
        atomic_store(&ticket->behind, true);
}
