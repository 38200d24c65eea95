/*
 * timeout: how long a caller will wait, as its headers say it.
 */
#ifndef USHER_CODEC_TIMEOUT_H
#define USHER_CODEC_TIMEOUT_H

#include "mem/view.h"

/* grpc-timeout: 1 to 8 digits and a unit, H M S m u n (gRPC over HTTP2, "Timeout"). ERR_INVALID. */
int timeout_read_grpc(struct view text, int64_t *ret_ns);
/* connect-timeout-ms: 1 to 10 digits (connectrpc.com/docs/protocol, "Timeout"). ERR_INVALID. */
int timeout_read_connect(struct view text, int64_t *ret_ns);

#define TIMEOUT_TEXT_MAX 10
/* Writes a grpc-timeout, rounded up, and a NUL; returns its length. ns >= 0. */
size_t timeout_write_grpc(int64_t ns, char ret_text[TIMEOUT_TEXT_MAX]);

#endif
