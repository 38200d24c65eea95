#include "rpc/call.h"

#include <sodium.h>
#include <stdio.h>

#include "codec/envelope.h"
#include "codec/proto.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "rpc/answer.h"
#include "rpc/ask.h"
#include "rpc/decode.h"
#include "rpc/limits.h"
#include "rpc/page.h"
#include "rpc/plain.h"
#include "rpc/shard.h"

/* ---- what handlers see ---- */

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return &call->arena;
}

int64_t rpc_call_deadline_ns(const struct rpc_call *call)
{
    return call->deadline_ns;
}

const struct rpc_identity *rpc_call_identity(const struct rpc_call *call)
{
    return &call->identity;
}

void *rpc_call_state(const struct rpc_call *call)
{
    return call->route->service->state;
}

/* Takes packed bytes as protobuf-c makes them, so that nothing is put together first. */
struct hasher {
    ProtobufCBuffer buffer;
    crypto_hash_sha256_state state;
};

static void hash_more(ProtobufCBuffer *buffer, size_t len, const uint8_t *bytes)
{
    crypto_hash_sha256_update(&list_of(buffer, struct hasher, buffer)->state, bytes, len);
}

void rpc_call_request_hash(struct rpc_call *call, uint8_t ret_hash[32])
{
    struct hasher h = {.buffer.append = hash_more};
    crypto_hash_sha256_init(&h.state);
    protobuf_c_message_pack_to_buffer(call->request, &h.buffer);
    crypto_hash_sha256_final(&h.state, ret_hash);
}

/* Takes out what is no UTF-8: the rest of a character where the text was cut. */
static void keep_characters(char *text)
{
    struct view rest = view_str(text);
    while (rest.len > 0) {
        size_t len = utf8_char(rest);
        memmove(text, rest.at, len);
        text += len;
        len = len ? len : 1;
        rest = view_of(rest.at + len, rest.len - len);
    }
    *text = '\0';
}

int rpc_fail(struct rpc_call *call, enum rpc_code code, const Usher__V1__ErrorDetail *detail,
             const char *format, ...)
{
    assert(code != RPC_OK);
    va_list args;
    char text[RPC_MESSAGE_MAX];
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    keep_characters(text);
    call->code = code;
    call->message = arena_copy(&call->arena, view_str(text));
    if (!call->message)
        call->message = "";
    call->detail = NULL;
    if (!detail)
        return ERR_INVALID;
    /* A copy of its own: what is borrowed may be gone when the answer is made. */
    struct buf packed;
    ProtobufCMessage *copy;
    buf_init(&packed, RPC_REQUEST_MAX);
    if (proto_pack(&detail->base, &packed) == 0 &&
        proto_unpack(&usher__v1__error_detail__descriptor, buf_view(&packed), &call->arena,
                     &copy) == 0)
        call->detail = (const Usher__V1__ErrorDetail *)copy;
    buf_release(&packed);
    return ERR_INVALID;
}

/* ---- letting go ---- */

static void settle(struct rpc_call *call)
{
    if (call->running || call->conn || list_linked(&call->link))
        return;
    list_append(&call->shard->ended, &call->link);
    shard_touch(call->shard);
}

static void let_go(struct rpc_call *call)
{
    struct shard *shard = call->shard;
    struct conn *conn = call->conn;
    if (call->h2)
        h2_stream_set_user(call->h2, NULL);
    else
        conn->call = NULL;
    conn->active_ns = shard_now_ns(shard);
    call->conn = NULL;
    call->h2 = NULL;
    call->pending = call->ending = false;
    loop_disarm(shard->loop, &call->timer);
    list_remove(&call->stalled_link);
    if (list_linked(&call->stream_link)) {
        list_remove(&call->stream_link);
        count_sub(&shard->streams_open, 1);
    }
}

void call_part(struct rpc_call *call)
{
    if (!call->conn)
        return;
    let_go(call);
    settle(call);
}

