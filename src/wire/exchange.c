#include "wire/exchange.h"

#include <ctype.h>
#include <stdio.h>

#include "codec/envelope.h"
#include "codec/proto.h"
#include "err/err.h"
#include "wire/abuse.h"
#include "wire/access.h"
#include "wire/answer.h"
#include "wire/caller.h"
#include "wire/decode.h"
#include "wire/fair.h"
#include "wire/health.h"
#include "wire/limits.h"
#include "wire/page.h"
#include "wire/plain.h"
#include "wire/request.h"
#include "wire/shard.h"
#include "wire/stats.h"

/* ---- letting go ---- */

static void end_if_unused(struct exchange *exchange)
{
    if (exchange->running || exchange->conn || list_linked(&exchange->link))
        return;
    list_append(&exchange->shard->ended, &exchange->link);
    shard_touch(exchange->shard);
}

static void let_go(struct exchange *exchange, enum code code)
{
    struct shard *shard = exchange->shard;
    stats_note(exchange, code);
    struct conn *conn = exchange->conn;
    conn->engine->attach(conn, exchange->h2, NULL);
    conn->active_ns = shard_now_ns(shard);
    exchange->conn = NULL;
    exchange->h2 = NULL;
    exchange->pending = exchange->ending = false;
    loop_disarm(shard->loop, &exchange->timer);
    list_remove(&exchange->stalled_link);
    if (list_linked(&exchange->stream_link)) {
        list_remove(&exchange->stream_link);
        count_sub(&shard->streams_open, 1);
    }
}

void exchange_part(struct exchange *exchange)
{
    if (!exchange->conn)
        return;
    let_go(exchange, exchange->call.code);
    end_if_unused(exchange);
}

void exchange_gone(struct exchange *exchange)
{
    if (!exchange->conn)
        return;
    let_go(exchange, CODE_CANCELED);
    scope_cancel(&exchange->scope);
    call_close_sink(&exchange->call);
    end_if_unused(exchange);
}

void exchange_refuse(struct exchange *exchange, enum code code, const char *message)
{
    if (!exchange->conn || exchange->ending)
        return;
    exchange->call.code = code;
    exchange->call.message = message;
    exchange->call.detail = NULL;
    exchange->call.further = NULL;
    call_close_sink(&exchange->call);
    answer_error(exchange);
    scope_cancel(&exchange->scope);
}

static void deadline_passed(struct loop_timer *timer)
{
    struct exchange *exchange = list_of(timer, struct exchange, timer);
    exchange_refuse(exchange, CODE_DEADLINE_EXCEEDED, "the deadline has passed");
}

/* ---- from head to fiber ---- */

static struct view path_of(const struct exchange *exchange)
{
    return exchange->call.route ? exchange->call.route->path : (struct view){0};
}

static void note_access(struct exchange *exchange)
{
    const struct plain *plain = exchange->protocol == PROTOCOL_PLAIN ? exchange->plain : NULL;
    access_note_call(exchange,
                     plain           ? plain->ask.method
                     : exchange->get ? VIEW_LIT("GET")
                                     : VIEW_LIT("POST"),
                     plain ? plain->ask.path : path_of(exchange));
}

static int64_t refuse(struct exchange *exchange, enum code code, const char *message)
{
    exchange_refuse(exchange, code, message);
    note_access(exchange);
    return BODY_REFUSE;
}

/* 401 and 403. */
static void note_denial(struct exchange *exchange, enum code denied)
{
    if (exchange->conn)
        abuse_note(exchange->conn,
                   denied == CODE_UNAUTHENTICATED ? ABUSE_UNAUTHENTICATED : ABUSE_DENIED,
                   metadata_find(exchange->call.received, CALLER_ADDRESS), path_of(exchange));
}

