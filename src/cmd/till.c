/*
 * usher till open, show, list, close, sell, rules: the box office's till.
 */
#include "cmd/till.h"

#include <inttypes.h>
#include <stdio.h>

#include "chance/chance.h"
#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/till.pb-c.h"

#define PAGE       100
#define NOT_SAID   (-1)
#define AMOUNT_MAX INT64_C(1000000000000)

struct till_values {
    struct session_values session;
    int64_t organiser, opening, counted, best, category, cash;
    const char *currency, *note, *seats, *types, *card, *comp, *name, *email, *comps;
    const char *word;
};

#define call_till(session, method, request, ret_response)                                          \
    session_call_of((session), &usher__v1__till_service__descriptor, Usher__V1__TillService,       \
                    method, (request), (ret_response))

static const char *means_word(Usher__V1__TillMeans means)
{
    static const char *const words[] = {"", "cash", "card", "comp"};
    return (int)means >= 0 && means <= USHER__V1__TILL_MEANS__TILL_MEANS_COMP ? words[means] : "";
}

static void print_amount(const char *name, int64_t amount, const Usher__V1__Till *till)
{
    char text[MONEY_TEXT_MAX];
    money_format(amount, till->currency, text);
    printf("%-18s %s\n", name, text);
}

static void print_till(const Usher__V1__Till *till)
{
    char when[WHEN_TEXT_MAX];
    when_format(till->opened_at_ms, when);
    printf("%-18s %s\n%-18s %s\n", "till", till->till_id, "opened", when);
    print_amount("in the drawer", till->opening_amount, till);
    print_amount("cash taken", till->cash_taken, till);
    print_amount("cash given back", till->cash_returned, till);
    print_amount("card taken", till->card_taken, till);
    print_amount("card given back", till->card_returned, till);
    printf("%-18s %" PRIu32 ", given back %" PRIu32 "\n", "sales", till->sales, till->refunds);
    printf("%-18s %" PRIu32 " of %" PRIu32 " places\n", "comps", till->comps, till->comp_places);
    print_amount("expected", till->expected, till);
    if (till->closed_at_ms == 0)
        return;
    when_format(till->closed_at_ms, when);
    printf("%-18s %s%s%s\n", "closed", when, till->note[0] ? ": " : "", till->note);
    print_amount("counted", till->counted, till);
    print_amount("difference", till->difference, till);
}

static int tell(struct session *session, const struct till_values *values,
                const Usher__V1__Till *till)
{
    if (values->session.json)
        return session_print_json(session, till);
    print_till(till);
    return CMD_OK;
}

static int till_open_run(struct session *session, void *arg)
{
    const struct till_values *values = arg;
    Usher__V1__OpenTillRequest wish = USHER__V1__OPEN_TILL_REQUEST__INIT;
    const Usher__V1__Till *till;
    wish.organiser_id = (uint32_t)values->organiser;
    wish.currency = (char *)values->currency;
    wish.opening_amount = values->opening;
    int code = call_till(session, open_till, &wish, &till);
    return code == CMD_OK ? tell(session, values, till) : code;
}

/* The till that was named, or one's own that is open. */
static int get(struct session *session, const struct till_values *values,
               const Usher__V1__Till **ret_till)
{
    Usher__V1__GetTillRequest wish = USHER__V1__GET_TILL_REQUEST__INIT;
    wish.till_id = (char *)(values->word ? values->word : "");
    wish.organiser_id = (uint32_t)values->organiser;
    int code = call_till(session, get_till, &wish, ret_till);
    return code == CMD_OK && (*ret_till)->till_id[0] == '\0'
               ? cmd_fail(session->command, CMD_FALSE, "your till is not open: usher till open")
               : code;
}

static void put_entry(struct sheet *sheet, const Usher__V1__TillEntry *entry, const char *currency)
{
    static const char *const kinds[] = {"", "sale", "back", "comp"};
    char when[WHEN_TEXT_MAX], amount[MONEY_TEXT_MAX];
    when_format(entry->at_ms, when);
    money_format(entry->amount, currency, amount);
    sheet_put(sheet, "%" PRIu64, entry->number);
    sheet_put(sheet, "%s", when);
    sheet_put(sheet, "%s", kinds[entry->kind <= 3 ? (int)entry->kind : 0]);
    sheet_put(sheet, "%s", means_word(entry->means));
    sheet_put(sheet, "%s", amount);
    sheet_put(sheet, "%" PRIu32, entry->places);
    sheet_put(sheet, "%s", entry->order_number);
    sheet_put(sheet, "%s%s", entry->is_void ? "void: " : "", entry->note);
}

