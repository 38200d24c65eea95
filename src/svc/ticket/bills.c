/* UpdateEvent, PublishEvent, HideEvent, DeleteEvent, UpdatePerformance: what the public is told of
 * events, and whether it is told. */
#include "svc/ticket/bills.h"
#include "clock/zone.h"
#include "mem/utf8.h"
#include "observe/log.h"
#include "sale/ledger.h"
#include "token/roles.h"

bool desk_may_see(struct call *call, const struct catalog_event *event)
{
    const uint32_t state = catalog_bill(event)->state;
    return state == PLAYBILL_PUBLISHED ||
           (state != PLAYBILL_DELETED &&
            identity_has_for(call_identity(call), event->organiser_id, ROLES_INSIDE));
}

const struct catalog_performance *desk_shown(struct call *call, uint32_t performance_id)
{
    const struct catalog_performance *performance = desk_performance(call, performance_id);
    if (!performance || desk_may_see(call, performance->event))
        return performance;
    desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "performance_id", "no performance %u",
              performance_id);
    return NULL;
}

int desk_fill_event(struct ticket *ticket, struct arena *arena, const struct catalog_event *event,
                    Usher__V1__Event *ret_event)
{
    const uint32_t last = catalog_performance_last(ticket->catalog);
    const struct playbill_event *bill = catalog_bill(event);
    usher__v1__event__init(ret_event);
    ret_event->event_id = event->event_id;
    ret_event->organiser_id = event->organiser_id;
    ret_event->name = (char *)bill->name.at; /* NUL-terminated, and there for good; so below */
    ret_event->description = (char *)bill->description.at;
    ret_event->poster = (char *)bill->poster.at;
    ret_event->state = (Usher__V1__EventState)bill->state;
    ret_event->published_at_ms = bill->published_at_ms;
    ret_event->performances = arena_alloc(arena, last * sizeof(*ret_event->performances));
    if (!ret_event->performances)
        return ERR_NO_MEMORY;
    for (uint32_t i = 1; i <= last; i++) {
        const struct catalog_performance *entry = catalog_performance(ticket->catalog, i);
        if (!entry || entry->event != event)
            continue;
        Usher__V1__Performance *performance = arena_alloc(arena, sizeof(*performance));
        if (!performance || desk_fill_performance(arena, entry, performance) != 0)
            return ERR_NO_MEMORY;
        ret_event->performances[ret_event->n_performances++] = performance;
    }
    return 0;
}

uint32_t desk_new_state(const struct ticket *ticket)
{
    return ticket->options.store->sql ? PLAYBILL_DRAFT : PLAYBILL_PUBLISHED;
}

/* ---- what may be told ---- */

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    }
    return true;
}

int desk_check_bill(struct call *call, const char *name, const char *description,
                    const char *poster)
{
    const size_t name_len = strlen(name);
    if (name_len == 0 || name_len > TICKET_NAME_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                         "an event has a name of 1 to %d bytes", TICKET_NAME_MAX);
    if (!utf8_line(view_str(name)) || !utf8_visible(view_str(name)))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                         "an event's name is one line that can be seen");
    if (strlen(description) > TICKET_DESCRIPTION_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "description",
                         "a description has at most %d bytes", TICKET_DESCRIPTION_MAX);
    if (poster[0] && !desk_is_own_poster(poster) &&
        (strncmp(poster, "https://", 8) != 0 || !is_plain(poster) || strpbrk(poster, " \"'<>\\") ||
         strlen(poster) > PLAYBILL_POSTER_MAX))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "poster",
                         "a poster is the https address of a picture, of at most %d bytes",
                         PLAYBILL_POSTER_MAX);
    return 0;
}

static bool is_place(struct view text)
{
    return text.len <= PLAYBILL_PLACE_MAX && utf8_line(text) &&
           (text.len == 0 || utf8_visible(text));
}

int desk_check_date(struct call *call, struct playbill_performance *date)
{
    if (date->starts_at_ms <= 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "starts_at_ms",
                         "a performance starts at a time after 1970, in Unix milliseconds");
    if (date->doors_at_ms != 0 && (date->doors_at_ms < 0 || date->doors_at_ms > date->starts_at_ms))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "doors_at_ms",
                         "people are let in before the start, or nobody says when");
    if (date->later_ms != 0 &&
        (date->later_ms < TICKET_LATER_MIN_MS || date->later_ms > LEDGER_LATER_MAX_MS))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "pay_later_ms",
                         "what is paid later is paid within %d to %d ms, or 0: at once",
                         TICKET_LATER_MIN_MS, LEDGER_LATER_MAX_MS);
    if (!is_place(date->gate) || !is_place(date->address))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "gate",
                         "a gate and an address are lines of at most %d bytes", PLAYBILL_PLACE_MAX);
    if (date->time_zone.len > 0) {
        if (zone_offset(date->time_zone, date->starts_at_ms, &date->utc_offset_minutes) != 0)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "time_zone",
                             "a time zone is a name of tzdata, as in Asia/Seoul");
        date->utc_offset_known = true;
    }
    if (date->utc_offset_minutes < -STORE_UTC_OFFSET_MAX ||
        date->utc_offset_minutes > STORE_UTC_OFFSET_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "utc_offset_minutes",
                         "a clock is at most %d minutes from UTC", STORE_UTC_OFFSET_MAX);
    return 0;
}