/* Where the caller is; a peer says it of whom it calls for. */
static void keep_address(struct exchange *exchange, const struct head *head)
{
    char text[CALLER_ADDRESS_MAX];
    struct call *call = &exchange->call;
    const struct view address =
        exchange->from_peer ? (struct view){0} : caller_address(exchange->conn, head, text);
    if (address.len)
        (void)metadata_add(&call->received, call->arena, CALLER_ADDRESS, address);
}

/* What travels with the call beside its messages. What does not fit, or is malformed, is left out,
 * as W3C Trace Context asks of its own fields. */
static void keep_metadata(struct exchange *exchange, const struct head *head)
{
    char name[METADATA_NAME_MAX];
    struct call *call = &exchange->call;
    exchange->secure = caller_secure(exchange->conn, head);
    const struct view session = caller_cookie(head, exchange->secure);
    keep_address(exchange, head);
    if (session.len)
        (void)metadata_add(&call->received, call->arena, CALLER_SESSION, session);
    for (size_t i = 0; i < head->field_count; i++) {
        const struct head_field *field = &head->fields[i];
        const char first = field->name.at[0] | 0x20;
        if (field->name.len >= sizeof(name) || (first != 'u' && first != 'x' && first != 't'))
            continue;
        for (size_t k = 0; k < field->name.len; k++)
            name[k] = (char)tolower((unsigned char)field->name.at[k]);
        const struct view lower = view_of(name, field->name.len);
        /* Only a process of ours may say where somebody else is. */
        if (metadata_travels(lower) && (exchange->from_peer || !view_eq(lower, CALLER_ADDRESS)))
            (void)metadata_add(&call->received, call->arena, lower, field->value);
    }
    trace_take(&call->trace, call->received);
    trace_choose(&call->trace, exchange->from_peer);
}

/* What calls in another's name has shown that it is a process of ours: it has let in whom it calls
 * for, and says where that one is. */
static void believe(struct exchange *exchange, const struct head *head)
{
    struct call *call = &exchange->call;
    const struct view address = head_get(head, CALLER_ADDRESS);
    exchange->from_peer = true;
    if (address.len > 0 && address.len < CALLER_ADDRESS_MAX)
        (void)metadata_put(&call->received, call->arena, CALLER_ADDRESS, address);
}

/* Health is everybody's to ask for. */
static bool is_health(const struct call *call)
{
    return call->route->service->descriptor == health_service.descriptor;
}

/* Keeps what was shown until the fiber runs. */
static enum code identify_later(struct exchange *exchange, const struct credentials *shown)
{
    struct credentials *kept = arena_alloc(&exchange->arena, sizeof(*kept));
    const char *authorization = arena_copy(&exchange->arena, shown->authorization);
    const char *address = arena_copy(&exchange->arena, shown->address);
    if (!kept || !authorization || !address)
        return CODE_RESOURCE_EXHAUSTED;
    *kept = (struct credentials){.authorization = view_str(authorization),
                                 .address = view_str(address),
                                 .local = shown->local};
    exchange->unknown = kept;
    return CODE_OK;
}

/* What identify left to the fiber. */
static int identify_now(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    const struct server_options *options = exchange->shard->options;
    const struct method *method = call->route->method;
    int err = options->identify_slowly(options->hook_state, exchange->unknown, &call->identity);
    if (err == ERR_FULL)
        return call_fail(call, CODE_RESOURCE_EXHAUSTED, NULL, "too many tokens are being checked");
    if (err)
        call->identity = (struct identity){0};
    if (!err && fair_refuses_account(exchange))
        return ERR_FULL;
    const enum code denied = method_admits(method, &call->identity);
    if (denied)
        note_denial(exchange, denied);
    return denied ? call_fail(call, denied, NULL, "%s", method_refusal(denied)) : 0;
}