static int till_show_run(struct session *session, void *arg)
{
    const struct till_values *values = arg;
    Usher__V1__ListTillEntriesRequest wish = USHER__V1__LIST_TILL_ENTRIES_REQUEST__INIT;
    const Usher__V1__ListTillEntriesResponse *page;
    const Usher__V1__Till *till;
    struct sheet sheet;
    int code = get(session, values, &till);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, till) : code;
    print_till(till);
    wish.till_id = till->till_id;
    wish.page_size = PAGE;
    sheet_init(&sheet, "rlllrrll");
    do {
        code = call_till(session, list_till_entries, &wish, &page);
        for (size_t i = 0; code == CMD_OK && i < page->n_entries; i++) {
            put_entry(&sheet, page->entries[i], till->currency);
            wish.after_number = page->entries[i]->number;
        }
    } while (code == CMD_OK && page->n_entries == PAGE);
    if (code == CMD_OK)
        sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return code;
}

static int till_list_run(struct session *session, void *arg)
{
    const struct till_values *values = arg;
    Usher__V1__ListTillsRequest wish = USHER__V1__LIST_TILLS_REQUEST__INIT;
    const Usher__V1__ListTillsResponse *page;
    struct sheet sheet;
    wish.organiser_id = (uint32_t)values->organiser;
    wish.page_size = PAGE;
    int code = call_till(session, list_tills, &wish, &page);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, page) : code;
    sheet_init(&sheet, "lllrrr");
    for (size_t i = 0; i < page->n_tills; i++) {
        const Usher__V1__Till *till = page->tills[i];
        char when[WHEN_TEXT_MAX], expected[MONEY_TEXT_MAX], difference[MONEY_TEXT_MAX];
        when_format(till->opened_at_ms, when);
        money_format(till->expected, till->currency, expected);
        money_format(till->difference, till->currency, difference);
        sheet_put(&sheet, "%s", till->till_id);
        sheet_put(&sheet, "%s", when);
        sheet_put(&sheet, "%s", till->closed_at_ms > 0 ? "closed" : "open");
        sheet_put(&sheet, "%" PRIu32, till->sales);
        sheet_put(&sheet, "%s", expected);
        sheet_put(&sheet, "%s", till->closed_at_ms > 0 ? difference : "");
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int till_close_run(struct session *session, void *arg)
{
    const struct till_values *values = arg;
    Usher__V1__CloseTillRequest wish = USHER__V1__CLOSE_TILL_REQUEST__INIT;
    const Usher__V1__Till *till;
    if (values->counted == NOT_SAID)
        return cmd_fail(session->command, CMD_USAGE,
                        "--counted AMOUNT: what is in the drawer, counted, in the smallest unit");
    int code = get(session, values, &till);
    if (code != CMD_OK)
        return code;
    wish.till_id = till->till_id;
    wish.counted = values->counted;
    wish.note = (char *)values->note;
    code = call_till(session, close_till, &wish, &till);
    return code == CMD_OK ? tell(session, values, till) : code;
}

static int till_rules_run(struct session *session, void *arg)
{
    const struct till_values *values = arg;
    Usher__V1__GetTillRulesRequest look = USHER__V1__GET_TILL_RULES_REQUEST__INIT;
    Usher__V1__SetTillRulesRequest wish = USHER__V1__SET_TILL_RULES_REQUEST__INIT;
    Usher__V1__TillRules said = USHER__V1__TILL_RULES__INIT;
    const Usher__V1__TillRules *rules;
    look.organiser_id = said.organiser_id = (uint32_t)values->organiser;
    said.box_office_comps = strcmp(values->comps, "box-office") == 0;
    wish.rules = &said;
    int code = strcmp(values->comps, "as-is") != 0
                   ? call_till(session, set_till_rules, &wish, &rules)
                   : call_till(session, get_till_rules, &look, &rules);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, rules) : code;
    printf("comps are given by %s\n", rules->box_office_comps
                                          ? "the box office, managers and owners"
                                          : "managers and owners alone");
    return CMD_OK;
}

/* ---- selling ---- */

