/*
 * trace: how a request is found again, in this process and the others: its id, and its place in a
 * trace (W3C Trace Context).
 *
 * What the caller sends is kept where it is well-formed: x-request-id of 1 to 64 letters, digits
 * and "-_.", and traceparent. For the rest stands a number made here, unlike any other; it becomes
 * text only where somebody wants to read it. The fiber of a call knows the call's trace
 * (trace_here), and so do the log lines that it writes, the calls that it makes, and what it asks
 * of an owner.
 */
#ifndef USHER_CALL_TRACE_H
#define USHER_CALL_TRACE_H

#include "call/metadata.h"
#include "mem/id.h"

struct span;

#define TRACE_REQUEST_ID     VIEW_LIT("x-request-id")
#define TRACE_PARENT         VIEW_LIT("traceparent")
#define TRACE_REQUEST_ID_MAX 64 /* characters */
#define TRACE_ID_CHARS       32 /* hex digits */
#define TRACE_PARENT_CHARS   55

/* Whether spans of a trace are kept, beside those that failed or were slow (observe/spans.h). */
enum trace_choice {
    TRACE_AS_IT_CAME, /* nobody here keeps spans: the flag goes on as it came */
    TRACE_LEFT_OUT,
    TRACE_CHOSEN
};

struct trace {
    struct id made;         /* zero: there is no request */
    struct view request_id; /* as it came, well-formed; empty: none. Borrowed, as the next */
    struct view parent;     /* traceparent as it came, its first 55 characters; empty: none */
    enum trace_choice choice;
};

/* Where numbers come from; one a thread. */
struct trace_source {
    struct id seed; /* random, from the start */
    uint64_t count;
};
struct id trace_next(struct trace_source *source);

/* Takes what came with a call. received may be NULL, and outlives the trace. */
void trace_take(struct trace *trace, const struct metadata *received);

/* Decides whether the trace's spans are kept. The edge chooses a share, by a number of its own, and
 * its choice goes along in the flag: believed is whether the flag comes from a process of ours. */
void trace_choose(struct trace *trace, bool believed);

/* Fills the ids of the span of this call. */
void trace_fill_span(const struct trace *trace, struct span *span);
/* … of a span within it, that nothing is called from; number tells it from others. */
void trace_fill_inner_span(const struct trace *trace, uint64_t number, struct span *span);

/* Work that belongs to a trace and is done later than the call that began it, or by another call:
 * a mail, a webhook, a look at a provider. The trace's parent is kept with what is to be done. */
struct trace_work {
    struct trace trace;        /* of the work; no request: it belongs to none */
    const struct trace *outer; /* what the fiber was at before; its span is the work's link */
    int64_t began_ns;
};
/* Begins it: until its end the fiber's log lines, calls and rows belong to the trace. parent: as it
 * was kept, borrowed; empty or malformed: nothing happens. number: tells apart works with one
 * parent that begin at once. In a fiber; work stays where it is. */
void trace_work_begin(struct trace_work *work, struct view parent, uint64_t number);
/* Ends it, and keeps its span where it is wanted. Of *span kind, failed, code, facts and name are
 * read. */
void trace_work_end(struct trace_work *work, const struct span *span);
/* Keeps the span of something that the running call asked another server for, where it is wanted;
 * the same is read of *span, and when it began and how long it took. */
void trace_keep_asked(const struct span *span);

/* The id of the request: in text, or as it came. Empty where trace is NULL or there is no request.
 */
struct view trace_request_id(const struct trace *trace, char text[TRACE_REQUEST_ID_MAX + 1]);
/* The trace's id, and a NUL; empty as above. */
void trace_write_id(const struct trace *trace, char ret_text[TRACE_ID_CHARS + 1]);
/* The traceparent of a call made within this one: the same trace and the same flags, with this call
 * as the parent. Empty as above. */
struct view trace_write_parent(const struct trace *trace, char text[TRACE_PARENT_CHARS + 1]);

/* The trace of the running fiber: NULL outside of a call. */
const struct trace *trace_here(void);
/* Says which it is, until it is said again or the fiber ends; trace is borrowed. */
void trace_be_here(const struct trace *trace);
/* Gives the ids of trace_here to every log line: for log_set_context. */
struct log_context;
bool trace_log_context(struct log_context *ret_context);

#endif
