/*
 * any: google.protobuf.Any as JSON has it: the fields of the message that it holds, and "@type"
 * (protobuf.dev/programming-guides/json). For that the types that may be held have to be known:
 * they are said once, before any thread reads or writes JSON. Packed, an Any is a message like
 * others.
 *
 * No contract of ours has one: without any_know nothing is an Any.
 */
#ifndef USHER_CODEC_ANY_H
#define USHER_CODEC_ANY_H

#include "codec/proto.h"

#define ANY_TYPE "@type"

/* any: the descriptor of the Any that contracts were compiled with: its first field is type_url,
 * its second value. types: what one may hold. All of it is borrowed for good. */
void any_know(const ProtobufCMessageDescriptor *any, const ProtobufCMessageDescriptor *const *types,
              size_t type_count);

/* Whether messages of this descriptor are Anys. */
bool any_is(const ProtobufCMessageDescriptor *descriptor);
/* The type that a URL ("type.googleapis.com/package.Message") names; NULL: none that is known. */
const ProtobufCMessageDescriptor *any_type(struct view url);

#endif
