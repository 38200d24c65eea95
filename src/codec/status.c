#include "codec/status.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "err/err.h"
#include "google/rpc/status.pb-c.h"

#define DETAIL_MAX (16u << 10) /* bytes of one packed detail */

/* One of status.details; its type_url is made in the arena. */
static int add_any(Google__Rpc__Status *status, struct arena *arena, struct view type,
                   struct view packed)
{
    Google__Rpc__Any *any = arena_alloc(arena, sizeof(*any));
    if (!any)
        return ERR_FULL;
    google__rpc__any__init(any);
    any->type_url = arena_printf(arena, STATUS_TYPE_PREFIX "%.*s", VIEW_ARG(type));
    any->value.len = packed.len;
    any->value.data = (uint8_t *)packed.at;
    status->details[status->n_details++] = any;
    return any->type_url ? 0 : ERR_FULL;
}

int status_pack(int code, struct view message, const ProtobufCMessage *detail,
                const struct status_detail *further, struct buf *out)
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    Google__Rpc__Any *anys[1 + STATUS_FURTHER_MAX];
    struct arena arena;
    struct buf packed;
    arena_init(&arena, out->max);
    buf_init(&packed, DETAIL_MAX);
    status.code = code;
    status.message = arena_copy(&arena, message);
    status.details = anys;
    int err = status.message ? 0 : ERR_FULL;
    if (!err && detail)
        err = proto_pack(detail, &packed);
    if (!err && detail)
        err = add_any(&status, &arena, view_str(detail->descriptor->name), buf_view(&packed));
    for (; !err && further; further = further->next)
        err = add_any(&status, &arena, further->type, further->packed);
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

/* {"type":…,"value":… of a detail, without the bracket that closes it. */
static int begin_detail(struct view type, struct view packed, struct buf *out)
{
    int err = buf_printf(out, "{\"type\":\"%.*s\",\"value\":\"", VIEW_ARG(type));
    if (!err)
        err = base64_append(out, packed, BASE64_BARE);
    return err ? err : buf_append_byte(out, '"');
}

static int write_detail(const ProtobufCMessage *detail, struct buf *out)
{
    struct buf packed;
    buf_init(&packed, DETAIL_MAX);
    int err = proto_pack(detail, &packed);
    if (!err)
        err = begin_detail(view_str(detail->descriptor->name), buf_view(&packed), out);
    if (!err)
        err = buf_append_view(out, VIEW_LIT(",\"debug\":"));
    if (!err)
        err = json_write(detail, out);
    if (!err)
        err = buf_append_byte(out, '}');
    buf_release(&packed);
    return err;
}

static int write_details(const ProtobufCMessage *detail, const struct status_detail *further,
                         struct buf *out)
{
    int err = buf_append_view(out, VIEW_LIT(",\"details\":["));
    if (!err && detail)
        err = write_detail(detail, out);
    for (bool first = !detail; !err && further; further = further->next, first = false) {
        if (!first)
            err = buf_append_byte(out, ',');
        if (!err)
            err = begin_detail(further->type, further->packed, out);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

int status_write_connect(const char *code_name, struct view message, const ProtobufCMessage *detail,
                         const struct status_detail *further, struct buf *out)
{
    int err = buf_printf(out, "{\"code\":\"%s\"", code_name);
    if (!err && message.len) {
        err = buf_append_view(out, VIEW_LIT(",\"message\":"));
        if (!err)
            err = json_write_string(message, out);
    }
    if (!err && (detail || further))
        err = write_details(detail, further, out);
    if (!err)
        err = buf_append_byte(out, '}');
    return err;
}
