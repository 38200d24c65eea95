#include "call/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock/clock.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "observe/log.h"
#include "observe/spans.h"

#define ID_AT        3 /* of a traceparent: 00-<32 hex>-<16 hex>-<2 hex> */
#define SPAN_AT      36
#define FLAGS_AT     53
#define FLAGS_KEPT   3u /* sampled, and random; the others have no meaning yet */
#define FLAG_SAMPLED 1u

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

/* So many hex digits, which are some. */
static uint64_t hex_number(const char *at, size_t digits)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number << 4 | (uint64_t)(at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10);
    return number;
}

static unsigned flags_of(const struct trace *trace)
{
    unsigned flags = 0;
    if (trace->parent.len)
        flags = (unsigned)hex_number(trace->parent.at + FLAGS_AT, 2) & FLAGS_KEPT;
    if (trace->choice != TRACE_AS_IT_CAME)
        flags = (flags & ~FLAG_SAMPLED) | (trace->choice == TRACE_CHOSEN ? FLAG_SAMPLED : 0);
    return flags;
}

void trace_choose(struct trace *trace, bool believed)
{
    trace->choice = TRACE_AS_IT_CAME;
    if (!spans_are_open())
        return;
    const bool chosen = believed && trace->parent.len ? flags_of(trace) & FLAG_SAMPLED
                                                      : spans_choose(trace->made.lo);
    trace->choice = chosen ? TRACE_CHOSEN : TRACE_LEFT_OUT;
}

/* The id of this call among the spans of its trace; never 0. */
static uint64_t span_id(const struct trace *trace)
{
    return mix(trace->made.hi ^ trace->made.lo) | 1;
}

void trace_fill_span(const struct trace *trace, struct span *span)
{
    span->trace_hi = trace->made.hi;
    span->trace_lo = trace->made.lo;
    span->id = span_id(trace);
    span->parent = 0;
    if (trace->parent.len) {
        span->trace_hi = hex_number(trace->parent.at + ID_AT, 16);
        span->trace_lo = hex_number(trace->parent.at + ID_AT + 16, 16);
        span->parent = hex_number(trace->parent.at + SPAN_AT, 16);
    }
}

void trace_fill_inner_span(const struct trace *trace, uint64_t number, struct span *span)
{
    trace_fill_span(trace, span);
    span->parent = span->id;
    span->id = mix(span->id ^ mix(number)) | 1;
}

struct view trace_write_parent(const struct trace *trace, char text[TRACE_PARENT_CHARS + 1])
{
    char id[TRACE_ID_CHARS + 1];
    if (is_none(trace))
        return (struct view){0};
    trace_write_id(trace, id);
    const int len = snprintf(text, TRACE_PARENT_CHARS + 1, "00-%s-%016" PRIx64 "-%02x", id,
                             span_id(trace), flags_of(trace));
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

void trace_work_begin(struct trace_work *work, struct view parent, uint64_t number)
{
    *work = (struct trace_work){.outer = trace_here(), .began_ns = clock_mono_ns(clock_system())};
    if (!is_parent(parent))
        return;
    work->trace.parent = view_of(parent.at, TRACE_PARENT_CHARS);
    const uint64_t begun = mix(hex_number(parent.at + SPAN_AT, 16) ^ mix(number));
    work->trace.made = (struct id){begun | 1, mix(begun ^ (uint64_t)work->began_ns)};
    trace_choose(&work->trace, true);
    trace_be_here(&work->trace);
}

static void link_to(const struct trace *other, struct span *span)
{
    struct span linked;
    trace_fill_span(other, &linked);
    if (linked.trace_hi == span->trace_hi && linked.trace_lo == span->trace_lo)
        return;
    span->link_hi = linked.trace_hi;
    span->link_lo = linked.trace_lo;
    span->link_id = linked.id;
}

void trace_work_end(struct trace_work *work, const struct span *span)
{
    if (is_none(&work->trace))
        return;
    struct span kept = *span;
    kept.began_ns = work->began_ns;
    kept.took_ns = clock_mono_ns(clock_system()) - work->began_ns;
    trace_be_here(work->outer);
    if (!spans_want(work->trace.choice == TRACE_CHOSEN, span->failed, kept.took_ns))
        return;
    trace_fill_span(&work->trace, &kept);
    if (!is_none(work->outer))
        link_to(work->outer, &kept);
    spans_put(&kept);
}

void trace_keep_asked(const struct span *span)
{
    const struct trace *trace = trace_here();
    struct span kept = *span;
    if (is_none(trace) || !spans_want(trace->choice == TRACE_CHOSEN, span->failed, span->took_ns))
        return;
    trace_fill_inner_span(trace, (uint64_t)span->began_ns, &kept);
    spans_put(&kept);
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
