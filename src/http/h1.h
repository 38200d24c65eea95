/*
 * h1: the server's end of one HTTP/1.1 connection as a pure engine (RFC 9112): bytes in, events and
 * bytes out.
 *
 * No I/O and no clock; one thread. h1_receive parses and calls head, body, end; the caller answers
 * with h1_respond, or h1_begin + h1_chunk + h1_end, now or later. One request is under way at a
 * time. What a client sends ahead (pipelining) stays unparsed, at most H1_AHEAD_MAX bytes, until
 * the answer before it is complete, so answers are in order by construction.
 *
 * The caller's loop, after every call:
 *     while (h1_output(&h, views)) write them; h1_sent(&h, count); until the socket takes no more
 *     while (h1_ready(&h)) h1_receive(&h, no bytes, now);      a pipelined request may be parsed
 * now read only while h1_wants_input(&h) h1_wants_close(&h) and no output left: shut down writing,
 * drop what still comes for a moment (or the reset destroys the answer on its way), close
 *
 * Events come only from h1_receive, h1_receive_eof and h1_sent, never from a call that answers.
 * Inside an event every call that answers is allowed; h1_receive, h1_sent and h1_release are not
 * (asserted).
 *
 * Refused, by llhttp with every lenient flag off and by our own look at the raw head, with the
 * status in brackets, Connection: close, and no event: Content-Length with Transfer-Encoding, two
 * Content-Lengths, a sign in one, Transfer-Encoding other than "chunked" or in HTTP/1.0, NUL, bare
 * CR or LF, folded lines, no or two Hosts (400); request line over H1_LINE_MAX (414); head over
 * H1_HEAD_MAX or more than HEAD_FIELDS_MAX fields (431); an expectation other than 100-continue
 * (417); another version (505); CONNECT, and a target that is not a path (400). Upgrade is ignored,
 * h2c too.
 */
#ifndef USHER_HTTP_H1_H
#define USHER_HTTP_H1_H

#include "http/body.h"
#include "http/chunk.h"
#include "http/head.h"
#include "mem/buf.h"

#define H1_LINE_MAX    (8u << 10)   /* a request line */
#define H1_HEAD_MAX    (16u << 10)  /* request line and fields */
#define H1_AHEAD_MAX   (64u << 10)  /* unparsed bytes; the longest piece h1_receive takes */
#define H1_OUT_MAX     (256u << 10) /* unsent bytes that are copied */
#define H1_PIECES      3            /* views h1_output may give */
#define H1_DISCARD_MAX (64u << 10)  /* body of a refused request read to save the connection */

/* user is what h1_init was given. Any pointer but head may be NULL. */
struct h1_events {
    /* A head is complete. Returns the most bytes of body that are wanted (a lone end event follows
     * where there is no body), or BODY_REFUSE. May answer at once. */
    int64_t (*head)(void *user, const struct head *head);
    /* A piece of the body, valid during the event, never empty. */
    void (*body)(void *user, struct view bytes);
    /* The message is whole. */
    void (*end)(void *user);
    /* The body is, or by Content-Length would be, longer than was allowed. No body or end event
     * follows. Answer here, or the engine answers 413; either way the connection closes after
     * it. */
    void (*too_large)(void *user);
    /* The engine itself refuses what came, with that status. Answer nothing here. */
    void (*refused)(void *user, int status);
    /* All that was given is with the kernel; from h1_sent. */
    void (*written)(void *user);
};

/* Where a head is in the bytes of a stream; zeroed at its beginning. */
struct h1_scan {
    uint32_t scanned;    /* bytes looked at */
    uint32_t line_start; /* where the line being looked at begins */
};