/* ---- telling ---- */

int desk_tell_event(struct call *call, const struct playbill_event *bill)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    const int err = sql ? playbill_put_event(sql, bill, call_deadline_ns(call)) : 0;
    desk_note_put(ticket, err);
    return err == 0 ? catalog_set_bill(ticket->catalog, bill) : err;
}

int desk_tell_date(struct call *call, const struct playbill_performance *date, int64_t was_ms)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    const int err = sql ? playbill_put_performance(sql, date, was_ms, call_deadline_ns(call)) : 0;
    desk_note_put(ticket, err);
    return err == 0 ? catalog_set_date(ticket->catalog, date) : err;
}

int desk_load_bills(struct ticket *ticket, uint64_t after, uint64_t *ret_number, bool *ret_behind)
{
    struct sql *sql = ticket->options.store->sql;
    struct playbill bill = {.number = after};
    struct arena arena;
    arena_init(&arena, TICKET_BILLS_BYTES_MAX);
    int err = sql ? playbill_read(sql, after, &arena, &bill,
                                  deadline_after_ms(fiber_now_ns(), TICKET_BILLS_MAX_MS))
                  : 0;
    *ret_behind = false;
    for (size_t i = 0; err == 0 && i < bill.event_count; i++) {
        *ret_behind |= !catalog_event(ticket->catalog, bill.events[i].event_id);
        err = catalog_set_bill(ticket->catalog, &bill.events[i]);
    }
    for (size_t i = 0; err == 0 && i < bill.performance_count; i++) {
        *ret_behind |= !catalog_performance(ticket->catalog, bill.performances[i].performance_id);
        err = catalog_set_date(ticket->catalog, &bill.performances[i]);
    }
    arena_release(&arena);
    if (err == 0)
        *ret_number = bill.number;
    return err;
}

/* ---- the calls ---- */

/* An event that the caller manages. NULL after call_fail. */
const struct catalog_event *desk_managed(struct call *call, uint32_t event_id)
{
    struct ticket *ticket = call_state(call);
    const struct catalog_event *event = catalog_event(ticket->catalog, event_id);
    if (!event || catalog_bill(event)->state == PLAYBILL_DELETED) {
        desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "event_id", "no event %u", event_id);
        return NULL;
    }
    return desk_check_event(call, event) == 0 ? event : NULL;
}

static int told(struct call *call, int err)
{
    if (err == ERR_FULL)
        return desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "too many changes of events and dates; more after the next start");
    return err == 0 ? 0 : desk_store_failed(call, err);
}

static int answer_event(struct call *call, const struct catalog_event *event, void *response)
{
    const int err = desk_fill_event(call_state(call), call_arena(call), event, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

int desk_set_bill(struct call *call, const struct catalog_event *event,
                  const struct playbill_event *bill, void *response)
{
    int err = told(call, desk_tell_event(call, bill));
    /* What is shown no more is forgotten; where that fails, with the next change. */
    if (err == 0)
        (void)desk_forget_pictures(call, bill->event_id);
    return err == 0 ? answer_event(call, event, response) : err;
}

int desk_set_state(struct call *call, const struct catalog_event *event, uint32_t state)
{
    struct playbill_event bill = *catalog_bill(event);
    if (bill.state == state)
        return 0;
    bill.state = state;
    if (state == PLAYBILL_PUBLISHED && bill.published_at_ms == 0)
        bill.published_at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())));
    log_event(LOG_INFO, "event.state", log_uint("usher.event", event->event_id),
              log_uint("usher.event.state", state));
    const int err = told(call, desk_tell_event(call, &bill));
    if (err == 0 && state == PLAYBILL_DELETED)
        (void)desk_forget_pictures(call, bill.event_id);
    return err;
}

int ticket_update_event(struct call *call, const void *request, void *response)
{
    const Usher__V1__UpdateEventRequest *wish = request;
    const struct catalog_event *event = desk_managed(call, wish->event_id);
    if (!event)
        return ERR_NOT_FOUND;
    struct playbill_event bill = *catalog_bill(event);
    if (wish->name_choice_case == USHER__V1__UPDATE_EVENT_REQUEST__NAME_CHOICE_NAME)
        bill.name = view_str(wish->name);
    if (wish->description_choice_case ==
        USHER__V1__UPDATE_EVENT_REQUEST__DESCRIPTION_CHOICE_DESCRIPTION)
        bill.description = view_str(wish->description);
    if (wish->poster_choice_case == USHER__V1__UPDATE_EVENT_REQUEST__POSTER_CHOICE_POSTER)
        bill.poster = view_str(wish->poster);
    int err = desk_check_bill(call, bill.name.at, bill.description.at, bill.poster.at);
    return err == 0 ? desk_set_bill(call, event, &bill, response) : err;
}

