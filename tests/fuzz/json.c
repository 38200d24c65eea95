/* Messages as JSON and as protobuf: what is read is written in both forms, and read again as the
 * same bytes. The first byte says which message. */
#include "codec/json.h"
#include "codec/proto.h"
#include "err/err.h"
#include "fuzz.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

static const ProtobufCMessageDescriptor *const kinds[] = {
    &usher__v1__hold_seats_request__descriptor,
    &usher__v1__hold_best_request__descriptor,
    &usher__v1__place_order_request__descriptor,
    &usher__v1__create_event_request__descriptor,
    &usher__v1__seat_map__descriptor,
    &usher__v1__order__descriptor,
    &usher__v1__performance__descriptor,
    &usher__v1__create_account_request__descriptor,
};

static void check_same(const ProtobufCMessageDescriptor *kind, const ProtobufCMessage *message,
                       struct arena *arena)
{
    struct buf packed, text, again;
    struct json_error error;
    ProtobufCMessage *read;
    buf_init(&packed, 1 << 20);
    buf_init(&text, 8 << 20);
    buf_init(&again, 1 << 20);
    if (proto_pack(message, &packed) == 0 && json_write(message, &text) == 0) {
        const int err = json_read(kind, buf_view(&text), arena, &read, &error);
        assert(err == 0 || err == ERR_FULL);
        if (err == 0 && proto_pack(read, &again) == 0)
            assert(view_eq(buf_view(&packed), buf_view(&again)));
    }
    buf_release(&again);
    buf_release(&text);
    buf_release(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    const ProtobufCMessageDescriptor *kind = kinds[bytes[0] % (sizeof(kinds) / sizeof(kinds[0]))];
    const struct view rest = view_of(bytes + 1, len - 1);
    struct json_error error;
    struct arena arena;
    ProtobufCMessage *message;
    arena_init(&arena, 32 << 20);
    const int err = bytes[0] & 0x80 ? proto_unpack(kind, rest, &arena, &message)
                                    : json_read(kind, rest, &arena, &message, &error);
    assert(err == 0 || err == ERR_INVALID || err == ERR_FULL);
    if (err == 0)
        check_same(kind, message, &arena);
    arena_release(&arena);
    return 0;
}
