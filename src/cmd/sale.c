/*
 * usher sale: lists, shows and steers the lines of a running server.
 */
#include "cmd/sale.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock/zone.h"
#include "cmd/when.h"
#include "term/money.h"
#include "term/sheet.h"

struct sale_values {
    struct session_values session;
    uint32_t sale_id;
    int64_t capacity_min, capacity_max;
};

static const struct conf_option options[] = {SESSION_OPTIONS(struct sale_values, session)};
static const struct conf_option admit_options[] = {
    {"capacity-min", CONF_INT, offsetof(struct sale_values, capacity_min), "50", 1, 1000000,
     .help = "the number inside never shrinks below"},
    {"capacity-max", CONF_INT, offsetof(struct sale_values, capacity_max), "2000", 1, 1000000,
     .help = "and never grows above"},
    SESSION_OPTIONS(struct sale_values, session),
};

uint32_t sale_number(const char *command, const char *word)
{
    uint64_t id;
    if (view_to_u64(view_str(word), UINT32_MAX, &id) && id > 0)
        return (uint32_t)id;
    cmd_fail(command, CMD_USAGE, "\"%s\" is no sale's number; usher sale list tells them", word);
    return 0;
}

static const char *state_text(Usher__V1__LineState state)
{
    switch (state) {
    case USHER__V1__LINE_STATE__LINE_STATE_ANNOUNCED:
        return "announced";
    case USHER__V1__LINE_STATE__LINE_STATE_DRAW:
        return "draw";
    case USHER__V1__LINE_STATE__LINE_STATE_OPEN:
        return "open";
    case USHER__V1__LINE_STATE__LINE_STATE_PAUSED:
        return "paused";
    case USHER__V1__LINE_STATE__LINE_STATE_OVER:
        return "over";
    default:
        return "unknown";
    }
}

static void print_status(const Usher__V1__SaleStatus *status)
{
    printf("%s; ", state_text(status->state));
    if (status->state == USHER__V1__LINE_STATE__LINE_STATE_DRAW)
        printf("%u in the draw\n", status->entrants);
    else
        printf("serving %" PRIu64 " of %" PRIu64 ", %u of %u inside, %u a minute, %u places left\n",
               status->serving, status->last, status->inside, status->capacity,
               status->rate_per_min, status->places_left);
}

/* By the hall's clock, which the sale is told by. */
static void format_time(const Usher__V1__Sale *sale, int64_t ms, char ret_text[WHEN_TEXT_MAX])
{
    int32_t offset;
    if (zone_offset(view_str(sale->time_zone), ms, &offset) == 0)
        when_format_there(ms, offset, ret_text);
    else
        when_format(ms, ret_text);
}

int sale_show(struct session *session, const struct session_values *values,
              const Usher__V1__Sale *sale)
{
    char opens[WHEN_TEXT_MAX], closes[WHEN_TEXT_MAX];
    if (values->json)
        return session_print_json(session, sale);
    format_time(sale, sale->opens_at_ms, opens);
    format_time(sale, sale->closes_at_ms, closes);
    printf("sale %u \"%s\" of performance", sale->sale_id, sale->name);
    for (size_t i = 0; i < sale->n_performance_ids; i++)
        printf("%s %u", i ? "," : sale->n_performance_ids > 1 ? "s" : "", sale->performance_ids[i]);
    printf(", %s to %s\n", opens, closes);
    if (sale->draw_opens_at_ms != 0) {
        format_time(sale, sale->draw_opens_at_ms, opens);
        printf("a draw from %s, its commitment ", opens);
        for (size_t i = 0; i < sale->draw_commitment.len; i++)
            printf("%02x", sale->draw_commitment.data[i]);
        putchar('\n');
    }
    if (sale->status)
        print_status(sale->status);
    return CMD_OK;
}

/* ---- list ---- */

