#include "service.h"

#include <string.h>

#include "call/call.h"
#include "clock/clock.h"
#include "codec/any.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "service.pb-c.h"

#define REQUEST_MAX (4u << 20)

typedef Connectrpc__Conformance__V1__ConformancePayload Payload;
typedef Connectrpc__Conformance__V1__ConformancePayload__RequestInfo RequestInfo;
typedef Connectrpc__Conformance__V1__Error Error;
typedef Connectrpc__Conformance__V1__Header Header;
typedef Connectrpc__Conformance__V1__UnaryResponseDefinition UnaryDefinition;
typedef Connectrpc__Conformance__V1__StreamResponseDefinition StreamDefinition;

/* ---- what the call saw ---- */

/* An initialised message in the call's memory; NULL: it is full. */
static void *make(struct call *call, const ProtobufCMessageDescriptor *descriptor)
{
    return proto_new(descriptor, call_arena(call));
}

static Header *header_named(Header **headers, size_t count, struct view name)
{
    for (size_t i = 0; i < count; i++) {
        if (view_eq(view_str(headers[i]->name), name))
            return headers[i];
    }
    return NULL;
}

/* The values of one name stand together, in the order in which they came. */
static int note_headers(struct call *call, RequestInfo *info)
{
    const struct metadata *all = call_all_metadata(call);
    const size_t most = all ? all->count : 0;
    info->request_headers = arena_alloc(call_arena(call), most * sizeof(Header *));
    for (size_t i = 0; i < most; i++) {
        Header *header =
            header_named(info->request_headers, info->n_request_headers, all->fields[i].name);
        if (!header) {
            header = make(call, &connectrpc__conformance__v1__header__descriptor);
            if (!header)
                return ERR_NO_MEMORY;
            header->name = arena_copy(call_arena(call), all->fields[i].name);
            header->value = arena_alloc(call_arena(call), most * sizeof(char *));
            info->request_headers[info->n_request_headers++] = header;
        }
        header->value[header->n_value++] = arena_copy(call_arena(call), all->fields[i].value);
    }
    return 0;
}

static void note_timeout(const struct call *call, RequestInfo *info)
{
    const int64_t left_ns = call_deadline_ns(call) - clock_mono_ns(clock_system());
    if (left_ns > SERVICE_CALL_MAX_MS / 2 * NS_PER_MS)
        return;
    info->maybe_timeout_ms_case =
        CONNECTRPC__CONFORMANCE__V1__CONFORMANCE_PAYLOAD__REQUEST_INFO__MAYBE_TIMEOUT_MS_TIMEOUT_MS;
    info->timeout_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
}

static int note_request(struct call *call, const ProtobufCMessage *request, RequestInfo *info)
{
    Google__Protobuf__Any *any = make(call, &google__protobuf__any__descriptor);
    info->requests = arena_alloc(call_arena(call), sizeof(Google__Protobuf__Any *));
    if (!any || !info->requests)
        return ERR_NO_MEMORY;
    any->type_url =
        arena_printf(call_arena(call), STATUS_TYPE_PREFIX "%s", request->descriptor->name);
    any->value.len = protobuf_c_message_get_packed_size(request);
    any->value.data = arena_alloc(call_arena(call), any->value.len);
    if (!any->type_url || !any->value.data)
        return ERR_NO_MEMORY;
    protobuf_c_message_pack(request, any->value.data);
    info->requests[info->n_requests++] = any;
    return 0;
}

/* NULL: no memory. */
static RequestInfo *note(struct call *call, const ProtobufCMessage *request)
{
    RequestInfo *info =
        make(call, &connectrpc__conformance__v1__conformance_payload__request_info__descriptor);
    if (!info || note_headers(call, info) || note_request(call, request, info))
        return NULL;
    note_timeout(call, info);
    return info;
}

/* ---- what it is to answer ---- */

static int answer_metadata(struct call *call, Header *const *headers, size_t header_count,
                           Header *const *trailers, size_t trailer_count)
{
    int err = 0;
    for (size_t i = 0; i < header_count; i++) {
        for (size_t k = 0; k < headers[i]->n_value && !err; k++)
            err = call_answer_metadata(call, view_str(headers[i]->name),
                                       view_str(headers[i]->value[k]));
    }
    for (size_t i = 0; i < trailer_count; i++) {
        for (size_t k = 0; k < trailers[i]->n_value && !err; k++)
            err = call_answer_trailer(call, view_str(trailers[i]->name),
                                      view_str(trailers[i]->value[k]));
    }
    return err;
}

static int wait_ms(uint32_t delay_ms)
{
    return delay_ms ? fiber_sleep_until(deadline_after_ms(clock_mono_ns(clock_system()), delay_ms))
                    : 0;
}

static int add_info(struct call *call, const RequestInfo *info)
{
    const size_t len = protobuf_c_message_get_packed_size(&info->base);
    uint8_t *packed = arena_alloc(call_arena(call), len);
    if (!packed)
        return ERR_NO_MEMORY;
    protobuf_c_message_pack(&info->base, packed);
    return call_add_detail(call, view_str(info->base.descriptor->name), view_of(packed, len));
}

