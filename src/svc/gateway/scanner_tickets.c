/* Tickets, as positions of orders: those of a performance, found by a name, and codes that are
 * good no more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"
#include "mem/id.h"
#include "svc/gateway/scanning.h"

#define ASKED_MIN 3 /* characters of a search: fewer find everybody */

/* ---- a position ---- */

/* A number that is its own, of 53 bits: its order's low 32, then its seat. */
static int64_t position_id(const struct position *p)
{
    struct id id = {0};
    (void)id_parse(view_str(p->order_id), &id);
    uint8_t bytes[ID_BYTES];
    id_to_bytes(id, bytes);
    uint64_t low = 0;
    for (size_t i = ID_BYTES - 4; i < ID_BYTES; i++)
        low = low << 8 | bytes[i];
    return (int64_t)(low << 21 | (p->seat & 0x1fffff));
}

static json_t *checkins_of(const struct position *p)
{
    if (p->inside_at_ms == 0)
        return json_array();
    return json_pack("[{s:I,s:o,s:I,s:b,s:n,s:n,s:n,s:s}]", "id", (json_int_t)position_id(p),
                     "datetime", scanning_time(p->inside_at_ms), "list",
                     (json_int_t)p->performance_id, "auto_checked_in", 0, "gate", "device",
                     "device_id", "type", "entry");
}

static json_t *seat_of(const struct position *p)
{
    return json_pack("{s:I,s:s,s:o,s:s,s:s,s:n,s:n,s:s}", "id", (json_int_t)p->seat + 1, "name",
                     p->label, "seat_guid", json_sprintf("%" PRIu32, p->seat), "zone_name", "",
                     "row_name", "", "row_label", "seat_label", "seat_number", "");
}

static json_t *name_parts(const char *name)
{
    return name[0] ? json_pack("{s:s,s:s}", "_scheme", "full", "full_name", name) : json_object();
}

json_t *scanning_position(const struct position *p, bool at_door)
{
    json_t *json = json_pack(
        "{s:I,s:s,s:I,s:I,s:n,s:s,s:s*,s:o,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:s,s:s,s:s,s:n,s:I}",
        "id", (json_int_t)position_id(p), "order", p->order_number, "positionid",
        (json_int_t)p->seat + 1, "item", (json_int_t)scanning_item(p->performance_id, p->category),
        "variation", "price", "0.00", "attendee_name", p->name[0] ? p->name : NULL,
        "attendee_name_parts", name_parts(p->name), "company", "street", "zipcode", "city",
        "country", "state", "attendee_email", "voucher", "tax_rate", "0.00", "tax_value", "0.00",
        "secret", p->secret, "addon_to", "subevent", (json_int_t)p->performance_id);
    json_t *rest =
        json_pack("{s:o,s:[],s:[],s:[],s:n,s:s,s:o,s:n,s:n,s:o}", "checkins", checkins_of(p),
                  "print_logs", "downloads", "answers", "tax_rule", "pseudonymization_id",
                  p->order_number, "seat", seat_of(p), "valid_from", "valid_until", "blocked",
                  p->blocked ? json_pack("[s]", "admin") : json_null());
    json_t *more = at_door ? json_pack("{s:b,s:s,s:b,s:b,s:s}", "require_attention",
                                       p->price_type && p->price_type->proof, "order__status",
                                       p->canceled ? "c"
                                       : p->unpaid ? "n"
                                                   : "p",
                                       "order__valid_if_pending", 0, "order__require_approval", 0,
                                       "order__locale", "ko")
                           : json_pack("{s:b,s:n,s:n,s:n,s:{}}", "canceled", p->canceled,
                                       "discount", "tax_code", "voucher_budget_use", "plugin_data");
    const bool whole = json && rest && more && json_object_update(json, rest) == 0 &&
                       json_object_update(json, more) == 0;
    if (json && !p->name[0])
        json_object_set_new(json, "attendee_name", json_null());
    json_decref(rest);
    json_decref(more);
    if (whole)
        return json;
    json_decref(json);
    return NULL;
}

static struct position position_of(uint32_t performance_id, const Usher__V1__DoorTicket *t)
{
    return (struct position){
        .performance_id = performance_id,
        .category = t->category,
        .seat = t->seat,
        .order_id = t->order_id,
        .order_number = t->order_number,
        .label = t->label,
        .name = t->name,
        .secret = t->signed_code,
        .price_type = t->price_type,
        .inside_at_ms = t->inside ? t->inside_at_ms : 0,
        .blocked = t->refused == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_BLOCKED,
        .unpaid = t->refused == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_UNPAID};
}