/* Embed it; the members are h1's own. Idle or with a stream open it is all the memory there is. */
struct h1 {
    const struct h1_events *events;
    void *user;
    struct buf in;       /* unparsed: a head's first part, or what a client sent ahead */
    struct buf out;      /* unsent, copied */
    struct body lent;    /* unsent, lent, goes after out */
    struct buf after;    /* unsent, copied, goes after lent */
    struct h1_scan scan; /* how far a head in in was looked at */
    struct chunk chunk;  /* a chunked body half received */
    uint64_t body_left;  /* bytes of a counted body still to come */
    int64_t body_max;    /* still allowed; BODY_REFUSE: drop */
    int64_t half_since_ns;
    uint8_t receiving, sending, minor;
    bool in_event;  /* guards against calls that may not be made there */
    bool keep;      /* the connection goes on after this exchange */
    bool draining;  /* it never does */
    bool closing;   /* nothing more is parsed or answered */
    bool head_only; /* the method is HEAD */
    bool chunked;   /* the answer being streamed is */
    bool expects;   /* 100 Continue is due */
    bool skipped;   /* the empty line that may stand before a request was there */
    bool eof;
};

void h1_init(struct h1 *h, const struct h1_events *events, void *user);
/* Frees, releases a lent body; no event. */
void h1_release(struct h1 *h);

/* Takes received bytes, at most H1_AHEAD_MAX, or none to parse what is kept. 0. ERR_INVALID or
 * ERR_FULL: the other side broke a rule or a limit; the answer is in the output, the request
 * under way is dead (no further event), h1_wants_close. ERR_NO_MEMORY: the same without an answer.
 * A connection that is closing drops everything and returns 0. */
int h1_receive(struct h1 *h, struct view bytes, int64_t now_ns);
/* The other side will send no more. 0: an answer under way may still be sent, then h1_wants_close.
 * ERR_CLOSED: in the middle of a message. */
int h1_receive_eof(struct h1 *h, int64_t now_ns);
/* Kept bytes can be parsed now. */
bool h1_ready(const struct h1 *h);
/* Whether reading makes sense; otherwise leave it to the kernel to slow the other side down. */
bool h1_wants_input(const struct h1 *h);
/* Since when a message is half received; DEADLINE_NEVER where none is. For the total timers. */
int64_t h1_half_since_ns(const struct h1 *h);

/* Bytes to write, in order, valid until the next call; returns how many pieces. */
size_t h1_output(const struct h1 *h, struct view ret_views[H1_PIECES]);
/* So many bytes of them are with the kernel. */
void h1_sent(struct h1 *h, size_t len);
/* Copied and lent bytes not yet sent. */
size_t h1_unsent(const struct h1 *h);
bool h1_wants_close(const struct h1 *h);
/* No further request: the answer under way, or the next, says Connection: close; idle, it wants to
 * be closed at once. */
void h1_drain(struct h1 *h);

/* A whole answer; content-length is added, and the body left out where the method is HEAD
 * or the status has none. An answer before the request is whole ends the connection, unless the
 * rest is a counted body of at most H1_DISCARD_MAX. ERR_CLOSED (a broken connection), ERR_FULL
 * (H1_OUT_MAX), ERR_INVALID (a field), ERR_NO_MEMORY. A second answer to one request is asserted
 * against. */
int h1_respond(struct h1 *h, const struct head_answer *answer, struct body body);
/* A head whose body follows in pieces: chunked, or until the end of the connection for
 * HTTP/1.0. Errors as above. */
int h1_begin(struct h1 *h, const struct head_answer *answer);
/* One piece; empty does nothing. ERR_FULL: a lent piece is still unsent, or H1_OUT_MAX; nothing of
 * it will be sent (and a lent one is released). ERR_CLOSED, ERR_NO_MEMORY. */
int h1_chunk(struct h1 *h, struct body piece);
/* A piece that is in its final form for this connection: with chunk_head before and CRLF behind if
 * h1_is_chunked, else plain. Where h1_unsent is 0 the caller may write it to the socket itself and
 * hand only the rest to this. Errors as above. */
int h1_chunk_encoded(struct h1 *h, struct body piece);
bool h1_is_chunked(const struct h1 *h);
/* Ends what h1_begin began; trailers (may be none) go out only where chunked. ERR_CLOSED, ERR_FULL,
 * ERR_INVALID, ERR_NO_MEMORY. */
int h1_end(struct h1 *h, const struct head_field *trailers, size_t count);

#endif
