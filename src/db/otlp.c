#include "db/otlp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "codec/tree.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define ANSWER_ARENA_MAX (HTTP_ANSWER_MAX + HTTP_HEAD_MAX + (64u << 10))

METRIC_COUNTER(sent, "usher_spans_sent_total", "Spans that the collector has.", "");
METRIC_COUNTER(failures, "usher_spans_send_failures_total",
               "Batches of spans that could not be sent and were tried again.", "");

struct otlp {
    struct otlp_options options;
    struct http_client *http;
    struct scope scope;
    struct otlp_batch batch;
    uint64_t told_lost; /* spans whose loss was logged */
    bool failing;
};

/* ---- the request ---- */

static int write_text(struct buf *out, const char *name, const char *value)
{
    int err = buf_printf(out, "{\"key\":\"%s\",\"value\":{\"stringValue\":", name);
    if (!err)
        err = json_write_string(view_str(value), out);
    return err ? err : buf_append_view(out, VIEW_LIT("}}"));
}

static int write_number(struct buf *out, const char *name, int64_t value)
{
    return buf_printf(out, "{\"key\":\"%s\",\"value\":{\"intValue\":\"%" PRId64 "\"}}", name,
                      value);
}

static int write_resource(const struct otlp_options *options, struct buf *out)
{
    const char *const texts[][2] = {{"service.name", "usher"},
                                    {"service.version", options->version},
                                    {"service.instance.id", options->instance},
                                    {"usher.roles", options->roles}};
    int err = buf_append_view(out, VIEW_LIT("{\"resourceSpans\":[{\"resource\":{\"attributes\":["));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !err; i++) {
        if (i > 0)
            err = buf_append_byte(out, ',');
        if (!err)
            err = write_text(out, texts[i][0], texts[i][1]);
    }
    return err ? err
               : buf_append_view(out, VIEW_LIT("]},\"scopeSpans\":[{\"scope\":{\"name\":\"usher\"},"
                                               "\"spans\":["));
}

static int write_facts(const struct span *span, struct buf *out)
{
    int err = buf_append_view(out, VIEW_LIT(",\"attributes\":["));
    bool first = true;
    if (!err && span->code >= 0) {
        err = write_number(out, "rpc.grpc.status_code", span->code);
        first = false;
    }
    for (size_t i = 0; i < SPAN_FACTS_MAX && span->facts[i].name && !err; i++, first = false) {
        if (!first)
            err = buf_append_byte(out, ',');
        if (!err)
            err = write_number(out, span->facts[i].name, span->facts[i].value);
    }
    return err ? err : buf_append_byte(out, ']');
}

/* began_ns: by the wall clock. */
static int write_span(const struct span *span, int64_t began_ns, struct buf *out)
{
    int err = buf_printf(out,
                         "{\"traceId\":\"%016" PRIx64 "%016" PRIx64 "\",\"spanId\":\"%016" PRIx64
                         "\",\"kind\":%d,\"startTimeUnixNano\":\"%" PRId64
                         "\",\"endTimeUnixNano\":\"%" PRId64 "\",\"name\":",
                         span->trace_hi, span->trace_lo, span->id, (int)span->kind, began_ns,
                         began_ns + span->took_ns);
    if (!err)
        err = json_write_string(view_str(span->name), out);
    if (!err && span->parent)
        err = buf_printf(out, ",\"parentSpanId\":\"%016" PRIx64 "\"", span->parent);
    if (!err)
        err = write_facts(span, out);
    if (!err && span->link_id)
        err = buf_printf(out,
                         ",\"links\":[{\"traceId\":\"%016" PRIx64 "%016" PRIx64
                         "\",\"spanId\":\"%016" PRIx64 "\"}]",
                         span->link_hi, span->link_lo, span->link_id);
    if (!err && span->failed)
        err = buf_append_view(out, VIEW_LIT(",\"status\":{\"code\":2}"));
    return err ? err : buf_append_byte(out, '}');
}

int otlp_write(const struct otlp_options *options, const struct span *spans, size_t count,
               int64_t now_wall_ms, int64_t now_ns, struct buf *out)
{
    const int64_t wall_ahead_ns = now_wall_ms * NS_PER_MS - now_ns;
    int err = write_resource(options, out);
    for (size_t i = 0; i < count && !err; i++) {
        if (i > 0)
            err = buf_append_byte(out, ',');
        if (!err)
            err = write_span(&spans[i], spans[i].began_ns + wall_ahead_ns, out);
    }
    return err ? err : buf_append_view(out, VIEW_LIT("]}]}]}"));
}

/* ---- sending ---- */

