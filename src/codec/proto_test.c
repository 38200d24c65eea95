#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "codec/json.h"
#include "err/err.h"
#include "google/rpc/status.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/error.pb-c.h"
#include "usher/v1/hall.pb-c.h"
#include "usher/v1/ledger.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define ARENA_MAX (4u << 20)
#define ROUNDS    200 /* messages of every type */

/* Every message type is reached from these. */
static const ProtobufCMessageDescriptor *const loose[] = {
    &usher__v1__ledger_batch__descriptor,
    &usher__v1__outbox_batch__descriptor,
    &usher__v1__error_detail__descriptor,
    &google__rpc__status__descriptor,
};
static const ProtobufCServiceDescriptor *const services[] = {
    &usher__v1__ticket_service__descriptor,
    &usher__v1__auth_service__descriptor,
    &grpc__health__v1__health__descriptor,
};

static ProtobufCMessage *random_message(const ProtobufCMessageDescriptor *descriptor,
                                        struct arena *arena, struct chance *chance);

static char *random_text(struct arena *arena, struct chance *chance)
{
    static const char *const pieces[] = {
        "a", "Z", "\"", "\\",   "\n", "\x01", "\xc3\xa9", "\xed\x95\x9c", "\xf0\x9f\x8e\xab",
        "/", " ", "_",  "\x7f", "<"};
    char text[64] = "";
    for (uint64_t n = chance_below(chance, 12); n > 0; n--) {
        const char *piece = pieces[chance_below(chance, sizeof(pieces) / sizeof(pieces[0]))];
        memcpy(text + strlen(text), piece, strlen(piece) + 1);
    }
    return arena_copy(arena, view_str(text));
}

static void random_value(const ProtobufCFieldDescriptor *field, void *member, struct arena *arena,
                         struct chance *chance)
{
    /* Short and long numbers alike, and the borders. */
    uint64_t number = chance_u64(chance) >> chance_below(chance, 64);
    if (chance_below(chance, 8) == 0)
        number = chance_below(chance, 2) ? UINT64_MAX : UINT64_C(1) << 63;
    ProtobufCBinaryData data = {.len = chance_below(chance, 20)};
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)member = random_text(arena, chance);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        data.data = arena_alloc(arena, data.len);
        chance->fill(chance, data.data, data.len);
        *(ProtobufCBinaryData *)member = data;
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)member = random_message(field->descriptor, arena, chance);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)member = number & 1;
        break;
    default:
        memcpy(member, &number, proto_value_size(field->type));
    }
}

static ProtobufCMessage *random_message(const ProtobufCMessageDescriptor *descriptor,
                                        struct arena *arena, struct chance *chance)
{
    ProtobufCMessage *message = proto_new(descriptor, arena);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (proto_is_map(field)) /* whose keys differ from each other: a test of its own */
            continue;
        if (chance_below(chance, 3) == 0)
            continue;
        void *member = proto_member(message, field);
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count = chance_below(chance, 4), size = proto_value_size(field->type);
            char *values = arena_alloc(arena, count * size);
            for (size_t k = 0; k < count; k++)
                random_value(field, values + k * size, arena, chance);
            *(char **)member = values;
            *(size_t *)proto_quantifier(message, field) = count;
            continue;
        }
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            uint32_t *chosen = proto_quantifier(message, field);
            if (*chosen)
                continue;
            *chosen = field->id;
        }
        random_value(field, member, arena, chance);
    }
    return message;
}

/* Two messages are equal when they pack to the same bytes. */
static void assert_same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    struct buf x, y;
    buf_init(&x, ARENA_MAX);
    buf_init(&y, ARENA_MAX);
    assert_int_equal(proto_pack(a, &x), 0);
    assert_int_equal(proto_pack(b, &y), 0);
    assert_true(view_eq(buf_view(&x), buf_view(&y)));
    buf_release(&x);
    buf_release(&y);
}

static void goes_both_ways(const ProtobufCMessageDescriptor *descriptor, struct chance *chance)
{
    struct arena arena;
    struct buf b;
    arena_init(&arena, ARENA_MAX);
    buf_init(&b, ARENA_MAX);
    ProtobufCMessage *message = random_message(descriptor, &arena, chance), *back;
    assert_int_equal(proto_pack(message, &b), 0);
    assert_int_equal(proto_unpack(descriptor, buf_view(&b), &arena, &back), 0);
    assert_same(message, back);
    buf_clear(&b);
    struct json_error error = {0};
    assert_int_equal(json_write(message, &b), 0);
    if (json_read(descriptor, buf_view(&b), &arena, &back, &error))
        fail_msg("%s: %s: %s: %.*s", descriptor->name, error.path, error.text,
                 VIEW_ARG(buf_view(&b)));
    assert_same(message, back);
    buf_release(&b);
    arena_release(&arena);
}

static void every_message_goes_both_ways_in_both_forms(void **state)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 20261124);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t s = 0; s < sizeof(services) / sizeof(services[0]); s++) {
            for (unsigned m = 0; m < services[s]->n_methods; m++) {
                goes_both_ways(services[s]->methods[m].input, &seeded.chance);
                goes_both_ways(services[s]->methods[m].output, &seeded.chance);
            }
        }
        for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++)
            goes_both_ways(loose[i], &seeded.chance);
    }
}

