/*
 * usher payment terms, receipts: what an organiser sells by, and the numbers that were given out.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "sale/currency.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/payment.pb-c.h"

#define STAYS (-1) /* of a number that was not given */

struct selling_values {
    struct session_values session;
    int64_t organiser, performance, after;
    const char *seller, *registration, *mail_order, *representative, *address, *telephone;
    const char *currency, *fee, *order_fee, *fee_back, *refund_rule;
    int64_t fee_part, price_vat, fee_vat;
    const char *word; /* none: no positional */
};

#define call_payment(session, method, request, ret_response)                                       \
    session_call_of((session), &usher__v1__payment_service__descriptor, Usher__V1__PaymentService, \
                    method, (request), (ret_response))

/* ---- terms ---- */

static void print_fee(const char *name, int64_t amount, const Usher__V1__SellingTerms *t)
{
    char text[MONEY_TEXT_MAX];
    money_format(amount, t->fee_currency, text);
    if (amount > 0)
        printf("%-20s %s\n", name, text);
}

static void print_terms(const Usher__V1__SellingTerms *t)
{
    static const char *const backs[] = {"by-rule", "by-rule", "always", "never"};
    const struct {
        const char *name, *text;
    } lines[] = {{"seller", t->seller},
                 {"represented by", t->representative},
                 {"business number", t->registration_number},
                 {"mail order number", t->mail_order_number},
                 {"address", t->address},
                 {"telephone", t->telephone}};
    char when[WHEN_TEXT_MAX];
    if (t->since_ms == 0) {
        printf("no terms were set: no fee, no tax, the server's refund rule\n");
        return;
    }
    when_format(t->since_ms, when);
    printf("%-20s %s\n", "since", when);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i].text[0])
            printf("%-20s %s\n", lines[i].name, lines[i].text);
    }
    print_fee("fee a ticket", t->ticket_fee, t);
    if (t->fee_permille > 0)
        printf("%-20s %" PRIu32 " thousandths of the price\n", "and", t->fee_permille);
    print_fee("fee an order", t->order_fee, t);
    printf("%-20s %s\n", "fee goes back", backs[t->fee_back <= 3 ? (int)t->fee_back : 0]);
    printf("%-20s %" PRIu32 " thousandths in prices, %" PRIu32 " in fees\n", "value added tax",
           t->price_vat_permille, t->fee_vat_permille);
    printf("%-20s %s\n", "refund rule", t->refund_rule[0] ? t->refund_rule : "the server's");
}

static void set_text(char **text, const char *said, bool *changed)
{
    if (said) {
        *text = (char *)said;
        *changed = true;
    }
}

static void set_part(uint32_t *part, int64_t said, bool *changed)
{
    if (said != STAYS) {
        *part = (uint32_t)said;
        *changed = true;
    }
}

/* "2000", "1.50", in the terms' currency. CMD_OK, or an enum cmd_exit. */
static int set_fee(struct session *session, const Usher__V1__SellingTerms *terms, const char *said,
                   const char *option, int64_t *amount, bool *changed)
{
    const struct currency *currency = currency_find(view_str(terms->fee_currency));
    if (!said)
        return CMD_OK;
    if (!currency || currency_parse(currency, view_str(said), amount) != 0)
        return cmd_fail(session->command, CMD_USAGE,
                        "--%s %s: an amount in --fee-currency, which is %s", option, said,
                        currency ? currency->code : "not set");
    *changed = true;
    return CMD_OK;
}

/* Puts what was said over the terms that are. */
static int change(struct session *session, const struct selling_values *values,
                  Usher__V1__SellingTerms *terms, bool *changed)
{
    set_text(&terms->seller, values->seller, changed);
    set_text(&terms->registration_number, values->registration, changed);
    set_text(&terms->mail_order_number, values->mail_order, changed);
    set_text(&terms->representative, values->representative, changed);
    set_text(&terms->address, values->address, changed);
    set_text(&terms->telephone, values->telephone, changed);
    set_text(&terms->fee_currency, values->currency, changed);
    set_text(&terms->refund_rule, values->refund_rule, changed);
    set_part(&terms->fee_permille, values->fee_part, changed);
    set_part(&terms->price_vat_permille, values->price_vat, changed);
    set_part(&terms->fee_vat_permille, values->fee_vat, changed);
    if (values->fee_back) {
        terms->fee_back =
            strcmp(values->fee_back, "always") == 0  ? USHER__V1__FEE_BACK__FEE_BACK_ALWAYS
            : strcmp(values->fee_back, "never") == 0 ? USHER__V1__FEE_BACK__FEE_BACK_NEVER
                                                     : USHER__V1__FEE_BACK__FEE_BACK_BY_RULE;
        *changed = true;
    }
    int code = set_fee(session, terms, values->fee, "fee", &terms->ticket_fee, changed);
    return code == CMD_OK
               ? set_fee(session, terms, values->order_fee, "order-fee", &terms->order_fee, changed)
               : code;
}

static int terms(struct session *session, void *arg)
{
    const struct selling_values *values = arg;
    Usher__V1__GetSellingTermsRequest look = USHER__V1__GET_SELLING_TERMS_REQUEST__INIT;
    Usher__V1__SetSellingTermsRequest wish = USHER__V1__SET_SELLING_TERMS_REQUEST__INIT;
    const Usher__V1__SellingTerms *found;
    bool changed = false;
    look.organiser_id = (uint32_t)values->organiser;
    look.performance_id = (uint32_t)values->performance;
    int code = call_payment(session, get_selling_terms, &look, &found);
    if (code != CMD_OK)
        return code;
    Usher__V1__SellingTerms now = *found;
    now.performance_id = look.performance_id;
    code = change(session, values, &now, &changed);
    wish.terms = &now;
    if (code == CMD_OK && changed)
        code = call_payment(session, set_selling_terms, &wish, &found);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, found);
    print_terms(found);
    return CMD_OK;
}

