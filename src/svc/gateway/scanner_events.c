/* What there is to be scanned: organisers, events, performances as subevents, grades as items, and
 * a check-in list for each performance. */
#include <inttypes.h>
#include <string.h>

#include "codec/tree.h"
#include "svc/gateway/scanning.h"

#define ITEMS_EACH 1000 /* numbers of items that a performance has */

/* ---- what is asked of our services ---- */

static const Usher__V1__ListEventsResponse *list_events(struct visit *v)
{
    const Usher__V1__ListEventsRequest ask = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *answer;
    struct client tickets = visit_client(v, &usher__v1__ticket_service__descriptor);
    if (client_call(&tickets, Usher__V1__TicketService, list_events, &ask, &answer) == 0)
        return answer;
    visit_failed(v, &tickets.status);
    return NULL;
}

static bool is_own(const struct visit *v, const Usher__V1__Event *event)
{
    return event->organiser_id == v->device->organiser_id && event->n_performances > 0;
}

/* NULL: there is none, and the answer says so. */
static const Usher__V1__Event *find_event(struct visit *v, struct view number)
{
    const Usher__V1__ListEventsResponse *all = list_events(v);
    uint64_t id;
    if (!all)
        return NULL;
    for (size_t i = 0; i < all->n_events && view_to_u64(number, UINT32_MAX, &id); i++) {
        if (all->events[i]->event_id == id && is_own(v, all->events[i]))
            return all->events[i];
    }
    visit_refuse(v, 403, "You do not have permission to perform this action.");
    return NULL;
}

const Usher__V1__Performance *visit_performance(struct visit *v, struct view number)
{
    Usher__V1__GetPerformanceRequest ask = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *p;
    struct client tickets = visit_client(v, &usher__v1__ticket_service__descriptor);
    uint64_t id;
    if (!view_to_u64(number, UINT32_MAX, &id)) {
        visit_not_found(v);
        return NULL;
    }
    ask.performance_id = (uint32_t)id;
    if (client_call(&tickets, Usher__V1__TicketService, get_performance, &ask, &p) != 0) {
        visit_failed(v, &tickets.status);
        return NULL;
    }
    if (p->organiser_id == v->device->organiser_id)
        return p;
    visit_not_found(v);
    return NULL;
}

/* ---- how it is told ---- */

static json_t *number_text(uint32_t number)
{
    return json_sprintf("%" PRIu32, number);
}

static int64_t first_ms(const Usher__V1__Performance *p)
{
    return p->doors_at_ms > 0 ? p->doors_at_ms : p->starts_at_ms;
}

/* A text of one language, as pretix tells texts; null where there is none. */
static json_t *words(const char *text)
{
    return text[0] ? json_pack("{s:s}", "en", text) : json_null();
}

