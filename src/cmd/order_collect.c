/*
 * usher order collect: the box office takes the money for what was to be paid there.
 */
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "term/money.h"
#include "usher/v1/payment.pb-c.h"

#define call_payment(session, method, request, ret_response)                                       \
    session_call_of((session), &usher__v1__payment_service__descriptor, Usher__V1__PaymentService, \
                    method, (request), (ret_response))

struct collect_values {
    struct session_values session;
    const char *word; /* the order's number, or an id */
    int64_t performance_id;
    int64_t amount; /* that was taken; 0: what is due */
};

/* Of an order: why there is nothing to take. CMD_GO_ON: there is. */
static int tell_order(struct session *session, const struct collect_values *values,
                      const Usher__V1__Order *order)
{
    char when[WHEN_TEXT_MAX];
    when_format(order->placed_at_ms, when);
    if (order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
        return cmd_fail(session->command, CMD_FALSE, "%s is cancelled: take no money",
                        order->order_number);
    if (order->to_collect > 0)
        return CMD_GO_ON;
    if (!order_is_paid(order))
        return cmd_fail(session->command, CMD_FALSE,
                        "%s is %s since %s: nothing is collected for it", order->order_number,
                        order_paid_word(order), when);
    if (values->session.json)
        return session_print_json(session, order);
    printf("%s was paid before: %s since %s; take no money\n", order->order_number,
           order_paid_word(order), when);
    return CMD_OK;
}

/* What waits for its money under that number, an attempt or an unpaid order. CMD_GO_ON; or, nothing
 * is to be done, an enum cmd_exit after having said why. */
static int find(struct session *session, const struct collect_values *values,
                Usher__V1__CollectPaymentRequest *wish)
{
    struct order_found found;
    int code = order_look(session, values->word, (uint32_t)values->performance_id, &found);
    if (code != CMD_OK)
        return code;
    if (found.order) {
        wish->order_id = found.order->order->order_id;
        wish->amount = found.order->order->to_collect;
        return tell_order(session, values, found.order->order);
    }
    const Usher__V1__Payment *p = found.reservation->payment;
    if (!order_waits(found.reservation) || strcmp(p->provider, "box-office") != 0)
        return cmd_fail(session->command, CMD_FALSE, "%s: %s; take no money", p->order_number,
                        order_reservation_words(session, found.reservation));
    wish->payment_id = p->payment_id;
    wish->amount = p->amount;
    return CMD_GO_ON;
}

static int collect(struct session *session, void *arg)
{
    const struct collect_values *values = arg;
    Usher__V1__CollectPaymentRequest wish = USHER__V1__COLLECT_PAYMENT_REQUEST__INIT;
    const Usher__V1__Payment *done;
    char amount[MONEY_TEXT_MAX];
    int code = find(session, values, &wish);
    if (code != CMD_GO_ON)
        return code;
    if (values->amount != 0)
        wish.amount = values->amount;
    code = call_payment(session, collect_payment, &wish, &done);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, done);
    money_format(done->amount, done->currency, amount);
    if (done->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_REFUNDING ||
        done->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_REFUNDED)
        return cmd_fail(session->command, CMD_FALSE,
                        "%s: the places are another's: hand the %s back", done->order_number,
                        amount);
    if (done->again)
        printf("%s was paid before: %s; take no money\n", done->order_number, amount);
    else
        printf("%s is paid: %s; the tickets are good\n", done->order_number, amount);
    return CMD_OK;
}

static const struct conf_option options[] = {
    {"performance", CONF_INT, offsetof(struct collect_values, performance_id), "0", 0, UINT32_MAX,
     .help = "of this performance alone, where several have that number; 0: of any"},
    {"amount", CONF_INT, offsetof(struct collect_values, amount), "0", 0, INT64_MAX,
     .help = "what was taken, in the smallest unit: another amount than is due is refused; 0: what "
             "is due"},
    SESSION_OPTIONS(struct collect_values, session),
};

const struct conf_table order_collect_table = {
    .command = "usher order collect",
    .summary = "Takes money at the box office, for places that wait for it or for an unpaid order.",
    .positional = "NUMBER",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

int order_collect_command(int argc, char **argv)
{
    struct collect_values values = {0};
    return session_command(&order_collect_table, argc, argv, &values, &values.session, &values.word,
                           collect);
}
