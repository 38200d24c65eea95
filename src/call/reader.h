/*
 * reader: a call seen from the calling end of a link. Inside src/call only.
 *
 * A unary call is a reader too, on its fiber's stack. The engine's events fill it and wake the
 * fiber; a reader that is given up first parts from its stream, so that no later event finds it.
 */
#ifndef USHER_CALL_READER_H
#define USHER_CALL_READER_H

#include "call/link.h"
#include "codec/envelope.h"
#include "mem/buf.h"

struct reader {
    struct link *link;
    struct h2_stream *h2; /* NULL once closed */
    struct fiber *fiber;  /* waits for more */
    struct buf received;  /* bytes not read yet */
    struct buf details;   /* google.rpc.Status, packed */
    struct buf message;   /* of the status, as text */
    struct buf answered;  /* metadata of the head */
    struct envelope_reader envelopes;
    int http_status;
    int code;             /* grpc-status; −1: none was there */
    bool sent;            /* the request is with the engine */
    bool typed;           /* the answer's content-type is gRPC's */
    bool overrun;         /* a limit of ours was passed */
    uint32_t closed_code; /* how the stream was closed */
};

extern const struct h2_events reader_events;

/* Sends a request over the link. authorization may be NULL. 0, or an err code with *ret_status
 * filled. Release it in either case. */
int reader_open(struct reader *reader, struct link *link, const struct channel_request *request,
                const char *authorization, struct call_status *ret_status);
/* Cancels what has not ended. */
void reader_release(struct reader *reader);
/* Waits for the one answer of a unary call. As channel_call. */
int reader_answer(struct reader *reader, const struct channel_request *request, struct arena *arena,
                  const ProtobufCMessage **ret_response, struct call_status *ret_status);
/* The next message of a stream. As channel_stream_next. A reader that is 16 MiB behind is ended
 * with CODE_RESOURCE_EXHAUSTED; a stream that ends within a message, whose server knows of no
 * error, with CODE_INTERNAL. */
int reader_next(struct reader *reader, const ProtobufCMessageDescriptor *descriptor,
                struct arena *arena, const ProtobufCMessage **ret_message,
                struct call_status *ret_status, int64_t deadline_ns);
/* Whether the server has surely not begun to carry the request out: nothing was sent, or it refused
 * the stream (RFC 9113, 8.7). */
bool reader_is_untouched(const struct reader *reader);

#endif
