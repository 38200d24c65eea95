/*
 * envelope: messages in a row, each behind five bytes: flags, and its length, big-endian.
 *
 * The framing of gRPC (gRPC over HTTP2, "Length-Prefixed-Message") and of Connect's streams
 * (connectrpc.com/docs/protocol, "Streaming RPCs"). The reader takes bytes as they come; a message
 * that lies whole in one piece is not copied. It owns the buffer it gathers the others in.
 */
#ifndef USHER_CODEC_ENVELOPE_H
#define USHER_CODEC_ENVELOPE_H

#include "mem/buf.h"

#define ENVELOPE_BYTES 5

enum {
    ENVELOPE_COMPRESSED = 1,
    ENVELOPE_END = 2 /* Connect: the message is the stream's end */
};

/* The five bytes before a message of len bytes. */
void envelope_write(uint8_t flags, uint32_t len, uint8_t ret_head[ENVELOPE_BYTES]);

struct envelope_reader {
    struct buf message; /* a message half received; its maximum bounds every message */
    uint32_t left;      /* bytes of it still to come */
    uint8_t head[ENVELOPE_BYTES];
    uint8_t head_len;
    bool given; /* message was handed out: cleared by the next call */
};

enum envelope_found {
    ENVELOPE_MORE,      /* all bytes are used up */
    ENVELOPE_MESSAGE,   /* *ret_flags and *ret_message, valid until the next call */
    ENVELOPE_TOO_LARGE, /* the head names more than the maximum; nothing was gathered */
    ENVELOPE_NO_MEMORY
};

void envelope_init(struct envelope_reader *r, size_t message_max);
void envelope_release(struct envelope_reader *r);
/* Takes bytes from the front of *bytes until there is something to tell. After TOO_LARGE and
 * NO_MEMORY the reader is of no more use. */
enum envelope_found envelope_next(struct envelope_reader *r, struct view *bytes, uint8_t *ret_flags,
                                  struct view *ret_message);
/* Whether a message is half received: a stream that ends here is broken. */
bool envelope_is_half(const struct envelope_reader *r);

#endif