static bool may_be_taken_later(int status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

static void lose(struct otlp_batch *batch, size_t count)
{
    log_event(LOG_WARN, "spans.refused", log_uint("usher.spans", count),
              log_str("error.message", batch->why));
    spans_lose(SPANS_FOR_COLLECTOR, count);
}

/* How many of a batch that was taken are refused for good (OTLP, "Partial Success"), and why. JSON
 * of protobuf writes an int64 as text; some write a number. */
static size_t read_partial(struct view body, struct otlp_batch *batch)
{
    json_t *answer = tree_read(body, 0, NULL);
    const json_t *partial = json_object_get(answer, "partialSuccess");
    const json_t *count = json_object_get(partial, "rejectedSpans");
    const char *text = json_string_value(count);
    const char *why = json_string_value(json_object_get(partial, "errorMessage"));
    const long long refused = text ? strtoll(text, NULL, 10) : json_integer_value(count);
    snprintf(batch->why, sizeof(batch->why), "%.120s", why ? why : "");
    json_decref(answer);
    return refused <= 0 ? 0 : refused < (long long)batch->count ? (size_t)refused : batch->count;
}

/* What an answer means. 1: it has them, or never will; else an err code. */
static int judge(const struct http_answer *answer, struct otlp_batch *batch)
{
    if (answer->status / 100 == 2) {
        const size_t refused = read_partial(answer->body, batch);
        if (refused > 0)
            lose(batch, refused);
        metric_add(&sent, (int64_t)(batch->count - refused));
        batch->count = 0;
        return 1;
    }
    snprintf(batch->why, sizeof(batch->why), "status %d: %.*s", answer->status,
             (int)(answer->body.len < 120 ? answer->body.len : 120),
             answer->body.at ? answer->body.at : "");
    if (may_be_taken_later(answer->status))
        return ERR_BUSY;
    lose(batch, batch->count);
    batch->count = 0;
    return 1;
}

int otlp_step(struct http *http, const struct otlp_options *options, struct otlp_batch *batch,
              int64_t deadline_ns)
{
    struct arena arena;
    struct http_answer answer;
    const char *why = NULL;
    char url[512];
    if (batch->count == 0)
        batch->count = spans_take(SPANS_FOR_COLLECTOR, batch->spans, OTLP_BATCH_MAX);
    if (batch->count == 0)
        return 0;
    const int len = snprintf(url, sizeof(url), "%s/v1/traces", options->url);
    if (len >= (int)sizeof(url))
        return ERR_INVALID;
    buf_clear(&batch->body);
    int err = otlp_write(options, batch->spans, batch->count, clock_wall_ms(clock_system()),
                         clock_mono_ns(clock_system()), &batch->body);
    if (err)
        return err;
    const struct http_ask ask = {
        .method = "POST",
        .url = url,
        .fields = {"Content-Type: application/json", options->field},
        .body = buf_view(&batch->body),
        .ret_why = &why,
    };
    arena_init(&arena, ANSWER_ARENA_MAX);
    err = http_call(http, &ask, &arena, &answer, deadline_ns);
    if (err)
        snprintf(batch->why, sizeof(batch->why), "%s", why ? why : err_text(err));
    else
        err = judge(&answer, batch);
    arena_release(&arena);
    return err;
}

/* When it begins to fail and when it works again, and what was lost meanwhile. */
static void tell(struct otlp *otlp, int outcome)
{
    const uint64_t lost = spans_lost(SPANS_FOR_COLLECTOR);
    if (outcome < 0)
        metric_add(&failures, 1);
    if (outcome < 0 && !otlp->failing)
        log_event(LOG_WARN, "spans.unreachable", log_str("url.full", otlp->options.url),
                  log_str("error.message", otlp->batch.why));
    if (outcome > 0 && otlp->failing)
        log_event(LOG_INFO, "spans.reached", log_str("url.full", otlp->options.url));
    if (outcome > 0 && lost > otlp->told_lost) {
        log_event(LOG_WARN, "spans.lose", log_uint("usher.spans", lost - otlp->told_lost));
        otlp->told_lost = lost;
    }
    if (outcome != 0)
        otlp->failing = outcome < 0;
}

static void run(void *arg)
{
    struct otlp *otlp = arg;
    int64_t wait_ms = OTLP_WAIT_MIN_MS;
    while (!fiber_cancelled()) {
        const int outcome = otlp_step(http_client(otlp->http), &otlp->options, &otlp->batch,
                                      deadline_after_ms(fiber_now_ns(), OTLP_CALL_MS));
        if (fiber_cancelled())
            break;
        tell(otlp, outcome);
        int64_t rest_ms = outcome > 0 ? 0 : OTLP_PAUSE_MS;
        if (outcome < 0) {
            rest_ms = wait_ms;
            wait_ms = 2 * wait_ms < OTLP_WAIT_MAX_MS ? 2 * wait_ms : OTLP_WAIT_MAX_MS;
        } else {
            wait_ms = OTLP_WAIT_MIN_MS;
        }
        if (rest_ms > 0)
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), rest_ms));
    }
}

/* ---- life ---- */

struct start {
    struct otlp *otlp;
    int result;
};

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    struct otlp *otlp = start->otlp;
    const struct otlp_options *o = &otlp->options;
    start->result = http_client_new(worker_loop(o->worker), o->ca, &otlp->http);
    if (start->result == 0)
        start->result = fiber_spawn(&otlp->scope, run, otlp);
}

static void stop_in_fiber(void *arg)
{
    struct otlp *otlp = arg;
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), OTLP_LAST_MS);
    scope_close(&otlp->scope);
    int outcome = otlp->http && !otlp->failing ? 1 : 0;
    while (outcome > 0)
        outcome = otlp_step(http_client(otlp->http), &otlp->options, &otlp->batch, deadline_ns);
    http_client_free(otlp->http);
}

int otlp_start(const struct otlp_options *options, struct otlp **ret_otlp)
{
    struct otlp *otlp = calloc(1, sizeof(*otlp));
    if (!otlp)
        return ERR_NO_MEMORY;
    otlp->options = *options;
    scope_init(&otlp->scope);
    buf_init(&otlp->batch.body, OTLP_BODY_MAX);
    struct start start = {.otlp = otlp};
    int err = worker_call(options->worker, start_in_fiber, &start);
    err = err ? err : start.result;
    if (err) {
        otlp_stop(otlp);
        return err;
    }
    *ret_otlp = otlp;
    return 0;
}

void otlp_stop(struct otlp *otlp)
{
    if (!otlp)
        return;
    int err = worker_call(otlp->options.worker, stop_in_fiber, otlp);
    assert(err == 0);
    buf_release(&otlp->batch.body);
    free(otlp);
}
