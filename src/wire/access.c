#include "wire/access.h"

#include "observe/log.h"
#include "wire/caller.h"
#include "wire/shard.h"

void access_note_head(struct conn *conn, const struct head *head, int status, size_t bytes)
{
    char text[CALLER_ADDRESS_MAX];
    if (!conn->shard->options->access_log)
        return;
    log_each(LOG_INFO, "http.request", log_view("http.request.method", head->method_name),
             log_view("url.path", head->path), log_int("http.response.status_code", status),
             log_uint("http.response.body.bytes", head->method == HEAD_METHOD_HEAD ? 0 : bytes),
             log_str("http.version", conn->engine == &engine_h2 ? "2" : "1.1"),
             log_view("client.ip", caller_address(conn, head, text)));
}

void access_note_call(struct exchange *exchange, struct view method, struct view path)
{
    const struct call *call = &exchange->call;
    const struct shard *shard = exchange->shard;
    if (!shard->options->access_log)
        return;
    const bool unary =
        exchange->protocol == PROTOCOL_CONNECT || exchange->protocol == PROTOCOL_PLAIN;
    char id[TRACE_REQUEST_ID_MAX + 1], trace[TRACE_ID_CHARS + 1];
    trace_write_id(&call->trace, trace);
    log_each(
        LOG_INFO, "http.request", log_view("http.request.method", method),
        log_view("url.path", path), log_view("http.request.id", trace_request_id(&call->trace, id)),
        log_str("trace.id", trace),
        log_int("http.response.status_code", unary && call->code ? code_http(call->code) : 200),
        log_uint("http.response.body.bytes", exchange->answered_bytes),
        log_str("http.version", exchange->over_h2 ? "2" : "1.1"),
        log_view("client.ip", metadata_find(call->received, CALLER_ADDRESS)),
        log_str("usher.code", code_name(call->code)),
        log_id("usher.account", call->identity.account_id),
        log_int("event.duration", shard_now_ns(shard) - exchange->began_ns));
}
