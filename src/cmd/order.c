/*
 * usher order, usher payment: where somebody's money is, and the way back, on a running server.
 */
#include "cmd/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "sale/payment.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/payment.pb-c.h"

struct order_values {
    struct session_values session;
    const char *state;
    int64_t performance_id;
    const char *order_id; /* or its number */
    const char *seats;
    bool contradicted, even_used;
};

#define call_payment(session, method, request, ret_response)                                       \
    session_call_of((session), &usher__v1__payment_service__descriptor, Usher__V1__PaymentService, \
                    method, (request), (ret_response))

static const struct conf_option options[] = {SESSION_OPTIONS(struct order_values, session)};

static const char *state_word(uint32_t state)
{
    const char *word = payment_state_word(state);
    return word ? word : "?";
}

/* ---- order show ---- */

/* Of a payment of which something goes back, or went: "  paid 30,000 KRW, of which …". */
static void print_books(const Usher__V1__Payment *p)
{
    const struct {
        const char *word;
        int64_t amount;
    } parts[] = {{"given back", p->refunded},
                 {"on its way back", p->pending},
                 {"kept by the refund rule", p->charges},
                 {"for tickets that are good", p->sold}};
    char amount[MONEY_TEXT_MAX];
    if (p->refunded + p->pending + p->charges == 0)
        return;
    money_format(p->captured, p->currency, amount);
    printf("  paid %s, of which", amount);
    const char *between = "";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].amount == 0)
            continue;
        money_format(parts[i].amount, p->currency, amount);
        printf("%s %s %s", between, parts[i].word, amount);
        between = ",";
    }
    printf("\n");
}

static void print_payments(const Usher__V1__MoneyStory *story)
{
    char amount[MONEY_TEXT_MAX];
    for (size_t i = 0; i < story->n_payments; i++) {
        const Usher__V1__Payment *p = story->payments[i];
        money_format(p->amount, p->currency, amount);
        printf("payment %s by %s%s: %s, %s%s%s\n", p->payment_id, p->provider,
               p->test_money ? " (test money)" : "", amount, state_word((uint32_t)p->state),
               p->reason[0] ? ", " : "", p->reason);
        print_books(p);
        money_format(p->contradicted, p->currency, amount);
        if (p->contradiction[0])
            printf("  its provider says otherwise: %s, %s\n", p->contradiction, amount);
    }
    for (size_t i = 0; i < story->n_refunds; i++) {
        static const char *const words[] = {"?", "pending", "done", "failed: a person has to act"};
        const Usher__V1__Refund *r = story->refunds[i];
        money_format(r->amount, r->currency, amount);
        printf("refund %s: %s, %s, %s\n", r->refund_id, amount,
               words[r->state <= 3 ? (int)r->state : 0], r->reason);
    }
}

static int show(struct session *session, void *arg)
{
    const struct order_values *values = arg;
    Usher__V1__GetMoneyStoryRequest wish = USHER__V1__GET_MONEY_STORY_REQUEST__INIT;
    const Usher__V1__MoneyStory *story;
    struct sheet sheet;
    char when[WHEN_TEXT_MAX];
    struct order_found found;
    int code = order_look(session, values->order_id, 0, &found);
    if (code != CMD_OK)
        return code;
    wish.order_id =
        found.order ? found.order->order->order_id : found.reservation->payment->order_id;
    code = call_payment(session, get_money_story, &wish, &story);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, story);
    order_print_what(session, &found);
    print_payments(story);
    sheet_init(&sheet, "lll");
    for (size_t i = 0; i < story->n_events; i++) {
        when_format(story->events[i]->at_ms, when);
        sheet_put(&sheet, "%s", when);
        sheet_put(&sheet, "%s", story->events[i]->what);
        sheet_put(&sheet, "%s", story->events[i]->text);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return found.order ? order_print_notes(session, wish.order_id) : CMD_OK;
}

