#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/any.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/tree.h"
#include "err/err.h"

/* The way down to a value, on the C stack; the depth is that of the descriptors. */
struct place {
    const struct place *up; /* NULL at the top */
    const char *name;       /* NULL: the index-th of a list */
    size_t index;
};

struct reader {
    struct arena *arena;
    struct json_error *error;
};

static void write_path(const struct place *place, char *path, size_t size)
{
    if (!place)
        return;
    write_path(place->up, path, size);
    size_t len = strlen(path);
    if (place->name)
        snprintf(path + len, size - len, "%s%s", len ? "." : "", place->name);
    else
        snprintf(path + len, size - len, "[%zu]", place->index);
}

static int fail(struct reader *r, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says what is wrong and where; returns ERR_INVALID. */
static int fail(struct reader *r, const struct place *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->error->text, sizeof(r->error->text), format, args);
    va_end(args);
    r->error->path[0] = '\0';
    write_path(place, r->error->path, sizeof(r->error->path));
    return ERR_INVALID;
}

/* ---- numbers ---- */

/* The digits of a JSON string: "12", "-3"; nothing else. */
static bool text_to_integer(const char *text, bool *ret_negative, uint64_t *ret_size)
{
    *ret_negative = text[0] == '-';
    return view_to_u64(view_str(text + *ret_negative), UINT64_MAX, ret_size);
}

/* Sign and size of a whole number, in any of the forms it may have. */
static bool whole_number(const json_t *value, bool *ret_negative, uint64_t *ret_size)
{
    if (json_is_string(value))
        return strlen(json_string_value(value)) == json_string_length(value) &&
               text_to_integer(json_string_value(value), ret_negative, ret_size);
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        *ret_negative = number < 0;
        *ret_size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        return true;
    }
    if (!json_is_real(value))
        return false;
    /* 1.0 and 1e3 are whole numbers too; beyond 2^64 nothing fits anyway. */
    double number = json_real_value(value);
    if (number != floor(number) || fabs(number) >= 0x1p64)
        return false;
    *ret_negative = number < 0;
    *ret_size = (uint64_t)fabs(number);
    return true;
}

static int read_signed(struct reader *r, const struct place *place, const json_t *value,
                       int64_t min, int64_t max, int64_t *ret)
{
    bool negative;
    uint64_t size;
    bool whole = whole_number(value, &negative, &size);
    if (whole && negative && size <= 0 - (uint64_t)min)
        *ret = (int64_t)(0 - size);
    else if (whole && !negative && size <= (uint64_t)max)
        *ret = (int64_t)size;
    else
        return fail(r, place, "wants a whole number from %" PRId64 " to %" PRId64, min, max);
    return 0;
}

static int read_unsigned(struct reader *r, const struct place *place, const json_t *value,
                         uint64_t max, uint64_t *ret)
{
    bool negative;
    uint64_t size;
    if (!whole_number(value, &negative, &size) || (negative && size) || size > max)
        return fail(r, place, "wants a whole number from 0 to %" PRIu64, max);
    *ret = size;
    return 0;
}

static bool text_to_double(const char *text, double *ret)
{
    if (strcmp(text, "NaN") == 0)
        *ret = (double)NAN;
    else if (strcmp(text, "Infinity") == 0)
        *ret = (double)INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *ret = (double)-INFINITY;
    else {
        /* strtod also takes blanks, hexadecimal and "inf": only what a JSON number has may come. */
        char *end;
        if (!text[0] || text[strspn(text, "0123456789+-.eE")])
            return false;
        *ret = strtod(text, &end);
        return !*end && !isinf(*ret);
    }
    return true;
}

static int read_double(struct reader *r, const struct place *place, const json_t *value, double max,
                       double *ret)
{
    double number = 0;
    if (json_is_number(value))
        number = json_number_value(value);
    else if (!json_is_string(value) || !text_to_double(json_string_value(value), &number))
        return fail(r, place, "wants a number");
    if (!isinf(number) && fabs(number) > max)
        return fail(r, place, "wants a number of at most %g", max);
    *ret = number;
    return 0;
}

/* ---- single values ---- */

static int read_enum(struct reader *r, const struct place *place, const json_t *value,
                     const ProtobufCEnumDescriptor *descriptor, int32_t *ret)
{
    if (json_is_string(value)) {
        const char *name = json_string_value(value);
        const ProtobufCEnumValue *known =
            protobuf_c_enum_descriptor_get_value_by_name(descriptor, name);
        if (!known)
            return fail(r, place, "\"%.40s\" is no value of %s", name, descriptor->short_name);
        *ret = known->value;
        return 0;
    }
    int64_t number = 0;
    if (!json_is_number(value))
        return fail(r, place, "wants the name or number of a %s", descriptor->short_name);
    int err = read_signed(r, place, value, INT32_MIN, INT32_MAX, &number);
    if (!err)
        *ret = (int32_t)number;
    return err;
}

