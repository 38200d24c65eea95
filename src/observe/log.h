/*
 * log: what happened, as events with fields.
 *
 * One call style for all insight:
 *
 *     log_event(LOG_INFO, "server.listen", log_str("server.address", host),
 *               log_int("server.port", port));
 *
 * On a terminal an event is a line for people; elsewhere it is one JSON object a line with the
 * names of the Elastic Common Schema (ecs-logging's dotted form), so that Filebeat and Logstash
 * take it as it is. Actions are "noun.verb", and literals. An event is written once, by the
 * outermost function that handles what happened.
 *
 * Any thread may log at any time. A line is made in a buffer of the thread's own and leaves by a
 * thread that does nothing else, so a log never holds up a sale: where the reader has stopped (a
 * full pipe, a terminal at Ctrl-S), 256 KiB wait for it, and what comes then is lost, counted, and
 * told of once the reader goes on ("log.lose"). Lines of threads never mix; one beyond LOG_LINE_MAX
 * loses its last fields and says so ("log.truncated"). At exit and abort, what was logged is
 * written still, for a second at most. Before log_setup a line is written where it is logged.
 *
 * Repeats of one action are written LOG_BURST times a second at most; the next one after that says
 * how many were left out ("log.suppressed").
 */
#ifndef USHER_OBSERVE_LOG_H
#define USHER_OBSERVE_LOG_H

#include "clock/clock.h"
#include "mem/id.h"
#include "mem/view.h"

#define LOG_LINE_MAX 4096 /* bytes of one line */
#define LOG_BURST    20   /* lines of one action in one second */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_form {
    LOG_AUTO, /* text on a terminal, JSON elsewhere */
    LOG_JSON,
    LOG_TEXT
};

struct log_options {
    enum log_level level;      /* the least that is written */
    enum log_form form;        /* how */
    int fd;                    /* where; 2 is standard error */
    const struct clock *clock; /* borrowed for ever */
};

/* The request in whose course a line is written: fields "http.request.id" and "trace.id". */
struct log_context {
    char request_id[65];
    char trace_id[33];
};
/* Asks context at every line for the request; false: there is none. Lines that name a request
 * themselves are left alone. Before any other thread logs; NULL: nobody is asked. */
void log_set_context(bool (*context)(struct log_context *ret_context));

/* Before any other thread logs. Without it: LOG_INFO, LOG_AUTO, standard error, the system's clock.
 */
void log_setup(const struct log_options *options);
/* Waits until what was logged is written or lost, at most a second. */
void log_flush(void);
/* Would an event of this level be written? For when its fields cost something to make. */
bool log_wants(enum log_level level);
/* Lines that could not be written so far. */
uint64_t log_lost(void);

/* "debug", "info", "warn", "error" → the level. False, and *ret untouched, for another word. */
bool log_level_parse(const char *word, enum log_level *ret_level);

enum log_type {
    LOG_END,
    LOG_FIELD_TEXT,
    LOG_FIELD_INT,
    LOG_FIELD_UINT,
    LOG_FIELD_REAL,
    LOG_FIELD_BOOL,
    LOG_FIELD_ID
};

/* A name and a value, both borrowed until log_event returns. */
struct log_field {
    enum log_type type;
    const char *name; /* ECS where it has a word for it, "usher.…" otherwise; a literal */
    union {
        struct view text; /* UTF-8; what is not is replaced */
        int64_t integer;
        uint64_t natural;
        double real; /* what is no number is written as null */
        bool truth;
        struct id id;
    };
};

/* Writes one event; fields may be none. The literal keeps actions from being made up at run time.
 */
#define log_event(level, action, ...)                                                              \
    log_write((level), "" action,                                                                  \
              (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.type = LOG_END}})

/* The same for what happens very often and is wanted one by one: not limited in number, and not
 * kept in the monitor's window. What the reader of the log does not take is lost and counted as
 * ever. */
#define log_each(level, action, ...)                                                               \
    log_write_each((level), "" action,                                                             \
                   (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.type = LOG_END}})
void log_write_each(enum log_level level, const char *action, const struct log_field *fields);

/* Another least level, from now on. Any thread. */
void log_set_level(enum log_level level);

/* What log_event calls; fields end with LOG_END. */
void log_write(enum log_level level, const char *action, const struct log_field *fields);

/* text may be NULL, for the empty string. */
static inline struct log_field log_str(const char *name, const char *text)
{
    return (struct log_field){.type = LOG_FIELD_TEXT, .name = name, .text = view_str(text)};
}

static inline struct log_field log_view(const char *name, struct view text)
{
    return (struct log_field){.type = LOG_FIELD_TEXT, .name = name, .text = text};
}

static inline struct log_field log_int(const char *name, int64_t value)
{
    return (struct log_field){.type = LOG_FIELD_INT, .name = name, .integer = value};
}

static inline struct log_field log_uint(const char *name, uint64_t value)
{
    return (struct log_field){.type = LOG_FIELD_UINT, .name = name, .natural = value};
}

static inline struct log_field log_real(const char *name, double value)
{
    return (struct log_field){.type = LOG_FIELD_REAL, .name = name, .real = value};
}

static inline struct log_field log_bool(const char *name, bool value)
{
    return (struct log_field){.type = LOG_FIELD_BOOL, .name = name, .truth = value};
}

static inline struct log_field log_id(const char *name, struct id id)
{
    return (struct log_field){.type = LOG_FIELD_ID, .name = name, .id = id};
}

/* "message": a sentence for people; without it the action stands there. */
static inline struct log_field log_text(const char *sentence)
{
    return log_str("message", sentence);
}

/* "error.code": the name of an err code. */
struct log_field log_err(int code);
#endif
