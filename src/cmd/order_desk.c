/*
 * usher order find, cancel, resend: what is done for somebody who writes or telephones.
 */
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define call_door(session, method, request, ret_response)                                          \
    session_call_of((session), &usher__v1__door_service__descriptor, Usher__V1__DoorService,       \
                    method, (request), (ret_response))

struct desk_values {
    struct session_values session;
    const char *word; /* an order's id or number, an address */
    const char *seats;
    const char *reason; /* for the buyer of a reservation; NULL: none */
    bool even_used;
};

int order_read_seats(const char *command, const char *text, uint32_t ret_seats[ORDER_SEATS_MAX],
                     size_t *ret_count)
{
    struct view rest = view_str(text);
    *ret_count = 0;
    while (rest.len > 0) {
        const char *comma = memchr(rest.at, ',', rest.len);
        const size_t len = comma ? (size_t)(comma - rest.at) : rest.len;
        uint64_t seat;
        if (*ret_count == ORDER_SEATS_MAX || !view_to_u64(view_of(rest.at, len), UINT32_MAX, &seat))
            return cmd_fail(command, CMD_USAGE,
                            "--seats %s: at most %d numbers of seats, with commas", text,
                            ORDER_SEATS_MAX);
        ret_seats[(*ret_count)++] = (uint32_t)seat;
        rest = comma ? view_of(comma + 1, rest.len - len - 1) : (struct view){0};
    }
    return CMD_OK;
}

static const struct conf_option desk_options[] = {
    SESSION_OPTIONS(struct desk_values, session),
};

#define DESK_TABLE(name, sentence, what)                                                           \
    {                                                                                              \
        .command = (name), .summary = (sentence), .positional = (what), .positional_min = 1,       \
        .positional_max = 1, .options = desk_options,                                              \
        .option_count = sizeof(desk_options) / sizeof(desk_options[0]),                            \
    }

/* ---- find ---- */

static void put_order(struct sheet *sheet, const Usher__V1__FoundOrder *found)
{
    const Usher__V1__Order *order = found->order;
    char amount[MONEY_TEXT_MAX], when[WHEN_TEXT_MAX];
    money_format(order->total, order->currency, amount);
    when_format(order->placed_at_ms, when);
    sheet_put(sheet, "%s", order->order_number);
    sheet_put(sheet, "%s", order->order_id);
    sheet_put(sheet, "%s", when);
    sheet_put(sheet, "%s", order->event_name);
    sheet_put(sheet, "%s", amount);
    sheet_put(sheet, "%s, %s",
              order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ? "good" : "cancelled",
              order_paid_word(order));
    sheet_put(sheet, "%s", found->contact->name);
    sheet_put(sheet, "%s", found->contact->email);
    const Usher__V1__Mail *mail = found->tickets_mail;
    sheet_put(sheet, "%s%s%s", mail ? mail->state : "no mail yet",
              mail && mail->last_error[0] ? ": " : "", mail ? mail->last_error : "");
}

static void put_reservation(struct session *session, struct sheet *sheet,
                            const Usher__V1__FoundReservation *found)
{
    const Usher__V1__Payment *p = found->payment;
    char amount[MONEY_TEXT_MAX], when[WHEN_TEXT_MAX];
    money_format(p->amount, p->currency, amount);
    when_format(p->created_at_ms, when);
    sheet_put(sheet, "%s", p->order_number);
    sheet_put(sheet, "%s", p->order_id);
    sheet_put(sheet, "%s", when);
    sheet_put(sheet, "%s", found->event_name);
    sheet_put(sheet, "%s", amount);
    sheet_put(sheet, "%s", order_reservation_words(session, found));
    sheet_put(sheet, "%s", found->contact->name);
    sheet_put(sheet, "%s", found->contact->email);
    sheet_put(sheet, "%s", "");
}

static int find(struct session *session, void *arg)
{
    const struct desk_values *values = arg;
    Usher__V1__FindOrdersRequest wish = USHER__V1__FIND_ORDERS_REQUEST__INIT;
    const Usher__V1__FindOrdersResponse *found;
    struct sheet sheet;
    wish.text = (char *)values->word;
    int code = call_door(session, find_orders, &wish, &found);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, found);
    if (found->n_orders + found->n_reservations == 0)
        return cmd_fail(session->command, CMD_FALSE, "no order of %s", values->word);
    sheet_init(&sheet, "llllrllll");
    for (size_t i = 0; i < found->n_orders; i++)
        put_order(&sheet, found->orders[i]);
    for (size_t i = 0; i < found->n_reservations; i++)
        put_reservation(session, &sheet, found->reservations[i]);
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

const struct conf_table order_find_table = DESK_TABLE(
    "usher order find",
    "Finds orders, and places held to be paid, by number, by id, or by the mail address.",
    "NUMBER-OR-ADDRESS");

