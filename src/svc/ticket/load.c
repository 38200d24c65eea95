/* GetSaleLoad: what the waiting room asks once a second; GetGrades: what everybody may ask. */
#include "svc/ticket/bills.h"
#include "svc/ticket/notices.h"

/* From the public state: no owner is asked. */
CALL_HANDLER(ticket_get_grades)
{
    const Usher__V1__GetGradesRequest *wish = request;
    Usher__V1__GetGradesResponse *answer = response;
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = desk_shown(call, wish->performance_id);
    if (!performance)
        return ERR_NOT_FOUND;
    const struct hall *hall = performance->hall->hall;
    uint64_t version;
    const uint8_t *states = feed_states(performance->feed, &version);
    if (!states)
        return desk_store_failed(call, ERR_UNAVAILABLE);
    Usher__V1__GradeCounts *rows = arena_alloc(arena, hall->category_count * sizeof(*rows));
    answer->grades = arena_alloc(arena, hall->category_count * sizeof(*answer->grades));
    if (!rows || !answer->grades)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (uint32_t i = 0; i < hall->category_count; i++) {
        usher__v1__grade_counts__init(&rows[i]);
        rows[i].category = i;
        rows[i].name = arena_copy(arena, hall->categories[i].name);
        if (!rows[i].name)
            return desk_store_failed(call, ERR_NO_MEMORY);
        answer->grades[i] = &rows[i];
    }
    answer->n_grades = hall->category_count;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        const unsigned state = states[i / 4] >> 2 * (i % 4) & 3;
        rows[hall->seats[i].category].free += state == SEATS_FREE;
        rows[hall->seats[i].category].soon += state == SEATS_HELD || state == SEATS_RESTING;
    }
    return 0;
}

CALL_HANDLER(ticket_get_sale_load)
{
    const Usher__V1__GetSaleLoadRequest *wish = request;
    Usher__V1__SaleLoad *answer = response;
    struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    if (!performance)
        return ERR_NOT_FOUND;
    const struct hall *hall = performance->hall->hall;
    struct owner_figures figures;
    uint64_t version;
    desk_figures(ticket, performance, &figures, call_deadline_ns(call));
    const uint8_t *states = feed_states(performance->feed, &version);
    if (!figures.serving || !states)
        return desk_store_failed(call, ERR_UNAVAILABLE);
    Usher__V1__CategoryLoad *rows = arena_alloc(arena, hall->category_count * sizeof(*rows));
    answer->categories = arena_alloc(arena, hall->category_count * sizeof(*answer->categories));
    answer->counts = arena_alloc(arena, sizeof(*answer->counts));
    if (!rows || !answer->categories || !answer->counts)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (uint32_t i = 0; i < hall->category_count; i++) {
        usher__v1__category_load__init(&rows[i]);
        rows[i].category = i;
        rows[i].name = arena_copy(arena, hall->categories[i].name);
        if (!rows[i].name)
            return desk_store_failed(call, ERR_NO_MEMORY);
        answer->categories[i] = &rows[i];
    }
    answer->n_categories = hall->category_count;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        if ((states[i / 4] >> 2 * (i % 4) & 3) == SEATS_FREE)
            rows[hall->seats[i].category].free++;
    }
    desk_fill_counts(&figures.counts, answer->counts);
    answer->sale_state = (Usher__V1__SaleState)figures.sale_state;
    answer->organiser_id = performance->event->organiser_id;
    answer->event_state = (Usher__V1__EventState)catalog_bill(performance->event)->state;
    answer->queued = figures.queued;
    answer->starts_at_ms = catalog_date(performance)->starts_at_ms;
    answer->notice_id = desk_notice(ticket, wish->performance_id);
    answer->stopped = desk_is_stopped(ticket, wish->performance_id);
    answer->person_rule = (Usher__V1__PersonRule)performance->person_rule;
    answer->hold_ms = pulse_take(&ticket->pulses[performance->performance_id]);
    return 0;
}
