/*
 * json: protobuf messages as JSON, by descriptor (protobuf.dev/programming-guides/json, proto3).
 *
 * Out: names in lowerCamelCase, 64-bit integers as strings, enums by name, bytes in padded base64;
 * fields with their default value are left out, a chosen member of a oneof is not. In: both
 * spellings of a name, integers as numbers or strings, enums by name or number, bytes in either
 * alphabet of base64; null is an absent field. A name that the descriptor does not know is refused:
 * a misspelt one would be taken for one that is not there.
 */
#ifndef USHER_CODEC_JSON_H
#define USHER_CODEC_JSON_H

#include "codec/proto.h"

#define JSON_DEPTH_MAX 32          /* brackets open at once */
#define JSON_TEXT_MAX  (72u << 20) /* bytes of one text; callers have lower limits of their own */

/* What is wrong with a text, and where. */
struct json_error {
    char path[128]; /* "areas[2].quantity"; empty: the whole text */
    char text[128]; /* "wants a whole number from 0 to 4294967295" */
};

/* Reads one object into the arena. ERR_INVALID, with *ret_error filled: not JSON (RFC 8259), a
 * name twice (or in both spellings, or two members of a oneof), a value of the wrong type or out of
 * range, JSON_DEPTH_MAX or JSON_TEXT_MAX passed. ERR_FULL: it does not fit in the arena. */
int json_read(const ProtobufCMessageDescriptor *descriptor, struct view text, struct arena *arena,
              ProtobufCMessage **ret_message, struct json_error *ret_error);

/* Appends the message. ERR_FULL, ERR_NO_MEMORY; the buffer then ends in a piece of it. */
int json_write(const ProtobufCMessage *message, struct buf *out);
/* Appends a string with its quotes; bytes that are not UTF-8 become U+FFFD. Errors as above. */
int json_write_string(struct view text, struct buf *out);

#endif