/* ---- the list of a door, page by page ---- */

/* One page, in the arena; NULL: it cannot be had, as the answer says. */
static const Usher__V1__DoorList *read_page(struct visit *v, uint32_t performance_id,
                                            const char *token, struct arena *arena)
{
    Usher__V1__GetDoorListRequest ask = USHER__V1__GET_DOOR_LIST_REQUEST__INIT;
    const Usher__V1__DoorList *list;
    struct client door = visit_client(v, &usher__v1__door_service__descriptor);
    door.arena = arena;
    ask.performance_id = performance_id;
    ask.page_token = (char *)token;
    ask.codes = true;
    if (client_call(&door, Usher__V1__DoorService, get_door_list, &ask, &list) == 0)
        return list;
    visit_failed(v, &door.status);
    return NULL;
}

int visit_tickets(struct visit *v, uint32_t performance_id,
                  int (*each)(void *arg, const Usher__V1__DoorList *list), void *arg)
{
    struct arena arena;
    char token[128] = "";
    int err = 0;
    do {
        arena_init(&arena, SCANNING_ARENA_MAX);
        const Usher__V1__DoorList *list = read_page(v, performance_id, token, &arena);
        err = !list                                            ? ERR_UNAVAILABLE
              : strlen(list->next_page_token) >= sizeof(token) ? ERR_CORRUPT
                                                               : each(arg, list);
        if (err == 0)
            snprintf(token, sizeof(token), "%s", list->next_page_token);
        arena_release(&arena);
    } while (err == 0 && token[0]);
    return err;
}

/* ---- searching ---- */

struct finding {
    const struct visit *v;
    uint32_t performance_id;
    const char *text;
    json_t *found;
};

static bool is_meant(const Usher__V1__DoorTicket *t, const char *text)
{
    return strcasestr(t->name, text) || strcasestr(t->order_number, text) ||
           strcasestr(t->label, text) || strncmp(t->signed_code, text, strlen(text)) == 0;
}

static int find_in(void *arg, const Usher__V1__DoorList *list)
{
    struct finding *f = arg;
    for (size_t i = 0; i < list->n_tickets && json_array_size(f->found) < SCANNING_PAGE; i++) {
        const struct position p = position_of(f->performance_id, list->tickets[i]);
        if (is_meant(list->tickets[i], f->text) &&
            json_array_append_new(f->found, scanning_position(&p, true)) != 0)
            return ERR_NO_MEMORY;
    }
    return json_array_size(f->found) < SCANNING_PAGE ? 0 : ERR_FULL;
}

void visit_search(struct visit *v, const Usher__V1__Performance *p)
{
    struct finding f = {.v = v,
                        .performance_id = p->performance_id,
                        .text = visit_query(v, "search"),
                        .found = json_array()};
    const int err =
        strlen(f.text) < ASKED_MIN ? 0 : visit_tickets(v, p->performance_id, find_in, &f);
    if (err == 0 || err == ERR_FULL)
        visit_answer_list(v, f.found);
    else
        json_decref(f.found);
    if (err == ERR_NO_MEMORY || err == ERR_CORRUPT)
        visit_answer(v, 500, NULL);
}

/* ---- orders, for a device that goes on without the network ---- */

static json_t *order_json(const Usher__V1__Performance *p, const char *number, bool canceled,
                          bool unpaid, json_t *positions)
{
    json_t *json =
        json_pack("{s:s,s:o,s:s,s:b,s:s,s:s,s:n,s:s,s:o,s:o,s:n,s:n,s:[],s:s,s:s,s:s,s:n,s:n}",
                  "code", number, "event", json_sprintf("%" PRIu32, p->event_id), "status",
                  canceled ? "c"
                  : unpaid ? "n"
                           : "p",
                  "testmode", 0, "secret", "", "email", "", "phone", "locale", "ko", "datetime",
                  scanning_time(scanning_now_ms()), "expires", scanning_time(p->starts_at_ms),
                  "payment_date", "payment_provider", "fees", "total", "0.00", "tax_rounding_mode",
                  "line", "comment", "", "custom_followup_at", "invoice_address");
    json_t *rest =
        json_pack("{s:o,s:[],s:b,s:n,s:o,s:[],s:[],s:b,s:s,s:s,s:n,s:b,s:{},s:n,s:{}}", "positions",
                  positions, "downloads", "checkin_attention", 0, "checkin_text", "last_modified",
                  scanning_time(scanning_now_ms()), "payments", "refunds", "require_approval", 0,
                  "sales_channel", "web", "url", "", "customer", "valid_if_pending", 0, "api_meta",
                  "cancellation_date", "plugin_data");
    if (json && rest)
        json_object_update(json, rest);
    json_decref(rest);
    return json;
}