/* The error that is asked for; info: behind its details, unless NULL. */
static int fail(struct call *call, const Error *error, const RequestInfo *info)
{
    const bool says = error->maybe_message_case;
    int err = 0;
    for (size_t i = 0; i < error->n_details && !err; i++) {
        const Google__Protobuf__Any *any = error->details[i];
        const char *slash = strrchr(any->type_url, '/');
        err = call_add_detail(call, view_str(slash ? slash + 1 : any->type_url),
                              view_of(any->value.data, any->value.len));
    }
    if (!err && info)
        err = add_info(call, info);
    return err ? err
               : call_fail(call, (enum code)error->code, NULL, "%s", says ? error->message : "");
}

static int answer_one(struct call *call, const void *request, const UnaryDefinition *definition,
                      Payload **ret_payload)
{
    RequestInfo *info = note(call, request);
    Payload *payload = make(call, &connectrpc__conformance__v1__conformance_payload__descriptor);
    if (!info || !payload)
        return ERR_NO_MEMORY;
    payload->request_info = info;
    *ret_payload = payload;
    if (!definition)
        return 0;
    int err = answer_metadata(call, definition->response_headers, definition->n_response_headers,
                              definition->response_trailers, definition->n_response_trailers);
    if (!err)
        err = wait_ms(definition->response_delay_ms);
    if (err)
        return err;
    switch (definition->response_case) {
    case CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE_DEFINITION__RESPONSE_ERROR:
        return fail(call, definition->error, info);
    case CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE_DEFINITION__RESPONSE_RESPONSE_DATA:
        payload->data = definition->response_data;
        return 0;
    default:
        return 0;
    }
}

/* ---- handlers ---- */

static int unary(struct call *call, const void *request, void *response)
{
    const Connectrpc__Conformance__V1__UnaryRequest *ask = request;
    Connectrpc__Conformance__V1__UnaryResponse *answer = response;
    return answer_one(call, request, ask->response_definition, &answer->payload);
}

static int idempotent_unary(struct call *call, const void *request, void *response)
{
    const Connectrpc__Conformance__V1__IdempotentUnaryRequest *ask = request;
    Connectrpc__Conformance__V1__IdempotentUnaryResponse *answer = response;
    return answer_one(call, request, ask->response_definition, &answer->payload);
}

static int server_stream(struct call *call, const void *request, void *response)
{
    const Connectrpc__Conformance__V1__ServerStreamRequest *ask = request;
    const StreamDefinition *definition = ask->response_definition;
    RequestInfo *info = note(call, request);
    if (!info)
        return ERR_NO_MEMORY;
    if (!definition)
        return 0;
    int err = answer_metadata(call, definition->response_headers, definition->n_response_headers,
                              definition->response_trailers, definition->n_response_trailers);
    for (size_t i = 0; i < definition->n_response_data && !err; i++) {
        Connectrpc__Conformance__V1__ServerStreamResponse message =
            CONNECTRPC__CONFORMANCE__V1__SERVER_STREAM_RESPONSE__INIT;
        Payload payload = CONNECTRPC__CONFORMANCE__V1__CONFORMANCE_PAYLOAD__INIT;
        payload.data = definition->response_data[i];
        payload.request_info = i == 0 ? info : NULL;
        message.payload = &payload;
        err = wait_ms(definition->response_delay_ms);
        if (!err)
            err = call_send(call, &message.base, call_deadline_ns(call));
    }
    if (!err && definition->error)
        err = fail(call, definition->error, definition->n_response_data == 0 ? info : NULL);
    return err;
}

/* Also of streams of requests, which the call layer does not have (docs/internals/call.md): none of
 * their cases is run. */
static int unimplemented(struct call *call, const void *request, void *response)
{
    return call_fail(call, CODE_UNIMPLEMENTED, NULL, "this method is not implemented");
}

/* ---- the service ---- */

/* request_max of all is set when the service is made. */
static struct method methods[] = {
    {.name = "Unary", .handle = unary},
    {.name = "ServerStream", .kind = METHOD_SERVER_STREAM, .handle = server_stream},
    {.name = "ClientStream", .kind = METHOD_SERVER_STREAM, .handle = unimplemented},
    {.name = "BidiStream", .kind = METHOD_SERVER_STREAM, .handle = unimplemented},
    {.name = "Unimplemented", .handle = unimplemented},
    {.name = "IdempotentUnary", .safe = true, .handle = idempotent_unary},
};

const struct service *service_make(size_t request_max)
{
    static struct service service;
    static const struct view travelling[] = {{"x-custom-", 9}, {"x-conformance-", 14}};
    static const ProtobufCMessageDescriptor *const types[] = {
        &connectrpc__conformance__v1__unary_request__descriptor,
        &connectrpc__conformance__v1__idempotent_unary_request__descriptor,
        &connectrpc__conformance__v1__server_stream_request__descriptor,
        &connectrpc__conformance__v1__conformance_payload__request_info__descriptor,
        &connectrpc__conformance__v1__header__descriptor,
    };
    metadata_let_travel(travelling, sizeof(travelling) / sizeof(travelling[0]));
    any_know(&google__protobuf__any__descriptor, types, sizeof(types) / sizeof(types[0]));
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        methods[i].request_max = request_max ? request_max : REQUEST_MAX;
    service = (struct service){
        .descriptor = &connectrpc__conformance__v1__conformance_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
    };
    return &service;
}
