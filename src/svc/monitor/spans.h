/*
 * spans: spans of traces as records, and what is known of a trace. For this folder alone.
 */
#ifndef USHER_SVC_MONITOR_SPANS_H
#define USHER_SVC_MONITOR_SPANS_H

#include "observe/spans.h"
#include "svc/monitor/window.h"

/* Fills a record of a span; its memory is the arena's. wall_ahead_ns: the wall clock less the
 * monotonic one; node: which process. ERR_NO_MEMORY. */
int span_record(const struct span *span, int64_t wall_ahead_ns, const char *node,
                struct arena *arena, struct record *ret_record);
/* Takes spans that wait for the monitor, at most max, as records; ret_records has room for them. */
size_t spans_take_records(size_t max, const char *node, struct arena *arena,
                          struct record *ret_records);

#endif
