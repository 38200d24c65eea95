/*
 * mapping: reads "p TYPE HEX" and writes the packed message's JSON, or "j TYPE HEX" and writes the
 * message that the JSON stands for, packed; in hex all of it, a line each. What is refused is "!".
 * Types are all that the services' contracts lead to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "err/err.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/door.pb-c.h"
#include "usher/v1/error.pb-c.h"
#include "usher/v1/ledger.pb-c.h"
#include "usher/v1/monitor.pb-c.h"
#include "usher/v1/owner.pb-c.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"
#include "usher/v1/webhook.pb-c.h"

#define TYPES_MAX      1000
#define LINE_MAX_BYTES (8u << 20)
#define ARENA_MAX      (64u << 20)

static const ProtobufCMessageDescriptor *types[TYPES_MAX];
static size_t type_count;

static void add_type(const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < type_count; i++) {
        if (types[i] == type)
            return;
    }
    if (type_count == TYPES_MAX)
        abort();
    types[type_count++] = type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            add_type(type->fields[i].descriptor);
    }
}

static void add_types(void)
{
    static const ProtobufCServiceDescriptor *const services[] = {
        &usher__v1__auth_service__descriptor,     &usher__v1__door_service__descriptor,
        &usher__v1__monitor_service__descriptor,  &usher__v1__owner_service__descriptor,
        &usher__v1__payment_service__descriptor,  &usher__v1__ticket_service__descriptor,
        &usher__v1__waitroom_service__descriptor, &usher__v1__webhook_service__descriptor,
    };
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        for (unsigned k = 0; k < services[i]->n_methods; k++) {
            add_type(services[i]->methods[k].input);
            add_type(services[i]->methods[k].output);
        }
    }
    add_type(&usher__v1__ledger_batch__descriptor);
    add_type(&usher__v1__error_detail__descriptor);
}

static const ProtobufCMessageDescriptor *type_of(const char *name)
{
    for (size_t i = 0; i < type_count; i++) {
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    }
    return NULL;
}

/* One message, the other way. */
static int turn(char form, const ProtobufCMessageDescriptor *type, struct view bytes,
                struct arena *arena, struct buf *out)
{
    struct json_error error;
    ProtobufCMessage *message;
    int err = form == 'p' ? proto_unpack(type, bytes, arena, &message)
                          : json_read(type, bytes, arena, &message, &error);
    if (err)
        return err;
    return form == 'p' ? json_write(message, out) : proto_pack(message, out);
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_BYTES], text[2 * LINE_MAX_BYTES];
    static uint8_t bytes[LINE_MAX_BYTES];
    add_types();
    if (argc == 2 && strcmp(argv[1], "types") == 0) {
        for (size_t i = 0; i < type_count; i++)
            puts(types[i]->name);
        return 0;
    }
    while (fgets(line, sizeof(line), stdin)) {
        struct arena arena;
        struct buf out;
        line[strcspn(line, "\n")] = '\0';
        char *name = line + 2, *hex = strchr(name, ' ');
        if (!hex)
            return 1;
        *hex++ = '\0';
        const size_t len = strlen(hex) / 2;
        const ProtobufCMessageDescriptor *type = type_of(name);
        if (!type || hex_read(view_str(hex), bytes, len))
            return 1;
        arena_init(&arena, ARENA_MAX);
        buf_init(&out, LINE_MAX_BYTES / 2);
        if (turn(line[0], type, view_of(bytes, len), &arena, &out) == 0) {
            hex_write(buf_view(&out), text);
            puts(text);
        } else {
            puts("!");
        }
        buf_release(&out);
        arena_release(&arena);
    }
    return 0;
}