void call_tell_closed(struct rpc_call *call)
{
    struct rpc_sink *sink = call->sink;
    if (!sink)
        return;
    call->sink = NULL;
    sink->stream = NULL;
    sink->closed(sink);
}

void call_gone(struct rpc_call *call)
{
    if (!call->conn)
        return;
    let_go(call);
    scope_cancel(&call->scope);
    call_tell_closed(call);
    settle(call);
}

void call_refuse(struct rpc_call *call, enum rpc_code code, const char *message)
{
    if (!call->conn || call->ending)
        return;
    call->code = code;
    call->message = message;
    call->detail = NULL;
    struct rpc_sink *sink = call->sink;
    call->sink = NULL;
    if (sink) {
        sink->stream = NULL;
        sink->closed(sink);
    }
    answer_error(call);
    scope_cancel(&call->scope);
}

static void deadline_passed(struct loop_timer *timer)
{
    struct rpc_call *call = list_of(timer, struct rpc_call, timer);
    call_refuse(call, RPC_DEADLINE_EXCEEDED, "the deadline has passed");
}

/* ---- from head to fiber ---- */

static int64_t refuse(struct rpc_call *call, enum rpc_code code, const char *message)
{
    call_refuse(call, code, message);
    return BODY_REFUSE;
}

/* Who calls, and whether that is enough for the method. RPC_OK, or what it is refused with. */
static enum rpc_code identify(struct rpc_call *call, const struct head *head)
{
    const struct rpc_server_options *options = call->shard->options;
    enum rpc_role needed = call->route->method->role;
    struct view authorization = head_get(head, VIEW_LIT("authorization"));
    if (!options->identify || (authorization.len == 0 && needed == RPC_ANYONE))
        return needed == RPC_ANYONE ? RPC_OK : RPC_UNAUTHENTICATED;
    /* A token that is no good does no harm where none is needed. */
    int err = options->identify(options->hook_state, authorization, &call->identity);
    if (err)
        call->identity = (struct rpc_identity){.role = RPC_ANYONE};
    if (call->identity.role >= needed)
        return RPC_OK;
    return call->identity.role == RPC_ANYONE ? RPC_UNAUTHENTICATED : RPC_PERMISSION_DENIED;
}

/* ERR_FULL: no timer is left. */
static int set_deadline(struct rpc_call *call, int64_t timeout_ns)
{
    struct shard *shard = call->shard;
    int64_t now_ns = shard_now_ns(shard);
    int64_t most_ns = shard->options->call_max_ms * NS_PER_MS;
    bool unary = call->route->method->kind == RPC_UNARY;
    if (unary && timeout_ns > most_ns)
        timeout_ns = most_ns;
    call->deadline_ns = timeout_ns > DEADLINE_NEVER - now_ns ? DEADLINE_NEVER : now_ns + timeout_ns;
    call->timer.fire = deadline_passed;
    return call->deadline_ns == DEADLINE_NEVER
               ? 0
               : loop_arm(shard->loop, &call->timer, call->deadline_ns);
}

static struct rpc_call *open_call(struct conn *conn, struct h2_stream *h2, const struct ask *ask)
{
    struct rpc_call *call = shard_take_call(conn->shard);
    if (!call)
        return NULL;
    call->conn = conn;
    call->h2 = h2;
    call->route = ask->route;
    call->wire = ask->wire;
    call->form = ask->form;
    call->get = ask->get;
    call->message = "";
    if (h2)
        h2_stream_set_user(h2, call);
    else
        conn->call = call;
    if (call->route && call->route->method->kind == RPC_SERVER_STREAM) {
        list_append(&call->shard->streams, &call->stream_link);
        count_add(&call->shard->streams_open, 1);
    }
    count_add(&call->shard->calls_total, 1);
    return call;
}

/* Keeps of a GET what is only valid now; a tag list that is too long matches nothing. ERR_FULL: the
 * query is too long, as only HTTP/2 lets it be. ERR_NO_MEMORY. */