/* The hold: these seats, or the best. CMD_OK, or after having said why. */
static int hold(struct session *session, const struct till_values *values,
                const Usher__V1__TillHold **ret_hold)
{
    Usher__V1__HoldAtTillRequest wish = USHER__V1__HOLD_AT_TILL_REQUEST__INIT;
    Usher__V1__HoldSeatsRequest seats = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    Usher__V1__HoldBestRequest best = USHER__V1__HOLD_BEST_REQUEST__INIT;
    uint32_t numbers[ORDER_SEATS_MAX], types[ORDER_SEATS_MAX];
    uint64_t performance;
    char key[ID_TEXT_CHARS + 1];
    int code = CMD_OK;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &performance))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    if (!values->seats[0] && values->best == 0)
        return cmd_fail(session->command, CMD_USAGE, "--seats NUMBERS, or --best PEOPLE");
    if (values->seats[0] && (values->best > 0 || values->category != NOT_SAID))
        return cmd_fail(session->command, CMD_USAGE,
                        "--seats names the places: without --best and --category");
    if (values->types[0] && !values->seats[0])
        return cmd_fail(
            session->command, CMD_USAGE,
            "--types is of the places that --seats names; the best are of the first type");
    id_format(chance_id(chance_system()), key);
    seats.performance_id = best.performance_id = (uint32_t)performance;
    seats.idempotency_key = best.idempotency_key = key;
    if (values->seats[0]) {
        wish.wish_case = USHER__V1__HOLD_AT_TILL_REQUEST__WISH_SEATS;
        wish.seats = &seats;
        seats.seats = numbers;
        seats.types = types;
        code = order_read_seats(session->command, values->seats, numbers, &seats.n_seats);
        if (code == CMD_OK && values->types[0])
            code = order_read_seats(session->command, values->types, types, &seats.n_types);
    } else {
        wish.wish_case = USHER__V1__HOLD_AT_TILL_REQUEST__WISH_BEST;
        wish.best = &best;
        best.party = (uint32_t)values->best;
        if (values->category != NOT_SAID) {
            best.category_choice_case = USHER__V1__HOLD_BEST_REQUEST__CATEGORY_CHOICE_CATEGORY;
            best.category = (uint32_t)values->category;
        }
    }
    return code == CMD_OK ? call_till(session, hold_at_till, &wish, ret_hold) : code;
}

static void release(struct session *session, const Usher__V1__TillHold *held)
{
    Usher__V1__ReleaseAtTillRequest wish = USHER__V1__RELEASE_AT_TILL_REQUEST__INIT;
    Usher__V1__ReleaseHoldRequest about = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    const Usher__V1__ReleaseHoldResponse *answer;
    about.performance_id = held->hold->performance_id;
    about.hold_id = held->hold->hold_id;
    wish.wish = &about;
    wish.customer_id = held->customer_id;
    (void)call_till(session, release_at_till, &wish, &answer);
}

static void print_sale(const Usher__V1__TillSale *sale)
{
    char total[MONEY_TEXT_MAX], change[MONEY_TEXT_MAX];
    const Usher__V1__Order *order = sale->order;
    money_format(sale->entry->amount, order->currency, total);
    money_format(sale->change, order->currency, change);
    for (size_t i = 0; i < order->n_tickets; i++)
        printf("%s\n", order->tickets[i]->label);
    printf("%s: %s by %s, change %s; usher ticket file %s makes the tickets\n", order->order_number,
           total, means_word(sale->entry->means), change, order->order_id);
}

static int till_sell_run(struct session *session, void *arg)
{
    const struct till_values *values = arg;
    Usher__V1__SellAtTillRequest wish = USHER__V1__SELL_AT_TILL_REQUEST__INIT;
    Usher__V1__Contact contact = USHER__V1__CONTACT__INIT;
    const Usher__V1__TillHold *held;
    const Usher__V1__TillSale *sale;
    if ((values->cash != NOT_SAID) + (values->card[0] != '\0') + (values->comp[0] != '\0') != 1)
        return cmd_fail(session->command, CMD_USAGE,
                        "--cash TENDERED, --card NUMBER, or --comp REASON: one of them");
    int code = hold(session, values, &held);
    if (code != CMD_OK)
        return code;
    wish.performance_id = held->hold->performance_id;
    wish.hold_id = held->hold->hold_id;
    wish.customer_id = held->customer_id;
    wish.means = values->comp[0]   ? USHER__V1__TILL_MEANS__TILL_MEANS_COMP
                 : values->card[0] ? USHER__V1__TILL_MEANS__TILL_MEANS_CARD
                                   : USHER__V1__TILL_MEANS__TILL_MEANS_CASH;
    wish.amount = values->comp[0] ? 0 : held->hold->total;
    wish.tendered = values->cash > 0 ? values->cash : 0;
    wish.note = (char *)(values->comp[0] ? values->comp : values->card);
    contact.name = (char *)values->name;
    contact.email = (char *)values->email;
    wish.contact = &contact;
    code = call_till(session, sell_at_till, &wish, &sale);
    if (code != CMD_OK) {
        release(session, held);
        return code;
    }
    if (values->session.json)
        return session_print_json(session, sale);
    print_sale(sale);
    return CMD_OK;
}

/* ---- tables ---- */

