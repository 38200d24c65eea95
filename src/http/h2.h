/*
 * h2: one HTTP/2 connection as a pure engine over libnghttp2 (RFC 9113): bytes in, events and bytes
 * out.
 *
 * No I/O and no clock; one thread. Server side: a head event opens a stream; body and end follow;
 * the caller answers with h2_respond, or h2_begin + h2_chunk + h2_end, now or later. Client side:
 * h2_request opens a stream; head, body, trailers and end tell of the response. Every stream that
 * had a head event or came from h2_request gets exactly one closed event, its last, whatever
 * happens; after it the stream is gone. h2_free gives it to all that are left.
 *
 * The caller's loop, after every call:
 *     while (h2_output(h, &view)) write it; h2_sent(h, count); until the socket takes no more
 *     h2_wants_close(h) and no output left: close
 *     h2_tick at h2_due_ns
 *
 * Events come only from h2_receive, h2_sent, h2_tick and h2_free, never from a call that answers;
 * end, closed and written come after nghttp2 has returned. Inside an event every call on streams is
 * allowed; those four are not (asserted).
 *
 * Held against, each with GOAWAY ENHANCE_YOUR_CALM and ERR_FULL from h2_receive: streams the other
 * side resets (rapid reset, CVE-2023-44487), PING, SETTINGS, PRIORITY and empty frames
 * (CVE-2019-9511 to 9518), WINDOW_UPDATE, header blocks of many CONTINUATIONs (CVE-2024-28182) or
 * that unfold to more than 16 × header_list_max. A head over header_list_max or HEAD_FIELDS_MAX is
 * answered 431, the other streams go on. What RFC 9113 calls malformed (8.1.1: a te other than
 * trailers, connection fields, upper case, a false content-length) resets the stream with
 * PROTOCOL_ERROR and has no event.
 */
#ifndef USHER_HTTP_H2_H
#define USHER_HTTP_H2_H

#include "http/body.h"
#include "http/head.h"

struct h2;
struct h2_stream;

/* Error codes of RFC 9113, 7, that callers use or meet. */
enum h2_code {
    H2_NO_ERROR = 0,
    H2_PROTOCOL_ERROR = 1,
    H2_INTERNAL_ERROR = 2,
    H2_REFUSED_STREAM = 7, /* was not looked at: may be tried again */
    H2_CANCEL = 8,
    H2_ENHANCE_YOUR_CALM = 11
};

/* user is what h2_new was given. Any pointer but head and closed may be NULL. */
struct h2_events {
    /* A head is complete (a client's: the final response, not a 1xx). Returns the most bytes of
     * body that are wanted, or BODY_REFUSE. May answer at once, and call h2_stream_set_user. */
    int64_t (*head)(void *user, struct h2_stream *stream, const struct head *head);
    /* A piece of the body, valid during the event, never empty. */
    void (*body)(void *user, struct h2_stream *stream, struct view bytes);
    /* Fields after the body; only field_count and fields are filled. */
    void (*trailers)(void *user, struct h2_stream *stream, const struct head *trailers);
    /* The other side has sent all of its message. */
    void (*end)(void *user, struct h2_stream *stream);
    /* The body is, or by content-length would be, longer than was allowed, or the connection holds
     * receiving_max bytes of unfinished bodies. No body or end event follows. Server: answer here,
     * or the engine answers 413. Client: the stream is reset. */
    void (*too_large)(void *user, struct h2_stream *stream);
    /* The stream is gone. H2_NO_ERROR: both sides were done; else who knows how it ended: the code
     * of the reset, by either side, or of the connection's end. */
    void (*closed)(void *user, struct h2_stream *stream, uint32_t code);
    /* The engine itself refuses a request, with that status. Answer nothing here. */
    void (*refused)(void *user, int status);
    /* All that was given for this stream is with the kernel; from h2_sent. */
    void (*written)(void *user, struct h2_stream *stream);
};

/* Bytes of a request that are dropped behind its answer before the stream is reset. */
#define H2_DROPPED_MAX (8u << 20)

enum h2_side { H2_SERVER, H2_CLIENT };

/* 0 is the default, in brackets. */
struct h2_limits {
    uint32_t streams_max;     /* open at once, announced in SETTINGS (1,000) */
    uint32_t header_list_max; /* bytes, RFC 9113, 6.5.2 (16 KiB) */
    uint32_t out_max;         /* bytes unsent, beyond which nothing is serialised (256 KiB) */
    uint32_t copied_max;     /* bytes copied from callers and not serialised, all streams (1 MiB) */
    uint32_t receiving_max;  /* bytes of unfinished request bodies, all streams (4 MiB) */
    uint32_t reset_burst;    /* streams reset by the other side (1,000) … */
    uint32_t resets_per_s;   /* (100) */
    uint32_t control_burst;  /* SETTINGS, PRIORITY, empty DATA or padding (200), and as many PINGs,
                              * which every HEADERS or DATA that is sent forgives … */
    uint32_t controls_per_s; /* (20) */
    uint32_t least_bytes;    /* of an answer that must move before h2_stalled counts anew (1) */
    uint32_t keepalive_ms;   /* nothing received for so long: PING (60,000; UINT32_MAX: never) */
    uint32_t ping_timeout_ms; /* no answer for so long: the connection is dead (20,000) */
};

