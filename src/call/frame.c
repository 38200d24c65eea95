#include "call/frame.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "call/limits.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "err/err.h"
#include "http/chunk.h"

#define FRAME_SQUEEZE_MIN (1u << 10)   /* bytes; shorter messages are not packed … */
#define FRAME_SQUEEZE_MAX (512u << 10) /* nor longer ones, which would hold up the loop */

struct encoded {
    size_t head_len; /* bytes of chunk head in front */
    size_t len;      /* bytes of envelope and message */
    char bytes[];    /* head, envelope and message, CRLF */
};

struct frame {
    atomic_uint references;
    const ProtobufCMessageDescriptor *descriptor;
    /* By form and squeeze; NULL until somebody asks, but for proto as it is. */
    _Atomic(struct encoded *) encoded[2][SQUEEZE_KINDS];
};

/* Room for a message of that length; *ret_message is where it goes. */
static struct encoded *new_encoded(uint8_t flags, size_t message_len, char **ret_message)
{
    char head[CHUNK_HEAD_MAX];
    size_t len = ENVELOPE_BYTES + message_len;
    size_t head_len = chunk_head(len, head);
    struct encoded *e = malloc(sizeof(*e) + head_len + len + 2);
    if (!e)
        return NULL;
    e->head_len = head_len;
    e->len = len;
    memcpy(e->bytes, head, head_len);
    envelope_write(flags, (uint32_t)message_len, (uint8_t *)e->bytes + head_len);
    memcpy(e->bytes + head_len + len, "\r\n", 2);
    *ret_message = e->bytes + head_len + ENVELOPE_BYTES;
    return e;
}

int frame_new(const ProtobufCMessage *message, struct frame **ret_frame)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    assert(len <= CALL_RESPONSE_MAX);
    struct frame *frame = calloc(1, sizeof(*frame));
    char *at;
    struct encoded *proto = new_encoded(0, len, &at);
    if (!frame || !proto) {
        free(frame);
        free(proto);
        return ERR_NO_MEMORY;
    }
    protobuf_c_message_pack(message, (uint8_t *)at);
    frame->descriptor = message->descriptor;
    atomic_init(&frame->encoded[FORM_PROTO][SQUEEZE_NONE], proto);
    atomic_init(&frame->references, 1);
    *ret_frame = frame;
    return 0;
}

struct frame *frame_ref(struct frame *frame)
{
    atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
    return frame;
}

void frame_unref(struct frame *frame)
{
    if (!frame || atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) > 1)
        return;
    for (int i = 0; i < 2 * SQUEEZE_KINDS; i++)
        free(atomic_load_explicit(&frame->encoded[i / SQUEEZE_KINDS][i % SQUEEZE_KINDS],
                                  memory_order_relaxed));
    free(frame);
}

void frame_release(void *frame)
{
    frame_unref(frame);
}

static struct view message_of(const struct encoded *e)
{
    return view_of(e->bytes + e->head_len + ENVELOPE_BYTES, e->len - ENVELOPE_BYTES);
}

struct view frame_message(const struct frame *frame)
{
    return message_of(
        atomic_load_explicit(&frame->encoded[FORM_PROTO][SQUEEZE_NONE], memory_order_relaxed));
}

/* The JSON form, from the packed one: the message itself was only borrowed. */
static int make_json(const struct frame *frame, struct encoded **ret_json)
{
    struct arena arena;
    struct buf text;
    ProtobufCMessage *message;
    char *at;
    arena_init(&arena, 8 * (size_t)CALL_RESPONSE_MAX);
    buf_init(&text, CALL_RESPONSE_MAX);
    int err = proto_unpack(frame->descriptor, frame_message(frame), &arena, &message);
    if (!err)
        err = json_write(message, &text);
    if (!err) {
        *ret_json = new_encoded(0, text.len, &at);
        if (*ret_json)
            memcpy(at, buf_view(&text).at, text.len);
        else
            err = ERR_NO_MEMORY;
    }
    buf_release(&text);
    arena_release(&arena);
    return err;
}

static int encoded_of(struct frame *frame, enum form form, enum squeeze squeeze,
                      struct encoded **ret_encoded);

/* Packed; or, where that gains nothing, a copy as it is. */
static int make_packed(struct frame *frame, enum form form, enum squeeze squeeze,
                       struct encoded **ret_packed)
{
    struct encoded *plain;
    struct buf packed;
    char *at;
    int err = encoded_of(frame, form, SQUEEZE_NONE, &plain);
    if (err)
        return err;
    struct view message = message_of(plain);
    buf_init(&packed, 2 * message.len + 1024);
    const bool small = message.len <= FRAME_SQUEEZE_MIN || message.len > FRAME_SQUEEZE_MAX;
    const bool gains =
        !small && squeeze_pack(squeeze, message, &packed) == 0 && packed.len < message.len;
    if (gains)
        message = buf_view(&packed);
    *ret_packed = new_encoded(gains ? ENVELOPE_COMPRESSED : 0, message.len, &at);
    if (*ret_packed && message.len)
        memcpy(at, message.at, message.len);
    buf_release(&packed);
    return *ret_packed ? 0 : ERR_NO_MEMORY;
}

static int encoded_of(struct frame *frame, enum form form, enum squeeze squeeze,
                      struct encoded **ret_encoded)
{
    _Atomic(struct encoded *) *place = &frame->encoded[form][squeeze];
    struct encoded *encoded = atomic_load_explicit(place, memory_order_acquire);
    if (!encoded) {
        int err = squeeze == SQUEEZE_NONE ? make_json(frame, &encoded)
                                          : make_packed(frame, form, squeeze, &encoded);
        if (err)
            return err;
        /* Two threads may both have made it; the first stays. */
        struct encoded *first = NULL;
        if (!atomic_compare_exchange_strong(place, &first, encoded)) {
            free(encoded);
            encoded = first;
        }
    }
    *ret_encoded = encoded;
    return 0;
}

int frame_view(struct frame *frame, enum form form, enum squeeze squeeze, bool chunked,
               struct view *ret_view)
{
    struct encoded *e;
    int err = encoded_of(frame, form, squeeze, &e);
    if (err)
        return err;
    *ret_view = chunked ? view_of(e->bytes, e->head_len + e->len + 2)
                        : view_of(e->bytes + e->head_len, e->len);
    return 0;
}
