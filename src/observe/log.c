#include "observe/log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "err/err.h"
#include "observe/limiter.h"
#include "observe/log_line.h"
#include "observe/outlet.h"
#include "observe/tap.h"

#define REQUEST_FIELD "http.request.id"

static struct log_options setup = {.level = LOG_INFO, .form = LOG_AUTO, .fd = 2};
static struct limiter limiter;
static _Atomic int level_now = LOG_INFO;
static bool (*ask_context)(struct log_context *ret_context);

static const char *const level_words[] = {"debug", "info", "warn", "error"};

/* The first event before any log_setup settles what that would have settled. */
static const struct log_options *options_now(void)
{
    static _Thread_local struct log_options standard;
    if (setup.clock)
        return &setup;
    standard = setup;
    standard.clock = clock_system();
    standard.form = isatty(setup.fd) ? LOG_TEXT : LOG_JSON;
    return &standard;
}

bool log_wants(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&level_now, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&level_now, (int)level, memory_order_relaxed);
}

uint64_t log_lost(void)
{
    return outlet_lost();
}

bool log_level_parse(const char *word, enum log_level *ret_level)
{
    for (unsigned level = LOG_DEBUG; level <= LOG_ERROR; level++) {
        if (strcmp(word, level_words[level]) == 0) {
            *ret_level = (enum log_level)level;
            return true;
        }
    }
    return false;
}

struct log_field log_err(int code)
{
    return log_str("error.code", err_name(code));
}

/* ---- values ---- */

static void put_value(struct log_line *line, const struct log_field *field, bool quoted)
{
    char id_text[ID_TEXT_CHARS + 1];
    switch (field->type) {
    case LOG_FIELD_TEXT:
        if (quoted)
            log_line_put_json(line, field->text);
        else
            log_line_put_plain(line, field->text);
        break;
    case LOG_FIELD_INT:
        log_line_printf(line, "%" PRId64, field->integer);
        break;
    case LOG_FIELD_UINT:
        log_line_printf(line, "%" PRIu64, field->natural);
        break;
    case LOG_FIELD_REAL:
        if (isfinite(field->real))
            log_line_printf(line, "%.9g", field->real);
        else
            log_line_put(line, VIEW_LIT("null"));
        break;
    case LOG_FIELD_BOOL:
        log_line_put(line, field->truth ? VIEW_LIT("true") : VIEW_LIT("false"));
        break;
    case LOG_FIELD_ID:
        id_format(field->id, id_text);
        log_line_printf(line, quoted ? "\"%s\"" : "%s", id_text);
        break;
    case LOG_END:
        assert(field->type != LOG_END);
    }
}

static const struct log_field *message_of(const struct log_field *fields)
{
    for (; fields->type != LOG_END; fields++) {
        if (strcmp(fields->name, "message") == 0)
            return fields;
    }
    return NULL;
}

static bool names_request(const struct log_field *fields)
{
    while (fields->type != LOG_END && strcmp(fields->name, REQUEST_FIELD) != 0)
        fields++;
    return fields->type != LOG_END;
}

/* ---- the two forms of a line ---- */

struct event {
    enum log_level level;
    const char *action;
    const struct log_field *fields;
    const struct log_context *context; /* NULL: none, or the fields have it */
    int64_t wall_ms;
    uint64_t left_out;
};

static void put_time(struct log_line *line, int64_t wall_ms, const char *format)
{
    char text[32];
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), format, &utc);
    log_line_printf(line, "%s.%03d", text, (int)(wall_ms % 1000));
}

static void put_json_field(struct log_line *line, const struct log_field *field)
{
    size_t before = log_line_mark(line);
    log_line_put(line, VIEW_LIT(","));
    log_line_put_json(line, view_str(field->name));
    log_line_put(line, VIEW_LIT(":"));
    put_value(line, field, true);
    log_line_keep_whole(line, before);
}

static void put_json(struct log_line *line, const struct event *event)
{
    const struct log_field *message = message_of(event->fields);
    log_line_put(line, VIEW_LIT("{\"@timestamp\":\""));
    put_time(line, event->wall_ms, "%Y-%m-%dT%H:%M:%S");
    log_line_printf(line, "Z\",\"log.level\":\"%s\",", level_words[event->level]);
    log_line_put(line, VIEW_LIT("\"ecs.version\":\"9.4.0\",\"service.name\":\"usher\","));
    log_line_printf(line, "\"process.pid\":%d,\"event.action\":\"%s\"", (int)getpid(),
                    event->action);
    put_json_field(line,
                   &(struct log_field){.type = LOG_FIELD_TEXT,
                                       .name = "message",
                                       .text = message ? message->text : view_str(event->action)});
    for (const struct log_field *field = event->fields; field->type != LOG_END; field++) {
        if (field != message)
            put_json_field(line, field);
    }
    if (event->context) {
        const struct log_field request = log_str(REQUEST_FIELD, event->context->request_id);
        const struct log_field trace = log_str("trace.id", event->context->trace_id);
        put_json_field(line, &request);
        put_json_field(line, &trace);
    }
    if (event->left_out)
        log_line_printf_tail(line, ",\"log.suppressed\":%" PRIu64, event->left_out);
    if (line->cut)
        log_line_printf_tail(line, ",\"log.truncated\":true");
    log_line_printf_tail(line, "}\n");
}