static int read_string(struct reader *r, const struct place *place, const json_t *value, char **ret)
{
    if (!json_is_string(value))
        return fail(r, place, "wants a string");
    char *copy = arena_copy(r->arena, view_of(json_string_value(value), json_string_length(value)));
    if (!copy)
        return ERR_FULL;
    *ret = copy;
    return 0;
}

static int read_bytes(struct reader *r, const struct place *place, const json_t *value,
                      ProtobufCBinaryData *ret)
{
    if (!json_is_string(value))
        return fail(r, place, "wants bytes in base64");
    struct view text = view_of(json_string_value(value), json_string_length(value));
    uint8_t *bytes = arena_alloc(r->arena, BASE64_BYTES_MAX(text.len));
    if (!bytes)
        return ERR_FULL;
    size_t len;
    if (base64_read(text, bytes, &len))
        return fail(r, place, "wants bytes in base64");
    *ret = (ProtobufCBinaryData){.len = len, .data = bytes};
    return 0;
}

static int read_bool(struct reader *r, const struct place *place, const json_t *value,
                     protobuf_c_boolean *ret)
{
    if (!json_is_boolean(value))
        return fail(r, place, "wants true or false");
    *ret = json_is_true(value);
    return 0;
}

static int read_message(struct reader *r, const struct place *place, const json_t *value,
                        const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret);

static int read_i32(struct reader *r, const struct place *place, const json_t *value, int32_t *ret)
{
    int64_t number = 0;
    int err = read_signed(r, place, value, INT32_MIN, INT32_MAX, &number);
    if (!err)
        *ret = (int32_t)number;
    return err;
}

static int read_u32(struct reader *r, const struct place *place, const json_t *value, uint32_t *ret)
{
    uint64_t number = 0;
    int err = read_unsigned(r, place, value, UINT32_MAX, &number);
    if (!err)
        *ret = (uint32_t)number;
    return err;
}

static int read_float(struct reader *r, const struct place *place, const json_t *value, float *ret)
{
    double number = 0;
    int err = read_double(r, place, value, 0x1.fffffep127, &number);
    if (!err)
        *ret = (float)number;
    return err;
}

/* Puts one value at member, which has the field's type. */
static int read_value(struct reader *r, const struct place *place, const json_t *value,
                      const ProtobufCFieldDescriptor *field, void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return read_i32(r, place, value, member);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_u32(r, place, value, member);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_signed(r, place, value, INT64_MIN, INT64_MAX, member);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(r, place, value, UINT64_MAX, member);
    case PROTOBUF_C_TYPE_FLOAT:
        return read_float(r, place, value, member);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(r, place, value, 0x1.fffffffffffffp1023, member);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(r, place, value, member);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(r, place, value, field->descriptor, member);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(r, place, value, member);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, place, value, member);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(r, place, value, field->descriptor, member);
    }
    assert(false && "a type of protobuf-c");
    return ERR_INVALID;
}

/* ---- messages ---- */

static int read_field(struct reader *r, const struct place *place, const json_t *value,
                      const ProtobufCFieldDescriptor *field, ProtobufCMessage *message);

static int read_list(struct reader *r, const struct place *place, const json_t *list,
                     const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
    if (!json_is_array(list))
        return fail(r, place, "wants a list");
    size_t count = json_array_size(list);
    size_t size = proto_value_size(field->type);
    char *values = arena_alloc(r->arena, count * size);
    if (!values)
        return ERR_FULL;
    for (size_t i = 0; i < count; i++) {
        struct place here = {.up = place, .index = i};
        int err = read_value(r, &here, json_array_get(list, i), field, values + i * size);
        if (err)
            return err;
    }
    *(char **)proto_member(message, field) = values;
    *(size_t *)proto_quantifier(message, field) = count;
    return 0;
}

static int read_map(struct reader *r, const struct place *place, const json_t *object,
                    const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
    if (!json_is_object(object))
        return fail(r, place, "wants an object");
    const ProtobufCMessageDescriptor *of = field->descriptor;
    const size_t most = json_object_size(object);
    ProtobufCMessage **entries = arena_alloc(r->arena, most * sizeof(*entries));
    if (!entries)
        return ERR_FULL;
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        struct place here = {.up = place, .name = key};
        ProtobufCMessage *entry = proto_new(of, r->arena);
        char *copy = arena_copy(r->arena, view_str(key));
        if (!entry || !copy)
            return ERR_FULL;
        *(char **)proto_member(entry, &of->fields[0]) = copy;
        int err = read_field(r, &here, value, &of->fields[1], entry);
        if (err)
            return err;
        entries[count++] = entry;
    }
    *(ProtobufCMessage ***)proto_member(message, field) = entries;
    *(size_t *)proto_quantifier(message, field) = count;
    return 0;
}

