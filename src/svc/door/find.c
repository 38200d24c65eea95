/*
 * FindOrders: what somebody at the box office, or on the telephone, looks for. An order is known by
 * its contact, who gave a name or none; places that are held to be paid by the contact, or by the
 * attempt to pay them.
 */
#include "sale/currency.h"
#include "sale/order_number.h"
#include "store/numbers.h"
#include "store/payments.h"
#include "svc/door/lobby.h"

Usher__V1__Contact *lobby_fill_contact(struct arena *arena, const struct contact *contact)
{
    Usher__V1__Contact *said = arena_alloc(arena, sizeof(*said));
    if (!said)
        return NULL;
    usher__v1__contact__init(said);
    said->name = arena_copy(arena, contact->name);
    said->email = arena_copy(arena, contact->email);
    said->phone = arena_copy(arena, contact->phone);
    said->language = arena_copy(arena, contact->language);
    return said->name && said->email && said->phone && said->language ? said : NULL;
}

/* How it went with the last mail that brings the order's tickets: who sits at the box office has to
 * see that it came back. */
static int add_mail(struct call *call, const struct contact *contact, Usher__V1__FoundOrder *found)
{
    const struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const char *first = arena_printf(arena, "tickets:%s", found->order->order_id);
    const char *again = arena_printf(arena, "again:%s:", found->order->order_id);
    struct mail *mails;
    size_t count;
    if (contact->email.len == 0) /* bought at the box office, and mailed nowhere */
        return 0;
    if (!first || !again)
        return ERR_NO_MEMORY;
    int err = mail_list(door->options.sql, 0, contact->email, MAIL_PAGE_MAX, arena, &mails, &count,
                        call_deadline_ns(call));
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (!view_eq(mails[i].key, view_str(first)) && !view_starts(mails[i].key, view_str(again)))
            continue;
        found->tickets_mail = arena_alloc(arena, sizeof(*found->tickets_mail));
        if (!found->tickets_mail)
            return ERR_NO_MEMORY;
        lobby_fill_mail(&mails[i], found->tickets_mail);
        return 0;
    }
    return err;
}

static const struct contact nobody = {0};

/* Whether the answer has it already. */
static bool has(const Usher__V1__FindOrdersResponse *answer, const char *order_id)
{
    for (size_t i = 0; i < answer->n_orders; i++) {
        if (strcmp(answer->orders[i]->order->order_id, order_id) == 0)
            return true;
    }
    for (size_t i = 0; i < answer->n_reservations; i++) {
        if (strcmp(answer->reservations[i]->payment->order_id, order_id) == 0)
            return true;
    }
    return false;
}

/* contact: NULL: it is looked for. */
static int add_order(struct call *call, const Usher__V1__Order *order,
                     const struct contact *contact, Usher__V1__FindOrdersResponse *answer)
{
    struct arena *arena = call_arena(call);
    struct id order_id;
    bool may;
    if (has(answer, order->order_id) || answer->n_orders == LOBBY_FOUND_MAX)
        return 0;
    int err = lobby_runs(call, order->performance_id, LOBBY_COUNTER, NULL, &may);
    if (err == 0 && may && !contact)
        err = lobby_contact(call_state(call), order, arena, call_deadline_ns(call), &contact);
    if (err != 0 || !may)
        return err;
    Usher__V1__FoundOrder *found = arena_alloc(arena, sizeof(*found));
    if (!found || id_parse(view_str(order->order_id), &order_id) != 0)
        return found ? ERR_CORRUPT : ERR_NO_MEMORY;
    usher__v1__found_order__init(found);
    found->order = (Usher__V1__Order *)order;
    found->contact = lobby_fill_contact(arena, contact ? contact : &nobody);
    answer->orders[answer->n_orders++] = found;
    if (!found->contact)
        return ERR_NO_MEMORY;
    err = lobby_add_blocks(call, order_id, order->performance_id, found);
    if (err == 0)
        err = lobby_add_notes(call, order_id, &found->notes, &found->n_notes);
    return err == 0 && contact ? add_mail(call, contact, found) : err;
}

static char *id_text(struct arena *arena, struct id id)
{
    char text[ID_TEXT_CHARS + 1];
    id_format(id, text);
    return arena_copy(arena, view_str(text));
}

/* An attempt as the payment service tells of it, without what only its buyer needs. */
static int fill_payment(struct arena *arena, const struct payment *p, Usher__V1__Payment *ret)
{
    char number[ORDER_NUMBER_CHARS + 1];
    usher__v1__payment__init(ret);
    order_number_write(p->hold_id, number);
    ret->payment_id = id_text(arena, p->payment_id);
    ret->order_id = id_text(arena, p->hold_id);
    ret->order_number = arena_copy(arena, view_str(number));
    ret->provider = arena_copy(arena, p->provider);
    ret->currency = arena_copy(arena, p->currency);
    ret->reason = arena_copy(arena, p->reason);
    ret->performance_id = p->performance_id;
    ret->state = (Usher__V1__PaymentState)p->state;
    ret->amount = p->books.amount;
    ret->fee = p->fee;
    ret->currency_digits = currency_digits(p->currency);
    ret->created_at_ms = p->created_at_ms;
    ret->must_finish_by_ms = p->must_finish_by_ms;
    return ret->payment_id && ret->order_id && ret->order_number && ret->provider &&
                   ret->currency && ret->reason
               ? 0
               : ERR_NO_MEMORY;
}

