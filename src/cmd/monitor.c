#include "cmd/monitor.h"

#include <inttypes.h>
#include <stdio.h>

#include "cmd/session.h"
#include "usher/v1/monitor.pb-c.h"

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
    /* The newest last, as in a log. A record is JSON with its control characters escaped. */
    for (size_t i = answer->n_records; i > 0; i--) {
        const ProtobufCBinaryData json = answer->records[i - 1]->json;
        printf("%.*s\n", (int)json.len, (const char *)json.data);
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
     .help = "what the processes say, or what happens in sales", .choices = "all|logs|events"},
    {"count", CONF_INT, offsetof(struct monitor_values, count), "50", 1, 500,
     .help = "how many of the newest are shown"},
};

static const struct conf_table search_table = {
    .command = "usher monitor search",
    .summary = "Searches the records of the last days: log lines and sale events, a line of JSON "
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

const struct cmd monitor_commands[MONITOR_COMMANDS] = {
    {"search", "log lines and sale events of the last days", search_command,
     .table = &search_table},
    {"status", "how much is kept, and how far it is shipped", status_command,
     .table = &status_table},
};
