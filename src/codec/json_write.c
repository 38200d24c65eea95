#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/any.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "err/err.h"
#include "mem/utf8.h"

/* The writer keeps its own place in the buffer and asks for room in steps, so that most bytes cost
 * a store and no call. After an error it writes nothing more. */
struct writer {
    struct buf *out;
    uint8_t *at;
    uint8_t *end;
    uint8_t *from; /* what lies between from and at is not committed yet */
    unsigned anys; /* that are open: what they hold was made from bytes, and may hold another */
    int err;
};

#define ROOM_STEP 256

static void flush(struct writer *w)
{
    if (w->at != w->from)
        buf_commit(w->out, (size_t)(w->at - w->from));
    w->from = w->at;
}

static bool more_room(struct writer *w, size_t len)
{
    if (w->err)
        return false;
    flush(w);
    size_t left = w->out->max - w->out->len;
    if (len > left) {
        w->err = ERR_FULL;
        return false;
    }
    size_t step = len < ROOM_STEP ? ROOM_STEP : len;
    if (step > left)
        step = left;
    w->at = w->from = buf_reserve(w->out, step);
    w->end = w->at ? w->at + step : NULL;
    if (!w->at)
        w->err = ERR_NO_MEMORY;
    return w->at;
}

/* Whether there is room for len bytes at w->at. */
static inline bool room(struct writer *w, size_t len)
{
    return (size_t)(w->end - w->at) >= len || more_room(w, len);
}

static inline void put(struct writer *w, char c)
{
    if (room(w, 1))
        *w->at++ = (uint8_t)c;
}

static void put_bytes(struct writer *w, const char *bytes, size_t len)
{
    if (len && room(w, len)) {
        memcpy(w->at, bytes, len);
        w->at += len;
    }
}

static void put_u64(struct writer *w, uint64_t value)
{
    char digits[20];
    size_t i = sizeof(digits);
    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_bytes(w, digits + i, sizeof(digits) - i);
}

