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

static bool is_grpc_web(const struct head *head)
{
    return view_starts(head_get(head, VIEW_LIT("content-type")), VIEW_LIT("application/grpc-web"));
}

static bool reads(const struct head *head)
{
    return head->method == HEAD_METHOD_GET || head->method == HEAD_METHOD_HEAD;
}

static void refuse(struct ask *ask, enum rpc_code code, const char *message)
{
    if (ask->code == RPC_OK) {
        ask->code = code;
        ask->message = message;
    }
}

static void refuse_method(struct ask *ask, const char *allow, const char *why)
{
    ask->kind = ASK_REFUSED;
    ask->refusal = (struct refusal){.status = 405, .why = why, .allow = allow};
}

#define UNARY_TYPES  "application/json or application/proto"
#define STREAM_TYPES "application/connect+json or application/connect+proto"
#define GRPC_TYPES   ", or over HTTP/2 application/grpc"

static void refuse_type(struct ask *ask, const char *why)
{
    bool unary = ask->route && ask->route->method->kind == RPC_UNARY;
    if (!why)
        why = unary ? "the content-type of this method is " UNARY_TYPES GRPC_TYPES
                    : "the content-type of this method is " STREAM_TYPES GRPC_TYPES;
    ask->kind = ASK_REFUSED;
    ask->refusal = (struct refusal){
        .status = 415,
        .why = why,
        .accept = unary ? "application/json, application/proto, application/grpc"
                        : "application/connect+json, application/connect+proto, application/grpc",
    };
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
        if (ask->route)
            refuse_type(ask,
                        is_grpc_web(head) ? "gRPC-Web is not spoken: Connect and gRPC are" : NULL);
        else
            refuse_method(ask, "GET, HEAD",
                          "no method has this path, and pages are for GET and HEAD");
        return;
    }
    ask->wire = type->wire;
    ask->form = type->form;
    if (ask->wire == WIRE_GRPC && !h2) {
        refuse_type(ask, "gRPC is spoken over HTTP/2 only; over HTTP/1.1 Connect is");
        return;
    }
    if (ask->route && ask->wire != WIRE_GRPC &&
        (ask->wire == WIRE_CONNECT) != (ask->route->method->kind == RPC_UNARY)) {
        refuse_type(ask, NULL);
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
    if (!method->safe || !reads(head)) {
        if (method->safe)
            refuse_method(ask, "GET, HEAD, POST", "this method is called by POST or GET");
        else
            refuse_method(ask, "POST", "this method is called by POST");
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
        refuse_type(ask, "encoding is json or proto");
}

void ask_read(const struct routes *routes, const struct head *head, bool h2, struct ask *ret_ask)
{
    *ret_ask = (struct ask){.timeout_ns = INT64_MAX, .route = routes_find(routes, head->path)};
    struct ask *ask = ret_ask;
    if (head->method == HEAD_METHOD_POST) {
        read_post(ask, head, h2);
    } else if (ask->route) {
        read_get(ask, head);
    } else if (reads(head)) {
        ask->kind = ASK_PAGE;
    } else {
        refuse_method(ask, "GET, HEAD", "pages are for GET and HEAD");
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
