/* Orders as TicketService tells of them, and as paper wants them. */
#include "call/client.h"
#include "paper/address.h"
#include "svc/door/lobby.h"

int lobby_order(struct call *call, const char *order_id, const Usher__V1__Order **ret_order)
{
    const struct door *door = call_state(call);
    Usher__V1__GetOrderRequest request = USHER__V1__GET_ORDER_REQUEST__INIT;
    struct client tickets;
    request.order_id = (char *)order_id;
    client_init(&tickets, door->options.tickets, &usher__v1__ticket_service__descriptor,
                call_arena(call));
    tickets.identity = call_identity(call);
    tickets.deadline_ns = call_deadline_ns(call);
    int err = client_call(&tickets, Usher__V1__TicketService, get_order, &request, ret_order);
    return err == 0 ? 0
                    : call_fail(call, tickets.status.code, tickets.status.detail, "%s",
                                tickets.status.message);
}

int lobby_order_run(struct call *call, const char *order_id, const Usher__V1__Order **ret_order)
{
    bool may = false;
    int err = identity_has(call_identity(call), LOBBY_COUNTER)
                  ? lobby_find_order(call_state(call), order_id, call_arena(call),
                                     call_deadline_ns(call), ret_order)
                  : ERR_NOT_FOUND;
    if (err == 0)
        err = lobby_runs(call, (*ret_order)->performance_id, LOBBY_COUNTER, NULL, &may);
    return err == 0 && may ? 0 : lobby_order(call, order_id, ret_order);
}

int lobby_find_order(struct door *door, const char *order_id, struct arena *arena,
                     int64_t deadline_ns, const Usher__V1__Order **ret_order)
{
    Usher__V1__GetOrderRequest request = USHER__V1__GET_ORDER_REQUEST__INIT;
    struct client tickets;
    request.order_id = (char *)order_id;
    client_init(&tickets, door->options.tickets, &usher__v1__ticket_service__descriptor, arena);
    tickets.deadline_ns = deadline_ns;
    int err = client_call(&tickets, Usher__V1__TicketService, get_order, &request, ret_order);
    return err != 0 && tickets.status.code == CODE_NOT_FOUND ? ERR_NOT_FOUND : err;
}

int lobby_contact(struct door *door, const Usher__V1__Order *order, struct arena *arena,
                  int64_t deadline_ns, const struct contact **ret_contact)
{
    struct contact *contact = arena_alloc(arena, sizeof(*contact));
    struct id order_id, account_id;
    if (!contact)
        return ERR_NO_MEMORY;
    if (id_parse(view_str(order->order_id), &order_id) ||
        id_parse(view_str(order->account_id), &account_id))
        return ERR_CORRUPT;
    int err = contact_get(door->options.sql, order_id, account_id, arena, contact, deadline_ns);
    if (err == 0 || err == ERR_NOT_FOUND)
        *ret_contact = err == 0 ? contact : NULL;
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* What its owner may show, or one seat alone. */
static bool is_shown(const Usher__V1__Ticket *ticket, uint32_t seat)
{
    return seat == LOBBY_OWN_SEATS ? ticket->passed_to[0] == '\0' : ticket->seat == seat;
}

/* The price class, whom the ticket is for, and whether the door asks for a proof of it. */
static const char *grade_of(const Usher__V1__Ticket *ticket, enum paper_language language,
                            struct arena *arena)
{
    const bool korean = language == PAPER_KOREAN;
    const Usher__V1__PriceType *type = ticket->price_type;
    if (!type)
        return ticket->category_name;
    return arena_printf(arena, "%s · %s%s", ticket->category_name,
                        korean ? type->korean : type->english,
                        !type->proof ? ""
                        : korean     ? " (입장 시 증빙 확인)"
                                     : " (proof needed at the door)");
}

static int paper_tickets(const struct door *door, const Usher__V1__Order *order, struct id order_id,
                         uint32_t seat, enum paper_language language, struct arena *arena,
                         struct paper_ticket *tickets, size_t *ret_count)
{
    char code[CODE_TEXT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < order->n_tickets; i++) {
        const Usher__V1__Ticket *ticket = order->tickets[i];
        if (!is_shown(ticket, seat))
            continue;
        const struct ticket_ref ref = {order_id, ticket->seat, (uint16_t)ticket->generation};
        signed_code_write(door->codes.secret_key, &ref, order->performance_id, code);
        const char *copy = arena_copy(arena, view_str(code));
        const char *grade = grade_of(ticket, language, arena);
        if (!copy || !grade)
            return ERR_NO_MEMORY;
        tickets[count++] = (struct paper_ticket){
            .section = view_str(ticket->section),
            .row = view_str(ticket->row),
            .number = view_str(ticket->number),
            .category = view_str(grade),
            .row_label = view_str(ticket->row_label),
            .seat_label = view_str(ticket->seat_label),
            .kind = (enum paper_seat)ticket->kind,
            .amount = ticket->amount,
            .code = view_str(copy),
        };
    }
    *ret_count = count;
    return 0;
}

/* What the tickets cost that the order has still. */
static int64_t total_of(const Usher__V1__Order *order)
{
    int64_t total = 0;
    for (size_t i = 0; i < order->n_tickets; i++)
        total += order->tickets[i]->amount;
    return order->n_tickets > 0 ? total : order->total;
}

static enum paper_money money_of(Usher__V1__PaymentMethod method)
{
    switch (method) {
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_DEPOSIT:
        return PAPER_MONEY_ACCOUNT;
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED:
        return PAPER_MONEY_COUNTER;
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE:
        return PAPER_MONEY_OPEN;
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COMP:
        return PAPER_MONEY_NONE;
    default:
        return PAPER_MONEY_CARD;
    }
}

int lobby_paper_order(struct door *door, const Usher__V1__Order *order,
                      const struct contact *contact, uint32_t seat, struct arena *arena,
                      struct paper_order *ret_order)
{
    size_t count = 0;
    struct paper_ticket *tickets = arena_alloc(arena, order->n_tickets * sizeof(*tickets));
    struct id order_id;
    if (!tickets)
        return ERR_NO_MEMORY;
    if (id_parse(view_str(order->order_id), &order_id))
        return ERR_CORRUPT;
    const enum paper_language language =
        paper_language_of(contact ? contact->language : VIEW_LIT("en"));
    int err = paper_tickets(door, order, order_id, seat, language, arena, tickets, &count);
    if (err != 0)
        return err;
    *ret_order = (struct paper_order){
        .language = language,
        .order_id = view_str(order->order_id),
        .order_number = view_str(order->order_number),
        .event = view_str(order->event_name),
        .hall = view_str(order->hall_name),
        .gate = view_str(order->gate),
        .address = view_str(order->venue_address),
        .doors_at_ms = order->doors_at_ms,
        .name = contact ? contact->name : (struct view){0},
        .site = view_str(door->options.mail.site),
        .starts_at_ms = order->starts_at_ms,
        .utc_offset_known = order->utc_offset_choice_case != 0,
        .utc_offset_minutes = order->utc_offset_minutes,
        .placed_at_ms = order->placed_at_ms,
        .currency = view_str(order->currency),
        .total = total_of(order),
        .money = money_of(order->payment_method),
        .tickets = tickets,
        .ticket_count = count,
    };
    return 0;
}

char *lobby_mask(struct arena *arena, struct view email)
{
    const struct view domain = address_domain(email);
    return arena_printf(arena, "%c…@%.*s", email.at[0], VIEW_ARG(domain));
}
