#include <stdlib.h>

#include "sale/currency.h"
#include "sale/order_number.h"
#include "sale/payment.h"
#include "svc/ticket/desk.h"

char *desk_id(struct arena *arena, struct id id)
{
    char text[ID_TEXT_CHARS + 1];
    id_format(id, text);
    return arena_copy(arena, view_str(text));
}

char *desk_label(struct arena *arena, const struct catalog_performance *performance, uint32_t seat)
{
    char text[HALL_LABEL_MAX];
    hall_seat_label(performance->hall->hall, seat, text, sizeof(text));
    return arena_copy(arena, view_str(text));
}

const struct catalog_performance *desk_performance(struct call *call, uint32_t performance_id)
{
    struct ticket *ticket = call_state(call);
    const struct catalog_performance *performance =
        catalog_performance(ticket->catalog, performance_id);
    /* Another process may have made it just now. */
    if (!performance && ticket->elsewhere && performance_id > 0 &&
        performance_id <= STORE_PERFORMANCES_MAX && desk_load_catalog(ticket) == 0)
        performance = catalog_performance(ticket->catalog, performance_id);
    if (!performance)
        desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "performance_id", "no performance %u",
                  performance_id);
    return performance;
}

int desk_fill_hall(struct arena *arena, const struct catalog_hall *entry, Usher__V1__Hall *ret_hall)
{
    const struct hall *hall = entry->hall;
    usher__v1__hall__init(ret_hall);
    ret_hall->hall_id = entry->hall_id;
    ret_hall->name = arena_copy(arena, hall->name);
    ret_hall->layout_hash = (char *)entry->layout_hash;
    ret_hall->place_count = hall->place_count;
    ret_hall->section_count = hall->section_count;
    ret_hall->categories = entry->seat_map->categories;
    ret_hall->n_categories = entry->seat_map->n_categories;
    return ret_hall->name ? 0 : ERR_NO_MEMORY;
}

static int fill_prices(struct arena *arena, const struct catalog_performance *performance,
                       uint32_t number, Usher__V1__Performance *ret_performance)
{
    const uint32_t count = performance->hall->hall->category_count;
    const struct price_list *valid = catalog_price_list(performance, number);
    Usher__V1__Price *prices = arena_alloc(arena, count * sizeof(*prices));
    Usher__V1__Price **list = arena_alloc(arena, count * sizeof(*list));
    if (!prices || !list || !valid)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = i;
        prices[i].amount = price_list_amount(valid, i);
        list[i] = &prices[i];
    }
    ret_performance->prices = list;
    ret_performance->n_prices = count;
    ret_performance->n_price_types = valid->type_count;
    ret_performance->takes_codes = valid->code_count > 0;
    Usher__V1__PriceHidden *hidden;
    if (price_list_hidden(valid, arena, &hidden) != 0)
        return ERR_NO_MEMORY;
    if (hidden) {
        ret_performance->n_hidden_categories = hidden->n_categories;
        ret_performance->hidden_categories = hidden->categories;
    }
    if (price_list_rules(valid, arena, &ret_performance->rules) != 0)
        return ERR_NO_MEMORY;
    return price_list_types(valid, arena, &ret_performance->price_types);
}

void desk_fill_counts(const struct seats_counts *counts, Usher__V1__Counts *ret_counts)
{
    usher__v1__counts__init(ret_counts);
    ret_counts->free = counts->free;
    ret_counts->held = counts->held;
    ret_counts->sold = counts->sold;
    ret_counts->resting = counts->resting;
    ret_counts->blocked = counts->blocked;
    ret_counts->offered = counts->offered;
}

struct seats_counts desk_read_counts(const Usher__V1__Counts *counts)
{
    return counts ? (struct seats_counts){.free = counts->free,
                                          .held = counts->held,
                                          .sold = counts->sold,
                                          .resting = counts->resting,
                                          .blocked = counts->blocked,
                                          .offered = counts->offered}
                  : (struct seats_counts){0};
}