static int keep_get(struct rpc_call *call, const struct head *head)
{
    struct view tags = head_get(head, VIEW_LIT("if-none-match"));
    if (tags.len && tags.len < sizeof(call->if_none_match))
        memcpy(call->if_none_match, tags.at, tags.len);
    int err = buf_append_view(&call->body, head->query);
    if (!err)
        call->shard->body_bytes += head->query.len;
    return err;
}

static const char too_much_text[] = "too much is unsent on this connection";

static bool too_much_unsent(const struct rpc_call *call)
{
    return call->conn && conn_unsent(call->conn) > RPC_UNSENT_MAX;
}

/* A plain request with a rule of its own. Returns as call_head. */
static int64_t plain_head(struct conn *conn, struct h2_stream *h2, const struct head *head,
                          const struct rpc_plain *rule)
{
    const struct ask ask = {.route = &plain_route, .wire = WIRE_PLAIN};
    struct rpc_call *call = open_call(conn, h2, &ask);
    if (!call) {
        answer_refusal(conn, h2, &(struct refusal){.status = 503});
        return BODY_REFUSE;
    }
    call->arena.max = plain_route.arena_max;
    if (too_much_unsent(call))
        return refuse(call, RPC_RESOURCE_EXHAUSTED, too_much_text);
    if (set_deadline(call, INT64_MAX) || plain_keep(call, rule, head))
        return refuse(call, RPC_UNAVAILABLE, "too many calls at once");
    call->body.max = rule->body_max;
    return (int64_t)call->body.max;
}

int64_t call_head(struct conn *conn, struct h2_stream *h2, const struct head *head)
{
    struct shard *shard = conn->shard;
    struct ask ask;
    conn->active_ns = shard_now_ns(shard);
    conn->asked = true;
    const struct rpc_plain *plain = plain_find(shard->options, head->path);
    if (plain)
        return plain_head(conn, h2, head, plain);
    ask_read(shard->routes, head, h2, &ask);
    if (ask.kind == ASK_PAGE) {
        page_answer(conn, h2, head);
        return BODY_REFUSE;
    }
    struct rpc_call *call = ask.kind == ASK_CALL ? open_call(conn, h2, &ask) : NULL;
    if (!call) {
        static const struct refusal busy = {.status = 503};
        answer_refusal(conn, h2, ask.kind == ASK_CALL ? &busy : &ask.refusal);
        return BODY_REFUSE;
    }
    call->compressed = ask.code == RPC_UNIMPLEMENTED && call->route;
    if (ask.code != RPC_OK)
        return refuse(call, ask.code, ask.message);
    enum rpc_code denied = identify(call, head);
    if (denied)
        return refuse(call, denied,
                      denied == RPC_UNAUTHENTICATED ? "this needs a valid token"
                                                    : "this is the organiser's to do");
    if (set_deadline(call, ask.timeout_ns))
        return refuse(call, RPC_RESOURCE_EXHAUSTED, "as many calls as there may be are under way");
    if (call->deadline_ns <= shard_now_ns(shard))
        return refuse(call, RPC_DEADLINE_EXCEEDED, "the deadline has passed");
    if (too_much_unsent(call))
        return refuse(call, RPC_RESOURCE_EXHAUSTED, too_much_text);
    size_t envelope = call->wire == WIRE_CONNECT ? 0 : ENVELOPE_BYTES;
    call->body.max = call->get ? RPC_QUERY_MAX : call->route->request_max + envelope;
    call->arena.max = call->route->arena_max;
    if (!call->get)
        return (int64_t)call->body.max;
    return keep_get(call, head) ? refuse(call, RPC_RESOURCE_EXHAUSTED, "the query is too long") : 0;
}

