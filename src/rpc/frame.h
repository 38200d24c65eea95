/*
 * frame: the encoded forms behind struct rpc_frame.
 *
 * A form is one message as the streams of one content type carry it, in one piece of memory:
 *     "118\r\n"  five bytes of envelope  message  "\r\n"
 * so that HTTP/1.1 sends it whole as a chunk and HTTP/2 the middle of it. gRPC and Connect+proto
 * share a form. The JSON form is made when the first reader asks for it, by whichever thread that
 * is.
 */
#ifndef USHER_RPC_FRAME_H
#define USHER_RPC_FRAME_H

#include "rpc/rpc.h"

enum form { FORM_PROTO, FORM_JSON };

/* The message in its envelope; for a chunked HTTP/1.1 connection also as a chunk. Valid as long as
 * the frame. ERR_NO_MEMORY, ERR_FULL (RPC_RESPONSE_MAX). */
int frame_view(struct rpc_frame *frame, enum form form, bool chunked, struct view *ret_view);
/* For body_lent: gives a reference back. */
void frame_release(void *frame);

#endif
