#include "call/call.h"

#include <stdio.h>

#include "call/limits.h"
#include "codec/proto.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "mem/list.h"
#include "mem/utf8.h"

/* ---- what a handler may ask ---- */

struct arena *call_arena(struct call *call)
{
    return call->arena;
}

int64_t call_deadline_ns(const struct call *call)
{
    return call->deadline_ns;
}

const struct identity *call_identity(const struct call *call)
{
    return &call->identity;
}

void *call_state(const struct call *call)
{
    return call->route->service->state;
}

/* Takes packed bytes as protobuf-c makes them, so that nothing is put together first. */
static void hash_more(ProtobufCBuffer *buffer, size_t len, const uint8_t *bytes)
{
    sha256_add(view_of(bytes, len));
}

void call_request_hash(struct call *call, uint8_t ret_hash[SHA256_BYTES])
{
    ProtobufCBuffer hasher = {.append = hash_more};
    sha256_begin();
    protobuf_c_message_pack_to_buffer(call->request, &hasher);
    sha256_end(ret_hash);
}

struct view call_metadata(const struct call *call, struct view name)
{
    return metadata_find(call->received, name);
}

const struct metadata *call_all_metadata(const struct call *call)
{
    return call->received;
}

int call_answer_metadata(struct call *call, struct view name, struct view value)
{
    return metadata_add(&call->answered, call->arena, name, value);
}

int call_answer_trailer(struct call *call, struct view name, struct view value)
{
    return metadata_add_trailing(&call->answered, call->arena, name, value);
}

/* ---- how a call fails ---- */

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

/* A copy of its own: what is borrowed may be gone when the answer is made. NULL: no room. */
static const Usher__V1__ErrorDetail *copy_detail(const Usher__V1__ErrorDetail *detail,
                                                 struct arena *arena)
{
    struct buf packed;
    ProtobufCMessage *copy = NULL;
    buf_init(&packed, CALL_REQUEST_MAX);
    if (proto_pack(&detail->base, &packed) != 0 ||
        proto_unpack(&usher__v1__error_detail__descriptor, buf_view(&packed), arena, &copy) != 0)
        copy = NULL;
    buf_release(&packed);
    return (const Usher__V1__ErrorDetail *)copy;
}

int call_fail(struct call *call, enum code code, const Usher__V1__ErrorDetail *detail,
              const char *format, ...)
{
    assert(code != CODE_OK);
    va_list args;
    char text[CALL_MESSAGE_MAX];
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    keep_characters(text);
    call->code = code;
    call->message = arena_copy(call->arena, view_str(text));
    if (!call->message)
        call->message = "";
    call->detail = detail ? copy_detail(detail, call->arena) : NULL;
    return ERR_INVALID;
}

int call_add_detail(struct call *call, struct view type, struct view packed)
{
    struct status_detail **end = &call->further;
    for (size_t count = 0; *end; end = &(*end)->next) {
        if (++count == STATUS_FURTHER_MAX)
            return ERR_FULL;
    }
    struct status_detail *detail = arena_alloc(call->arena, sizeof(*detail));
    const char *type_copy = arena_copy(call->arena, type);
    const char *packed_copy = arena_copy(call->arena, packed);
    if (!detail || !type_copy || !packed_copy)
        return ERR_NO_MEMORY;
    *detail = (struct status_detail){
        .type = view_of(type_copy, type.len),
        .packed = view_of(packed_copy, packed.len),
    };
    *end = detail;
    return 0;
}

void call_fail_by_err(struct call *call, int err)
{
    call->code = code_of_err(err);
    call->message = err_text(err);
    call->detail = NULL;
    call->further = NULL;
    call->cause = err;
}

int call_run(struct call *call, void *response)
{
    int err = call->route->method->handle(call, call->request, response);
    if (err && call->code == CODE_OK)
        call_fail_by_err(call, err);
    return err;
}

/* ---- streams ---- */

int call_send(struct call *call, const ProtobufCMessage *message, int64_t deadline_ns)
{
    return call->carrier->send(call, message, deadline_ns);
}

void call_detach(struct call *call, struct sink *sink)
{
    assert(!call->sink && method_streams_answer(call->route->method));
    call->sink = sink;
    sink->call = call;
    call->carrier->detach(call);
}

int sink_push(struct sink *sink, struct frame *frame)
{
    return sink->call ? sink->call->carrier->push(sink->call, frame) : ERR_CLOSED;
}

void sink_end(struct sink *sink, enum code code, const char *message)
{
    struct call *call = sink->call;
    if (!call)
        return;
    sink->call = NULL;
    call->sink = NULL;
    call->code = code;
    call->message = arena_copy(call->arena, view_str(message));
    if (!call->message)
        call->message = "";
    call->carrier->end(call);
}

void call_close_sink(struct call *call)
{
    struct sink *sink = call->sink;
    if (!sink)
        return;
    call->sink = NULL;
    sink->call = NULL;
    sink->closed(sink);
}
