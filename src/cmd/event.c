/*
 * usher event: opens, pauses and watches the sale of performances on a running server.
 */
#include "cmd/event.h"

#include <stdlib.h>

#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

struct event_values {
    struct session_values session;
    uint32_t performance_id;
    bool all; /* of a list */
};

static const struct conf_option options[] = {SESSION_OPTIONS(struct event_values, session)};

static const struct conf_option list_options[] = {
    {"all", CONF_BOOL, offsetof(struct event_values, all), "no",
     .help = "drafts and hidden events, too; as the organiser, with the operator key"},
    SESSION_OPTIONS(struct event_values, session),
};

static const char *state_text(Usher__V1__SaleState state)
{
    switch (state) {
    case USHER__V1__SALE_STATE__SALE_STATE_DRAFT:
        return "draft";
    case USHER__V1__SALE_STATE__SALE_STATE_OPEN:
        return "open";
    case USHER__V1__SALE_STATE__SALE_STATE_PAUSED:
        return "paused";
    default:
        return "unknown";
    }
}

static void put_counts(struct sheet *sheet, const Usher__V1__Counts *counts)
{
    char text[MONEY_TEXT_MAX];
    const uint32_t figures[] = {counts ? counts->free : 0, counts ? counts->held : 0,
                                counts ? counts->sold : 0};
    for (int i = 0; i < 3; i++) {
        money_group(figures[i], text);
        sheet_put(sheet, "%s", text);
    }
}

static void put_heads(struct sheet *sheet, const char *const *heads)
{
    for (uint32_t i = 0; i < sheet->columns; i++)
        sheet_put(sheet, "%s", heads[i]);
}

/* ---- list ---- */

