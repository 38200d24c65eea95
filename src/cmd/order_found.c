/*
 * What somebody means by a number: an order, or places that are held to be paid and are none yet;
 * and the sentence that says which of both it is.
 */
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "term/money.h"

static bool is_counter(const Usher__V1__Payment *p)
{
    return strcmp(p->provider, "box-office") == 0;
}

int order_look(struct session *session, const char *text, uint32_t performance_id,
               struct order_found *ret_found)
{
    Usher__V1__FindOrdersRequest wish = USHER__V1__FIND_ORDERS_REQUEST__INIT;
    const Usher__V1__FindOrdersResponse *answer;
    size_t count = 0;
    wish.text = (char *)text;
    *ret_found = (struct order_found){0};
    int code = session_call_of(session, &usher__v1__door_service__descriptor,
                               Usher__V1__DoorService, find_orders, &wish, &answer);
    for (size_t i = 0; code == CMD_OK && i < answer->n_orders; i++) {
        if (performance_id == 0 || answer->orders[i]->order->performance_id == performance_id) {
            ret_found->order = answer->orders[i];
            count++;
        }
    }
    for (size_t i = 0; code == CMD_OK && i < answer->n_reservations; i++) {
        const Usher__V1__FoundReservation *one = answer->reservations[i];
        if (performance_id == 0 || one->payment->performance_id == performance_id) {
            ret_found->reservation = one;
            count++;
        }
    }
    if (code != CMD_OK || count == 1)
        return code;
    return cmd_fail(session->command, CMD_FALSE, "%s: %s; usher order find lists what there is",
                    text, count == 0 ? "no such order" : "several orders");
}

const char *order_paid_word(const Usher__V1__Order *order)
{
    switch (order->payment_method) {
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_CARD:
        return "paid by card";
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED:
        return "paid at the box office";
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_DEPOSIT:
        return "paid by bank transfer";
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COMP:
        return "a comp";
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE:
        return "for the box office";
    default:
        return "?";
    }
}

bool order_is_paid(const Usher__V1__Order *order)
{
    return order->payment_method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_CARD ||
           order->payment_method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED ||
           order->payment_method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_DEPOSIT;
}

bool order_waits(const Usher__V1__FoundReservation *reservation)
{
    return reservation->payment->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DEPOSIT;
}

const char *order_reservation_words(struct session *session,
                                    const Usher__V1__FoundReservation *reservation)
{
    const Usher__V1__Payment *p = reservation->payment;
    char due[WHEN_TEXT_MAX], amount[MONEY_TEXT_MAX];
    struct arena *arena = &session->arena;
    const char *words = NULL;
    when_format(p->must_finish_by_ms, due);
    money_format(p->amount, p->currency, amount);
    switch (p->state) {
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DEPOSIT:
        words = arena_printf(arena, "held until %s, to be paid %s", due,
                             is_counter(p) ? "at the box office" : "to a bank account");
        break;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_WAITING:
        words = arena_printf(arena, "its buyer is paying by %s until %s", p->provider, due);
        break;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_CONFIRMING:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_UNCLEAR:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_CAPTURED:
        words = arena_printf(arena, "not clear yet: %s is being asked", p->provider);
        break;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_REFUNDING:
        words = arena_printf(arena, "the places were gone when it was paid: %s go back", amount);
        break;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_REFUNDED:
        words = arena_printf(arena, "the places were gone when it was paid: %s went back", amount);
        break;
    default:
        words = arena_printf(arena, "not paid, and over%s%s", p->reason[0] ? ": " : "", p->reason);
        break;
    }
    return words ? words : "?";
}

int order_refuse_reservation(struct session *session, const Usher__V1__FoundReservation *one)
{
    const char *words = order_reservation_words(session, one);
    const char *then = !order_waits(one) ? "usher order show tells more"
                       : is_counter(one->payment)
                           ? "usher order collect takes the money, usher order cancel ends it"
                           : "usher order cancel ends it";
    return cmd_fail(session->command, CMD_FALSE, "%s is no order: %s; %s",
                    one->payment->order_number, words, then);
}

int order_find_id(struct session *session, const char *text, const char **ret_order_id)
{
    struct order_found found;
    int code = order_look(session, text, 0, &found);
    if (code != CMD_OK)
        return code;
    if (!found.order)
        return order_refuse_reservation(session, found.reservation);
    *ret_order_id = found.order->order->order_id;
    return CMD_OK;
}

static void print_contact(const Usher__V1__Contact *contact)
{
    const char *const words[] = {contact->name, contact->email, contact->phone};
    const char *between = "";
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        printf("%s%s", words[i][0] ? between : "", words[i]);
        between = words[i][0] ? ", " : between;
    }
    if (between[0])
        printf("\n");
}

void order_print_what(struct session *session, const struct order_found *found)
{
    char amount[MONEY_TEXT_MAX], when[WHEN_TEXT_MAX];
    if (found->reservation) {
        const Usher__V1__FoundReservation *one = found->reservation;
        const Usher__V1__Payment *p = one->payment;
        money_format(p->amount, p->currency, amount);
        printf("%s is no order: %s\n", p->order_number, order_reservation_words(session, one));
        printf("%s: %u place%s, %s\n", one->event_name, one->places, one->places == 1 ? "" : "s",
               amount);
        print_contact(one->contact);
        return;
    }
    const Usher__V1__Order *order = found->order->order;
    const bool good = order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    when_format(order->placed_at_ms, when);
    printf("order %s of %s: %s, %s\n", order->order_number, when, order_paid_word(order),
           good ? "good" : "cancelled");
    if (good && !order_is_paid(order))
        printf("  no money came of it here: usher order cancel takes its places back\n");
    printf("%s\n", order->event_name);
    for (size_t i = 0; i < order->n_tickets; i++) {
        const Usher__V1__Ticket *ticket = order->tickets[i];
        money_format(ticket->amount, order->currency, amount);
        printf("  seat %u: %s, %s\n", ticket->seat, ticket->label, amount);
    }
    print_contact(found->order->contact);
}
