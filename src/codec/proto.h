/*
 * proto: protobuf messages in arenas, by descriptor.
 *
 * What is unpacked belongs to its arena whole and is never freed piece by piece. Strings are
 * checked to be UTF-8 (proto3 wants it, protobuf-c leaves it), and fields that the descriptor does
 * not know are dropped, so that equal requests pack to equal bytes.
 */
#ifndef USHER_CODEC_PROTO_H
#define USHER_CODEC_PROTO_H

#include <protobuf-c/protobuf-c.h>

#include "mem/arena.h"
#include "mem/buf.h"

/* An allocator for protobuf-c; pass &a->allocator. Embed it; it lives as long as the call that uses
 * it. */
struct arena_allocator {
    ProtobufCAllocator allocator;
    struct arena *arena;
    bool failed; /* the arena was full once: what failed since is not the sender's fault */
};
void arena_allocator_init(struct arena_allocator *a, struct arena *arena);

/* An initialised message in the arena; NULL when it is full. */
ProtobufCMessage *proto_new(const ProtobufCMessageDescriptor *descriptor, struct arena *arena);

/* ERR_INVALID: not a message of that type; ERR_FULL: it does not fit in the arena. */
int proto_unpack(const ProtobufCMessageDescriptor *descriptor, struct view bytes,
                 struct arena *arena, ProtobufCMessage **ret_message);

#define PROTO_PATH_MAX 128
/* Why bytes that are laid out as such a message are none, "has a NUL character", and of which
 * field, "contact.name". NULL: of no string. */
const char *proto_bad_string(const ProtobufCMessageDescriptor *descriptor, struct view bytes,
                             char ret_path[PROTO_PATH_MAX]);

/* Appends the packed message. ERR_FULL, ERR_NO_MEMORY. */
int proto_pack(const ProtobufCMessage *message, struct buf *out);

/* Where things are in a message, for those who walk one by descriptor. */
static inline void *proto_member(const ProtobufCMessage *message,
                                 const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->offset;
}
static inline void *proto_quantifier(const ProtobufCMessage *message,
                                     const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->quantifier_offset;
}
/* The size of one value of that type in its struct. */
size_t proto_value_size(ProtobufCType type);
/* Whether a field is a map<string, …>, which protobuf-c has as a list of messages. */
bool proto_is_map(const ProtobufCFieldDescriptor *field);
/* Whether a singular field is there: set, for a field with presence; not its default, for others.
 */
bool proto_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

#endif