int desk_fill_performance(struct arena *arena, const struct catalog_performance *performance,
                          Usher__V1__Performance *ret_performance)
{
    const struct playbill_performance *date = catalog_date(performance);
    struct owner_figures figures;
    owner_figures(performance->owner, &figures);
    usher__v1__performance__init(ret_performance);
    Usher__V1__Hall *hall = arena_alloc(arena, sizeof(*hall));
    Usher__V1__Counts *counts = arena_alloc(arena, sizeof(*counts));
    ret_performance->event_name = arena_copy(arena, catalog_bill(performance->event)->name);
    if (!hall || !counts || !ret_performance->event_name)
        return ERR_NO_MEMORY;
    desk_fill_counts(&figures.counts, counts);
    ret_performance->performance_id = performance->performance_id;
    ret_performance->event_id = performance->event->event_id;
    ret_performance->organiser_id = performance->event->organiser_id;
    ret_performance->hall = hall;
    ret_performance->starts_at_ms = date->starts_at_ms;
    if (date->utc_offset_known) {
        ret_performance->utc_offset_choice_case =
            USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
        ret_performance->utc_offset_minutes = date->utc_offset_minutes;
    }
    ret_performance->time_zone =
        (char *)date->time_zone.at; /* NUL-terminated, and there for good */
    ret_performance->pay_later_ms = date->later_ms;
    ret_performance->payment_required = date->payment_required;
    ret_performance->doors_at_ms = date->doors_at_ms;
    ret_performance->gate = (char *)date->gate.at;
    ret_performance->venue_address = (char *)date->address.at;
    ret_performance->event_state = (Usher__V1__EventState)catalog_bill(performance->event)->state;
    ret_performance->sale_state = (Usher__V1__SaleState)figures.sale_state;
    ret_performance->currency = (char *)performance->currency;
    ret_performance->currency_digits = currency_digits(view_str(performance->currency));
    ret_performance->hold_ttl_ms = performance->hold_ttl_ms;
    ret_performance->key_life_ms = performance->hold_ttl_ms + OWNER_KEY_KEEP_MS;
    ret_performance->places_max = performance->places_max;
    ret_performance->rest_ms = performance->rest_ms;
    ret_performance->person_rule = (Usher__V1__PersonRule)performance->person_rule;
    ret_performance->counts = counts;
    ret_performance->version = figures.version;
    ret_performance->price_list = figures.price_list;
    ret_performance->notice_id = feed_notice(performance->feed);
    ret_performance->offer_ms = figures.offer_ms;
    int err = desk_fill_hall(arena, performance->hall, hall);
    return err == 0 ? fill_prices(arena, performance, figures.price_list, ret_performance) : err;
}

/* A first ticket has the short code, which costs the least where a crowd buys; its followers have
 * the signed one. */
static char *write_code(struct ticket *ticket, struct arena *arena, const struct ticket_ref *ref,
                        uint32_t performance_id)
{
    char code[CODE_TEXT_MAX];
    if (ref->generation == 0)
        ticket_code_write(ticket->codes.short_key, ref->order_id, ref->seat, code);
    else
        signed_code_write(ticket->codes.secret_key, ref, performance_id, code);
    return arena_copy(arena, view_str(code));
}

/* The plan's own words for the row and the seat; empty where it has none. */
static bool fill_words(struct arena *arena, const struct hall *hall, const struct hall_seat *seat,
                       Usher__V1__Ticket *ticket)
{
    if (seat->row == HALL_NO_ROW)
        return true;
    const struct hall_row *row = &hall->rows[seat->row];
    if (row->label.len > 0)
        ticket->row_label = arena_copy(arena, row->label);
    if (row->seat_before.at)
        ticket->seat_label = arena_printf(arena, "%.*s%.*s%.*s", VIEW_ARG(row->seat_before),
                                          VIEW_ARG(seat->number), VIEW_ARG(row->seat_after));
    return ticket->row_label && ticket->seat_label;
}

/* Who it is for, without what it costs; of the list that its order was promised by. */
static bool fill_type(struct arena *arena, const struct catalog_performance *performance,
                      uint32_t seat, struct view amounts, Usher__V1__Ticket *ret_ticket)
{
    const struct price_list *list = catalog_price_list(performance, store_amounts_list(amounts));
    const struct price_type *type =
        list ? price_list_type(list, store_amounts_type(amounts, seat)) : NULL;
    if (!type)
        return true;
    Usher__V1__PriceType *told = arena_alloc(arena, sizeof(*told));
    if (!told)
        return false;
    usher__v1__price_type__init(told);
    told->number = type->number;
    told->korean = (char *)type->korean; /* in the catalog, for good; so the next */
    told->english = (char *)type->english;
    told->proof = type->proof;
    told->companion = type->companion;
    ret_ticket->price_type = told;
    return true;
}

/* amounts: of its order. holder: whom it was passed on to, whose code then is told to nobody else;
 * empty: nobody. */
static int fill_ticket(struct ticket *ticket, struct arena *arena,
                       const struct catalog_performance *performance, const struct ticket_ref *ref,
                       struct view amounts, struct view holder, Usher__V1__Ticket *ret_ticket)
{
    const struct hall *hall = performance->hall->hall;
    const struct hall_seat *seat = &hall->seats[ref->seat];
    const struct view row =
        seat->row == HALL_NO_ROW ? (struct view){0} : hall->rows[seat->row].name;
    usher__v1__ticket__init(ret_ticket);
    if (holder.len > 0)
        ret_ticket->passed_to = arena_copy(arena, holder);
    else
        ret_ticket->ticket_code = write_code(ticket, arena, ref, performance->performance_id);
    ret_ticket->seat = ref->seat;
    ret_ticket->label = desk_label(arena, performance, ref->seat);
    ret_ticket->category = seat->category;
    if (!store_amounts_find(amounts, ref->seat, &ret_ticket->amount))
        ret_ticket->amount =
            price_list_amount(catalog_price_list(performance, 0), ret_ticket->category);
    ret_ticket->section = arena_copy(arena, hall->sections[seat->section].name);
    ret_ticket->row = arena_copy(arena, row);
    ret_ticket->number = arena_copy(arena, seat->number);
    ret_ticket->category_name = arena_copy(arena, hall->categories[seat->category].name);
    ret_ticket->generation = ref->generation;
    ret_ticket->kind = (Usher__V1__SeatKind)seat->kind;
    return fill_words(arena, hall, seat, ret_ticket) &&
                   fill_type(arena, performance, ref->seat, amounts, ret_ticket) &&
                   ret_ticket->ticket_code && ret_ticket->passed_to && ret_ticket->label &&
                   ret_ticket->section && ret_ticket->row && ret_ticket->number &&
                   ret_ticket->category_name
               ? 0
               : ERR_NO_MEMORY;
}

