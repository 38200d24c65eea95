/*
 * engine: an HTTP version as a connection and its exchanges see it: one const table, two bodies.
 * Nothing else in src/wire asks which version is spoken. Inside src/wire only.
 *
 * h2 is the request's stream; over HTTP/1.1, where a connection has one request at a time, it is
 * NULL. Slots that return an err code have told the connection or reset the stream themselves where
 * they fail: nothing more can be said to that request.
 */
#ifndef USHER_WIRE_ENGINE_H
#define USHER_WIRE_ENGINE_H

#include "call/frame.h"
#include "http/h1.h"
#include "http/h2.h"

struct conn;
struct exchange;

#define ENGINE_PIECES H1_PIECES /* views of one output */

struct engine {
    bool trailers; /* an answer may have fields after its body, as gRPC needs */
    bool queues;   /* any number of chunks may follow each other before they are written */

    /* ---- a connection ---- */

    /* Sets conn->failed where it cannot begin. */
    void (*begin)(struct conn *conn);
    /* What went wrong is in the output, and in wants_close. */
    void (*receive)(struct conn *conn, struct view bytes);
    /* The other side sends nothing more. False: nothing is left to be done for it. */
    bool (*receive_end)(struct conn *conn);
    bool (*wants_input)(const struct conn *conn);
    /* Goes on with a request that was sent ahead, once there is room for its answer. False: there
     * is none. */
    bool (*resume)(struct conn *conn);
    /* Fills pieces, and returns how many; 0: nothing is to be written. */
    size_t (*output)(struct conn *conn, struct view pieces[ENGINE_PIECES]);
    void (*sent)(struct conn *conn, size_t len);
    size_t (*unsent)(const struct conn *conn);
    bool (*wants_close)(const struct conn *conn);
    /* No further request. */
    void (*drain)(struct conn *conn);
    /* Its timers. */
    void (*sweep)(struct conn *conn, int64_t now_ns);
    /* Frees the engine, telling the exchanges. */
    void (*release)(struct conn *conn);

    /* ---- a request's stream ---- */

    /* Whom its further events go to; NULL: nobody. */
    void (*attach)(struct conn *conn, struct h2_stream *h2, struct exchange *exchange);
    /* A whole answer. The body is taken. */
    int (*respond)(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer,
                   struct body body, const struct head_field *trailers, size_t trailer_count);
    /* A head whose body follows in chunks; end comes last. */
    int (*start)(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer);
    int (*chunk)(struct conn *conn, struct h2_stream *h2, struct body piece);
    int (*end)(struct conn *conn, struct h2_stream *h2, const struct head_field *trailers,
               size_t trailer_count);
    /* Sends a frame (a reference is taken if need be). *ret_pending: it is not with the kernel yet,
     * and a written event will tell. ERR_CLOSED; as frame_view, and nothing was sent. */
    int (*push)(struct conn *conn, struct h2_stream *h2, struct frame *frame, enum form form,
                enum squeeze squeeze, bool *ret_pending);
    /* Whether another chunk, or frame, may follow now. */
    bool (*takes_chunk)(const struct conn *conn, const struct h2_stream *h2);
    /* Ends it without another word; over HTTP/1.1, the connection. */
    void (*cut)(struct conn *conn, struct h2_stream *h2, enum h2_code code);
};

extern const struct engine engine_h1, engine_h2;

/* Whether more than max_ms have passed since then; never since DEADLINE_NEVER. */
bool engine_is_over(int64_t since_ns, int64_t max_ms, int64_t now_ns);
/* Bytes that a reader takes at least in options.stall_max_ms. */
size_t engine_least(const struct conn *conn);
/* Whether nothing was asked for too long. Who has never asked has no more time for his first head,
 * from the connection's beginning, handshake and all, than any head has. */
bool engine_is_idle_too_long(const struct conn *conn, int64_t now_ns);

#endif