int order_find_command(int argc, char **argv)
{
    struct desk_values values = {0};
    return session_command(&order_find_table, argc, argv, &values, &values.session, &values.word,
                           find);
}

/* ---- resend ---- */

static int resend(struct session *session, void *arg)
{
    const struct desk_values *values = arg;
    Usher__V1__ResendTicketsRequest wish = USHER__V1__RESEND_TICKETS_REQUEST__INIT;
    const Usher__V1__ResendTicketsResponse *sent;
    const char *order_id;
    int code = order_find_id(session, values->word, &order_id);
    wish.order_id = (char *)order_id;
    if (code == CMD_OK)
        code = call_door(session, resend_tickets, &wish, &sent);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, sent);
    printf("the tickets are mailed again, to %s\n", sent->to);
    return CMD_OK;
}

const struct conf_table order_resend_table =
    DESK_TABLE("usher order resend", "Mails an order's tickets again.", "ORDER");

int order_resend_command(int argc, char **argv)
{
    struct desk_values values = {0};
    return session_command(&order_resend_table, argc, argv, &values, &values.session, &values.word,
                           resend);
}

/* ---- cancel ---- */

/* What waits for its money until a deadline. */
static int end_reservation(struct session *session, const struct desk_values *values,
                           const Usher__V1__FoundReservation *one)
{
    Usher__V1__AbandonPaymentRequest wish = USHER__V1__ABANDON_PAYMENT_REQUEST__INIT;
    const Usher__V1__Payment *p;
    if (!order_waits(one))
        return order_refuse_reservation(session, one);
    if (values->seats)
        return cmd_fail(session->command, CMD_USAGE,
                        "%s is no order yet: it ends whole, without --seats",
                        one->payment->order_number);
    wish.payment_id = one->payment->payment_id;
    wish.reason = (char *)(values->reason ? values->reason : "");
    int code = session_call_of(session, &usher__v1__payment_service__descriptor,
                               Usher__V1__PaymentService, abandon_payment, &wish, &p);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        code = session_print_json(session, p);
    switch (p->state) {
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_ABANDONED:
        if (!values->session.json)
            printf("%s is ended: nothing was paid, and its places are free\n", p->order_number);
        return code;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DEPOSIT:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_UNCLEAR:
        return cmd_fail(session->command, CMD_FALSE,
                        "%s: %s does not answer, so it goes on: try again", p->order_number,
                        p->provider);
    default:
        return cmd_fail(session->command, CMD_FALSE,
                        "%s was paid at this very moment: usher order refund gives it back",
                        p->order_number);
    }
}

static int cancel(struct session *session, void *arg)
{
    const struct desk_values *values = arg;
    Usher__V1__CancelOrderRequest wish = USHER__V1__CANCEL_ORDER_REQUEST__INIT;
    const Usher__V1__Order *order;
    struct order_found found;
    uint32_t seats[ORDER_SEATS_MAX];
    int code = order_read_seats(session->command, values->seats, seats, &wish.n_seats);
    if (code == CMD_OK)
        code = order_look(session, values->word, 0, &found);
    if (code == CMD_OK && found.reservation)
        return end_reservation(session, values, found.reservation);
    if (code == CMD_OK && values->reason)
        code = cmd_fail(session->command, CMD_USAGE,
                        "%s is an order: its buyer is mailed that it is cancelled, without a "
                        "--reason",
                        found.order->order->order_number);
    if (code != CMD_OK)
        return code;
    wish.order_id = found.order->order->order_id;
    wish.seats = seats;
    wish.even_used = values->even_used;
    code = session_call(session, cancel_order, &wish, &order);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, order);
    if (order->n_tickets == 0)
        printf("order %s is cancelled, and its tickets are void\n", order->order_number);
    else
        printf("order %s goes on with %zu ticket%s\n", order->order_number, order->n_tickets,
               order->n_tickets == 1 ? "" : "s");
    return CMD_OK;
}

static const struct conf_option cancel_options[] = {
    {"seats", CONF_STR, offsetof(struct desk_values, seats), NULL, 1, 100,
     .help = "give back only these seats, by number, as in 17,18; the order keeps the others"},
    {"even-used", CONF_BOOL, offsetof(struct desk_values, even_used), "no",
     .help = "also tickets that a door has let in"},
    {"reason", CONF_STR, offsetof(struct desk_values, reason), NULL, 1, 200,
     .help = "of what was to be paid later: why it ends, for the mail to its buyer"},
    SESSION_OPTIONS(struct desk_values, session),
};

const struct conf_table order_cancel_table = {
    .command = "usher order cancel",
    .summary = "Cancels a comp, an order for the box office, or places held to be paid later.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = cancel_options,
    .option_count = sizeof(cancel_options) / sizeof(cancel_options[0]),
};

int order_cancel_command(int argc, char **argv)
{
    struct desk_values values = {0};
    return session_command(&order_cancel_table, argc, argv, &values, &values.session, &values.word,
                           cancel);
}
