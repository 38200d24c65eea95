/*
 * answer: results and errors in the way of the call's wire, over either engine. Inside src/wire
 * only.
 *
 * Whatever ends a call here also parts it from its stream. Nothing is written at once: the
 * connection is touched and flushed with the turn.
 */
#ifndef USHER_WIRE_ANSWER_H
#define USHER_WIRE_ANSWER_H

#include "wire/conn.h"

#define ANSWER_FIELDS_MAX (15 + METADATA_FIELDS_MAX)

/* A whole answer to whatever the stream asked. A failure breaks the connection (HTTP/1.1) or the
 * stream. The body is taken. */
void answer_whole(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer,
                  struct body body, const struct head_field *trailers, size_t trailer_count);
/* What is refused below the methods. */
struct refusal {
    int status;
    const char *why;    /* what is needed instead; NULL: what the status says of itself */
    const char *allow;  /* methods, with 405 */
    const char *accept; /* content types, with 415 */
};
void answer_refusal(struct conn *conn, struct h2_stream *h2, const struct refusal *refusal);
/* The same as bytes of HTTP/1.1, that close, for where no engine has a request to answer; in text.
 */
#define ANSWER_BARE_MAX 384
struct view answer_bare(int status, const char *reason, char text[ANSWER_BARE_MAX]);

/* Answers a call whose request was answered before, where the answer never changes. False: it was
 * not, or it may. */
bool answer_from_cache(struct exchange *exchange);
/* A unary call's response. */
void answer_response(struct exchange *exchange, const ProtobufCMessage *response);
/* exchange->call.code, message and detail; also where a stream is half sent. */
void answer_error(struct exchange *exchange);

/* The head of a stream's answer, once. 0, ERR_CLOSED. */
int answer_begin(struct exchange *exchange);
/* The end of a stream: exchange->call.code, which may be CODE_OK. */
void answer_end(struct exchange *exchange);

#endif