static int list(struct session *session, void *arg)
{
    static const char *const heads[] = {"sale", "name",    "opens", "state",
                                        "last", "serving", "inside"};
    const struct sale_values *values = arg;
    Usher__V1__ListSalesRequest request = USHER__V1__LIST_SALES_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *answer;
    struct sheet sheet;
    char opens[WHEN_TEXT_MAX];
    const int code = sale_call(session, list_sales, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    if (answer->n_sales == 0) {
        printf("no sales yet: usher sale create\n");
        return CMD_OK;
    }
    sheet_init(&sheet, "rlllrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_sales; i++) {
        const Usher__V1__Sale *sale = answer->sales[i];
        format_time(sale, sale->opens_at_ms, opens);
        sheet_put(&sheet, "%u", sale->sale_id);
        sheet_put(&sheet, "%s", sale->name);
        sheet_put(&sheet, "%s", opens);
        sheet_put(&sheet, "%s", state_text(sale->status->state));
        sheet_put(&sheet, "%" PRIu64, sale->status->last);
        sheet_put(&sheet, "%" PRIu64, sale->status->serving);
        sheet_put(&sheet, "%u", sale->status->inside);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

/* ---- commands that name a sale ---- */

static int show(struct session *session, void *arg)
{
    const struct sale_values *values = arg;
    Usher__V1__GetSaleRequest request = USHER__V1__GET_SALE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    request.sale_id = values->sale_id;
    const int code = sale_call(session, get_sale, &request, &sale);
    return code == CMD_OK ? sale_show(session, &values->session, sale) : code;
}

static int pause_line(struct session *session, void *arg)
{
    const struct sale_values *values = arg;
    Usher__V1__PauseLineRequest request = USHER__V1__PAUSE_LINE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    request.sale_id = values->sale_id;
    const int code = sale_call(session, pause_line, &request, &sale);
    if (code == CMD_OK && !values->session.json)
        printf("sale %u is paused: nobody is called, and every place stays\n", sale->sale_id);
    return code == CMD_OK && values->session.json ? session_print_json(session, sale) : code;
}

static int resume_line(struct session *session, void *arg)
{
    const struct sale_values *values = arg;
    Usher__V1__ResumeLineRequest request = USHER__V1__RESUME_LINE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    request.sale_id = values->sale_id;
    const int code = sale_call(session, resume_line, &request, &sale);
    if (code == CMD_OK && !values->session.json)
        printf("sale %u goes on\n", sale->sale_id);
    return code == CMD_OK && values->session.json ? session_print_json(session, sale) : code;
}

static int admit(struct session *session, void *arg)
{
    const struct sale_values *values = arg;
    Usher__V1__SetAdmissionRequest request = USHER__V1__SET_ADMISSION_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    request.sale_id = values->sale_id;
    request.capacity_min = (uint32_t)values->capacity_min;
    request.capacity_max = (uint32_t)values->capacity_max;
    const int code = sale_call(session, set_admission, &request, &sale);
    if (code == CMD_OK && !values->session.json)
        printf("sale %u lets %u to %u in at once\n", sale->sale_id, request.capacity_min,
               request.capacity_max);
    return code == CMD_OK && values->session.json ? session_print_json(session, sale) : code;
}

static void print_report(const Usher__V1__LineReport *report)
{
    char at[WHEN_TEXT_MAX];
    print_status(report->status);
    printf("%" PRIu64 " joined, %" PRIu64 " called, %" PRIu64 " did not come in time, %" PRIu64
           " are done\n",
           report->joined, report->admitted, report->skipped, report->done);
    printf("waits: half at most %.1f s, 95 of 100 at most %.1f s\n",
           (double)report->wait_p50_ms / 1000, (double)report->wait_p95_ms / 1000);
    for (size_t i = 0; i < report->n_changes; i++) {
        when_format(report->changes[i]->at_ms, at);
        printf("%s  %u inside: %s\n", at, report->changes[i]->capacity, report->changes[i]->reason);
    }
}

static int report(struct session *session, void *arg)
{
    const struct sale_values *values = arg;
    Usher__V1__GetLineReportRequest request = USHER__V1__GET_LINE_REPORT_REQUEST__INIT;
    const Usher__V1__LineReport *answer;
    request.sale_id = values->sale_id;
    const int code = sale_call(session, get_line_report, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    print_report(answer);
    return CMD_OK;
}

/* ---- their tables ---- */

static const struct conf_table list_table = {
    .command = "usher sale list",
    .summary = "Lists sales and how far their lines are.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

#define TABLE(words, what, its_options)                                                            \
    {                                                                                              \
        .command = words, .summary = what, .positional = "SALE", .positional_min = 1,              \
        .positional_max = 1, .options = its_options,                                               \
        .option_count = sizeof(its_options) / sizeof(its_options[0]),                              \
    }
static const struct conf_table
    show_table = TABLE("usher sale show", "Shows a sale and its line.", options),
    pause_table = TABLE("usher sale pause", "Stops calling people; every place stays.", options),
    resume_table = TABLE("usher sale resume", "Goes on after a pause.", options),
    admit_table = TABLE("usher sale admit", "Sets how many may be inside at once.", admit_options),
    report_table =
        TABLE("usher sale report",
              "Tells who came, how long they waited, and why the capacity changed.", options);
#undef TABLE

/* Reads "SALE [options]" and runs body. */
static int with_sale(const char *name, const struct conf_table *table, int argc, char **argv,
                     enum session_caller caller, int (*body)(struct session *session, void *arg))
{
    struct sale_values values = {0};
    struct conf conf;
    int code = cmd_options(table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.sale_id = sale_number(name, conf.positional[0]);
    code = values.sale_id ? session_run(name, &values.session, caller, body, &values) : CMD_USAGE;
    conf_release(&conf);
    return code;
}

static int list_command(int argc, char **argv)
{
    struct sale_values values = {0};
    struct conf conf;
    int code = cmd_options(&list_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("sale list", &values.session, SESSION_ANYONE, list, &values);
    conf_release(&conf);
    return code;
}

static int show_command(int argc, char **argv)
{
    return with_sale("sale show", &show_table, argc, argv, SESSION_ANYONE, show);
}

static int pause_command(int argc, char **argv)
{
    return with_sale("sale pause", &pause_table, argc, argv, SESSION_ORGANISER, pause_line);
}

static int resume_command(int argc, char **argv)
{
    return with_sale("sale resume", &resume_table, argc, argv, SESSION_ORGANISER, resume_line);
}

static int admit_command(int argc, char **argv)
{
    return with_sale("sale admit", &admit_table, argc, argv, SESSION_ORGANISER, admit);
}

static int report_command(int argc, char **argv)
{
    return with_sale("sale report", &report_table, argc, argv, SESSION_ORGANISER, report);
}

const struct cmd sale_commands[SALE_COMMANDS] = {
    {"create", "a line in front of performances", sale_create_command, .table = &sale_create_table},
    {"list", "sales, and how far their lines are", list_command, .table = &list_table},
    {"show", "a sale and its line", show_command, .table = &show_table},
    {"pause", "nobody is called, every place stays", pause_command, .table = &pause_table},
    {"resume", "goes on after a pause", resume_command, .table = &resume_table},
    {"admit", "how many may be inside at once", admit_command, .table = &admit_table},
    {"report", "who came, how long they waited, why the capacity changed", report_command,
     .table = &report_table},
    {"after", "how it went: people, fairness, waits, places, what was slow", sale_after_command,
     .table = &sale_after_table},
    {"beacon", "a public beacon's round for the draw", sale_beacon_command,
     .table = &sale_beacon_table},
    {"mix", "what that round published", sale_mix_command, .table = &sale_mix_table},
};