static int list(struct session *session, void *arg)
{
    static const char *const heads[] = {"performance", "event", "starts", "hall",
                                        "sale",        "free",  "held",   "sold"};
    const struct event_values *values = arg;
    Usher__V1__ListEventsRequest request = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *answer;
    struct sheet sheet;
    char starts[WHEN_TEXT_MAX];
    int code = session_call(session, list_events, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    if (answer->n_events == 0) {
        printf("no events yet: usher event create\n");
        return CMD_OK;
    }
    sheet_init(&sheet, "rllllrrr");
    put_heads(&sheet, heads);
    for (size_t i = 0; i < answer->n_events; i++) {
        const Usher__V1__Event *event = answer->events[i];
        const char *seen = event->state == USHER__V1__EVENT_STATE__EVENT_STATE_DRAFT ? " (draft)"
                           : event->state == USHER__V1__EVENT_STATE__EVENT_STATE_HIDDEN
                               ? " (hidden)"
                               : "";
        for (size_t k = 0; k < event->n_performances; k++) {
            const Usher__V1__Performance *performance = event->performances[k];
            if (performance->utc_offset_choice_case)
                when_format_there(performance->starts_at_ms, performance->utc_offset_minutes,
                                  starts);
            else
                when_format(performance->starts_at_ms, starts);
            sheet_put(&sheet, "%u", performance->performance_id);
            sheet_put(&sheet, "%u %s%s", event->event_id, event->name, seen);
            sheet_put(&sheet, "%s", starts);
            sheet_put(&sheet, "%s", performance->hall ? performance->hall->name : "");
            sheet_put(&sheet, "%s", state_text(performance->sale_state));
            put_counts(&sheet, performance->counts);
        }
        if (event->n_performances == 0) {
            sheet_put(&sheet, "-");
            sheet_put(&sheet, "%u %s%s", event->event_id, event->name, seen);
            for (int k = 0; k < 6; k++)
                sheet_put(&sheet, "%s", "");
        }
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static const struct conf_table list_table = {
    .command = "usher event list",
    .summary = "Lists events and their performances.",
    .options = list_options,
    .option_count = sizeof(list_options) / sizeof(list_options[0]),
};

static int list_command(int argc, char **argv)
{
    struct event_values values = {0};
    struct conf conf;
    int code = cmd_options(&list_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("event list", &values.session,
                       values.all ? SESSION_ORGANISER : SESSION_ANYONE, list, &values);
    conf_release(&conf);
    return code;
}

/* ---- commands that name a performance ---- */

#define TABLE(words, what)                                                                         \
    {                                                                                              \
        .command = words, .summary = what, .positional = "PERFORMANCE", .positional_min = 1,       \
        .positional_max = 1, .options = options,                                                   \
        .option_count = sizeof(options) / sizeof(options[0]),                                      \
    }
static const struct conf_table
    open_table =
        TABLE("usher event open", "Opens a performance's sale: from now on seats can be held."),
    pause_table = TABLE("usher event pause",
                        "Pauses a sale: no new holds; those that exist may still be ordered."),
    report_table = TABLE("usher event report",
                         "Tells what is free, held and sold, by category, and the money.");
#undef TABLE

/* Reads "PERFORMANCE [options]" and runs body as the organiser. */
static int with_performance(const char *name, const struct conf_table *table, int argc, char **argv,
                            int (*body)(struct session *session, void *arg))
{
    struct event_values values = {0};
    struct conf conf;
    uint64_t id;
    int code = cmd_options(table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    if (!view_to_u64(view_str(conf.positional[0]), UINT32_MAX, &id)) {
        code = cmd_fail(name, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        conf.positional[0]);
    } else {
        values.performance_id = (uint32_t)id;
        code = session_run(name, &values.session, SESSION_ORGANISER, body, &values);
    }
    conf_release(&conf);
    return code;
}

static int show_state(struct session *session, const struct event_values *values,
                      const Usher__V1__Performance *performance)
{
    if (values->session.json)
        return session_print_json(session, performance);
    printf("performance %u (%s) is %s\n", performance->performance_id, performance->event_name,
           state_text(performance->sale_state));
    return CMD_OK;
}

static int open_sale(struct session *session, void *arg)
{
    const struct event_values *values = arg;
    Usher__V1__OpenSaleRequest request = USHER__V1__OPEN_SALE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    request.performance_id = values->performance_id;
    int code = session_call(session, open_sale, &request, &performance);
    return code == CMD_OK ? show_state(session, values, performance) : code;
}

static int pause_sale(struct session *session, void *arg)
{
    const struct event_values *values = arg;
    Usher__V1__PauseSaleRequest request = USHER__V1__PAUSE_SALE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    request.performance_id = values->performance_id;
    int code = session_call(session, pause_sale, &request, &performance);
    return code == CMD_OK ? show_state(session, values, performance) : code;
}

static void print_report(const Usher__V1__SaleReport *report)
{
    static const char *const heads[] = {"category", "free", "held", "sold", "amount"};
    char amount[MONEY_TEXT_MAX];
    struct sheet sheet;
    sheet_init(&sheet, "lrrrr");
    put_heads(&sheet, heads);
    for (size_t i = 0; i < report->n_categories; i++) {
        const Usher__V1__CategoryReport *category = report->categories[i];
        money_format(category->sold_total, report->currency, amount);
        sheet_put(&sheet, "%s", category->name);
        put_counts(&sheet, category->counts);
        sheet_put(&sheet, "%s", amount);
    }
    money_format(report->sold_total, report->currency, amount);
    sheet_put(&sheet, "all");
    put_counts(&sheet, report->counts);
    sheet_put(&sheet, "%s", amount);
    for (size_t i = 0; i < report->n_types; i++) {
        const Usher__V1__TypeReport *type = report->types[i];
        money_format(type->sold_total, report->currency, amount);
        sheet_put(&sheet, "  %s", type->english[0] ? type->english : "others");
        sheet_put(&sheet, "%s", "");
        sheet_put(&sheet, "%s", "");
        sheet_put(&sheet, "%u", type->sold);
        sheet_put(&sheet, "%s", amount);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    printf("\nperformance %u is %s; %u order%s, %u cancelled; version %llu\n",
           report->performance_id, state_text(report->sale_state), report->order_count,
           report->order_count == 1 ? "" : "s", report->cancelled_count,
           (unsigned long long)report->version);
    if (report->keys_refused > 0)
        printf(
            "%llu call%s refused a new idempotency key: somebody asks far more often than people "
            "do, and his share is used up\n",
            (unsigned long long)report->keys_refused,
            report->keys_refused == 1 ? " was" : "s were");
}

static int report(struct session *session, void *arg)
{
    const struct event_values *values = arg;
    Usher__V1__GetSaleReportRequest request = USHER__V1__GET_SALE_REPORT_REQUEST__INIT;
    const Usher__V1__SaleReport *answer;
    request.performance_id = values->performance_id;
    int code = session_call(session, get_sale_report, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    print_report(answer);
    return CMD_OK;
}

static int open_command(int argc, char **argv)
{
    return with_performance("event open", &open_table, argc, argv, open_sale);
}

static int pause_command(int argc, char **argv)
{
    return with_performance("event pause", &pause_table, argc, argv, pause_sale);
}

static int report_command(int argc, char **argv)
{
    return with_performance("event report", &report_table, argc, argv, report);
}

const struct cmd event_commands[EVENT_COMMANDS] = {
    {"create", "an event and its performance in a hall, as a draft", event_create_command,
     .table = &event_create_table},
    {"edit", "its name, description, poster, date or prices", event_edit_command,
     .table = &event_edit_table},
    {"publish", "a draft, or a hidden event", event_publish_command, .table = &event_publish_table},
    {"hide", "it is the organiser's alone to see", event_hide_command, .table = &event_hide_table},
    {"delete", "where nothing is held or sold", event_delete_command, .table = &event_delete_table},
    {"open", "a performance's sale", open_command, .table = &open_table},
    {"pause", "a performance's sale", pause_command, .table = &pause_table},
    {"report", "what is free, held and sold, and the money", report_command,
     .table = &report_table},
    {"block", "free places are kept back from sale", event_block_command,
     .table = &event_block_table},
    {"unblock", "they go on sale again", event_unblock_command, .table = &event_unblock_table},
    {"blocks", "what is kept back", event_blocks_command, .table = &event_blocks_table},
    {"holders", "who holds places now", event_holders_command, .table = &event_holders_table},
    {"unhold", "ends a hold", event_unhold_command, .table = &event_unhold_table},
    {"prices", "what places cost, now and from when", event_prices_command,
     .table = &event_prices_table},
    {"types", "who pays what: children, students, companions", event_types_command,
     .table = &event_types_table},
    {"codes", "discounts and hidden categories, by a word or by many", event_codes_command,
     .table = &event_codes_table},
    {"announce", "tells the line, the map and buyers at once, and stops the sale",
     event_announce_command, .table = &event_announce_table},
    {"message", "mails words of yours to who has tickets", event_message_command,
     .table = &event_message_table},
    {"waiting", "who waits for places that come back, and the list's switch", event_waiting_command,
     .table = &event_waiting_table},
    {"rules", "single places that are left alone, and limits of categories", event_rules_command,
     .table = &event_rules_table},
    {"list", "events and performances of a server", list_command, .table = &list_table},
};