static void put_text(struct log_line *line, const struct event *event)
{
    const struct log_field *message = message_of(event->fields);
    put_time(line, event->wall_ms, "%H:%M:%S");
    log_line_printf(line, " %-5s ", level_words[event->level]);
    if (message)
        log_line_put_plain(line, message->text);
    else
        log_line_put(line, view_str(event->action));
    for (const struct log_field *field = event->fields; field->type != LOG_END; field++) {
        if (field == message)
            continue;
        size_t before = log_line_mark(line);
        log_line_printf(line, "  %s=", field->name);
        put_value(line, field, false);
        log_line_keep_whole(line, before);
    }
    if (event->context)
        log_line_printf(line, "  " REQUEST_FIELD "=%s", event->context->request_id);
    if (event->left_out)
        log_line_printf_tail(line, "  (%" PRIu64 " like it left out)", event->left_out);
    if (line->cut)
        log_line_printf_tail(line, "  (cut)");
    log_line_printf_tail(line, "\n");
}

/* The same event as a JSON object without a line end, where somebody ships it. */
static void put_tap(const struct event *event)
{
    static _Thread_local char bytes[LOG_LINE_MAX];
    struct log_line line;
    log_line_init(&line, bytes, LOG_LINE_MAX);
    put_json(&line, event);
    tap_put(event->level, event->wall_ms, view_of(bytes, line.len - 1));
}

/* Gives the line's length. */
static size_t put_event(const struct log_options *options, const struct event *event, char *bytes)
{
    struct log_line line;
    log_line_init(&line, bytes, LOG_LINE_MAX);
    if (options->form == LOG_TEXT)
        put_text(&line, event);
    else
        put_json(&line, event);
    return line.len;
}

/* ---- where it goes ---- */

/* What stands where lines are missing; on the outlet's thread. */
static size_t put_notice(uint64_t lost, char *bytes)
{
    const struct log_field fields[] = {
        log_text("the reader of the log was too slow, lines are lost"),
        log_uint("usher.lines", lost),
        {.type = LOG_END},
    };
    const struct event event = {.level = LOG_WARN,
                                .action = "log.lose",
                                .fields = fields,
                                .wall_ms = clock_wall_ms(setup.clock)};
    return log_wants(event.level) ? put_event(&setup, &event, bytes) : 0;
}

void log_setup(const struct log_options *options)
{
    assert(options && options->clock && options->fd >= 0);
    log_flush();
    setup = *options;
    log_set_level(options->level);
    if (setup.form == LOG_AUTO)
        setup.form = isatty(setup.fd) ? LOG_TEXT : LOG_JSON;
    outlet_start(setup.fd, put_notice);
}

void log_set_context(bool (*context)(struct log_context *ret_context))
{
    ask_context = context;
}

void log_flush(void)
{
    outlet_drain();
}

/* limited: at most LOG_BURST a second of that action. */
static void write_event(enum log_level level, const char *action, const struct log_field *fields,
                        bool limited)
{
    /* The thread's own: nothing here waits as fibers do, so no other fiber gets at it half made. */
    static _Thread_local char bytes[LOG_LINE_MAX];
    const struct log_options *options = options_now();
    struct event event = {.level = level, .action = action, .fields = fields};
    struct log_context context;
    int errno_before = errno;

    if (!log_wants(level) ||
        (limited && !limiter_pass(&limiter, action, LOG_BURST, clock_mono_ns(options->clock),
                                  &event.left_out)))
        return;
    event.wall_ms = clock_wall_ms(options->clock);
    if (ask_context && !names_request(fields) && ask_context(&context))
        event.context = &context;
    outlet_put(view_of(bytes, put_event(options, &event, bytes)));
    if (limited && tap_is_open())
        put_tap(&event);
    errno = errno_before;
}

void log_write(enum log_level level, const char *action, const struct log_field *fields)
{
    write_event(level, action, fields, true);
}

void log_write_each(enum log_level level, const char *action, const struct log_field *fields)
{
    write_event(level, action, fields, false);
}