static void put_i64(struct writer *w, int64_t value)
{
    if (value < 0)
        put(w, '-');
    put_u64(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_escape(struct writer *w, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    static const char shorts[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c == '"' || c == '\\') {
        char two[2] = {'\\', (char)c};
        put_bytes(w, two, 2);
    } else if (c < sizeof(shorts) && shorts[c]) {
        char two[2] = {'\\', shorts[c]};
        put_bytes(w, two, 2);
    } else {
        char six[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        put_bytes(w, six, 6);
    }
}

static void put_string(struct writer *w, struct view text)
{
    put(w, '"');
    size_t i = 0;
    while (i < text.len) {
        /* Runs without anything special go in one copy. */
        size_t start = i;
        while (i < text.len && text.at[i] >= 0x20 && text.at[i] < 0x7f && text.at[i] != '"' &&
               text.at[i] != '\\')
            i++;
        put_bytes(w, text.at + start, i - start);
        if (i == text.len)
            break;
        uint8_t c = (uint8_t)text.at[i];
        if (c < 0x80) {
            put_escape(w, c);
            i++;
            continue;
        }
        size_t len = utf8_char(view_of(text.at + i, text.len - i));
        if (len)
            put_bytes(w, text.at + i, len);
        else
            put_bytes(w, "\xef\xbf\xbd", 3);
        i += len ? len : 1;
    }
    put(w, '"');
}

static void put_base64(struct writer *w, const ProtobufCBinaryData *data)
{
    put(w, '"');
    if (data->len && room(w, BASE64_TEXT_MAX(data->len)))
        w->at += base64_write(view_of(data->data, data->len), BASE64_PADDED, (char *)w->at);
    put(w, '"');
}

static void put_double(struct writer *w, double value, int digits_min, int digits_max)
{
    char text[40];
    int len;
    if (isnan(value)) {
        len = snprintf(text, sizeof(text), "\"NaN\"");
    } else if (isinf(value)) {
        len = snprintf(text, sizeof(text), value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else {
        /* The fewest digits that read back as the same number. */
        int digits = digits_min;
        double back;
        do {
            len = snprintf(text, sizeof(text), "%.*g", digits, value);
            back = strtod(text, NULL);
            if (digits_max < 10)
                back = (double)(float)back;
        } while (back != value && digits++ < digits_max);
    }
    put_bytes(w, text, (size_t)len);
}

static void put_enum(struct writer *w, const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(descriptor, value);
    if (!known) {
        put_i64(w, value);
        return;
    }
    put(w, '"');
    put_bytes(w, known->name, strlen(known->name));
    put(w, '"');
}

static void put_message(struct writer *w, const ProtobufCMessage *message);

static void put_value(struct writer *w, const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        put_i64(w, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        put_u64(w, *(const uint32_t *)value);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        put(w, '"');
        put_i64(w, *(const int64_t *)value);
        put(w, '"');
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        put(w, '"');
        put_u64(w, *(const uint64_t *)value);
        put(w, '"');
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        put_double(w, (double)*(const float *)value, 6, 9);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        put_double(w, *(const double *)value, 15, 17);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        put_bytes(w, *(const protobuf_c_boolean *)value ? "true" : "false",
                  *(const protobuf_c_boolean *)value ? 4 : 5);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        put_enum(w, field->descriptor, *(const int *)value);
        break;
    case PROTOBUF_C_TYPE_STRING:
        put_string(w, view_str(*(char *const *)value));
        break;
    case PROTOBUF_C_TYPE_BYTES:
        put_base64(w, value);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        put_message(w, *(ProtobufCMessage *const *)value);
        break;
    }
}

/* "place_count" goes out as "placeCount" */
static void put_name(struct writer *w, const char *name)
{
    size_t len = strlen(name);
    if (!room(w, len + 3))
        return;
    uint8_t *at = w->at;
    *at++ = '"';
    for (const char *c = name; *c; c++) {
        bool raise = *c == '_' && c[1] >= 'a' && c[1] <= 'z';
        if (raise)
            *at++ = (uint8_t)(*++c - 'a' + 'A');
        else if (*c != '_')
            *at++ = (uint8_t)*c;
    }
    *at++ = '"';
    *at++ = ':';
    w->at = at;
}

static void put_list(struct writer *w, const ProtobufCFieldDescriptor *field, const char *values,
                     size_t count)
{
    size_t size = proto_value_size(field->type);
    put(w, '[');
    for (size_t i = 0; i < count && !w->err; i++) {
        if (i)
            put(w, ',');
        put_value(w, field, values + i * size);
    }
    put(w, ']');
}

static void put_map(struct writer *w, ProtobufCMessage *const *entries, size_t count)
{
    put(w, '{');
    for (size_t i = 0; i < count && !w->err; i++) {
        const ProtobufCFieldDescriptor *fields = entries[i]->descriptor->fields;
        if (i)
            put(w, ',');
        put_value(w, &fields[0], proto_member(entries[i], &fields[0]));
        put(w, ':');
        const void *value = proto_member(entries[i], &fields[1]);
        if (fields[1].type == PROTOBUF_C_TYPE_MESSAGE && !*(void *const *)value)
            put_bytes(w, "{}", 2); /* an entry without a value has the empty one */
        else
            put_value(w, &fields[1], value);
    }
    put(w, '}');
}

static void put_fields(struct writer *w, const ProtobufCMessage *message, bool first)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        bool list = field->label == PROTOBUF_C_LABEL_REPEATED;
        size_t count = list ? *(const size_t *)proto_quantifier(message, field) : 0;
        if (list ? count == 0 : !proto_present(message, field))
            continue;
        if (!first)
            put(w, ',');
        first = false;
        put_name(w, field->name);
        const void *member = proto_member(message, field);
        if (list && proto_is_map(field))
            put_map(w, *(ProtobufCMessage *const *const *)member, count);
        else if (list)
            put_list(w, field, *(char *const *)member, count);
        else
            put_value(w, field, member);
    }
}

/* The fields of what an Any holds, and its type. One that holds nothing is {}; of a type that is
 * not known, or not such a message, there is no JSON. */
static void put_any(struct writer *w, const ProtobufCMessage *any)
{
    const ProtobufCFieldDescriptor *fields = any->descriptor->fields;
    const struct view url = view_str(*(char *const *)proto_member(any, &fields[0]));
    const ProtobufCBinaryData *value = proto_member(any, &fields[1]);
    if (!url.len && !value->len)
        return;
    const ProtobufCMessageDescriptor *type = any_type(url);
    ProtobufCMessage *held = type && w->anys < JSON_DEPTH_MAX
                                 ? protobuf_c_message_unpack(type, NULL, value->len, value->data)
                                 : NULL;
    if (!held) {
        w->err = ERR_INVALID;
        return;
    }
    w->anys++;
    put_bytes(w, "\"" ANY_TYPE "\":", sizeof("\"" ANY_TYPE "\":") - 1);
    put_string(w, url);
    put_fields(w, held, false);
    w->anys--;
    protobuf_c_message_free_unpacked(held, NULL);
}

static void put_message(struct writer *w, const ProtobufCMessage *message)
{
    put(w, '{');
    if (any_is(message->descriptor))
        put_any(w, message);
    else
        put_fields(w, message, true);
    put(w, '}');
}

static struct writer writer_of(struct buf *out)
{
    return (struct writer){.out = out};
}

static int finish(struct writer *w)
{
    if (w->at)
        flush(w);
    return w->err;
}

int json_write(const ProtobufCMessage *message, struct buf *out)
{
    struct writer w = writer_of(out);
    put_message(&w, message);
    return finish(&w);
}

int json_write_string(struct view text, struct buf *out)
{
    struct writer w = writer_of(out);
    put_string(&w, text);
    return finish(&w);
}
