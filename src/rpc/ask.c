#include "rpc/ask.h"

#include "codec/percent.h"
#include "codec/timeout.h"
#include "err/err.h"

/* application/grpc, application/grpc+proto, application/json … up to parameters. */
struct type {
    struct view name;
    enum wire wire;
    enum form form;
};

static const struct type types[] = {
    {{"application/json", 16}, WIRE_CONNECT, FORM_JSON},
    {{"application/proto", 17}, WIRE_CONNECT, FORM_PROTO},
    {{"application/connect+json", 24}, WIRE_CONNECT_STREAM, FORM_JSON},
    {{"application/connect+proto", 25}, WIRE_CONNECT_STREAM, FORM_PROTO},
    {{"application/grpc", 16}, WIRE_GRPC, FORM_PROTO},
    {{"application/grpc+proto", 22}, WIRE_GRPC, FORM_PROTO},
};

static const struct type *type_of(const struct head *head)
{
    struct view text = head_get(head, VIEW_LIT("content-type"));
    size_t len = 0;
    while (len < text.len && text.at[len] != ';' && text.at[len] != ' ' && text.at[len] != '\t')
        len++;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (view_eq_nocase(view_of(text.at, len), types[i].name))
            return &types[i];
    }
    return NULL;
}

static void refuse(struct ask *ask, enum rpc_code code, const char *message)
{
    if (ask->code == RPC_OK) {
        ask->code = code;
        ask->message = message;
    }
}

static void answer_status(struct ask *ask, int status, const char *allow)
{
    ask->kind = ASK_STATUS;
    ask->status = status;
    ask->allow = allow;
}

/* Only identity: requests are small, and a compressed one is a way to make us work. */
static void read_encoding(struct ask *ask, const struct head *head)
{
    static const struct view names[] = {
        [WIRE_GRPC] = {"grpc-encoding", 13},
        [WIRE_CONNECT] = {"content-encoding", 16},
        [WIRE_CONNECT_STREAM] = {"connect-content-encoding", 24},
    };
    struct view encoding = head_get(head, names[ask->wire]);
    if (encoding.len && !view_eq_nocase(encoding, VIEW_LIT("identity")))
        refuse(ask, RPC_UNIMPLEMENTED,
               "compressed requests are not supported: send identity encoding");
}

static void read_timeout(struct ask *ask, const struct head *head)
{
    struct view text;
    bool grpc = ask->wire == WIRE_GRPC;
    if (!head_find(head, grpc ? VIEW_LIT("grpc-timeout") : VIEW_LIT("connect-timeout-ms"), &text))
        return;
    if (grpc ? timeout_read_grpc(text, &ask->timeout_ns)
             : timeout_read_connect(text, &ask->timeout_ns))
        refuse(ask, RPC_INVALID_ARGUMENT,
               grpc ? "grpc-timeout is malformed" : "connect-timeout-ms is malformed");
}

static void read_post(struct ask *ask, const struct head *head, bool h2)
{
    const struct type *type = type_of(head);
    if (!type) {
        /* Not meant for a method, and pages take no POST. */
        answer_status(ask, ask->route ? 415 : 405, "GET, HEAD");
        return;
    }
    ask->wire = type->wire;
    ask->form = type->form;
    if (ask->wire == WIRE_GRPC && !h2) {
        answer_status(ask, 415, NULL);
        return;
    }
    if (ask->route && ask->wire != WIRE_GRPC &&
        (ask->wire == WIRE_CONNECT) != (ask->route->method->kind == RPC_UNARY)) {
        answer_status(ask, 415, NULL);
        return;
    }
    if (ask->wire == WIRE_GRPC && !head_lists(head, VIEW_LIT("te"), VIEW_LIT("trailers")))
        refuse(ask, RPC_INTERNAL,
               "te: trailers is missing: something on the way does not pass trailers on");
    if (!ask->route)
        refuse(ask, RPC_UNIMPLEMENTED, "no such method");
}

/* A safe method by Connect GET: what a POST says in headers stands in the query. */
static void read_get(struct ask *ask, const struct head *head)
{
    struct view encoding, version;
    const struct rpc_method *method = ask->route->method;
    if (!method->safe || head->method != HEAD_METHOD_GET) {
        answer_status(ask, 405, method->safe ? "GET, POST" : "POST");
        return;
    }
    ask->wire = WIRE_CONNECT;
    ask->get = true;
    ask->form = FORM_JSON;
    if (query_find(head->query, VIEW_LIT("connect"), &version) && !view_eq(version, VIEW_LIT("v1")))
        refuse(ask, RPC_INVALID_ARGUMENT, "connect: only v1 is known");
    if (query_find(head->query, VIEW_LIT("compression"), &encoding) && encoding.len &&
        !view_eq(encoding, VIEW_LIT("identity")))
        refuse(ask, RPC_UNIMPLEMENTED,
               "compressed requests are not supported: send identity encoding");
    if (!query_find(head->query, VIEW_LIT("encoding"), &encoding))
        refuse(ask, RPC_INVALID_ARGUMENT, "encoding is missing: json or proto");
    else if (view_eq(encoding, VIEW_LIT("proto")))
        ask->form = FORM_PROTO;
    else if (!view_eq(encoding, VIEW_LIT("json")))
        answer_status(ask, 415, NULL);
}

void ask_read(const struct routes *routes, const struct head *head, bool h2, struct ask *ret_ask)
{
    *ret_ask = (struct ask){.timeout_ns = INT64_MAX, .route = routes_find(routes, head->path)};
    struct ask *ask = ret_ask;
    bool reading = head->method == HEAD_METHOD_GET || head->method == HEAD_METHOD_HEAD;
    if (head->method == HEAD_METHOD_POST) {
        read_post(ask, head, h2);
    } else if (ask->route) {
        read_get(ask, head);
    } else if (reading) {
        ask->kind = ASK_PAGE;
    } else {
        answer_status(ask, 405, "GET, HEAD");
    }
    if (ask->kind != ASK_CALL)
        return;
    struct view version;
    if (ask->wire != WIRE_GRPC && head_find(head, VIEW_LIT("connect-protocol-version"), &version) &&
        !view_eq(version, VIEW_LIT("1")))
        refuse(ask, RPC_INVALID_ARGUMENT, "connect-protocol-version: only 1 is known");
    if (!ask->get)
        read_encoding(ask, head);
    read_timeout(ask, head);
}