/* Who calls, and whether that is enough for the method. CODE_OK, or what it is refused with. */
static enum code identify(struct exchange *exchange, const struct head *head)
{
    struct call *call = &exchange->call;
    const struct server_options *options = exchange->shard->options;
    struct credentials shown = {
        .authorization = head_get(head, VIEW_LIT("authorization")),
        .identity = head_get(head, VIEW_LIT(IDENTITY_FIELD)),
    };
    if (!options->identify || (options->peers_only && is_health(call)))
        return method_admits(call->route->method, &call->identity);
    if (!shown.authorization.at && !shown.identity.at && !call->route->method->any_of &&
        !options->peers_only)
        return CODE_OK;
    shown.local =
        (shown.identity.at || options->peers_only) && net_is_local(&exchange->conn->stream);
    shown.address = metadata_find(call->received, CALLER_ADDRESS);
    int err = options->identify(options->hook_state, &shown, &call->identity);
    if (err == ERR_BUSY)
        return identify_later(exchange, &shown);
    if (err == ERR_FULL)
        return CODE_RESOURCE_EXHAUSTED;
    if (err) {
        /* A token that is no good does no harm where none is needed. */
        call->identity = (struct identity){0};
        if (options->peers_only)
            return CODE_UNAUTHENTICATED;
    } else if (shown.identity.at) {
        believe(exchange, head);
    }
    return method_admits(call->route->method, &call->identity);
}

/* ERR_FULL: no timer is left. */
static int set_deadline(struct exchange *exchange, int64_t timeout_ns)
{
    struct shard *shard = exchange->shard;
    int64_t now_ns = shard_now_ns(shard);
    int64_t most_ns = shard->options->call_max_ms * NS_PER_MS;
    bool unary = exchange->call.route->method->kind == METHOD_UNARY;
    if (unary && timeout_ns > most_ns)
        timeout_ns = most_ns;
    exchange->call.deadline_ns =
        timeout_ns > DEADLINE_NEVER - now_ns ? DEADLINE_NEVER : now_ns + timeout_ns;
    exchange->timer.fire = deadline_passed;
    return exchange->call.deadline_ns == DEADLINE_NEVER
               ? 0
               : loop_arm(shard->loop, &exchange->timer, exchange->call.deadline_ns);
}

static struct exchange *open_exchange(struct conn *conn, struct h2_stream *h2,
                                      const struct request *request)
{
    struct exchange *exchange = shard_take_exchange(conn->shard);
    if (!exchange)
        return NULL;
    exchange->conn = conn;
    exchange->h2 = h2;
    exchange->from_peer = conn->shard->options->peers_only;
    exchange->call.carrier = &exchange_carrier;
    exchange->call.arena = &exchange->arena;
    exchange->call.route = request->route;
    exchange->protocol = request->protocol;
    exchange->form = request->form;
    exchange->get = request->get;
    exchange->squeeze = request->squeeze;
    exchange->accepts = request->accepts;
    exchange->call.message = "";
    exchange->began_ns = conn->active_ns;
    exchange->over_h2 = conn->engine == &engine_h2;
    exchange->call.trace.made = trace_next(&conn->shard->traces);
    conn->engine->attach(conn, h2, exchange);
    if (exchange->call.route && method_streams_answer(exchange->call.route->method)) {
        list_append(&exchange->shard->streams, &exchange->stream_link);
        count_add(&exchange->shard->streams_open, 1);
    }
    return exchange;
}

#define IF_NONE_MATCH_MAX 80 /* characters of an If-None-Match that is looked at */

/* Keeps of a GET what is only valid now; a tag list that is too long matches nothing. ERR_FULL: the
 * query is too long, as only HTTP/2 lets it be. ERR_NO_MEMORY. */
static int keep_get(struct exchange *exchange, const struct head *head)
{
    struct view tags = head_get(head, VIEW_LIT("if-none-match"));
    if (tags.len && tags.len < IF_NONE_MATCH_MAX)
        exchange->if_none_match = arena_copy(&exchange->arena, tags);
    int err = buf_append_view(&exchange->body, head->query);
    if (!err)
        exchange->shard->body_bytes += head->query.len;
    return err;
}

static const char too_much_text[] = CONN_FULL_TEXT;

static bool too_much_unsent(const struct exchange *exchange)
{
    return exchange->conn && conn_is_full(exchange->conn);
}