static json_t *event_json(const struct visit *v, const Usher__V1__Event *event, bool alone)
{
    const Usher__V1__Performance *first = event->performances[0];
    for (size_t i = 1; i < event->n_performances; i++) {
        if (event->performances[i]->starts_at_ms < first->starts_at_ms)
            first = event->performances[i];
    }
    const char *path = arena_printf(v->ask->arena, "/e/%" PRIu32, event->event_id);
    const bool live = event->state == USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED;
    json_t *json = json_pack("{s:o,s:o,s:b,s:b,s:s,s:o,s:n,s:o,s:b,s:n,s:n,s:o,s:n,s:n,s:b}",
                             "name", words(event->name), "slug", number_text(event->event_id),
                             "live", live, "testmode", 0, "currency", first->currency, "date_from",
                             scanning_time(first->starts_at_ms), "date_to", "date_admission",
                             scanning_time(first->doors_at_ms), "is_public", live, "presale_start",
                             "presale_end", "location", words(first->venue_address), "geo_lat",
                             "geo_lon", "has_subevents", 1);
    json_t *rest = json_pack("{s:{},s:n,s:[],s:{},s:s,s:{},s:b,s:[],s:[s],s:s}", "meta_data",
                             "seating_plan", "plugins", "seat_category_mapping", "timezone",
                             first->time_zone[0] ? first->time_zone : "UTC", "item_meta_properties",
                             "all_sales_channels", 1, "limit_sales_channels", "sales_channels",
                             "web", "public_url", visit_url(v, path ? path : "/"));
    if (json && alone) /* no key: a device knows our codes by its list */
        json_object_set_new(json, "valid_keys", json_pack("{s:[]}", "pretix_sig1"));
    if (!json || !rest || json_object_update(json, rest) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(rest);
    return json;
}

static json_t *subevent_json(const Usher__V1__Performance *p)
{
    const bool live = p->event_state == USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED;
    return json_pack("{s:I,s:o,s:o,s:n,s:b,s:o,s:n,s:n,s:o,s:n,s:n,s:o,s:b,s:n,s:n,s:[],s:[],s:{},"
                     "s:{},s:o,s:n}",
                     "id", (json_int_t)p->performance_id, "name", words(p->event_name), "date_from",
                     scanning_time(p->starts_at_ms), "date_to", "active", 1, "date_admission",
                     scanning_time(p->doors_at_ms), "presale_start", "presale_end", "location",
                     words(p->venue_address), "geo_lat", "geo_lon", "event",
                     number_text(p->event_id), "is_public", live, "frontpage_text", "seating_plan",
                     "item_price_overrides", "variation_price_overrides", "meta_data",
                     "seat_category_mapping", "last_modified", scanning_time(scanning_now_ms()),
                     "comment");
}

int64_t scanning_item(uint32_t performance_id, uint32_t category)
{
    return (int64_t)performance_id * ITEMS_EACH + category % ITEMS_EACH;
}

static const char *category_name(const Usher__V1__Performance *p, uint32_t category)
{
    return p->hall && category < p->hall->n_categories ? p->hall->categories[category]->name : "";
}

/* What pretix says of an item and is the same for every grade. */
static const char item_rest[] =
    "{\"free_price\":false,\"free_price_suggestion\":null,\"tax_rate\":\"0.00\",\"tax_rule\":null,"
    "\"available_from\":null,\"available_from_mode\":\"hide\",\"available_until\":null,"
    "\"available_until_mode\":\"hide\",\"require_voucher\":false,\"hide_without_voucher\":false,"
    "\"allow_cancel\":true,\"require_bundling\":false,\"min_per_order\":null,"
    "\"max_per_order\":null,\"program_times\":[],\"original_price\":null,"
    "\"generate_tickets\":null,\"show_quota_left\":null,\"hidden_if_available\":null,"
    "\"hidden_if_item_available\":null,\"hidden_if_item_available_mode\":\"hide\","
    "\"allow_waitinglist\":true,\"require_membership\":false,\"require_membership_types\":[],"
    "\"require_membership_hidden\":false,\"grant_membership_type\":null,"
    "\"grant_membership_duration_like_event\":true,\"grant_membership_duration_days\":0,"
    "\"grant_membership_duration_months\":0,\"validity_mode\":null,\"validity_fixed_from\":null,"
    "\"validity_fixed_until\":null,\"validity_dynamic_duration_minutes\":null,"
    "\"validity_dynamic_duration_hours\":null,\"validity_dynamic_duration_days\":null,"
    "\"validity_dynamic_duration_months\":null,\"validity_dynamic_start_choice\":false,"
    "\"validity_dynamic_start_choice_day_limit\":null,\"sales_channels\":[\"web\"]}";

/* A grade of a performance. */
static json_t *item_json(const Usher__V1__Performance *p, uint32_t category)
{
    json_t *rest = tree_read(view_str(item_rest), 0, NULL);
    json_t *json = json_pack(
        "{s:I,s:n,s:o,s:n,s:b,s:b,s:[],s:n,s:s,s:b,s:b,s:I,s:n,s:b,s:n,s:b,s:[],s:[],s:[],s:b,s:b,"
        "s:{},s:n,s:n}",
        "id", (json_int_t)scanning_item(p->performance_id, category), "category", "name",
        words(category_name(p, category)), "internal_name", "active", 1, "all_sales_channels", 1,
        "limit_sales_channels", "description", "default_price", "0.00", "admission", 1,
        "personalized", 1, "position", (json_int_t)category, "picture", "checkin_attention", 0,
        "checkin_text", "has_variations", 0, "variations", "addons", "bundles", "require_approval",
        0, "issue_giftcard", 0, "meta_data", "media_policy", "media_type");
    if (json && rest)
        json_object_update(json, rest);
    json_decref(rest);
    return json;
}

static const char *list_name(const Usher__V1__Performance *p)
{
    return p->gate[0] ? p->gate : p->hall ? p->hall->name : p->event_name;
}

json_t *scanning_list_of(const Usher__V1__Performance *p)
{
    return json_pack("{s:I,s:s,s:o,s:I,s:b}", "id", (json_int_t)p->performance_id, "name",
                     list_name(p), "event", number_text(p->event_id), "subevent",
                     (json_int_t)p->performance_id, "include_pending", 0);
}

/* Counts of who came are asked for by whoever wants one list: they cost a look at every scan. */
static const Usher__V1__DoorCounts *count(struct visit *v, uint32_t performance_id)
{
    Usher__V1__GetDoorCountsRequest ask = USHER__V1__GET_DOOR_COUNTS_REQUEST__INIT;
    const Usher__V1__DoorCounts *counts;
    struct client door = visit_client(v, &usher__v1__door_service__descriptor);
    ask.performance_id = performance_id;
    return client_call(&door, Usher__V1__DoorService, get_door_counts, &ask, &counts) == 0 ? counts
                                                                                           : NULL;
}

static json_t *checkin_list_json(struct visit *v, const Usher__V1__Performance *p)
{
    const Usher__V1__DoorCounts *counts = count(v, p->performance_id);
    return json_pack("{s:I,s:s,s:b,s:[],s:I,s:I,s:I,s:b,s:b,s:b,s:{},s:n,s:b,s:b,s:b}", "id",
                     (json_int_t)p->performance_id, "name", list_name(p), "all_products", 1,
                     "limit_products", "subevent", (json_int_t)p->performance_id, "checkin_count",
                     (json_int_t)(counts ? counts->came : 0), "position_count",
                     (json_int_t)(counts ? counts->tickets : 0), "include_pending", 0,
                     "allow_multiple_entries", 0, "allow_entry_after_exit", 1, "rules",
                     "exit_all_at", "addon_match", 0, "ignore_in_statistics", 0,
                     "consider_tickets_used", 1);
}

/* ---- the answers ---- */

static void answer_organizers(struct visit *v)
{
    const char *path = "/";
    json_t *one = json_pack("{s:s,s:o,s:s,s:[]}", "name", v->device->organiser_name, "slug",
                            number_text(v->device->organiser_id), "public_url", visit_url(v, path),
                            "plugins");
    if (v->part_count > 1)
        visit_answer(v, 200, one);
    else
        visit_answer_list(v, json_pack("[o]", one));
}

static void answer_events(struct visit *v)
{
    const Usher__V1__ListEventsResponse *all = list_events(v);
    if (!all)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < all->n_events; i++) {
        if (is_own(v, all->events[i]))
            json_array_append_new(list, event_json(v, all->events[i], false));
    }
    visit_answer_list(v, list);
}

