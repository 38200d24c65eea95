#include "cmd/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "term/money.h"
#include "term/plain.h"
#include "term/sheet.h"
#include "usher/v1/monitor.pb-c.h"

struct trace_values {
    struct session_values session;
    int64_t performance_id;
    const char *place;
    const char *id;
    const char *text; /* of the words */
};

static const struct conf_option options[] = {
    SESSION_OPTIONS(struct trace_values, session),
    {"performance", CONF_INT, offsetof(struct trace_values, performance_id), "0", 0, UINT32_MAX,
     .help = "with --place: whose place it is"},
    {"place", CONF_STR, offsetof(struct trace_values, place), "",
     .help = "instead of an order: a place as its ticket says it, \"Section 101, row A, seat 7\""},
    {"id", CONF_STR, offsetof(struct trace_values, id), "",
     .help =
         "instead of an order: a trace's id, 32 hex digits, as log lines have it; its spans are "
         "told as a tree"},
};

const struct conf_table trace_table = {
    .command = "usher trace",
    .summary =
        "Shows everything that happened to an order: line, seats, money, mails, door and log.",
    .positional = "[ORDER|ADDRESS]",
    .positional_max = 1,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "ORDER is a number (T4813620975) or an id; ADDRESS a buyer's mail address.\n"
             "With --performance and --place the order is found that has the place now.\n"
             "With --id it is one trace: which calls and later work belong to it, how long each "
             "took, and\nwhat was logged meanwhile.\n"
             "Exit code 1 if there is none.",
};

static const char *part_word(Usher__V1__StoryPart part)
{
    static const char *const words[] = {"?",    "line", "seats", "money",
                                        "mail", "door", "log",   "note"};
    const size_t i = (size_t)part;
    return words[i < sizeof(words) / sizeof(words[0]) ? i : 0];
}

/* A step's time by the second would hide what came first. */
static void put_time(struct sheet *sheet, int64_t at_ms)
{
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm local;
    char text[WHEN_TEXT_MAX];
    localtime_r(&seconds, &local);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
    sheet_put(sheet, "%s.%03d", text, (int)(at_ms % 1000));
}

static void print_story(const Usher__V1__Story *story)
{
    const Usher__V1__Order *order = story->order;
    char amount[MONEY_TEXT_MAX];
    struct sheet sheet;
    money_format(order->total, order->currency, amount);
    printf("order %s (%s): %s, performance %" PRIu32 ", %zu places, %s%s\n", order->order_number,
           order->order_id, order->event_name, order->performance_id, order->n_tickets, amount,
           order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED ? ", cancelled" : "");
    if (story->contact)
        printf("of %s, %s, account %s\n", story->contact->name, story->contact->email,
               order->account_id);
    else
        printf("of account %s\n", order->account_id);
    sheet_init(&sheet, "lllll");
    for (size_t i = 0; i < story->n_steps; i++) {
        const Usher__V1__StoryStep *step = story->steps[i];
        put_time(&sheet, step->at_ms);
        sheet_put(&sheet, "%s", part_word(step->part));
        sheet_put(&sheet, "%s", step->what);
        sheet_put(&sheet, "%s", step->facts);
        sheet_put(&sheet, "%s", step->trace_id);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    for (size_t i = 0; i < story->n_missing; i++)
        printf("missing: %s, whose role did not answer\n", part_word(story->missing[i]));
}

static int trace(struct session *session, void *arg)
{
    const struct trace_values *values = arg;
    Usher__V1__GetStoriesRequest wish = USHER__V1__GET_STORIES_REQUEST__INIT;
    const Usher__V1__GetStoriesResponse *answer;
    wish.text = (char *)values->text;
    wish.performance_id = (uint32_t)values->performance_id;
    wish.place = (char *)values->place;
    int code = session_call_of(session, &usher__v1__monitor_service__descriptor,
                               Usher__V1__MonitorService, get_stories, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        code = session_print_json(session, answer);
    for (size_t i = 0; !values->session.json && i < answer->n_stories; i++) {
        if (i > 0)
            printf("\n");
        print_story(answer->stories[i]);
    }
    if (answer->n_stories == 0 && !values->session.json)
        printf("no order is found\n");
    return code == CMD_OK && answer->n_stories == 0 ? CMD_FALSE : code;
}

/* ---- one trace ---- */

static void put_span(struct sheet *sheet, const Usher__V1__TraceSpan *span, int64_t began_us)
{
    sheet_put(sheet, "%.3f ms", (double)(span->at_us - began_us) / 1000);
    sheet_put(sheet, "%.3f ms", (double)span->took_us / 1000);
    sheet_put(sheet, "%*s%s%s%s%s%s%s%s", (int)(2 * span->depth), "", span->name,
              span->failed ? "  FAILED" : "", span->facts[0] ? "  " : "", span->facts,
              span->node[0] ? "  on " : "", span->node, span->link_trace_id[0] ? "  (linked)" : "");
}

static void print_trace(const Usher__V1__Trace *trace)
{
    char at[WHEN_TEXT_MAX];
    struct sheet sheet;
    int64_t began_us = trace->n_spans > 0 ? trace->spans[0]->at_us : 0;
    for (size_t i = 0; i < trace->n_spans; i++)
        began_us = trace->spans[i]->at_us < began_us ? trace->spans[i]->at_us : began_us;
    when_format(began_us / 1000, at);
    printf("trace %s: %zu spans%s%s, %zu log lines\n", trace->trace_id, trace->n_spans,
           trace->n_spans > 0 ? " from " : "", trace->n_spans > 0 ? at : "", trace->n_lines);
    sheet_init(&sheet, "rrl");
    for (size_t i = 0; i < trace->n_spans; i++)
        put_span(&sheet, trace->spans[i], began_us);
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    for (size_t i = 0; i < trace->n_lines; i++) {
        const ProtobufCBinaryData json = trace->lines[i]->json;
        plain_put_json(view_of(json.data, json.len), stdout);
        printf("\n");
    }
}

static int trace_by_id(struct session *session, void *arg)
{
    const struct trace_values *values = arg;
    Usher__V1__GetTraceRequest wish = USHER__V1__GET_TRACE_REQUEST__INIT;
    const Usher__V1__Trace *answer;
    wish.trace_id = (char *)values->id;
    int code = session_call_of(session, &usher__v1__monitor_service__descriptor,
                               Usher__V1__MonitorService, get_trace, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        code = session_print_json(session, answer);
    else
        print_trace(answer);
    return code == CMD_OK && answer->n_spans + answer->n_lines == 0 ? CMD_FALSE : code;
}

int trace_command(int argc, char **argv)
{
    struct trace_values values = {0};
    struct conf conf;
    int code = cmd_options(&trace_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.text = conf.positional_count > 0 ? conf.positional[0] : "";
    if (values.id[0] && !values.text[0] && !values.place[0])
        code = session_run("trace", &values.session, SESSION_ORGANISER, trace_by_id, &values);
    else if (values.id[0] || !values.text[0] == !values.place[0] ||
             !values.place[0] != !values.performance_id)
        code = cmd_fail("trace", CMD_USAGE,
                        "it takes an order or an address, --performance with --place, or --id");
    else
        code = session_run("trace", &values.session, SESSION_ORGANISER, trace, &values);
    conf_release(&conf);
    return code;
}