static int set_and_answer(struct call *call, uint32_t event_id, uint32_t state, void *response)
{
    const struct catalog_event *event = desk_managed(call, event_id);
    if (!event)
        return ERR_NOT_FOUND;
    const int err = desk_set_state(call, event, state);
    return err == 0 ? answer_event(call, event, response) : err;
}

int ticket_publish_event(struct call *call, const void *request, void *response)
{
    const Usher__V1__PublishEventRequest *wish = request;
    return set_and_answer(call, wish->event_id, PLAYBILL_PUBLISHED, response);
}

int ticket_hide_event(struct call *call, const void *request, void *response)
{
    const Usher__V1__HideEventRequest *wish = request;
    return set_and_answer(call, wish->event_id, PLAYBILL_HIDDEN, response);
}

/* Whether anything of the event is held, or was ever sold. Non-zero after call_fail. */
static int check_untouched(struct call *call, const struct catalog_event *event)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    for (uint32_t i = 1; i <= catalog_performance_last(ticket->catalog); i++) {
        const struct catalog_performance *performance = catalog_performance(ticket->catalog, i);
        struct owner_figures figures;
        struct store_order *orders;
        size_t count;
        if (!performance || performance->event != event)
            continue;
        const int err = store->ops->order_scan(store, i, (struct id){0}, 1, call_arena(call),
                                               &orders, &count, call_deadline_ns(call));
        if (err != 0)
            return desk_store_failed(call, err);
        desk_figures(ticket, performance, &figures, call_deadline_ns(call));
        if (count > 0 || figures.counts.held + figures.counts.sold > 0 ||
            figures.sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN)
            return desk_fail(call, CODE_FAILED_PRECONDITION, "EVENT_IN_USE", "event_id",
                             "performance %u is on sale, or has orders or holds: hide the event",
                             i);
    }
    return 0;
}

int ticket_delete_event(struct call *call, const void *request, void *response)
{
    const Usher__V1__DeleteEventRequest *wish = request;
    const struct catalog_event *event = desk_managed(call, wish->event_id);
    if (!event)
        return ERR_NOT_FOUND;
    const int err = check_untouched(call, event);
    return err == 0 ? desk_set_state(call, event, PLAYBILL_DELETED) : err;
}

/* What tickets say of the place, and whether it may be paid later. */
static void change_place(const Usher__V1__UpdatePerformanceRequest *wish,
                         struct playbill_performance *date)
{
    if (wish->doors_choice_case == USHER__V1__UPDATE_PERFORMANCE_REQUEST__DOORS_CHOICE_DOORS_AT_MS)
        date->doors_at_ms = wish->doors_at_ms;
    if (wish->gate_choice_case == USHER__V1__UPDATE_PERFORMANCE_REQUEST__GATE_CHOICE_GATE)
        date->gate = view_str(wish->gate);
    if (wish->venue_address_choice_case ==
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__VENUE_ADDRESS_CHOICE_VENUE_ADDRESS)
        date->address = view_str(wish->venue_address);
    if (wish->pay_later_choice_case ==
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAY_LATER_CHOICE_PAY_LATER_MS)
        date->later_ms = wish->pay_later_ms;
    if (wish->payment_choice_case ==
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAYMENT_CHOICE_PAYMENT_REQUIRED)
        date->payment_required = wish->payment_required;
}

/* A start that is past ends a sale at once: what was meant is another date, or a pause. Non-zero
 * after call_fail. */
static int check_past(struct call *call, const struct catalog_performance *performance)
{
    struct owner_figures figures;
    desk_figures(call_state(call), performance, &figures, call_deadline_ns(call));
    return figures.sale_state != USHER__V1__SALE_STATE__SALE_STATE_OPEN
               ? 0
               : desk_fail(call, CODE_FAILED_PRECONDITION, "SALE_OPEN", "starts_at_ms",
                           "this start is past, and places are on sale: pause the sale first");
}

int ticket_update_performance(struct call *call, const void *request, void *response)
{
    const Usher__V1__UpdatePerformanceRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    if (!performance || !desk_managed(call, performance->event->event_id))
        return ERR_NOT_FOUND;
    struct playbill_performance date = *catalog_date(performance);
    if (wish->starts_at_ms != 0)
        date.starts_at_ms = wish->starts_at_ms;
    if (wish->utc_offset_choice_case ==
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES) {
        date.utc_offset_known = true;
        date.utc_offset_minutes = wish->utc_offset_minutes;
        date.time_zone = VIEW_LIT("");
    }
    if (wish->time_zone[0])
        date.time_zone = view_str(wish->time_zone);
    change_place(wish, &date);
    const int64_t was_ms = catalog_date(performance)->starts_at_ms;
    const bool coming = date.starts_at_ms > clock_wall_ms(loop_clock(sched_loop(sched_current())));
    int err = !coming && date.starts_at_ms != was_ms ? check_past(call, performance) : 0;
    if (err == 0)
        err = desk_check_date(call, &date);
    if (err == 0) /* who has tickets is told; of what was, nobody */
        err = told(call, desk_tell_date(call, &date, coming ? was_ms : 0));
    if (err == 0 && desk_fill_performance(call_arena(call), performance, response) != 0)
        err = desk_store_failed(call, ERR_NO_MEMORY);
    return err;
}