static void answer_subevents(struct visit *v, const Usher__V1__Event *event)
{
    json_t *list = json_array();
    for (size_t i = 0; i < event->n_performances; i++)
        json_array_append_new(list, subevent_json(event->performances[i]));
    visit_answer_list(v, list);
}

static void answer_items(struct visit *v, const Usher__V1__Event *event)
{
    json_t *list = json_array();
    for (size_t i = 0; i < event->n_performances; i++) {
        const Usher__V1__Performance *p = event->performances[i];
        for (uint32_t k = 0; p->hall && k < p->hall->n_categories; k++)
            json_array_append_new(list, item_json(p, k));
    }
    visit_answer_list(v, list);
}

static void answer_lists(struct visit *v, const Usher__V1__Event *event)
{
    const char *of = visit_query(v, "subevent");
    const char *match = of[0] ? of : visit_query(v, "subevent_match");
    uint64_t only;
    const bool filtered = view_to_u64(view_str(match), UINT32_MAX, &only);
    json_t *list = json_array();
    for (size_t i = 0; i < event->n_performances; i++) {
        if (!filtered || event->performances[i]->performance_id == only)
            json_array_append_new(list, checkin_list_json(v, event->performances[i]));
    }
    visit_answer_list(v, list);
}

/* How many came, and are inside. */
static void answer_status(struct visit *v, const Usher__V1__Performance *p)
{
    const Usher__V1__DoorCounts *counts = count(v, p->performance_id);
    if (!counts) {
        visit_refuse(v, 503, "The counts cannot be read now.");
        return;
    }
    visit_answer(v, 200,
                 json_pack("{s:{s:s},s:I,s:I,s:I,s:[]}", "event", "name", p->event_name,
                           "checkin_count", (json_int_t)counts->came, "position_count",
                           (json_int_t)counts->tickets, "inside_count", (json_int_t)counts->inside,
                           "items"));
}