/* Bytes turned over at random are refused or read, and never more than that. */
static void damaged_bytes_do_no_harm(void **state)
{
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    unsigned refused = 0;
    chance_seed(&seeded, 7);
    for (unsigned round = 0; round < 3000; round++) {
        const ProtobufCMessageDescriptor *descriptor = loose[chance_below(chance, 4)];
        struct arena arena;
        struct buf b;
        struct json_error error;
        ProtobufCMessage *message;
        arena_init(&arena, ARENA_MAX);
        buf_init(&b, ARENA_MAX);
        message = random_message(descriptor, &arena, chance);
        bool json = chance_below(chance, 2);
        assert_int_equal(json ? json_write(message, &b) : proto_pack(message, &b), 0);
        for (uint64_t n = chance_below(chance, 4) + 1; n > 0 && b.len > 0; n--)
            b.bytes[b.start + chance_below(chance, b.len)] = (uint8_t)chance_u64(chance);
        struct view cut = view_of(b.bytes + b.start, chance_below(chance, b.len + 1));
        int err = json ? json_read(descriptor, cut, &arena, &message, &error)
                       : proto_unpack(descriptor, cut, &arena, &message);
        assert_true(err == 0 || err == ERR_INVALID);
        refused += err != 0;
        buf_release(&b);
        arena_release(&arena);
    }
    assert_true(refused > 1000);
}

static void unpack_names_its_reasons(void **state)
{
    struct arena arena;
    ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *descriptor = &usher__v1__create_event_request__descriptor;
    arena_init(&arena, 4096);
    assert_int_equal(proto_unpack(descriptor,
                                  VIEW_LIT("\x0a\x05"
                                           "abc"),
                                  &arena, &message),
                     ERR_INVALID);
    assert_int_equal(proto_unpack(descriptor, VIEW_LIT("\x0a\x02\xc3\x28"), &arena, &message),
                     ERR_INVALID);
    /* A string that protobuf-c would end early, here and further down. */
    assert_int_equal(proto_unpack(descriptor,
                                  VIEW_LIT("\x0a\x03"
                                           "a\0b"),
                                  &arena, &message),
                     ERR_INVALID);
    assert_int_equal(proto_unpack(&google__rpc__status__descriptor,
                                  VIEW_LIT("\x1a\x04\x0a\x02"
                                           "a\0"),
                                  &arena, &message),
                     ERR_INVALID);
    assert_null(message);
    char path[PROTO_PATH_MAX];
    assert_string_equal(proto_bad_string(&google__rpc__status__descriptor,
                                         VIEW_LIT("\x1a\x04\x0a\x02"
                                                  "a\0"),
                                         path),
                        "has a NUL character");
    assert_string_equal(path, "details.type_url");
    assert_string_equal(proto_bad_string(descriptor, VIEW_LIT("\x12\x01x\x0a\x02\xc3\x28"), path),
                        "is not UTF-8");
    assert_string_equal(path, "name");
    assert_null(proto_bad_string(descriptor, VIEW_LIT("\x0a\x05"), path));
    assert_string_equal(path, "");
    assert_int_equal(proto_unpack(descriptor, VIEW_LIT(""), &arena, &message), 0);
    assert_string_equal(((Usher__V1__CreateEventRequest *)message)->name, "");
    /* Field 15 is unknown: dropped. */
    assert_int_equal(proto_unpack(descriptor, VIEW_LIT("\x0a\x01x\x78\x07"), &arena, &message), 0);
    assert_int_equal(message->n_unknown_fields, 0);
    assert_int_equal(protobuf_c_message_get_packed_size(message), 3);
    arena_release(&arena);
    arena_init(&arena, 32);
    assert_int_equal(proto_unpack(descriptor, VIEW_LIT("\x0a\x01x"), &arena, &message), ERR_FULL);
    arena_release(&arena);
    struct buf b;
    buf_init(&b, 2);
    Usher__V1__CreateEventRequest r = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    r.name = "x";
    assert_int_equal(proto_pack(&r.base, &b), ERR_FULL);
    buf_release(&b);
}

static void a_map_is_an_object(void **state)
{
    static const char text[] = "{\"statuses\":{\"\":{\"status\":\"SERVING\"},\"a.b\":{}}}";
    const ProtobufCMessageDescriptor *descriptor =
        &grpc__health__v1__health_list_response__descriptor;
    ProtobufCMessage *message = NULL;
    struct json_error error;
    struct arena arena;
    struct buf b;
    arena_init(&arena, 4096);
    buf_init(&b, 4096);
    assert_int_equal(json_read(descriptor, view_str(text), &arena, &message, &error), 0);
    const Grpc__Health__V1__HealthListResponse *list = (const void *)message;
    assert_int_equal(list->n_statuses, 2);
    assert_string_equal(list->statuses[1]->key, "a.b");
    assert_int_equal(list->statuses[0]->value->status, 1);
    assert_int_equal(json_write(message, &b), 0);
    assert_true(view_eq(buf_view(&b), view_str(text)));
    assert_int_equal(json_read(descriptor, VIEW_LIT("{\"statuses\":[]}"), &arena, &message, &error),
                     ERR_INVALID);
    assert_string_equal(error.text, "wants an object");
    buf_release(&b);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_goes_both_ways_in_both_forms),
        cmocka_unit_test(damaged_bytes_do_no_harm),
        cmocka_unit_test(a_map_is_an_object),
        cmocka_unit_test(unpack_names_its_reasons),
    };
    return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
