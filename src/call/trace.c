#include "call/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "fiber/fiber.h"
#include "observe/log.h"

#define ID_AT      3 /* of a traceparent: 00-<32 hex>-<16 hex>-<2 hex> */
#define SPAN_AT    36
#define FLAGS_AT   53
#define FLAGS_KEPT 3u /* sampled, and random; the others have no meaning yet */

/* Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014): every bit of the
 * number depends on every bit of the count. */
static uint64_t mix(uint64_t n)
{
    n = (n ^ n >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    n = (n ^ n >> 27) * UINT64_C(0x94D049BB133111EB);
    return n ^ n >> 31;
}

struct id trace_next(struct trace_source *source)
{
    source->count++;
    return (struct id){source->seed.hi | 1, mix(source->seed.lo + source->count)};
}

static bool is_hex(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

static bool is_zeros(struct view text)
{
    size_t i = 0;
    while (i < text.len && text.at[i] == '0')
        i++;
    return i == text.len;
}

/* W3C Trace Context, 3.2.2: a later version may go on behind another dash. */
static bool is_parent(struct view text)
{
    if (text.len < TRACE_PARENT_CHARS || text.at[2] != '-' || text.at[SPAN_AT - 1] != '-' ||
        text.at[FLAGS_AT - 1] != '-')
        return false;
    const struct view version = view_of(text.at, 2), id = view_of(text.at + ID_AT, TRACE_ID_CHARS),
                      span = view_of(text.at + SPAN_AT, 16);
    const bool is_first = view_eq(version, VIEW_LIT("00"));
    if (is_first ? text.len > TRACE_PARENT_CHARS
                 : text.len > TRACE_PARENT_CHARS && text.at[TRACE_PARENT_CHARS] != '-')
        return false;
    return is_hex(version) && !view_eq(version, VIEW_LIT("ff")) && is_hex(id) && !is_zeros(id) &&
           is_hex(span) && !is_zeros(span) && is_hex(view_of(text.at + FLAGS_AT, 2));
}

static bool is_request_id(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            c != '-' && c != '_' && c != '.')
            return false;
    }
    return text.len > 0 && text.len <= TRACE_REQUEST_ID_MAX;
}

void trace_take(struct trace *trace, const struct metadata *received)
{
    const struct view id = metadata_find(received, TRACE_REQUEST_ID);
    const struct view parent = metadata_find(received, TRACE_PARENT);
    if (is_request_id(id))
        trace->request_id = id;
    if (is_parent(parent))
        trace->parent = view_of(parent.at, TRACE_PARENT_CHARS);
}

static bool is_none(const struct trace *trace)
{
    return !trace || id_is_zero(trace->made);
}

struct view trace_request_id(const struct trace *trace, char text[TRACE_REQUEST_ID_MAX + 1])
{
    if (is_none(trace))
        return (struct view){0};
    if (trace->request_id.len)
        return trace->request_id;
    id_format(trace->made, text);
    return view_of(text, ID_TEXT_CHARS);
}

void trace_write_id(const struct trace *trace, char ret_text[TRACE_ID_CHARS + 1])
{
    ret_text[0] = '\0';
    if (is_none(trace))
        return;
    if (trace->parent.len)
        snprintf(ret_text, TRACE_ID_CHARS + 1, "%.32s", trace->parent.at + ID_AT);
    else
        snprintf(ret_text, TRACE_ID_CHARS + 1, "%016" PRIx64 "%016" PRIx64, trace->made.hi,
                 trace->made.lo);
}

static unsigned flags_of(const struct trace *trace)
{
    uint8_t flags = 0;
    for (size_t i = 0; trace->parent.len && i < 2; i++) {
        const char c = trace->parent.at[FLAGS_AT + i];
        flags = (uint8_t)(flags << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
    }
    return flags & FLAGS_KEPT;
}

struct view trace_write_parent(const struct trace *trace, char text[TRACE_PARENT_CHARS + 1])
{
    char id[TRACE_ID_CHARS + 1];
    if (is_none(trace))
        return (struct view){0};
    trace_write_id(trace, id);
    const int len = snprintf(text, TRACE_PARENT_CHARS + 1, "00-%s-%016" PRIx64 "-%02x", id,
                             mix(trace->made.hi ^ trace->made.lo) | 1, flags_of(trace));
    assert(len == TRACE_PARENT_CHARS);
    return view_of(text, (size_t)len);
}

const struct trace *trace_here(void)
{
    return fiber_self() ? fiber_context() : NULL;
}

void trace_be_here(const struct trace *trace)
{
    fiber_set_context(trace);
}

bool trace_log_context(struct log_context *ret_context)
{
    const struct trace *trace = trace_here();
    char text[TRACE_REQUEST_ID_MAX + 1];
    const struct view id = trace_request_id(trace, text);
    if (id.len == 0)
        return false;
    static_assert(sizeof(ret_context->request_id) == sizeof(text), "room for every id");
    static_assert(sizeof(ret_context->trace_id) == TRACE_ID_CHARS + 1, "room for every trace");
    snprintf(ret_context->request_id, sizeof(ret_context->request_id), "%.*s", VIEW_ARG(id));
    trace_write_id(trace, ret_context->trace_id);
    return true;
}