/* …/checkinlists/L/… */
static void answer_list_path(struct visit *v, const Usher__V1__Event *event)
{
    const Usher__V1__Performance *p = visit_performance(v, v->parts[5]);
    const struct view what = v->part_count > 6 ? v->parts[6] : (struct view){0};
    const bool post = visit_is_post(v);
    if (!p || p->event_id != event->event_id)
        visit_refuse(v, 404, "No CheckinList matches the given query.");
    else if (what.len == 0 && !post)
        visit_answer(v, 200, checkin_list_json(v, p));
    else if (view_eq(what, VIEW_LIT("status")) && !post)
        answer_status(v, p);
    else if (view_eq(what, VIEW_LIT("positions")) && v->part_count == 7 && !post)
        visit_search(v, p);
    else if (view_eq(what, VIEW_LIT("positions")) && v->part_count == 9 && post &&
             view_eq(v->parts[8], VIEW_LIT("redeem")))
        visit_redeem(v, v->parts[5], v->parts[7]);
    else if (view_eq(what, VIEW_LIT("failed_checkins")) && post)
        visit_failed_scan(v, p);
    else
        visit_not_found(v);
}

static void answer_one_subevent(struct visit *v, const Usher__V1__Event *event)
{
    const Usher__V1__Performance *p = visit_performance(v, v->parts[5]);
    if (p && p->event_id == event->event_id)
        visit_answer(v, 200, subevent_json(p));
    else
        visit_refuse(v, 404, "No SubEvent matches the given query.");
}

/* What an event of ours never has: an empty list. */
static bool is_always_empty(struct view what)
{
    static const char *const names[] = {"categories", "questions", "badgelayouts", "badgeitems"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (view_eq(what, view_str(names[i])))
            return true;
    }
    return false;
}

/* …/events/E/… */
static void answer_event_path(struct visit *v)
{
    const Usher__V1__Event *event = find_event(v, v->parts[3]);
    const struct view what = v->part_count > 4 ? v->parts[4] : (struct view){0};
    const bool one = v->part_count > 5;
    if (!event)
        return;
    if (view_eq(what, VIEW_LIT("checkinlists")) && one)
        answer_list_path(v, event);
    else if (visit_is_post(v))
        visit_not_found(v);
    else if (what.len == 0)
        visit_answer(v, 200, event_json(v, event, true));
    else if (view_eq(what, VIEW_LIT("subevents")) && one)
        answer_one_subevent(v, event);
    else if (view_eq(what, VIEW_LIT("subevents")))
        answer_subevents(v, event);
    else if (view_eq(what, VIEW_LIT("items")) && !one)
        answer_items(v, event);
    else if (view_eq(what, VIEW_LIT("checkinlists")))
        answer_lists(v, event);
    else if (view_eq(what, VIEW_LIT("settings")))
        visit_answer(v, 200,
                     json_pack("{s:s,s:s,s:[s,s]}", "timezone", event->performances[0]->time_zone,
                               "locale", "ko", "locales", "ko", "en"));
    else if (view_eq(what, VIEW_LIT("orders")))
        visit_orders(v);
    else if (view_eq(what, VIEW_LIT("revokedsecrets")))
        visit_revoked(v);
    else if (view_eq(what, VIEW_LIT("blockedsecrets")))
        visit_blocked(v);
    else if (is_always_empty(what) && !one)
        visit_answer_list(v, json_array());
    else
        visit_not_found(v);
}

