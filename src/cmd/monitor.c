#include "cmd/monitor.h"

#include <inttypes.h>
#include <stdio.h>

#include "cmd/session.h"
#include "fiber/fiber.h"
#include "term/money.h"
#include "term/plain.h"
#include "term/sheet.h"
#include "usher/v1/monitor.pb-c.h"

#define WATCH_EVERY_MS 1000

struct monitor_values {
    struct session_values session;
    const char *level;
    const char *stream;
    int64_t count;
};

#define call(session, method, request, answer)                                                     \
    session_call_of((session), &usher__v1__monitor_service__descriptor, Usher__V1__MonitorService, \
                    method, (request), (answer))

/* ---- search ---- */

struct search {
    const struct monitor_values *values;
    const char *text;
};

/* The number of the word in "all|debug|info|…", which is its value in the contract. */
static int index_of(const char *word, const char *const *words, int count)
{
    int i = 0;
    while (i < count && strcmp(words[i], word) != 0)
        i++;
    assert(i < count); /* conf has checked the choice */
    return i;
}

static int search(struct session *session, void *arg)
{
    static const char *const levels[] = {"all", "debug", "info", "warn", "error"};
    static const char *const streams[] = {"all", "logs", "events"};
    const struct search *search = arg;
    const struct monitor_values *values = search->values;
    Usher__V1__SearchRecordsRequest wish = USHER__V1__SEARCH_RECORDS_REQUEST__INIT;
    const Usher__V1__SearchRecordsResponse *answer;
    wish.text = (char *)search->text;
    wish.level = (Usher__V1__RecordLevel)index_of(values->level, levels, 5);
    wish.stream = (Usher__V1__RecordStream)index_of(values->stream, streams, 3);
    wish.page_size = (uint32_t)values->count;
    int code = call(session, search_records, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    /* The newest last, as in a log. A record is what a peer sent. */
    for (size_t i = answer->n_records; i > 0; i--) {
        const ProtobufCBinaryData json = answer->records[i - 1]->json;
        plain_put_json(view_of(json.data, json.len), stdout);
        printf("\n");
    }
    if (answer->n_records == 0)
        printf("nothing is found\n");
    return CMD_OK;
}

static const struct conf_option search_options[] = {
    SESSION_OPTIONS(struct monitor_values, session),
    {"level", CONF_CHOICE, offsetof(struct monitor_values, level), "all",
     .help = "the least level of what is shown", .choices = "all|debug|info|warn|error"},
    {"stream", CONF_CHOICE, offsetof(struct monitor_values, stream), "all",
     .help = "what the processes say, or what happens in sales: places, lines, payments",
     .choices = "all|logs|events"},
    {"count", CONF_INT, offsetof(struct monitor_values, count), "50", 1, 500,
     .help = "how many of the newest are shown"},
};

static const struct conf_table search_table = {
    .command = "usher monitor search",
    .summary =
        "Searches the records of the last days (log lines and sale events); prints a line of JSON "
        "each.",
    .positional = "[WORD...]",
    .positional_max = CONF_POSITIONAL_MAX,
    .options = search_options,
    .option_count = sizeof(search_options) / sizeof(search_options[0]),
    .notes = "All words have to be in a record. An order number, a hold, or a word of a message "
             "is found.",
};

static int search_command(int argc, char **argv)
{
    struct monitor_values values;
    struct conf conf;
    char text[512] = "";
    int code = cmd_options(&search_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    size_t len = 0;
    for (uint32_t i = 0; i < conf.positional_count && len < sizeof(text); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
                                conf.positional[i]);
    struct search wish = {.values = &values, .text = text};
    code = session_run("monitor search", &values.session, SESSION_ORGANISER, search, &wish);
    conf_release(&conf);
    return code;
}

/* ---- status ---- */

static int status(struct session *session, void *arg)
{
    const struct monitor_values *values = arg;
    const Usher__V1__GetMonitorRequest wish = USHER__V1__GET_MONITOR_REQUEST__INIT;
    const Usher__V1__MonitorStatus *answer;
    int code = call(session, get_monitor, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    printf("%" PRIu64 " records kept", answer->kept);
    if (answer->ships)
        printf(", %" PRIu64 " wait to be shipped, %" PRIu64 " were refused", answer->waiting,
               answer->refused);
    printf(", %" PRIu64 " log lines lost\n", answer->lost_lines);
    if (!answer->ships)
        printf("nothing is shipped: usher serve --elastic URL\n");
    else if (!answer->reached)
        printf("Elasticsearch cannot be reached; the oldest record that waits is %" PRId64
               " s old\n",
               answer->behind_ms / 1000);
    return CMD_OK;
}

static const struct conf_option status_options[] = {
    SESSION_OPTIONS(struct monitor_values, session)};

static const struct conf_table status_table = {
    .command = "usher monitor status",
    .summary = "How much the monitor keeps, and how far it is shipped.",
    .options = status_options,
    .option_count = sizeof(status_options) / sizeof(status_options[0]),
};

static int status_command(int argc, char **argv)
{
    struct monitor_values values;
    struct conf conf;
    int code = cmd_options(&status_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("monitor status", &values.session, SESSION_ORGANISER, status, &values);
    conf_release(&conf);
    return code;
}

/* ---- watch ---- */

static const char *const claim_names[] = {
    [USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_ONE_CLAIM] = "P1 one claim a place",
    [USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_BOOKS] = "P6 books",
    [USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_ALL_COUNTED] = "P7 all counted",
    [USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_ADMISSION] = "P8 admission",
    [USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_LEDGER] = "P11 ledger",
};

static void put_count(struct sheet *sheet, uint64_t n)
{
    char text[MONEY_TEXT_MAX];
    money_group((int64_t)n, text);
    sheet_put(sheet, "%s", text);
}

static void print_sales(const Usher__V1__Board *board)
{
    static const char *const heads[] = {"performance", "event",  "free",   "held",
                                        "sold",        "orders", "revenue"};
    struct sheet sheet;
    sheet_init(&sheet, "rlrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < board->n_performances; i++) {
        const Usher__V1__BoardPerformance *p = board->performances[i];
        char money[MONEY_TEXT_MAX];
        sheet_put(&sheet, "%u", p->performance_id);
        sheet_put(&sheet, "%s", p->event_name);
        put_count(&sheet, p->counts ? p->counts->free : 0);
        put_count(&sheet, p->counts ? p->counts->held : 0);
        put_count(&sheet, p->counts ? p->counts->sold : 0);
        put_count(&sheet, p->order_count);
        money_format(p->sold_total, p->currency, money);
        sheet_put(&sheet, "%s", money);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    for (size_t i = 0; i < board->n_lines; i++) {
        const Usher__V1__SaleStatus *s = board->lines[i]->status;
        if (s)
            printf("line %u, %s: number %" PRIu64 " of %" PRIu64
                   " is called, %u inside of %u, %u a minute\n",
                   board->lines[i]->sale_id, board->lines[i]->name, s->serving, s->last, s->inside,
                   s->capacity, s->rate_per_min);
    }
}

/* One line a kind: how many hold, or what was found first. False: one fails. */
static bool print_claims(const Usher__V1__Board *board)
{
    bool all = true;
    for (int kind = 1; kind < (int)(sizeof(claim_names) / sizeof(claim_names[0])); kind++) {
        uint64_t count = 0, behind = 0;
        bool holds = true;
        for (size_t i = 0; i < board->n_claims; i++) {
            const Usher__V1__BoardClaim *claim = board->claims[i];
            if ((int)claim->kind != kind)
                continue;
            count++;
            behind += claim->behind;
            if (!claim->holds)
                printf("FALSE  %s: %s %u: %s\n", claim_names[kind],
                       claim->sale_id ? "line" : "performance",
                       claim->sale_id ? claim->sale_id : claim->performance_id, claim->found);
            holds = holds && claim->holds;
        }
        if (count > 0 && holds)
            printf("ok     %s: %" PRIu64 " checked, %" PRIu64 " changes behind\n",
                   claim_names[kind], count, behind);
        all = all && holds;
    }
    return all;
}

/* A share of so many; "-" where one is not known. */
static void put_share(struct sheet *sheet, int64_t part, int64_t whole)
{
    if (part < 0 || whole <= 0)
        sheet_put(sheet, "-");
    else
        sheet_put(sheet, "%.1f %%", 100.0 * (double)part / (double)whole);
}

static void print_processes(const Usher__V1__Board *board)
{
    static const char *const heads[] = {"process",  "roles",    "CPU",  "memory",    "files",
                                        "host CPU", "host RAM", "disk", "silent for"};
    struct sheet sheet;
    if (board->n_processes == 0)
        return;
    sheet_init(&sheet, "llrrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < board->n_processes; i++) {
        const Usher__V1__ProcessFigures *p = board->processes[i];
        sheet_put(&sheet, "%s", p->node);
        sheet_put(&sheet, "%s", p->roles);
        put_share(&sheet, p->cpu_permille, 1000);
        sheet_put(&sheet, "%" PRId64 " MB", p->resident_bytes / 1000000);
        put_share(&sheet, p->open_files, p->max_files);
        put_share(&sheet, p->host_cpu_permille, 1000);
        put_share(&sheet, p->host_memory_bytes - p->host_memory_free_bytes, p->host_memory_bytes);
        put_share(&sheet, p->disk_bytes - p->disk_free_bytes, p->disk_bytes);
        sheet_put(&sheet, "%" PRId64 " s", (board->at_ms - p->heard_ms) / 1000);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int watch(struct session *session, void *arg)
{
    const struct monitor_values *values = arg;
    const Usher__V1__GetBoardRequest wish = USHER__V1__GET_BOARD_REQUEST__INIT;
    const Usher__V1__Board *board;
    bool holds = true;
    for (int64_t i = 0; i < values->count || values->count == 0; i++) {
        if (i > 0 && fiber_sleep_until(deadline_after_ms(fiber_now_ns(), WATCH_EVERY_MS)) != 0)
            break;
        int code = call(session, get_board, &wish, &board);
        if (code == CMD_OK && values->session.json)
            code = session_print_json(session, board);
        if (code != CMD_OK)
            return code;
        holds = true;
        for (size_t k = 0; k < board->n_claims; k++)
            holds = holds && board->claims[k]->holds;
        if (!values->session.json) {
            print_sales(board);
            if (board->calls)
                printf("%" PRIu64 " calls, %" PRIu64 " failures; %" PRIu64 " holds, %" PRIu64
                       " of what was taken\n",
                       board->calls->total, board->calls->failures, board->calls->holds,
                       board->calls->conflicts);
            print_claims(board);
            print_processes(board);
        }
        fflush(stdout);
        arena_reset(&session->arena);
    }
    return holds ? CMD_OK : CMD_FALSE;
}

static const struct conf_option watch_options[] = {
    SESSION_OPTIONS(struct monitor_values, session),
    {"count", CONF_INT, offsetof(struct monitor_values, count), "1", 0, 1000000,
     .help = "how many snapshots, one a second; 0: until it is interrupted"},
};

static const struct conf_table watch_table = {
    .command = "usher monitor watch",
    .summary = "Shows what is on sale right now, and whether the promises are kept.",
    .options = watch_options,
    .option_count = sizeof(watch_options) / sizeof(watch_options[0]),
    .notes = "The page /operator shows the same, drawn. Exit codes: 0 every claim holds, 1 one is\n"
             "found to be false.",
};

static int watch_command(int argc, char **argv)
{
    struct monitor_values values;
    struct conf conf;
    int code = cmd_options(&watch_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("monitor watch", &values.session, SESSION_ORGANISER, watch, &values);
    conf_release(&conf);
    return code;
}

const struct cmd monitor_commands[MONITOR_COMMANDS] = {
    {"search", "log lines and sale events of the last days", search_command,
     .table = &search_table},
    {"watch", "what is on sale right now, and whether its claims hold", watch_command,
     .table = &watch_table},
    {"status", "how much is kept, and how far it is shipped", status_command,
     .table = &status_table},
};