#define TEXT(name, field, what)                                                                    \
    {                                                                                              \
        name, CONF_STR, offsetof(struct selling_values, field), NULL, 0, 200, .help = (what)       \
    }
#define PART(name, field, what)                                                                    \
    {                                                                                              \
        name, CONF_INT, offsetof(struct selling_values, field), "-1", -1, 500, .help = (what)      \
    }

static const struct conf_option terms_options[] = {
    {"organiser", CONF_INT, offsetof(struct selling_values, organiser), "0", 0, UINT32_MAX,
     .help = "whose terms; 0: the only one that you manage"},
    {"performance", CONF_INT, offsetof(struct selling_values, performance), "0", 0, UINT32_MAX,
     .help = "for this performance only; 0: for all performances without terms of their own"},
    TEXT("seller", seller, "who sells, as receipts say"),
    TEXT("representative", representative, "who stands for the seller"),
    TEXT("registration", registration, "the business registration number"),
    TEXT("mail-order", mail_order, "the mail order number"),
    TEXT("address", address, "the seller's address"),
    TEXT("telephone", telephone, "the seller's telephone number"),
    TEXT("fee-currency", currency, "the currency of fees, by ISO 4217: KRW"),
    TEXT("fee", fee, "the booking fee of a ticket: 2000"),
    TEXT("order-fee", order_fee, "the booking fee of an order, beside that of its tickets"),
    PART("fee-part", fee_part, "thousandths of a ticket's price that are added to its fee"),
    {"fee-back", CONF_CHOICE, offsetof(struct selling_values, fee_back), NULL,
     .help = "whether the fee of a ticket goes back with it", .choices = "by-rule|always|never"},
    PART("vat", price_vat, "the value added tax that prices contain, in thousandths; 0: exempt"),
    PART("fee-vat", fee_vat, "thousandths of value added tax that fees contain"),
    {"refund-rule", CONF_STR, offsetof(struct selling_values, refund_rule), NULL, 0, 255,
     .help =
         "what is kept of a buyer who gives tickets back: kr-standard, kr-sellers, all, none, or "
         "steps: \"10d 0%, 7d 10%, 3d 20%, 0d 90%, free 24h 3d, fee order-day, cut-off 17:00\""},
    SESSION_OPTIONS(struct selling_values, session),
};

const struct conf_table selling_terms_table = {
    .command = "usher payment terms",
    .summary = "Shows the terms by which an organiser sells; the options change them.",
    .options = terms_options,
    .option_count = sizeof(terms_options) / sizeof(terms_options[0]),
    .notes = "Holds that exist keep what they were promised.",
};

int selling_terms_command(int argc, char **argv)
{
    struct selling_values values = {0};
    return session_command(&selling_terms_table, argc, argv, &values, &values.session, &values.word,
                           terms);
}

/* ---- receipts ---- */

static void put_receipt(struct sheet *sheet, const Usher__V1__Receipt *r)
{
    const bool credit = r->kind == USHER__V1__RECEIPT_KIND__RECEIPT_KIND_CREDIT_NOTE;
    char when[WHEN_TEXT_MAX], total[MONEY_TEXT_MAX], vat[MONEY_TEXT_MAX];
    when_format(r->at_ms, when);
    money_format(credit ? -r->total : r->total, r->currency, total);
    money_format(credit ? -r->vat : r->vat, r->currency, vat);
    sheet_put(sheet, "%" PRIu64, r->number);
    sheet_put(sheet, "%s", when);
    sheet_put(sheet, "%s", credit ? "credit note" : "receipt");
    sheet_put(sheet, "%s", r->order_number);
    sheet_put(sheet, "%s", r->provider);
    sheet_put(sheet, "%s", total);
    sheet_put(sheet, "%s", vat);
}

static int receipts(struct session *session, void *arg)
{
    static const char *const heads[] = {"number", "at", "what", "order", "by", "total", "tax"};
    const struct selling_values *values = arg;
    Usher__V1__ListReceiptsRequest wish = USHER__V1__LIST_RECEIPTS_REQUEST__INIT;
    const Usher__V1__ListReceiptsResponse *page;
    struct sheet sheet;
    wish.organiser_id = (uint32_t)values->organiser;
    wish.after_number = (uint64_t)values->after;
    wish.page_size = 100;
    int code = call_payment(session, list_receipts, &wish, &page);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, page);
    sheet_init(&sheet, "rllllrr");
    for (int i = 0; i < 7; i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < page->n_receipts; i++)
        put_receipt(&sheet, page->receipts[i]);
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    if (page->n_receipts == wish.page_size)
        printf("and more: --after %" PRIu64 "\n", page->receipts[page->n_receipts - 1]->number);
    return CMD_OK;
}

static const struct conf_option receipts_options[] = {
    {"organiser", CONF_INT, offsetof(struct selling_values, organiser), "0", 0, UINT32_MAX,
     .help = "whose receipts; 0: the only one that you manage"},
    {"after", CONF_INT, offsetof(struct selling_values, after), "0", 0, INT64_MAX,
     .help = "begin behind this number"},
    SESSION_OPTIONS(struct selling_values, session),
};

const struct conf_table receipts_table = {
    .command = "usher payment receipts",
    .summary = "Lists an organiser's receipts and credit notes, by number, 100 at a time.",
    .options = receipts_options,
    .option_count = sizeof(receipts_options) / sizeof(receipts_options[0]),
};

int receipts_command(int argc, char **argv)
{
    struct selling_values values = {0};
    return session_command(&receipts_table, argc, argv, &values, &values.session, &values.word,
                           receipts);
}