/* ERR_NO_MEMORY. limits may be NULL; copied. events is borrowed for good. */
int h2_new(enum h2_side side, const struct h2_limits *limits, const struct h2_events *events,
           void *user, int64_t now_ns, struct h2 **ret_h2);
/* Gives every open stream its closed event (H2_CANCEL), then frees. NULL is harmless. */
void h2_free(struct h2 *h);

/* Takes received bytes. 0. ERR_INVALID: the other side broke the protocol, ERR_FULL: a limit;
 * GOAWAY is in the output, every stream has had its closed event, h2_wants_close. ERR_NO_MEMORY:
 * the same, maybe without GOAWAY. A connection that has failed drops everything and returns 0. */
int h2_receive(struct h2 *h, struct view bytes, int64_t now_ns);
/* Timed work: keepalive, second step of a drain. Call it at or after h2_due_ns; calling it early is
 * harmless. ERR_TIMEOUT: no answer to a PING; every stream was closed, h2_wants_close. */
int h2_tick(struct h2 *h, int64_t now_ns);
int64_t h2_due_ns(const struct h2 *h);
/* Since when the oldest request, or a header block, is half received; DEADLINE_NEVER where none is.
 * *ret_stream (may be NULL): answer or reset it; NULL within a header block: close the connection.
 */
int64_t h2_half_since_ns(const struct h2 *h, struct h2_stream **ret_stream);

/* A stream of whose answer less than limits.least_bytes was serialised for longer than max_ns,
 * because its window or the socket takes nothing; NULL where there is none. What is new is timed
 * from the first call that sees it, so call it a few times in max_ns; and reset what it gives
 * before the next. */
struct h2_stream *h2_stalled(struct h2 *h, int64_t now_ns, int64_t max_ns);

/* Serialises what may go out. False, and *ret_view untouched, when there is nothing to write. Valid
 * until the next call. */
bool h2_output(struct h2 *h, struct view *ret_view);
void h2_sent(struct h2 *h, size_t len);
/* Serialised, copied and lent bytes not yet sent. */
size_t h2_unsent(const struct h2 *h);
bool h2_wants_close(const struct h2 *h);
uint32_t h2_stream_count(const struct h2 *h);

/* Server: no further streams, in two steps (RFC 9113, 6.8): GOAWAY with the highest id, and when
 * its PING comes back, or after 1 s, GOAWAY with the true last id; h2_wants_close when the last
 * stream is done. Client: no further requests; h2_wants_close when the last is done. */
void h2_drain(struct h2 *h, int64_t now_ns);

/* What h2_request or h2_stream_set_user gave; NULL before. The engine does not look at it. */
void *h2_stream_user(const struct h2_stream *stream);
/* The stream's, until its closed event. */
void h2_stream_set_user(struct h2_stream *stream, void *user);
/* Odd, as clients open them (RFC 9113, 5.1.1); for logs and tests. */
uint32_t h2_stream_id(const struct h2_stream *stream);

/* Server. A whole answer. Without trailers content-length is added; the body is left out where the
 * method is HEAD or the status has none. An answer before the request is whole, if it has a body
 * and no trailers, ends when the request does, what comes of it dropped; beyond H2_DROPPED_MAX
 * bytes, at h2_reset, and any other answer ends at once, followed by RST_STREAM NO_ERROR (RFC 9113,
 * 8.1). ERR_CLOSED (the stream is closed; its event is on the way), ERR_FULL (copied_max),
 * ERR_INVALID (a field), ERR_NO_MEMORY; the stream is reset then. A second answer is asserted
 * against. */
int h2_respond(struct h2_stream *stream, const struct head_answer *answer, struct body body,
               const struct head_field *trailers, size_t trailer_count);
/* Server. A head whose body follows in pieces. Errors as above. */
int h2_begin(struct h2_stream *stream, const struct head_answer *answer);
/* One piece; empty does nothing. ERR_FULL: the piece before is not serialised yet, or copied_max;
 * nothing of it will be sent (and a lent one is released). ERR_CLOSED, ERR_NO_MEMORY. */
int h2_chunk(struct h2_stream *stream, struct body piece);
/* Whether h2_chunk would take a piece. */
bool h2_takes_chunk(const struct h2_stream *stream);
/* Ends what h2_begin began, behind the last piece. ERR_CLOSED, ERR_INVALID, ERR_NO_MEMORY. */
int h2_end(struct h2_stream *stream, const struct head_field *trailers, size_t count);
/* Ends the stream at once, on either side; its closed event comes with this code. Where only the
 * end of a whole answer is to go out it goes, and the code is NO_ERROR. Harmless if closed. */
void h2_reset(struct h2_stream *stream, enum h2_code code);

/* Client. Opens a stream with a whole request. ERR_BUSY: as many as the server allows are open,
 * nothing was sent (the body is released). ERR_CLOSED: drained, or the server has sent GOAWAY; open
 * another connection. ERR_FULL, ERR_INVALID, ERR_NO_MEMORY. */
int h2_request(struct h2 *h, const struct head_request *request, struct body body, void *user,
               struct h2_stream **ret_stream);
/* Client. Whether h2_request would not say ERR_BUSY or ERR_CLOSED. */
bool h2_may_request(const struct h2 *h);

#endif
