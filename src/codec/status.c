#include "codec/status.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "err/err.h"
#include "google/rpc/status.pb-c.h"

#define DETAIL_MAX (16u << 10) /* bytes of one packed detail */

int status_pack(int code, struct view message, const ProtobufCMessage *detail, struct buf *out)
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    Google__Rpc__Any any = GOOGLE__RPC__ANY__INIT;
    Google__Rpc__Any *anys[] = {&any};
    struct arena arena;
    struct buf packed;
    arena_init(&arena, out->max);
    buf_init(&packed, DETAIL_MAX);
    status.code = code;
    status.message = arena_copy(&arena, message);
    int err = status.message ? 0 : ERR_FULL;
    if (!err && detail) {
        err = proto_pack(detail, &packed);
        any.type_url = arena_printf(&arena, STATUS_TYPE_PREFIX "%s", detail->descriptor->name);
        any.value.len = packed.len;
        any.value.data = packed.len ? packed.bytes + packed.start : NULL;
        status.n_details = 1;
        status.details = anys;
        if (!err && !any.type_url)
            err = ERR_FULL;
    }
    if (!err)
        err = proto_pack(&status.base, out);
    buf_release(&packed);
    arena_release(&arena);
    return err;
}

/* The part of a type URL behind the last slash. */
static bool names_type(const char *type_url, const ProtobufCMessageDescriptor *descriptor)
{
    const char *slash = strrchr(type_url, '/');
    return slash && strcmp(slash + 1, descriptor->name) == 0;
}

int status_unpack(struct view bytes, const ProtobufCMessageDescriptor *detail_descriptor,
                  struct arena *arena, int *ret_code, const char **ret_message,
                  const ProtobufCMessage **ret_detail)
{
    ProtobufCMessage *unpacked, *detail = NULL;
    int err = proto_unpack(&google__rpc__status__descriptor, bytes, arena, &unpacked);
    if (err)
        return err;
    const Google__Rpc__Status *status = (const Google__Rpc__Status *)unpacked;
    for (size_t i = 0; i < status->n_details && !detail; i++) {
        const Google__Rpc__Any *any = status->details[i];
        if (!names_type(any->type_url, detail_descriptor))
            continue;
        err = proto_unpack(detail_descriptor, view_of(any->value.data, any->value.len), arena,
                           &detail);
        if (err)
            return err;
    }
    *ret_code = status->code;
    *ret_message = status->message;
    *ret_detail = detail;
    return 0;
}

static int write_detail(const ProtobufCMessage *detail, struct buf *out)
{
    struct buf packed;
    buf_init(&packed, DETAIL_MAX);
    int err =
        buf_printf(out, ",\"details\":[{\"type\":\"%s\",\"value\":\"", detail->descriptor->name);
    if (!err)
        err = proto_pack(detail, &packed);
    if (!err)
        err = base64_append(out, buf_view(&packed), BASE64_BARE);
    if (!err)
        err = buf_append_view(out, VIEW_LIT("\",\"debug\":"));
    if (!err)
        err = json_write(detail, out);
    if (!err)
        err = buf_append_view(out, VIEW_LIT("}]"));
    buf_release(&packed);
    return err;
}

int status_write_connect(const char *code_name, struct view message, const ProtobufCMessage *detail,
                         struct buf *out)
{
    int err = buf_printf(out, "{\"code\":\"%s\"", code_name);
    if (!err && message.len) {
        err = buf_append_view(out, VIEW_LIT(",\"message\":"));
        if (!err)
            err = json_write_string(message, out);
    }
    if (!err && detail)
        err = write_detail(detail, out);
    if (!err)
        err = buf_append_byte(out, '}');
    return err;
}
