/*
 * usher order collect: the box office takes the money for what was to be paid there.
 */
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "sale/order_number.h"
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

static bool is_meant(const Usher__V1__Payment *p, const char *word, const char *number)
{
    return strcmp(p->order_number, number) == 0 || strcmp(p->order_id, word) == 0 ||
           strcmp(p->payment_id, word) == 0;
}

/* The attempt that waits for its money under that number. CMD_OK, or after having said why. */
static int find(struct session *session, const struct collect_values *values,
                const Usher__V1__Payment **ret_payment)
{
    Usher__V1__ListPaymentsRequest wish = USHER__V1__LIST_PAYMENTS_REQUEST__INIT;
    const Usher__V1__ListPaymentsResponse *page;
    char number[ORDER_NUMBER_CHARS + 1] = "";
    size_t found = 0;
    order_number_read(view_str(values->word), number);
    wish.performance_id = (uint32_t)values->performance_id;
    wish.state = USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DEPOSIT;
    wish.page_size = 100;
    do {
        int code = call_payment(session, list_payments, &wish, &page);
        if (code != CMD_OK)
            return code;
        for (size_t i = 0; i < page->n_payments; i++) {
            if (is_meant(page->payments[i], values->word, number)) {
                *ret_payment = page->payments[i];
                found++;
            }
        }
        wish.page_token = page->next_page_token;
    } while (wish.page_token[0]);
    if (found == 1)
        return CMD_OK;
    return cmd_fail(session->command, CMD_FALSE, "%s: %s; usher payment list --state deposit tells",
                    values->word,
                    found == 0 ? "nothing of that number waits to be paid" : "several");
}

static int collect(struct session *session, void *arg)
{
    const struct collect_values *values = arg;
    Usher__V1__CollectPaymentRequest wish = USHER__V1__COLLECT_PAYMENT_REQUEST__INIT;
    const Usher__V1__Payment *due = NULL, *done;
    char amount[MONEY_TEXT_MAX];
    int code = find(session, values, &due);
    if (code != CMD_OK)
        return code;
    wish.payment_id = due->payment_id;
    wish.amount = values->amount != 0 ? values->amount : due->amount;
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
     .help = "look in this performance alone; only an operator may look in all (0)"},
    {"amount", CONF_INT, offsetof(struct collect_values, amount), "0", 0, INT64_MAX,
     .help = "what was taken, in the smallest unit: another amount than is due is refused; 0: what "
             "is due"},
    SESSION_OPTIONS(struct collect_values, session),
};

const struct conf_table order_collect_table = {
    .command = "usher order collect",
    .summary = "Takes the money for places that are held until they are paid at the box office.",
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
