/* ListEvents, GetPerformance, CreateEvent, CreatePerformance, OpenSale, PauseSale; changes of what
 * is told of them are in bills.c. */
#include "observe/log.h"
#include "sale/currency.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/notices.h"
#include "svc/ticket/prices.h"
#include "token/roles.h"

#define TICKET_REST_PART 16 /* where the organiser says nothing, at most this part of a hold */

int ticket_list_events(struct call *call, const void *request, void *response)
{
    Usher__V1__ListEventsResponse *answer = response;
    struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    const uint32_t last = catalog_event_last(ticket->catalog);
    Usher__V1__Event *events = arena_alloc(arena, last * sizeof(*events));
    answer->events = arena_alloc(arena, last * sizeof(*answer->events));
    if (!events || !answer->events)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (uint32_t i = 1; i <= last; i++) {
        const struct catalog_event *entry = catalog_event(ticket->catalog, i);
        if (!entry || !desk_may_see(call, entry))
            continue;
        Usher__V1__Event *event = &events[answer->n_events];
        if (desk_fill_event(ticket, arena, entry, event) != 0)
            return desk_store_failed(call, ERR_NO_MEMORY);
        answer->events[answer->n_events++] = event;
    }
    return 0;
}

static int answer_performance(struct call *call, const struct catalog_performance *performance,
                              void *response)
{
    int err = desk_fill_performance(call_arena(call), performance, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

int ticket_get_performance(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetPerformanceRequest *wish = request;
    const struct catalog_performance *performance = desk_shown(call, wish->performance_id);
    int err = performance ? answer_performance(call, performance, response) : ERR_NOT_FOUND;
    /* The payment role, which knows of no line, tells buyers how they may pay. */
    if (err == 0 && identity_has(call_identity(call), ROLE_PEER) &&
        !desk_pays_later(call, performance, (struct id){0}))
        ((Usher__V1__Performance *)response)->pay_later_ms = 0;
    return err;
}

/* ---- performances ---- */

/* One price for every category of the hall. Non-zero after call_fail. */
static int read_prices(struct call *call, const Usher__V1__CreatePerformanceRequest *wish,
                       const struct hall *hall, uint8_t *ret_prices)
{
    bool given[HALL_CATEGORIES_MAX] = {false};
    struct price_list list = {.category_count = hall->category_count};
    int err = desk_read_prices(call, hall, wish->prices, wish->n_prices, &list, given);
    for (uint32_t i = 0; err == 0 && i < hall->category_count; i++) {
        if (!given[i])
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "prices",
                             "category %u (%.*s) has no price", i,
                             VIEW_ARG(hall->categories[i].name));
        for (uint32_t k = 0; k < 8; k++)
            ret_prices[8 * i + k] = (uint8_t)((uint64_t)list.amounts[i] >> (8 * k));
    }
    return err;
}

static int check_rules(struct call *call, const Usher__V1__CreatePerformanceRequest *wish)
{
    if (wish->hold_ttl_ms != 0 &&
        (wish->hold_ttl_ms < TICKET_HOLD_TTL_MIN_MS || wish->hold_ttl_ms > TICKET_HOLD_TTL_MAX_MS))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "hold_ttl_ms",
                         "a hold lasts %d ms to %d ms", TICKET_HOLD_TTL_MIN_MS,
                         TICKET_HOLD_TTL_MAX_MS);
    if (wish->places_max > TICKET_PLACES_MAX_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "places_max",
                         "an account may have at most %d places", TICKET_PLACES_MAX_MAX);
    if (wish->rest_ms > LEDGER_REST_MAX_MS)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "rest_ms",
                         "a freed place rests at most %d ms", LEDGER_REST_MAX_MS);
    if (wish->person_rule > USHER__V1__PERSON_RULE__PERSON_RULE_IDENTITY)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "person_rule",
                         "NONE, PHONE or IDENTITY");
    if (wish->starts_at_ms <= 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "starts_at_ms",
                         "a performance starts at a time after 1970, in Unix milliseconds");
    if (wish->currency[0] && !currency_find(view_str(wish->currency)))
        return desk_fail(
            call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "currency",
            "a currency is three capital letters, one of ISO 4217: KRW, EUR, USD, ...");
    return 0;
}

/* A new owner serves within milliseconds; its creator need not ask twice. NULL: it did not begin by
 * the call's deadline. */
