/*
 * percent: the percent codings of gRPC messages and of a request target's query.
 */
#ifndef USHER_CODEC_PERCENT_H
#define USHER_CODEC_PERCENT_H

#include "mem/buf.h"

/* Appends text as the trailer grpc-message carries it: every byte but space to ~, and %, becomes
 * %XX (gRPC over HTTP2, "Status-Message"). ERR_FULL, ERR_NO_MEMORY. */
int percent_append(struct buf *out, struct view text);
/* The opposite, into at most text.len bytes; returns how many. A broken escape stays as it is: the
 * specification wants that no message is lost over it. */
size_t percent_read(struct view text, char *ret_bytes);

/* Finds name=value in a query ("a=1&b=2"), the value still coded. False, and *ret_value untouched,
 * where there is none. */
bool query_find(struct view query, struct view name, struct view *ret_value);
/* Decodes a value of a query, '+' being a blank (application/x-www-form-urlencoded), into at most
 * text.len bytes. ERR_INVALID: a broken escape; *ret_len is untouched then. */
int query_read(struct view text, char *ret_bytes, size_t *ret_len);
/* Appends text as a value of a query or form (RFC 3986, 2.3: all but unreserved bytes are coded).
 * ERR_FULL, ERR_NO_MEMORY. */
int query_append(struct buf *out, struct view text);

#endif