bool visit_events(struct visit *v)
{
    if (v->part_count <= 2 && !visit_is_post(v))
        answer_organizers(v);
    else if (view_eq(v->parts[2], VIEW_LIT("events")) && v->part_count == 3 && !visit_is_post(v))
        answer_events(v);
    else if (view_eq(v->parts[2], VIEW_LIT("events")) && v->part_count > 3)
        answer_event_path(v);
    else
        return false;
    return true;
}

/* ---- which one it is now ---- */

static int64_t day_of(const Usher__V1__Performance *clock, int64_t at_ms)
{
    const int64_t local_ms = at_ms + clock->utc_offset_minutes * INT64_C(60000);
    return local_ms / 86400000 - (local_ms % 86400000 < 0);
}

/* The one that began last, and the one that begins next; NULL: there is none. */
static void around(const struct visit *v, const Usher__V1__ListEventsResponse *all, int64_t now_ms,
                   const Usher__V1__Performance **ret_last, const Usher__V1__Performance **ret_next)
{
    *ret_last = *ret_next = NULL;
    for (size_t i = 0; i < all->n_events; i++) {
        const Usher__V1__Event *event = all->events[i];
        if (!is_own(v, event) || event->state != USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED)
            continue;
        for (size_t k = 0; k < event->n_performances; k++) {
            const Usher__V1__Performance *p = event->performances[k];
            const int64_t at_ms = first_ms(p);
            if (at_ms <= now_ms && (!*ret_last || at_ms > first_ms(*ret_last)))
                *ret_last = p;
            if (at_ms > now_ms && (!*ret_next || at_ms < first_ms(*ret_next)))
                *ret_next = p;
        }
    }
}

/* That of today; where both are, or neither, the nearer one. */
static const Usher__V1__Performance *choose(const Usher__V1__Performance *last,
                                            const Usher__V1__Performance *next, int64_t now_ms)
{
    if (!last || !next)
        return last ? last : next;
    const bool last_today = day_of(next, last->starts_at_ms) == day_of(next, now_ms);
    const bool next_today = day_of(next, next->starts_at_ms) == day_of(next, now_ms);
    if (last_today != next_today)
        return last_today ? last : next;
    return now_ms > last->starts_at_ms + (first_ms(next) - last->starts_at_ms) / 2 ? next : last;
}

void visit_select(struct visit *v)
{
    const Usher__V1__ListEventsResponse *all = list_events(v);
    const Usher__V1__Performance *last, *next;
    const int64_t now_ms = scanning_now_ms();
    uint64_t event = 0, subevent = 0, list = 0;
    if (!all)
        return;
    around(v, all, now_ms, &last, &next);
    const Usher__V1__Performance *p = choose(last, next, now_ms);
    (void)view_to_u64(view_str(visit_query(v, "current_event")), UINT32_MAX, &event);
    (void)view_to_u64(view_str(visit_query(v, "current_subevent")), UINT32_MAX, &subevent);
    (void)view_to_u64(view_str(visit_query(v, "current_checkinlist")), UINT32_MAX, &list);
    if (!p ||
        (event == p->event_id && subevent == p->performance_id && list == p->performance_id)) {
        v->status = p ? 304 : 404;
        return;
    }
    visit_answer(v, 200,
                 json_pack("{s:{s:o,s:s},s:I,s:I}", "event", "slug", number_text(p->event_id),
                           "name", p->event_name, "subevent", (json_int_t)p->performance_id,
                           "checkinlist", (json_int_t)p->performance_id));
}
