#include "wire/request.h"

#include "codec/percent.h"
#include "codec/timeout.h"
#include "err/err.h"

#define UNKNOWN_ENCODING "a request is packed by gzip or zstd, or not at all"

/* application/grpc, application/grpc+proto, application/json … up to parameters. */
struct type {
    struct view name;
    enum protocol protocol;
    enum form form;
};

static const struct type types[] = {
    {{"application/json", 16}, PROTOCOL_CONNECT, FORM_JSON},
    {{"application/proto", 17}, PROTOCOL_CONNECT, FORM_PROTO},
    {{"application/connect+json", 24}, PROTOCOL_CONNECT_STREAM, FORM_JSON},
    {{"application/connect+proto", 25}, PROTOCOL_CONNECT_STREAM, FORM_PROTO},
    {{"application/grpc", 16}, PROTOCOL_GRPC, FORM_PROTO},
    {{"application/grpc+proto", 22}, PROTOCOL_GRPC, FORM_PROTO},
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

static void refuse(struct request *request, enum code code, const char *message)
{
    if (request->code == CODE_OK) {
        request->code = code;
        request->message = message;
    }
}

static void refuse_method(struct request *request, const char *allow, const char *why)
{
    request->kind = REQUEST_REFUSED;
    request->refusal = (struct refusal){.status = 405, .why = why, .allow = allow};
}

#define UNARY_TYPES  "application/json or application/proto"
#define STREAM_TYPES "application/connect+json or application/connect+proto"
#define GRPC_TYPES   ", or over HTTP/2 application/grpc"

static void refuse_type(struct request *request, const char *why)
{
    bool unary = request->route && request->route->method->kind == METHOD_UNARY;
    if (!why)
        why = unary ? "the content-type of this method is " UNARY_TYPES GRPC_TYPES
                    : "the content-type of this method is " STREAM_TYPES GRPC_TYPES;
    request->kind = REQUEST_REFUSED;
    request->refusal = (struct refusal){
        .status = 415,
        .why = why,
        .accept = unary ? "application/json, application/proto, application/grpc"
                        : "application/connect+json, application/connect+proto, application/grpc",
    };
}

/* How a request is packed, and its answer may be. */
static void read_encoding(struct request *request, const struct head *head)
{
    static const struct view names[] = {
        [PROTOCOL_GRPC] = {"grpc-encoding", 13},
        [PROTOCOL_CONNECT] = {"content-encoding", 16},
        [PROTOCOL_CONNECT_STREAM] = {"connect-content-encoding", 24},
    };
    static const struct view accepting[] = {
        [PROTOCOL_GRPC] = {"grpc-accept-encoding", 20},
        [PROTOCOL_CONNECT] = {"accept-encoding", 15},
        [PROTOCOL_CONNECT_STREAM] = {"connect-accept-encoding", 23},
    };
    const struct view accept = accepting[request->protocol];
    if (head_lists(head, accept, squeeze_name(SQUEEZE_ZSTD)))
        request->accepts = SQUEEZE_ZSTD;
    else if (head_lists(head, accept, squeeze_name(SQUEEZE_GZIP)))
        request->accepts = SQUEEZE_GZIP;
    if (!request->get && !squeeze_find(head_get(head, names[request->protocol]), &request->squeeze))
        refuse(request, CODE_UNIMPLEMENTED, UNKNOWN_ENCODING);
}

static void read_timeout(struct request *request, const struct head *head)
{
    struct view text;
    bool grpc = request->protocol == PROTOCOL_GRPC;
    if (!head_find(head, grpc ? VIEW_LIT("grpc-timeout") : VIEW_LIT("connect-timeout-ms"), &text))
        return;
    if (grpc ? timeout_read_grpc(text, &request->timeout_ns)
             : timeout_read_connect(text, &request->timeout_ns))
        refuse(request, CODE_INVALID_ARGUMENT,
               grpc ? "grpc-timeout is malformed" : "connect-timeout-ms is malformed");
}

static void read_post(struct request *request, const struct head *head, bool trailers)
{
    const struct type *type = type_of(head);
    if (!type) {
        if (request->route)
            refuse_type(request,
                        is_grpc_web(head) ? "gRPC-Web is not spoken: Connect and gRPC are" : NULL);
        else
            refuse_method(request, "GET, HEAD",
                          "no method has this path, and pages are for GET and HEAD");
        return;
    }
    request->protocol = type->protocol;
    request->form = type->form;
    if (request->protocol == PROTOCOL_GRPC && !trailers) {
        refuse_type(request, "gRPC is spoken over HTTP/2 only; over HTTP/1.1 Connect is");
        return;
    }
    if (request->route && request->protocol != PROTOCOL_GRPC &&
        (request->protocol == PROTOCOL_CONNECT) != (request->route->method->kind == METHOD_UNARY)) {
        refuse_type(request, NULL);
        return;
    }
    if (request->protocol == PROTOCOL_GRPC &&
        !head_lists(head, VIEW_LIT("te"), VIEW_LIT("trailers")))
        refuse(request, CODE_INTERNAL,
               "te: trailers is missing: something on the way does not pass trailers on");
    if (!request->route)
        refuse(request, CODE_UNIMPLEMENTED, "no such method");
}

/* A safe method by Connect GET: what a POST says in headers stands in the query. */
static void read_get(struct request *request, const struct head *head)
{
    struct view encoding, version;
    const struct method *method = request->route->method;
    if (!method->safe || !reads(head)) {
        if (method->safe)
            refuse_method(request, "GET, HEAD, POST", "this method is called by POST or GET");
        else
            refuse_method(request, "POST", "this method is called by POST");
        return;
    }
    request->protocol = PROTOCOL_CONNECT;
    request->get = true;
    request->form = FORM_JSON;
    if (query_find(head->query, VIEW_LIT("connect"), &version) && !view_eq(version, VIEW_LIT("v1")))
        refuse(request, CODE_INVALID_ARGUMENT, "connect: only v1 is known");
    if (query_find(head->query, VIEW_LIT("compression"), &encoding) &&
        !squeeze_find(encoding, &request->squeeze))
        refuse(request, CODE_UNIMPLEMENTED, UNKNOWN_ENCODING);
    if (!query_find(head->query, VIEW_LIT("encoding"), &encoding))
        refuse(request, CODE_INVALID_ARGUMENT, "encoding is missing: json or proto");
    else if (view_eq(encoding, VIEW_LIT("proto")))
        request->form = FORM_PROTO;
    else if (!view_eq(encoding, VIEW_LIT("json")))
        refuse_type(request, "encoding is json or proto");
}

void request_read(const struct routes *routes, const struct head *head, bool trailers,
                  struct request *ret_request)
{
    *ret_request =
        (struct request){.timeout_ns = INT64_MAX, .route = routes_find(routes, head->path)};
    struct request *request = ret_request;
    if (head->method == HEAD_METHOD_POST) {
        read_post(request, head, trailers);
    } else if (request->route) {
        read_get(request, head);
    } else if (reads(head) || head->method == HEAD_METHOD_OPTIONS) {
        request->kind = REQUEST_PAGE;
    } else {
        refuse_method(request, "GET, HEAD", "pages are for GET and HEAD");
    }
    if (request->kind != REQUEST_CALL)
        return;
    struct view version;
    if (request->protocol != PROTOCOL_GRPC &&
        head_find(head, VIEW_LIT("connect-protocol-version"), &version) &&
        !view_eq(version, VIEW_LIT("1")))
        refuse(request, CODE_INVALID_ARGUMENT, "connect-protocol-version: only 1 is known");
    read_encoding(request, head);
    read_timeout(request, head);
}
