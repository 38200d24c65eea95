#include "svc/monitor/spans.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock/clock.h"
#include "err/err.h"

#define TIME_CHARS 32
#define HEX_MAX    33

static void write_time(int64_t at_us, char ret_text[TIME_CHARS])
{
    const time_t seconds = (time_t)(at_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    const size_t len = strftime(ret_text, TIME_CHARS, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + len, TIME_CHARS - len, ".%03dZ", (int)(at_us / 1000 % 1000));
}

static void put_hex(json_t *object, const char *name, uint64_t hi, uint64_t lo, bool both)
{
    char text[HEX_MAX];
    if (both)
        snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, hi, lo);
    else
        snprintf(text, sizeof(text), "%016" PRIx64, lo);
    json_object_set_new(object, name, json_string(text));
}

static char *span_text(const struct span *span, int64_t at_us, const char *node)
{
    char at[TIME_CHARS];
    write_time(at_us, at);
    json_t *object = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:s}", "@timestamp", at, "ecs.version", "9.4.0",
        "event.kind", "event", "event.dataset", "usher.spans", "event.outcome",
        span->failed ? "failure" : "success", "log.level", span->failed ? "error" : "debug",
        "event.duration", (json_int_t)span->took_ns, "usher.at_us", (json_int_t)at_us, "usher.span",
        span->name, "service.name", "usher", "service.node.name", node);
    put_hex(object, "trace.id", span->trace_hi, span->trace_lo, true);
    put_hex(object, "span.id", 0, span->id, false);
    if (span->parent)
        put_hex(object, "usher.parent", 0, span->parent, false);
    if (span->link_id)
        put_hex(object, "usher.link", span->link_hi, span->link_lo, true);
    if (span->code >= 0)
        json_object_set_new(object, "usher.code", json_integer(span->code));
    for (size_t i = 0; i < SPAN_FACTS_MAX && span->facts[i].name; i++)
        json_object_set_new(object, span->facts[i].name, json_integer(span->facts[i].value));
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

int span_record(const struct span *span, int64_t wall_ahead_ns, const char *node,
                struct arena *arena, struct record *ret_record)
{
    const int64_t at_us = (span->began_ns + wall_ahead_ns) / 1000;
    const char *id = arena_printf(arena, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, span->trace_hi,
                                  span->trace_lo, span->id);
    char *text = span_text(span, at_us, node);
    const char *body = text ? arena_copy(arena, view_str(text)) : NULL;
    free(text);
    if (!id || !body)
        return ERR_NO_MEMORY;
    *ret_record = (struct record){.id = view_str(id),
                                  .stream = RECORD_SPANS,
                                  .level = span->failed ? LOG_ERROR : LOG_DEBUG,
                                  .at_ms = at_us / 1000,
                                  .body = view_str(body)};
    return 0;
}

size_t spans_take_records(size_t max, const char *node, struct arena *arena,
                          struct record *ret_records)
{
    struct span *spans = arena_alloc(arena, max * sizeof(*spans));
    const size_t taken = spans ? spans_take(SPANS_FOR_MONITOR, spans, max) : 0;
    const int64_t ahead_ns =
        clock_wall_ms(clock_system()) * NS_PER_MS - clock_mono_ns(clock_system());
    size_t count = 0;
    for (size_t i = 0; i < taken; i++)
        count += span_record(&spans[i], ahead_ns, node, arena, &ret_records[count]) == 0;
    spans_lose(SPANS_FOR_MONITOR, taken - count);
    return count;
}