static const struct catalog_performance *wait_until_serving(struct call *call,
                                                            uint32_t performance_id)
{
    struct ticket *ticket = call_state(call);
    const struct catalog_performance *performance;
    struct owner_figures figures = {0};
    char url[COORD_HOLDER_MAX + 1] = "";
    if (ticket->elsewhere)
        tenure_adopt(ticket, performance_id);
    for (;;) {
        performance = catalog_performance(ticket->catalog, performance_id);
        if (performance)
            owner_figures(performance->owner, &figures);
        if (performance && ticket->elsewhere)
            tenure_find(ticket, performance_id, url); /* another may have been quicker */
        const int64_t now_ns = fiber_now_ns();
        if (figures.serving || url[0] || now_ns >= call_deadline_ns(call) ||
            fiber_sleep_until(deadline_after_ms(now_ns, TICKET_BEGIN_POLL_MS)) != 0)
            return performance;
    }
}

/* A performance that was asked for and found to be possible. */
struct new_performance {
    const Usher__V1__CreatePerformanceRequest *wish;
    const struct catalog_hall *hall;
    struct playbill_performance date; /* without an id */
    uint8_t prices[8 * HALL_CATEGORIES_MAX];
};

/* Everything but the event. Non-zero after call_fail. */
static int check_performance(struct call *call, const Usher__V1__CreatePerformanceRequest *wish,
                             uint32_t organiser_id, struct new_performance *ret_new)
{
    const struct ticket *ticket = call_state(call);
    int err = desk_check_room(call, catalog_performance_last(ticket->catalog),
                              STORE_PERFORMANCES_MAX, "performances");
    if (err != 0)
        return err;
    ret_new->wish = wish;
    ret_new->hall = catalog_hall(ticket->catalog, wish->hall_id);
    if (!ret_new->hall)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "hall_id", "no hall %u", wish->hall_id);
    err = desk_check_hall(call, wish->hall_id, organiser_id);
    if (err == 0)
        err = check_rules(call, wish);
    ret_new->date = (struct playbill_performance){
        .starts_at_ms = wish->starts_at_ms,
        .utc_offset_known =
            wish->utc_offset_choice_case ==
            USHER__V1__CREATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES,
        .utc_offset_minutes = wish->utc_offset_minutes,
        .time_zone = view_str(wish->time_zone),
        .doors_at_ms = wish->doors_at_ms,
        .gate = view_str(wish->gate),
        .address = view_str(wish->venue_address),
        .later_ms = wish->pay_later_ms,
        .payment_required = wish->payment_required,
    };
    if (err == 0)
        err = desk_check_date(call, &ret_new->date);
    return err == 0 ? read_prices(call, wish, ret_new->hall->hall, ret_new->prices) : err;
}

/* Long enough that nobody can count on the moment; of a hold of a few seconds, a part of it. */
static uint32_t rest_of(const struct ticket *ticket,
                        const Usher__V1__CreatePerformanceRequest *wish, uint32_t hold_ttl_ms)
{
    const uint32_t least = hold_ttl_ms / TICKET_REST_PART;
    if (wish->rest_choice_case == USHER__V1__CREATE_PERFORMANCE_REQUEST__REST_CHOICE_REST_MS)
        return wish->rest_ms;
    return least < ticket->options.rest_ms ? least : ticket->options.rest_ms;
}

/* Its row, without an event. */
static struct store_performance row_of(const struct ticket *ticket,
                                       const struct new_performance *new_performance)
{
    const Usher__V1__CreatePerformanceRequest *wish = new_performance->wish;
    const uint32_t hold_ttl_ms = wish->hold_ttl_ms ? wish->hold_ttl_ms : TICKET_HOLD_TTL_MS;
    return (struct store_performance){
        .hall_id = wish->hall_id,
        .starts_at_ms = wish->starts_at_ms,
        .utc_offset_known = new_performance->date.utc_offset_known,
        .utc_offset_minutes = new_performance->date.utc_offset_minutes,
        .hold_ttl_ms = hold_ttl_ms,
        .rest_ms = rest_of(ticket, wish, hold_ttl_ms),
        .covers_names = true,
        .person_rule = wish->person_rule,
        .places_max = wish->places_max ? wish->places_max : TICKET_PLACES_MAX,
        .currency = view_str(wish->currency[0] ? wish->currency : "KRW"),
        .prices =
            view_of(new_performance->prices, 8u * new_performance->hall->hall->category_count),
        .sale_state = USHER__V1__SALE_STATE__SALE_STATE_DRAFT,
    };
}

/* A performance that is stored comes on sale, if not at once then as soon as it can. Non-zero after
 * call_fail. */
static int begin_stored(struct call *call, const struct store_performance *stored,
                        struct playbill_performance *date,
                        const struct catalog_performance **ret_performance)
{
    struct ticket *ticket = call_state(call);
    date->performance_id = stored->performance_id;
    int err = desk_begin_performance(ticket, stored);
    if (err == 0)
        err = desk_tell_date(call, date, 0);
    if (err != 0) {
        log_event(LOG_WARN, "performance.begin", log_err(err),
                  log_uint("usher.performance", stored->performance_id));
        atomic_store(&ticket->behind, true);
    }
    *ret_performance = wait_until_serving(call, stored->performance_id);
    return *ret_performance ? 0 : desk_store_failed(call, err != 0 ? err : ERR_TIMEOUT);
}