/* A plain request with a rule of its own. Returns as exchange_head. */
static int64_t plain_head(struct conn *conn, struct h2_stream *h2, const struct head *head,
                          const struct plain_rule *rule)
{
    const struct request request = {.route = &plain_route, .protocol = PROTOCOL_PLAIN};
    struct exchange *exchange = open_exchange(conn, h2, &request);
    if (!exchange) {
        answer_refusal(conn, h2, &(struct refusal){.status = 503});
        return BODY_REFUSE;
    }
    exchange->arena.max = plain_route.arena_max;
    keep_address(exchange, head);
    if (too_much_unsent(exchange))
        return refuse(exchange, CODE_RESOURCE_EXHAUSTED, too_much_text);
    if (set_deadline(exchange, INT64_MAX) || plain_keep(exchange, rule, head))
        return refuse(exchange, CODE_UNAVAILABLE, "too many calls at once");
    exchange->body.max = rule->body_max;
    return (int64_t)exchange->body.max;
}

int64_t exchange_head(struct conn *conn, struct h2_stream *h2, const struct head *head)
{
    struct shard *shard = conn->shard;
    struct request request;
    conn->active_ns = shard_now_ns(shard);
    conn->asked = true;
    const struct plain_rule *plain = plain_find(shard->options, head->path);
    if (plain)
        return plain_head(conn, h2, head, plain);
    request_read(shard->routes, head, conn->engine->trailers, &request);
    if (request.kind == REQUEST_PAGE) {
        page_answer(conn, h2, head);
        return BODY_REFUSE;
    }
    struct exchange *exchange =
        request.kind == REQUEST_CALL ? open_exchange(conn, h2, &request) : NULL;
    if (!exchange) {
        static const struct refusal busy = {.status = 503};
        const struct refusal *refusal = request.kind == REQUEST_CALL ? &busy : &request.refusal;
        answer_refusal(conn, h2, refusal);
        access_note_head(conn, head, refusal->status, 0);
        return BODY_REFUSE;
    }
    exchange->compressed = request.code == CODE_UNIMPLEMENTED && exchange->call.route;
    exchange->callers_fault = request.code != CODE_OK;
    if (request.code != CODE_OK)
        return refuse(exchange, request.code, request.message);
    exchange->arena.max = exchange->call.route->arena_max;
    keep_metadata(exchange, head);
    const char *flaw = is_health(&exchange->call) ? NULL : caller_flaw(exchange, head);
    const enum code denied = flaw ? CODE_UNAUTHENTICATED : identify(exchange, head);
    if (!is_health(&exchange->call) && fair_refuses(exchange)) {
        answer_error(exchange);
        note_access(exchange);
        return BODY_REFUSE;
    }
    if (denied == CODE_RESOURCE_EXHAUSTED)
        return refuse(exchange, denied, "too many wrong keys came from this address");
    if (denied)
        note_denial(exchange, denied);
    if (denied)
        return refuse(exchange, denied, flaw ? flaw : method_refusal(denied));
    if (set_deadline(exchange, request.timeout_ns))
        return refuse(exchange, CODE_RESOURCE_EXHAUSTED,
                      "as many calls as there may be are under way");
    if (exchange->call.deadline_ns <= shard_now_ns(shard))
        return refuse(exchange, CODE_DEADLINE_EXCEEDED, "the deadline has passed");
    if (too_much_unsent(exchange))
        return refuse(exchange, CODE_RESOURCE_EXHAUSTED, too_much_text);
    size_t envelope = exchange->protocol == PROTOCOL_CONNECT ? 0 : ENVELOPE_BYTES;
    exchange->body.max =
        exchange->get ? WIRE_QUERY_MAX : exchange->call.route->request_max + envelope;
    if (!exchange->get)
        return (int64_t)exchange->body.max;
    return keep_get(exchange, head)
               ? refuse(exchange, CODE_RESOURCE_EXHAUSTED, "the query is too long")
               : 0;
}