static int read_field(struct reader *r, const struct place *place, const json_t *value,
                      const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
    if (proto_is_map(field))
        return read_map(r, place, value, field, message);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(r, place, value, field, message);
    bool choice = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    uint32_t *chosen = choice ? proto_quantifier(message, field) : NULL;
    if (choice && *chosen)
        return fail(r, place, "another member of the same oneof is there too");
    int err = read_value(r, place, value, field, proto_member(message, field));
    if (err)
        return err;
    bool pointer = field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
    if (choice)
        *chosen = field->id;
    else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && !pointer)
        *(protobuf_c_boolean *)proto_quantifier(message, field) = true;
    return 0;
}

/* Whether key is the name, in either spelling. */
static bool is_name(const char *key, const char *name)
{
    if (strcmp(key, name) == 0)
        return true;
    while (*name) {
        char c = *name++;
        if (c == '_') {
            c = *name;
            if (c >= 'a' && c <= 'z') {
                c = (char)(c - 'a' + 'A');
                name++;
            } else {
                continue;
            }
        }
        if (*key++ != c)
            return false;
    }
    return *key == '\0';
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *descriptor,
                                                  const char *key)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        if (is_name(key, descriptor->fields[i].name))
            return &descriptor->fields[i];
    }
    return NULL;
}

/* but: a name that is no field; NULL: none. */
static int read_fields(struct reader *r, const struct place *place, const json_t *value,
                       const ProtobufCMessageDescriptor *descriptor, const char *but,
                       ProtobufCMessage **ret)
{
    ProtobufCMessage *message = proto_new(descriptor, r->arena);
    if (!message)
        return ERR_FULL;
    uint64_t seen = 0; /* fields by position: a name may come in one spelling only */
    assert(descriptor->n_fields <= 64);
    const char *key;
    json_t *inner;
    json_object_foreach((json_t *)value, key, inner)
    {
        if (but && strcmp(key, but) == 0)
            continue;
        const ProtobufCFieldDescriptor *field = find_field(descriptor, key);
        struct place here = {.up = place, .name = field ? field->name : key};
        if (!field)
            return fail(r, &here, "is no field of %s", descriptor->short_name);
        uint64_t bit = UINT64_C(1) << (field - descriptor->fields);
        if (seen & bit)
            return fail(r, &here, "is there in both spellings");
        seen |= bit;
        int err = json_is_null(inner) ? 0 : read_field(r, &here, inner, field, message);
        if (err)
            return err;
    }
    *ret = message;
    return 0;
}

/* Fills an Any with the packed message that its other fields make. */
static int read_any(struct reader *r, const struct place *place, const json_t *value,
                    const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret)
{
    ProtobufCMessage *any = proto_new(descriptor, r->arena), *held = NULL;
    const char *url = json_string_value(json_object_get(value, ANY_TYPE));
    if (!any)
        return ERR_FULL;
    if (!json_object_size(value)) {
        *ret = any;
        return 0;
    }
    const ProtobufCMessageDescriptor *type = url ? any_type(view_str(url)) : NULL;
    if (!type)
        return fail(r, place, "wants an \"" ANY_TYPE "\" that is known here");
    int err = read_fields(r, place, value, type, ANY_TYPE, &held);
    if (err)
        return err;
    ProtobufCBinaryData *packed = proto_member(any, &descriptor->fields[1]);
    packed->len = protobuf_c_message_get_packed_size(held);
    packed->data = arena_alloc(r->arena, packed->len);
    char *copy = arena_copy(r->arena, view_str(url));
    if (!packed->data || !copy)
        return ERR_FULL;
    *(char **)proto_member(any, &descriptor->fields[0]) = copy;
    protobuf_c_message_pack(held, packed->data);
    *ret = any;
    return 0;
}

static int read_message(struct reader *r, const struct place *place, const json_t *value,
                        const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret)
{
    if (!json_is_object(value))
        return fail(r, place, "wants an object");
    return any_is(descriptor) ? read_any(r, place, value, descriptor, ret)
                              : read_fields(r, place, value, descriptor, NULL, ret);
}

int json_read(const ProtobufCMessageDescriptor *descriptor, struct view text, struct arena *arena,
              ProtobufCMessage **ret_message, struct json_error *ret_error)
{
    struct reader r = {.arena = arena, .error = ret_error};
    if (text.len > JSON_TEXT_MAX)
        return fail(&r, NULL, "is longer than %u bytes", JSON_TEXT_MAX);
    if (!tree_is_shallow(text))
        return fail(&r, NULL, "is nested deeper than %d levels", JSON_DEPTH_MAX);
    json_error_t error;
    json_t *root = tree_read(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    const enum json_error_code why = root ? json_error_unknown : json_error_code(&error);
    if (why == json_error_null_character || why == json_error_null_byte_in_key)
        return fail(&r, NULL, "has a NUL in a string: line %d, column %d", error.line,
                    error.column);
    if (!root)
        return fail(&r, NULL, "is not JSON: %.80s, line %d, column %d", error.text, error.line,
                    error.column);
    int err = read_message(&r, NULL, root, descriptor, ret_message);
    json_decref(root);
    return err;
}