static const struct conf_table show_table = {
    .command = "usher order show",
    .summary = "Tells what an order is, where its money is by each step, and the notes on it.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

/* Reads the words and runs the command in the organiser's name. */
static int run(const struct conf_table *table, const char *name, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct order_values values = {0};
    struct conf conf;
    int code = cmd_options(table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.order_id = conf.positional_count > 0 ? conf.positional[0] : "";
    code = session_run(name, &values.session, SESSION_ORGANISER, body, &values);
    conf_release(&conf);
    return code;
}

static int show_command(int argc, char **argv)
{
    return run(&show_table, "order show", argc, argv, show);
}

/* ---- order refund ---- */

static int refund(struct session *session, void *arg)
{
    const struct order_values *values = arg;
    Usher__V1__RefundOrderRequest wish = USHER__V1__REFUND_ORDER_REQUEST__INIT;
    const Usher__V1__Refund *done;
    char amount[MONEY_TEXT_MAX];
    const char *order_id;
    uint32_t seats[ORDER_SEATS_MAX];
    int code = order_read_seats(session->command, values->seats, seats, &wish.n_seats);
    if (code == CMD_OK)
        code = order_find_id(session, values->order_id, &order_id);
    if (code != CMD_OK)
        return code;
    wish.order_id = (char *)order_id;
    wish.seats = seats;
    wish.even_used = values->even_used;
    code = call_payment(session, refund_order, &wish, &done);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, done);
    money_format(done->amount, done->currency, amount);
    if (done->state == USHER__V1__REFUND_STATE__REFUND_STATE_FAILED)
        return cmd_fail("order refund", CMD_FALSE, "the provider refuses to give back %s", amount);
    if (done->again)
        printf("%s %s: nothing more goes back\n", amount,
               done->state == USHER__V1__REFUND_STATE__REFUND_STATE_DONE
                   ? "was given back before"
                   : "is on its way back since before, and not done yet");
    else
        printf("%s %s\n", amount,
               done->state == USHER__V1__REFUND_STATE__REFUND_STATE_DONE
                   ? "is given back, and the tickets are void"
                   : "is on its way back: the tickets are void, and usher order show tells when "
                     "it is done");
    return CMD_OK;
}

static const struct conf_option refund_options[] = {
    {"seats", CONF_STR, offsetof(struct order_values, seats), NULL, 1, 100,
     .help = "give back only these seats, by number, as in 17,18; the order keeps the others"},
    {"even-used", CONF_BOOL, offsetof(struct order_values, even_used), "no",
     .help = "also tickets that a door has let in"},
    SESSION_OPTIONS(struct order_values, session),
};

static const struct conf_table refund_table = {
    .command = "usher order refund",
    .summary = "Gives all of an order back, at any time, in the organiser's name.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = refund_options,
    .option_count = sizeof(refund_options) / sizeof(refund_options[0]),
};

static int refund_command(int argc, char **argv)
{
    return run(&refund_table, "order refund", argc, argv, refund);
}

/* ---- payment list ---- */

static const struct conf_option list_options[] = {
    {"performance", CONF_INT, offsetof(struct order_values, performance_id), "0", 0, UINT32_MAX,
     .help = "only of this performance; 0: of all"},
    {"state", CONF_CHOICE, offsetof(struct order_values, state), "any",
     .help = "only those in this state",
     .choices = "any|waiting|confirming|unclear|captured|done|declined|abandoned|refunding|"
                "refunded|deposit"},
    {"contradicted", CONF_BOOL, offsetof(struct order_values, contradicted), "no",
     .help =
         "only those of which the provider says otherwise than our books: a person has to look"},
    SESSION_OPTIONS(struct order_values, session),
};

static uint32_t state_of(const char *word)
{
    uint32_t state = PAYMENT_STATES;
    while (state > 0 && strcmp(payment_state_word(state), word) != 0)
        state--;
    return state;
}

static void put(struct sheet *sheet, const Usher__V1__Payment *p)
{
    char amount[MONEY_TEXT_MAX], when[WHEN_TEXT_MAX];
    money_format(p->amount, p->currency, amount);
    when_format(p->created_at_ms, when);
    sheet_put(sheet, "%s", p->payment_id);
    sheet_put(sheet, "%s", p->order_id);
    sheet_put(sheet, "%s", when);
    sheet_put(sheet, "%s", p->provider);
    sheet_put(sheet, "%s", amount);
    sheet_put(sheet, "%s", state_word((uint32_t)p->state));
    sheet_put(sheet, "%s", p->reason);
    sheet_put(sheet, "%s", p->contradiction);
}

/* Adds what a page has to all, whose array is to be freed. ERR_NO_MEMORY. */
static int add_page(Usher__V1__ListPaymentsResponse *all,
                    const Usher__V1__ListPaymentsResponse *page)
{
    const size_t count = all->n_payments + page->n_payments;
    if (page->n_payments == 0)
        return 0;
    Usher__V1__Payment **payments = reallocarray(all->payments, count, sizeof(*payments));
    if (!payments)
        return ERR_NO_MEMORY;
    memcpy(payments + all->n_payments, page->payments, page->n_payments * sizeof(*payments));
    all->payments = payments;
    all->n_payments = count;
    return 0;
}

static int list(struct session *session, void *arg)
{
    static const char *const heads[] = {"payment", "order", "begun",  "provider",
                                        "amount",  "state", "reason", "contradiction"};
    const struct order_values *values = arg;
    Usher__V1__ListPaymentsRequest wish = USHER__V1__LIST_PAYMENTS_REQUEST__INIT;
    Usher__V1__ListPaymentsResponse all = USHER__V1__LIST_PAYMENTS_RESPONSE__INIT;
    const Usher__V1__ListPaymentsResponse *page;
    struct sheet sheet;
    int code;
    wish.performance_id = (uint32_t)values->performance_id;
    wish.state = (Usher__V1__PaymentState)state_of(values->state);
    wish.page_size = 100;
    wish.contradicted = values->contradicted;
    sheet_init(&sheet, "llllrlll");
    for (int i = 0; i < 8; i++)
        sheet_put(&sheet, "%s", heads[i]);
    do {
        code = call_payment(session, list_payments, &wish, &page);
        if (code == CMD_OK && add_page(&all, page) != 0)
            code = cmd_fail(session->command, CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
        wish.page_token = code == CMD_OK ? page->next_page_token : (char *)"";
    } while (code == CMD_OK && wish.page_token[0]);
    for (size_t i = 0; i < all.n_payments; i++)
        put(&sheet, all.payments[i]);
    if (code == CMD_OK && values->session.json)
        code = session_print_json(session, &all);
    else if (code == CMD_OK)
        sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    free(all.payments);
    return code;
}

static const struct conf_table list_table = {
    .command = "usher payment list",
    .summary = "Lists attempts to pay, the oldest first.",
    .options = list_options,
    .option_count = sizeof(list_options) / sizeof(list_options[0]),
};

static int list_command(int argc, char **argv)
{
    return run(&list_table, "payment list", argc, argv, list);
}

const struct cmd order_commands[ORDER_COMMANDS] = {
    {"find", "orders, and what is held to be paid, by number or address", order_find_command,
     .table = &order_find_table},
    {"show", "what an order is, and where its money is", show_command, .table = &show_table},
    {"refund", "give an order back that was paid", refund_command, .table = &refund_table},
    {"collect", "take the money for what is paid at the box office", order_collect_command,
     .table = &order_collect_table},
    {"move", "tickets of an order to other places", order_move_command, .table = &order_move_table},
    {"cancel", "an order of the box office", order_cancel_command, .table = &order_cancel_table},
    {"export", "orders, tickets or money for a spreadsheet", order_export_command,
     .table = &order_export_table},
    {"note", "write a note on it, for the team", order_note_command, .table = &order_note_table},
    {"edit", "put right whom its tickets are for", order_edit_command, .table = &order_edit_table},
    {"resend", "mail its tickets again", order_resend_command, .table = &order_resend_table},
};

const struct cmd payment_commands[PAYMENT_COMMANDS] = {
    {"list", "attempts to pay, by performance or state", list_command, .table = &list_table},
    {"refund-all", "give back all that was paid for a performance", refund_all_command,
     .table = &refund_all_table},
    {"terms", "who sells, fees, tax and refund rule", selling_terms_command,
     .table = &selling_terms_table},
    {"receipts", "an organiser's receipts and credit notes", receipts_command,
     .table = &receipts_table},
};