/* The orders of a page of the list, each with its positions; they stand one behind the other. */
static json_t *orders_of(const Usher__V1__Performance *p, const Usher__V1__DoorList *list)
{
    json_t *orders = json_array();
    for (size_t i = 0; i < list->n_tickets;) {
        const Usher__V1__DoorTicket *first = list->tickets[i];
        json_t *positions = json_array();
        for (; i < list->n_tickets && strcmp(list->tickets[i]->order_id, first->order_id) == 0;
             i++) {
            const struct position position = position_of(p->performance_id, list->tickets[i]);
            json_array_append_new(positions, scanning_position(&position, false));
        }
        json_array_append_new(
            orders, order_json(p, first->order_number, false,
                               first->refused == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_UNPAID,
                               positions));
    }
    for (size_t i = 0; i < list->n_canceled; i++)
        json_array_append_new(orders, order_json(p, list->canceled[i], true, false, json_array()));
    return orders;
}

/* A device says which performance it wants; page is where the page before ended. */
void visit_orders(struct visit *v)
{
    const char *subevent = visit_query(v, "subevent");
    const Usher__V1__Performance *p = visit_performance(v, view_str(subevent));
    const Usher__V1__DoorList *list =
        p ? read_page(v, p->performance_id, visit_query(v, "page"), v->ask->arena) : NULL;
    if (!list)
        return;
    json_t *orders = orders_of(p, list);
    json_t *next = json_null();
    if (list->next_page_token[0]) {
        const char *path =
            arena_printf(v->ask->arena, "%.*s?subevent=%" PRIu32 "&page=%s", VIEW_ARG(v->ask->path),
                         p->performance_id, list->next_page_token);
        next = json_string(visit_url(v, path ? path : "/"));
    }
    visit_answer(v, 200,
                 json_pack("{s:I,s:o,s:n,s:o}", "count", (json_int_t)json_array_size(orders),
                           "next", next, "previous", "results", orders));
}

/* ---- codes that are good no more ---- */

struct secrets {
    json_t *list;
    bool blocked; /* those that are blocked; else those of earlier generations */
};

static void add_secret(struct secrets *s, const char *secret)
{
    const json_int_t id = (json_int_t)json_array_size(s->list) + 1;
    json_array_append_new(
        s->list, s->blocked ? json_pack("{s:I,s:s,s:o,s:b}", "id", id, "secret", secret, "updated",
                                        scanning_time(scanning_now_ms()), "blocked", 1)
                            : json_pack("{s:I,s:s,s:o}", "id", id, "secret", secret, "created",
                                        scanning_time(scanning_now_ms())));
}

static int add_secrets(void *arg, const Usher__V1__DoorList *list)
{
    struct secrets *s = arg;
    for (size_t i = 0; s->blocked && i < list->n_tickets; i++) {
        if (list->tickets[i]->refused == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_BLOCKED)
            add_secret(s, list->tickets[i]->signed_code);
    }
    for (size_t i = 0; !s->blocked && i < list->n_revoked; i++) {
        for (size_t k = 0; k < list->revoked[i]->n_codes; k++)
            add_secret(s, list->revoked[i]->codes[k]);
    }
    return s->blocked ? 0 : ERR_FULL; /* those of all stand on the first page */
}

static void answer_secrets(struct visit *v, bool blocked)
{
    struct secrets s = {.list = json_array(), .blocked = blocked};
    const Usher__V1__Performance *p = visit_performance(v, view_str(visit_query(v, "subevent")));
    const int err = p ? visit_tickets(v, p->performance_id, add_secrets, &s) : ERR_NOT_FOUND;
    if (err == 0 || err == ERR_FULL)
        visit_answer_list(v, s.list);
    else
        json_decref(s.list);
}

void visit_revoked(struct visit *v)
{
    answer_secrets(v, false);
}

void visit_blocked(struct visit *v)
{
    answer_secrets(v, true);
}
