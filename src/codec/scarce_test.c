/* Memory runs out at every allocation, one after the other, of a message that is read or written:
 * as JSON and as protobuf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "codec/proto.h"
#include "err/err.h"
#include "mem/scarce_test.h"
#include "usher/v1/ticket.pb-c.h"

#define ARENA_MAX (1u << 20)
#define BUF_MAX   (1u << 20)
#define SEATS     3000 /* so that an arena and a buffer grow more than once */

static const ProtobufCMessageDescriptor *const wish = &usher__v1__hold_seats_request__descriptor;

/* A way to read or to write. Where it was told that memory ran out, it has given nothing. */
typedef int way_fn(struct arena *arena, struct view bytes, const ProtobufCMessage *message,
                   struct buf *out, ProtobufCMessage **ret_message);

static int read_json(struct arena *arena, struct view bytes, const ProtobufCMessage *message,
                     struct buf *out, ProtobufCMessage **ret_message)
{
    struct json_error error;
    return json_read(wish, bytes, arena, ret_message, &error);
}

static int read_proto(struct arena *arena, struct view bytes, const ProtobufCMessage *message,
                      struct buf *out, ProtobufCMessage **ret_message)
{
    return proto_unpack(wish, bytes, arena, ret_message);
}

static int write_json(struct arena *arena, struct view bytes, const ProtobufCMessage *message,
                      struct buf *out, ProtobufCMessage **ret_message)
{
    return json_write(message, out);
}

static int write_proto(struct arena *arena, struct view bytes, const ProtobufCMessage *message,
                       struct buf *out, ProtobufCMessage **ret_message)
{
    return proto_pack(message, out);
}

/* Each allocation fails once, and is told as `told`. The last time all are there: its buffer is the
 * caller's. */
static void often(way_fn *way, int told, struct view bytes, const ProtobufCMessage *message,
                  struct buf *out)
{
    size_t calls = 0;
    bool short_of = true;
    while (short_of) {
        struct arena arena;
        ProtobufCMessage *read = NULL;
        arena_init(&arena, ARENA_MAX);
        buf_init(out, BUF_MAX);
        scarce_after(calls++);
        const int err = way(&arena, bytes, message, out, &read);
        short_of = scarce_end();
        assert_int_equal(err, short_of ? told : 0);
        if (short_of) {
            assert_null(read);
            buf_release(out);
        }
        arena_release(&arena);
    }
    assert_true(calls > 1);
}

static void each_way_is_told(void **state)
{
    static uint32_t seats[SEATS];
    struct buf json, packed, unused;
    for (uint32_t i = 0; i < SEATS; i++)
        seats[i] = i;
    Usher__V1__HoldSeatsRequest request = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    request.seats = seats;
    request.n_seats = SEATS;
    request.code = (char *)"FANCLUB";
    often(write_json, ERR_NO_MEMORY, (struct view){0}, &request.base, &json);
    often(write_proto, ERR_NO_MEMORY, (struct view){0}, &request.base, &packed);
    often(read_json, ERR_FULL, buf_view(&json), NULL, &unused);
    buf_release(&unused);
    often(read_proto, ERR_FULL, buf_view(&packed), NULL, &unused);
    buf_release(&unused);
    buf_release(&json);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_way_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
