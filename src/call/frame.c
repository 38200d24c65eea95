#include "call/frame.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "call/limits.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "err/err.h"
#include "http/chunk.h"

struct encoded {
    size_t head_len; /* bytes of chunk head in front */
    size_t len;      /* bytes of envelope and message */
    char bytes[];    /* head, envelope and message, CRLF */
};

struct frame {
    atomic_uint references;
    const ProtobufCMessageDescriptor *descriptor;
    struct encoded *proto;
    _Atomic(struct encoded *) json; /* NULL until somebody asks */
};

/* Room for a message of that length; *ret_message is where it goes. */
static struct encoded *new_encoded(size_t message_len, char **ret_message)
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
    envelope_write(0, (uint32_t)message_len, (uint8_t *)e->bytes + head_len);
    memcpy(e->bytes + head_len + len, "\r\n", 2);
    *ret_message = e->bytes + head_len + ENVELOPE_BYTES;
    return e;
}

int frame_new(const ProtobufCMessage *message, struct frame **ret_frame)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    assert(len <= CALL_RESPONSE_MAX);
    struct frame *frame = malloc(sizeof(*frame));
    char *at;
    struct encoded *proto = new_encoded(len, &at);
    if (!frame || !proto) {
        free(frame);
        free(proto);
        return ERR_NO_MEMORY;
    }
    protobuf_c_message_pack(message, (uint8_t *)at);
    frame->descriptor = message->descriptor;
    frame->proto = proto;
    atomic_init(&frame->references, 1);
    atomic_init(&frame->json, NULL);
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
    free(frame->proto);
    free(atomic_load_explicit(&frame->json, memory_order_relaxed));
    free(frame);
}

void frame_release(void *frame)
{
    frame_unref(frame);
}

struct view frame_message(const struct frame *frame)
{
    return view_of(frame->proto->bytes + frame->proto->head_len + ENVELOPE_BYTES,
                   frame->proto->len - ENVELOPE_BYTES);
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
        *ret_json = new_encoded(text.len, &at);
        if (*ret_json)
            memcpy(at, buf_view(&text).at, text.len);
        else
            err = ERR_NO_MEMORY;
    }
    buf_release(&text);
    arena_release(&arena);
    return err;
}

static int encoded_of(struct frame *frame, enum form form, struct encoded **ret_encoded)
{
    *ret_encoded = frame->proto;
    if (form == FORM_PROTO)
        return 0;
    struct encoded *json = atomic_load_explicit(&frame->json, memory_order_acquire);
    if (!json) {
        int err = make_json(frame, &json);
        if (err)
            return err;
        /* Two threads may both have made it; the first stays. */
        struct encoded *first = NULL;
        if (!atomic_compare_exchange_strong(&frame->json, &first, json)) {
            free(json);
            json = first;
        }
    }
    *ret_encoded = json;
    return 0;
}

int frame_view(struct frame *frame, enum form form, bool chunked, struct view *ret_view)
{
    struct encoded *e;
    int err = encoded_of(frame, form, &e);
    if (err)
        return err;
    *ret_view = chunked ? view_of(e->bytes, e->head_len + e->len + 2)
                        : view_of(e->bytes + e->head_len, e->len);
    return 0;
}