/* contact: NULL: it is looked for. */
static int add_reservation(struct call *call, const struct payment *p,
                           const struct contact *contact, Usher__V1__FindOrdersResponse *answer)
{
    struct arena *arena = call_arena(call);
    const struct door *door = call_state(call);
    const Usher__V1__Performance *performance;
    struct contact kept = nobody;
    bool may;
    if (answer->n_reservations == LOBBY_FOUND_MAX)
        return 0;
    int err = lobby_runs(call, p->performance_id, LOBBY_COUNTER, &performance, &may);
    if (err != 0 || !may)
        return err;
    if (!contact)
        err = contact_get(door->options.sql, p->hold_id, p->account_id, arena, &kept,
                          call_deadline_ns(call));
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    Usher__V1__FoundReservation *found = arena_alloc(arena, sizeof(*found));
    if (!found)
        return ERR_NO_MEMORY;
    usher__v1__found_reservation__init(found);
    found->payment = arena_alloc(arena, sizeof(*found->payment));
    found->contact = lobby_fill_contact(arena, contact ? contact : &kept);
    found->event_name = performance->event_name;
    found->starts_at_ms = performance->starts_at_ms;
    if (performance->utc_offset_choice_case ==
        USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES) {
        found->utc_offset_choice_case =
            USHER__V1__FOUND_RESERVATION__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
        found->utc_offset_minutes = performance->utc_offset_minutes;
    }
    found->places = p->seat_count;
    if (!found->payment || !found->contact || fill_payment(arena, p, found->payment) != 0)
        return ERR_NO_MEMORY;
    if (!has(answer, found->payment->order_id))
        answer->reservations[answer->n_reservations++] = found;
    return 0;
}

/* What has that id, or has come of the hold that has it: an order, or what was paid of it. contact:
 * NULL: it is looked for. */
static int add(struct call *call, struct id id, const struct contact *contact,
               Usher__V1__FindOrdersResponse *answer)
{
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const Usher__V1__Order *order;
    struct payment *payments;
    size_t count;
    const char *text = id_text(arena, id);
    int err =
        text ? lobby_find_order(door, text, arena, call_deadline_ns(call), &order) : ERR_NO_MEMORY;
    if (err == 0)
        return add_order(call, order, contact, answer);
    if (err != ERR_NOT_FOUND)
        return err;
    err = payments_of(door->options.sql, id, arena, &payments, &count, call_deadline_ns(call));
    if (err != 0 || count == 0)
        return err;
    const struct payment *last = &payments[count - 1];
    if (id_is_zero(last->order_id))
        return add_reservation(call, last, contact, answer);
    /* Its money came late, and bought the places under another id. */
    text = id_text(arena, last->order_id);
    err =
        text ? lobby_find_order(door, text, arena, call_deadline_ns(call), &order) : ERR_NO_MEMORY;
    return err == 0 ? add_order(call, order, NULL, answer) : err == ERR_NOT_FOUND ? 0 : err;
}

static int add_contacts(struct call *call, struct view number, struct view email, bool ordered,
                        Usher__V1__FindOrdersResponse *answer)
{
    const struct door *door = call_state(call);
    struct contact *contacts;
    size_t count = 0;
    int err = contacts_search(door->options.sql, number, email, ordered, LOBBY_FOUND_MAX,
                              call_arena(call), &contacts, &count, call_deadline_ns(call));
    for (size_t i = 0; err == 0 && i < count; i++)
        err = add(call, contacts[i].order_id, &contacts[i], answer);
    return err;
}

static int add_numbered(struct call *call, struct view number,
                        Usher__V1__FindOrdersResponse *answer)
{
    const struct door *door = call_state(call);
    struct id *ids;
    size_t count = 0;
    int err = numbers_find(door->options.sql, number, LOBBY_FOUND_MAX, call_arena(call), &ids,
                           &count, call_deadline_ns(call));
    for (size_t i = 0; err == 0 && i < count; i++)
        err = add(call, ids[i], NULL, answer);
    return err;
}

int door_find_orders(struct call *call, const void *request, void *response)
{
    const Usher__V1__FindOrdersRequest *wish = request;
    Usher__V1__FindOrdersResponse *answer = response;
    struct arena *arena = call_arena(call);
    const struct view text = view_str(wish->text);
    const bool by_address = text.len > 0 && memchr(text.at, '@', text.len) != NULL;
    char number[ORDER_NUMBER_CHARS + 1] = "";
    struct id id;
    int err = 0;
    answer->orders = arena_alloc(arena, LOBBY_FOUND_MAX * sizeof(*answer->orders));
    answer->reservations = arena_alloc(arena, LOBBY_FOUND_MAX * sizeof(*answer->reservations));
    if (!answer->orders || !answer->reservations)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    if (id_parse(text, &id) == 0) {
        err = add(call, id, NULL, answer);
        return err == 0 ? 0 : lobby_store_failed(call, err);
    }
    if (!by_address && !order_number_read(text, number))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "text",
                          "an order's number, as in T4813620975, its id, or a mail address");
    const struct view email = by_address ? text : (struct view){0};
    /* In this order: one that becomes an order meanwhile is in both. */
    err = add_contacts(call, view_str(number), email, false, answer);
    if (err == 0)
        err = add_contacts(call, view_str(number), email, true, answer);
    if (err == 0 && !by_address && answer->n_orders + answer->n_reservations == 0)
        err = add_numbered(call, view_str(number), answer);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}
