/*
 * frame: a message encoded once for any number of readers, in every form that was asked for;
 * counted references, any thread.
 *
 * A form is one message as the streams of one content type carry it, in one piece of memory:
 *     "118\r\n"  five bytes of envelope  message  "\r\n"
 * so that HTTP/1.1 sends it whole as a chunk and HTTP/2 the middle of it. gRPC and Connect+proto
 * share a form. The JSON form, and packed ones, are made when the first reader asks for them, by
 * whichever thread that is.
 */
#ifndef USHER_CALL_FRAME_H
#define USHER_CALL_FRAME_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "codec/squeeze.h"
#include "mem/view.h"

enum form { FORM_PROTO, FORM_JSON };

struct frame;

/* Packs message (borrowed). ERR_NO_MEMORY. The caller has one reference. */
int frame_new(const ProtobufCMessage *message, struct frame **ret_frame);
/* Takes another reference. */
struct frame *frame_ref(struct frame *frame);
/* Gives a reference back; NULL is harmless. */
void frame_unref(struct frame *frame);
/* The same, for body_lent. */
void frame_release(void *frame);

/* The message in its envelope, packed where squeeze says so and it gains something (the envelope
 * tells); for a chunked HTTP/1.1 connection also as a chunk. Valid as long as
 * the frame. ERR_NO_MEMORY, ERR_FULL (CALL_RESPONSE_MAX). */
int frame_view(struct frame *frame, enum form form, enum squeeze squeeze, bool chunked,
               struct view *ret_view);
/* The packed message, bare. */
struct view frame_message(const struct frame *frame);

#endif
