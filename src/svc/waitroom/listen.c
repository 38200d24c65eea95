/* What a keeper hears of its sale's performances, once a second, through the ticket service's
 * contract. */
#include "call/client.h"
#include "err/err.h"
#include "observe/log.h"
#include "svc/waitroom/lease.h"
#include "usher/v1/ticket.pb-c.h"

#define LISTEN_CALL_MS 2000
#define LISTEN_ARENA   (256u << 10)

/* Adds a performance's categories to those of the sale: of one name is one chance. */
static void add_chances(struct keeper *keeper, const Usher__V1__SaleLoad *load)
{
    for (size_t i = 0; i < load->n_categories; i++) {
        const Usher__V1__CategoryLoad *category = load->categories[i];
        const struct view name = view_str(category->name);
        struct keeper_chance *chance = NULL;
        for (uint32_t k = 0; k < keeper->chance_count && !chance; k++) {
            if (view_eq(view_str(keeper->chances[k].name), name))
                chance = &keeper->chances[k];
        }
        if (!chance && keeper->chance_count < KEEPER_CATEGORIES_MAX && name.len <= LINE_NAME_MAX) {
            chance = &keeper->chances[keeper->chance_count++];
            *chance = (struct keeper_chance){.category = category->category};
            memcpy(chance->name, name.at, name.len);
        }
        if (chance)
            chance->free += category->free;
    }
}

void keeper_hear(struct keeper *keeper)
{
    struct client client;
    struct arena arena;
    const Usher__V1__SaleLoad *loads[LINE_PERFORMANCES_MAX] = {0};
    arena_init(&arena, LISTEN_ARENA);
    client_init(&client, keeper->tickets, &usher__v1__ticket_service__descriptor, &arena);
    client.timeout_ms = LISTEN_CALL_MS;
    const uint32_t count = keeper->sale.performance_count;
    uint32_t heard = 0;
    for (uint32_t i = 0; i < count && !fiber_cancelled(); i++) {
        Usher__V1__GetSaleLoadRequest look = USHER__V1__GET_SALE_LOAD_REQUEST__INIT;
        look.performance_id = keeper->sale.performance_ids[i];
        if (client_call(&client, Usher__V1__TicketService, get_sale_load, &look, &loads[i]) != 0) {
            log_event(LOG_WARN, "line.listen", log_uint("usher.sale", keeper->sale.sale_id),
                      log_uint("usher.performance", look.performance_id),
                      log_str("error.message", client.status.message));
            continue;
        }
        keeper->news[i] =
            (struct keeper_news){.at_ms = keeper_now_ms(keeper),
                                 .free = loads[i]->counts->free,
                                 .held = loads[i]->counts->held + loads[i]->counts->resting,
                                 .hold_ms = loads[i]->hold_ms,
                                 .queued = loads[i]->queued,
                                 .notice_id = loads[i]->notice_id,
                                 .stopped = loads[i]->stopped,
                                 .sale_state = (uint32_t)loads[i]->sale_state};
        heard++;
    }
    if (heard > 0 && heard == count && !fiber_cancelled()) {
        uint32_t seen = KEEPER_SEEN_INSIDE;
        uint32_t rule = 0;
        int64_t last_ms = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (loads[i]->person_rule > rule)
                rule = loads[i]->person_rule;
            if (loads[i]->starts_at_ms > last_ms)
                last_ms = loads[i]->starts_at_ms;
            if (loads[i]->event_state == USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED)
                seen = KEEPER_SEEN_BY_ALL;
        }
        atomic_store(&keeper->organiser_id, loads[0]->organiser_id);
        atomic_store(&keeper->person_rule, rule);
        if (keeper->sale.closes_at_ms == 0)
            atomic_store(&keeper->closes_at_ms, last_ms);
        atomic_store(&keeper->seen, seen);
        keeper->chance_count = 0;
        for (uint32_t i = 0; i < count; i++)
            add_chances(keeper, loads[i]);
    }
    if (keeper->published_at_ms == 0)
        keeper_wake_clock(keeper);
    arena_release(&arena);
}

void keeper_listen(void *arg)
{
    struct keeper *keeper = arg;
    keeper->listener = fiber_self();
    while (!fiber_cancelled()) {
        const bool over = keeper->line.state == LINE_OVER && keeper->line.over == LINE_OVER_TIME;
        if (atomic_load(&keeper->phase) == KEEPER_SERVING &&
            (!over || atomic_load(&keeper->seen) == KEEPER_SEEN_UNKNOWN))
            keeper_hear(keeper);
        if (!room_keeps(keeper->room)) {
            if (atomic_load(&keeper->phase) != KEEPER_SERVING)
                keeper_hear(keeper); /* whether everybody is told of it */
            keeper_mirror(keeper);
        }
        (void)fiber_park(deadline_after_ms(fiber_now_ns(), KEEPER_TICK_MS));
    }
    keeper->listener = NULL;
}
