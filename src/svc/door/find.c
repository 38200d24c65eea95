/* FindOrders: what somebody at the box office, or on the telephone, looks for. */
#include "sale/order_number.h"
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

/* Adds the contact's order, where there is one that the caller may see. */
static int add_order(struct call *call, const struct contact *contact,
                     Usher__V1__FindOrdersResponse *answer)
{
    struct arena *arena = call_arena(call);
    const Usher__V1__Order *order;
    char id[ID_TEXT_CHARS + 1];
    bool may;
    id_format(contact->order_id, id);
    int err = lobby_find_order(call_state(call), id, arena, call_deadline_ns(call), &order);
    if (err == ERR_NOT_FOUND) /* a hold whose seats went to another id */
        return 0;
    if (err == 0)
        err = lobby_runs(call, order->performance_id, ROLES_MANAGE | ROLE_BOX_OFFICE, NULL, &may);
    if (err != 0 || !may)
        return err;
    Usher__V1__FoundOrder *found = arena_alloc(arena, sizeof(*found));
    if (!found)
        return ERR_NO_MEMORY;
    usher__v1__found_order__init(found);
    found->order = (Usher__V1__Order *)order;
    found->contact = lobby_fill_contact(arena, contact);
    answer->orders[answer->n_orders++] = found;
    if (!found->contact)
        return ERR_NO_MEMORY;
    err = lobby_add_blocks(call, contact->order_id, order->performance_id, found);
    if (err == 0)
        err = lobby_add_notes(call, contact->order_id, &found->notes, &found->n_notes);
    return err == 0 ? add_mail(call, contact, found) : err;
}

int door_find_orders(struct call *call, const void *request, void *response)
{
    const Usher__V1__FindOrdersRequest *wish = request;
    Usher__V1__FindOrdersResponse *answer = response;
    const struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const struct view text = view_str(wish->text);
    const bool by_address = text.len > 0 && memchr(text.at, '@', text.len) != NULL;
    char number[ORDER_NUMBER_CHARS + 1] = "";
    struct contact *contacts;
    size_t count = 0;
    if (!by_address && !order_number_read(text, number))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "text",
                          "an order's number, as in T4813620975, or a mail address");
    int err =
        contacts_search(door->options.sql, view_str(number), by_address ? text : (struct view){0},
                        LOBBY_FOUND_MAX, arena, &contacts, &count, call_deadline_ns(call));
    answer->orders = arena_alloc(arena, (count + 1) * sizeof(*answer->orders));
    if (err == 0 && !answer->orders)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = add_order(call, &contacts[i], answer);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}
