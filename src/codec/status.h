/*
 * status: a failed call's error, as gRPC and Connect put it on the wire.
 *
 * gRPC: google.rpc.Status, packed, in base64 in the trailer grpc-status-details-bin. Connect: a
 * JSON object (connectrpc.com/docs/protocol, "Error Codes"). Both carry details of any type by
 * name: one that is known here, and further ones as their bytes.
 */
#ifndef USHER_CODEC_STATUS_H
#define USHER_CODEC_STATUS_H

#include "codec/proto.h"

#define STATUS_TYPE_PREFIX "type.googleapis.com/"

#define STATUS_FURTHER_MAX 8 /* further details of one error */

struct status_detail {
    struct status_detail *next;
    struct view type;   /* full name, "google.rpc.RetryInfo" */
    struct view packed; /* the message */
};

/* Appends the packed status. detail and further may be NULL. ERR_FULL, ERR_NO_MEMORY. */
int status_pack(int code, struct view message, const ProtobufCMessage *detail,
                const struct status_detail *further, struct buf *out);

/* Unpacks into the arena; *ret_detail is the first detail of that type, or NULL. ERR_INVALID,
 * ERR_FULL. */
int status_unpack(struct view bytes, const ProtobufCMessageDescriptor *detail_descriptor,
                  struct arena *arena, int *ret_code, const char **ret_message,
                  const ProtobufCMessage **ret_detail);

/* Appends {"code":"not_found","message":"…","details":[{"type":…,"value":…,"debug":{…}}]}; message
 * and details are left out where there are none; a further one has no debug. ERR_FULL,
 * ERR_NO_MEMORY. */
int status_write_connect(const char *code_name, struct view message, const ProtobufCMessage *detail,
                         const struct status_detail *further, struct buf *out);

#endif