/* Whether the envelope in front promises more than is allowed: then the rest need not come. */
static bool promises_too_much(const struct exchange *exchange)
{
    const struct buf *body = &exchange->body;
    if (exchange->protocol == PROTOCOL_CONNECT || exchange->protocol == PROTOCOL_PLAIN ||
        body->len < ENVELOPE_BYTES)
        return false;
    const uint8_t *head = body->bytes + body->start;
    uint32_t len = (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 |
                   (uint32_t)head[4];
    return len > exchange->call.route->request_max;
}

void exchange_body(struct exchange *exchange, struct view bytes)
{
    struct shard *shard = exchange->shard;
    if (exchange->running)
        return;
    int err = shard->body_bytes + bytes.len > WIRE_BODIES_MAX
                  ? ERR_FULL
                  : buf_append_view(&exchange->body, bytes);
    if (err) {
        exchange_refuse(exchange, CODE_RESOURCE_EXHAUSTED, "too many requests are half received");
        return;
    }
    shard->body_bytes += bytes.len;
    if (promises_too_much(exchange))
        exchange_too_large(exchange);
}

void exchange_too_large(struct exchange *exchange)
{
    char text[64];
    if (exchange->protocol == PROTOCOL_PLAIN) {
        answer_refusal(exchange->conn, exchange->h2, &(struct refusal){.status = 413});
        exchange_part(exchange);
        return;
    }
    snprintf(text, sizeof(text), "a request of this method has at most %zu bytes",
             exchange->call.route->request_max);
    const char *message = arena_copy(&exchange->arena, view_str(text));
    exchange_refuse(exchange, CODE_RESOURCE_EXHAUSTED,
                    message ? message : "the request is too large");
}

static int handle(struct exchange *exchange)
{
    const struct method *method = exchange->call.route->method;
    ProtobufCMessage *response = NULL;
    int err = exchange->unknown ? identify_now(exchange) : 0;
    if (!err)
        err = decode_request(exchange);
    /* Again: when its head came, the answers to those sent along with it were still to be made. */
    if (!err && too_much_unsent(exchange))
        err = call_fail(&exchange->call, CODE_RESOURCE_EXHAUSTED, NULL, "%s", too_much_text);
    if (err || answer_from_cache(exchange))
        return err;
    if (method->kind == METHOD_UNARY) {
        response = proto_new(exchange->call.route->descriptor->output, &exchange->arena);
        if (!response)
            return ERR_FULL;
    }
    err = call_run(&exchange->call, response);
    if (!err && response)
        answer_response(exchange, response);
    return err;
}

/* A stream that waits for frames keeps nothing of its request: there may be very many. */
static void be_small(struct exchange *exchange)
{
    stats_note_detached(exchange);
    exchange->detached = true;
    exchange->call.trace = (struct trace){.made = exchange->call.trace.made};
    exchange->call.received = exchange->call.answered = NULL;
    arena_release(&exchange->arena);
    buf_release(&exchange->body);
}

static void run_call(void *arg)
{
    struct exchange *exchange = arg;
    int err = 0;
    trace_be_here(&exchange->call.trace);
    if (exchange->protocol == PROTOCOL_PLAIN)
        plain_run(exchange);
    else
        err = handle(exchange);
    if (err && exchange->call.code == CODE_OK)
        call_fail_by_err(&exchange->call, err);
    if (err)
        answer_error(exchange);
    note_access(exchange);
    if (err)
        ;
    else if (exchange->call.sink)
        be_small(exchange);
    else if (method_streams_answer(exchange->call.route->method))
        answer_end(exchange);
    exchange->running = false;
    end_if_unused(exchange);
}

void exchange_whole(struct exchange *exchange)
{
    int err = fiber_spawn(&exchange->scope, run_call, exchange);
    if (err)
        exchange_refuse(exchange, CODE_RESOURCE_EXHAUSTED,
                        "as many calls as there may be are under way");
    else
        exchange->running = true;
}
