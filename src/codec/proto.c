#include "codec/proto.h"

#include <stdio.h>

#include "err/err.h"
#include "mem/utf8.h"

static void *allocate(void *data, size_t size)
{
    struct arena_allocator *a = data;
    void *piece = arena_alloc(a->arena, size);
    if (!piece)
        a->failed = true;
    return piece;
}

static void leave(void *data, void *piece)
{
}

void arena_allocator_init(struct arena_allocator *a, struct arena *arena)
{
    *a = (struct arena_allocator){.arena = arena};
    a->allocator = (ProtobufCAllocator){.alloc = allocate, .free = leave, .allocator_data = a};
}

ProtobufCMessage *proto_new(const ProtobufCMessageDescriptor *descriptor, struct arena *arena)
{
    ProtobufCMessage *message = arena_alloc(arena, descriptor->sizeof_message);
    if (message)
        protobuf_c_message_init(descriptor, message);
    return message;
}

size_t proto_value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    assert(false && "a type of protobuf-c");
    return 0;
}

bool proto_is_map(const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label != PROTOBUF_C_LABEL_REPEATED)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    const size_t len = strlen(entry->short_name);
    return entry->n_fields == 2 && len > 5 && strcmp(entry->short_name + len - 5, "Entry") == 0 &&
           strcmp(entry->fields[0].name, "key") == 0 &&
           strcmp(entry->fields[1].name, "value") == 0 &&
           entry->fields[0].type == PROTOBUF_C_TYPE_STRING;
}

static bool not_zero(const ProtobufCFieldDescriptor *field, const void *member)
{
    uint64_t number = 0;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)member;
        return text && text[0] != '\0';
    }
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)member)->len > 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(void *const *)member != NULL;
    default:
        memcpy(&number, member, proto_value_size(field->type));
        return number != 0;
    }
}

bool proto_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const void *member = proto_member(message, field);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(uint32_t *)proto_quantifier(message, field) != field->id)
            return false;
        /* A pointer that nobody set is as good as an unset case. */
        bool pointer =
            field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
        return !pointer || *(void *const *)member;
    }
    bool pointer = field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
    if (field->label == PROTOBUF_C_LABEL_NONE)
        return not_zero(field, member);
    if (pointer)
        return *(void *const *)member && *(const void *const *)member != field->default_value;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
        return *(protobuf_c_boolean *)proto_quantifier(message, field);
    return true;
}

/* Drops unknown fields, all the way down; the depth is the descriptors'. */
static void drop_unknown(ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    message->n_unknown_fields = 0;
    message->unknown_fields = NULL;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        ProtobufCMessage **inner = proto_member(message, field);
        size_t count = 1;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            count = *(size_t *)proto_quantifier(message, field);
            inner = *(ProtobufCMessage ***)(void *)inner;
        } else if (!proto_present(message, field)) {
            continue;
        }
        for (size_t k = 0; k < count; k++)
            drop_unknown(inner[k]);
    }
}

/* A number of the wire format; false where it is cut off. */
static bool take_varint(struct view *v, uint64_t *ret_number)
{
    *ret_number = 0;
    for (unsigned shift = 0; shift < 64 && v->len; shift += 7) {
        const uint8_t byte = (uint8_t)*v->at++;
        v->len--;
        *ret_number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Which string of the bytes is none, and why. */
struct bad_string {
    char *path; /* PROTO_PATH_MAX */
    size_t len;
    const char *why;
};

/* Writes a field's name behind what leads to it. */
static size_t lead(struct bad_string *bad, const ProtobufCFieldDescriptor *field)
{
    const size_t before = bad->len;
    const int more = snprintf(bad->path + bad->len, PROTO_PATH_MAX - bad->len, "%s%s",
                              bad->len ? "." : "", field->name);
    const size_t room = PROTO_PATH_MAX - 1 - bad->len;
    bad->len += more > 0 && (size_t)more < room ? (size_t)more : room;
    return before;
}

/* What protobuf-c does not tell: it ends strings where they have a NUL, and takes what is not
 * UTF-8. The bytes are those of a message that was read, so they are well formed and as deep as its
 * descriptors; the path leads to the string that makes this false. */
static bool strings_are_whole(const ProtobufCMessageDescriptor *descriptor, struct view bytes,
                              struct bad_string *bad)
{
    uint64_t tag, len;
    while (bytes.len) {
        if (!take_varint(&bytes, &tag))
            return false;
        switch (tag & 7) {
        case 0:
            if (!take_varint(&bytes, &len))
                return false;
            continue;
        case 1:
        case 5:
            len = (tag & 7) == 1 ? 8 : 4;
            break;
        case 2:
            if (!take_varint(&bytes, &len))
                return false;
            break;
        default:
            return false;
        }
        if (len > bytes.len)
            return false;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        const struct view value = view_of(bytes.at, (size_t)len);
        bytes = view_of(bytes.at + len, bytes.len - (size_t)len);
        if (!field || (tag & 7) != 2 ||
            (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE))
            continue;
        const size_t before = lead(bad, field);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (!strings_are_whole(field->descriptor, value, bad))
                return false;
        } else if (len && (memchr(value.at, 0, value.len) || !utf8_valid(value))) {
            bad->why = utf8_valid(value) ? "has a NUL character" : "is not UTF-8";
            return false;
        }
        bad->len = before;
        bad->path[before] = '\0';
    }
    return true;
}

const char *proto_bad_string(const ProtobufCMessageDescriptor *descriptor, struct view bytes,
                             char ret_path[PROTO_PATH_MAX])
{
    struct bad_string bad = {.path = ret_path};
    ret_path[0] = '\0';
    if (strings_are_whole(descriptor, bytes, &bad) || !bad.why)
        ret_path[0] = '\0';
    return bad.why;
}

int proto_unpack(const ProtobufCMessageDescriptor *descriptor, struct view bytes,
                 struct arena *arena, ProtobufCMessage **ret_message)
{
    struct arena_allocator a;
    arena_allocator_init(&a, arena);
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, &a.allocator, bytes.len, (const uint8_t *)bytes.at);
    if (!message)
        return a.failed ? ERR_FULL : ERR_INVALID;
    char path[PROTO_PATH_MAX];
    if (!strings_are_whole(descriptor, bytes, &(struct bad_string){.path = path}))
        return ERR_INVALID;
    drop_unknown(message);
    *ret_message = message;
    return 0;
}

int proto_pack(const ProtobufCMessage *message, struct buf *out)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len == 0)
        return 0;
    if (len > out->max - out->len)
        return ERR_FULL;
    uint8_t *at = buf_reserve(out, len);
    if (!at)
        return ERR_NO_MEMORY;
    protobuf_c_message_pack(message, at);
    buf_commit(out, len);
    return 0;
}
