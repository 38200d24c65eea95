#include "codec/text.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "err/err.h"
#include "mem/utf8.h"

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
            return false;
    }
    return true;
}

static bool is_taken(struct view text)
{
    while (text.len > 0) {
        const uint32_t point = utf8_point(text);
        const size_t len = utf8_char(text);
        if (utf8_is_control(point) && point != '\t' && point != '\n' && point != '\r')
            return false;
        view_skip(&text, len);
    }
    return true;
}

/* One string, which is UTF-8. */
static int normalize_string(char **at, struct arena *arena)
{
    if (!*at || is_plain(*at))
        return 0;
    if (!is_taken(view_str(*at)))
        return ERR_INVALID;
    gchar *composed = g_utf8_normalize(*at, -1, G_NORMALIZE_NFC);
    int err = composed ? 0 : ERR_INVALID;
    if (err == 0 && strcmp(composed, *at) != 0) {
        char *copy = arena_copy(arena, view_str(composed));
        err = copy ? 0 : ERR_FULL;
        *at = copy;
    }
    g_free(composed);
    return err;
}

static int normalize(ProtobufCMessage *message, struct arena *arena, const char *path,
                     struct json_error *ret_error);

static int normalize_value(const ProtobufCFieldDescriptor *field, void *member, struct arena *arena,
                           const char *path, struct json_error *ret_error)
{
    ProtobufCMessage *inner;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        inner = *(ProtobufCMessage **)member;
        return inner ? normalize(inner, arena, path, ret_error) : 0;
    }
    int err = normalize_string(member, arena);
    if (err == ERR_INVALID) {
        snprintf(ret_error->path, sizeof(ret_error->path), "%s", path);
        snprintf(ret_error->text, sizeof(ret_error->text),
                 "has a control character, or one that turns the direction of writing");
    }
    return err;
}

static int normalize_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                           struct arena *arena, const char *outer, struct json_error *ret_error)
{
    char path[sizeof(ret_error->path)];
    void *member = proto_member(message, field);
    const char *dot = outer[0] ? "." : "";
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        if (!proto_present(message, field))
            return 0;
        snprintf(path, sizeof(path), "%.60s%s%.60s", outer, dot, field->name);
        return normalize_value(field, member, arena, path, ret_error);
    }
    const size_t count = *(size_t *)proto_quantifier(message, field);
    void **values = *(void ***)member;
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%.50s%s%.50s[%zu]", outer, dot, field->name, i);
        int err = normalize_value(field, &values[i], arena, path, ret_error);
        if (err != 0)
            return err;
    }
    return 0;
}

static int normalize(ProtobufCMessage *message, struct arena *arena, const char *path,
                     struct json_error *ret_error)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        int err = normalize_field(message, field, arena, path, ret_error);
        if (err != 0)
            return err;
    }
    return 0;
}

int text_normalize(ProtobufCMessage *message, struct arena *arena, struct json_error *ret_error)
{
    return normalize(message, arena, "", ret_error);
}