#define ORGANISER                                                                                  \
    {                                                                                              \
        "organiser", CONF_INT, offsetof(struct till_values, organiser), "0", 0, UINT32_MAX,        \
            .help = "whose it is; 0: the only one that you act for"                                \
    }
#define TEXT(word, member, sentence)                                                               \
    {                                                                                              \
        word, CONF_STR, offsetof(struct till_values, member), "", 0, 254, .help = sentence         \
    }

static const struct conf_option open_options[] = {
    ORGANISER,
    {"currency", CONF_STR, offsetof(struct till_values, currency), "KRW", 3, 3,
     .help = "in which it counts"},
    {"opening", CONF_INT, offsetof(struct till_values, opening), "0", 0, AMOUNT_MAX,
     .help = "what is in the drawer, in the smallest unit"},
    SESSION_OPTIONS(struct till_values, session),
};
static const struct conf_option look_options[] = {
    ORGANISER,
    SESSION_OPTIONS(struct till_values, session),
};
static const struct conf_option close_options[] = {
    ORGANISER,
    {"counted", CONF_INT, offsetof(struct till_values, counted), "-1", NOT_SAID, AMOUNT_MAX,
     .help = "what is in the drawer, counted, in the smallest unit"},
    TEXT("note", note, "why it is another sum than expected"),
    SESSION_OPTIONS(struct till_values, session),
};
static const struct conf_option rules_options[] = {
    ORGANISER,
    {"comps", CONF_CHOICE, offsetof(struct till_values, comps), "as-is",
     .choices = "as-is|managers|box-office", .help = "who gives comps; as-is: only tells it"},
    SESSION_OPTIONS(struct till_values, session),
};
static const struct conf_option sell_options[] = {
    TEXT("seats", seats, "numbers of seats, with commas"),
    TEXT("types", types, "numbers of price types, one for each of the seats"),
    {"best", CONF_INT, offsetof(struct till_values, best), "0", 0, ORDER_SEATS_MAX,
     .help = "the best places for so many people"},
    {"category", CONF_INT, offsetof(struct till_values, category), "-1", NOT_SAID, UINT32_MAX,
     .help = "the best of this category; -1: of any"},
    {"cash", CONF_INT, offsetof(struct till_values, cash), "-1", NOT_SAID, AMOUNT_MAX,
     .help = "cash: what was handed over, in the smallest unit; 0: exactly what it costs"},
    TEXT("card", card, "by a card terminal: its number of the payment"),
    TEXT("comp", comp, "given for nothing: the reason"),
    TEXT("name", name, "whose tickets they are"),
    TEXT("email", email, "where the tickets are mailed to, too"),
    SESSION_OPTIONS(struct till_values, session),
};

#define TABLE(variable, said, sentence, what, least, table)                                        \
    static const struct conf_table variable = {                                                    \
        .command = "usher till " said,                                                             \
        .summary = sentence,                                                                       \
        .positional = what,                                                                        \
        .positional_min = least,                                                                   \
        .positional_max = (what) != NULL,                                                          \
        .options = table,                                                                          \
        .option_count = sizeof(table) / sizeof(table[0]),                                          \
    }
TABLE(open_table, "open", "Opens your till.", NULL, 0, open_options);
TABLE(show_table, "show", "Tells what a till took and handed out.", "[TILL]", 0, look_options);
TABLE(list_table, "list", "Lists tills, the newest first.", NULL, 0, look_options);
TABLE(close_table, "close", "Closes a till with what was counted.", "[TILL]", 0, close_options);
TABLE(sell_table, "sell", "Sells places to somebody who stands there.", "PERFORMANCE", 1,
      sell_options);
TABLE(rules_table, "rules", "Says who gives comps.", NULL, 0, rules_options);

#define COMMAND(name)                                                                              \
    static int name##_command(int argc, char **argv)                                               \
    {                                                                                              \
        struct till_values values = {0};                                                           \
        return session_command(&name##_table, argc, argv, &values, &values.session, &values.word,  \
                               till_##name##_run);                                                 \
    }
COMMAND(open)
COMMAND(show)
COMMAND(list)
COMMAND(close)
COMMAND(sell)
COMMAND(rules)

const struct cmd till_commands[TILL_COMMANDS] = {
    {"open", "begin with what is in the drawer", open_command, .table = &open_table},
    {"show", "what a till took and handed out", show_command, .table = &show_table},
    {"list", "tills, the newest first", list_command, .table = &list_table},
    {"close", "count the drawer and end it", close_command, .table = &close_table},
    {"sell", "sell or give places over the counter", sell_command, .table = &sell_table},
    {"rules", "who gives comps", rules_command, .table = &rules_table},
};
