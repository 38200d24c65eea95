/* MonitorService: GetTrace. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "call/call.h"
#include "call/trace.h"
#include "codec/tree.h"
#include "err/err.h"
#include "svc/monitor/spans.h"
#include "svc/monitor/state.h"
#include "usher/v1/monitor.pb-c.h"

CALL_HANDLER(monitor_get_trace);

static char *copy(struct arena *arena, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return arena_copy(arena, view_str(text ? text : ""));
}

/* What a span says beside its own fields: "usher.performance 7, usher.version 81". */
static char *facts_of(struct arena *arena, json_t *object)
{
    static const char *const own[] = {"event.duration", "usher.at_us"};
    const char *name;
    json_t *value;
    char *facts = arena_copy(arena, view_str(""));
    json_object_foreach(object, name, value)
    {
        if (!facts || !json_is_integer(value) || strcmp(name, own[0]) == 0 ||
            strcmp(name, own[1]) == 0)
            continue;
        facts = arena_printf(arena, "%s%s%s %lld", facts, facts[0] ? ", " : "", name,
                             (long long)json_integer_value(value));
    }
    return facts;
}

static int read_span(struct arena *arena, const struct record *record,
                     Usher__V1__TraceSpan *ret_span)
{
    json_t *object = tree_read(record->body, 0, NULL);
    usher__v1__trace_span__init(ret_span);
    ret_span->span_id = copy(arena, object, "span.id");
    ret_span->parent_id = copy(arena, object, "usher.parent");
    ret_span->name = copy(arena, object, "usher.span");
    ret_span->node = copy(arena, object, "service.node.name");
    ret_span->link_trace_id = copy(arena, object, "usher.link");
    ret_span->at_us = json_integer_value(json_object_get(object, "usher.at_us"));
    ret_span->took_us = json_integer_value(json_object_get(object, "event.duration")) / 1000;
    ret_span->failed = record->level == LOG_ERROR;
    ret_span->facts = facts_of(arena, object);
    json_decref(object);
    return ret_span->span_id && ret_span->parent_id && ret_span->name && ret_span->node &&
                   ret_span->link_trace_id && ret_span->facts
               ? 0
               : ERR_NO_MEMORY;
}

static int by_time(const void *a, const void *b)
{
    const Usher__V1__TraceSpan *left = a, *right = b;
    return (left->at_us > right->at_us) - (left->at_us < right->at_us);
}

/* The spans of a trace, on their way into the answer. */
struct tree {
    Usher__V1__TraceSpan *spans; /* by time */
    bool *put;
    size_t count;
    Usher__V1__Trace *answer;
};

static bool has_parent(const struct tree *tree, const Usher__V1__TraceSpan *span)
{
    size_t i = 0;
    while (i < tree->count && strcmp(tree->spans[i].span_id, span->parent_id) != 0)
        i++;
    return span->parent_id[0] && i < tree->count && &tree->spans[i] != span;
}

/* A span and all below it; each once, whatever a sender says of parents. */
static void put(struct tree *tree, size_t at, uint32_t depth)
{
    Usher__V1__TraceSpan *span = &tree->spans[at];
    tree->put[at] = true;
    span->depth = depth;
    tree->answer->spans[tree->answer->n_spans++] = span;
    for (size_t i = 0; i < tree->count; i++) {
        if (!tree->put[i] && depth < WINDOW_FOUND_MAX &&
            strcmp(tree->spans[i].parent_id, span->span_id) == 0)
            put(tree, i, depth + 1);
    }
}

static int fill_spans(struct call *call, const struct record *records, size_t count,
                      Usher__V1__Trace *answer)
{
    struct arena *arena = call_arena(call);
    struct tree tree = {.spans = arena_alloc(arena, (count + 1) * sizeof(*tree.spans)),
                        .put = arena_alloc(arena, (count + 1) * sizeof(*tree.put)),
                        .count = count,
                        .answer = answer};
    answer->spans = arena_alloc(arena, (count + 1) * sizeof(*answer->spans));
    if (!tree.spans || !tree.put || !answer->spans)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (read_span(arena, &records[i], &tree.spans[i]) != 0)
            return ERR_NO_MEMORY;
    }
    memset(tree.put, 0, count * sizeof(*tree.put));
    qsort(tree.spans, count, sizeof(*tree.spans), by_time);
    for (size_t i = 0; i < count; i++) {
        if (!has_parent(&tree, &tree.spans[i]))
            put(&tree, i, 0);
    }
    for (size_t i = 0; i < count; i++) { /* of a circle, which only a liar makes */
        if (!tree.put[i])
            put(&tree, i, 0);
    }
    return 0;
}

static int fill_lines(struct call *call, const struct record *records, size_t count,
                      Usher__V1__Trace *answer)
{
    struct arena *arena = call_arena(call);
    Usher__V1__Record *lines = arena_alloc(arena, (count + 1) * sizeof(*lines));
    answer->lines = arena_alloc(arena, (count + 1) * sizeof(*answer->lines));
    if (!lines || !answer->lines)
        return ERR_NO_MEMORY;
    for (size_t i = count; i > 0; i--) { /* the window gives the newest first */
        const struct record *record = &records[i - 1];
        Usher__V1__Record *line = &lines[i - 1];
        usher__v1__record__init(line);
        line->record_id = (char *)record->id.at;
        line->stream = (Usher__V1__RecordStream)record->stream;
        line->level = (Usher__V1__RecordLevel)(record->level + 1);
        line->at_ms = record->at_ms;
        line->json =
            (ProtobufCBinaryData){.len = record->body.len, .data = (uint8_t *)record->body.at};
        line->number = record->number;
        answer->lines[answer->n_lines++] = line;
    }
    return 0;
}

static bool is_trace_id(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr("0123456789abcdef", text.at[i]))
            return false;
    }
    return text.len == TRACE_ID_CHARS;
}

int monitor_get_trace(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetTraceRequest *wish = request;
    const struct monitor *monitor = call_state(call);
    Usher__V1__Trace *answer = response;
    struct record *records;
    size_t count = 0;
    struct window_query query = {
        .text = view_str(wish->trace_id), .stream = RECORD_SPANS, .max = WINDOW_FOUND_MAX};
    if (!is_trace_id(query.text))
        return call_refuse(call, CODE_INVALID_ARGUMENT, 0, "BAD_ARGUMENT", "trace_id",
                           "a trace's id is 32 hex digits");
    int err = window_search(monitor->window, &query, call_arena(call), &records, &count,
                            call_deadline_ns(call));
    answer->trace_id = wish->trace_id;
    if (err == 0)
        err = fill_spans(call, records, count, answer);
    query.stream = RECORD_LOGS;
    if (err == 0)
        err = window_search(monitor->window, &query, call_arena(call), &records, &count,
                            call_deadline_ns(call));
    return err == 0 ? fill_lines(call, records, count, answer) : err;
}