int ticket_create_performance(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreatePerformanceRequest *wish = request;
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    const struct catalog_performance *performance;
    struct new_performance new_performance;
    const struct catalog_event *event = catalog_event(ticket->catalog, wish->event_id);
    if (!event)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "event_id", "no event %u",
                         wish->event_id);
    int err = desk_check_event(call, event);
    if (err == 0)
        err = check_performance(call, wish, event->organiser_id, &new_performance);
    if (err != 0)
        return err;
    struct store_performance row = row_of(ticket, &new_performance);
    row.event_id = wish->event_id;
    err = store->ops->performance_put(store, &row, &row.performance_id, call_deadline_ns(call));
    desk_note_put(ticket, err);
    if (err != 0)
        return desk_store_failed(call, err);
    err = begin_stored(call, &row, &new_performance.date, &performance);
    return err == 0 ? answer_performance(call, performance, response) : err;
}

/* ---- events ---- */

int ticket_create_event(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateEventRequest *wish = request;
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct new_performance new_performance;
    struct store_performance first = {0};
    uint32_t organiser_id = 0;
    int err = desk_organiser(call, wish->organiser_id, &organiser_id);
    if (err == 0)
        err = desk_check_bill(call, wish->name, wish->description, "");
    if (err == 0 && wish->performance && wish->performance->event_id != 0)
        err = desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance.event_id",
                        "the performance of a new event names no event");
    if (err == 0)
        err =
            desk_check_room(call, catalog_event_last(ticket->catalog), STORE_EVENTS_MAX, "events");
    if (err == 0 && wish->performance)
        err = check_performance(call, wish->performance, organiser_id, &new_performance);
    if (err != 0)
        return err;
    if (wish->performance)
        first = row_of(ticket, &new_performance);
    struct store_event row = {
        .organiser_id = organiser_id,
        .name = view_str(wish->name),
        .description = view_str(wish->description),
        .created_at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current()))),
    };
    const struct catalog_event *event;
    const struct catalog_performance *performance;
    err = store->ops->event_put(store, &row, wish->performance ? &first : NULL, &row.event_id,
                                &first.performance_id, call_deadline_ns(call));
    desk_note_put(ticket, err);
    if (err != 0)
        return desk_store_failed(call, err);
    err = catalog_add_event(ticket->catalog, &row, desk_new_state(ticket), &event);
    if (err == 0)
        err = desk_tell_event(call, catalog_bill(event));
    if (err != 0) {
        atomic_store(&ticket->behind, true);
        return desk_store_failed(call, err);
    }
    first.event_id = row.event_id;
    if (wish->performance) {
        err = begin_stored(call, &first, &new_performance.date, &performance);
        if (err != 0)
            return err;
    }
    err = desk_fill_event(ticket, call_arena(call), event, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* ---- sales ---- */

static int set_sale(struct call *call, uint32_t performance_id, uint32_t sale_state, void *response)
{
    const struct catalog_performance *performance = desk_performance(call, performance_id);
    struct owner_ask ask = {.verb = OWNER_SET_SALE, .sale_state = sale_state};
    if (!performance || desk_check_event(call, performance->event) != 0)
        return ERR_NOT_FOUND;
    if (desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return desk_refused(call, &ask);
    return answer_performance(call, performance, response);
}

int ticket_open_sale(struct call *call, const void *request, void *response)
{
    const Usher__V1__OpenSaleRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    if (!performance || desk_check_event(call, performance->event) != 0)
        return ERR_NOT_FOUND;
    if (desk_is_stopped(call_state(call), wish->performance_id))
        return desk_fail(call, CODE_FAILED_PRECONDITION, "SALE_STOPPED", NULL,
                         "the sale was stopped with an announcement: EndNotice lets it go on");
    if (catalog_bill(performance->event)->state == PLAYBILL_DRAFT &&
        desk_set_state(call, performance->event, PLAYBILL_PUBLISHED) != 0)
        return ERR_UNAVAILABLE;
    return set_sale(call, wish->performance_id, USHER__V1__SALE_STATE__SALE_STATE_OPEN, response);
}

int ticket_pause_sale(struct call *call, const void *request, void *response)
{
    const Usher__V1__PauseSaleRequest *wish = request;
    return set_sale(call, wish->performance_id, USHER__V1__SALE_STATE__SALE_STATE_PAUSED, response);
}