static char *write_number(struct arena *arena, struct id order_id)
{
    char number[ORDER_NUMBER_CHARS + 1];
    order_number_write(order_id, number);
    return arena_copy(arena, view_str(number));
}

static int fill_moves(struct arena *arena, struct view amounts, Usher__V1__Order *ret_order)
{
    uint32_t from, to;
    while (store_amounts_moved(amounts, ret_order->n_moves, &from, &to)) {
        Usher__V1__SeatMove *move = arena_alloc(arena, sizeof(*move));
        if (ret_order->n_moves == 0)
            ret_order->moves =
                arena_alloc(arena, STORE_MOVED_SEATS_MAX * sizeof(*ret_order->moves));
        if (!move || !ret_order->moves)
            return ERR_NO_MEMORY;
        usher__v1__seat_move__init(move);
        move->from = from;
        move->to = to;
        ret_order->moves[ret_order->n_moves++] = move;
    }
    return 0;
}

int desk_fill_order(struct ticket *ticket, struct arena *arena, const struct store_order *order,
                    const struct generation *generations, size_t generation_count,
                    Usher__V1__Order *ret_order)
{
    const struct catalog_performance *performance =
        catalog_performance(ticket->catalog, order->performance_id);
    const size_t count = store_seat_count(order->seats);
    usher__v1__order__init(ret_order);
    Usher__V1__Ticket *tickets = arena_alloc(arena, count * sizeof(*tickets));
    Usher__V1__Ticket **list = arena_alloc(arena, count * sizeof(*list));
    if (!performance)
        return ERR_CORRUPT;
    ret_order->order_id = desk_id(arena, order->order_id);
    ret_order->order_number = write_number(arena, order->order_id);
    ret_order->account_id = desk_id(arena, order->account_id);
    ret_order->event_name = arena_copy(arena, catalog_bill(performance->event)->name);
    ret_order->hall_name = arena_copy(arena, performance->hall->hall->name);
    if (!tickets || !list || !ret_order->order_id || !ret_order->order_number ||
        !ret_order->account_id || !ret_order->event_name || !ret_order->hall_name)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const uint32_t seat = store_seat_at(order->seats, i);
        if (seat >= performance->hall->hall->place_count)
            return ERR_CORRUPT;
        const struct ticket_ref ref = {
            order->order_id, seat,
            (uint16_t)generation_in(generations, generation_count, order->order_id, seat)};
        const struct view holder =
            generation_holder_in(generations, generation_count, order->order_id, seat);
        int err =
            fill_ticket(ticket, arena, performance, &ref, order->amounts, holder, &tickets[i]);
        if (err != 0)
            return err;
        list[i] = &tickets[i];
    }
    ret_order->performance_id = order->performance_id;
    const struct playbill_performance *date = catalog_date(performance);
    ret_order->starts_at_ms = date->starts_at_ms;
    ret_order->doors_at_ms = date->doors_at_ms;
    ret_order->gate = (char *)date->gate.at; /* NUL-terminated, and there for good; so the next */
    ret_order->venue_address = (char *)date->address.at;
    if (date->utc_offset_known) {
        ret_order->utc_offset_choice_case = USHER__V1__ORDER__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
        ret_order->utc_offset_minutes = date->utc_offset_minutes;
    }
    ret_order->state = (Usher__V1__OrderState)order->state;
    ret_order->payment_method = (Usher__V1__PaymentMethod)order->payment_method;
    /* A cancelled order has no tickets; its seats may be somebody else's by now. */
    const bool confirmed = order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    ret_order->tickets = confirmed ? list : NULL;
    ret_order->n_tickets = confirmed ? count : 0;
    ret_order->total = order->total;
    for (size_t i = 0; payment_is_owed(order->payment_method) && i < ret_order->n_tickets; i++)
        ret_order->to_collect += list[i]->amount;
    ret_order->currency = (char *)performance->currency;
    ret_order->currency_digits = currency_digits(view_str(performance->currency));
    ret_order->placed_at_ms = order->placed_at_ms;
    return fill_moves(arena, order->amounts, ret_order);
}