/* Whether the envelope in front promises more than is allowed: then the rest need not come. */
static bool promises_too_much(const struct rpc_call *call)
{
    struct view v = buf_view(&call->body);
    if (call->wire == WIRE_CONNECT || call->wire == WIRE_PLAIN || v.len < ENVELOPE_BYTES)
        return false;
    const uint8_t *head = (const uint8_t *)v.at;
    uint32_t len = (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 |
                   (uint32_t)head[4];
    return len > call->route->request_max;
}

void call_body(struct rpc_call *call, struct view bytes)
{
    struct shard *shard = call->shard;
    if (call->running)
        return;
    int err = shard->body_bytes + bytes.len > RPC_BODIES_MAX ? ERR_FULL
                                                             : buf_append_view(&call->body, bytes);
    if (err) {
        call_refuse(call, RPC_RESOURCE_EXHAUSTED, "too many requests are half received");
        return;
    }
    shard->body_bytes += bytes.len;
    if (promises_too_much(call))
        call_too_large(call);
}

void call_too_large(struct rpc_call *call)
{
    char text[64];
    if (call->wire == WIRE_PLAIN) {
        answer_refusal(call->conn, call->h2, &(struct refusal){.status = 413});
        call_part(call);
        return;
    }
    snprintf(text, sizeof(text), "a request of this method has at most %zu bytes",
             call->route->request_max);
    const char *message = arena_copy(&call->arena, view_str(text));
    call_refuse(call, RPC_RESOURCE_EXHAUSTED, message ? message : "the request is too large");
}

/* A handler that fails without rpc_fail: what its code means to the caller. */
static void fail_by_err(struct rpc_call *call, int err)
{
    call->message = err_text(err);
    call->detail = NULL;
    switch (err) {
    case ERR_TIMEOUT:
        call->code = RPC_DEADLINE_EXCEEDED;
        break;
    case ERR_CANCELLED:
    case ERR_CLOSED:
        call->code = RPC_CANCELED;
        break;
    case ERR_FULL:
    case ERR_NO_MEMORY:
        call->code = RPC_RESOURCE_EXHAUSTED;
        break;
    case ERR_UNAVAILABLE:
    case ERR_BUSY:
        call->code = RPC_UNAVAILABLE;
        break;
    case ERR_NOT_FOUND:
        call->code = RPC_NOT_FOUND;
        break;
    case ERR_DENIED:
        call->code = RPC_PERMISSION_DENIED;
        break;
    default:
        call->code = RPC_INTERNAL;
    }
}

static int handle(struct rpc_call *call)
{
    const struct rpc_method *method = call->route->method;
    ProtobufCMessage *response = NULL;
    int err = decode_request(call);
    /* Again: when its head came, the answers to those sent along with it were still to be made. */
    if (!err && too_much_unsent(call))
        err = rpc_fail(call, RPC_RESOURCE_EXHAUSTED, NULL, "%s", too_much_text);
    if (err || answer_from_shelf(call))
        return err;
    if (method->kind == RPC_UNARY) {
        response = proto_new(call->route->descriptor->output, &call->arena);
        if (!response)
            return ERR_FULL;
    }
    err = method->handle(call, call->request, response);
    if (!err && response)
        answer_response(call, response);
    return err;
}

/* A stream that waits for frames keeps nothing of its request: there may be very many. */
static void be_small(struct rpc_call *call)
{
    arena_release(&call->arena);
    buf_release(&call->body);
}

static void run_call(void *arg)
{
    struct rpc_call *call = arg;
    int err = 0;
    if (call->wire == WIRE_PLAIN)
        plain_run(call);
    else
        err = handle(call);
    if (err && call->code == RPC_OK)
        fail_by_err(call, err);
    if (err)
        answer_error(call);
    else if (call->sink)
        be_small(call);
    else if (call->route->method->kind == RPC_SERVER_STREAM)
        answer_end(call);
    call->running = false;
    settle(call);
}

void call_whole(struct rpc_call *call)
{
    int err = fiber_spawn(&call->scope, run_call, call);
    if (err)
        call_refuse(call, RPC_RESOURCE_EXHAUSTED, "as many calls as there may be are under way");
    else
        call->running = true;
}
